//! Models: the backbones whose symmetry is learned.

use crate::nn::Params;
use crate::{DataSpec, Result, Tensor};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Whether a forward pass is for training or for evaluation (dropout, batch norm).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// Training.
    Train,
    /// Evaluation: samples must not influence each other.
    Eval,
}

impl Mode {
    /// Whether this is [`Mode::Train`].
    pub fn is_train(self) -> bool {
        self == Self::Train
    }
}

/// A backbone: any function of the inputs, without constraints.
///
/// Parameters are created through [`Params`] and belong to the host: it initialises them under its seed,
/// trains them, saves them. The model keeps the tensors and uses them.
pub trait Model: Send + Sized + 'static {
    /// What the user can set. Its `Default` is the default; unknown keys are refused by the host.
    type Options: Serialize + DeserializeOwned + Default;

    /// One line for `semola-host plugin list`.
    const SUMMARY: &'static str;

    /// Builds the model for data of this spec.
    ///
    /// # Errors
    /// When the options or the spec do not suit the model.
    fn new(options: Self::Options, spec: &DataSpec, params: &Params) -> Result<Self>;

    /// Predicts: inputs in the order of the spec, each `[batch, field shape]`; one result for each target
    /// of the spec, `[batch, field shape]` (logits `[batch, classes]` for classification).
    ///
    /// # Errors
    /// Whatever went wrong. A panic is caught and reported as an error, too.
    fn forward(&self, inputs: &[Tensor], mode: Mode) -> Result<Vec<Tensor>>;
}
