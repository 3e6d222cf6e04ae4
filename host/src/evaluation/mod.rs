//! How good a trained model is: test metrics, behaviour under distribution shift, equivariance error.
//!
//! Models run in evaluation mode without gradients, in chunks that bound memory. Owns no training.

mod equivariance;
mod metrics;

pub use equivariance::equivariance_error;
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
