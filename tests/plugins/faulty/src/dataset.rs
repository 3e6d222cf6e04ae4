//! A small sound data set, and others that go wrong.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use semola_plugin_api::{
    Context, DataSpec, Dataset, Extent, Field, NoOptions, Reference, Result, Samples, Split, Task, Tensor,
};
use serde::{Deserialize, Serialize};
use std::f64::consts::PI;

/// Vectors in a sample's input.
const VECTORS: usize = 2;

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Options {
    /// Training samples, at least 1; the other splits have half as many.
    samples: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { samples: 256 }
    }
}

/// One vector of R², a random linear function of two others that commutes with rotations. Training shows
/// inputs within ±45° of the x axis, the shifted split all directions.
pub(crate) struct Tiny {
    options: Options,
    seed: u64,
    /// For each input vector the complex number that it is multiplied with.
    coefficients: [[f64; 2]; VECTORS],
}

impl Tiny {
    /// Row-major numbers of a split: inputs `[samples, 2, 2]`, targets `[samples, 1, 2]`.
    fn numbers(&self, split: Split) -> (usize, Vec<f32>, Vec<f32>) {
        let mut random = ChaCha8Rng::seed_from_u64(self.seed);
        random.set_stream(1 + split as u64);
        let samples = match split {
            Split::Train => self.options.samples,
            _ => self.options.samples.div_ceil(2),
        };
        let spread = if split == Split::Shifted { PI } else { PI / 4.0 };
        let (mut inputs, mut targets) = (Vec::new(), Vec::new());
        for _ in 0..samples {
            let turn = random.random_range(-spread..spread);
            let mut target = [0.0, 0.0];
            for [a, b] in self.coefficients {
                let angle: f64 = turn + random.random_range(-0.3..0.3);
                let length: f64 = random.random_range(0.5..1.5);
                let [x, y] = [length * angle.cos(), length * angle.sin()];
                target[0] += a * x - b * y;
                target[1] += b * x + a * y;
                inputs.extend([x as f32, y as f32]);
            }
            targets.extend(target.map(|number| number as f32));
        }
        (samples, inputs, targets)
    }
}

impl Dataset for Tiny {
    type Options = Options;
    const SUMMARY: &'static str = "a random linear function of two vectors";

    fn open(options: Options, context: &Context) -> Result<Self> {
        if options.samples < 1 {
            return Err("tiny: samples is 0, and training needs at least 1".into());
        }
        let mut random = ChaCha8Rng::seed_from_u64(context.seed);
        let coefficients = std::array::from_fn(|_| std::array::from_fn(|_| random.random_range(-1.0..1.0)));
        Ok(Self { options, seed: context.seed, coefficients })
    }

    fn spec(&self) -> DataSpec {
        DataSpec {
            n: 2,
            inputs: vec![Field::vectors("x", VECTORS, 2)],
            targets: vec![Field::vectors("y", 1, 2)],
            task: Task::Regression,
            reference: Some(Reference::rotations(2)),
        }
    }

    fn split(&self, split: Split) -> Result<Option<Samples>> {
        let (samples, inputs, targets) = self.numbers(split);
        let samples = samples as i64;
        Ok(Some(Samples {
            inputs: vec![Tensor::from_slice(&inputs, &[samples, VECTORS as i64, 2])],
            targets: vec![Tensor::from_slice(&targets, &[samples, 1, 2])],
        }))
    }
}

/// Defines a data set that is `tiny` but for one thing.
macro_rules! spoilt {
    ($dataset:ident: $summary:literal, |$tiny:ident, $split:ident| $body:expr) => {
        pub(crate) struct $dataset(Tiny);

        impl Dataset for $dataset {
            type Options = NoOptions;
            const SUMMARY: &'static str = $summary;

            fn open(_options: NoOptions, context: &Context) -> Result<Self> {
                Ok(Self(Tiny::open(Options::default(), context)?))
            }

            fn spec(&self) -> DataSpec {
                self.0.spec()
            }

            fn split(&self, $split: Split) -> Result<Option<Samples>> {
                let $tiny = &self.0;
                $body
            }
        }
    };
}

spoilt!(WrongSpec: "tensors of another shape than the spec says", |tiny, split| {
    Ok(tiny.split(split)?.map(|samples| Samples {
        inputs: samples.inputs.iter().map(|x| x.flatten(1, -1)).collect(),
        targets: samples.targets,
    }))
});
spoilt!(NanData: "one training input is not a number", |tiny, split| {
    let (samples, mut inputs, targets) = tiny.numbers(split);
    if split == Split::Train {
        inputs[5] = f32::NAN;
    }
    let samples = samples as i64;
    Ok(Some(Samples {
        inputs: vec![Tensor::from_slice(&inputs, &[samples, VECTORS as i64, 2])],
        targets: vec![Tensor::from_slice(&targets, &[samples, 1, 2])],
    }))
});
spoilt!(NoTrain: "has no training split", |tiny, split| match split {
    Split::Train => Ok(None),
    _ => tiny.split(split),
});

/// `tiny` in two blocks, the second of which is the first one again.
pub(crate) struct WrongBlock(Tiny);

impl Dataset for WrongBlock {
    type Options = NoOptions;
    const SUMMARY: &'static str = "its second block is the first one";

    fn open(_options: NoOptions, context: &Context) -> Result<Self> {
        Ok(Self(Tiny::open(Options::default(), context)?))
    }

    fn spec(&self) -> DataSpec {
        self.0.spec()
    }

    fn split(&self, split: Split) -> Result<Option<Samples>> {
        self.0.split(split)
    }

    fn extent(&self, split: Split) -> Result<Option<Extent>> {
        let samples = self.0.numbers(split).0 as u64;
        Ok(Some(Extent { samples, blocks: 2, largest: samples / 2 }))
    }

    fn block(&self, split: Split, _block: u64) -> Result<Samples> {
        let (samples, inputs, targets) = self.0.numbers(split);
        let half = samples / 2;
        Ok(Samples {
            inputs: vec![Tensor::from_slice(
                &inputs[..half * VECTORS * 2],
                &[half as i64, VECTORS as i64, 2],
            )],
            targets: vec![Tensor::from_slice(&targets[..half * 2], &[half as i64, 1, 2])],
        })
    }
}

spoilt!(DeadlyData: "aborts the process when it is read", |_tiny, _split| std::process::abort());
