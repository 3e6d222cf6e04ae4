//! The data set component of any task: splits drawn from streams of their own, fields `x`, seldom `w`, and `y`.
//!
//! Equal options and seeds give equal numbers, and asking for more samples leaves the first ones as they are. The
//! shifted split holds the test samples, each moved by its own element of the group, with the formula's value
//! there; it is missing where a task has no group. Noise is added to the targets of training and validation only, so
//! that errors on the other two are errors about the formula.

use crate::group::normal;
use crate::task::{Task, fields, shifted};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use semola_plugin_api::{Context, DataSpec, Dataset, Error, Field, Result, Samples, Split, Tensor};
use serde::{Deserialize, Serialize};

/// Numbers that a split may hold (0.8 GB): above, an option has a digit too many.
const MOST_NUMBERS: usize = 100_000_000;

/// How many samples, and how exact.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Sampling {
    /// Training samples.
    pub(crate) samples: usize,
    /// Samples for decisions.
    pub(crate) validation: usize,
    /// Samples for the final figures; the shifted split holds the same ones, moved.
    pub(crate) test: usize,
    /// Standard deviation of the targets' noise, relative to that of the targets.
    pub(crate) noise: f64,
}

impl Default for Sampling {
    fn default() -> Self {
        Self { samples: 8000, validation: 2000, test: 2000, noise: 0.0 }
    }
}

impl Sampling {
    fn count(&self, split: Split) -> usize {
        match split {
            Split::Train => self.samples,
            Split::Validation => self.validation,
            Split::Test | Split::Shifted => self.test,
        }
    }

    fn check(&self, width: usize) -> Result<()> {
        for (name, count, least) in
            [("samples", self.samples, 2), ("validation", self.validation, 1), ("test", self.test, 1)]
        {
            let most = MOST_NUMBERS / width;
            if count < least || count > most {
                return Err(Error::new(format!(
                    "dataset option `{name}` is {count}, expected {least} to {most}"
                )));
            }
        }
        if !(0.0..=1.0).contains(&self.noise) {
            return Err(Error::new(format!("dataset option `noise` is {}, expected 0 to 1", self.noise)));
        }
        Ok(())
    }
}

/// The sampling's options and the task's own, in one flat table.
#[derive(Default, Serialize, Deserialize)]
#[serde(bound = "T: Task", default)]
pub(crate) struct Options<T> {
    #[serde(flatten)]
    sampling: Sampling,
    #[serde(flatten)]
    task: T,
}

/// Samples in rows, one after the other.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Rows {
    /// `[samples, (vectors + covectors) · n]`
    pub(crate) inputs: Vec<f64>,
    /// `[samples, numbers of the target]`
    pub(crate) targets: Vec<f64>,
}

/// The data set of a task.
pub(crate) struct Synthetic<T> {
    task: T,
    sampling: Sampling,
    seed: u64,
}

impl<T: Task> Synthetic<T> {
    /// The numbers of a split.
    pub(crate) fn rows(&self, split: Split) -> Option<Rows> {
        let stream = |lane: u64, split: Split| {
            let mut random = ChaCha8Rng::seed_from_u64(self.seed);
            random.set_stream(lane << 8 | split as u64);
            random
        };
        let drawn = if split == Split::Shifted { Split::Test } else { split };
        let mut random = stream(0, drawn);
        let mut elements = stream(1, split);
        let samples: Vec<Vec<f64>> = (0..self.sampling.count(split))
            .map(|_| {
                let inputs = self.task.draw(&mut random);
                if split == Split::Shifted {
                    shifted(&self.task, &inputs, &mut elements)
                } else {
                    Some(inputs)
                }
            })
            .collect::<Option<_>>()?;
        let mut targets: Vec<f64> = samples.iter().flat_map(|inputs| self.task.target(inputs)).collect();
        if self.sampling.noise > 0.0 && matches!(split, Split::Train | Split::Validation) {
            let scale = self.sampling.noise * deviation(&targets);
            let mut random = stream(2, split);
            targets.iter_mut().for_each(|target| *target += scale * normal(&mut random));
        }
        Some(Rows { inputs: samples.concat(), targets })
    }
}

impl<T: Task> Dataset for Synthetic<T> {
    type Options = Options<T>;
    const SUMMARY: &'static str = T::SUMMARY;

    fn open(Options { sampling, task }: Options<T>, context: &Context) -> Result<Self> {
        task.check()?;
        sampling.check((task.vectors() + task.covectors()) * task.n())?;
        Ok(Self { task, sampling, seed: context.seed })
    }

    fn spec(&self) -> DataSpec {
        let n = self.task.n();
        DataSpec {
            n,
            inputs: fields(&self.task),
            targets: vec![self.task.form().field(n)],
            task: semola_plugin_api::Task::Regression,
            reference: self.task.reference(),
        }
    }

    fn split(&self, split: Split) -> Result<Option<Samples>> {
        let Some(rows) = self.rows(split) else {
            return Ok(None);
        };
        let spec = self.spec();
        let count = self.sampling.count(split);
        // Fields lie side by side in each row.
        let tensors = |fields: &[Field], numbers: &[f64]| -> Result<Vec<Tensor>> {
            let mut start = 0;
            let cut = |field: &Field| {
                let width = field.shape.iter().product::<i64>() as usize;
                let rows = numbers.chunks_exact(numbers.len() / count);
                let column = rows.flat_map(|row| &row[start..start + width]);
                let single: Vec<f32> = column.map(|&number| number as f32).collect();
                start += width;
                Tensor::try_from_slice(&single, &[&[count as i64], &field.shape[..]].concat())
            };
            fields.iter().map(cut).collect()
        };
        Ok(Some(Samples {
            inputs: tensors(&spec.inputs, &rows.inputs)?,
            targets: tensors(&spec.targets, &rows.targets)?,
        }))
    }
}

/// Standard deviation.
fn deviation(values: &[f64]) -> f64 {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / count).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tasks::{Control, Inertia, Invariant, Permutation};

    fn data<T: Task>(json: &str, seed: u64) -> Synthetic<T> {
        let options: Options<T> = serde_json::from_str(json).unwrap();
        Synthetic::open(options, &Context { seed, ..Context::default() }).unwrap()
    }

    fn refusal<T: Task>(json: &str) -> String {
        let options: Options<T> = serde_json::from_str(json).unwrap();
        Synthetic::open(options, &Context::default()).map(|_| ()).expect_err(json).to_string()
    }

    #[test]
    fn the_seed_decides_and_more_samples_keep_the_first() {
        let few = data::<Inertia>(r#"{"samples": 3}"#, 5).rows(Split::Train).unwrap();
        let many = data::<Inertia>(r#"{"samples": 9}"#, 5).rows(Split::Train).unwrap();
        assert_eq!(few.inputs[..], many.inputs[..few.inputs.len()]);
        assert_eq!(few.targets[..], many.targets[..few.targets.len()]);
        assert_ne!(few, data::<Inertia>(r#"{"samples": 3}"#, 6).rows(Split::Train).unwrap());
        assert_ne!(many.inputs[..45], data::<Inertia>("{}", 5).rows(Split::Validation).unwrap().inputs[..45]);
    }

    #[test]
    fn the_shifted_split_is_the_test_split_moved() {
        let data = data::<Invariant>(r#"{"test": 50}"#, 2);
        let (test, shifted) = (data.rows(Split::Test).unwrap(), data.rows(Split::Shifted).unwrap());
        for (a, b) in test.targets.iter().zip(&shifted.targets) {
            assert!((a - b).abs() < 1e-9 * (1.0 + a.abs()));
        }
        // Training shows a cone about e₁, the shifted split all directions.
        let behind = |rows: &Rows| rows.inputs.chunks_exact(6).filter(|sample| sample[0] < 0.0).count();
        assert_eq!(behind(&test), 0);
        assert!((10..=40).contains(&behind(&shifted)));
    }

    #[test]
    fn without_a_group_there_is_no_shifted_split() {
        assert_eq!(data::<Control<3>>("{}", 0).rows(Split::Shifted), None);
        assert!(data::<Permutation>("{}", 0).rows(Split::Shifted).is_some());
    }

    #[test]
    fn noise_has_its_size_and_spares_the_final_figures() {
        let noisy = data::<Control<3>>(r#"{"noise": 0.1, "samples": 20000}"#, 1);
        let clean = data::<Control<3>>(r#"{"samples": 20000}"#, 1);
        let (a, b) = (noisy.rows(Split::Train).unwrap(), clean.rows(Split::Train).unwrap());
        assert_eq!(a.inputs, b.inputs);
        let added: Vec<f64> = a.targets.iter().zip(&b.targets).map(|(a, b)| a - b).collect();
        let ratio = deviation(&added) / deviation(&b.targets);
        assert!((ratio - 0.1).abs() < 0.003, "{ratio}");
        assert_eq!(noisy.rows(Split::Test), clean.rows(Split::Test));
    }

    #[test]
    fn options_out_of_range_are_named() {
        for (option, json) in [
            ("samples", r#"{"samples": 1}"#),
            ("samples", r#"{"samples": 1000000000}"#),
            ("validation", r#"{"validation": 0}"#),
            ("test", r#"{"test": 0}"#),
            ("noise", r#"{"noise": -0.1}"#),
            ("n", r#"{"n": 1}"#),
            ("n", r#"{"n": 17}"#),
        ] {
            assert!(refusal::<Invariant>(json).contains(&format!("`{option}`")), "{json}");
        }
    }

    #[test]
    fn the_table_of_options_is_flat() {
        let json = serde_json::to_value(Options::<Invariant>::default()).unwrap();
        assert_eq!(json["samples"], 8000);
        assert_eq!(json["kind"], "partial");
        let back: Options<Invariant> = serde_json::from_value(json.clone()).unwrap();
        assert_eq!(serde_json::to_value(back).unwrap(), json);
    }
}
