//! The terms of the loss over the steps of the stage, on a logarithmic axis where all are positive.

use super::{Palette, panel};
use crate::report::live::screen::board::{Board, Curve};
use crate::report::text::number;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::symbols::Marker;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Axis, Chart, Dataset, GraphType, Paragraph};

pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, board: &Board, palette: &Palette) {
    let (stage, curves) = &board.curves;
    let curves: Vec<&Curve> = curves.iter().filter(|curve| !curve.points.is_empty()).collect();
    let title =
        if stage.is_empty() { " loss ".to_owned() } else { format!(" loss, {} ", stage.replace('_', "-")) };
    let inside = panel(frame, area, title, palette);
    if curves.is_empty() {
        frame.render_widget(Paragraph::new(Line::styled("no step is logged yet", palette.faint())), inside);
        return;
    }
    let [legend, plot] = Layout::vertical([Constraint::Length(1), Constraint::Min(0)]).areas(inside);
    let names = curves.iter().enumerate().flat_map(|(index, curve)| {
        let last = curve.points.last().map_or(f64::NAN, |point| point.1);
        [Span::styled("■ ", palette.curve(index)), Span::raw(format!("{} {}  ", curve.term, number(last)))]
    });
    frame.render_widget(Paragraph::new(Line::from_iter(names)), legend);

    let logarithmic = curves.iter().all(|curve| curve.points.iter().all(|point| point.1 > 0.0));
    let scaled: Vec<Vec<(f64, f64)>> = curves
        .iter()
        .map(|curve| {
            let scale = |value: f64| if logarithmic { value.log10() } else { value };
            curve.points.iter().map(|&(step, value)| (step, scale(value))).collect()
        })
        .collect();
    let values = || scaled.iter().flatten();
    let ends = |number: fn(&(f64, f64)) -> f64| {
        values()
            .map(number)
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, top), value| (low.min(value), top.max(value)))
    };
    let (steps, (low, top)) = (ends(|point| point.0), ends(|point| point.1));
    let margin = ((top - low) * 0.05).max(if logarithmic { 0.05 } else { top.abs().max(1e-9) * 0.05 });
    let bounds = [low - margin, top + margin];
    let label = |value: f64| number(if logarithmic { 10_f64.powf(value) } else { value });
    let sets = scaled.iter().enumerate().map(|(index, points)| {
        let line = points.len() > 1;
        Dataset::default()
            .marker(Marker::Braille)
            .graph_type(if line { GraphType::Line } else { GraphType::Scatter })
            .style(palette.curve(index))
            .data(points)
    });
    let chart = Chart::new(sets.collect())
        .x_axis(
            Axis::default()
                .style(palette.faint())
                .bounds([steps.0, steps.1.max(steps.0 + 1.0)])
                .labels([format!("{}", steps.0), format!("{}", steps.1)]),
        )
        .y_axis(Axis::default().style(palette.faint()).bounds(bounds).labels([
            label(bounds[0]),
            label((bounds[0] + bounds[1]) / 2.0),
            label(bounds[1]),
        ]));
    frame.render_widget(chart, plot);
}
