//! Training data that are read in blocks while training goes on, for sets larger than memory.
//!
//! A window holds some blocks, and batches are drawn from all of it at random; after as many batches as a block has samples
//! for, its oldest block makes room for the next one, which a thread has read meanwhile. Blocks come in a new random order
//! each time through the data. What is in the window is a function of the seed and of the number of batches drawn, so that a
//! run that was interrupted goes on with the same batches.

use super::{Samples, Scaling, stream};
use crate::collective::Share;
use crate::plugins::DatasetInstance;
use crate::torch::upload;
use rand::seq::SliceRandom;
use semola_plugin_api::{Extent, Field, Split};
use std::sync::mpsc::{Receiver, sync_channel};
use tch::{Device, Tensor};

/// Bytes of a window, about.
const WINDOW: usize = 64 << 20;
/// Blocks of a window.
const FEWEST: u64 = 4;
const MOST: u64 = 64;

/// Training data in blocks.
#[derive(Debug)]
pub struct Blocks {
    dataset: DatasetInstance,
    extent: Extent,
    scaling: Scaling,
    device: Device,
    /// Samples from all over the split, scaled: for whatever needs no more than a look at the training data.
    pub(super) sample: Samples,
}

impl Blocks {
    pub(super) fn new(
        dataset: DatasetInstance,
        extent: Extent,
        scaling: Scaling,
        device: Device,
        sample: Samples,
    ) -> Self {
        Self { dataset, extent, scaling, device, sample }
    }

    /// Blocks of a window.
    fn width(&self) -> u64 {
        let wanted = WINDOW / (self.extent.largest as usize * self.sample_bytes()).max(1);
        (wanted as u64).clamp(FEWEST, MOST).min(self.extent.blocks)
    }

    fn sample_bytes(&self) -> usize {
        let spec = self.dataset.spec();
        let numbers = |field: &Field| field.numel().map_or(0, |numbers| numbers as usize);
        spec.inputs.iter().chain(&spec.targets).map(|field| 4 * numbers(field)).sum()
    }

    /// Bytes that a window takes, with the blocks that are on their way into it.
    pub(super) fn window_bytes(&self) -> usize {
        (self.width() as usize + 3) * self.extent.largest as usize * self.sample_bytes()
    }
}

/// Samples spread evenly over a split that is read in blocks, at most `most` of them, unscaled.
///
/// # Errors
/// The data set's own.
pub(super) fn spread(
    dataset: &DatasetInstance,
    split: Split,
    extent: Extent,
    most: i64,
    device: Device,
) -> anyhow::Result<Samples> {
    // Several blocks even where one would do: neighbours may be alike.
    let count = extent.blocks.min((most as u64).div_ceil(extent.largest).max(8));
    let each = (most as u64).div_ceil(count) as i64;
    let mut parts: Vec<Samples> = Vec::new();
    for place in 0..count {
        let block = place * extent.blocks / count;
        let samples = read(dataset, split, block, device)?;
        let kept = each.min(samples.len());
        let step = samples.len() as f64 / kept.max(1) as f64;
        let index: Vec<i64> = (0..kept).map(|i| (i as f64 * step) as i64).collect();
        parts.push(samples.at(&Tensor::from_slice(&index).to_device(device)));
    }
    let joined = |fields: fn(&Samples) -> &Vec<Tensor>| -> Vec<Tensor> {
        let count = fields(&parts[0]).len();
        (0..count)
            .map(|i| Tensor::cat(&parts.iter().map(|part| &fields(part)[i]).collect::<Vec<_>>(), 0))
            .collect()
    };
    Ok(Samples { inputs: joined(|part| &part.inputs), targets: joined(|part| &part.targets) }.first(most))
}

fn read(dataset: &DatasetInstance, split: Split, block: u64, device: Device) -> anyhow::Result<Samples> {
    let (inputs, targets) = dataset.block(split, block)?;
    let to_device = |fields: Vec<Tensor>| fields.into_iter().map(|field| field.to_device(device)).collect();
    Ok(Samples { inputs: to_device(inputs), targets: to_device(targets) })
}

/// The order in which blocks are read: all of them once, then all of them in another order, and so on.
#[derive(Clone, Debug)]
struct Order {
    seed: u64,
    name: String,
    blocks: u64,
    /// One time through, and which.
    round: Option<(u64, Vec<u64>)>,
}

impl Order {
    fn at(&mut self, place: u64) -> u64 {
        let number = place / self.blocks;
        if self.round.as_ref().is_none_or(|(round, _)| *round != number) {
            let mut blocks: Vec<u64> = (0..self.blocks).collect();
            blocks.shuffle(&mut stream(self.seed, &format!("{}/blocks/{number}", self.name)));
            self.round = Some((number, blocks));
        }
        self.round.as_ref().map_or(0, |(_, blocks)| blocks[(place % self.blocks) as usize])
    }
}

/// The blocks that batches are drawn from at the moment; see the module.
#[derive(Debug)]
pub(super) struct Window<'a> {
    blocks: &'a Blocks,
    share: Share,
    order: Order,
    /// Batches drawn from one block before it goes.
    patience: u64,
    /// Batches drawn.
    drawn: u64,
    held: Option<Held>,
}

/// Every field of all slots, one behind the other, `[slots × largest block, field shape]`.
#[derive(Debug)]
struct Held {
    fields: Samples,
    /// Samples in each slot.
    counts: Vec<i64>,
    /// Blocks that have come in, the first ones included.
    come: u64,
    next: Receiver<anyhow::Result<Samples>>,
}

impl<'a> Window<'a> {
    pub(super) fn new(blocks: &'a Blocks, share: Share, seed: u64, name: &str) -> Self {
        let mean = blocks.extent.samples as f64 / blocks.extent.blocks as f64;
        let order = Order { seed, name: name.to_owned(), blocks: blocks.extent.blocks, round: None };
        let patience = ((mean / share.of as f64) as u64).max(1);
        Self { blocks, share, order, patience, drawn: 0, held: None }
    }

    /// Batches drawn.
    pub(super) fn drawn(&self) -> u64 {
        self.drawn
    }

    /// Goes on after so many batches.
    pub(super) fn seek(&mut self, drawn: u64) {
        (self.drawn, self.held) = (drawn, None);
    }

    /// The share of a batch at positions that `draw` gives, each below the number it is given.
    pub(super) fn draw(&mut self, mut draw: impl FnMut(i64) -> i64) -> anyhow::Result<Samples> {
        let wanted = self.wanted();
        let mut held = match self.held.take() {
            Some(held) => held,
            None => self.fill(wanted)?,
        };
        while held.come < wanted {
            self.take_in(&mut held)?;
        }
        let largest = self.blocks.extent.largest as i64;
        let total: i64 = held.counts.iter().sum();
        anyhow::ensure!(total > 0, "the blocks of the training data are empty");
        let place = |mut at: i64| {
            let slot = held.counts.iter().position(|&count| {
                let within = at < count;
                at -= if within { 0 } else { count };
                within
            });
            slot.map_or(0, |slot| slot as i64 * largest + at)
        };
        let index: Vec<i64> = (0..self.share.of).map(|_| place(draw(total))).collect();
        let index = Tensor::from_slice(&index[self.share.range()]);
        let batch = held.fields.at(&upload(&index, self.blocks.device));
        (self.held, self.drawn) = (Some(held), self.drawn + 1);
        Ok(batch)
    }

    /// Blocks that have come into the window before the next batch.
    fn wanted(&self) -> u64 {
        let width = self.blocks.width();
        // Where all of it fits, nothing has to make room.
        if width == self.blocks.extent.blocks { width } else { width + self.drawn / self.patience }
    }

    /// The window as it is when so many blocks have come: the last ones, each in its slot.
    fn fill(&mut self, come: u64) -> anyhow::Result<Held> {
        let Blocks { dataset, extent, device, .. } = self.blocks;
        let width = self.blocks.width();
        let slots = (width * extent.largest) as i64;
        let room = |fields: &[Tensor]| -> Vec<Tensor> {
            let size = |field: &Tensor| [&[slots], &field.size()[1..]].concat();
            fields.iter().map(|field| Tensor::zeros(size(field), (field.kind(), *device))).collect()
        };
        let sample = &self.blocks.sample;
        let fields = Samples { inputs: room(&sample.inputs), targets: room(&sample.targets) };
        let (sender, next) = sync_channel(1);
        let (dataset, device, mut order, first) =
            (dataset.clone(), *device, self.order.clone(), come.saturating_sub(width));
        std::thread::Builder::new().name("blocks".into()).spawn(move || {
            for place in first.. {
                // Nobody waits any more: the stage is over.
                if sender.send(read(&dataset, Split::Train, order.at(place), device)).is_err() {
                    break;
                }
            }
        })?;
        let mut held = Held { fields, counts: vec![0; width as usize], come: first, next };
        while held.come < come {
            self.take_in(&mut held)?;
        }
        Ok(held)
    }

    /// The next block, in place of the oldest one.
    fn take_in(&self, held: &mut Held) -> anyhow::Result<()> {
        let samples = self.blocks.scaling.apply(held.next.recv()??);
        let slot = held.come % held.counts.len() as u64;
        let (start, count) = ((slot * self.blocks.extent.largest) as i64, samples.len());
        anyhow::ensure!(
            count <= self.blocks.extent.largest as i64,
            "a block of the training data has {count} samples, and its data set said at most {}",
            self.blocks.extent.largest
        );
        let pairs = [(&held.fields.inputs, &samples.inputs), (&held.fields.targets, &samples.targets)];
        for (room, field) in pairs.into_iter().flat_map(|(room, fields)| room.iter().zip(fields)) {
            room.narrow(0, start, count).copy_(field);
        }
        held.counts[slot as usize] = count;
        held.come += 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_block_comes_once_a_round() {
        let mut order = Order { seed: 5, name: "joint".into(), blocks: 7, round: None };
        let rounds: Vec<Vec<u64>> =
            (0..3).map(|round| (0..7).map(|place| order.at(7 * round + place)).collect()).collect();
        for round in &rounds {
            let mut sorted = round.clone();
            sorted.sort_unstable();
            assert_eq!(sorted, [0, 1, 2, 3, 4, 5, 6]);
        }
        assert_ne!(rounds[0], rounds[1]);
        // The order at a place does not hang on what was asked before.
        let mut fresh = Order { round: None, ..order };
        assert_eq!(fresh.at(9), rounds[1][2]);
    }
}
