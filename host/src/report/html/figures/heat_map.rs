//! A generator as a heat map: orange for positive entries, blue for negative ones, nothing for zeros.

use super::super::axis::subscript;
use super::super::figure::{Figure, Table};
use super::super::svg::{Anchor, Svg};
use crate::symmetry::algebra::readable_entries;
use nalgebra::DMatrix;

/// Matrices up to this size have their entries written in.
const NUMBERED: usize = 6;
/// Side of the map.
const SIDE: f64 = 240.0;
/// Width of the drawing, with room for the names on the left and the scale on the right.
const WIDTH: f64 = 352.0;
/// Entries this near to an integer are written as such.
const INTEGER: f64 = 0.02;

/// A matrix `n × n`; `name` is that of its files, `title` what it is called.
pub(in super::super) fn heat_map(
    name: &str,
    title: &str,
    caption: &str,
    matrix: &DMatrix<f64>,
) -> Option<Figure> {
    let n = matrix.nrows();
    let largest = matrix.iter().filter(|entry| entry.is_finite()).fold(0.0_f64, |a, b| a.max(b.abs()));
    if n == 0 || largest == 0.0 {
        return None;
    }
    let mut svg = Svg::default();
    let mut table = Table::new(["row", "column", "entry"]);
    let (left, top) = (32.0, 26.0);
    let cell = SIDE / n as f64;
    let written = readable_entries(matrix, INTEGER);
    for (i, entries) in written.iter().enumerate() {
        for (j, text) in entries.iter().enumerate() {
            let entry = matrix[(i, j)];
            let corner = (left + j as f64 * cell, top + i as f64 * cell);
            let class = if entry < 0.0 { "cell negative" } else { "cell positive" };
            svg.tinted(class, corner, (cell, cell), (entry / largest).abs());
            if n <= NUMBERED {
                let size = if n > 4 { "entry small" } else { "entry" };
                let zero = if text == "0" { " zero" } else { "" };
                let middle = (corner.0 + 0.5 * cell, corner.1 + 0.5 * cell + 5.0);
                svg.text(&format!("{size}{zero}"), middle, Anchor::Middle, &text.replace('-', "−"));
            }
            table.row([(i + 1).into(), (j + 1).into(), entry.into()]);
        }
    }
    svg.rect("outline", (left, top), (SIDE, SIDE));
    let every = n.div_ceil(8);
    for index in (0..n).step_by(every) {
        let label = format!("x{}", subscript(index + 1));
        let middle = (index as f64 + 0.5) * cell;
        svg.text("tick", (left - 8.0, top + middle + 4.0), Anchor::End, &label);
        svg.text("tick", (left + middle, top - 9.0), Anchor::Middle, &label);
    }
    scale(&mut svg, (left + SIDE + 22.0, top), largest);
    let height = top + SIDE + 10.0;
    Some(Figure {
        name: name.into(),
        title: title.into(),
        caption: caption.into(),
        size: (WIDTH, height),
        body: svg.into_body(),
        table,
    })
}

/// What the colours mean, from the largest entry down to its opposite.
fn scale(svg: &mut Svg, (left, top): (f64, f64), largest: f64) {
    const STEPS: usize = 20;
    let height = SIDE / (2 * STEPS) as f64;
    for step in 0..2 * STEPS {
        let value = 1.0 - (step as f64 + 0.5) / STEPS as f64;
        let class = if value < 0.0 { "negative" } else { "positive" };
        svg.tinted(class, (left, top + step as f64 * height), (10.0, height + 0.2), value.abs());
    }
    svg.rect("outline", (left, top), (10.0, SIDE));
    for (value, place) in [(largest, 0.0), (0.0, 0.5), (-largest, 1.0)] {
        let text = super::super::axis::fixed(value, if value == 0.0 { 0 } else { 2 });
        svg.text("tick", (left + 16.0, top + place * SIDE + 4.0), Anchor::Start, &text);
    }
}

/// The generator as a vector field, the motion of the point x: "−x₂∂₁ + x₁∂₂".
pub(in super::super) fn vector_field(matrix: &DMatrix<f64>) -> String {
    let mut text = String::new();
    for (i, row) in readable_entries(matrix, INTEGER).iter().enumerate() {
        for (j, entry) in row.iter().enumerate() {
            let size = entry.trim_start_matches('-');
            if size.chars().all(|character| matches!(character, '0' | '.')) {
                continue;
            }
            text += match (text.is_empty(), entry.starts_with('-')) {
                (true, false) => "",
                (true, true) => "−",
                (false, false) => " + ",
                (false, true) => " − ",
            };
            if size != "1" {
                text += size;
                text.push(' ');
            }
            text += &format!("x{} ∂{}", subscript(j + 1), subscript(i + 1));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::super::figure::sound;
    use super::*;

    #[test]
    fn entries_are_written_into_small_matrices_only() {
        let turn = DMatrix::from_row_slice(2, 2, &[0.0, -1.0, 0.999, 0.0]);
        let figure = heat_map("generator-1", "Generator 1", "A turn", &turn).expect("not zero");
        let text = sound(&figure);
        assert_eq!(text.matches(">−1<").count(), 1, "{text}");
        assert_eq!(text.matches("class=\"cell negative\"").count(), 1, "{text}");
        let large = heat_map("g", "G", "g", &DMatrix::identity(9, 9)).expect("not zero");
        assert!(!sound(&large).contains("class=\"entry"));
        assert!(heat_map("g", "G", "g", &DMatrix::zeros(2, 2)).is_none());
        assert!(heat_map("g", "G", "g", &DMatrix::zeros(0, 0)).is_none());
    }

    #[test]
    fn generators_read_as_vector_fields() {
        let turn = DMatrix::from_row_slice(2, 2, &[0.0, -1.0, 0.999, 0.0]);
        assert_eq!(vector_field(&turn), "−x₂ ∂₁ + x₁ ∂₂");
        let stretch = DMatrix::from_row_slice(2, 2, &[0.5, 0.0, 0.0, -0.503]);
        assert_eq!(vector_field(&stretch), "0.50 x₁ ∂₁ − 0.50 x₂ ∂₂");
    }
}
