//! The violation of each direction as a bar on a logarithmic axis, the gap between symmetries and the rest.

use super::{Palette, panel};
use crate::report::live::observer::SpectrumReport;
use crate::report::live::screen::board::Board;
use crate::report::text::number;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

/// Columns of the direction's number and of its violation.
const NUMBER: usize = 3;
const VIOLATION: usize = 10;
/// The axis begins this far below the least violation, so that it has a bar, too.
const BELOW: f64 = 0.5;

pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, board: &Board, palette: &Palette) {
    let inside = panel(frame, area, " spectrum ", palette);
    let lines = match &board.spectrum {
        None => vec![Line::styled("measured after the warm-up", palette.faint())],
        Some(spectrum) => lines(spectrum, inside.width.into(), inside.height.into(), palette),
    };
    frame.render_widget(Paragraph::new(lines), inside);
}

fn lines(spectrum: &SpectrumReport, width: usize, height: usize, palette: &Palette) -> Vec<Line<'static>> {
    let relative = &spectrum.relative;
    let logarithms: Vec<f64> = relative.iter().map(|value| value.max(1e-12).log10()).collect();
    let least = logarithms.iter().copied().fold(f64::INFINITY, f64::min) - BELOW;
    let most = logarithms.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let room = width.saturating_sub(NUMBER + VIOLATION + 2);
    let bar = |index: usize| {
        let part = (logarithms[index] - least) / (most - least).max(1e-9);
        let style = match index {
            _ if index < spectrum.exact => palette.exact(),
            _ if index < spectrum.exact + spectrum.approximate => palette.approximate(),
            _ => palette.faint(),
        };
        let bar = eighths(part.clamp(0.0, 1.0) * room as f64);
        Line::from(vec![
            Span::raw(format!("{:>NUMBER$} ", index + 1)),
            Span::styled(format!("{bar:<room$}"), style),
            Span::raw(format!("{:>VIOLATION$}", number(relative[index]))),
        ])
    };
    let symmetries = spectrum.exact + spectrum.approximate;
    let mut lines: Vec<Line<'static>> = Vec::new();
    for index in 0..relative.len() {
        if index == symmetries && index > 0 {
            let gap = relative[index] / relative[index - 1].max(f64::MIN_POSITIVE);
            lines.push(Line::styled(format!("    ── gap: × {} ──", number(gap)), palette.strong()));
        }
        lines.push(bar(index));
    }
    if lines.len() > height && height > 0 {
        let more = lines.len() - (height - 1);
        lines.truncate(height - 1);
        lines.push(Line::styled(format!("    and {more} more"), palette.faint()));
    }
    lines
}

/// A bar of so many columns, to an eighth.
fn eighths(columns: f64) -> String {
    const PARTS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let count = (columns * 8.0).round() as usize;
    format!("{}{}", "█".repeat(count / 8), PARTS[count % 8])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_logarithmic_and_the_gap_is_where_symmetries_end() {
        let spectrum =
            SpectrumReport { relative: vec![1e-4, 1.0, 1.0], exact: 1, ..SpectrumReport::default() };
        let text = |height| -> Vec<String> {
            let lines = lines(&spectrum, 35, height, &Palette::new(false));
            lines.iter().map(Line::to_string).collect()
        };
        let all = text(9);
        assert_eq!(all.len(), 4);
        assert_eq!(all[0], format!("  1 {:<20}  0.000100", "██▎"), "half a decade of four and a half");
        assert_eq!(all[1], "    ── gap: × 10000 ──");
        assert_eq!(all[2], format!("  2 {}      1.00", "█".repeat(20)));
        assert_eq!(text(2)[1], "    and 3 more");
        assert!(text(0).len() == 4, "nothing is shown of it");
    }
}
