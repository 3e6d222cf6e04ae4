//! Functions of the Minkowski products of three vectors: in four dimensions of particles' momenta, in three of
//! vectors without a mass shell.
//!
//! The products `⟨xᵢ, xⱼ⟩` for i ≠ j determine the metric, so the algebra is so(1,3), or so(1,2), and not more.

use crate::group::{Matrix, dot, exponential, normal, orthogonal, product, reference, uniform};
use crate::task::{Form, Kind, Task};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use semola_plugin_api::Reference;
use serde::{Deserialize, Serialize};

const MINKOWSKI: [f64; 4] = [1.0, -1.0, -1.0, -1.0];
const MINKOWSKI_3: [f64; 3] = [1.0, 1.0, -1.0];
/// Standard deviation of rapidities and angles of a random group element.
const SPREAD: f64 = 0.4;

/// Momenta `(E, p)` of three particles: `tanh(⟨1,2⟩ − 3/2) + ln(⟨2,3⟩ + 1)/2 − 3/10 ⟨1,3⟩`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Lorentz {
    /// Whether all events are seen from one frame.
    kind: Kind,
}

/// Three vectors of the unit cube with metric (+, +, −): `tanh(2⟨1,2⟩) + sin(2⟨2,3⟩)/2 − 2/5 ⟨1,3⟩`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct So21 {}

/// The products of the first vector with the second, the second with the third, the first with the third.
fn products(metric: &[f64], inputs: &[f64]) -> [f64; 3] {
    let n = metric.len();
    let vector = |i: usize| &inputs[i * n..(i + 1) * n];
    [(0, 1), (1, 2), (0, 2)].map(|(i, j)| product(metric, vector(i), vector(j)))
}

impl Task for Lorentz {
    const SUMMARY: &'static str = "a scalar of three four-momenta that boosts leave alone: so(1,3)";

    fn n(&self) -> usize {
        4
    }
    fn vectors(&self) -> usize {
        3
    }
    fn form(&self) -> Form {
        Form::Scalars(1)
    }
    fn reference(&self) -> Option<Reference> {
        Some(reference("so(1,3)", &orthogonal(&MINKOWSKI)))
    }
    fn draw(&self, random: &mut ChaCha8Rng) -> Vec<f64> {
        let mut momenta = Vec::with_capacity(12);
        for _ in 0..3 {
            let mass = random.random_range(0.5..1.2_f64);
            let momentum = [(); 3].map(|()| 0.5 * normal(random));
            momenta.push((mass * mass + dot(&momentum, &momentum)).sqrt());
            momenta.extend(momentum);
        }
        match self.kind {
            Kind::Partial => momenta,
            Kind::Full => {
                crate::group::moved(&exponential(&orthogonal(&MINKOWSKI), SPREAD, random), &momenta)
            }
        }
    }
    fn target(&self, inputs: &[f64]) -> Vec<f64> {
        let [first, second, third] = products(&MINKOWSKI, inputs);
        vec![(first - 1.5).tanh() + 0.5 * second.ln_1p() - 0.3 * third]
    }
    fn element(&self, random: &mut ChaCha8Rng) -> Option<Matrix> {
        Some(exponential(&orthogonal(&MINKOWSKI), SPREAD, random))
    }
}

impl Task for So21 {
    const SUMMARY: &'static str = "a scalar of three vectors in a metric (+, +, −): so(1,2)";

    fn n(&self) -> usize {
        3
    }
    fn vectors(&self) -> usize {
        3
    }
    fn form(&self) -> Form {
        Form::Scalars(1)
    }
    fn reference(&self) -> Option<Reference> {
        Some(reference("so(1,2)", &orthogonal(&MINKOWSKI_3)))
    }
    fn draw(&self, random: &mut ChaCha8Rng) -> Vec<f64> {
        (0..9).map(|_| uniform(1.0, random)).collect()
    }
    fn target(&self, inputs: &[f64]) -> Vec<f64> {
        let [first, second, third] = products(&MINKOWSKI_3, inputs);
        vec![(2.0 * first).tanh() + 0.5 * (2.0 * second).sin() - 0.4 * third]
    }
    fn element(&self, random: &mut ChaCha8Rng) -> Option<Matrix> {
        Some(exponential(&orthogonal(&MINKOWSKI_3), SPREAD, random))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_of_particles_at_rest_are_those_of_their_masses() {
        let mut momenta = vec![0.0; 12];
        (momenta[0], momenta[4], momenta[8]) = (1.0, 2.0, 3.0);
        assert_eq!(products(&MINKOWSKI, &momenta), [2.0, 6.0, 3.0]);
        let expected = 0.5_f64.tanh() + 0.5 * 7.0_f64.ln() - 0.9;
        assert!((Lorentz::default().target(&momenta)[0] - expected).abs() < 1e-12);
    }
}
