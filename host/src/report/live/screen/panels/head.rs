//! The first lines: run, stage, progress, what the keys do.

use super::Palette;
use crate::report::live::lines::clock;
use crate::report::live::screen::board::Board;
use crate::report::text::number;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::symbols::line;
use ratatui::text::{Line, Span};
use ratatui::widgets::{LineGauge, Paragraph};

/// Lines.
pub(super) const HEIGHT: u16 = 3;

pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, board: &Board, palette: &Palette) {
    let [first, second, third, rest] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(1),
        Constraint::Length(1),
        Constraint::Min(0),
    ])
    .areas(area);
    frame.render_widget(Paragraph::new(title(board, palette, area.width)), first);
    progress(frame, second, board, palette);
    frame.render_widget(Paragraph::new(pace(board, palette)), third);
    // Only where nothing else is shown.
    let figures = board.curves.1.iter().filter_map(|curve| Some((&curve.term, curve.points.last()?.1)));
    let figures: Vec<Line<'_>> =
        figures.map(|(term, value)| Line::raw(format!("{term} {}", number(value)))).collect();
    frame.render_widget(Paragraph::new(figures), rest);
}

fn title<'a>(board: &'a Board, palette: &Palette, width: u16) -> Line<'a> {
    let keys = if board.ending {
        Span::styled("ending after this step, with a checkpoint", palette.alarm())
    } else {
        Span::styled("q ends with a checkpoint · tab: next generator", palette.faint())
    };
    let stage = if board.stage.number == 0 {
        "loading".to_owned()
    } else {
        format!("{}, {}", board.stage.title(), board.stage.place())
    };
    let time = format!(" · {}", clock(board.begun.elapsed().as_secs_f64()));
    let before = stage.chars().count() + time.chars().count();
    let room = usize::from(width).saturating_sub(before + 3);
    let name = end_of(&board.run, room);
    let left = before + 3 + name.chars().count();
    let mut spans =
        vec![Span::styled(stage, palette.strong()), Span::raw(format!(" · {name}")), Span::raw(time)];
    let gap = usize::from(width).saturating_sub(left + keys.content.chars().count());
    if gap > 1 {
        spans.extend([Span::raw(" ".repeat(gap)), keys]);
    } else if board.ending {
        spans = vec![keys];
    }
    Line::from(spans)
}

/// The last characters of a path, behind an ellipsis if there are more.
fn end_of(path: &str, room: usize) -> String {
    let count = path.chars().count();
    if count <= room {
        return path.to_owned();
    }
    let end: String = path.chars().skip(count - room.saturating_sub(1)).collect();
    format!("…{end}")
}

fn progress(frame: &mut Frame<'_>, area: Rect, board: &Board, palette: &Palette) {
    let steps = board.stage.steps;
    if steps == 0 {
        let what =
            if board.stage.number == 0 { "plugins and data" } else { "no steps: it takes what it takes" };
        frame.render_widget(Paragraph::new(Line::styled(what, palette.faint())), area);
        return;
    }
    let done = board.steps_by_now();
    let gauge = LineGauge::default()
        .ratio((done / steps as f64).clamp(0.0, 1.0))
        .label(format!("{done:.0} of {steps}"))
        // Told apart without colours, too.
        .filled_symbol(line::THICK_HORIZONTAL)
        .unfilled_symbol(line::HORIZONTAL)
        .filled_style(palette.curve(0))
        .unfilled_style(palette.faint());
    frame.render_widget(gauge, area);
}

fn pace(board: &Board, palette: &Palette) -> Line<'static> {
    let pace = &board.pace;
    if pace.when.is_none() {
        return Line::raw("");
    }
    let (stage, run) = (board.left_by_now(pace.left.0), board.left_by_now(pace.left.1));
    let mut spans = vec![Span::raw(format!(
        "{} left, run about {} · {} steps/s · rate {}",
        clock(stage),
        clock(run),
        number(pace.steps_per_s),
        number(pace.learning_rate)
    ))];
    if let Some(cosine) = board.cosine {
        spans.push(Span::styled(format!(" · cosine {cosine:.4}"), palette.strong()));
    }
    Line::from(spans)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_lose_their_beginning() {
        assert_eq!(end_of("runs/orbits", 11), "runs/orbits");
        assert_eq!(end_of("runs/orbits", 7), "…orbits");
        assert_eq!(end_of("runs/orbits", 0), "…");
    }
}
