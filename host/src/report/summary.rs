use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

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
    /// Metrics of the baselines asked for.
    pub baselines: BTreeMap<String, Metrics>,
    /// libtorch's version.
    pub libtorch: String,
    /// This program's version.
    pub host: String,
    /// Plugins that took part.
    pub plugins: Vec<PluginRecord>,
}

/// `symmetry` of the summary.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SymmetrySummary {
    /// The verdict.
    pub verdict: Verdict,
    /// Number of exact generators.
    pub dimension: usize,
    /// What they span; absent when there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub algebra: Option<AlgebraSummary>,
    /// The exact generators.
    pub generators: Vec<Generator>,
    /// Generators that hold only approximately; they entered training only on request.
    pub approximate: Vec<Generator>,
    /// The whole spectrum, smallest first.
    pub candidates: Vec<Candidate>,
    /// Comparison with the algebra that the data set declares; absent without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<ReferenceSummary>,
}

/// What was found, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// At least one exact generator.
    Symmetric,
    /// Only approximate generators.
    Approximate,
    /// Exact for a bounded range of the group only.
    Partial,
    /// No symmetry of the kind that was searched for.
    None,
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
}

/// One eigenvalue of the spectrum.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Candidate {
    /// Eigenvalue over the mean of all.
    pub rel: f64,
    /// `rel` over the model's normalised validation error: how far beyond what the fit explains.
    pub s: f64,
}

/// Comparison with a known algebra.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ReferenceSummary {
    /// Its name.
    pub name: String,
    /// Smallest principal cosine between the span found and the known one; 0 when the dimensions differ.
    pub min_cosine: f64,
}

/// How well a model does.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Metrics {
    /// On test data: `rmse` (over the standard deviation of what is predicted) or `accuracy`, `loss`.
    pub test: BTreeMap<String, f64>,
    /// The same on test data moved by the whole group; empty when the data set has none.
    pub shifted: BTreeMap<String, f64>,
    /// Root mean square of `f(gx) − ρ(g) f(x)` over that of `f(x)`'s targets, g from the generators found
    /// (the reference algebra for baselines); absent where there is no group to move by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub equivariance_error: Option<f64>,
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
