//! A data set of any shape, made of sines: the same numbers on every machine, in every run.

use semola_plugin_api::{
    Context, DataSpec, Dataset, Field, FieldType, Representation, Result, Samples, Split, Task, Tensor,
};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Options {
    /// Dimension of the fundamental space.
    n: usize,
    /// Shape of the input.
    shape: Vec<i64>,
    /// Its representation.
    representation: Representation,
    /// 0: floats; else tokens below this number.
    vocabulary: i64,
    /// Whether a second input marks the last entry of the input's first axis as padding.
    mask: bool,
    /// Shape of the target of a regression.
    outputs: Vec<i64>,
    /// Its representation.
    output_representation: Representation,
    /// 0: regression; else labels below this number.
    classes: i64,
    /// Samples in each split.
    samples: i64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            n: 2,
            shape: vec![4, 2],
            representation: Representation::Vector,
            vocabulary: 0,
            mask: false,
            outputs: vec![4, 2],
            output_representation: Representation::Vector,
            classes: 0,
            samples: 64,
        }
    }
}

pub(crate) struct Grid(Options);

impl Grid {
    /// The number at a place of a sample, in `[−1, 1]`.
    fn number(&self, split: Split, sample: i64, place: i64) -> f64 {
        let label = sample % self.0.classes.max(1);
        (0.37 * (sample * 31 + place) as f64 + 1.7 * f64::from(split as u32) + label as f64).sin()
    }

    fn token(&self, number: f64) -> i64 {
        ((number + 1.0) / 2.0 * self.0.vocabulary as f64).min(self.0.vocabulary as f64 - 1.0) as i64
    }
}

fn with_batch(samples: i64, shape: &[i64]) -> Vec<i64> {
    [&[samples], shape].concat()
}

impl Dataset for Grid {
    type Options = Options;
    const SUMMARY: &'static str = "deterministic numbers of any shape";

    fn open(options: Options, _context: &Context) -> Result<Self> {
        let positive = |sizes: &[i64]| sizes.iter().all(|&size| size > 0);
        if !positive(&options.shape) || !positive(&options.outputs) || options.samples < 1 {
            return Err("grid: all sizes must be at least 1".into());
        }
        if options.mask && options.shape.is_empty() {
            return Err("grid: a mask needs an input with at least one axis".into());
        }
        Ok(Self(options))
    }

    fn spec(&self) -> DataSpec {
        let options = &self.0;
        let mut x = Field::new("x", options.shape.clone(), options.representation);
        if options.vocabulary > 0 {
            x.dtype = FieldType::I64;
        }
        let mut inputs = vec![x];
        if options.mask {
            inputs[0].mask = Some("valid".into());
            inputs.push(Field::new("valid", [options.shape[0]], Representation::Scalar));
        }
        let (target, task) = if options.classes > 0 {
            let mut label = Field::new("label", [], Representation::Scalar);
            label.dtype = FieldType::I64;
            (label, Task::Classification { classes: options.classes })
        } else {
            let y = Field::new("y", options.outputs.clone(), options.output_representation);
            (y, Task::Regression)
        };
        DataSpec { n: options.n, inputs, targets: vec![target], task, reference: None }
    }

    fn split(&self, split: Split) -> Result<Option<Samples>> {
        let options = &self.0;
        let samples = options.samples;
        let places: i64 = options.shape.iter().product();
        let each = |places: i64| (0..samples).flat_map(move |sample| (0..places).map(move |p| (sample, p)));
        let number = |sample, place: i64| self.number(split, sample, place % places);

        let shape = with_batch(samples, &options.shape);
        let x = each(places).map(|(sample, place)| number(sample, place));
        let mut inputs = vec![if options.vocabulary > 0 {
            Tensor::from_slice(&x.map(|number| self.token(number)).collect::<Vec<i64>>(), &shape)
        } else {
            Tensor::from_slice(&x.map(|number| number as f32).collect::<Vec<f32>>(), &shape)
        }];
        if options.mask {
            let length = options.shape[0];
            let last = (length - 1).max(1);
            let valid: Vec<f32> = each(length).map(|(_, place)| f32::from(place < last)).collect();
            inputs.push(Tensor::from_slice(&valid, &[samples, length]));
        }
        let target = if options.classes > 0 {
            let labels: Vec<i64> = (0..samples).map(|sample| sample % options.classes).collect();
            Tensor::from_slice(&labels, &[samples])
        } else {
            let outputs = options.outputs.iter().product();
            let y: Vec<f32> = each(outputs)
                .map(|(sample, place)| (number(sample, place) * number(sample, place + 1)) as f32)
                .collect();
            Tensor::from_slice(&y, &with_batch(samples, &options.outputs))
        };
        Ok(Some(Samples { inputs, targets: vec![target] }))
    }
}
