//! The tables of the page as text: errors, generators, components, brackets.

use super::axis::fixed;
use super::figures::components;
use super::figures::orbits::generator_name;
use crate::report::summary::{Component, Estimate, Generator, Summary, SymmetrySummary};
use crate::report::text::{number, with_error};
use std::collections::BTreeMap;

/// A table: the first cell of a row is its heading.
#[derive(Debug, Default)]
pub(super) struct Rows {
    pub(super) caption: String,
    pub(super) header: Vec<String>,
    pub(super) rows: Vec<Vec<String>>,
}

/// What is written where there is no number.
const NOTHING: &str = "–";

fn cell(value: Option<f64>) -> String {
    value.map_or_else(|| NOTHING.into(), |value| number(value).replace('-', "−"))
}

/// Every measure on test and shifted data, and the errors of equivariance.
pub(super) fn errors(summary: &Summary) -> Option<Rows> {
    let ours = summary.metrics.as_ref()?;
    let models = summary.models();
    let measures: Vec<&String> = ours.test.keys().collect();
    let shifted = models.iter().any(|(_, metrics)| !metrics.shifted.is_empty());
    let by_elements = models.iter().any(|(_, metrics)| metrics.equivariance_error.is_some());
    let by_derivative = models.iter().any(|(_, metrics)| metrics.lie_derivative.is_some());
    let mut header = vec!["model".to_owned()];
    for measure in &measures {
        header.push(format!("test {measure}"));
        header.extend(shifted.then(|| format!("shifted {measure}")));
    }
    header.extend(by_elements.then(|| "equivariance error".into()));
    header.extend(by_derivative.then(|| "Lie derivative".into()));
    let mut rows = Vec::new();
    for (name, metrics) in models {
        let mut row = vec![name.to_owned()];
        for measure in &measures {
            row.push(cell(metrics.test.get(*measure).copied()));
            row.extend(shifted.then(|| cell(metrics.shifted.get(*measure).copied())));
        }
        row.extend(by_elements.then(|| cell(metrics.equivariance_error)));
        row.extend(by_derivative.then(|| cell(metrics.lie_derivative)));
        rows.push(row);
        if let Some(averaged) = &metrics.averaged {
            let mut row = vec![format!("{name}, averaged over {} elements", averaged.draws)];
            for measure in &measures {
                row.push(estimate(&averaged.test, measure));
                row.extend(shifted.then(|| estimate(&averaged.shifted, measure)));
            }
            row.extend([by_elements, by_derivative].into_iter().filter(|is| *is).map(|_| NOTHING.into()));
            rows.push(row);
        }
    }
    let caption = "On test data, and on test data moved by the whole group (shifted).".into();
    Some(Rows { caption, header, rows })
}

fn estimate(metrics: &BTreeMap<String, Estimate>, measure: &str) -> String {
    match metrics.get(measure) {
        Some(Estimate { value, error: Some(error) }) => with_error(*value, Some(*error)),
        found => cell(found.map(|estimate| estimate.value)),
    }
}

/// Violation and range of each generator, as training has them.
pub(super) fn generators(symmetry: &SymmetrySummary) -> Option<Rows> {
    let all = || symmetry.generators.iter().chain(&symmetry.approximate);
    all().next()?;
    let extents = all().any(|generator| generator.extent.is_some());
    let mut header: Vec<String> = ["generator", "violation", "range"].map(str::to_owned).into();
    header.extend(extents.then(|| "holds up to".into()));
    let row = |(index, generator): (usize, &Generator), name: &str| {
        let mut row = vec![
            format!("{name} {}", index + 1),
            cell(Some(generator.violation)),
            format!("±{}", cell(Some(generator.range))),
        ];
        row.extend(extents.then(|| match (generator.extent, generator.whole_range) {
            (Some(extent), Some(whole)) => format!("±{} of ±{}", cell(Some(extent)), cell(Some(whole))),
            (Some(extent), None) => format!("±{}", cell(Some(extent))),
            (None, _) => "its whole range".into(),
        }));
        row
    };
    let exact = symmetry.generators.iter().enumerate().map(|one| row(one, "exact"));
    let approximate = symmetry.approximate.iter().enumerate().map(|one| row(one, "approximate"));
    let caption = match symmetry.extent_tolerance {
        Some(tolerance) => format!("One by one, as in generators.json; extents at δ = {tolerance}."),
        None => "One by one, as in generators.json, of norm 1 in the data metric.".into(),
    };
    Some(Rows { caption, header, rows: exact.chain(approximate).collect() })
}

/// Elements outside the identity component.
pub(super) fn components(components: &[Component]) -> Option<Rows> {
    components.first()?;
    let header =
        ["element", "ratio of errors", "95 % interval", "distance", "verdict"].map(str::to_owned).into();
    let row = |one: &Component| {
        vec![
            one.name.clone(),
            cell(Some(one.ratio)),
            format!("{} to {}", cell(Some(one.lower)), cell(Some(one.upper))),
            cell(Some(one.distance)),
            components::verdict(one).to_owned(),
        ]
    };
    let caption = "Distance of the moved inputs to the training data, over that of the inputs themselves: far above 1, \
                   the model was asked about data that it never saw (not supported)."
        .into();
    Some(Rows { caption, header, rows: components.iter().map(row).collect() })
}

/// Largest basis whose brackets are all written.
const BRACKETS: usize = 6;
/// Coefficients this small are noise of learned generators.
const SMALL: f64 = 0.05;

/// "[X₁, X₂] = X₃" for every pair, from the structure constants; empty for one generator and for many.
pub(super) fn brackets(constants: &[Vec<Vec<f64>>]) -> Vec<String> {
    if constants.len() > BRACKETS {
        return Vec::new();
    }
    let name = |index: usize| generator_name(true, index);
    let pairs = (0..constants.len()).flat_map(|i| (i + 1..constants.len()).map(move |j| (i, j)));
    let of_pair = |(i, j): (usize, usize)| {
        let coefficients = constants.get(i).and_then(|rows| rows.get(j)).map_or(&[][..], Vec::as_slice);
        let mut sum = String::new();
        for (index, &coefficient) in coefficients.iter().enumerate() {
            if coefficient.abs() < SMALL || !coefficient.is_finite() {
                continue;
            }
            sum += match (sum.is_empty(), coefficient < 0.0) {
                (true, false) => "",
                (true, true) => "−",
                (false, false) => " + ",
                (false, true) => " − ",
            };
            let size = coefficient.abs();
            if (size - 1.0).abs() > SMALL {
                sum += &fixed(size, 2);
                sum.push(' ');
            }
            sum += &name(index);
        }
        format!("[{}, {}] = {}", name(i), name(j), if sum.is_empty() { "0" } else { &sum })
    };
    pairs.map(of_pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::summary::{Averaged, sample};

    #[test]
    fn brackets_are_written_as_in_books() {
        // so(3): e_1 e_2 → e_3 and cyclic.
        let mut constants = vec![vec![vec![0.0; 3]; 3]; 3];
        for (i, j, l) in [(0, 1, 2), (1, 2, 0), (2, 0, 1)] {
            constants[i][j][l] = 0.99;
            constants[j][i][l] = -1.01;
        }
        assert_eq!(brackets(&constants), ["[X₁, X₂] = X₃", "[X₁, X₃] = −X₂", "[X₂, X₃] = X₁"]);
        assert_eq!(brackets(&[vec![vec![0.3]]]), [""; 0]);
        let shear = vec![vec![vec![0.0, 0.0], vec![0.4, -2.0]], vec![vec![0.0; 2]; 2]];
        assert_eq!(brackets(&shear), ["[X₁, X₂] = 0.40 X₁ − 2.00 X₂"]);
        assert!(brackets(&vec![Vec::new(); 7]).is_empty());
        assert_eq!(brackets(&[Vec::new(), Vec::new()]), ["[X₁, X₂] = 0"], "a damaged file is no panic");
    }

    #[test]
    fn models_are_compared_in_one_table() {
        let mut summary = sample();
        let rows = errors(&summary).expect("there are metrics");
        assert_eq!(rows.header, ["model", "test rmse", "shifted rmse", "equivariance error"]);
        assert_eq!(rows.rows[0], ["plain", "0.0123", "0.0994", "0.200"]);
        assert_eq!(rows.rows[2], ["ours", "0.0121", "0.0169", "0.00500"]);
        let value = Estimate { value: 0.0102, error: Some(0.0003) };
        let averaged =
            Averaged { draws: 8, test: [("rmse".to_owned(), value)].into(), shifted: BTreeMap::new() };
        summary.metrics.as_mut().expect("there are metrics").averaged = Some(averaged);
        let rows = errors(&summary).expect("there are metrics");
        assert_eq!(rows.rows[3], ["ours, averaged over 8 elements", "0.0102 ± 0.000300", "–", "–"]);
        summary.metrics = None;
        assert!(errors(&summary).is_none());
    }

    #[test]
    fn generators_tell_how_far_they_hold() {
        let mut symmetry = sample().symmetry;
        let rows = generators(&symmetry).expect("there are two");
        assert_eq!(rows.header, ["generator", "violation", "range"]);
        assert_eq!(rows.rows[1], ["approximate 1", "0.0400", "±0.693"]);
        (symmetry.generators[0].extent, symmetry.generators[0].whole_range) = (Some(0.79), Some(3.1));
        symmetry.extent_tolerance = Some(0.05);
        let rows = generators(&symmetry).expect("there are two");
        assert_eq!(rows.rows[0][3], "±0.790 of ±3.10");
        assert!(rows.caption.ends_with("extents at δ = 0.05."), "{}", rows.caption);
    }
}
