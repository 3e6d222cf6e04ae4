//! A generator as a heat map, with its entries written in where there is room.

use super::{Palette, panel};
use crate::report::live::observer::Rows;
use crate::report::live::screen::board::Board;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

/// Columns of an entry, written and not.
const WRITTEN: usize = 7;
const PLAIN: usize = 2;

/// Rows that it would like: no more than half of the column.
pub(super) fn height(board: &Board, column: Rect) -> u16 {
    let rows = board.generators.first().map_or(1, Vec::len);
    u16::try_from(rows + 2).unwrap_or(u16::MAX).clamp(3, (column.height / 2).max(3))
}

pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, board: &Board, palette: &Palette) {
    let count = board.generators.len();
    let looked_at = board.looked_at.min(count.saturating_sub(1));
    let title = match count {
        0 => " generator ".to_owned(),
        _ => format!(" generator {} of {count} ", looked_at + 1),
    };
    let inside = panel(frame, area, title, palette);
    let lines = match board.generators.get(looked_at) {
        Some(matrix) => lines(matrix, inside.width.into(), palette),
        None if board.spectrum.is_some() => vec![Line::styled("no symmetry was found", palette.faint())],
        None => vec![Line::styled("after the spectrum", palette.faint())],
    };
    frame.render_widget(Paragraph::new(lines), inside);
}

fn lines(matrix: &Rows, width: usize, palette: &Palette) -> Vec<Line<'static>> {
    let largest = matrix.iter().flatten().fold(0.0_f64, |largest, entry| largest.max(entry.abs()));
    let written = matrix.len() * WRITTEN <= width;
    let entry = |&entry: &f64| {
        // Nearly nothing has no sign.
        let shown = if entry.abs() < 0.005 { 0.0 } else { entry };
        let text = if written { format!("{shown:>6.2} ") } else { sign(entry, largest) };
        Span::styled(text, palette.entry(entry / largest.max(f64::MIN_POSITIVE)))
    };
    matrix.iter().map(|row| Line::from_iter(row.iter().map(entry))).collect()
}

/// What tells an entry where there is room for nothing: the colour, and the sign of large ones.
fn sign(entry: f64, largest: f64) -> String {
    let sign = match entry {
        _ if entry.abs() < 0.25 * largest => "·",
        _ if entry < 0.0 => "−",
        _ => "+",
    };
    format!("{sign:<PLAIN$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_written_where_they_fit() {
        let matrix = vec![vec![0.0, -1.0], vec![1.0, -0.001]];
        let text = |width| -> Vec<String> {
            lines(&matrix, width, &Palette::new(true)).iter().map(Line::to_string).collect()
        };
        assert_eq!(text(14), ["  0.00  -1.00 ", "  1.00   0.00 "]);
        assert_eq!(text(13), ["· − ", "+ · "]);
    }
}
