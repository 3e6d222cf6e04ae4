//! Three bodies near Lagrange's equilateral solution, in the plane.
//!
//! Any three masses at the corners of an equilateral triangle of side s turn rigidly about their centre of mass at
//! `ω² = (m₁ + m₂ + m₃) / s³`. For comparable masses the solution is unstable, so that the velocity noise grows
//! along a trajectory and the bodies leave the triangle.

use crate::gravity::Gravity;
use crate::options::{Physics, Sampling, System};
use crate::orientation::start_angle;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use serde::{Deserialize, Serialize};
use std::f64::consts::TAU;

/// Options of `dynamics/three-body`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct ThreeBody {
    #[serde(flatten)]
    sampling: Sampling,
    /// Part of the circle within which the first body moves (the others 120° and 240° ahead).
    coverage: f64,
    /// `[min, max]` of the distance from the triangle's centre to its corners, drawn uniformly.
    radius: [f64; 2],
    /// Standard deviation of each velocity component, relative to the speed of a corner about the centre.
    velocity_noise: f64,
    /// Masses of the bodies.
    masses: Vec<f64>,
    /// `[min, max]` of masses drawn for each trajectory instead; they become an input field.
    mass_range: Vec<f64>,
    /// Uniform external acceleration of all bodies.
    field: Vec<f64>,
}

impl Default for ThreeBody {
    fn default() -> Self {
        Self {
            sampling: Sampling::default(),
            coverage: 0.25,
            radius: [0.7, 1.5],
            velocity_noise: 0.1,
            masses: vec![1.0, 1.0, 1.0],
            mass_range: Vec::new(),
            field: vec![0.0, 0.0],
        }
    }
}

impl System for ThreeBody {
    const NAME: &'static str = "three-body";
    const SUMMARY: &'static str = "three bodies near Lagrange's triangle: predict the next state";

    fn sampling(&self) -> &Sampling {
        &self.sampling
    }

    fn physics(&self) -> Physics {
        Physics {
            dims: 2,
            bodies: 3,
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
        let radius: f64 = rng.random_range(self.radius[0]..=self.radius[1]);
        let side = radius * 3.0_f64.sqrt();
        let rate = (masses.iter().sum::<f64>() / side.powi(3)).sqrt();
        let angle = start_angle(self.coverage, rate * self.sampling.duration(), rng);
        let mut phase = vec![0.0; 12];
        for body in 0..3 {
            let (sin, cos) = (angle + TAU * body as f64 / 3.0).sin_cos();
            let at = 2 * body;
            (phase[at], phase[at + 1]) = (radius * cos, radius * sin);
            let spread: [f64; 2] = std::array::from_fn(|_| StandardNormal.sample(rng));
            phase[6 + at] = rate * radius * (-sin + self.velocity_noise * spread[0]);
            phase[6 + at + 1] = rate * radius * (cos + self.velocity_noise * spread[1]);
        }
        // Turning about the corners' centre and then removing the drift is turning about the centre of mass.
        let gravity = Gravity { masses: masses.to_vec(), softening: 0.0, field: vec![0.0; 2] };
        gravity.to_centre_of_mass(&mut phase);
        phase
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::integrator::trajectory;
    use crate::orientation::{plane, rotate};
    use rand::SeedableRng;

    #[test]
    fn without_noise_the_triangle_turns_rigidly_for_any_masses() {
        let masses = [1.0, 0.4, 2.2];
        let system = ThreeBody { velocity_noise: 0.0, radius: [1.0, 1.0], ..ThreeBody::default() };
        let start = system.start(&masses, &mut ChaCha8Rng::seed_from_u64(4));
        let gravity = Gravity { masses: masses.to_vec(), softening: 0.0, field: vec![0.0; 2] };
        let phases = trajectory(&gravity, start.clone(), 0.25, 9).unwrap();
        let rate = (3.6 / 3.0_f64.powf(1.5)).sqrt();
        for (found, expected) in phases[8].iter().zip(rotate(&plane(2.0 * rate), &start)) {
            assert!((found - expected).abs() < 1e-9, "{found} instead of {expected}");
        }
    }
}
