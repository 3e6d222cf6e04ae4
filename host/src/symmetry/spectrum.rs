//! How much a trained backbone violates each candidate direction (LieSD's null space, in the data metric).

use super::Evidence;
use super::evidence::{Doubt, Moments};
use nalgebra::{DMatrix, SymmetricEigen};
use tch::{Device, Kind, Tensor};

/// Violations and generators, least violated first.
///
/// For a generator `L` of norm 1 in the data metric, the violation is
/// `E|J_f(x)·(L x) − dρ_y(L) f(x)|²` over samples and outputs: how fast the backbone leaves equivariance, in units of the
/// targets' variance, while the data moves by its own size.
#[derive(Debug)]
pub struct Spectrum {
    /// One a candidate direction, ascending.
    pub violations: Vec<f64>,
    /// Each violation over what the backbones' error explains: up to about 1 for a symmetry.
    pub s: Vec<f64>,
    /// Mean squared error of the backbones' mean prediction.
    pub error: f64,
    /// Coordinates in the candidates' basis, one row each: `[count, count]`.
    rows: DMatrix<f64>,
    scale: f64,
    /// Whether violations are parts, from 0 to 1, of which a small one may mean that a part of the group acts.
    pub parts: bool,
}

/// Squared error over the labels' variance, below which a classifier's errors are too few to measure by.
const NEGLIGIBLE: f64 = 0.01;

impl Spectrum {
    /// Of all samples.
    pub fn new(evidence: &Evidence) -> Self {
        Self::of(&evidence.moments(), evidence)
    }

    /// Of a resample, by the positions of the blocks that were drawn.
    pub fn resampled(evidence: &Evidence, drawn: Vec<usize>) -> Self {
        Self::of(&evidence.resampled(drawn), evidence)
    }

    fn of(moments: &Moments, evidence: &Evidence) -> Self {
        let eigen = SymmetricEigen::new(moments.violation.clone());
        let mut order: Vec<usize> = (0..eigen.eigenvalues.len()).collect();
        order.sort_by(|&a, &b| eigen.eigenvalues[a].total_cmp(&eigen.eigenvalues[b]));
        let rows = DMatrix::from_fn(order.len(), order.len(), |i, j| eigen.eigenvectors[(j, order[i])]);
        Self::measured(moments, evidence, rows)
    }

    /// Along given directions instead: rows of coordinates in the candidates' basis, of norm 1.
    pub fn along(evidence: &Evidence, rows: DMatrix<f64>) -> Self {
        Self::measured(&evidence.moments(), evidence, rows)
    }

    fn measured(moments: &Moments, evidence: &Evidence, rows: DMatrix<f64>) -> Self {
        let violations = along(&rows, &moments.violation);
        let s = match &moments.doubt {
            // What the backbones all get wrong alike does not show in their disagreement: it is scaled up to their error.
            Doubt::Disagreement(noise, spread) => {
                let shared = (moments.error / spread.max(f64::MIN_POSITIVE)).max(1.0);
                let noise = along(&rows, noise).into_iter();
                let pairs = violations.iter().zip(noise);
                pairs.map(|(violation, noise)| violation / (noise * shared).max(f64::MIN_POSITIVE)).collect()
            }
            Doubt::Excess(excess) => {
                let excess = along(&rows, excess).into_iter();
                excess.map(|excess| excess / moments.error.max(NEGLIGIBLE)).collect()
            }
        };
        Self {
            violations,
            s,
            error: moments.error,
            rows,
            scale: evidence.scale().unwrap_or_else(|| moments.violation.diagonal().mean()),
            parts: evidence.parts(),
        }
    }

    /// The generators of the spectrum in the candidates' basis, one row each.
    pub fn rows(&self) -> &DMatrix<f64> {
        &self.rows
    }

    /// Violations over their mean in all directions (over that of outputs at rest, where the output is learned).
    pub fn relative(&self) -> Vec<f64> {
        self.violations.iter().map(|violation| violation / self.scale.max(f64::MIN_POSITIVE)).collect()
    }

    /// Coordinates of some of the directions in the candidates' basis, `[count, all]`, single precision.
    pub fn coordinates(&self, first: usize, count: usize, device: Device) -> Tensor {
        let rows = self.rows.rows(first, count);
        let values: Vec<f64> = rows.transpose().as_slice().to_vec();
        Tensor::from_slice(&values)
            .reshape([count as i64, self.rows.ncols() as i64])
            .to_device(device)
            .to_kind(Kind::Float)
    }
}

/// `v · A v` for each row, at least 0.
fn along(rows: &DMatrix<f64>, form: &DMatrix<f64>) -> Vec<f64> {
    (0..rows.nrows()).map(|i| (rows.row(i) * form * rows.row(i).transpose())[(0, 0)].max(0.0)).collect()
}
