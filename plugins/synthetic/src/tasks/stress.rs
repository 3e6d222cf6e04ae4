//! A stress of two directions in an isotropic material: a symmetric tensor of six numbers.
//!
//! `a aᵀ` and `b bᵀ` alone would move rightly under all of gl(3); the pressure, a multiple of one, and the factors keep
//! rotations only.

use super::invariant::draw;
use crate::group::{Matrix, dot, norm, rotation, triangle};
use crate::task::{Form, Kind, Task};
use rand_chacha::ChaCha8Rng;
use semola_plugin_api::Reference;
use serde::{Deserialize, Serialize};

/// `cos|b| a aᵀ + tanh(a·b) b bᵀ + ln(1 + |a|²)/2 · I`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Stress {
    /// Whether both vectors lie in a cone about the first axis.
    kind: Kind,
}

impl Task for Stress {
    const SUMMARY: &'static str = "a symmetric tensor of two vectors, six numbers: so(3)";

    fn n(&self) -> usize {
        3
    }
    fn vectors(&self) -> usize {
        2
    }
    fn form(&self) -> Form {
        Form::Symmetric
    }
    fn reference(&self) -> Option<Reference> {
        Some(Reference::rotations(3))
    }
    fn draw(&self, random: &mut ChaCha8Rng) -> Vec<f64> {
        draw(3, self.kind, random)
    }
    fn target(&self, inputs: &[f64]) -> Vec<f64> {
        let (a, b) = inputs.split_at(3);
        let (first, second, pressure) = (norm(b).cos(), dot(a, b).tanh(), 0.5 * dot(a, a).ln_1p());
        let entry = |(i, j): (usize, usize)| {
            first * a[i] * a[j] + second * b[i] * b[j] + if i == j { pressure } else { 0.0 }
        };
        triangle(3, true).map(entry).collect()
    }
    fn element(&self, random: &mut ChaCha8Rng) -> Option<Matrix> {
        Some(rotation(3, random))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn perpendicular_vectors_leave_one_term_and_the_pressure() {
        let found = Stress::default().target(&[1.0, 2.0, 0.0, 0.0, 0.0, 3.0]);
        let (c, p) = (3.0_f64.cos(), 0.5 * 6.0_f64.ln());
        // (1,1), (1,2), (1,3), (2,2), (2,3), (3,3); a·b = 0, so b bᵀ is absent.
        let expected = [c + p, 2.0 * c, 0.0, 4.0 * c + p, 0.0, p];
        assert!(found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12), "{found:?}");
    }
}
