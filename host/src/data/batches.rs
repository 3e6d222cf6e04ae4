use super::blocks::Window;
use super::{Samples, Train, position, seek, stream};
use crate::collective::Share;
use crate::torch::upload;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use tch::{Kind, Tensor};

/// Batches drawn from the training data, with replacement, by a stream of their own.
#[derive(Debug)]
pub struct Batches<'a> {
    source: Source<'a>,
    share: Share,
    random: ChaCha8Rng,
}

#[derive(Debug)]
enum Source<'a> {
    Whole(&'a Samples),
    Blocks(Box<Window<'a>>),
}

impl<'a> Batches<'a> {
    /// A share of batches from `train`; `name` names the random stream.
    pub fn new(train: &'a Train, share: Share, seed: u64, name: &str) -> Self {
        let source = match train {
            Train::Whole(samples) => Source::Whole(samples),
            Train::Blocks(blocks) => Source::Blocks(Box::new(Window::new(blocks, share, seed, name))),
        };
        Self { source, share, random: stream(seed, name) }
    }

    /// How far the stream is, for checkpoints.
    pub fn position(&self) -> Tensor {
        let position = position(&self.random);
        match &self.source {
            Source::Whole(_) => position,
            Source::Blocks(window) => {
                Tensor::cat(&[position, Tensor::from_slice(&[window.drawn() as i64])], 0)
            }
        }
    }

    /// Goes on from there.
    pub fn seek(&mut self, to: &Tensor) {
        seek(&mut self.random, to);
        if let Source::Blocks(window) = &mut self.source {
            window.seek(to.int64_value(&[2]) as u64);
        }
    }

    /// The next one.
    ///
    /// # Errors
    /// A block of the data cannot be read.
    pub fn draw(&mut self) -> anyhow::Result<Samples> {
        let random = &mut self.random;
        let samples = match &mut self.source {
            Source::Blocks(window) => return window.draw(|count| random.random_range(0..count)),
            Source::Whole(samples) => samples,
        };
        let count = samples.len();
        let index: Vec<i64> = (0..self.share.of).map(|_| random.random_range(0..count)).collect();
        let index = upload(&Tensor::from_slice(&index[self.share.range()]), samples.inputs[0].device());
        debug_assert_eq!(index.kind(), Kind::Int64);
        Ok(samples.at(&index))
    }
}
