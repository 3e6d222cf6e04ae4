//! A vector of two vectors that turns with them: a target whose symmetry shows even when nobody says how it moves.
//!
//! With a free output representation, some `M` instead of `L` on the target's side, a target may have a larger
//! algebra: the cross product alone has all of gl(3), since `La × b + a × Lb = (tr L − Lᵀ)(a × b)`. Here the three
//! terms ask for different `M`, and their factors depend on both lengths and the angle, so that so(3) is all that is
//! left (tested).

use super::invariant::draw;
use crate::group::{Matrix, dot, rotation};
use crate::task::{Form, Kind, Task};
use rand_chacha::ChaCha8Rng;
use semola_plugin_api::Reference;
use serde::{Deserialize, Serialize};

/// `exp(−|b|²/4) a + tanh(a·b) b + a × b / (1 + |a|²)`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Vector {
    /// Whether both vectors lie in a cone about the first axis.
    kind: Kind,
}

/// `a × b`.
pub(crate) fn cross(a: &[f64], b: &[f64]) -> [f64; 3] {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

impl Task for Vector {
    const SUMMARY: &'static str =
        "a vector of two vectors that turns with them, however it is declared: so(3)";

    fn n(&self) -> usize {
        3
    }
    fn vectors(&self) -> usize {
        2
    }
    fn form(&self) -> Form {
        Form::Vector
    }
    fn reference(&self) -> Option<Reference> {
        Some(Reference::rotations(3))
    }
    fn draw(&self, random: &mut ChaCha8Rng) -> Vec<f64> {
        draw(3, self.kind, random)
    }
    fn target(&self, inputs: &[f64]) -> Vec<f64> {
        let (a, b) = inputs.split_at(3);
        let factors = [(-dot(b, b) / 4.0).exp(), dot(a, b).tanh(), 1.0 / (1.0 + dot(a, a))];
        let terms = a.iter().zip(b).zip(cross(a, b));
        terms.map(|((a, b), c)| factors[0] * a + factors[1] * b + factors[2] * c).collect()
    }
    fn element(&self, random: &mut ChaCha8Rng) -> Option<Matrix> {
        Some(rotation(3, random))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn perpendicular_unit_vectors_give_each_term_alone() {
        let found = Vector::default().target(&[1.0, 0.0, 0.0, 0.0, 2.0, 0.0]);
        // exp(−4/4) e₁ + 0 + (e₁ × 2e₂) / 2.
        let expected = [(-1.0_f64).exp(), 0.0, 1.0];
        assert!(found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12), "{found:?}");
    }
}
