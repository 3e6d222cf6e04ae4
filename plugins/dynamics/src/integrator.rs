//! Trajectories: a phase and the equations of motion in, equally spaced phases out.
//!
//! The method is DOP853 (Hairer, Nørsett & Wanner, Solving Ordinary Differential Equations I, II.10): explicit,
//! order 8, adaptive; from the `differential-equations` crate. Every sample ends a step of its own, so nothing is
//! interpolated. Callers rely on [`energy_drift`] to tell whether a trajectory is good enough; this module does
//! not judge.

use crate::gravity::Gravity;
use differential_equations::error::Error;
use differential_equations::methods::ExplicitRungeKutta;
use differential_equations::ode::{ODE, solve_ode};
use differential_equations::solout::DefaultSolout;

/// Error allowed in one internal step, relative to each component: a few units of the last place of an f64.
const TOLERANCE: f64 = 1e-14;

/// Internal steps between two samples after which a trajectory counts as hopeless (a collision).
const MOST_STEPS: usize = 10_000;

/// Follows `start` and gives `samples` phases a time `dt` apart, `start` first.
///
/// # Errors
/// The solver's reason, when it gives up: a collision, in practice.
pub(crate) fn trajectory(
    equations: &impl ODE<f64, Vec<f64>>,
    start: Vec<f64>,
    dt: f64,
    samples: usize,
) -> Result<Vec<Vec<f64>>, String> {
    let mut phases = Vec::with_capacity(samples);
    phases.push(start);
    while phases.len() < samples {
        let here = &phases[phases.len() - 1];
        let mut method = ExplicitRungeKutta::dop853().rtol(TOLERANCE).atol(TOLERANCE).max_steps(MOST_STEPS);
        let solution =
            solve_ode(&mut method, equations, 0.0, dt, here, &mut DefaultSolout::new()).map_err(reason)?;
        let next = solution.y.into_iter().next_back().ok_or("the solver returned nothing")?;
        if next.iter().any(|x| !x.is_finite()) {
            return Err("the solver left the finite numbers".into());
        }
        phases.push(next);
    }
    Ok(phases)
}

fn reason(error: Error<f64, Vec<f64>>) -> String {
    match error {
        Error::MaxSteps { .. } => format!("more than {MOST_STEPS} steps between two samples"),
        Error::StepSize { .. } => "a vanishing step size".into(),
        Error::Stiffness { .. } => "stiff equations".into(),
        other => format!("{other:?}"),
    }
}

/// The largest departure of the energy from its first value, relative to [`Gravity::energy_scale`].
pub(crate) fn energy_drift(gravity: &Gravity, phases: &[Vec<f64>]) -> f64 {
    let Some(start) = phases.first() else { return 0.0 };
    let first = gravity.energy(start);
    let worst = phases.iter().map(|phase| (gravity.energy(phase) - first).abs()).fold(0.0, f64::max);
    worst / gravity.energy_scale(start)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Relative position and velocity on the orbit of semi-major axis 1 about the mass `mu`, pericentre on +x,
    /// a time `t` after it: Kepler's equation `M = E − e sin E`, by Newton.
    fn kepler(mu: f64, eccentricity: f64, t: f64) -> [f64; 4] {
        let mean = mu.sqrt() * t;
        let mut anomaly = mean;
        for _ in 0..100 {
            anomaly -= (anomaly - eccentricity * anomaly.sin() - mean) / (1.0 - eccentricity * anomaly.cos());
        }
        let minor = (1.0 - eccentricity * eccentricity).sqrt();
        let rate = mu.sqrt() / (1.0 - eccentricity * anomaly.cos());
        [
            anomaly.cos() - eccentricity,
            minor * anomaly.sin(),
            -rate * anomaly.sin(),
            rate * minor * anomaly.cos(),
        ]
    }

    #[test]
    fn eccentric_orbits_follow_keplers_equation() {
        let masses = [0.5, 1.5];
        let total: f64 = masses.iter().sum();
        let gravity = Gravity { masses: masses.to_vec(), softening: 0.0, field: vec![0.0, 0.0] };
        let split = |relative: [f64; 4]| {
            let [x, y, u, v] = relative;
            let (first, second) = (-masses[1] / total, masses[0] / total);
            vec![first * x, first * y, second * x, second * y, first * u, first * v, second * u, second * v]
        };
        for eccentricity in [0.0, 0.3, 0.6, 0.8] {
            let dt = 0.1;
            // Ten time units are 2.25 revolutions.
            let phases = trajectory(&gravity, split(kepler(total, eccentricity, 0.0)), dt, 101).unwrap();
            for (sample, phase) in phases.iter().enumerate() {
                let exact = split(kepler(total, eccentricity, dt * sample as f64));
                for (found, expected) in phase.iter().zip(&exact) {
                    assert!(
                        (found - expected).abs() < 1e-9,
                        "e = {eccentricity}, sample {sample}: {found} instead of {expected}"
                    );
                }
            }
        }
    }

    #[test]
    fn free_fall_of_one_body_is_a_parabola() {
        let gravity = Gravity { masses: vec![2.0], softening: 0.0, field: vec![0.0, 0.0, -0.7] };
        let phases = trajectory(&gravity, vec![1.0, 2.0, 3.0, 0.1, 0.2, 0.3], 0.5, 5).unwrap();
        let expected = [1.2, 2.4, 3.0 + 0.3 * 2.0 - 0.5 * 0.7 * 4.0, 0.1, 0.2, 0.3 - 0.7 * 2.0];
        for (found, expected) in phases[4].iter().zip(expected) {
            assert!((found - expected).abs() < 1e-12);
        }
        assert!(energy_drift(&gravity, &phases) < 1e-12);
    }

    #[test]
    fn a_head_on_collision_is_not_taken_for_an_orbit() {
        let gravity = Gravity { masses: vec![1.0, 1.0], softening: 0.0, field: vec![0.0, 0.0] };
        let start = vec![-0.5, 0.0, 0.5, 0.0, 0.0, 0.0, 0.0, 0.0];
        let good =
            trajectory(&gravity, start, 0.1, 20).is_ok_and(|phases| energy_drift(&gravity, &phases) < 1e-9);
        assert!(!good);
    }
}
