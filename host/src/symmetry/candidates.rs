//! The candidate algebra in the data metric `⟨L, L'⟩ = E[(Lx)·(L'x)] / E|x|²`.

use super::Action;
use super::matrices::to_matrix;
use nalgebra::{DMatrix, SymmetricEigen};
use tch::{Kind, Tensor};

/// Directions of the candidate algebra, orthonormal in the data metric: moving along one by a unit moves the
/// data by its own size. Directions that (nearly) do not move the data are left out: nothing can be learned
/// about them.
#[derive(Debug)]
pub struct Candidates {
    /// `[count, n, n]`, single precision.
    directions: Tensor,
}

/// Squared size of the data's motion, relative to the most mobile direction, below which a direction counts as
/// not moving it.
const IMMOBILE: f64 = 1e-4;

/// Part of a matrix outside the candidates, above which it is not one of them.
const FOREIGN: f64 = 0.01;

impl Candidates {
    /// From the action on a sample of inputs.
    ///
    /// # Errors
    /// The action's own; no direction moves the data.
    pub fn measure(action: &Action, inputs: &[Tensor]) -> anyhow::Result<Self> {
        let _no_grad = tch::no_grad_guard();
        let n = action.n();
        let device = inputs[0].device();
        let entries: Vec<usize> = (0..n * n).filter(|&entry| action.free_entries()[entry]).collect();
        let mut tangents = Vec::with_capacity(entries.len());
        for &entry in &entries {
            let unit = Tensor::zeros([(n * n) as i64], (Kind::Float, device));
            let _ = unit.get(entry as i64).fill_(1.0);
            let fields = action.input_tangent(&unit.reshape([n as i64, n as i64]), inputs)?;
            let flat: Vec<Tensor> =
                fields.iter().map(|field| field.flatten(0, -1).to_kind(Kind::Double)).collect();
            tangents.push(Tensor::cat(&flat, 0));
        }
        let size: f64 = inputs
            .iter()
            .filter(|field| field.is_floating_point())
            .map(|field| field.to_kind(Kind::Double).square().sum(Kind::Double).double_value(&[]))
            .sum();
        let tangents = Tensor::stack(&tangents, 0);
        let gram = to_matrix(&(tangents.matmul(&tangents.transpose(0, 1)) / size.max(f64::MIN_POSITIVE)));
        let eigen = SymmetricEigen::new(gram);
        let largest = eigen.eigenvalues.max();
        anyhow::ensure!(
            largest > 0.0 && largest.is_finite(),
            "no generator moves the inputs: the data set declares no vector, covector or tensor field that is not zero"
        );
        let mobile: Vec<usize> =
            (0..entries.len()).filter(|&i| eigen.eigenvalues[i] > IMMOBILE * largest).collect();
        let mut directions = DMatrix::zeros(mobile.len(), n * n);
        for (row, &i) in mobile.iter().enumerate() {
            for (coordinate, &entry) in entries.iter().enumerate() {
                directions[(row, entry)] = eigen.eigenvectors[(coordinate, i)] / eigen.eigenvalues[i].sqrt();
            }
        }
        let values: Vec<f64> = directions.transpose().as_slice().to_vec();
        let directions = Tensor::from_slice(&values).reshape([-1, n as i64, n as i64]);
        Ok(Self { directions: directions.to_device(device).to_kind(Kind::Float) })
    }

    /// Another handle to the same directions.
    pub fn shallow_clone(&self) -> Self {
        Self { directions: self.directions.shallow_clone() }
    }

    /// `[count, n, n]`.
    pub fn directions(&self) -> &Tensor {
        &self.directions
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.directions.size()[0] as usize
    }

    /// Coordinates `[k, count]` of matrices `[k, n, n]`, each scaled to norm 1 in the data metric.
    ///
    /// # Errors
    /// The position of a matrix that is not made of the candidates: entries that may not differ from 0, or
    /// directions that do not move the data.
    pub fn coordinates_of(&self, matrices: &[DMatrix<f64>]) -> Result<DMatrix<f64>, usize> {
        let directions = to_matrix(&self.directions.flatten(1, 2));
        let svd = directions.transpose().svd(true, true);
        let mut rows = DMatrix::zeros(matrices.len(), self.count());
        for (index, matrix) in matrices.iter().enumerate() {
            let entries = nalgebra::DVector::from_column_slice(matrix.transpose().as_slice());
            let solved = svd.solve(&entries, 0.0).map_err(|_| index)?;
            if (directions.transpose() * &solved - &entries).norm() > FOREIGN * entries.norm()
                || solved.norm() == 0.0
            {
                return Err(index);
            }
            rows.row_mut(index).copy_from(&solved.normalize().transpose());
        }
        Ok(rows)
    }

    /// Generators `[k, n, n]` from coordinates `[k, count]`.
    pub fn combine(&self, coordinates: &Tensor) -> Tensor {
        let n = self.directions.size()[1];
        coordinates.matmul(&self.directions.flatten(1, 2)).reshape([-1, n, n])
    }
}
