//! Rotation invariance, broken by a little: what a verdict must not call exact.
//!
//! [`Anisotropic`] breaks it everywhere by a metric that differs from axis to axis in one of its terms,
//! [`WeakDirection`] by a small term of one coordinate. Rotations are approximate symmetries of both.

use super::invariant::scalar;
use crate::group::{Matrix, dot, exponential, normals, product, reference, rotations_about_the_first_axis};
use crate::task::{Form, Task, check_n};
use rand_chacha::ChaCha8Rng;
use semola_plugin_api::{Reference, Result};
use serde::{Deserialize, Serialize};

/// Squared stretches of the three axes: each is 20 % longer than the next.
const METRIC: [f64; 3] = [1.44, 1.0, 1.0 / 1.44];
/// Of the coordinate's term: 5 % of the variance for n = 2 (tested), 4 % for n = 3.
const STRENGTH: f64 = 0.339;

/// `ln(1 + |a|²) + ln(1 + 1.44 b₁² + b₂² + b₃²/1.44) + tanh(a·b)`: the round metric in two terms, a stretched one in
/// the third, so that no change of coordinates makes all of them round.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Anisotropic {}

/// The invariant of [`super::Invariant`] plus `0.339 sin(2 a₁)`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct WeakDirection {
    /// Dimension, 2 or 3; for 3 rotations about the first axis stay exact.
    n: usize,
}

impl Default for WeakDirection {
    fn default() -> Self {
        Self { n: 2 }
    }
}

impl Task for Anisotropic {
    const SUMMARY: &'static str = "control: a scalar in two metrics, one of them stretched by 20 %";

    fn n(&self) -> usize {
        3
    }
    #[cfg(test)]
    fn least_violation(&self) -> f64 {
        0.005
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
        normals(6, random)
    }
    fn target(&self, inputs: &[f64]) -> Vec<f64> {
        let (a, b) = inputs.split_at(3);
        vec![dot(a, a).ln_1p() + product(&METRIC, b, b).ln_1p() + dot(a, b).tanh()]
    }
    fn element(&self, _random: &mut ChaCha8Rng) -> Option<Matrix> {
        None
    }
}

impl Task for WeakDirection {
    const SUMMARY: &'static str = "control: an invariant scalar plus a weak term of one coordinate";

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
        let kept = rotations_about_the_first_axis(self.n);
        (!kept.is_empty()).then(|| reference("so(2)", &kept))
    }
    fn draw(&self, random: &mut ChaCha8Rng) -> Vec<f64> {
        normals(2 * self.n, random)
    }
    fn target(&self, inputs: &[f64]) -> Vec<f64> {
        let (a, b) = inputs.split_at(self.n);
        vec![scalar(a, b) + STRENGTH * (2.0 * a[0]).sin()]
    }
    fn element(&self, random: &mut ChaCha8Rng) -> Option<Matrix> {
        // Normal angles of this spread are uniform on the circle to 1e-8.
        let kept = rotations_about_the_first_axis(self.n);
        (!kept.is_empty()).then(|| exponential(&kept, 2.0 * std::f64::consts::PI, random))
    }
    fn check(&self) -> Result<()> {
        check_n(self.n, 2..=3)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    #[test]
    fn the_weak_direction_makes_a_twentieth_of_the_variance() {
        let random = &mut ChaCha8Rng::seed_from_u64(5);
        let variance = |values: &[f64]| {
            let mean = values.iter().sum::<f64>() / values.len() as f64;
            values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / values.len() as f64
        };
        let samples: Vec<_> = (0..50_000).map(|_| WeakDirection::default().draw(random)).collect();
        let whole: Vec<f64> = samples.iter().map(|x| WeakDirection::default().target(x)[0]).collect();
        let part: Vec<f64> = samples.iter().map(|x| STRENGTH * (2.0 * x[0]).sin()).collect();
        let share = variance(&part) / variance(&whole);
        assert!((share - 0.05).abs() < 0.003, "{share}");
    }

    #[test]
    fn the_stretched_metric_is_a_fifth_off_the_round_one() {
        let length = |axis: usize| {
            let mut inputs = [0.0; 6];
            inputs[3 + axis] = 2.0;
            Anisotropic::default().target(&inputs)[0].exp_m1().sqrt() / 2.0
        };
        let found = [0, 1, 2].map(length);
        assert!(found.iter().zip([1.2, 1.0, 1.0 / 1.2]).all(|(a, b)| (a - b).abs() < 1e-12), "{found:?}");
    }
}
