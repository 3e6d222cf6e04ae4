//! How much a trained backbone violates each candidate direction (LieSD's null space, in the data metric).

use super::jacobian::{self, Backbone};
use super::matrices::to_matrix;
use super::{Action, Candidates};
use nalgebra::SymmetricEigen;
use tch::{Kind, Tensor};

/// Violations and generators, least violated first.
///
/// For a generator `L` of norm 1 in the data metric, the violation is
/// `E|J_f(x)·(L x) − dρ_y(L) f(x)|² / outputs`: how fast the backbone leaves equivariance, in units of the
/// targets' variance, while the data moves by its own size.
///
/// A backbone violates even an exact symmetry, by its own error. Several backbones, trained apart, tell that
/// error: `f` is their mean, and what they disagree about in a direction is noise there.
#[derive(Debug)]
pub struct Spectrum {
    /// One a candidate direction, ascending.
    pub violations: Vec<f64>,
    /// The part of each violation that the backbones' disagreement explains, in the same units.
    pub noise: Vec<f64>,
    /// Variance of the backbones' mean prediction, from their spread, averaged over outputs.
    pub spread: f64,
    /// Coordinates in the candidates' basis, one row each: `[count, count]`, single precision.
    pub coordinates: Tensor,
}

impl Spectrum {
    /// Measures backbones (at least two, in evaluation mode) on inputs.
    ///
    /// # Errors
    /// The backbones' or the action's own.
    pub fn measure(
        backbones: &[Backbone<'_>],
        action: &Action,
        candidates: &Candidates,
        inputs: &[Tensor],
    ) -> anyhow::Result<Self> {
        let mut predictions = Vec::with_capacity(backbones.len());
        let mut defects = Vec::with_capacity(backbones.len());
        for backbone in backbones {
            let outputs = tch::no_grad(|| backbone(inputs))?;
            defects.push(defect(*backbone, &outputs, action, candidates, inputs)?);
            predictions.push(jacobian::flat(&outputs));
        }
        let mean_of =
            |parts: &[Tensor]| Tensor::stack(parts, 0).mean_dim([0_i64].as_slice(), false, Kind::Double);
        let mean = mean_of(&defects);
        let count = backbones.len() as f64;
        let gram = |rows: &Tensor| to_matrix(&(rows.matmul(&rows.transpose(0, 1)) / rows.size()[1] as f64));
        let violation = gram(&mean);
        anyhow::ensure!(
            violation.iter().all(|value| value.is_finite()),
            "the backbone's derivatives are not finite: it diverged; lower training.learning_rate"
        );
        // Variance of a mean, from the spread of its parts.
        let weight = 1.0 / (count * (count - 1.0));
        let mut noise = nalgebra::DMatrix::zeros(violation.nrows(), violation.ncols());
        for part in &defects {
            noise += gram(&(part - &mean)) * weight;
        }
        let mean_prediction = mean_of(&predictions);
        let deviation =
            |part: &Tensor| (part - &mean_prediction).square().mean(Kind::Double).double_value(&[]);
        let spread = predictions.iter().map(deviation).sum::<f64>() * weight;
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
            coordinates: coordinates.to_device(inputs[0].device()).to_kind(Kind::Float),
        })
    }

    /// Violations over their mean.
    pub fn relative(&self) -> Vec<f64> {
        let mean = self.violations.iter().sum::<f64>() / self.violations.len() as f64;
        self.violations.iter().map(|violation| violation / mean.max(f64::MIN_POSITIVE)).collect()
    }
}

/// `J_f(x)·(E_a x) − dρ_y(E_a) f(x)` for every candidate direction: `[count, samples · outputs]`.
fn defect(
    backbone: Backbone<'_>,
    predictions: &[Tensor],
    action: &Action,
    candidates: &Candidates,
    inputs: &[Tensor],
) -> anyhow::Result<Tensor> {
    let mut tangents = Vec::with_capacity(candidates.count());
    let mut expected = Vec::with_capacity(candidates.count());
    for direction in 0..candidates.count() as i64 {
        let _no_grad = tch::no_grad_guard();
        let generator = candidates.directions().get(direction);
        tangents.push(action.input_tangent(&generator, inputs)?);
        expected.push(jacobian::flat(&action.target_tangent(&generator, predictions)?));
    }
    let outputs = expected[0].size()[1];
    let derivatives = jacobian::cheapest(backbone, inputs, &tangents, outputs)?;
    Ok((derivatives - Tensor::stack(&expected, 0)).flatten(1, -1))
}
