//! A data set: named fields with their representations, in splits that share nothing.

use semola_plugin_api::serde::{Deserialize, Serialize};
use semola_plugin_api::{
    Context, DataSpec, Dataset, Field, Reference, Result, Samples, Split, Task, Tensor,
};
use std::f64::consts::PI;

/// What users set as `[dataset] samples = …`; unknown keys are refused by the host.
#[derive(Clone, Serialize, Deserialize)]
#[serde(crate = "semola_plugin_api::serde", deny_unknown_fields, default)]
struct Options {
    /// Training samples; the other splits have a quarter as many.
    samples: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { samples: 4000 }
    }
}

/// A spring between two balls in the plane: from where they are to the force on the first one. The force turns with
/// the balls: so(2).
struct Spring {
    options: Options,
    seed: u64,
}

/// The pull on the first of two balls whose spring has length 1 at rest.
fn force([x, y]: [f64; 2], [u, v]: [f64; 2]) -> [f64; 2] {
    let length = (u - x).hypot(v - y);
    let pull = (length - 1.0) / length;
    [pull * (u - x), pull * (v - y)]
}

impl Dataset for Spring {
    type Options = Options;
    const SUMMARY: &'static str = "two balls on a spring";

    fn open(options: Options, context: &Context) -> Result<Self> {
        if options.samples < 4 {
            return Err(format!(
                "spring: samples is {}, expected 4 at least",
                options.samples
            )
            .into());
        }
        Ok(Self {
            options,
            seed: context.seed,
        })
    }

    fn spec(&self) -> DataSpec {
        DataSpec {
            n: 2,
            inputs: vec![Field::vectors("balls", 2, 2)],
            targets: vec![Field::vectors("force", 1, 2)],
            task: Task::Regression,
            reference: Some(Reference::rotations(2)),
        }
    }

    /// Training shows springs that point to the right within ±60°, `shifted` all directions.
    fn split(&self, split: Split) -> Result<Option<Samples>> {
        let samples = if split == Split::Train {
            self.options.samples
        } else {
            self.options.samples / 4
        };
        let spread = if split == Split::Shifted {
            PI
        } else {
            PI / 3.0
        };
        let mut random = Random(self.seed ^ (split as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let (mut balls, mut forces) = (Vec::new(), Vec::new());
        for _ in 0..samples {
            let (angle, length) = (random.within(-spread, spread), random.within(0.3, 2.0));
            let first = [random.within(-0.5, 0.5), random.within(-0.5, 0.5)];
            let second = [
                first[0] + length * angle.cos(),
                first[1] + length * angle.sin(),
            ];
            balls.extend([first, second].concat().iter().map(|&number| number as f32));
            forces.extend(force(first, second).map(|number| number as f32));
        }
        let samples = samples as i64;
        Ok(Some(Samples {
            inputs: vec![Tensor::from_slice(&balls, &[samples, 2, 2])],
            targets: vec![Tensor::from_slice(&forces, &[samples, 1, 2])],
        }))
    }
}

/// SplitMix64: the same seed, the same numbers, on every machine.
struct Random(u64);

impl Random {
    fn within(&mut self, low: f64, high: f64) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^= bits >> 31;
        low + (high - low) * (bits >> 11) as f64 / (1_u64 << 53) as f64
    }
}

semola_plugin_api::export_plugin! {
    id: "{{project-name}}",
    vendor: "me",
    experiment: include_str!("../experiment.toml"),
    components: [dataset "spring" => Spring],
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stretched_spring_pulls_and_a_short_one_pushes() {
        assert_eq!(force([0.0, 0.0], [3.0, 0.0]), [2.0, 0.0]);
        assert_eq!(force([0.0, 0.0], [0.0, 0.5]), [0.0, -0.5]);
    }
}
