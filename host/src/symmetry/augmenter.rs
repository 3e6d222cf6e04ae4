//! The learnable augmentation module: a basis of a Lie algebra, sampled coefficients, the exponential map.

use super::matrices::flat;
use super::{Basis, automatic_range, exponential, to_matrices};
use crate::collective::Share;
use crate::config::{Distribution, Exponentials, Range, Symmetry};
use crate::data::{position, seek, stream};
use crate::profile::span;
use crate::torch::upload;
use rand::RngExt;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution as _, StandardNormal};
use tch::{Device, Kind, Tensor};

/// Group elements, one for each sample of a batch.
#[derive(Debug)]
pub struct Element {
    /// `[batch, n, n]`, differentiable in the basis.
    pub g: Tensor,
    /// `[batch, m, m]` on all target numbers side by side, where a learned representation moves them.
    pub output: Option<Tensor>,
    /// The generators `[k, n, n]` that it was made from.
    pub generators: Tensor,
    /// Their coefficients `[batch, k]`, in units of the ranges.
    pub coefficients: Tensor,
}

impl Element {
    /// The inverse of each.
    pub fn inverse(&self) -> Self {
        Self {
            g: self.g.inverse(),
            output: self.output.as_ref().map(Tensor::inverse),
            generators: self.generators.shallow_clone(),
            coefficients: -&self.coefficients,
        }
    }
}

/// How coefficients are drawn and made into group elements.
#[derive(Clone, Copy, Debug)]
pub struct Sampling {
    /// Of each coefficient.
    pub distribution: Distribution,
    /// One exponential of the sum, or a product of exponentials.
    pub exponentials: Exponentials,
    /// How wide.
    pub range: Range,
    /// Largest factor by which a generator of automatic range stretches the data.
    pub max_stretch: f64,
}

impl Sampling {
    /// As configured.
    pub fn new(symmetry: &Symmetry) -> Self {
        Self {
            distribution: symmetry.distribution,
            exponentials: symmetry.exponentials,
            range: symmetry.range,
            max_stretch: symmetry.max_stretch,
        }
    }

    /// Uniform coefficients of automatic range in one exponential.
    pub fn automatic(max_stretch: f64) -> Self {
        Self::new(&Symmetry { max_stretch, ..Symmetry::default() })
    }
}

/// Samples group elements, by default `g = exp(Σ u_i r_i L_i)`, `u_i` uniform in `[-1, 1]`, one for each sample.
#[derive(Debug)]
pub struct Augmenter {
    basis: Basis,
    sampling: Sampling,
    /// Set from outside, in place of those by rule.
    pinned: bool,
    ranges: Vec<f64>,
    /// `[k]` on the device.
    range: Tensor,
    /// Frobenius norm of each `r_i L_i`.
    norms: Vec<f64>,
    random: ChaCha8Rng,
    draws: u64,
}

/// Draws between two looks at the generators' eigenvalues.
const REFRESH: u64 = 10;

impl Augmenter {
    /// An augmenter with a random stream of its own.
    pub fn new(basis: Basis, sampling: Sampling, seed: u64, name: &str) -> Self {
        let range = Tensor::zeros([0], (Kind::Float, Device::Cpu));
        let random = stream(seed, name);
        let (pinned, ranges, norms) = (false, Vec::new(), Vec::new());
        let mut augmenter = Self { basis, sampling, pinned, ranges, range, norms, random, draws: 0 };
        augmenter.refresh();
        augmenter
    }

    /// The basis.
    pub fn basis(&self) -> &Basis {
        &self.basis
    }

    /// The same group and ranges at rest, with another random stream.
    pub fn frozen(&self, seed: u64, name: &str) -> Self {
        let mut frozen = Self::new(self.basis.frozen(), self.sampling, seed, name);
        frozen.set_ranges(Some(self.ranges.clone()));
        frozen
    }

    /// Range of each generator's coefficient.
    pub fn ranges(&self) -> &[f64] {
        &self.ranges
    }

    /// Fixes the ranges, whatever the rule says; with `None` the rule holds again.
    pub fn set_ranges(&mut self, ranges: Option<Vec<f64>>) {
        self.pinned = ranges.is_some();
        self.ranges = ranges.unwrap_or_default();
        self.refresh();
    }

    /// Takes the ranges from the generators as they are now, if they come by rule.
    pub fn refresh(&mut self) {
        let generators = self.basis.generators().detach();
        if !self.pinned {
            self.ranges = match self.sampling.range {
                Range::Fixed(range) => vec![range; generators.size()[0] as usize],
                Range::Rule(_) => automatic_range(&to_matrices(&generators), self.sampling.max_stretch),
            };
        }
        let squares =
            flat(&generators.flatten(1, 2).square().sum_dim_intlist([1_i64].as_slice(), false, Kind::Double));
        self.norms = squares.iter().zip(&self.ranges).map(|(square, range)| square.sqrt() * range).collect();
        self.range = on_device(&self.ranges, generators.device());
    }

    /// All that changes along the way but the basis, by name, for checkpoints.
    pub fn state(&self) -> Vec<(&'static str, Tensor)> {
        vec![
            ("random", position(&self.random)),
            ("draws", Tensor::from(self.draws as i64)),
            ("pinned", Tensor::from(i64::from(self.pinned))),
            ("ranges", Tensor::from_slice(&self.ranges)),
            ("norms", Tensor::from_slice(&self.norms)),
        ]
    }

    /// Takes a [`state`](Augmenter::state) over.
    ///
    /// # Errors
    /// A part of it is missing.
    pub fn restore(&mut self, saved: &dyn Fn(&str) -> anyhow::Result<Tensor>) -> anyhow::Result<()> {
        seek(&mut self.random, &saved("random")?);
        self.draws = saved("draws")?.int64_value(&[]) as u64;
        self.pinned = saved("pinned")?.int64_value(&[]) != 0;
        (self.ranges, self.norms) = (flat(&saved("ranges")?), flat(&saved("norms")?));
        self.range = on_device(&self.ranges, self.basis.generators().device());
        Ok(())
    }

    /// One element for each of `batch` samples.
    pub fn sample(&mut self, batch: i64) -> Element {
        self.sample_share(Share::whole(batch), 1)
    }

    /// One element for each copy of the samples of a share, copy by copy: those that they have where one process draws for the
    /// whole batch.
    pub fn sample_share(&mut self, share: Share, copies: i64) -> Element {
        let _span = span!("elements");
        if self.draws.is_multiple_of(REFRESH) && !self.basis.trained().is_empty() {
            self.refresh();
        }
        self.draws += 1;
        let k = self.ranges.len();
        let count = (share.of * copies) as usize * k;
        let random = &mut self.random;
        let coefficients: Vec<f32> = match self.sampling.distribution {
            Distribution::Uniform => (0..count).map(|_| random.random_range(-1.0..=1.0)).collect(),
            Distribution::Normal => {
                let deviation = 1.0 / 3.0_f32.sqrt();
                let normal = |random: &mut ChaCha8Rng| -> f32 { StandardNormal.sample(random) };
                (0..count).map(|_| deviation * normal(random)).collect()
            }
        };
        let product = k > 1 && self.sampling.exponentials == Exponentials::Product;
        let order = product.then(|| {
            let mut order: Vec<i64> = (0..k as i64).collect();
            order.shuffle(&mut self.random);
            order
        });
        self.element(&share.of_copies(&coefficients, k), order.as_deref())
    }

    /// One element for each of `batch` samples: the coefficient of one generator at `part` of its range, all others 0.
    pub fn along(&self, batch: i64, generator: usize, part: f32) -> Element {
        let k = self.ranges.len();
        let coefficients = (0..batch as usize * k).map(|i| if i % k == generator { part } else { 0.0 });
        self.element(&coefficients.collect::<Vec<f32>>(), None)
    }

    /// Elements with coefficients `[batch, k]` in units of the ranges: one exponential, or a product in the order.
    fn element(&self, coefficients: &[f32], order: Option<&[i64]>) -> Element {
        let generators = self.basis.generators();
        let k = self.ranges.len() as i64;
        let largest = coefficients.iter().fold(1.0_f32, |largest, u| largest.max(u.abs()));
        let coefficients = upload(&Tensor::from_slice(coefficients).reshape([-1, k]), generators.device());
        let u = &coefficients * &self.range;
        let bounds: Vec<f64> = self.norms.iter().map(|norm| norm * f64::from(largest)).collect();
        let exponentiate = |matrices: &Tensor, bounds: &[f64]| match order {
            None => exponential(&u, matrices, bounds.iter().sum()),
            Some(order) => {
                let alone =
                    |&i: &i64| exponential(&u.narrow(1, i, 1), &matrices.narrow(0, i, 1), bounds[i as usize]);
                let product = order.iter().map(alone).reduce(|product, factor| product.bmm(&factor));
                product.expect("an order names at least two generators")
            }
        };
        let g = exponentiate(&generators, &bounds);
        let output =
            self.basis.output().map(|output| exponentiate(&output, &self.bounds_of(&output, largest)));
        Element { g, output, generators, coefficients }
    }

    fn bounds_of(&self, matrices: &Tensor, largest: f32) -> Vec<f64> {
        let squares =
            flat(&matrices.flatten(1, 2).square().sum_dim_intlist([1_i64].as_slice(), false, Kind::Double));
        let scaled = squares.iter().zip(&self.ranges);
        scaled.map(|(square, range)| square.sqrt() * range * f64::from(largest)).collect()
    }
}

fn on_device(ranges: &[f64], device: Device) -> Tensor {
    let ranges: Vec<f32> = ranges.iter().map(|&range| range as f32).collect();
    upload(&Tensor::from_slice(&ranges), device)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::RangeRule;
    use nalgebra::DMatrix;

    fn augmenter(matrices: &[&[f64]], sampling: Sampling) -> Augmenter {
        let n = (matrices[0].len() as f64).sqrt() as usize;
        let matrices: Vec<DMatrix<f64>> =
            matrices.iter().map(|entries| DMatrix::from_row_slice(n, n, entries)).collect();
        let generators = crate::symmetry::to_tensor(&matrices, tch::Device::Cpu);
        Augmenter::new(Basis::fixed(generators), sampling, 7, "test")
    }

    const ROTATION: &[f64] = &[0.0, -1.0, 1.0, 0.0];
    const BOOST: &[f64] = &[0.0, 1.0, 1.0, 0.0];

    #[test]
    fn elements_lie_in_the_group() {
        for distribution in [Distribution::Uniform, Distribution::Normal] {
            let sampling = Sampling { distribution, ..Sampling::automatic(2.0) };
            let element = augmenter(&[ROTATION], sampling).sample(500);
            let gram = element.g.matmul(&element.g.transpose(1, 2));
            let identity = Tensor::eye(2, (Kind::Float, tch::Device::Cpu));
            assert!((gram - identity).abs().max().double_value(&[]) < 1e-4, "{distribution:?}");
        }
    }

    #[test]
    fn coefficients_have_the_standard_deviation_of_their_range() {
        // Angles within the half circle: atan2 gives the coefficient back. A normal one beyond ±π is rare here.
        for distribution in [Distribution::Uniform, Distribution::Normal] {
            let sampling = Sampling { distribution, range: Range::Fixed(0.9), ..Sampling::automatic(2.0) };
            let g = augmenter(&[ROTATION], sampling).sample(20_000).g;
            let angles = g.select(1, 1).select(1, 0).atan2(&g.select(1, 0).select(1, 0));
            let deviation = angles.square().mean(Kind::Double).sqrt().double_value(&[]);
            assert!((deviation - 0.9 / 3.0_f64.sqrt()).abs() < 0.01, "{distribution:?}: {deviation}");
        }
    }

    #[test]
    fn a_product_reaches_what_one_exponential_cannot() {
        // In SL(2,R) a single exponential never has a trace below −2; products of rotations and boosts do.
        let least_trace = |exponentials| {
            let sampling = Sampling { exponentials, range: Range::Fixed(3.0), ..Sampling::automatic(2.0) };
            let g = augmenter(&[ROTATION, BOOST], sampling).sample(4000).g;
            let determinant = g.det();
            assert!((determinant - 1.0).abs().max().double_value(&[]) < 1e-2);
            g.diagonal(0, 1, 2)
                .sum_dim_intlist([1_i64].as_slice(), false, Kind::Double)
                .min()
                .double_value(&[])
        };
        assert!(least_trace(Exponentials::Single) >= -2.0 - 1e-3);
        assert!(least_trace(Exponentials::Product) < -3.0);
    }

    #[test]
    fn along_moves_by_one_generator_alone() {
        let sampling = Sampling { range: Range::Rule(RangeRule::Automatic), ..Sampling::automatic(2.0) };
        let element = augmenter(&[BOOST, ROTATION], sampling).along(3, 1, 0.5);
        let expected = Tensor::from_slice(&[0.0_f32, -1.0, 1.0, 0.0]).reshape([2, 2]);
        assert!((element.g - expected).abs().max().double_value(&[]) < 1e-5, "a quarter turn");
    }
}
