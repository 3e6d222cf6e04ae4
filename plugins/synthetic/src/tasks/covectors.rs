//! Pairings of vectors with a covector, and a volume: two input fields that move by different laws.
//!
//! `⟨w, v⟩` is left alone by all of gl(n), as long as w moves by g⁻ᵀ; the determinant of n vectors cuts that down to
//! sl(n,R). No subgroup of O(n), for which covectors are vectors, would tell the two laws apart.

use crate::group::{Matrix, dot, exponential, reference, traceless, uniform};
use crate::task::{Form, Task, check_n};
use rand_chacha::ChaCha8Rng;
use semola_plugin_api::{Reference, Result};
use serde::{Deserialize, Serialize};

/// Of the coefficients of a random group element.
const SPREAD: f64 = 0.3;

/// With n vectors v and one covector w, all in the cube: `tanh⟨w,v₁⟩ + sin(2⟨w,v₂⟩)/2` and `tanh(2 det(v₁ … vₙ))`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Covectors {
    /// Dimension, 2 to 4.
    n: usize,
}

impl Default for Covectors {
    fn default() -> Self {
        Self { n: 3 }
    }
}

impl Task for Covectors {
    const SUMMARY: &'static str = "pairings of vectors and a covector, and a volume: sl(n,R)";

    fn n(&self) -> usize {
        self.n
    }
    fn vectors(&self) -> usize {
        self.n
    }
    fn covectors(&self) -> usize {
        1
    }
    fn form(&self) -> Form {
        Form::Scalars(2)
    }
    fn reference(&self) -> Option<Reference> {
        Some(reference(format!("sl({},R)", self.n), &traceless(self.n)))
    }
    fn draw(&self, random: &mut ChaCha8Rng) -> Vec<f64> {
        (0..self.n * (self.n + 1)).map(|_| uniform(1.0, random)).collect()
    }
    fn target(&self, inputs: &[f64]) -> Vec<f64> {
        let n = self.n;
        let (vectors, w) = inputs.split_at(n * n);
        let pairing = |i: usize| dot(w, &vectors[i * n..(i + 1) * n]);
        let volume = Matrix::from_column_slice(n, n, vectors).determinant();
        vec![pairing(0).tanh() + 0.5 * (2.0 * pairing(1)).sin(), (2.0 * volume).tanh()]
    }
    fn element(&self, random: &mut ChaCha8Rng) -> Option<Matrix> {
        Some(exponential(&traceless(self.n), SPREAD, random))
    }
    fn check(&self) -> Result<()> {
        check_n(self.n, 2..=4)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::task::{fields, moved};

    #[test]
    fn the_covector_is_a_field_of_its_own_and_moves_against_the_vectors() {
        let task: Covectors = serde_json::from_str(r#"{"n": 2}"#).unwrap();
        let fields = fields(&task);
        assert_eq!(fields.iter().map(|field| field.name.as_str()).collect::<Vec<_>>(), ["x", "w"]);
        assert_eq!([&fields[0].shape[..], &fields[1].shape[..]], [&[2, 2][..], &[1, 2]]);
        // A squeeze: v → (2 v₁, v₂/2), w → (w₁/2, 2 w₂).
        let g = Matrix::from_row_slice(2, 2, &[2.0, 0.0, 0.0, 0.5]);
        let inputs = [0.5, -1.0, 0.2, 0.8, 0.6, 0.3];
        let squeezed = [1.0, -0.5, 0.4, 0.4, 0.3, 0.6];
        assert!(moved(&task, &g, &inputs).iter().zip(squeezed).all(|(a, b)| (a - b).abs() < 1e-12));
        // ⟨w,v₁⟩ = 0, ⟨w,v₂⟩ = 0.36, det = 0.6.
        let expected = [0.5 * 0.72_f64.sin(), 1.2_f64.tanh()];
        for x in [inputs, squeezed] {
            assert!(task.target(&x).iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12));
        }
    }
}
