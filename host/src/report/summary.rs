//! `summary.json`: the result of a run, for programs. Its schema is versioned ([`SCHEMA`]); commands and tests
//! rely on it, so fields are only ever added. Numbers that do not apply are absent rather than null.

use super::document;
use super::run_directory::RunDirectoryError;
use crate::exit::Coded;
use semola_plugin_api::Representation;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// Version of the summary's schema.
pub const SCHEMA: u32 = 1;

/// `summary.json`: the result of a run, for programs.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Summary {
    /// [`SCHEMA`].
    pub schema: u32,
    /// The plugin whose experiment was run (the data set's plugin).
    pub plugin: String,
    /// Seed of the run.
    pub seed: u64,
    /// Seconds from start to summary, baselines included.
    pub wall_s: f64,
    /// Optimiser steps taken by the run itself.
    pub steps: u64,
    /// Steps a second of the run itself.
    pub steps_per_s: f64,
    /// Peak resident memory, MiB.
    pub peak_rss_mib: f64,
    /// What was found.
    pub symmetry: SymmetrySummary,
    /// How well the trained model does; absent after `discover`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metrics: Option<Metrics>,
    /// The fields of the data, and the units in which the model sees them; absent in summaries of version 0.1.0 and before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fields: Option<FieldsSummary>,
    /// Metrics of the baselines asked for.
    pub baselines: BTreeMap<String, Metrics>,
    /// libtorch's version.
    pub libtorch: String,
    /// This program's version.
    pub host: String,
    /// Plugins that took part.
    pub plugins: Vec<PluginRecord>,
}

impl Summary {
    /// Reads that of a run which has ended well. Nothing is locked: finished runs may be read by many.
    ///
    /// # Errors
    /// There is no such run, it has not ended, or its summary is damaged or of a later schema: mistakes of usage.
    pub fn of_finished(run: &Path) -> Result<Self, Coded> {
        if !run.join("config.toml").is_file() {
            let none = RunDirectoryError::NoRun { path: run.to_owned(), missing: "config.toml" };
            return Err(Coded::usage(none.to_string()));
        }
        let path = run.join("summary.json");
        if !path.is_file() {
            let place = run.display();
            return Err(Coded::usage(format!(
                "the run in {place} has not ended, or ended early; `semola-host resume {place}` goes on with it"
            )));
        }
        document::read(&path, SCHEMA, "is no summary of a run")
            .map_err(|error| Coded::usage(format!("{error:#}")))
    }

    /// The models in the order in which they are compared, the run's own last.
    pub fn models(&self) -> Vec<(&str, &Metrics)> {
        let order = |name: &str| ["plain", "oracle"].iter().position(|known| *known == name).unwrap_or(2);
        let mut models: Vec<(&str, &Metrics)> =
            self.baselines.iter().map(|(name, metrics)| (name.as_str(), metrics)).collect();
        models.sort_by_key(|(name, _)| order(name));
        models.extend(self.metrics.as_ref().map(|ours| ("ours", ours)));
        models
    }
}

/// `symmetry` of the summary.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SymmetrySummary {
    /// The verdict.
    pub verdict: Verdict,
    /// Why less is claimed than the spectrum alone would suggest; usually absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Number of exact generators.
    pub dimension: usize,
    /// What they span; absent when there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub algebra: Option<AlgebraSummary>,
    /// How much the numbers of generators depend on the samples drawn; absent where the generators were given, or no
    /// resamples asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<ConfidenceSummary>,
    /// The exact generators.
    pub generators: Vec<Generator>,
    /// For each of them how it acts on all target numbers side by side, `m × m`, row by row; absent unless the output
    /// representation is learned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<Vec<Vec<Vec<f64>>>>,
    /// δ, the loss on held-out data above that of the data as they are up to which a range is borne; present when a
    /// generator has an extent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extent_tolerance: Option<f64>,
    /// Generators that hold only approximately; they entered training only on request.
    pub approximate: Vec<Generator>,
    /// The whole spectrum, smallest first.
    pub candidates: Vec<Candidate>,
    /// Elements outside the identity component that were tested; empty after `discover`, or when not asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub components: Vec<Component>,
    /// The group that generators and accepted components make: "SO(3)", "O(3)", "S_4"; absent when components were not
    /// tested.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Comparison with the algebra that the data set declares; absent without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<ReferenceSummary>,
}

/// The fields of the data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FieldsSummary {
    /// In the order in which the model takes them.
    pub inputs: Vec<FieldSummary>,
    /// In the order in which it predicts them.
    pub targets: Vec<FieldSummary>,
}

/// One field.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FieldSummary {
    /// Its name.
    pub name: String,
    /// Shape of one sample; -1 where it varies.
    pub shape: Vec<i64>,
    /// How the group moves it.
    pub representation: Representation,
    /// What the model sees is (value − offset) / scale.
    pub offset: f64,
    /// See `offset`.
    pub scale: f64,
}

/// What was found, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// At least one exact generator.
    Symmetric,
    /// Only approximate generators.
    Approximate,
    /// Exact for a bounded range of the group only: at least one generator has an extent.
    Partial,
    /// No symmetry of the kind that was searched for.
    None,
}

impl Verdict {
    /// As summary.json has it: "symmetric".
    pub fn name(self) -> &'static str {
        match self {
            Self::Symmetric => "symmetric",
            Self::Approximate => "approximate",
            Self::Partial => "partial",
            Self::None => "none",
        }
    }

    /// In words: "symmetric so(2)".
    pub fn with_algebra(self, algebra: Option<&str>) -> String {
        algebra.map_or_else(|| self.name().to_owned(), |algebra| format!("{} {algebra}", self.name()))
    }
}

/// Whether more of the measure of this name is better: a part of the samples, not an error.
pub fn larger_is_better(measure: &str) -> bool {
    ["accuracy", "auc"].contains(&measure)
}

/// What the generators span.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AlgebraSummary {
    /// "so(2)", "so(1,3)", "so(3) ⊕ R", or a description.
    pub name: String,
    /// Signature of the Killing form: positive, negative, zero.
    pub killing: [usize; 3],
    /// How far brackets leave the span: 0 for a Lie algebra, up to 1.
    pub closure: f64,
    /// A basis of the generators' span made for reading, as many matrices `n × n` as the span has dimensions: sparse,
    /// of largest entry 1. Training returns the span in any basis.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub readable: Vec<Vec<Vec<f64>>>,
    /// `[k, k, k]` in that basis: `[e_i, e_j] = Σ_l c[i][j][l] e_l`, brackets projected on the span.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub structure_constants: Vec<Vec<Vec<f64>>>,
}

/// Agreement of the spectrum's count with those on resampled validation data; later checks (brackets, joint training)
/// are not repeated on them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ConfidenceSummary {
    /// Part of the resamples, 0 to 1, with the same numbers of exact and approximate generators.
    pub agreement: f64,
    /// How many resamples.
    pub resamples: usize,
    /// How many gave each pair of numbers: `"3"` exact, or `"3+1"` exact and approximate.
    pub dimensions: BTreeMap<String, usize>,
}

/// One generator.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Generator {
    /// `n × n`, row by row, of norm 1 in the data metric.
    pub matrix: Vec<Vec<f64>>,
    /// Relative violation: eigenvalue of the spectrum over their mean; 0 for a perfect symmetry.
    pub violation: f64,
    /// Largest coefficient used in training: the generator's range is `[-range, range]`.
    pub range: f64,
    /// Coefficient up to which the symmetry holds; absent where it holds on the whole range.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extent: Option<f64>,
    /// The whole range, beside an extent: half a turn for a rotation, `max_stretch` for what stretches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub whole_range: Option<f64>,
}

/// One eigenvalue of the spectrum.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Candidate {
    /// Eigenvalue over the mean of all.
    pub rel: f64,
    /// Violation over the one that the model's error explains, from two models trained apart: about 1 or less for
    /// an exact symmetry.
    pub s: f64,
}

/// An element outside the identity component, tested on validation data.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Component {
    /// "reflection of x1", "exchange of x1 and x2", "inversion", "reflection along (0.71, 0.71)".
    pub name: String,
    /// `n × n`, row by row.
    pub matrix: Vec<Vec<f64>>,
    /// Squared error on data moved by the element over that without: 1 for a symmetry. Accepted below 2.
    pub ratio: f64,
    /// Lower end of the ratio's 95 % interval over the samples.
    pub lower: f64,
    /// Its upper end.
    pub upper: f64,
    /// Median distance of the moved inputs to the nearest training sample, over that of the inputs themselves: 1 where
    /// the element leaves the data's distribution alone.
    pub distance: f64,
    /// Whether that is near 1. If not, the model was asked about data that it never saw, and a rejection does not mean
    /// that the truth lacks the symmetry.
    pub supported: bool,
    /// Whether it counts as a symmetry.
    pub accepted: bool,
}

impl ConfidenceSummary {
    /// The name of a pair of numbers in `dimensions`.
    pub fn key(exact: usize, approximate: usize) -> String {
        if approximate == 0 { exact.to_string() } else { format!("{exact}+{approximate}") }
    }
}

/// Comparison with a known algebra.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ReferenceSummary {
    /// Its name.
    pub name: String,
    /// Smallest principal cosine between the span found and the known one; 0 when the dimensions differ.
    pub min_cosine: f64,
    /// All principal cosines of the two spans, the largest first, as many as the smaller span has dimensions: all near 1
    /// where a part of the known algebra was found.
    #[serde(default)]
    pub principal_cosines: Vec<f64>,
}

/// How well a model does.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Metrics {
    /// The same as `test` on validation data, which decide (what counts as a symmetry, the best trial of a sweep); empty in
    /// summaries of version 0.1.0 and before.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub validation: BTreeMap<String, f64>,
    /// On test data: `rmse` (over the standard deviation of what is predicted) or `accuracy`, `loss`.
    pub test: BTreeMap<String, f64>,
    /// The same on test data moved by the whole group; empty when the data set has none.
    pub shifted: BTreeMap<String, f64>,
    /// Root mean square of `f(gx) − ρ(g) f(x)` in units of the targets' standard deviation (classification: part of
    /// the samples whose class changes), with g from the known group where the data set declares one, so that
    /// models can be compared, otherwise from the one found; absent where there is neither.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub equivariance_error: Option<f64>,
    /// Root mean square of `J_f(x)·(L x) − dρ(L) f(x)` over samples, outputs and the generators L of the same group, of
    /// norm 1 in the data metric, in the same units (classification: of probabilities).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lie_derivative: Option<f64>,
    /// `equivariance_error` under one element at a time, along each generator of the same group (six at most), from 256
    /// samples at most.
    #[serde(default)]
    pub equivariance_curves: Vec<EquivarianceCurve>,
    /// Metrics of predictions averaged over the group that the model was trained with; absent when not asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub averaged: Option<Averaged>,
}

impl Metrics {
    /// The measure that stands for all: what a person asks first.
    pub fn measure(&self) -> &str {
        let known = ["rmse", "accuracy", "loss"].into_iter().find(|name| self.test.contains_key(*name));
        known.or_else(|| self.test.keys().next().map(String::as_str)).unwrap_or("rmse")
    }
}

/// The equivariance error under `exp(t L)` over the range of t.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct EquivarianceCurve {
    /// The generator L, `n × n`, row by row.
    pub matrix: Vec<Vec<f64>>,
    /// Values of t from one end of the generator's range to the other: half a turn each way for a rotation.
    pub coefficients: Vec<f64>,
    /// The error at each of them.
    pub errors: Vec<f64>,
}

/// Metrics of `(1/K) Σ_j ρ(g_j)⁻¹ f(g_j x)`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Averaged {
    /// K, group elements drawn for each sample.
    pub draws: usize,
    /// As the plain metrics on test data.
    pub test: BTreeMap<String, Estimate>,
    /// As the plain metrics on shifted data.
    pub shifted: BTreeMap<String, Estimate>,
}

/// A number and how far the draws alone may have moved it.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Estimate {
    /// The number.
    pub value: f64,
    /// Its standard error (jackknife over the draws); absent for one draw.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<f64>,
}

/// A plugin that took part.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PluginRecord {
    /// Its id.
    pub id: String,
    /// Its version.
    pub version: String,
    /// SHA-256 of its file, hexadecimal.
    pub sha256: String,
}

/// A summary with something in every field, for the tests of the reports.
#[cfg(test)]
pub(crate) fn sample() -> Summary {
    let metrics = |test: f64, shifted: f64, error: f64| Metrics {
        test: BTreeMap::from([("rmse".to_owned(), test)]),
        shifted: BTreeMap::from([("rmse".to_owned(), shifted)]),
        equivariance_error: Some(error),
        ..Metrics::default()
    };
    let baselines = [("plain", metrics(0.0123, 0.0994, 0.2)), ("oracle", metrics(0.011, 0.0112, 0.004))];
    Summary {
        schema: SCHEMA,
        plugin: "dynamics".into(),
        seed: 3,
        wall_s: 12.34,
        steps: 1000,
        steps_per_s: 151.2,
        peak_rss_mib: 210.5,
        symmetry: SymmetrySummary {
            verdict: Verdict::Symmetric,
            note: None,
            dimension: 1,
            algebra: Some(AlgebraSummary {
                name: "so(2)".into(),
                killing: [0, 0, 1],
                closure: 0.0,
                readable: vec![vec![vec![0.0, -1.0], vec![0.99916, 0.0]]],
                structure_constants: vec![vec![vec![0.0]]],
            }),
            confidence: Some(ConfidenceSummary {
                agreement: 0.985,
                resamples: 200,
                dimensions: [("1+1".to_owned(), 197), ("1".to_owned(), 3)].into(),
            }),
            generators: vec![Generator {
                matrix: vec![vec![0.0, -1.00042], vec![0.99958, 0.0]],
                violation: 0.0003,
                range: std::f64::consts::PI,
                extent: None,
                whole_range: None,
            }],
            output: None,
            extent_tolerance: None,
            approximate: vec![Generator {
                matrix: vec![vec![1.0, 0.0], vec![0.0, 1.0]],
                violation: 0.04,
                range: 0.693,
                extent: None,
                whole_range: None,
            }],
            candidates: [(0.0003, 0.2), (0.04, 12.0), (1.9, 600.0), (2.06, 650.0)]
                .map(|(rel, s)| Candidate { rel, s })
                .to_vec(),
            components: Vec::new(),
            group: None,
            reference: Some(ReferenceSummary {
                name: "so(2)".into(),
                min_cosine: 0.99991,
                principal_cosines: vec![0.99991],
            }),
        },
        metrics: Some(metrics(0.0121, 0.0169, 0.005)),
        fields: Some(FieldsSummary {
            inputs: vec![FieldSummary {
                name: "q".into(),
                shape: vec![2, 2],
                representation: Representation::Vector,
                offset: 0.0,
                scale: 1.5,
            }],
            targets: Vec::new(),
        }),
        baselines: baselines.map(|(name, metrics)| (name.to_owned(), metrics)).into(),
        libtorch: "2.13.0".into(),
        host: "0.1.0".into(),
        plugins: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_run_that_has_ended_has_a_summary() {
        let root = tempfile::tempdir().expect("a temporary directory");
        let refused = |path: &Path| Summary::of_finished(path).expect_err("there is no finished run").message;
        assert!(refused(&root.path().join("none")).contains("is no run directory: it has no config.toml"));
        assert!(refused(root.path()).contains("is no run directory: it has no config.toml"));
        let write = |name: &str, text: &str| std::fs::write(root.path().join(name), text).expect("writable");
        write("config.toml", "");
        assert!(refused(root.path()).contains("has not ended, or ended early; `semola-host resume "));
        write("summary.json", "{\"schema\": 1}");
        assert!(refused(root.path()).contains("is no summary of a run: missing field"));
        write("summary.json", &format!("{{\"schema\": {}}}", SCHEMA + 1));
        assert!(refused(root.path()).contains("update semola-host"));
        write("summary.json", &serde_json::to_string(&sample()).expect("plain data"));
        let summary = Summary::of_finished(root.path()).expect("it has ended");
        let models: Vec<&str> = summary.models().into_iter().map(|(name, _)| name).collect();
        assert_eq!(models.last(), Some(&"ours"));
        assert_eq!(summary.metrics.expect("the sample has some").measure(), "rmse");
    }

    #[test]
    fn a_verdict_has_one_name() {
        for verdict in [Verdict::Symmetric, Verdict::Approximate, Verdict::Partial, Verdict::None] {
            assert_eq!(serde_json::json!(verdict), verdict.name());
        }
    }
}
