//! How good a trained model is: test metrics, plain and averaged over the group, behaviour under distribution shift,
//! equivariance error by finite elements and by the Lie derivative; and which elements outside the identity component
//! it is symmetric under.
//!
//! Models run in evaluation mode, in chunks that bound memory, without gradients except for the Lie derivative. Owns no
//! training.

mod average;
mod components;
mod equivariance;
mod lie_derivative;
mod metrics;
mod support;
#[cfg(test)]
mod tests;

pub use average::{Estimate, averaged_metrics, predictions};
pub use components::{ComponentTest, UNSUPPORTED, test_components};
pub use equivariance::{Curve, equivariance_curves, equivariance_error};
pub use lie_derivative::lie_derivative_error;
pub use metrics::{comparable, comparable_targets, held_out_error, metrics};

use crate::data::Samples;
use crate::plugins::ModelInstance;
use semola_plugin_api::Mode;
use tch::Tensor;

/// Samples in one forward pass.
const CHUNK: i64 = 4096;

/// Calls `each` with chunks of a split and the predictions for them.
fn predict(
    model: &ModelInstance,
    samples: &Samples,
    mut each: impl FnMut(&Samples, &[Tensor]),
) -> anyhow::Result<()> {
    let _no_grad = tch::no_grad_guard();
    let mut start = 0;
    while start < samples.len() {
        let chunk = samples.narrow(start, CHUNK.min(samples.len() - start));
        let predictions = model.forward(&chunk.inputs, Mode::Eval)?;
        each(&chunk, &predictions);
        start += CHUNK;
    }
    Ok(())
}
