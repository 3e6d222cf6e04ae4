use super::CHUNK;
use crate::symmetry::evidence::defect;
use crate::symmetry::{Action, Backbone};
use tch::{Kind, Tensor};

/// Root mean square of `J_f(x)·(L x) − dρ_y(L) f(x)` over samples, outputs and the generators `[k, n, n]`, each scaled to
/// norm 1 in the data metric: how fast the backbone leaves equivariance while the data moves by its own size, in units
/// of the targets' standard deviation (of probabilities, where the backbone classifies and gives these). Takes at
/// most 4096 samples, the first ones. `None` when no generator moves the inputs.
///
/// The Lie derivative as a measure of equivariance: Gruver et al. 2023, arXiv 2210.02984.
///
/// # Errors
/// The backbone's or the action's own.
pub fn lie_derivative_error(
    backbone: Backbone<'_>,
    action: &Action,
    inputs: &[Tensor],
    generators: &Tensor,
) -> anyhow::Result<Option<f64>> {
    let inputs: Vec<Tensor> =
        inputs.iter().map(|field| field.narrow(0, 0, CHUNK.min(field.size()[0]))).collect();
    let size = square(&inputs);
    let mut directions = Vec::new();
    for index in 0..generators.size()[0] {
        let _no_grad = tch::no_grad_guard();
        let generator = generators.detach().get(index);
        let norm = (square(&action.input_tangent(&generator, &inputs)?) / size).sqrt();
        if norm > 0.0 && norm.is_finite() {
            directions.push(generator / norm);
        }
    }
    if directions.is_empty() {
        return Ok(None);
    }
    let predictions = tch::no_grad(|| backbone(&inputs))?;
    let defect = defect(backbone, &predictions, action, &Tensor::stack(&directions, 0), &inputs)?;
    let _no_grad = tch::no_grad_guard();
    Ok(Some(defect.square().mean(Kind::Double).double_value(&[]).sqrt()))
}

/// Sum of the squares of all numbers that a group can move.
fn square(fields: &[Tensor]) -> f64 {
    let moving = fields.iter().filter(|field| field.is_floating_point());
    moving.map(|field| field.to_kind(Kind::Double).square().sum(Kind::Double).double_value(&[])).sum()
}
