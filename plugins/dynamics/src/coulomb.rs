//! Charged particles of mass 1 that attract and repel each other by Coulomb's law, softened.
//!
//! Units: mass 1, and two unit charges a distance 1 apart push each other by 1. A phase is one flat vector
//! `[q₁ … q_N | v₁ … v_N]` with n components a particle. The equations are
//! `q̈ᵢ = Σⱼ cᵢ cⱼ (qᵢ − qⱼ) / (|qᵢ − qⱼ|² + ε²)^(3/2)`; energy, momentum and angular momentum are conserved, and the
//! energy is here too, so that the integrator can be judged by it.

use differential_equations::ode::ODE;

/// The forces on N charged particles of R^n.
#[derive(Clone, Debug)]
pub(crate) struct Coulomb {
    /// Charge of each particle.
    pub(crate) charges: Vec<f64>,
    /// Softening length ε ≥ 0.
    pub(crate) softening: f64,
    /// Dimension n of space.
    pub(crate) dims: usize,
}

impl Coulomb {
    /// Length of one half of a phase: N · n.
    pub(crate) fn half(&self) -> usize {
        self.charges.len() * self.dims
    }

    fn pairs(&self) -> impl Iterator<Item = (usize, usize)> {
        let particles = self.charges.len();
        (0..particles).flat_map(move |i| (i + 1..particles).map(move |j| (i, j)))
    }

    /// `|qⱼ − qᵢ|² + ε²`
    fn softened_square(&self, q: &[f64], i: usize, j: usize) -> f64 {
        let n = self.dims;
        let square: f64 = (0..n).map(|axis| (q[j * n + axis] - q[i * n + axis]).powi(2)).sum();
        square + self.softening * self.softening
    }

    /// Kinetic energy `½ Σ vᵢ²`.
    fn kinetic(&self, phase: &[f64]) -> f64 {
        phase[self.half()..].iter().map(|v| 0.5 * v * v).sum()
    }

    /// Energy of each pair, `cᵢ cⱼ / √(|qⱼ − qᵢ|² + ε²)`.
    fn potentials(&self, phase: &[f64]) -> impl Iterator<Item = f64> {
        self.pairs()
            .map(|(i, j)| self.charges[i] * self.charges[j] / self.softened_square(phase, i, j).sqrt())
    }

    /// The largest departure of the energy from its first value, relative to the kinetic energy plus the size of every
    /// pair's energy: unlike the total, that sum never vanishes.
    pub(crate) fn energy_drift(&self, phases: &[Vec<f64>]) -> f64 {
        let Some(start) = phases.first() else { return 0.0 };
        let energy = |phase: &[f64]| self.kinetic(phase) + self.potentials(phase).sum::<f64>();
        let first = energy(start);
        let scale = self.kinetic(start) + self.potentials(start).map(f64::abs).sum::<f64>();
        phases.iter().map(|phase| (energy(phase) - first).abs()).fold(0.0, f64::max) / scale
    }
}

impl ODE<f64, Vec<f64>> for Coulomb {
    fn diff(&self, _time: f64, phase: &Vec<f64>, derivative: &mut Vec<f64>) {
        let (half, n) = (self.half(), self.dims);
        derivative[..half].copy_from_slice(&phase[half..]);
        derivative[half..].fill(0.0);
        for (i, j) in self.pairs() {
            let square = self.softened_square(phase, i, j);
            let strength = self.charges[i] * self.charges[j] / (square * square.sqrt());
            for axis in 0..n {
                let push = strength * (phase[i * n + axis] - phase[j * n + axis]);
                derivative[half + i * n + axis] += push;
                derivative[half + j * n + axis] -= push;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::integrator::trajectory;

    #[test]
    fn like_charges_repel_and_unlike_ones_attract_by_the_inverse_square() {
        let phase = vec![0.0, 0.0, 0.0, 2.0, 0.1, 0.2, 0.3, 0.4];
        let mut derivative = vec![0.0; 8];
        let unlike = Coulomb { charges: vec![1.0, -1.0], softening: 0.0, dims: 2 };
        unlike.diff(0.0, &phase, &mut derivative);
        assert_eq!(derivative, [0.1, 0.2, 0.3, 0.4, 0.0, 0.25, 0.0, -0.25]);
        let like = Coulomb { charges: vec![-1.0, -1.0], ..unlike };
        like.diff(0.0, &phase, &mut derivative);
        assert_eq!(derivative, [0.1, 0.2, 0.3, 0.4, 0.0, -0.25, 0.0, 0.25]);
    }

    #[test]
    fn a_bound_pair_turns_at_the_rate_of_a_gravitating_one() {
        // A circle about the common centre, a distance r = 2 apart: v² / (r/2) = 1 / r², so v = √(1/4) and ω = v / 1.
        let pair = Coulomb { charges: vec![1.0, -1.0], softening: 0.0, dims: 3 };
        let start = vec![1.0, 0.0, 0.0, -1.0, 0.0, 0.0, 0.0, 0.5, 0.0, 0.0, -0.5, 0.0];
        let phases = trajectory(&pair, start, 0.4, 11).unwrap();
        for (sample, phase) in phases.iter().enumerate() {
            let (sin, cos) = (0.5 * 0.4 * sample as f64).sin_cos();
            let expected = [cos, sin, 0.0, -cos, -sin, 0.0];
            assert!(phase.iter().zip(expected).all(|(found, expected)| (found - expected).abs() < 1e-10));
        }
    }

    #[test]
    fn energy_momentum_and_angular_momentum_are_conserved() {
        let forces = Coulomb { charges: vec![1.0, -1.0, 1.0, 1.0, -1.0], softening: 0.2, dims: 3 };
        let start: Vec<f64> = (0..30).map(|k| f64::from(k * k % 11) * 0.25 - 1.2).collect();
        let phases = trajectory(&forces, start, 0.1, 21).unwrap();
        assert!(forces.energy_drift(&phases) < 1e-10);
        let conserved = |phase: &[f64]| -> [f64; 6] {
            let (q, v) = phase.split_at(15);
            std::array::from_fn(|k| {
                let (a, b) = ((k + 1) % 3, (k + 2) % 3);
                let bodies = q.chunks_exact(3).zip(v.chunks_exact(3));
                bodies.map(|(q, v)| if k < 3 { v[k] } else { q[a] * v[b] - q[b] * v[a] }).sum()
            })
        };
        let first = conserved(&phases[0]);
        for phase in &phases {
            assert!(conserved(phase).iter().zip(first).all(|(now, then)| (now - then).abs() < 1e-10));
        }
        // What is compared did move.
        assert!(phases[20].iter().zip(&phases[0]).all(|(now, then)| (now - then).abs() > 1e-3));
    }
}
