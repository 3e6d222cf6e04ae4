//! How much a trained backbone violates each candidate direction (LieSD's null space, in the data metric).

use super::jacobian::{self, Backbone};
use super::matrices::to_matrix;
use super::{Action, Candidates};
use nalgebra::SymmetricEigen;
use tch::{Kind, Tensor};

/// Violations and generators, least violated first.
///
/// For a generator `L` of norm 1 in the data metric, the violation is
/// `E|J_f(x)·(L x) − dρ_y(L) f(x)|²` over samples and outputs: how fast the backbone leaves equivariance, in units of the
/// targets' variance, while the data moves by its own size.
///
/// A backbone violates even an exact symmetry, by its own error. Several backbones, trained apart, tell that
/// error: `f` is their mean, and what they disagree about in a direction is noise there. Samples at which they
/// disagree most (rare, extreme ones) count less.
#[derive(Debug)]
pub struct Spectrum {
    /// One a candidate direction, ascending.
    pub violations: Vec<f64>,
    /// The part of each violation that the backbones' disagreement explains, in the same units.
    pub noise: Vec<f64>,
    /// Variance of the backbones' mean prediction, from their spread, averaged over outputs.
    pub spread: f64,
    /// Mean squared error of the backbones' mean prediction.
    pub error: f64,
    /// Coordinates in the candidates' basis, one row each: `[count, count]`, single precision.
    pub coordinates: Tensor,
}

impl Spectrum {
    /// Measures backbones (at least two, in evaluation mode) on inputs and targets.
    ///
    /// # Errors
    /// The backbones' or the action's own.
    pub fn measure(
        backbones: &[Backbone<'_>],
        action: &Action,
        candidates: &Candidates,
        inputs: &[Tensor],
        targets: &[Tensor],
    ) -> anyhow::Result<Self> {
        let mut predictions = Vec::with_capacity(backbones.len());
        let mut defects = Vec::with_capacity(backbones.len());
        for backbone in backbones {
            let outputs = tch::no_grad(|| backbone(inputs))?;
            defects.push(defect(*backbone, &outputs, action, candidates.directions(), inputs)?);
            predictions.push(jacobian::flat(&outputs));
        }
        let _no_grad = tch::no_grad_guard();
        // Variance of a mean, from the spread of its parts.
        let part = 1.0 / (backbones.len() * (backbones.len() - 1)) as f64;
        let (defect, deviations) = mean_and_deviations(&defects);
        let weights = weights(&deviations);
        let gram = |rows: &Tensor| {
            to_matrix(&rows.flatten(1, 2).matmul(&(rows * &weights).flatten(1, 2).transpose(0, 1)))
        };
        let violation = gram(&defect);
        anyhow::ensure!(
            violation.iter().all(|value| value.is_finite()),
            "the backbone's derivatives are not finite: it diverged; lower training.learning_rate"
        );
        let mut noise = nalgebra::DMatrix::zeros(violation.nrows(), violation.ncols());
        for deviation in &deviations {
            noise += gram(deviation) * part;
        }
        let (prediction, deviations) = mean_and_deviations(&predictions);
        let square = |values: &Tensor| (values.square() * &weights).sum(Kind::Double).double_value(&[]);
        let spread = deviations.iter().map(square).sum::<f64>() * part;
        let error = square(&(prediction - jacobian::flat(targets)));
        let eigen = SymmetricEigen::new(violation);
        let mut order: Vec<usize> = (0..eigen.eigenvalues.len()).collect();
        order.sort_by(|&a, &b| eigen.eigenvalues[a].total_cmp(&eigen.eigenvalues[b]));
        let rows: Vec<f64> = order
            .iter()
            .flat_map(|&i| eigen.eigenvectors.column(i).iter().copied().collect::<Vec<_>>())
            .collect();
        let coordinates = Tensor::from_slice(&rows).reshape([order.len() as i64, order.len() as i64]);
        let noise_along =
            |i: usize| eigen.eigenvectors.column(i).dot(&(&noise * eigen.eigenvectors.column(i)));
        Ok(Self {
            violations: order.iter().map(|&i| eigen.eigenvalues[i].max(0.0)).collect(),
            noise: order.iter().map(|&i| noise_along(i).max(0.0)).collect(),
            spread,
            error,
            coordinates: coordinates.to_device(inputs[0].device()).to_kind(Kind::Float),
        })
    }

    /// Violations over their mean.
    pub fn relative(&self) -> Vec<f64> {
        let mean = self.violations.iter().sum::<f64>() / self.violations.len() as f64;
        self.violations.iter().map(|violation| violation / mean.max(f64::MIN_POSITIVE)).collect()
    }
}

/// The mean of several measurements, and what each differs from it.
fn mean_and_deviations(parts: &[Tensor]) -> (Tensor, Vec<Tensor>) {
    let mean = Tensor::stack(parts, 0).mean_dim([0_i64].as_slice(), false, Kind::Double);
    let deviations = parts.iter().map(|part| part - &mean).collect();
    (mean, deviations)
}

/// Weight of each sample in a mean over samples and outputs, `[samples, 1]`: halved where the backbones'
/// derivatives disagree as much as in the median, and falling with the square of the disagreement.
fn weights(deviations: &[Tensor]) -> Tensor {
    let outputs = deviations[0].size()[2];
    let each: Vec<Tensor> = deviations
        .iter()
        .map(|d| d.square().sum_dim_intlist([0_i64, 2].as_slice(), false, Kind::Double))
        .collect();
    let disagreement = Tensor::stack(&each, 0).sum_dim_intlist([0_i64].as_slice(), false, Kind::Double);
    let typical = disagreement.median() + f64::MIN_POSITIVE;
    let weights = (disagreement + &typical).reciprocal() * &typical;
    let total = weights.sum(Kind::Double) * outputs as f64;
    (weights / total).unsqueeze(1)
}

/// `J_f(x)·(L x) − dρ_y(L) f(x)` for directions `[count, n, n]`: `[count, samples, outputs]`.
///
/// # Errors
/// The backbone's or the action's own.
pub(crate) fn defect(
    backbone: Backbone<'_>,
    predictions: &[Tensor],
    action: &Action,
    directions: &Tensor,
    inputs: &[Tensor],
) -> anyhow::Result<Tensor> {
    let count = directions.size()[0];
    let mut tangents = Vec::with_capacity(count as usize);
    let mut expected = Vec::with_capacity(count as usize);
    for direction in 0..count {
        let _no_grad = tch::no_grad_guard();
        let generator = directions.get(direction);
        tangents.push(action.input_tangent(&generator, inputs)?);
        expected.push(jacobian::flat(&action.target_tangent(&generator, predictions)?));
    }
    let outputs = expected[0].size()[1];
    let derivatives = jacobian::cheapest(backbone, inputs, &tangents, outputs)?;
    Ok(derivatives - Tensor::stack(&expected, 0))
}
