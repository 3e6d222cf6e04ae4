//! Data sets: named fields in splits.

use crate::{Context, DataSpec, Error, Extent, Result, Split, Tensor};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The tensors of a split: every field `[samples, field shape]`, inputs and targets in the spec's order.
#[derive(Clone)]
pub struct Samples {
    /// One tensor for each input field.
    pub inputs: Vec<Tensor>,
    /// One tensor for each target field.
    pub targets: Vec<Tensor>,
}

/// A data set.
///
/// It gives raw values in their physical units: the host scales every field by numbers that keep the
/// symmetry (one scalar a field), and undoes that in what it reports.
pub trait Dataset: Send + Sized + 'static {
    /// What the user can set. Its `Default` is the default; unknown keys are refused by the host.
    type Options: Serialize + DeserializeOwned + Default;

    /// One line for `semola-host plugin list`.
    const SUMMARY: &'static str;

    /// Opens or generates the data.
    ///
    /// # Errors
    /// When the options are out of range or a source cannot be read: file, what was found, what to do.
    fn open(options: Self::Options, context: &Context) -> Result<Self>;

    /// Fields, task, and the known symmetry if there is one.
    fn spec(&self) -> DataSpec;

    /// A split, or `None` where the data set has none of the kind. `Train` and `Test` must exist.
    /// Splits are disjoint by object (trajectory, molecule, mesh), never by sample of one object.
    ///
    /// # Errors
    /// Whatever went wrong.
    fn split(&self, split: Split) -> Result<Option<Samples>>;

    /// For data larger than memory: how many blocks the split is read in, each of a few megabytes. `None`, which is the
    /// default, where it is read as a whole. The host keeps some blocks at a time and draws batches from them, so samples
    /// that lie side by side in the source should be as different as any, or be shuffled there.
    ///
    /// # Errors
    /// Whatever went wrong.
    fn extent(&self, split: Split) -> Result<Option<Extent>> {
        let _ = split;
        Ok(None)
    }

    /// One block, counted from 0, of a split that has an [`extent`](Dataset::extent); the same one whenever it is asked for,
    /// and all together what [`split`](Dataset::split) gives, in that order. Blocks may differ in length.
    ///
    /// # Errors
    /// Whatever went wrong.
    fn block(&self, split: Split, block: u64) -> Result<Samples> {
        Err(Error::new(format!("split {} is not read in blocks; block {block} was asked for", split.name())))
    }
}
