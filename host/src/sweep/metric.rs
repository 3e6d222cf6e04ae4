//! What trials are ranked by: a number of their runs' summaries.
//!
//! The default is on validation data: whoever picks the best of many runs by the test split has fitted it.

use crate::report::Summary;
use crate::report::summary::{self, Metrics};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::str::FromStr;

/// A number of a summary's `metrics`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Metric {
    /// A figure on a split; the main one where none is named.
    On(Split, Option<String>),
    /// `equivariance_error`.
    EquivarianceError,
    /// `lie_derivative`.
    LieDerivative,
}

/// A split with figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Split {
    /// Held out for decisions.
    Validation,
    /// Held out for figures.
    Test,
    /// Test data moved by the whole group.
    Shifted,
}

/// Figures that the host computes.
const MEASURES: [&str; 4] = ["rmse", "loss", "accuracy", "auc"];

/// A figure of a run, and its name.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    /// "validation.rmse".
    pub name: String,
    /// The figure, finite.
    pub value: f64,
}

impl Default for Metric {
    fn default() -> Self {
        Self::On(Split::Validation, None)
    }
}

impl Metric {
    /// That of a run.
    ///
    /// # Errors
    /// The run has no such figure, or it is not finite; one sentence.
    pub fn of(&self, summary: &Summary) -> Result<Measured, String> {
        let Some(metrics) = &summary.metrics else {
            return Err("its summary has no metrics, expected those of a trained model".into());
        };
        let (name, value) = match self {
            Self::On(split, measure) => {
                let measure = measure.as_deref().unwrap_or(metrics.measure());
                (format!("{}.{measure}", split.name()), split.figures(metrics).get(measure).copied())
            }
            Self::EquivarianceError => (self.to_string(), metrics.equivariance_error),
            Self::LieDerivative => (self.to_string(), metrics.lie_derivative),
        };
        match value {
            Some(value) if value.is_finite() => Ok(Measured { name, value }),
            Some(value) => Err(format!("its {name} is {value}, expected a finite number")),
            None => Err(format!("it has no {name}; it has {}", listed(metrics))),
        }
    }
}

/// Whether more of the figure of this name is better.
pub(super) fn larger_is_better(name: &str) -> bool {
    name.rsplit('.').next().is_some_and(summary::larger_is_better)
}

fn listed(metrics: &Metrics) -> String {
    let on = |split: Split| {
        split.figures(metrics).keys().map(move |measure| format!("{}.{measure}", split.name()))
    };
    let figures: Vec<String> = Split::ALL.into_iter().flat_map(on).collect();
    figures.join(", ")
}

impl Split {
    const ALL: [Self; 3] = [Self::Validation, Self::Test, Self::Shifted];

    fn name(self) -> &'static str {
        match self {
            Self::Validation => "validation",
            Self::Test => "test",
            Self::Shifted => "shifted",
        }
    }

    fn figures(self, metrics: &Metrics) -> &BTreeMap<String, f64> {
        match self {
            Self::Validation => &metrics.validation,
            Self::Test => &metrics.test,
            Self::Shifted => &metrics.shifted,
        }
    }
}

impl std::fmt::Display for Metric {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::On(split, None) => f.write_str(split.name()),
            Self::On(split, Some(measure)) => write!(f, "{}.{measure}", split.name()),
            Self::EquivarianceError => f.write_str("equivariance_error"),
            Self::LieDerivative => f.write_str("lie_derivative"),
        }
    }
}

impl FromStr for Metric {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (split, measure) = match text.split_once('.') {
            Some((split, measure)) => (split, Some(measure)),
            None => (text, None),
        };
        let split = Split::ALL.into_iter().find(|known| known.name() == split);
        match (split, measure) {
            (Some(split), None) => Ok(Self::On(split, None)),
            (Some(split), Some(measure)) if MEASURES.contains(&measure) => {
                Ok(Self::On(split, Some(measure.to_owned())))
            }
            _ if text == "equivariance_error" => Ok(Self::EquivarianceError),
            _ if text == "lie_derivative" => Ok(Self::LieDerivative),
            _ => Err(
                "expected validation, test or shifted, with .rmse, .loss, .accuracy or .auc behind it or \
                      nothing; or equivariance_error or lie_derivative"
                    .into(),
            ),
        }
    }
}

impl TryFrom<String> for Metric {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Metric> for String {
    fn from(metric: Metric) -> Self {
        metric.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::summary::sample;

    #[test]
    fn names_are_read_back() {
        for name in ["validation", "test.rmse", "shifted.accuracy", "equivariance_error", "lie_derivative"] {
            assert_eq!(name.parse::<Metric>().expect(name).to_string(), name);
        }
        for wrong in ["", "train.rmse", "validation.", "validation.steps", "rmse", "wall_s"] {
            wrong.parse::<Metric>().expect_err(wrong);
        }
        assert_eq!(Metric::default().to_string(), "validation");
    }

    #[test]
    fn a_figure_is_found_or_the_others_are_told() {
        let mut summary = sample();
        let metrics = summary.metrics.as_mut().expect("the sample has some");
        metrics.validation = [("rmse".to_owned(), 0.25)].into();
        metrics.test.insert("auc".into(), f64::NAN);
        let of = |summary: &Summary, name: &str| name.parse::<Metric>().expect(name).of(summary);
        let found = of(&summary, "validation").expect("it is there");
        assert_eq!(found, Measured { name: "validation.rmse".into(), value: 0.25 });
        assert_eq!(of(&summary, "equivariance_error").expect("it is there").value, 0.005);
        let missing = of(&summary, "validation.auc").expect_err("there is none");
        assert_eq!(
            missing,
            "it has no validation.auc; it has validation.rmse, test.auc, test.rmse, shifted.rmse"
        );
        assert!(
            of(&summary, "test.auc").expect_err("not finite").contains("is NaN, expected a finite number")
        );
        summary.metrics = None;
        assert!(of(&summary, "test").expect_err("of discover").contains("no metrics"));
    }

    #[test]
    fn accuracy_and_auc_are_to_be_large() {
        let larger = ["validation.accuracy", "test.auc"].map(larger_is_better);
        let smaller =
            ["validation.rmse", "test.loss", "equivariance_error", "accuracy.loss"].map(larger_is_better);
        assert_eq!((larger, smaller), ([true; 2], [false; 4]));
    }
}
