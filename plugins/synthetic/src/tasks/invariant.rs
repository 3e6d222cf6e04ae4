//! A scalar of two vectors of R^n that no rotation changes (after EMLP's O(5) task), and the same with a preferred
//! direction added, which no linear map leaves alone.

use crate::group::{Matrix, dot, norm, normals, rotation};
use crate::task::{Form, Kind, Task, check_n};
use rand_chacha::ChaCha8Rng;
use semola_plugin_api::{Reference, Result};
use serde::{Deserialize, Serialize};

/// `sin|a| − |b|³/8 + a·b / (|a| |b|)`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Invariant {
    /// Dimension, 2 to 8.
    n: usize,
    /// Whether both vectors lie in a cone about the first axis.
    kind: Kind,
}

impl Default for Invariant {
    fn default() -> Self {
        Self { n: 3, kind: Kind::Partial }
    }
}

/// The scalar plus `sin(2 a₁) + a₂ bₙ`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct InvariantControl {
    /// Dimension, 2 to 8.
    n: usize,
    /// Whether both vectors lie in a cone about the first axis.
    kind: Kind,
}

impl Default for InvariantControl {
    fn default() -> Self {
        Self { n: 3, kind: Kind::Full }
    }
}

/// The invariant of two vectors.
pub(super) fn scalar(a: &[f64], b: &[f64]) -> f64 {
    norm(a).sin() - norm(b).powi(3) / 8.0 + dot(a, b) / (norm(a) * norm(b))
}

/// Two vectors: normal, or in a cone about the first axis.
pub(super) fn draw(n: usize, kind: Kind, random: &mut ChaCha8Rng) -> Vec<f64> {
    let mut vectors = normals(2 * n, random);
    if kind == Kind::Partial {
        for (place, x) in vectors.iter_mut().enumerate() {
            *x = if place % n == 0 { x.abs() } else { 0.6 * *x };
        }
    }
    vectors
}

impl Task for Invariant {
    const SUMMARY: &'static str = "a scalar of two vectors that rotations leave alone: so(n)";

    fn n(&self) -> usize {
        self.n
    }
    fn vectors(&self) -> usize {
        2
    }
    fn form(&self) -> Form {
        Form::Scalars(1)
    }
    fn reference(&self) -> Option<Reference> {
        Some(Reference::rotations(self.n))
    }
    fn draw(&self, random: &mut ChaCha8Rng) -> Vec<f64> {
        draw(self.n, self.kind, random)
    }
    fn target(&self, inputs: &[f64]) -> Vec<f64> {
        let (a, b) = inputs.split_at(self.n);
        vec![scalar(a, b)]
    }
    fn element(&self, random: &mut ChaCha8Rng) -> Option<Matrix> {
        Some(rotation(self.n, random))
    }
    fn check(&self) -> Result<()> {
        check_n(self.n, 2..=8)
    }
}

impl Task for InvariantControl {
    const SUMMARY: &'static str = "control: the invariant scalar plus a preferred direction, no symmetry";

    fn n(&self) -> usize {
        self.n
    }
    fn vectors(&self) -> usize {
        2
    }
    fn form(&self) -> Form {
        Form::Scalars(1)
    }
    fn reference(&self) -> Option<Reference> {
        None
    }
    fn draw(&self, random: &mut ChaCha8Rng) -> Vec<f64> {
        draw(self.n, self.kind, random)
    }
    fn target(&self, inputs: &[f64]) -> Vec<f64> {
        let (a, b) = inputs.split_at(self.n);
        vec![scalar(a, b) + (2.0 * a[0]).sin() + a[1] * b[self.n - 1]]
    }
    fn element(&self, _random: &mut ChaCha8Rng) -> Option<Matrix> {
        None
    }
    fn check(&self) -> Result<()> {
        check_n(self.n, 2..=8)
    }
}
