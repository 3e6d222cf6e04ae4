//! How the board looks: what is most important first, as far as there is room.

mod curves;
mod generator;
mod head;
mod log;
mod palette;
mod spectrum;

use super::board::Board;
use crate::report::text::colours_wanted;
use palette::Palette;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::Line;
use ratatui::widgets::{Block, Borders};

/// Where a second column begins to be worth it.
const TWO_COLUMNS: u16 = 70;
/// Below this there is room for figures alone.
const LEAST: (u16, u16) = (30, 12);

/// Paints all of it.
pub(super) fn draw(frame: &mut Frame<'_>, board: &Board) {
    draw_with(frame, board, &Palette::new(colours_wanted()));
}

fn draw_with(frame: &mut Frame<'_>, board: &Board, palette: &Palette) {
    let area = frame.area();
    if area.width < LEAST.0 || area.height < LEAST.1 {
        head::draw(frame, area, board, palette);
        return;
    }
    let log = if area.height >= 30 {
        8
    } else if area.height >= 20 {
        5
    } else {
        0
    };
    let rows = [Constraint::Length(head::HEIGHT), Constraint::Min(0), Constraint::Length(log)];
    let [top, middle, bottom] = Layout::vertical(rows).areas(area);
    head::draw(frame, top, board, palette);
    log::draw(frame, bottom, palette);
    if area.width < TWO_COLUMNS {
        curves::draw(frame, middle, board, palette);
        return;
    }
    let columns = [Constraint::Percentage(60), Constraint::Percentage(40)];
    let [left, right] = Layout::horizontal(columns).areas(middle);
    curves::draw(frame, left, board, palette);
    let generator = generator::height(board, right);
    let [upper, lower] = Layout::vertical([Constraint::Min(0), Constraint::Length(generator)]).areas(right);
    spectrum::draw(frame, upper, board, palette);
    generator::draw(frame, lower, board, palette);
}

/// A frame with a title; returns what is inside.
fn panel(frame: &mut Frame<'_>, area: Rect, title: impl Into<Line<'static>>, palette: &Palette) -> Rect {
    let block = Block::new()
        .borders(Borders::ALL)
        .border_style(palette.faint())
        .title_style(Style::new())
        .title(title);
    let inside = block.inner(area);
    frame.render_widget(block, area);
    inside
}

#[cfg(test)]
mod tests;
