//! A torque in R^n, force on a lever: an antisymmetric tensor of n(n−1)/2 numbers.
//!
//! `a ∧ b = a bᵀ − b aᵀ` moves rightly under all of gl(n). The factor is a function of `a·b`, which determines the
//! metric, so the algebra is so(n): for n = 4 that is so(4) = so(3) ⊕ so(3).

use super::invariant::draw;
use crate::group::{Matrix, dot, rotation, triangle};
use crate::task::{Form, Kind, Task, check_n};
use rand_chacha::ChaCha8Rng;
use semola_plugin_api::{Reference, Result};
use serde::{Deserialize, Serialize};

/// `(1 + tanh(a·b)) a ∧ b`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Torque {
    /// Dimension, 2 to 5.
    n: usize,
    /// Whether both vectors lie in a cone about the first axis.
    kind: Kind,
}

impl Default for Torque {
    fn default() -> Self {
        Self { n: 4, kind: Kind::Partial }
    }
}

impl Task for Torque {
    const SUMMARY: &'static str = "an antisymmetric tensor of two vectors: so(n)";

    fn n(&self) -> usize {
        self.n
    }
    fn vectors(&self) -> usize {
        2
    }
    fn form(&self) -> Form {
        Form::Antisymmetric
    }
    fn reference(&self) -> Option<Reference> {
        Some(Reference::rotations(self.n))
    }
    fn draw(&self, random: &mut ChaCha8Rng) -> Vec<f64> {
        draw(self.n, self.kind, random)
    }
    fn target(&self, inputs: &[f64]) -> Vec<f64> {
        let (a, b) = inputs.split_at(self.n);
        let factor = 1.0 + dot(a, b).tanh();
        triangle(self.n, false).map(|(i, j)| factor * (a[i] * b[j] - b[i] * a[j])).collect()
    }
    fn element(&self, random: &mut ChaCha8Rng) -> Option<Matrix> {
        Some(rotation(self.n, random))
    }
    fn check(&self) -> Result<()> {
        check_n(self.n, 2..=5)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tasks::vector::cross;

    #[test]
    fn in_space_it_holds_the_cross_product() {
        let task: Torque = serde_json::from_str(r#"{"n": 3}"#).unwrap();
        let (a, b) = ([0.3, -1.2, 0.8], [0.5, 0.4, -0.6]);
        let factor = 1.0 + (0.15_f64 - 0.48 - 0.48).tanh();
        let t = cross(&a, &b).map(|t| factor * t);
        let expected = [t[2], -t[1], t[0]];
        let found = task.target(&[a, b].concat());
        assert!(found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12), "{found:?}");
    }
}
