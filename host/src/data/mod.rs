//! The data of a run: a data set's splits on the device, scaled so that the symmetry survives, and the
//! batches drawn from them. Training data may be larger than memory, see [`Blocks`].
//!
//! Everything downstream works on scaled values; [`Scaling`] keeps the way back. Owns no model and no group.

mod batches;
mod blocks;
mod random;
mod scaling;

pub use batches::Batches;
pub use blocks::Blocks;
pub use random::{position, seek, stream, stream_seed};
pub use scaling::{FieldScale, Scaling};

use crate::exit::Coded;
use crate::plugins::DatasetInstance;
use crate::profile::span;
use semola_plugin_api::{DataSpec, Split};
use tch::{Device, Tensor};

/// Inputs and targets, each `[samples, field shape]` in the spec's order.
#[derive(Debug)]
pub struct Samples {
    /// Input fields.
    pub inputs: Vec<Tensor>,
    /// Target fields.
    pub targets: Vec<Tensor>,
}

impl Samples {
    /// Number of samples.
    pub fn len(&self) -> i64 {
        self.inputs[0].size()[0]
    }

    /// Whether there are none; data sets with an empty split are refused.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The samples at these positions, `[count]` of type i64.
    pub fn at(&self, index: &Tensor) -> Self {
        let select = |fields: &[Tensor]| fields.iter().map(|field| field.index_select(0, index)).collect();
        Self { inputs: select(&self.inputs), targets: select(&self.targets) }
    }

    /// A run of samples, as views.
    pub fn narrow(&self, start: i64, length: i64) -> Self {
        let narrow = |fields: &[Tensor]| fields.iter().map(|field| field.narrow(0, start, length)).collect();
        Self { inputs: narrow(&self.inputs), targets: narrow(&self.targets) }
    }

    /// Bytes of all numbers.
    fn bytes(&self) -> usize {
        let fields = self.inputs.iter().chain(&self.targets);
        fields.map(|field| field.numel() * field.kind().elt_size_in_bytes()).sum()
    }

    /// The first `count` samples, or all.
    pub fn first(&self, count: i64) -> Self {
        self.narrow(0, count.min(self.len()))
    }
}

/// Training data.
#[derive(Debug)]
pub enum Train {
    /// All in memory.
    Whole(Samples),
    /// Read in blocks as they are needed.
    Blocks(Box<Blocks>),
}

impl Train {
    /// What is in memory: all, or of data in blocks some tens of thousands of samples, evenly spread.
    pub fn sample(&self) -> &Samples {
        match self {
            Self::Whole(samples) => samples,
            Self::Blocks(blocks) => &blocks.sample,
        }
    }

    /// Bytes that training takes of memory for it.
    fn bytes(&self) -> usize {
        match self {
            Self::Whole(samples) => samples.bytes(),
            Self::Blocks(blocks) => blocks.sample.bytes() + blocks.window_bytes(),
        }
    }
}

/// A data set, ready for training.
#[derive(Debug)]
pub struct Data {
    /// Fields and task.
    pub spec: DataSpec,
    /// From physical units to what models see.
    pub scaling: Scaling,
    /// Training data.
    pub train: Train,
    /// Held out for decisions.
    pub validation: Samples,
    /// Held out for the final figures.
    pub test: Samples,
    /// Test data moved by the whole group, where the data set has it.
    pub shifted: Option<Samples>,
}

/// Part of the training data that becomes the validation split of a data set that has none.
const VALIDATION_PART: f64 = 0.15;
/// Samples kept in memory of a split that is read in blocks.
const KEPT: i64 = 32_768;

impl Data {
    /// Reads all splits, scales them by the training split, and moves them to the device.
    ///
    /// # Errors
    /// The plugin's own; a required split is missing; too few samples.
    pub fn load(dataset: &DatasetInstance, device: Device) -> anyhow::Result<Self> {
        Self::read(dataset, device, None)
    }

    /// As [`Data::load`], but scaled as other data of the same fields were.
    ///
    /// # Errors
    /// As [`Data::load`].
    pub fn load_scaled(dataset: &DatasetInstance, device: Device, scaling: Scaling) -> anyhow::Result<Self> {
        Self::read(dataset, device, Some(scaling))
    }

    fn read(dataset: &DatasetInstance, device: Device, scaling: Option<Scaling>) -> anyhow::Result<Self> {
        let _span = span!("data");
        let spec = dataset.spec().clone();
        let read = |split: Split| -> anyhow::Result<Option<Samples>> {
            if let Some(extent) = dataset.extent(split)? {
                let kept = KEPT.min(extent.samples as i64);
                tracing::info!(
                    split = split.name(),
                    samples = extent.samples,
                    blocks = extent.blocks,
                    kept,
                    "read in blocks"
                );
                return blocks::spread(dataset, split, extent, kept, device).map(Some);
            }
            let fields = dataset.split(split)?;
            let to_device = |fields: Vec<Tensor>| {
                fields.into_iter().map(|field| field.to_device(device).contiguous()).collect()
            };
            Ok(fields
                .map(|(inputs, targets)| Samples { inputs: to_device(inputs), targets: to_device(targets) }))
        };
        let mut train = read(Split::Train)?.ok_or_else(|| dataset.missing(Split::Train))?;
        let in_blocks = dataset.extent(Split::Train)?;
        let test = read(Split::Test)?.ok_or_else(|| dataset.missing(Split::Test))?;
        let validation = match read(Split::Validation)? {
            Some(validation) => validation,
            None if in_blocks.is_some() => return Err(dataset.missing(Split::Validation).into()),
            None => {
                let held_out = (train.len() as f64 * VALIDATION_PART).round() as i64;
                tracing::warn!(
                    "the data set has no validation split; the last {held_out} training samples serve"
                );
                let kept = train.len() - held_out;
                let validation = train.narrow(kept, held_out);
                train = train.narrow(0, kept);
                validation
            }
        };
        if train.len() < 2 || validation.is_empty() {
            return Err(Coded::usage(format!(
                "the data set has {} training and {} validation samples, too few to learn from",
                train.len(),
                validation.len()
            ))
            .into());
        }
        let scaling = scaling.unwrap_or_else(|| Scaling::fit(&spec, &train));
        let scaled = |samples: Samples| scaling.apply(samples);
        let train = match in_blocks {
            None => Train::Whole(scaled(train)),
            Some(extent) => Train::Blocks(Box::new(Blocks::new(
                dataset.clone(),
                extent,
                scaling.clone(),
                device,
                scaled(train),
            ))),
        };
        Ok(Self {
            train,
            validation: scaled(validation),
            test: scaled(test),
            shifted: read(Split::Shifted)?.map(scaled),
            spec,
            scaling,
        })
    }

    /// Bytes of memory that the data take while training goes on.
    pub fn bytes(&self) -> usize {
        let held_out = [Some(&self.validation), Some(&self.test), self.shifted.as_ref()];
        self.train.bytes() + held_out.into_iter().flatten().map(Samples::bytes).sum::<usize>()
    }
}
