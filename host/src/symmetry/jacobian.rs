//! Directional derivatives `J_f(x) · t` of a backbone at many samples, two ways.

use tch::{Kind, Tensor};

/// Half the step along a tangent, in units of the data's own size: balances the third derivative against
/// single precision.
const HALF_STEP: f64 = 0.02;

/// Samples in one forward pass, to bound memory.
const CHUNK: i64 = 8192;

/// A backbone in evaluation mode: inputs to predictions, field by field.
pub(crate) type Backbone<'a> = &'a dyn Fn(&[Tensor]) -> anyhow::Result<Vec<Tensor>>;

/// `[samples, outputs]`: all predictions side by side, double precision.
pub(super) fn flat(fields: &[Tensor]) -> Tensor {
    let flat: Vec<Tensor> = fields.iter().map(|field| field.flatten(1, -1).to_kind(Kind::Double)).collect();
    Tensor::cat(&flat, 1)
}

/// By central differences along each of the tangents: `2 · tangents` forward passes, works for any model.
/// Result `[tangents, samples, outputs]`.
pub(super) fn by_differences(
    backbone: Backbone<'_>,
    inputs: &[Tensor],
    tangents: &[Vec<Tensor>],
) -> anyhow::Result<Tensor> {
    let _no_grad = tch::no_grad_guard();
    let samples = inputs[0].size()[0];
    let step = |tangent: &[Tensor], size: f64| -> Vec<Tensor> {
        inputs
            .iter()
            .zip(tangent)
            .map(|(x, t)| if x.is_floating_point() { x + t * size } else { x.shallow_clone() })
            .collect()
    };
    let together = (CHUNK / (2 * samples)).max(1) as usize;
    let mut derivatives = Vec::with_capacity(tangents.len());
    for chunk in tangents.chunks(together) {
        let moved: Vec<Vec<Tensor>> =
            chunk.iter().flat_map(|tangent| [step(tangent, HALF_STEP), step(tangent, -HALF_STEP)]).collect();
        let stacked: Vec<Tensor> = (0..inputs.len())
            .map(|field| Tensor::cat(&moved.iter().map(|fields| &fields[field]).collect::<Vec<_>>(), 0))
            .collect();
        let outputs = flat(&backbone(&stacked)?);
        let outputs = outputs.reshape([chunk.len() as i64, 2, samples, -1]);
        derivatives.push((outputs.select(1, 0) - outputs.select(1, 1)) / (2.0 * HALF_STEP));
    }
    Ok(Tensor::cat(&derivatives, 0))
}

/// By reverse mode: one backward pass for each output of the batch-summed prediction gives that row of every
/// sample's Jacobian (samples are independent in evaluation mode). Exact; `outputs` backward passes.
/// Result `[tangents, samples, outputs]`.
pub(super) fn by_rows(
    backbone: Backbone<'_>,
    inputs: &[Tensor],
    tangents: &[Vec<Tensor>],
) -> anyhow::Result<Tensor> {
    let leaves: Vec<Tensor> =
        inputs.iter().map(|x| x.detach().copy().set_requires_grad(x.is_floating_point())).collect();
    let differentiable: Vec<usize> = (0..inputs.len()).filter(|&i| inputs[i].is_floating_point()).collect();
    let outputs = backbone(&leaves)?;
    let outputs = flat(&outputs).sum_dim_intlist([0_i64].as_slice(), false, Kind::Double);
    let count = outputs.size()[0];
    let wanted: Vec<&Tensor> = differentiable.iter().map(|&i| &leaves[i]).collect();
    let stacked: Vec<Tensor> = differentiable
        .iter()
        .map(|&i| {
            Tensor::stack(&tangents.iter().map(|t| t[i].flatten(1, -1)).collect::<Vec<_>>(), 0)
                .to_kind(Kind::Double)
        })
        .collect();
    let mut columns = Vec::with_capacity(count as usize);
    for output in 0..count {
        let rows = Tensor::f_run_backward(&[outputs.get(output)], &wanted, true, false)?;
        let mut column: Option<Tensor> = None;
        for (row, tangents) in rows.iter().zip(&stacked) {
            if !row.defined() {
                continue;
            }
            let part = (row.flatten(1, -1).to_kind(Kind::Double).unsqueeze(0) * tangents).sum_dim_intlist(
                [2_i64].as_slice(),
                false,
                Kind::Double,
            );
            column = Some(column.map_or_else(|| part.shallow_clone(), |sum| sum + &part));
        }
        let zeros = || {
            Tensor::zeros([tangents.len() as i64, inputs[0].size()[0]], (Kind::Double, inputs[0].device()))
        };
        columns.push(column.unwrap_or_else(zeros));
    }
    Ok(Tensor::stack(&columns, 2))
}

/// Whichever is cheaper: a forward and a backward pass cost about three forward passes.
pub(super) fn cheapest(
    backbone: Backbone<'_>,
    inputs: &[Tensor],
    tangents: &[Vec<Tensor>],
    outputs: i64,
) -> anyhow::Result<Tensor> {
    if outputs < tangents.len() as i64 {
        by_rows(backbone, inputs, tangents)
    } else {
        by_differences(backbone, inputs, tangents)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::Device;

    #[test]
    fn both_ways_agree_with_each_other_and_with_the_closed_form() {
        tch::manual_seed(0);
        let options = (Kind::Float, Device::Cpu);
        // Tangents of about the data's own size, as the candidates' are.
        let tangent = || Tensor::randn([32, 2, 3], options).clamp(-1.5, 1.5);
        let (x, a, b) = (Tensor::randn([32, 2, 3], options), tangent(), tangent());
        let backbone = |inputs: &[Tensor]| {
            Ok(vec![inputs[0].sin().sum_dim_intlist([1_i64].as_slice(), false, Kind::Float)])
        };
        let exact = |t: &Tensor| {
            (x.cos() * t).sum_dim_intlist([1_i64].as_slice(), false, Kind::Float).to_kind(Kind::Double)
        };
        let expected = Tensor::stack(&[exact(&a), exact(&b)], 0);
        let tangents = [vec![a], vec![b]];
        for (derivatives, tolerance) in [
            (by_rows(&backbone, std::slice::from_ref(&x), &tangents), 1e-5),
            (by_differences(&backbone, std::slice::from_ref(&x), &tangents), 2e-3),
        ] {
            let error = (derivatives.expect("derivatives") - &expected).abs().max().double_value(&[]);
            assert!(error < tolerance, "{error}");
        }
    }
}
