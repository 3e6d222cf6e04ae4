//! Data sets: named fields in splits.

use crate::{Context, DataSpec, Result, Split, Tensor};
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
}
