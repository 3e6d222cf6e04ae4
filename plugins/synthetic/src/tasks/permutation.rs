//! Two symmetric functions of n numbers, taken as one vector of R^n: the group is finite, the algebra zero.

use crate::group::{Matrix, normals, permutation};
use crate::task::{Form, Kind, Task, check_n};
use rand_chacha::ChaCha8Rng;
use semola_plugin_api::{Reference, Result};
use serde::{Deserialize, Serialize};

/// `Σ sin(3xᵢ/2)` and `Σ_{i<j} tanh(xᵢ xⱼ)`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Permutation {
    /// Numbers, 2 to 8.
    n: usize,
    /// "partial": numbers come in descending order; "full": in any.
    kind: Kind,
}

impl Default for Permutation {
    fn default() -> Self {
        Self { n: 4, kind: Kind::Full }
    }
}

impl Task for Permutation {
    const SUMMARY: &'static str = "symmetric functions of n numbers: permutations, no continuous symmetry";

    fn n(&self) -> usize {
        self.n
    }
    fn vectors(&self) -> usize {
        1
    }
    fn form(&self) -> Form {
        Form::Scalars(2)
    }
    fn reference(&self) -> Option<Reference> {
        None
    }
    fn draw(&self, random: &mut ChaCha8Rng) -> Vec<f64> {
        let mut numbers = normals(self.n, random);
        if self.kind == Kind::Partial {
            numbers.sort_by(|a, b| b.total_cmp(a));
        }
        numbers
    }
    fn target(&self, inputs: &[f64]) -> Vec<f64> {
        let pairs = (0..self.n).flat_map(|i| (0..i).map(move |j| (i, j)));
        vec![
            inputs.iter().map(|x| (1.5 * x).sin()).sum(),
            pairs.map(|(i, j)| (inputs[i] * inputs[j]).tanh()).sum(),
        ]
    }
    fn element(&self, random: &mut ChaCha8Rng) -> Option<Matrix> {
        Some(permutation(self.n, random))
    }
    fn check(&self) -> Result<()> {
        check_n(self.n, 2..=8)
    }
}
