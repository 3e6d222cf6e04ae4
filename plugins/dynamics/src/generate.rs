//! From a system to the trajectories of its four splits.
//!
//! Every trajectory has a random stream of its own, derived from the seed, the split and its number: equal options
//! and seeds give equal bits, and asking for more trajectories leaves the others as they are. The shifted split is
//! the test split rotated by uniform rotations. Invariant: no trajectory drifts in energy by more than
//! [`MOST_DRIFT`].

use crate::gravity::Gravity;
use crate::integrator::{energy_drift, trajectory};
use crate::options::System;
use crate::orientation::{rotate, uniform};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use semola_plugin_api::{Error, Result, Split};

/// Largest relative energy drift of a trajectory that is kept.
pub(crate) const MOST_DRIFT: f64 = 1e-9;

/// Draws after which a trajectory that cannot be integrated well enough becomes an error.
pub(crate) const ATTEMPTS: usize = 100;

/// One trajectory as the model's world sees it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Trajectory {
    /// Mass of each body, or charge where that is what tells bodies apart.
    pub(crate) labels: Vec<f64>,
    /// States `[q₁ … q_N | p₁ … p_N]` with momenta `pᵢ = mᵢ vᵢ`, a time dt apart.
    pub(crate) states: Vec<Vec<f64>>,
}

/// The trajectories of every split, in the order of [`Split::ALL`].
pub(crate) type Trajectories = [Vec<Trajectory>; 4];

/// The random stream of one trajectory (`lane` 0: its physics, 1: its measurement, 2: its place).
pub(crate) fn stream(seed: u64, lane: u64, split: Split, number: usize) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(lane << 48 | (split as u64) << 40 | number as u64);
    rng
}

/// Velocities instead of momenta: what the integrator understands.
struct Motion {
    gravity: Gravity,
    phases: Vec<Vec<f64>>,
}

impl Motion {
    fn into_trajectory(self) -> Trajectory {
        let Self { gravity, mut phases } = self;
        phases.iter_mut().for_each(|phase| gravity.to_momenta(phase));
        Trajectory { labels: gravity.masses, states: phases }
    }
}

/// Simulates all splits.
///
/// # Errors
/// When no trajectory of sufficient accuracy is found: which, how accurate, which options to change.
pub(crate) fn generate<S: System>(system: &S, seed: u64) -> Result<Trajectories> {
    let sampling = system.sampling();
    let simulate = |split: Split| -> Result<Vec<Motion>> {
        (0..sampling.count(split))
            .map(|number| draw(system, split, number, &mut stream(seed, 0, split, number)))
            .collect()
    };
    let finish = |motions: Vec<Motion>| motions.into_iter().map(Motion::into_trajectory).collect();

    let test = simulate(Split::Test)?;
    let shifted: Vec<Motion> = test
        .iter()
        .enumerate()
        .map(|(number, motion)| turn(system, motion, number, &mut stream(seed, 0, Split::Shifted, number)))
        .collect::<Result<_>>()?;
    Ok([finish(simulate(Split::Train)?), finish(simulate(Split::Validation)?), finish(test), finish(shifted)])
}

/// Draws initial conditions until their trajectory is accurate enough.
fn draw<S: System>(system: &S, split: Split, number: usize, rng: &mut ChaCha8Rng) -> Result<Motion> {
    let physics = system.physics();
    attempt::<S>(split, number, || {
        let masses: Vec<f64> = match physics.mass_range[..] {
            [least, most] => (0..physics.bodies).map(|_| rng.random_range(least..=most)).collect(),
            _ if physics.masses.is_empty() => vec![1.0; physics.bodies],
            _ => physics.masses.clone(),
        };
        let start = system.start(&masses, rng);
        let gravity = Gravity { masses, softening: physics.softening, field: physics.acceleration() };
        follow(system, gravity, start)
    })
}

/// The same motion seen, or (in a field, where that is another motion) started, from a rotated frame.
fn turn<S: System>(system: &S, motion: &Motion, number: usize, rng: &mut ChaCha8Rng) -> Result<Motion> {
    let gravity = &motion.gravity;
    if !system.physics().has_field() {
        let rotation = uniform(gravity.dims(), rng);
        let phases = motion.phases.iter().map(|phase| rotate(&rotation, phase)).collect();
        return Ok(Motion { gravity: gravity.clone(), phases });
    }
    attempt::<S>(Split::Shifted, number, || {
        let rotation = uniform(gravity.dims(), rng);
        follow(system, gravity.clone(), rotate(&rotation, &motion.phases[0]))
    })
}

/// Integrates, and says why the result is not accurate enough if it is not.
fn follow<S: System>(system: &S, gravity: Gravity, start: Vec<f64>) -> Result<Motion, String> {
    let sampling = system.sampling();
    let phases = trajectory(&gravity, start, sampling.dt, sampling.samples)?;
    let drift = energy_drift(&gravity, &phases);
    if drift <= MOST_DRIFT {
        Ok(Motion { gravity, phases })
    } else {
        Err(format!("a relative energy drift of {drift:.1e}"))
    }
}

fn attempt<S: System>(
    split: Split,
    number: usize,
    mut once: impl FnMut() -> Result<Motion, String>,
) -> Result<Motion> {
    let mut reason = String::new();
    for _ in 0..ATTEMPTS {
        match once() {
            Ok(motion) => return Ok(motion),
            Err(found) => reason = found,
        }
    }
    Err(Error::new(format!(
        "{}: trajectory {number} of the {} split failed in {ATTEMPTS} draws, the last with {reason}, expected a \
         relative energy drift of at most {MOST_DRIFT:.0e}: lower `samples`, `dt` or `velocity_noise`, or raise `radius`",
        S::NAME,
        split.name()
    )))
}

#[cfg(test)]
mod tests;
