//! Group actions: how matrices act on fields that no declared representation describes.

use crate::{ActionSpec, DataSpec, Result, Tensor};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// An action of matrices `g` on a batch.
///
/// Only fields declared [`crate::Representation::Image`] or [`crate::Representation::Custom`] need one;
/// vectors, covectors, matrices and scalars are acted on by the host.
pub trait GroupAction: Send + Sized + 'static {
    /// What the user can set. Its `Default` is the default; unknown keys are refused by the host.
    type Options: Serialize + DeserializeOwned + Default;

    /// One line for `semola-host plugin list`.
    const SUMMARY: &'static str;

    /// Builds the action for data of this spec.
    ///
    /// # Errors
    /// When it cannot act on such data.
    fn new(options: Self::Options, spec: &DataSpec) -> Result<Self>;

    /// Size of the matrices, the free entries of a generator, the expected algebra.
    fn describe(&self) -> ActionSpec;

    /// Moves the inputs: `g` is `[batch, n, n]`, the result has the inputs' order and shapes. Must be
    /// differentiable in `g` and give the inputs back for `g = I`.
    ///
    /// # Errors
    /// Whatever went wrong.
    fn act(&self, g: &Tensor, inputs: &[Tensor]) -> Result<Vec<Tensor>>;

    /// Moves the targets; the default leaves them alone (an invariant task).
    ///
    /// # Errors
    /// Whatever went wrong.
    fn act_target(&self, g: &Tensor, targets: &[Tensor]) -> Result<Vec<Tensor>> {
        let _ = g;
        Ok(targets.to_vec())
    }
}
