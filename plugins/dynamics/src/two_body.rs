//! Two bodies in near-circular orbits about their common centre of mass, in the plane.
//!
//! The set-up of Greydanus, Dzamba & Yosinski, "Hamiltonian Neural Networks" (arXiv 1906.01563), A.1, with a
//! wide range of radii. Its velocity noise of 5 % is doubled: on circular orbits `|p|²/|q|²` can stand for `1/|q|³`, a
//! force law that respects scaling, and only eccentric orbits show that scaling is no symmetry.

use crate::options::{Physics, Sampling, System};
use crate::orientation::start_angle;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use serde::{Deserialize, Serialize};

/// Options of `dynamics/two-body`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct TwoBody {
    #[serde(flatten)]
    sampling: Sampling,
    /// Part of the circle within which the first body moves (the second is opposite).
    coverage: f64,
    /// `[min, max]` of half the distance between the bodies, drawn uniformly; the orbit's radius for equal masses.
    radius: [f64; 2],
    /// Standard deviation of each component of the relative velocity, relative to the circular speed.
    velocity_noise: f64,
    /// Masses of the bodies.
    masses: Vec<f64>,
    /// `[min, max]` of masses drawn for each trajectory instead; they become an input field.
    mass_range: Vec<f64>,
    /// Uniform external acceleration of both bodies.
    field: Vec<f64>,
}

impl Default for TwoBody {
    fn default() -> Self {
        Self {
            sampling: Sampling::default(),
            coverage: 0.35,
            radius: [0.5, 1.5],
            velocity_noise: 0.05,
            masses: vec![1.0, 1.0],
            mass_range: Vec::new(),
            field: vec![0.0, 0.0],
        }
    }
}

impl System for TwoBody {
    const NAME: &'static str = "two-body";
    const SUMMARY: &'static str = "two bodies in near-circular orbits: predict the next state";

    fn sampling(&self) -> &Sampling {
        &self.sampling
    }

    fn physics(&self) -> Physics {
        Physics {
            dims: 2,
            bodies: 2,
            masses: self.masses.clone(),
            mass_range: self.mass_range.clone(),
            softening: 0.0,
            field: self.field.clone(),
            coverage: self.coverage,
            radius: self.radius,
            velocity_noise: self.velocity_noise,
        }
    }

    fn start(&self, masses: &[f64], rng: &mut ChaCha8Rng) -> Vec<f64> {
        let total = masses[0] + masses[1];
        let distance = 2.0 * rng.random_range(self.radius[0]..=self.radius[1]);
        let speed = (total / distance).sqrt();
        let arc = speed / distance * self.sampling.duration();
        let (sin, cos) = start_angle(self.coverage, arc, rng).sin_cos();
        let spread: [f64; 2] = std::array::from_fn(|_| StandardNormal.sample(rng));
        let position = [distance * cos, distance * sin];
        let velocity = [
            speed * (-sin + self.velocity_noise * spread[0]),
            speed * (cos + self.velocity_noise * spread[1]),
        ];
        let (first, second) = (masses[1] / total, -masses[0] / total);
        let both = |relative: [f64; 2]| {
            [first * relative[0], first * relative[1], second * relative[0], second * relative[1]]
        };
        [both(position), both(velocity)].concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gravity::Gravity;
    use rand::SeedableRng;

    #[test]
    fn without_noise_the_orbit_is_the_circle_of_the_documented_speed() {
        let system = TwoBody { velocity_noise: 0.0, ..TwoBody::default() };
        let mut rng = ChaCha8Rng::seed_from_u64(5);
        for _ in 0..100 {
            let phase = system.start(&[1.0, 1.0], &mut rng);
            let radius = phase[0].hypot(phase[1]);
            assert!((0.5..=1.5).contains(&radius));
            assert!((phase[4].hypot(phase[5]) - 0.5 / radius.sqrt()).abs() < 1e-12);
            // Counter-clockwise, at right angles.
            assert!((phase[0] * phase[4] + phase[1] * phase[5]).abs() < 1e-12);
            assert!(phase[0] * phase[5] - phase[1] * phase[4] > 0.0);
            // Circular: energy is minus half of m₁m₂/2r.
            let gravity = Gravity { masses: vec![1.0, 1.0], softening: 0.0, field: vec![0.0, 0.0] };
            assert!((gravity.energy(&phase) + 0.25 / radius).abs() < 1e-12);
        }
    }

    #[test]
    fn the_centre_of_mass_rests_in_the_origin_for_any_masses() {
        let masses = [0.3, 2.0];
        let phase = TwoBody::default().start(&masses, &mut ChaCha8Rng::seed_from_u64(6));
        for axis in [0, 1, 4, 5] {
            assert!((masses[0] * phase[axis] + masses[1] * phase[axis + 2]).abs() < 1e-12);
        }
    }
}
