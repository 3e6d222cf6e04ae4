//! `[symmetry]` and `[objective]`: how the symmetry is searched, and what is minimised.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `[symmetry]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields)]
pub struct Symmetry {
    /// Where the generators start.
    pub start: Start,
    /// The known basis, for `start = "given"`: an algebra's name ("so(3)") or the path of a `generators.json`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub basis: Option<String>,
    /// How many generators: "auto", or a number that overrides the verdict.
    pub generators: Generators,
    /// Whether approximate generators enter training beside the exact ones.
    pub include_approximate: bool,
    /// Adam's learning rate for the basis.
    pub learning_rate: f64,
    /// Validation samples from which the spectrum is computed.
    pub samples: i64,
    /// Resamples of those for the verdict's confidence; 0: none.
    pub bootstrap: usize,
    /// How the targets move: as declared, or by a representation that is learned too.
    pub output: Output,
    /// Distribution of the coefficients.
    pub distribution: Distribution,
    /// How generators and coefficients make a group element.
    pub exponentials: Exponentials,
    /// Moved copies of each sample in a step.
    pub augmentations: i64,
    /// The range of the coefficients.
    pub range: Range,
    /// Largest factor by which one generator may stretch the data while augmenting.
    pub max_stretch: f64,
    /// δ: loss that the outermost moved held-out data may have above the data as they are, in units of the
    /// targets' variance (classification: nats), before a symmetry counts as holding only for a part of the group.
    pub extent_tolerance: f64,
}

/// Where the generators start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Start {
    /// The least violated directions of the spectrum.
    Spectral,
    /// Random directions: until half time they follow a backbone that sees the task alone, then both train together.
    Random,
    /// A known basis, which stays as it is.
    Given,
}

/// The number of generators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "another value, expected \"auto\" or a whole number, at least 0")]
pub enum Generators {
    /// This many, whatever the verdict.
    Fixed(usize),
    /// What the spectrum supports.
    Auto(Auto),
}

/// The word `auto`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Auto {
    /// `auto`
    Auto,
}

/// How the targets move with the group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Output {
    /// As the data set declares.
    Declared,
    /// By a linear representation that is found with the generators, whatever the data set declares.
    Learned,
}

/// Distribution of a generator's coefficient.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Distribution {
    /// Uniform in `[-range, range]`.
    Uniform,
    /// Normal with the uniform's standard deviation, `range / √3`.
    Normal,
}

/// How generators and coefficients make a group element.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Exponentials {
    /// `exp(Σ uᵢ Lᵢ)`
    Single,
    /// `exp(u₁ L₁) ⋯ exp(u_k L_k)`, in an order drawn for each batch: reaches elements of noncompact groups that no single
    /// exponential reaches.
    Product,
}

/// The range of the coefficients.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "another value, expected \"automatic\", \"learned\" or a number above 0")]
pub enum Range {
    /// This coefficient for every generator (of norm 1 in the data metric).
    Fixed(f64),
    /// By a rule.
    Rule(RangeRule),
}

/// A rule for the range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RangeRule {
    /// From the generator's eigenvalues: the full circle for rotations, `max_stretch` for the others.
    Automatic,
    /// As wide as held-out data bear within `extent_tolerance`, for each generator; up to four times `max_stretch`'s
    /// range for those that stretch.
    Learned,
}

/// `[objective]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields)]
pub struct Objective {
    /// Which terms there are.
    pub mode: Mode,
    /// Weight of `‖f(gx) − ρ(g) f(x)‖²` beside the two task terms in mode "default"; 0 leaves it out. In mode
    /// "constrained" the multiplier at the start.
    pub equivariance: f64,
    /// Equivariance error (mean square, in units of the targets' variance) that mode "constrained" tolerates.
    pub tolerance: f64,
    /// Rate of the multiplier's ascent in mode "constrained".
    pub ascent: f64,
    /// Weights of mode "paper".
    pub paper: PaperWeights,
}

/// Which terms are minimised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Task and augmented task on a basis kept orthonormal: nothing to weight.
    Default,
    /// The weighted terms of the SEMoLA paper (arXiv 2506.03914) on a basis of constant norm.
    Paper,
    /// Task and augmented task, and equivariance as a constraint whose multiplier is found by dual ascent.
    Constrained,
}

/// `[objective.paper]`: weights of the paper's terms; 0 leaves one out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields)]
pub struct PaperWeights {
    /// `ℓ(f(x), y)`
    pub task: f64,
    /// `ℓ(f(gx), ρ(g) y)`
    pub augmented: f64,
    /// `d(f(gx), ρ(g) f(x))`
    pub equivariance: f64,
    /// Keeps `gx` away from `x`: their absolute cosine similarity.
    pub regulariser: f64,
    /// Keeps generators apart: their absolute pairwise cosines.
    pub orthogonality: f64,
    /// Sparse generators: mean absolute entry.
    pub sparsity: f64,
}

impl Default for Symmetry {
    fn default() -> Self {
        Self {
            start: Start::Spectral,
            basis: None,
            generators: Generators::Auto(Auto::Auto),
            include_approximate: false,
            learning_rate: 5e-3,
            samples: 256,
            bootstrap: 200,
            output: Output::Declared,
            distribution: Distribution::Uniform,
            exponentials: Exponentials::Single,
            augmentations: 1,
            range: Range::Rule(RangeRule::Automatic),
            max_stretch: 2.0,
            extent_tolerance: 0.05,
        }
    }
}

impl Default for Objective {
    fn default() -> Self {
        Self {
            mode: Mode::Default,
            equivariance: 0.0,
            tolerance: 1e-3,
            ascent: 0.01,
            paper: PaperWeights::default(),
        }
    }
}

impl Default for PaperWeights {
    fn default() -> Self {
        Self {
            task: 1.0,
            augmented: 1.0,
            equivariance: 1.0,
            regulariser: 0.1,
            orthogonality: 0.1,
            sparsity: 0.01,
        }
    }
}
