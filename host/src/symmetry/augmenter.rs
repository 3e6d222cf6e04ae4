//! The learnable augmentation module: a basis of a Lie algebra, sampled coefficients, the exponential map.

use super::matrices::flat;
use super::{Candidates, automatic_range, exponential, to_matrices};
use crate::data::stream;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use tch::{Kind, Tensor};

/// Generators, fixed or learned.
#[derive(Debug)]
pub enum Basis {
    /// Known generators `[k, n, n]`.
    Fixed(Tensor),
    /// Rows of `weight` `[k, count]`, orthonormalised, are the generators' coordinates among the candidates:
    /// always orthonormal in the data metric, so neither norm nor independence needs a loss term.
    Learned {
        /// What is trained.
        weight: Tensor,
        /// The candidates' directions `[count, n, n]`.
        directions: Candidates,
    },
}

impl Basis {
    /// A learned basis that starts at coordinates `[k, count]`.
    pub fn learned(start: &Tensor, directions: Candidates) -> Self {
        Self::Learned { weight: start.detach().copy().set_requires_grad(true), directions }
    }

    /// `[k, n, n]`, differentiable in the weight.
    pub fn generators(&self) -> Tensor {
        match self {
            Self::Fixed(generators) => generators.shallow_clone(),
            Self::Learned { weight, directions } => directions.combine(&orthonormal_rows(weight)),
        }
    }

    /// What is trained, if anything.
    pub fn weight(&self) -> Option<&Tensor> {
        match self {
            Self::Fixed(_) => None,
            Self::Learned { weight, .. } => Some(weight),
        }
    }
}

/// Gram–Schmidt by QR with the signs of the input kept.
fn orthonormal_rows(weight: &Tensor) -> Tensor {
    if weight.size()[0] == 1 {
        return weight / weight.norm();
    }
    let (q, r) = Tensor::linalg_qr(&weight.transpose(0, 1), "reduced");
    (q * r.diagonal(0, 0, 1).sign().detach()).transpose(0, 1)
}

/// Samples group elements `g = exp(Σ u_i r_i L_i)`, `u_i` uniform in `[-1, 1]`, one for each sample.
#[derive(Debug)]
pub struct Augmenter {
    basis: Basis,
    max_stretch: f64,
    ranges: Vec<f64>,
    /// `[k]` on the device.
    range: Tensor,
    /// Upper bound of the Frobenius norm of `Σ u_i r_i L_i`.
    bound: f64,
    random: ChaCha8Rng,
    draws: u64,
}

/// Draws between two looks at the generators' eigenvalues.
const REFRESH: u64 = 10;

impl Augmenter {
    /// An augmenter with a random stream of its own.
    pub fn new(basis: Basis, max_stretch: f64, seed: u64, name: &str) -> Self {
        let range = Tensor::zeros([0], (Kind::Float, tch::Device::Cpu));
        let random = stream(seed, name);
        let mut augmenter =
            Self { basis, max_stretch, ranges: Vec::new(), range, bound: 0.0, random, draws: 0 };
        augmenter.refresh();
        augmenter
    }

    /// The basis.
    pub fn basis(&self) -> &Basis {
        &self.basis
    }

    /// Range of each generator's coefficient.
    pub fn ranges(&self) -> &[f64] {
        &self.ranges
    }

    /// Takes the ranges from the generators as they are now.
    pub fn refresh(&mut self) {
        let generators = self.basis.generators().detach();
        self.ranges = automatic_range(&to_matrices(&generators), self.max_stretch);
        let norms =
            flat(&generators.flatten(1, 2).square().sum_dim_intlist([1_i64].as_slice(), false, Kind::Double));
        self.bound = norms.iter().zip(&self.ranges).map(|(square, range)| square.sqrt() * range).sum();
        let ranges: Vec<f32> = self.ranges.iter().map(|&range| range as f32).collect();
        self.range = Tensor::from_slice(&ranges).to_device(generators.device());
    }

    /// `[batch, n, n]`, differentiable in the basis.
    pub fn sample(&mut self, batch: i64) -> Tensor {
        if self.draws.is_multiple_of(REFRESH) && self.basis.weight().is_some() {
            self.refresh();
        }
        self.draws += 1;
        let generators = self.basis.generators();
        let (k, n) = (generators.size()[0], generators.size()[1]);
        let u: Vec<f32> = (0..batch * k).map(|_| self.random.random_range(-1.0..=1.0)).collect();
        let u = Tensor::from_slice(&u).reshape([batch, k]).to_device(generators.device());
        let algebra = (u * &self.range).matmul(&generators.flatten(1, 2)).reshape([batch, n, n]);
        exponential(&algebra, self.bound)
    }
}
