//! What was measured of elements outside the identity component: the ratio of errors with its interval, beside the
//! limit.

use super::super::axis::Axis;
use super::super::figure::{Figure, Table, WIDTH};
use super::super::svg::{Anchor, Svg};
use crate::report::summary::Component;

/// Ratio below which an element is accepted, see [`Component`].
const ACCEPTED: f64 = 2.0;
const ROW: f64 = 38.0;

/// A row for each component tested.
pub(in super::super) fn components(components: &[Component]) -> Option<Figure> {
    if components.is_empty() {
        return None;
    }
    let height = 56.0 + ROW * components.len() as f64;
    let bottom = height - 46.0;
    let ends = components.iter().flat_map(|one| [one.ratio, one.lower, one.upper]);
    let x = Axis::log(ends.chain([1.0, ACCEPTED]), 24.0, WIDTH - 24.0);
    let mut svg = Svg::default();
    for (value, label) in x.ticks(5) {
        svg.line("grid", (x.place(value), bottom), (x.place(value), 6.0));
        svg.text("tick", (x.place(value), bottom + 17.0), Anchor::Middle, &label);
    }
    svg.line("limit", (x.place(ACCEPTED), bottom), (x.place(ACCEPTED), 6.0));
    svg.line("frame", (x.ends().0, bottom), (x.ends().1, bottom));
    svg.text(
        "name",
        (0.5 * WIDTH, bottom + 36.0),
        Anchor::Middle,
        "squared error moved / unmoved (limit: 2)",
    );
    let mut table = Table::new(["component", "ratio", "lower", "upper", "distance", "verdict"]);
    for (index, component) in components.iter().enumerate() {
        let class = if component.accepted { "exact" } else { "rest" };
        let middle = 6.0 + ROW * (index as f64 + 0.66);
        svg.text("legend halo", (x.ends().0 + 2.0, middle - 11.0), Anchor::Start, &component.name);
        svg.line(
            &format!("interval {class}"),
            (x.place(component.lower), middle),
            (x.place(component.upper), middle),
        );
        svg.circle(&format!("dot {class}"), (x.place(component.ratio), middle), 5.0);
        let numbers = [component.ratio, component.lower, component.upper, component.distance].map(Into::into);
        let row = std::iter::once(component.name.as_str().into()).chain(numbers);
        table.row(row.chain([verdict(component).into()]));
    }
    Some(Figure {
        name: "components".into(),
        title: "Components outside the identity component".into(),
        caption:
            "Squared error on data moved by each element, over that without, with its 95 % interval: 1 for a \
                  symmetry. Filled dots left of the dashed line are accepted."
                .into(),
        size: (WIDTH, height),
        body: svg.into_body(),
        table,
    })
}

/// In a word or two.
pub(in super::super) fn verdict(component: &Component) -> &'static str {
    match (component.accepted, component.supported) {
        (true, _) => "accepted",
        (false, true) => "rejected",
        (false, false) => "not supported",
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::figure::sound;
    use super::*;

    #[test]
    fn every_component_has_its_row() {
        let component = |name: &str, ratio: f64, accepted| Component {
            name: name.into(),
            matrix: Vec::new(),
            ratio,
            lower: 0.9 * ratio,
            upper: 1.1 * ratio,
            distance: 1.0,
            supported: accepted,
            accepted,
        };
        let all = [component("inversion", 1.02, true), component("reflection of x1", 800.0, false)];
        let figure = components(&all).expect("there are two");
        let text = sound(&figure);
        assert!(text.contains(">inversion<") && text.contains("class=\"dot exact\""), "{text}");
        let csv = String::from_utf8(figure.table.csv()).expect("UTF-8");
        assert!(csv.ends_with("\nreflection of x1,800,720,880,1,not supported\n"), "{csv}");
        assert!(components(&[]).is_none());
        sound(&components(&[component("x", f64::NAN, false)]).expect("there is one"));
    }
}
