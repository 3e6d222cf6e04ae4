//! Two isotropic harmonic oscillators in the plane, as points of phase space `(q₁, q₂, p₁, p₂)`.
//!
//! In `C²` with `zₖ = qₖ + i pₖ` the motion is `z → e^{−it} z`, and what two oscillators have that no change of frame
//! which respects energy and Poisson brackets alters are the Hermitian products `⟨z,z⟩`, `⟨w,w⟩` (twice the energies)
//! and `⟨z,w⟩`, whose real part is the product in R⁴ and whose imaginary part is the symplectic form. One oscillator
//! alone would have so(4), and a flow that is linear commutes with more than the group; the products of two have u(2)
//! exactly.

use crate::group::{Matrix, dot, exponential, norm, normals, reference, unitary};
use crate::task::{Form, Task};
use rand_chacha::ChaCha8Rng;
use semola_plugin_api::Reference;
use serde::{Deserialize, Serialize};

/// `sin|z| + tanh(Re⟨z,w⟩ / 2)` and `ln(1 + |w|²)/2 + tanh(Im⟨z,w⟩ / 2)`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Oscillator {}

/// `Σ qₖ p'ₖ − pₖ q'ₖ`.
fn symplectic(z: &[f64], w: &[f64]) -> f64 {
    z[0] * w[2] + z[1] * w[3] - z[2] * w[0] - z[3] * w[1]
}

impl Task for Oscillator {
    const SUMMARY: &'static str = "Hermitian products of two oscillators' phases: u(2) in sp(4)";

    fn n(&self) -> usize {
        4
    }
    fn vectors(&self) -> usize {
        2
    }
    fn form(&self) -> Form {
        Form::Scalars(2)
    }
    fn reference(&self) -> Option<Reference> {
        Some(reference("u(2)", &unitary()))
    }
    fn draw(&self, random: &mut ChaCha8Rng) -> Vec<f64> {
        normals(8, random)
    }
    fn target(&self, inputs: &[f64]) -> Vec<f64> {
        let (z, w) = inputs.split_at(4);
        vec![
            norm(z).sin() + (0.5 * dot(z, w)).tanh(),
            0.5 * dot(w, w).ln_1p() + (0.5 * symplectic(z, w)).tanh(),
        ]
    }
    fn element(&self, random: &mut ChaCha8Rng) -> Option<Matrix> {
        Some(exponential(&unitary(), 2.0, random))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oscillators_own_motion_belongs_to_the_group() {
        let inputs = [0.3, -1.2, 0.8, 0.1, 1.5, 0.4, -0.6, 0.9];
        let time: f64 = 0.7;
        let later: Vec<f64> = inputs
            .chunks_exact(4)
            .flat_map(|x| {
                let (sin, cos) = time.sin_cos();
                let q = |k: usize| x[k] * cos + x[k + 2] * sin;
                let p = |k: usize| x[k + 2] * cos - x[k] * sin;
                [q(0), q(1), p(0), p(1)]
            })
            .collect();
        let (now, then) = (Oscillator::default().target(&inputs), Oscillator::default().target(&later));
        assert!(now.iter().zip(then).all(|(a, b)| (a - b).abs() < 1e-12));
    }
}
