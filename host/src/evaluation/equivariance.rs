use super::CHUNK;
use crate::data::{Data, Samples};
use crate::plugins::ModelInstance;
use crate::symmetry::{Action, Augmenter};
use semola_plugin_api::{Mode, Task};
use tch::{Kind, Tensor};

/// Root mean square of `f(gx) − ρ(g) f(x)` in units of the targets' standard deviation, with g sampled by the
/// augmenter; for classification the part of the samples whose predicted class changes.
///
/// # Errors
/// The model's or the action's own.
pub fn equivariance_error(
    model: &ModelInstance,
    action: &Action,
    data: &Data,
    samples: &Samples,
    augmenter: &mut Augmenter,
) -> anyhow::Result<f64> {
    let _no_grad = tch::no_grad_guard();
    let samples = samples.first(CHUNK);
    let element = augmenter.sample(samples.len());
    let predictions = model.forward(&samples.inputs, Mode::Eval)?;
    let moved = model.forward(&action.move_inputs(&element.g, &samples.inputs)?, Mode::Eval)?;
    if let Task::Classification { .. } = data.spec.task {
        let class = |logits: &Tensor| logits.argmax(-1, false);
        return Ok(class(&moved[0])
            .ne_tensor(&class(&predictions[0]))
            .to_kind(Kind::Double)
            .mean(Kind::Double)
            .double_value(&[]));
    }
    let expected = action.move_targets(&element, &predictions)?;
    let sum: f64 =
        moved.iter().zip(&expected).map(|(a, b)| (a - b).square().sum(Kind::Double).double_value(&[])).sum();
    let count: usize = moved.iter().map(Tensor::numel).sum();
    Ok((sum / count as f64).sqrt())
}
