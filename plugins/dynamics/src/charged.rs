//! Charged particles in space, as in the N-body benchmark of Kipf et al., "Neural Relational Inference" (arXiv
//! 1802.04687), in the three-dimensional form of Satorras, Hoogeboom & Welling, "E(n) Equivariant Graph Neural
//! Networks" (arXiv 2102.09844).
//!
//! Charges are ±1 by a fair coin, positions Gaussian, velocities of one speed. Where those papers clip the force of a
//! close encounter, it is softened here, so that energy is conserved and a trajectory can be judged by it. Fields:
//! inputs `q` and `v`, `[history · N, n]` vectors, and `charge`, `[N]` scalars; targets by option. Positions relative to
//! the particles' centre are vectors of R^n; anywhere in space they are `(q, 1)` in R^(n+1), velocities `(v, 0)`, so
//! that translations are linear.

use crate::coulomb::Coulomb;
use crate::dataset::tensors;
use crate::generate::{ATTEMPTS, MOST_DRIFT, Trajectory, stream};
use crate::integrator::trajectory;
use crate::options::{MOST_NUMBERS, Sampling, check_sampling, expect};
use crate::orientation::{rotate, uniform};
use crate::windows::{Windows, noise_scale, windows};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use semola_plugin_api::{Context, DataSpec, Dataset, Error, Field, Reference, Result, Samples, Split, Task};
use serde::{Deserialize, Serialize};

/// What a model is to predict of every particle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Target {
    /// How far it moves until then.
    Displacement,
    /// Where it is then, the benchmark's question.
    Position,
    /// How much its position and its velocity change until then.
    Change,
}

/// Options of `dynamics/charged`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Charged {
    #[serde(flatten)]
    sampling: Sampling,
    /// Number of particles N.
    bodies: usize,
    /// Dimension n of space, 2 or 3.
    dims: usize,
    /// Standard deviation of each coordinate at the start.
    spread: f64,
    /// Speed of every particle at the start.
    speed: f64,
    /// Softening length of the force.
    softening: f64,
    /// Whether positions are relative to the particles' centre; otherwise they are anywhere, with a 1 behind them.
    centred: bool,
    /// Standard deviation of each coordinate of the centre, where it is not taken out.
    offset: f64,
    /// What to predict.
    target: Target,
}

impl Default for Charged {
    fn default() -> Self {
        let sampling = Sampling {
            trajectories: 10_000,
            validation: 1000,
            test: 1000,
            samples: 2,
            dt: 1.0,
            ..Sampling::default()
        };
        Self {
            sampling,
            bodies: 5,
            dims: 3,
            spread: 1.0,
            speed: 0.5,
            softening: 0.5,
            centred: true,
            offset: 1.0,
            target: Target::Displacement,
        }
    }
}

impl Charged {
    fn check(&self) -> Result<()> {
        check_sampling(&self.sampling)?;
        expect((2..=100).contains(&self.bodies), "bodies", self.bodies, "2 ≤ bodies ≤ 100")?;
        expect(self.dims == 2 || self.dims == 3, "dims", self.dims, "2 or 3")?;
        expect((0.1..=100.0).contains(&self.spread), "spread", self.spread, "0.1 ≤ spread ≤ 100")?;
        expect((0.0..=100.0).contains(&self.speed), "speed", self.speed, "0 ≤ speed ≤ 100")?;
        expect((0.0..=10.0).contains(&self.softening), "softening", self.softening, "0 ≤ softening ≤ 10")?;
        expect((0.0..=100.0).contains(&self.offset), "offset", self.offset, "0 ≤ offset ≤ 100")?;
        let trajectories: usize = Split::ALL.iter().map(|&split| self.sampling.count(split)).sum();
        let numbers = trajectories as f64
            * self.sampling.samples as f64
            * (2 * self.bodies * self.dims * self.sampling.history) as f64;
        if numbers > MOST_NUMBERS {
            return Err(Error::new(format!(
                "the dataset options ask for {numbers:.1e} numbers, expected at most {MOST_NUMBERS:.0e}: lower \
                 `trajectories` ({}) or `samples` ({})",
                self.sampling.trajectories, self.sampling.samples
            )));
        }
        Ok(())
    }

    /// Length of a vector: n, and one more for the coordinate that is 1.
    fn axis(&self) -> usize {
        if self.centred { self.dims } else { self.dims + 1 }
    }

    /// A trajectory, its particles about the origin.
    fn draw(&self, split: Split, number: usize, seed: u64) -> Result<Trajectory> {
        let rng = &mut stream(seed, 0, split, number);
        let mut reason = String::new();
        for _ in 0..ATTEMPTS {
            let charges = (0..self.bodies).map(|_| if rng.random::<bool>() { 1.0 } else { -1.0 }).collect();
            let forces = Coulomb { charges, softening: self.softening, dims: self.dims };
            match self.follow(&forces, self.start(rng)) {
                Ok(states) => return Ok(Trajectory { labels: forces.charges, states }),
                Err(found) => reason = found,
            }
        }
        Err(Error::new(format!(
            "charged: trajectory {number} of the {} split failed in {ATTEMPTS} draws, the last with {reason}, expected \
             a relative energy drift of at most {MOST_DRIFT:.0e}: lower `samples`, `dt` or `speed`, or raise \
             `softening` or `spread`",
            split.name()
        )))
    }

    fn follow(&self, forces: &Coulomb, start: Vec<f64>) -> Result<Vec<Vec<f64>>, String> {
        let states = trajectory(forces, start, self.sampling.dt, self.sampling.samples)?;
        let drift = forces.energy_drift(&states);
        if drift <= MOST_DRIFT { Ok(states) } else { Err(format!("a relative energy drift of {drift:.1e}")) }
    }

    fn start(&self, rng: &mut ChaCha8Rng) -> Vec<f64> {
        let half = self.bodies * self.dims;
        let mut phase: Vec<f64> = (0..2 * half).map(|_| StandardNormal.sample(rng)).collect();
        let (q, v) = phase.split_at_mut(half);
        q.iter_mut().for_each(|x| *x *= self.spread);
        for v in v.chunks_exact_mut(self.dims) {
            let norm = v.iter().map(|x| x * x).sum::<f64>().sqrt().max(f64::MIN_POSITIVE);
            v.iter_mut().for_each(|x| *x *= self.speed / norm);
        }
        if self.centred {
            let zero = vec![0.0; self.dims];
            move_centre(q, &zero);
            move_centre(v, &zero);
        }
        phase
    }

    /// All splits, where the model sees them.
    fn trajectories(&self, seed: u64) -> Result<[Vec<Trajectory>; 4]> {
        let draw = |split: Split| -> Result<Vec<Trajectory>> {
            (0..self.sampling.count(split)).map(|number| self.draw(split, number, seed)).collect()
        };
        let place = |split: Split, trajectories: &[Trajectory]| -> Vec<Trajectory> {
            let placed = trajectories.iter().enumerate();
            placed.map(|(number, drawn)| self.place(drawn, split, number, seed)).collect()
        };
        let test = draw(Split::Test)?;
        Ok([
            place(Split::Train, &draw(Split::Train)?),
            place(Split::Validation, &draw(Split::Validation)?),
            place(Split::Test, &test),
            place(Split::Shifted, &test),
        ])
    }

    /// A trajectory turned by any rotation if it is for the shifted split, and, unless particles stay centred, moved by
    /// an offset: there twice as far as in training.
    fn place(&self, drawn: &Trajectory, split: Split, number: usize, seed: u64) -> Trajectory {
        let mut placed = drawn.clone();
        let rng = &mut stream(seed, 2, split, number);
        if split == Split::Shifted {
            let rotation = uniform(self.dims, rng);
            placed.states.iter_mut().for_each(|state| *state = rotate(&rotation, state));
        }
        if !self.centred {
            let far = if split == Split::Shifted { 2.0 * self.offset } else { self.offset };
            let offset: Vec<f64> = (0..self.dims)
                .map(|_| {
                    let draw: f64 = StandardNormal.sample(rng);
                    far * draw
                })
                .collect();
            let half = self.bodies * self.dims;
            for state in &mut placed.states {
                for q in state[..half].chunks_exact_mut(self.dims) {
                    q.iter_mut().zip(&offset).for_each(|(x, offset)| *x += offset);
                }
            }
        }
        placed
    }

    /// The fields' shapes and how they move.
    fn fields(&self) -> (Vec<Field>, Vec<Field>) {
        let (bodies, axis) = (self.bodies, self.axis());
        let seen = bodies * self.sampling.history;
        let inputs = vec![
            Field::vectors("q", seen, axis),
            Field::vectors("v", seen, axis),
            Field::scalars("charge", bodies),
        ];
        let targets: &[&str] = match self.target {
            Target::Displacement => &["dq"],
            Target::Position => &["later"],
            Target::Change => &["dq", "dv"],
        };
        (inputs, targets.iter().map(|name| Field::vectors(*name, bodies, axis)).collect())
    }

    /// The columns of [`Charged::fields`], each row by row.
    fn columns(&self, data: Windows) -> (Vec<Vec<f32>>, Vec<Vec<f32>>) {
        let place = |numbers: Vec<f32>| self.homogeneous(numbers, 1.0);
        let direction = |numbers: Vec<f32>| self.homogeneous(numbers, 0.0);
        let targets = match self.target {
            Target::Displacement => vec![direction(data.dq)],
            Target::Position => {
                let half = self.bodies * self.dims;
                let seen = half * self.sampling.history;
                let now = data.q.chunks_exact(seen).flat_map(|states| &states[seen - half..]);
                vec![place(now.zip(&data.dq).map(|(now, change)| now + change).collect())]
            }
            Target::Change => vec![direction(data.dq), direction(data.dp)],
        };
        (vec![place(data.q), direction(data.p), data.labels], targets)
    }

    /// Vectors of R^n with a coordinate behind, 1 for a place and 0 for a direction; left alone where centred.
    fn homogeneous(&self, numbers: Vec<f32>, last: f32) -> Vec<f32> {
        if self.centred {
            return numbers;
        }
        numbers.chunks_exact(self.dims).flat_map(|v| v.iter().copied().chain([last])).collect()
    }

    /// so(n) about the centre, se(n) anywhere in space.
    fn reference(&self) -> Reference {
        let n = self.dims;
        let rotations = Reference::rotations(n);
        if self.centred {
            return rotations;
        }
        let mut generators = rotations.generators;
        for generator in &mut generators {
            generator.iter_mut().for_each(|row| row.push(0.0));
            generator.push(vec![0.0; n + 1]);
        }
        for axis in 0..n {
            let mut generator = vec![vec![0.0; n + 1]; n + 1];
            generator[axis][n] = 1.0;
            generators.push(generator);
        }
        Reference { name: format!("se({n})"), generators }
    }
}

/// Moves vectors so that their mean is `centre`.
fn move_centre(vectors: &mut [f64], centre: &[f64]) {
    let n = centre.len();
    let count = (vectors.len() / n) as f64;
    for (axis, centre) in centre.iter().enumerate() {
        let mean = vectors.iter().skip(axis).step_by(n).sum::<f64>() / count;
        vectors.iter_mut().skip(axis).step_by(n).for_each(|x| *x += centre - mean);
    }
}

/// The data set of charged particles.
pub(crate) struct Particles {
    options: Charged,
    seed: u64,
    trajectories: [Vec<Trajectory>; 4],
    noise: [f64; 2],
}

impl Dataset for Particles {
    type Options = Charged;
    const SUMMARY: &'static str =
        "charged particles that attract and repel each other: predict where they go";

    fn open(options: Charged, context: &Context) -> Result<Self> {
        options.check()?;
        let trajectories = options.trajectories(context.seed)?;
        let noise = noise_scale(options.sampling.noise, &trajectories[Split::Train as usize]);
        Ok(Self { options, seed: context.seed, trajectories, noise })
    }

    fn spec(&self) -> DataSpec {
        let (inputs, targets) = self.options.fields();
        DataSpec {
            n: self.options.axis(),
            inputs,
            targets,
            task: Task::Regression,
            reference: Some(self.options.reference()),
        }
    }

    fn split(&self, split: Split) -> Result<Option<Samples>> {
        let trajectories = &self.trajectories[split as usize];
        let data = windows(trajectories, &self.options.sampling, self.noise, self.seed, split);
        let (inputs, targets) = self.options.fields();
        let columns = self.options.columns(data);
        Ok(Some(Samples { inputs: tensors(&inputs, &columns.0)?, targets: tensors(&targets, &columns.1)? }))
    }
}

#[cfg(test)]
mod tests;
