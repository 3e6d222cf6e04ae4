//! How far each generator holds, of how far it could.

use super::super::axis::{Axis, subscript};
use super::super::figure::{Figure, Table, WIDTH, axis_below};
use super::super::svg::{Anchor, Svg};
use crate::report::summary::Generator;

const ROW: f64 = 34.0;

/// A bar for each generator; nothing where all hold on their whole ranges.
pub(in super::super) fn extent(generators: &[Generator]) -> Option<Figure> {
    if generators.iter().all(|generator| generator.extent.is_none()) {
        return None;
    }
    let height = 62.0 + ROW * generators.len() as f64;
    let (left, right, bottom) = (44.0, WIDTH - 16.0, height - 46.0);
    let wholes = generators.iter().map(|one| one.whole_range.unwrap_or(one.range));
    let whole = wholes.filter(|whole| whole.is_finite()).fold(f64::MIN_POSITIVE, f64::max);
    let x = Axis::exactly(-whole, whole, left, right);
    let mut svg = Svg::default();
    axis_below(&mut svg, (&x, "coefficient of the generator"), (6.0, bottom));
    let mut table = Table::new(["generator", "extent", "whole range"]);
    for (index, generator) in generators.iter().enumerate() {
        let top = 12.0 + ROW * index as f64;
        let whole = generator.whole_range.unwrap_or(generator.range);
        let extent = generator.extent.unwrap_or(whole);
        let bar = |length: f64| ((x.place(-length), top), (x.place(length) - x.place(-length), ROW - 12.0));
        let ((corner, size), (inner, part)) = (bar(whole), bar(extent));
        svg.rect("whole", corner, size);
        svg.rect("part", inner, part);
        svg.text("legend", (left - 8.0, top + 15.0), Anchor::End, &format!("L{}", subscript(index + 1)));
        table.row([(index + 1).into(), extent.into(), whole.into()]);
    }
    Some(Figure {
        name: "extent".into(),
        title: "Extent of the symmetry".into(),
        caption: "The part of each generator's range on which held-out data bear it, within the whole range."
            .into(),
        size: (WIDTH, height),
        body: svg.into_body(),
        table,
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::figure::sound;
    use super::*;
    use crate::report::summary::sample;

    #[test]
    fn a_bounded_generator_has_a_bar_in_a_bar() {
        let mut generators = sample().symmetry.generators;
        assert!(extent(&generators).is_none());
        generators[0].extent = Some(0.79);
        generators[0].whole_range = Some(std::f64::consts::PI);
        let figure = extent(&generators).expect("it is bounded");
        let text = sound(&figure);
        assert!(text.contains("class=\"whole\"") && text.contains("class=\"part\""), "{text}");
    }
}
