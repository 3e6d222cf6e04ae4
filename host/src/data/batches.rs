use super::{Samples, position, seek, stream};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use tch::{Kind, Tensor};

/// Batches drawn from a split, with replacement, by a stream of their own.
#[derive(Debug)]
pub struct Batches<'a> {
    samples: &'a Samples,
    size: i64,
    random: ChaCha8Rng,
    index: Vec<i64>,
}

impl<'a> Batches<'a> {
    /// Batches of `size` (at least 1) from `samples`; `name` names the random stream.
    pub fn new(samples: &'a Samples, size: i64, seed: u64, name: &str) -> Self {
        Self { samples, size, random: stream(seed, name), index: Vec::with_capacity(size as usize) }
    }

    /// How far the stream is, for checkpoints.
    pub fn position(&self) -> Tensor {
        position(&self.random)
    }

    /// Goes on from there.
    pub fn seek(&mut self, to: &Tensor) {
        seek(&mut self.random, to);
    }

    /// The next one.
    pub fn draw(&mut self) -> Samples {
        let count = self.samples.len();
        self.index.clear();
        self.index.extend((0..self.size).map(|_| self.random.random_range(0..count)));
        let index = Tensor::from_slice(&self.index).to_device(self.samples.inputs[0].device());
        debug_assert_eq!(index.kind(), Kind::Int64);
        self.samples.at(&index)
    }
}
