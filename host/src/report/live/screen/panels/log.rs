//! The last lines of the log.

use super::{Palette, panel};
use crate::report::live::log_lines;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::Paragraph;

pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, palette: &Palette) {
    if area.height < 3 {
        return;
    }
    let inside = panel(frame, area, " log ", palette);
    let lines = log_lines::last(inside.height.into()).into_iter().map(|line| {
        let alarming = ["WARN", "ERROR"].iter().any(|level| line.trim_start().starts_with(level));
        if alarming { Line::styled(line, palette.alarm()) } else { Line::raw(line) }
    });
    frame.render_widget(Paragraph::new(lines.collect::<Vec<_>>()), inside);
}
