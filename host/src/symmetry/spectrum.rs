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
#[derive(Debug)]
pub struct Spectrum {
    /// One a candidate direction, ascending.
    pub violations: Vec<f64>,
    /// Coordinates in the candidates' basis, one row each: `[count, count]`, single precision.
    pub coordinates: Tensor,
}

impl Spectrum {
    /// Measures a backbone (in evaluation mode) on inputs.
    ///
    /// # Errors
    /// The backbone's or the action's own.
    pub fn measure(
        backbone: Backbone<'_>,
        action: &Action,
        candidates: &Candidates,
        inputs: &[Tensor],
    ) -> anyhow::Result<Self> {
        let predictions = tch::no_grad(|| backbone(inputs))?;
        let mut tangents = Vec::with_capacity(candidates.count());
        let mut expected = Vec::with_capacity(candidates.count());
        for direction in 0..candidates.count() as i64 {
            let _no_grad = tch::no_grad_guard();
            let generator = candidates.directions().get(direction);
            tangents.push(action.input_tangent(&generator, inputs)?);
            expected.push(jacobian::flat(&action.target_tangent(&generator, &predictions)?));
        }
        let outputs = expected[0].size()[1];
        let derivatives = jacobian::cheapest(backbone, inputs, &tangents, outputs)?;
        let violation = (derivatives - Tensor::stack(&expected, 0)).flatten(1, -1);
        let count = inputs[0].size()[0] * outputs;
        let gram = to_matrix(&(violation.matmul(&violation.transpose(0, 1)) / count as f64));
        anyhow::ensure!(
            gram.iter().all(|value| value.is_finite()),
            "the backbone's derivatives are not finite: it diverged; lower training.learning_rate"
        );
        let eigen = SymmetricEigen::new(gram);
        let mut order: Vec<usize> = (0..eigen.eigenvalues.len()).collect();
        order.sort_by(|&a, &b| eigen.eigenvalues[a].total_cmp(&eigen.eigenvalues[b]));
        let rows: Vec<f64> = order
            .iter()
            .flat_map(|&i| eigen.eigenvectors.column(i).iter().copied().collect::<Vec<_>>())
            .collect();
        let coordinates = Tensor::from_slice(&rows).reshape([order.len() as i64, order.len() as i64]);
        Ok(Self {
            violations: order.iter().map(|&i| eigen.eigenvalues[i].max(0.0)).collect(),
            coordinates: coordinates.to_device(inputs[0].device()).to_kind(Kind::Float),
        })
    }

    /// Violations over their mean.
    pub fn relative(&self) -> Vec<f64> {
        let mean = self.violations.iter().sum::<f64>() / self.violations.len() as f64;
        self.violations
            .iter()
            .map(|violation| violation / mean.max(f64::MIN_POSITIVE))
            .collect()
    }
}
