//! Closed curves in the plane, each turned and shifted in its own way, and their lengths: se(2) leaves the length alone.

use semola_plugin_api::serde::{Deserialize, Serialize};
use semola_plugin_api::{
    Context, DataSpec, Dataset, Field, Reference, Representation, Result, Samples, Split, Task,
    Tensor,
};
use std::f64::consts::TAU;

/// Points of an outline.
pub(crate) const POINTS: usize = 16;

/// What users set as `[dataset] samples = …`; unknown keys are refused by the host.
#[derive(Clone, Serialize, Deserialize)]
#[serde(crate = "semola_plugin_api::serde", deny_unknown_fields, default)]
pub(crate) struct Options {
    /// Training samples; the other splits have a quarter as many.
    samples: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { samples: 6000 }
    }
}

pub(crate) struct Outlines {
    options: Options,
    seed: u64,
}

/// The length of the closed polygon.
fn length(points: &[[f64; 2]]) -> f64 {
    let next = points.iter().cycle().skip(1);
    points
        .iter()
        .zip(next)
        .map(|(p, q)| (q[0] - p[0]).hypot(q[1] - p[1]))
        .sum()
}

/// An ellipse with a dent, turned, then shifted.
fn outline(random: &mut Random, turn: f64, reach: f64) -> Vec<[f64; 2]> {
    let (a, b) = (random.within(0.5, 1.5), random.within(0.5, 1.5));
    let (dent, at) = (random.within(0.0, 0.5), random.within(0.0, TAU));
    let shift = [random.within(-reach, reach), random.within(-reach, reach)];
    (0..POINTS)
        .map(|k| {
            let angle = TAU * k as f64 / POINTS as f64;
            let radius = 1.0 - dent * (1.0 + (angle - at).cos()) / 2.0;
            let (x, y) = (a * radius * angle.cos(), b * radius * angle.sin());
            let (sin, cos) = turn.sin_cos();
            [cos * x - sin * y + shift[0], sin * x + cos * y + shift[1]]
        })
        .collect()
}

impl Dataset for Outlines {
    type Options = Options;
    const SUMMARY: &'static str = "dented ellipses and their lengths";

    fn open(options: Options, context: &Context) -> Result<Self> {
        if options.samples < 4 {
            return Err(format!(
                "outlines: samples is {}, expected 4 at least",
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
            // Homogeneous coordinates (x, y, 1): there a shift is a matrix, too.
            n: 3,
            inputs: vec![Field::new(
                "outline",
                [POINTS as i64, 2],
                Representation::Custom,
            )],
            targets: vec![Field::scalars("length", 1)],
            task: Task::Regression,
            reference: Some(euclidean()),
        }
    }

    /// `shifted` has outlines farther away.
    fn split(&self, split: Split) -> Result<Option<Samples>> {
        let samples = if split == Split::Train {
            self.options.samples
        } else {
            self.options.samples / 4
        };
        let reach = if split == Split::Shifted { 2.0 } else { 1.0 };
        let mut random = Random(self.seed ^ (split as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let (mut outlines, mut lengths) = (Vec::new(), Vec::new());
        for _ in 0..samples {
            let turn = random.within(0.0, TAU);
            let points = outline(&mut random, turn, reach);
            lengths.push(length(&points) as f32);
            outlines.extend(points.concat().iter().map(|&number| number as f32));
        }
        let samples = samples as i64;
        Ok(Some(Samples {
            inputs: vec![Tensor::from_slice(&outlines, &[samples, POINTS as i64, 2])],
            targets: vec![Tensor::from_slice(&lengths, &[samples, 1])],
        }))
    }
}

/// se(2) in homogeneous coordinates: the turn and the two shifts.
fn euclidean() -> Reference {
    let generators = [
        [[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0; 3]],
        [[0.0, 0.0, 1.0], [0.0; 3], [0.0; 3]],
        [[0.0; 3], [0.0, 0.0, 1.0], [0.0; 3]],
    ];
    let rows = |generator: &[[f64; 3]; 3]| generator.iter().map(|row| row.to_vec()).collect();
    Reference {
        name: "se(2)".into(),
        generators: generators.iter().map(rows).collect(),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_length_of_a_square_is_that_of_its_sides_wherever_it_is() {
        let square = |x: f64, y: f64| [[x, y], [x + 2.0, y], [x + 2.0, y + 2.0], [x, y + 2.0]];
        assert_eq!(length(&square(0.0, 0.0)), 8.0);
        assert_eq!(length(&square(-7.0, 3.0)), 8.0);
    }
}
