//! Newtonian gravity of point masses, optionally softened, optionally in a uniform external field.
//!
//! Units: G = 1. A phase is one flat vector `[q₁ … q_N | v₁ … v_N]` with n components a body. The equations are
//! `q̈ᵢ = g + Σⱼ mⱼ (qⱼ − qᵢ) / (|qⱼ − qᵢ|² + ε²)^(3/2)`; what they conserve (energy always; momentum and angular
//! momentum where g = 0) is here too, so that the integrator can be judged by it.

use differential_equations::ode::ODE;

/// The forces on N bodies of R^n.
#[derive(Clone, Debug)]
pub(crate) struct Gravity {
    /// Mass of each body, positive.
    pub(crate) masses: Vec<f64>,
    /// Plummer softening length ε ≥ 0.
    pub(crate) softening: f64,
    /// The uniform acceleration g, one component a dimension.
    pub(crate) field: Vec<f64>,
}

impl Gravity {
    /// Dimension n of space.
    pub(crate) fn dims(&self) -> usize {
        self.field.len()
    }

    /// Length of one half of a phase: N · n.
    pub(crate) fn half(&self) -> usize {
        self.masses.len() * self.dims()
    }

    fn pairs(&self) -> impl Iterator<Item = (usize, usize)> {
        let bodies = self.masses.len();
        (0..bodies).flat_map(move |i| (i + 1..bodies).map(move |j| (i, j)))
    }

    /// `|qⱼ − qᵢ|² + ε²`
    fn softened_square(&self, q: &[f64], i: usize, j: usize) -> f64 {
        let n = self.dims();
        let square: f64 = (0..n).map(|axis| (q[j * n + axis] - q[i * n + axis]).powi(2)).sum();
        square + self.softening * self.softening
    }

    /// Kinetic energy `½ Σ mᵢ vᵢ²`.
    pub(crate) fn kinetic(&self, phase: &[f64]) -> f64 {
        let velocities = phase[self.half()..].chunks_exact(self.dims());
        self.masses
            .iter()
            .zip(velocities)
            .map(|(mass, v)| 0.5 * mass * v.iter().map(|x| x * x).sum::<f64>())
            .sum()
    }

    /// Energy of the mutual attraction, `− Σ mᵢ mⱼ / √(|qⱼ − qᵢ|² + ε²)`.
    pub(crate) fn attraction(&self, phase: &[f64]) -> f64 {
        self.pairs()
            .map(|(i, j)| -self.masses[i] * self.masses[j] / self.softened_square(phase, i, j).sqrt())
            .sum()
    }

    /// Total energy, the field's `− Σ mᵢ g·qᵢ` included.
    pub(crate) fn energy(&self, phase: &[f64]) -> f64 {
        let in_field: f64 = self
            .masses
            .iter()
            .zip(phase.chunks_exact(self.dims()))
            .map(|(mass, q)| -mass * self.field.iter().zip(q).map(|(g, x)| g * x).sum::<f64>())
            .sum();
        self.kinetic(phase) + self.attraction(phase) + in_field
    }

    /// What energy errors are measured against: kinetic energy plus the size of the attraction. For a bound
    /// circular pair it is three times the binding energy, and unlike the total energy it never vanishes.
    pub(crate) fn energy_scale(&self, phase: &[f64]) -> f64 {
        self.kinetic(phase) + self.attraction(phase).abs()
    }

    /// Turns velocities into momenta `pᵢ = mᵢ vᵢ`, in place.
    pub(crate) fn to_momenta(&self, phase: &mut [f64]) {
        let (half, n) = (self.half(), self.dims());
        for (mass, v) in self.masses.iter().zip(phase[half..].chunks_exact_mut(n)) {
            v.iter_mut().for_each(|x| *x *= mass);
        }
    }

    /// Moves the centre of mass to the origin and brings it to rest, in place.
    pub(crate) fn to_centre_of_mass(&self, phase: &mut [f64]) {
        let (half, n) = (self.half(), self.dims());
        let total: f64 = self.masses.iter().sum();
        for part in [0, half] {
            for axis in 0..n {
                let moment: f64 = (0..self.masses.len())
                    .map(|body| self.masses[body] * phase[part + body * n + axis])
                    .sum();
                for body in 0..self.masses.len() {
                    phase[part + body * n + axis] -= moment / total;
                }
            }
        }
    }
}

impl ODE<f64, Vec<f64>> for Gravity {
    fn diff(&self, _time: f64, phase: &Vec<f64>, derivative: &mut Vec<f64>) {
        let (half, n) = (self.half(), self.dims());
        derivative[..half].copy_from_slice(&phase[half..]);
        for acceleration in derivative[half..].chunks_exact_mut(n) {
            acceleration.copy_from_slice(&self.field);
        }
        for (i, j) in self.pairs() {
            let square = self.softened_square(phase, i, j);
            let strength = 1.0 / (square * square.sqrt());
            for axis in 0..n {
                let pull = strength * (phase[j * n + axis] - phase[i * n + axis]);
                derivative[half + i * n + axis] += self.masses[j] * pull;
                derivative[half + j * n + axis] -= self.masses[i] * pull;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_masses_attract_by_the_inverse_square() {
        let gravity = Gravity { masses: vec![2.0, 3.0], softening: 0.0, field: vec![0.0, -0.5] };
        let phase = vec![0.0, 0.0, 0.0, 2.0, 0.1, 0.2, 0.3, 0.4];
        let mut derivative = vec![0.0; 8];
        gravity.diff(0.0, &phase, &mut derivative);
        // 3/2² towards the other and 2/2² back, both with the field on top.
        assert_eq!(derivative, [0.1, 0.2, 0.3, 0.4, 0.0, 0.75 - 0.5, 0.0, -0.5 - 0.5]);
    }

    #[test]
    fn the_acceleration_is_the_slope_of_the_energy() {
        let gravity = Gravity { masses: vec![1.0, 0.5, 2.0], softening: 0.3, field: vec![0.1, 0.2, -0.3] };
        let mut phase: Vec<f64> = (0..18).map(|k| f64::from(k * k % 7) * 0.4 - 1.0).collect();
        let mut derivative = vec![0.0; 18];
        gravity.diff(0.0, &phase, &mut derivative);
        for place in 0..9 {
            let (step, here) = (1e-5, phase[place]);
            phase[place] = here + step;
            let above = gravity.energy(&phase);
            phase[place] = here - step;
            let below = gravity.energy(&phase);
            phase[place] = here;
            let force = -(above - below) / (2.0 * step);
            assert!((force - gravity.masses[place / 3] * derivative[9 + place]).abs() < 1e-8);
        }
    }
}
