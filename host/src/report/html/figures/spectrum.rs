//! The spectrum: how much the data violate each direction of the algebra, and the gap that the verdict stands on.

use super::super::axis::Axis;
use super::super::figure::{Figure, Table, WIDTH};
use super::super::svg::{Anchor, Svg};
use crate::report::summary::{Candidate, SymmetrySummary};
use crate::report::text::number;

const HEIGHT: f64 = 300.0;

/// The violations `rel`, the smallest first.
pub(in super::super) fn violations(symmetry: &SymmetrySummary) -> Option<Figure> {
    let (_, found) = counts(symmetry);
    let count = symmetry.candidates.len();
    let mut caption = format!("Relative violation of each of the {count} directions searched.");
    if let Some(factor) = gap(symmetry) {
        let factor = number(factor);
        caption += &match found {
            1 => format!(" Behind the least violated one it grows {factor} times."),
            found => format!(" Behind the {found} least violated ones it grows {factor} times."),
        };
    }
    draw(
        symmetry,
        "spectrum",
        "Spectrum of violations",
        &caption,
        ("violation", |one| one.rel),
        |svg, x, y| {
            if found == 0 || gap(symmetry).is_none() {
                return;
            }
            let (low, high) = (symmetry.candidates[found - 1].rel, symmetry.candidates[found].rel);
            let (from, to) = (y.place(low), y.place(high));
            let middle = 0.5 * (x.place(found as f64) + x.place(found as f64 + 1.0));
            svg.line("gap", (middle, from), (middle, to));
            for (end, tip) in [(from, -6.0), (to, 6.0)] {
                svg.path("gap", [(middle - 3.5, end + tip), (middle, end), (middle + 3.5, end + tip)]);
            }
            let label = format!("× {}", number(high / low));
            let (width, height) = (8.0 * label.chars().count() as f64, 0.5 * (from + to) + 4.0);
            // On the left nothing stands that high; where few directions of many were found, there is no room.
            if middle - x.ends().0 > width + 10.0 {
                svg.text("gap-size", (middle - 7.0, height), Anchor::End, &label);
            } else {
                svg.rect("paper", (middle + 4.0, height - 12.0), (width + 4.0, 16.0));
                svg.text("gap-size", (middle + 7.0, height), Anchor::Start, &label);
            }
        },
    )
}

/// The ratios `s`: violation over what the models' own error explains.
pub(in super::super) fn explained(symmetry: &SymmetrySummary) -> Option<Figure> {
    let caption = "Violation of each direction over the violation that the models' own error explains, from two models \
                   trained apart. About 1 or less is what an exact symmetry gives.";
    draw(
        symmetry,
        "explained",
        "Violation over what error explains",
        caption,
        ("violation / explained", |one| one.s),
        |svg, x, y| {
            let (left, right) = x.ends();
            svg.line("limit", (left, y.place(1.0)), (right, y.place(1.0)));
        },
    )
}

/// Numbers of exact generators, and of those with the approximate ones, in the spectrum.
fn counts(symmetry: &SymmetrySummary) -> (usize, usize) {
    let found = symmetry.dimension + symmetry.approximate.len();
    (symmetry.dimension, found.min(symmetry.candidates.len()))
}

/// By what factor the violations grow behind the last generator.
pub(in super::super) fn gap(symmetry: &SymmetrySummary) -> Option<f64> {
    let (_, found) = counts(symmetry);
    let factor = symmetry.candidates.get(found)?.rel / symmetry.candidates.get(found.checked_sub(1)?)?.rel;
    (factor.is_finite() && factor > 1.0).then_some(factor)
}

fn draw(
    symmetry: &SymmetrySummary,
    name: &str,
    title: &str,
    caption: &str,
    (quantity, value): (&str, fn(&Candidate) -> f64),
    more: impl FnOnce(&mut Svg, &Axis, &Axis),
) -> Option<Figure> {
    if symmetry.candidates.is_empty() {
        return None;
    }
    let count = symmetry.candidates.len();
    let values: Vec<f64> = symmetry.candidates.iter().map(value).collect();
    let smallest = values.iter().copied().filter(|value| *value > 0.0).fold(f64::INFINITY, f64::min);
    // A violation of exactly 0 stands below all others.
    let shown = |value: f64| if value > 0.0 { value } else { 0.1 * smallest };
    let x = Axis::exactly(0.4, count as f64 + 0.6, 62.0, WIDTH - 12.0);
    let reference = (name == "explained").then_some(1.0);
    let y = Axis::log(values.iter().copied().map(shown).chain(reference), HEIGHT - 48.0, 34.0);
    let mut svg = Svg::default();
    frame(&mut svg, &x, &y, count, quantity);
    more(&mut svg, &x, &y);
    let (exact, found) = counts(symmetry);
    let mut table = Table::new(["direction", quantity, "verdict"]);
    let floor = y.ends().0;
    let radius = if count > 40 { 2.5 } else { 5.0 };
    for (index, &value) in values.iter().enumerate() {
        let (class, verdict) = match index {
            index if index < exact => ("exact", "exact"),
            index if index < found => ("approximate", "approximate"),
            _ => ("rest", "none"),
        };
        let (place, height) = (x.place(index as f64 + 1.0), y.place(shown(value)));
        svg.line(&format!("stem {class}"), (place, floor), (place, height));
        dot(&mut svg, class, (place, height), radius);
        table.row([(index + 1).into(), value.into(), verdict.into()]);
    }
    legend(&mut svg, exact, found, count);
    Some(Figure {
        name: name.into(),
        title: title.into(),
        caption: caption.into(),
        size: (WIDTH, HEIGHT),
        body: svg.into_body(),
        table,
    })
}

/// Axes whose horizontal one counts.
fn frame(svg: &mut Svg, x: &Axis, y: &Axis, count: usize, quantity: &str) {
    let ((left, right), (bottom, top)) = (x.ends(), y.ends());
    for (value, label) in y.ticks(6) {
        svg.line("grid", (left, y.place(value)), (right, y.place(value)));
        svg.text("tick", (left - 7.0, y.place(value) + 4.0), Anchor::End, &label);
    }
    let every = count.div_ceil(16);
    for index in (1..=count).step_by(every) {
        svg.text("tick", (x.place(index as f64), bottom + 17.0), Anchor::Middle, &index.to_string());
    }
    svg.line("frame", (left, bottom), (right, bottom));
    svg.text("name", (0.5 * (left + right), bottom + 36.0), Anchor::Middle, "direction of the algebra");
    svg.upward_text("name", (13.0, 0.5 * (bottom + top)), quantity);
}

/// Told apart by shape as well as by colour.
fn dot(svg: &mut Svg, class: &str, (x, y): (f64, f64), radius: f64) {
    let class = format!("dot {class}");
    if class.ends_with("approximate") {
        let r = 1.25 * radius;
        svg.polygon(&class, &[(x, y - r), (x + r, y), (x, y + r), (x - r, y)]);
    } else {
        svg.circle(&class, (x, y), radius);
    }
}

fn legend(svg: &mut Svg, exact: usize, found: usize, count: usize) {
    let mut left = 66.0;
    let kinds = [("exact", exact), ("approximate", found - exact), ("rest", count - found)];
    for (class, number) in kinds {
        if number == 0 {
            continue;
        }
        let name = if class == "rest" { "no symmetry" } else { class };
        dot(svg, class, (left, 14.0), 4.5);
        svg.text("legend", (left + 9.0, 18.0), Anchor::Start, &format!("{name} ({number})"));
        left += 26.0 + 6.5 * (name.len() + 4) as f64;
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::figure::sound;
    use super::*;
    use crate::report::summary::sample;

    #[test]
    fn directions_are_told_apart_and_the_gap_is_written() {
        let symmetry = sample().symmetry;
        let figure = violations(&symmetry).expect("there is a spectrum");
        let text = sound(&figure);
        for (class, count) in [("dot exact", 2), ("dot approximate", 2), ("dot rest", 3)] {
            assert_eq!(text.matches(class).count(), count, "{class} with its legend: {text}");
        }
        // 1.90 / 0.04.
        assert!(text.contains(">× 47.5<"), "{text}");
        let csv = String::from_utf8(figure.table.csv()).expect("UTF-8");
        assert!(
            csv.starts_with("direction,violation,verdict\n1,0.0003,exact\n2,0.04,approximate\n"),
            "{csv}"
        );
        assert!(sound(&explained(&symmetry).expect("there is a spectrum")).contains("class=\"limit\""));
    }

    #[test]
    fn zeros_many_directions_and_none_are_drawn() {
        let mut symmetry = sample().symmetry;
        symmetry.candidates[0].rel = 0.0;
        sound(&violations(&symmetry).expect("there is a spectrum"));
        assert!(gap(&symmetry).is_some(), "it is behind the approximate one");
        symmetry.candidates = (0..81).map(|i| Candidate { rel: f64::from(i), s: f64::NAN }).collect();
        sound(&violations(&symmetry).expect("there is a spectrum"));
        sound(&explained(&symmetry).expect("there is a spectrum"));
        symmetry.candidates.truncate(2);
        assert!(gap(&symmetry).is_none(), "nothing is behind them");
        sound(&violations(&symmetry).expect("there is a spectrum"));
        symmetry.candidates.clear();
        assert!(violations(&symmetry).is_none());
    }
}
