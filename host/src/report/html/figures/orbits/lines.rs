//! Numbers along a generator that no picture is made for: a line for each, of the first sample.

use super::super::super::axis::Axis;
use super::super::super::figure::{Figure, Table, WIDTH, axes};
use super::super::super::svg::{Anchor, Svg};
use super::super::losses::SERIES;
use super::About;
use crate::report::orbits::MovedField;

const HEIGHT: f64 = 260.0;
/// More lines than this nobody tells apart.
const LINES: usize = 12;

/// `None` where there are no numbers.
pub(super) fn lines(about: &About, moved: &MovedField) -> Option<Figure> {
    let count = moved.values.first()?.first()?.len();
    let shown = count.min(LINES);
    if shown == 0 {
        return None;
    }
    let value = |t: usize, number: usize| moved.values[t][0].get(number).copied().unwrap_or(f64::NAN);
    let values = (0..about.t.len()).flat_map(|t| (0..shown).map(move |number| value(t, number)));
    let x = Axis::exactly(*about.t.first()?, *about.t.last()?, 62.0, WIDTH - 34.0);
    let y = Axis::linear(values, HEIGHT - 48.0, 10.0);
    let mut svg = Svg::default();
    axes(&mut svg, (&x, "t"), (&y, &about.field));
    svg.line("bound", (x.place(0.0), y.ends().0), (x.place(0.0), y.ends().1));
    for number in 0..shown {
        let class = format!("curve s{}", number % SERIES + 1);
        svg.path(&class, about.t.iter().enumerate().map(|(t, &at)| (x.place(at), y.place(value(t, number)))));
    }
    // Names at the right ends, where they do not cover each other.
    let mut ends: Vec<(f64, usize)> =
        (0..shown).map(|number| (y.place(value(about.t.len() - 1, number)), number)).collect();
    ends.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut free = f64::NEG_INFINITY;
    for (place, number) in ends {
        if place >= free {
            svg.text("tick", (x.ends().1 + 6.0, place + 4.0), Anchor::Start, &(number + 1).to_string());
            free = place + 13.0;
        }
    }
    let names = (0..count).map(|number| format!("{}{}", about.field, number + 1));
    let mut table = Table::new(["t".into(), "sample".into()].into_iter().chain(names));
    for (t, samples) in about.t.iter().zip(&moved.values) {
        for (sample, numbers) in samples.iter().enumerate() {
            let numbers = numbers.iter().copied().map(Into::into);
            table.row([(*t).into(), (sample + 1).into()].into_iter().chain(numbers));
        }
    }
    let which =
        if shown < count { format!("The first {shown} of {count} numbers") } else { "The numbers".into() };
    let caption = format!("{which} of a test sample moved by {}.", about.motion);
    Some(about.figure(caption, HEIGHT, svg.into_body(), table))
}
