//! The data set component: options in, fields of the declared shapes out.
//!
//! Fields: inputs `q` and `p`, `[history · N, n]` vectors each, and `mass`, `[N]` scalars, where masses vary between
//! trajectories; targets `dq` and `dp`, `[N, n]` vectors each. The reference symmetry is named only where it holds
//! for the simulated equations: rotations without a field, rotations about the field in space, none in the plane.

use crate::cache;
use crate::generate::{Trajectories, Trajectory, generate};
use crate::options::{Physics, System, check};
use crate::windows::{noise_scale, windows};
use semola_plugin_api::{Context, DataSpec, Dataset, Field, Reference, Result, Samples, Split, Task, Tensor};
use std::path::Path;

/// Version of what trajectories mean for given options; raise it with every change of the physics, the
/// integrator or the random streams, so that no older cache is taken for the new data.
const FORMAT: u32 = 1;

/// The data set of a system.
pub(crate) struct Orbits<S> {
    system: S,
    seed: u64,
    trajectories: Trajectories,
    noise: [f64; 2],
}

impl<S: System> Dataset for Orbits<S> {
    type Options = S;
    const SUMMARY: &'static str = S::SUMMARY;

    fn open(system: S, context: &Context) -> Result<Self> {
        check(&system)?;
        let trajectories = if context.cache_dir.is_empty() {
            generate(&system, context.seed)?
        } else {
            cached(&system, context.seed, Path::new(&context.cache_dir))?
        };
        let noise = noise_scale(system.sampling().noise, &trajectories[Split::Train as usize]);
        Ok(Self { system, seed: context.seed, trajectories, noise })
    }

    fn spec(&self) -> DataSpec {
        let physics = self.system.physics();
        let (bodies, n) = (physics.bodies, physics.dims);
        let seen = bodies * self.system.sampling().history;
        let mut inputs = vec![Field::vectors("q", seen, n), Field::vectors("p", seen, n)];
        if physics.masses_vary() {
            inputs.push(Field::scalars("mass", bodies));
        }
        DataSpec {
            n,
            inputs,
            targets: vec![Field::vectors("dq", bodies, n), Field::vectors("dp", bodies, n)],
            task: Task::Regression,
            reference: reference(&physics),
        }
    }

    fn split(&self, split: Split) -> Result<Option<Samples>> {
        let trajectories = &self.trajectories[split as usize];
        let data = windows(trajectories, self.system.sampling(), self.noise, self.seed, split);
        let spec = self.spec();
        Ok(Some(Samples {
            inputs: tensors(&spec.inputs, &[data.q, data.p, data.labels])?,
            targets: tensors(&spec.targets, &[data.dq, data.dp])?,
        }))
    }
}

/// Columns of numbers, row by row, as tensors of the fields' shapes; a column without a field is left out.
///
/// # Errors
/// A column is no whole number of samples.
pub(crate) fn tensors(fields: &[Field], columns: &[Vec<f32>]) -> Result<Vec<Tensor>> {
    let tensor = |(field, numbers): (&Field, &Vec<f32>)| {
        let size = field.numel().map_or(1, |size| size.max(1));
        let shape: Vec<i64> =
            std::iter::once(numbers.len() as i64 / size).chain(field.shape.iter().copied()).collect();
        Tensor::try_from_slice(numbers, &shape)
    };
    fields.iter().zip(columns).map(tensor).collect()
}

/// The rotations that map solutions to solutions.
fn reference(physics: &Physics) -> Option<Reference> {
    if !physics.has_field() {
        return Some(Reference::rotations(physics.dims));
    }
    let &[x, y, z] = &physics.field[..] else {
        return None;
    };
    let norm = (x * x + y * y + z * z).sqrt();
    Some(rotation_about([x / norm, y / norm, z / norm]))
}

/// so(2): the rotations about an axis of R^3, a unit vector.
pub(crate) fn rotation_about([x, y, z]: [f64; 3]) -> Reference {
    Reference {
        name: "so(2)".into(),
        generators: vec![vec![vec![0.0, -z, y], vec![z, 0.0, -x], vec![-y, x, 0.0]]],
    }
}

/// The trajectories from the cache, or simulated and put there.
fn cached<S: System>(system: &S, seed: u64, directory: &Path) -> Result<Trajectories> {
    let inputs = serde_json::to_vec(&(FORMAT, S::NAME, seed, system))?;
    let key = cache::Key::new(&format!("dynamics-{}", S::NAME), &inputs);
    let (physics, sampling) = (system.physics(), system.sampling());
    let width = 2 * physics.bodies * physics.dims;
    let length = physics.bodies + sampling.samples * width;
    let count: usize = Split::ALL.iter().map(|&split| sampling.count(split) * length).sum();
    if let Some(numbers) = cache::read(directory, &key, count) {
        let mut trajectories = numbers.chunks_exact(length).map(|numbers| {
            let (masses, states) = numbers.split_at(physics.bodies);
            Trajectory {
                labels: masses.to_vec(),
                states: states.chunks_exact(width).map(<[f64]>::to_vec).collect(),
            }
        });
        return Ok(Split::ALL.map(|split| trajectories.by_ref().take(sampling.count(split)).collect()));
    }
    let trajectories = generate(system, seed)?;
    let numbers: Vec<f64> = trajectories
        .iter()
        .flatten()
        .flat_map(|trajectory| std::iter::once(&trajectory.labels).chain(&trajectory.states))
        .flatten()
        .copied()
        .collect();
    // Without a cache the next run simulates again; that is no reason to refuse this one.
    let _ = cache::write(directory, &key, &numbers);
    Ok(trajectories)
}

#[cfg(test)]
mod tests;
