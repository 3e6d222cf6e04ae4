use super::CHUNK;
use crate::data::Samples;
use crate::symmetry::{Action, Augmenter, Backbone, Element, to_matrices};
use nalgebra::DMatrix;
use semola_plugin_api::Task;
use tch::{Kind, Tensor};

/// Samples that are moved along a generator; a curve asks for each of them at every place.
const ALONG: i64 = 256;
/// Places on a curve: 15° apart where the range is half a turn each way.
const PLACES: usize = 25;
/// Generators that have a curve, the first ones.
const CURVES: usize = 6;

/// Root mean square of `f(gx) − ρ(g) f(x)` in units of the targets' standard deviation, with g sampled by the
/// augmenter; for classification (`backbone` gives logits) the part of the samples whose predicted class changes.
/// Takes at most 4096 samples, the first ones.
///
/// # Errors
/// The backbone's or the action's own.
pub fn equivariance_error(
    backbone: Backbone<'_>,
    action: &Action,
    task: Task,
    samples: &Samples,
    augmenter: &mut Augmenter,
) -> anyhow::Result<f64> {
    let _no_grad = tch::no_grad_guard();
    let samples = samples.first(CHUNK);
    let predictions = backbone(&samples.inputs)?;
    difference(backbone, action, task, &samples, &predictions, &augmenter.sample(samples.len()))
}

/// [`equivariance_error`] with one element for all samples, `exp(t L)`, over the range of the coefficient t.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    /// The generator L.
    pub generator: DMatrix<f64>,
    /// The coefficients, ascending, 0 in their middle.
    pub coefficients: Vec<f64>,
    /// The error at each.
    pub errors: Vec<f64>,
}

/// A curve for each generator of the augmenter, up to six, from the first 256 samples.
///
/// # Errors
/// The backbone's or the action's own.
pub fn equivariance_curves(
    backbone: Backbone<'_>,
    action: &Action,
    task: Task,
    samples: &Samples,
    augmenter: &Augmenter,
) -> anyhow::Result<Vec<Curve>> {
    let _no_grad = tch::no_grad_guard();
    let samples = samples.first(ALONG);
    let predictions = backbone(&samples.inputs)?;
    let half = (PLACES / 2) as f64;
    let generators = to_matrices(&augmenter.basis().generators());
    let curve = |(index, (generator, range)): (usize, (DMatrix<f64>, &f64))| {
        let mut curve = Curve { generator, coefficients: Vec::new(), errors: Vec::new() };
        for place in 0..PLACES {
            let part = (place as f64 - half) / half;
            let element = augmenter.along(samples.len(), index, part as f32);
            curve.coefficients.push(part * range);
            curve.errors.push(difference(backbone, action, task, &samples, &predictions, &element)?);
        }
        Ok(curve)
    };
    generators.into_iter().zip(augmenter.ranges()).enumerate().take(CURVES).map(curve).collect()
}

/// How far predictions for moved samples are from moved predictions; see [`equivariance_error`].
fn difference(
    backbone: Backbone<'_>,
    action: &Action,
    task: Task,
    samples: &Samples,
    predictions: &[Tensor],
    element: &Element,
) -> anyhow::Result<f64> {
    let moved = backbone(&action.move_inputs(&element.g, &samples.inputs)?)?;
    if let Task::Classification { .. } = task {
        let class = |logits: &Tensor| logits.argmax(-1, false);
        return Ok(class(&moved[0])
            .ne_tensor(&class(&predictions[0]))
            .to_kind(Kind::Double)
            .mean(Kind::Double)
            .double_value(&[]));
    }
    let expected = action.move_targets(element, predictions)?;
    let sum: f64 =
        moved.iter().zip(&expected).map(|(a, b)| (a - b).square().sum(Kind::Double).double_value(&[])).sum();
    let count: usize = moved.iter().map(Tensor::numel).sum();
    Ok((sum / count as f64).sqrt())
}
