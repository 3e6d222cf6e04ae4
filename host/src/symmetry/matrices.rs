use nalgebra::DMatrix;
use tch::{Device, Kind, Tensor};

/// `[k, n, n]` as k matrices.
pub fn to_matrices(tensor: &Tensor) -> Vec<DMatrix<f64>> {
    let size = tensor.size();
    let (k, n) = (size[0] as usize, size[1] as usize);
    let values: Vec<f64> = flat(tensor);
    (0..k).map(|i| DMatrix::from_row_slice(n, n, &values[i * n * n..(i + 1) * n * n])).collect()
}

/// k matrices, at least one, as `[k, n, n]`.
pub fn to_tensor(matrices: &[DMatrix<f64>], device: Device) -> Tensor {
    let n = matrices[0].nrows() as i64;
    let values: Vec<f64> = matrices.iter().flat_map(|m| m.transpose().as_slice().to_vec()).collect();
    Tensor::from_slice(&values).reshape([-1, n, n]).to_device(device).to_kind(Kind::Float)
}

/// All values, row by row.
pub fn flat(tensor: &Tensor) -> Vec<f64> {
    let tensor = tensor.detach().to_device(Device::Cpu).to_kind(Kind::Double).contiguous().flatten(0, -1);
    Vec::try_from(tensor).expect("a flat tensor of doubles on the CPU is a vector")
}

/// A 2-dimensional tensor as a matrix.
pub fn to_matrix(tensor: &Tensor) -> DMatrix<f64> {
    let size = tensor.size();
    DMatrix::from_row_slice(size[0] as usize, size[1] as usize, &flat(tensor))
}

/// A square matrix from its rows, as files have it.
pub fn from_rows(rows: &[Vec<f64>]) -> DMatrix<f64> {
    DMatrix::from_row_slice(rows.len(), rows.len(), &rows.concat())
}

/// The rows of a matrix.
pub fn to_rows(matrix: &DMatrix<f64>) -> Vec<Vec<f64>> {
    matrix.row_iter().map(|row| row.iter().copied().collect()).collect()
}
