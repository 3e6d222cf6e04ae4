//! The equivariance error along each generator: which motions a model minds, and how much.

use super::super::axis::Axis;
use super::super::figure::{Figure, Table, WIDTH, axes};
use super::super::page::matrix;
use super::super::svg::{Anchor, Svg};
use super::heat_map::vector_field;
use super::losses::SERIES;
use crate::report::summary::{EquivarianceCurve, Metrics};

const HEIGHT: f64 = 260.0;
/// Characters of a vector field that fit into a caption.
const LONGEST: usize = 60;

/// A figure for each generator that has curves, a line for each model. Models by name, the run's own last; `classes`:
/// the error is a part of the samples.
pub(in super::super) fn along(models: &[(&str, &Metrics)], classes: bool) -> Vec<Figure> {
    let most = models.iter().map(|(_, metrics)| metrics.equivariance_curves.len()).max().unwrap_or(0);
    let of_generator = |index: usize| {
        let curves = models
            .iter()
            .filter_map(|(name, metrics)| Some((*name, metrics.equivariance_curves.get(index)?)))
            .filter(|(_, curve)| curve.errors.iter().all(|error| error.is_finite()));
        draw(index, &curves.collect::<Vec<_>>(), classes)
    };
    (0..most).filter_map(of_generator).collect()
}

fn draw(index: usize, curves: &[(&str, &EquivarianceCurve)], classes: bool) -> Option<Figure> {
    let (_, first) = curves.first()?;
    let (low, high) = (*first.coefficients.first()?, *first.coefficients.last()?);
    if low >= high {
        return None;
    }
    let (top, bottom) = (28.0, HEIGHT - 48.0);
    let x = Axis::exactly(low, high, 62.0, WIDTH - 14.0);
    // Nothing is moved at 0: what is left there is rounding, which would stretch a logarithmic axis.
    let points = |curve: &EquivarianceCurve| {
        let points = curve.coefficients.iter().copied().zip(curve.errors.iter().copied());
        points.map(|(t, error)| (t, if t == 0.0 { 0.0 } else { error })).collect::<Vec<_>>()
    };
    let errors = curves.iter().flat_map(|(_, curve)| points(curve)).map(|(_, error)| error);
    let y =
        if classes { Axis::linear(errors.chain([0.0]), bottom, top) } else { Axis::log(errors, bottom, top) };
    let what = if classes { "part whose class changes" } else { "equivariance error" };
    let mut svg = Svg::default();
    axes(&mut svg, (&x, "coefficient t"), (&y, what));
    let mut table = Table::new(["model", "coefficient", "error"]);
    for (number, (name, curve)) in curves.iter().enumerate() {
        let class = format!("curve loss s{}", number % SERIES + 1);
        svg.path(&class, points(curve).into_iter().map(|(t, error)| (x.place(t), y.place(error))));
        let left = 62.0 + (number % 3) as f64 * (WIDTH - 76.0) / 3.0;
        svg.line(&class, (left, 10.0), (left + 18.0, 10.0));
        svg.text("legend", (left + 24.0, 14.0), Anchor::Start, name);
        points(curve).into_iter().for_each(|(t, error)| table.row([(*name).into(), t.into(), error.into()]));
    }
    let field = matrix(&first.matrix).map(|matrix| vector_field(&matrix));
    let field = field.filter(|field| field.chars().count() <= LONGEST);
    let field = field.map_or_else(String::new, |field| format!(" = {field}"));
    Some(Figure {
        name: format!("equivariance-{}", index + 1),
        title: format!("Equivariance error along generator {}", index + 1),
        caption: format!(
            "Error of f(gx) against ρ(g) f(x), g = exp(t L), L{field}; the first 256 test samples."
        ),
        size: (WIDTH, HEIGHT),
        body: svg.into_body(),
        table,
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::figure::sound;
    use super::*;

    fn metrics(errors: &[f64]) -> Metrics {
        let matrix = vec![vec![0.0, -1.0], vec![1.0, 0.0]];
        let coefficients = vec![-3.0, 0.0, 3.0];
        let curve = EquivarianceCurve { matrix, coefficients, errors: errors.to_vec() };
        Metrics { equivariance_curves: vec![curve], ..Metrics::default() }
    }

    #[test]
    fn each_model_has_a_line() {
        let (plain, ours) = (metrics(&[0.4, 0.0, 0.5]), metrics(&[0.01, 0.0, 0.02]));
        let figures = along(&[("plain", &plain), ("ours", &ours)], false);
        let [figure] = &figures[..] else { panic!("one generator, {} figures", figures.len()) };
        let text = sound(figure);
        assert!(text.contains(">plain<") && text.contains(">ours<"), "{text}");
        let csv = String::from_utf8(figure.table.csv()).expect("UTF-8");
        assert_eq!(
            csv,
            "model,coefficient,error\nplain,-3,0.4\nplain,0,0\nplain,3,0.5\nours,-3,0.01\nours,0,0\nours,3,0.02\n"
        );
    }

    #[test]
    fn what_was_not_measured_has_no_figure() {
        assert!(along(&[("ours", &Metrics::default())], true).is_empty());
        assert!(along(&[("ours", &metrics(&[0.1, f64::NAN, 0.1]))], true).is_empty());
    }
}
