//! What a data set declares about its data, and what is agreed about options: plain data, JSON across
//! the boundary.
//!
//! Every consumer (model, group action, trainer, report) reads the same [`DataSpec`]; nobody infers shapes
//! from tensors. Fields keep their order: tensors travel as lists in that order.

use serde::{Deserialize, Serialize};

/// How a field transforms when `g` of shape `[n, n]` acts on the fundamental space R^n.
///
/// Axes before those of the representation count copies: `k` vectors are `[k, n]`. Several fields side by side
/// are the direct sum of their representations: one `g` moves all of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Representation {
    /// Unchanged by the group.
    Scalar,
    /// The last axis has length n: `v → g v`.
    Vector,
    /// The last axis has length n: `w → g⁻ᵀ w`.
    Covector,
    /// The last two axes have length n: `M → g M gᵀ`.
    Matrix,
    /// The upper triangle of a symmetric matrix, row by row, in a last axis of length n(n+1)/2: moves as
    /// `M → g M gᵀ` does.
    Symmetric,
    /// What lies above the diagonal of an antisymmetric matrix, row by row, in a last axis of length n(n−1)/2:
    /// moves as `M → g M gᵀ` does.
    Antisymmetric,
    /// Pixels; acted on by a group action component.
    Image,
    /// Acted on by a group action component.
    Custom,
}

impl Representation {
    /// Lengths of the last axes, those that the group acts on, for R^n; empty where no declared axis is.
    ///
    /// ```
    /// use semola_plugin_api::Representation;
    /// assert_eq!(Representation::Matrix.axes(3), [3, 3]);
    /// assert_eq!(Representation::Symmetric.axes(3), [6]);
    /// ```
    pub fn axes(self, n: usize) -> Vec<i64> {
        let n = n as i64;
        match self {
            Self::Vector | Self::Covector => vec![n],
            Self::Matrix => vec![n, n],
            Self::Symmetric => vec![n * (n + 1) / 2],
            Self::Antisymmetric => vec![n * (n - 1) / 2],
            Self::Scalar | Self::Image | Self::Custom => Vec::new(),
        }
    }
}

/// Element type of a field.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldType {
    /// 32-bit float.
    F32,
    /// 64-bit signed integer: class labels, indices.
    I64,
}

/// One named tensor of a batch.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// Unique within the spec.
    pub name: String,
    /// Shape of one sample, without the batch axis; -1 for an axis whose length varies between batches.
    /// `k` vectors of R^n are `[k, n]`.
    pub shape: Vec<i64>,
    /// Element type.
    pub dtype: FieldType,
    /// How the field transforms.
    pub representation: Representation,
    /// Name of the field that marks the valid entries of this one (ragged data), if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mask: Option<String>,
}

impl Field {
    /// A 32-bit float field.
    pub fn new(name: impl Into<String>, shape: impl Into<Vec<i64>>, representation: Representation) -> Self {
        Self { name: name.into(), shape: shape.into(), dtype: FieldType::F32, representation, mask: None }
    }

    /// `count` vectors of R^n: shape `[count, n]`.
    pub fn vectors(name: impl Into<String>, count: usize, n: usize) -> Self {
        Self::new(name, [count as i64, n as i64], Representation::Vector)
    }

    /// `count` numbers that the group leaves alone: shape `[count]`.
    pub fn scalars(name: impl Into<String>, count: usize) -> Self {
        Self::new(name, [count as i64], Representation::Scalar)
    }

    /// Numbers in one sample, or `None` when an axis varies.
    pub fn numel(&self) -> Option<i64> {
        self.shape.iter().map(|&size| (size >= 0).then_some(size)).product()
    }
}

/// What is learned.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// Squared error on every target.
    Regression,
    /// Cross-entropy: the one target holds labels (`[]`, i64), the prediction logits (`[classes]`).
    Classification {
        /// Number of classes.
        classes: i64,
    },
}

/// A Lie algebra that is known to act on the data: for checking a discovery and for the oracle baseline.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Reference {
    /// "so(2)"
    pub name: String,
    /// Generators, each `n × n`, row by row.
    pub generators: Vec<Vec<Vec<f64>>>,
}

impl Reference {
    /// so(n), the rotations of R^n: `n (n − 1) / 2` generators with entries ±1.
    pub fn rotations(n: usize) -> Self {
        let mut generators = Vec::new();
        for i in 0..n {
            for j in i + 1..n {
                let mut generator = vec![vec![0.0; n]; n];
                generator[i][j] = -1.0;
                generator[j][i] = 1.0;
                generators.push(generator);
            }
        }
        Self { name: format!("so({n})"), generators }
    }
}

/// What a data set holds.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct DataSpec {
    /// Dimension n of the fundamental space R^n.
    pub n: usize,
    /// What a model sees, in order.
    pub inputs: Vec<Field>,
    /// What it predicts, in order.
    pub targets: Vec<Field>,
    /// What is learned.
    pub task: Task,
    /// The algebra that acts on it, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<Reference>,
}

/// What a group action declares about itself.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ActionSpec {
    /// Dimension n of the matrices that act.
    pub n: usize,
    /// Which of the `n × n` entries of a generator may differ from 0, row by row; absent: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub free_entries: Option<Vec<Vec<bool>>>,
    /// The algebra that is expected, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<Reference>,
}

/// What the host tells every component when it makes it.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Context {
    /// Seed of this component's own random stream. Equal seeds and options give equal results.
    pub seed: u64,
    /// A directory for files that may be deleted at any time; empty: none.
    pub cache_dir: String,
}

/// Part of the data.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u32)]
pub enum Split {
    /// What the model is trained on.
    Train = 0,
    /// Held out for decisions: the verdict, the extent.
    Validation = 1,
    /// Held out for the final figures, distributed as the training data.
    Test = 2,
    /// Test data moved by the whole group: how well a model fares outside the training distribution.
    Shifted = 3,
}

impl Split {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Train, Self::Validation, Self::Test, Self::Shifted];

    /// "train", "validation", "test", "shifted".
    pub fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Validation => "validation",
            Self::Test => "test",
            Self::Shifted => "shifted",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn representations_keep_their_names_in_json() {
        let names = [
            (Representation::Scalar, "scalar"),
            (Representation::Vector, "vector"),
            (Representation::Covector, "covector"),
            (Representation::Matrix, "matrix"),
            (Representation::Symmetric, "symmetric"),
            (Representation::Antisymmetric, "antisymmetric"),
            (Representation::Image, "image"),
            (Representation::Custom, "custom"),
        ];
        for (representation, name) in names {
            assert_eq!(serde_json::to_string(&representation).ok(), Some(format!("\"{name}\"")));
        }
    }

    #[test]
    fn packed_axes_count_independent_entries() {
        // dim S²(Rⁿ) and dim Λ²(Rⁿ).
        let lengths = |r: Representation| [1, 2, 3, 4, 5].map(|n| r.axes(n)[0]);
        assert_eq!(lengths(Representation::Symmetric), [1, 3, 6, 10, 15]);
        assert_eq!(lengths(Representation::Antisymmetric), [0, 1, 3, 6, 10]);
    }
}
