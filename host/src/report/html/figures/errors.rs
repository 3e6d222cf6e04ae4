//! What the symmetry bought: each model's error on test data and on data moved by the whole group, joined by a line.

use super::super::axis::Axis;
use super::super::figure::{Figure, Table, WIDTH, axis_below};
use super::super::svg::{Anchor, Svg};
use crate::report::summary::Metrics;

const ROW: f64 = 40.0;

/// Models by name, the run's own last; `measure` is "rmse" or "accuracy".
pub(in super::super) fn errors(models: &[(&str, &Metrics)], measure: &str) -> Option<Figure> {
    let of = |metrics: &Metrics| {
        let value = |figures: &std::collections::BTreeMap<String, f64>| {
            figures.get(measure).copied().filter(|value| value.is_finite())
        };
        (value(&metrics.test), value(&metrics.shifted))
    };
    let pairs: Vec<_> = models.iter().map(|(name, metrics)| (*name, of(metrics))).collect();
    let values: Vec<f64> =
        pairs.iter().flat_map(|(_, (test, shifted))| [*test, *shifted]).flatten().collect();
    if pairs.iter().all(|(_, (_, shifted))| shifted.is_none()) {
        return None;
    }
    let height = 82.0 + ROW * pairs.len() as f64;
    let (top, bottom) = (30.0, height - 46.0);
    let (left, right) = (74.0, WIDTH - 16.0);
    let x = Axis::of_measure(measure, &values, left, right);
    let mut svg = Svg::default();
    axis_below(&mut svg, (&x, measure), (top, bottom));
    svg.circle("dot exact", (left + 8.0, 12.0), 5.0);
    svg.text("legend", (left + 18.0, 16.0), Anchor::Start, "test");
    svg.circle("dot approximate", (left + 68.0, 12.0), 5.0);
    svg.text("legend", (left + 78.0, 16.0), Anchor::Start, "moved by the whole group");
    let mut table = Table::new(["model", "test", "shifted"]);
    for (index, (name, (test, shifted))) in pairs.iter().enumerate() {
        let middle = top + ROW * (index as f64 + 0.5);
        svg.text("legend", (left - 10.0, middle + 4.0), Anchor::End, name);
        if let (Some(test), Some(shifted)) = (test, shifted) {
            svg.line("span", (x.place(*test), middle), (x.place(*shifted), middle));
        }
        for (class, value) in [("dot approximate", shifted), ("dot exact", test)] {
            svg.circle(class, (x.place(value.unwrap_or(f64::NAN)), middle), 6.0);
        }
        table.row([(*name).into(), test.unwrap_or(f64::NAN).into(), shifted.unwrap_or(f64::NAN).into()]);
    }
    Some(Figure {
        name: "errors".into(),
        title: format!("{measure} on test data and on data moved by the whole group"),
        caption: "The shorter the line, the less a model minds that the data were moved.".into(),
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
    fn each_model_is_a_line_between_two_dots() {
        let summary = sample();
        let ours = summary.metrics.as_ref().expect("the sample has metrics");
        let models = [("plain", &summary.baselines["plain"]), ("ours", ours)];
        let figure = errors(&models, "rmse").expect("there are figures");
        let text = sound(&figure);
        assert_eq!(text.matches("class=\"span\"").count(), 2, "{text}");
        let csv = String::from_utf8(figure.table.csv()).expect("UTF-8");
        assert_eq!(csv, "model,test,shifted\nplain,0.0123,0.0994\nours,0.0121,0.0169\n");
        assert!(errors(&models, "accuracy").is_none(), "nobody measured it");
    }
}
