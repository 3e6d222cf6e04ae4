//! What a task is: a formula, a distribution of inputs, and the algebra that leaves the formula alone.
//!
//! Samples are flat rows of numbers: the inputs of one sample are `vectors` vectors of R^n one after the other, then
//! `covectors` covectors.
//! The contract, which [`crate::checks`] verifies for every task: `target` has exactly the symmetry algebra
//! `reference` within the directions that `free_rows` allows, and `moved` moves a sample by an element of the
//! group (which may be smaller than the algebra's group: compact part, permutations, a range of angles).

use crate::group::{self, Matrix};
use rand_chacha::ChaCha8Rng;
use semola_plugin_api::{Error, Field, Reference, Representation, Result};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::ops::RangeInclusive;

/// A task; the fields of its type are its options.
pub(crate) trait Task: Serialize + DeserializeOwned + Default + Send + 'static {
    /// One line for the plugin list.
    const SUMMARY: &'static str;

    /// Dimension n of the fundamental space.
    fn n(&self) -> usize;

    /// Vectors in one sample.
    fn vectors(&self) -> usize;

    /// Covectors in one sample, a second field of the inputs; usually none.
    fn covectors(&self) -> usize {
        0
    }

    /// What is predicted.
    fn form(&self) -> Form;

    /// The exact symmetry algebra; `None` where it is zero.
    fn reference(&self) -> Option<Reference>;

    /// Rows of a generator, from the first, that may differ from zero.
    #[cfg(test)]
    fn free_rows(&self) -> usize {
        self.n()
    }

    /// How much the least violated direction outside the algebra violates the formula at least, relative to the mean.
    #[cfg(test)]
    fn least_violation(&self) -> f64 {
        0.01
    }

    /// Draws the inputs of one sample, `[(vectors + covectors) · n]`.
    fn draw(&self, random: &mut ChaCha8Rng) -> Vec<f64>;

    /// The formula: inputs `[(vectors + covectors) · n]` to the numbers of the target.
    fn target(&self, inputs: &[f64]) -> Vec<f64>;

    /// An element of the group, `[n, n]`; `None` where the task has none beside one.
    fn element(&self, random: &mut ChaCha8Rng) -> Option<Matrix>;

    /// Whether the options are in range.
    ///
    /// # Errors
    /// One sentence for the first that is not.
    fn check(&self) -> Result<()> {
        Ok(())
    }
}

/// Whether the option `n` of a task is in its range.
///
/// # Errors
/// One sentence with the range.
pub(crate) fn check_n(n: usize, range: RangeInclusive<usize>) -> Result<()> {
    if range.contains(&n) {
        return Ok(());
    }
    let (least, most) = (range.start(), range.end());
    Err(Error::new(format!("dataset option `n` is {n}, expected {least} to {most}")))
}

/// How much of the group's orbits the training data show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    /// A part: the shifted split asks for what training never showed.
    #[default]
    Partial,
    /// All of it, as far as the group is compact.
    Full,
}

/// What a target is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// This many invariants.
    Scalars(usize),
    /// One vector of R^n.
    Vector,
    /// One matrix, moving as `M → g M gᵀ`.
    Matrix,
    /// The upper triangle of a symmetric matrix, row by row.
    Symmetric,
    /// What lies above the diagonal of an antisymmetric matrix, row by row.
    Antisymmetric,
}

impl Form {
    /// The field of the targets.
    pub(crate) fn field(self, n: usize) -> Field {
        match self {
            Self::Scalars(count) => Field::scalars("y", count),
            Self::Vector => Field::vectors("y", 1, n),
            Self::Matrix => Field::new("y", [n as i64, n as i64], Representation::Matrix),
            Self::Symmetric => packed(Representation::Symmetric, n),
            Self::Antisymmetric => packed(Representation::Antisymmetric, n),
        }
    }

    /// `ρ_y(g) y`.
    #[cfg(test)]
    pub(crate) fn moved(self, g: &Matrix, target: &[f64]) -> Vec<f64> {
        match self {
            Self::Scalars(_) => target.to_vec(),
            Self::Vector => group::moved(g, target),
            Self::Matrix => {
                let matrix = Matrix::from_row_slice(g.nrows(), g.nrows(), target);
                (g * matrix * g.transpose()).transpose().as_slice().to_vec()
            }
            Self::Symmetric | Self::Antisymmetric => {
                let (n, diagonal) = (g.nrows(), self == Self::Symmetric);
                let mut matrix = Matrix::zeros(n, n);
                for ((row, column), &number) in group::triangle(n, diagonal).zip(target) {
                    matrix[(column, row)] = if diagonal { number } else { -number };
                    matrix[(row, column)] = number;
                }
                let moved = g * matrix * g.transpose();
                group::triangle(n, diagonal).map(|place| moved[place]).collect()
            }
        }
    }
}

fn packed(representation: Representation, n: usize) -> Field {
    Field::new("y", representation.axes(n), representation)
}

/// The fields of the inputs.
pub(crate) fn fields<T: Task>(task: &T) -> Vec<Field> {
    let n = task.n();
    let mut fields = vec![Field::vectors("x", task.vectors(), n)];
    if task.covectors() > 0 {
        fields.push(Field::new("w", [task.covectors() as i64, n as i64], Representation::Covector));
    }
    fields
}

/// `ρ_x(g) x`: vectors move by g, covectors by g⁻ᵀ.
pub(crate) fn moved<T: Task>(task: &T, g: &Matrix, inputs: &[f64]) -> Vec<f64> {
    let (vectors, covectors) = inputs.split_at(task.vectors() * task.n());
    let mut moved = group::moved(g, vectors);
    if !covectors.is_empty() {
        let inverse = g.clone().try_inverse().expect("an element of a group has an inverse");
        moved.extend(group::moved(&inverse.transpose(), covectors));
    }
    moved
}

/// The inputs of a sample moved by an element of its task's group, or `None` where there is no group.
pub(crate) fn shifted<T: Task>(task: &T, inputs: &[f64], random: &mut ChaCha8Rng) -> Option<Vec<f64>> {
    task.element(random).map(|g| moved(task, &g, inputs))
}
