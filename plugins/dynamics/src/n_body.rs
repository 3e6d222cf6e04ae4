//! A small cluster of bodies with softened gravity, near virial equilibrium, in space or in the plane.
//!
//! Positions are a Gaussian ellipsoid with unequal axes in a random orientation, scaled to a given root mean square
//! radius; velocities are isotropic and scaled so that twice the kinetic energy is about the size of the
//! attraction. With `coverage` 1 the ellipsoid's orientation is uniform, hence the whole cluster isotropic.

use crate::gravity::Gravity;
use crate::options::{Physics, Sampling, System};
use crate::orientation::{partial, rotate};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use serde::{Deserialize, Serialize};

/// Relative axes of the ellipsoid from which positions are drawn.
const AXES: [f64; 3] = [1.6, 1.0, 0.5];

/// Options of `dynamics/n-body`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct NBody {
    #[serde(flatten)]
    sampling: Sampling,
    /// Number of bodies N.
    bodies: usize,
    /// Dimension n of space, 2 or 3.
    dims: usize,
    /// Part of the rotations by which the ellipsoid is turned: up to this part of half a turn, about any axis.
    coverage: f64,
    /// `[min, max]` of the cluster's root mean square radius, drawn uniformly.
    radius: [f64; 2],
    /// Relative spread of the velocity scale about virial equilibrium.
    velocity_noise: f64,
    /// Masses of the bodies; empty: 1 each.
    masses: Vec<f64>,
    /// `[min, max]` of masses drawn for each trajectory instead; they become an input field.
    mass_range: Vec<f64>,
    /// Plummer softening length.
    softening: f64,
    /// Uniform external acceleration of all bodies; empty: none.
    field: Vec<f64>,
}

impl Default for NBody {
    fn default() -> Self {
        Self {
            sampling: Sampling::default(),
            bodies: 5,
            dims: 3,
            coverage: 1.0,
            radius: [1.0, 2.0],
            velocity_noise: 0.1,
            masses: Vec::new(),
            mass_range: Vec::new(),
            softening: 0.5,
            field: Vec::new(),
        }
    }
}

impl System for NBody {
    const NAME: &'static str = "n-body";
    const SUMMARY: &'static str = "a cluster of N bodies with softened gravity: predict the next state";

    fn sampling(&self) -> &Sampling {
        &self.sampling
    }

    fn physics(&self) -> Physics {
        Physics {
            dims: self.dims,
            bodies: self.bodies,
            masses: self.masses.clone(),
            mass_range: self.mass_range.clone(),
            softening: self.softening,
            field: self.field.clone(),
            coverage: self.coverage,
            radius: self.radius,
            velocity_noise: self.velocity_noise,
        }
    }

    fn start(&self, masses: &[f64], rng: &mut ChaCha8Rng) -> Vec<f64> {
        let gravity =
            Gravity { masses: masses.to_vec(), softening: self.softening, field: vec![0.0; self.dims] };
        let half = gravity.half();
        let mut phase: Vec<f64> = (0..2 * half).map(|_| StandardNormal.sample(rng)).collect();
        for (place, x) in phase[..half].iter_mut().enumerate() {
            *x *= AXES[place % self.dims];
        }
        gravity.to_centre_of_mass(&mut phase);

        let square: f64 = phase[..half].iter().map(|x| x * x).sum();
        let radius: f64 = rng.random_range(self.radius[0]..=self.radius[1]);
        let size = radius / (square / masses.len() as f64).sqrt();
        phase[..half].iter_mut().for_each(|x| *x *= size);

        let virial = (0.5 * gravity.attraction(&phase).abs() / gravity.kinetic(&phase)).sqrt();
        let spread: f64 = StandardNormal.sample(rng);
        let speed = virial * (1.0 + self.velocity_noise * spread);
        phase[half..].iter_mut().for_each(|v| *v *= speed);

        rotate(&partial(self.dims, self.coverage, rng), &phase)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    #[test]
    fn without_noise_the_cluster_is_virial_centred_and_of_the_asked_size() {
        for dims in [2, 3] {
            let system = NBody { dims, velocity_noise: 0.0, radius: [1.3, 1.3], ..NBody::default() };
            let masses = [1.0, 2.0, 0.5, 1.0, 3.0];
            let phase = system.start(&masses, &mut ChaCha8Rng::seed_from_u64(8));
            let gravity = Gravity { masses: masses.to_vec(), softening: 0.5, field: vec![0.0; dims] };
            assert!((2.0 * gravity.kinetic(&phase) + gravity.attraction(&phase)).abs() < 1e-12);
            let square: f64 = phase[..5 * dims].iter().map(|x| x * x).sum();
            assert!((square / 5.0 - 1.69).abs() < 1e-12);
            let mut centred = phase.clone();
            gravity.to_centre_of_mass(&mut centred);
            assert!(centred.iter().zip(&phase).all(|(a, b)| (a - b).abs() < 1e-12));
        }
    }
}
