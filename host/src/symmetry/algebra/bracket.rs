//! The commutator of matrices and its two companions: the Frobenius pairing and the exponential.
//!
//! Every other file of the algebra reads matrices through these functions; none of them normalises or
//! checks anything. Callers hand over square matrices of one size.

use nalgebra::{DMatrix, DVector};

/// The commutator `[a, b] = ab − ba` of two `[n, n]` matrices.
pub fn bracket(a: &DMatrix<f64>, b: &DMatrix<f64>) -> DMatrix<f64> {
    a * b - b * a
}

/// The Frobenius pairing `⟨a, b⟩ = tr(aᵀ b)` of two `[n, n]` matrices.
pub fn frobenius(a: &DMatrix<f64>, b: &DMatrix<f64>) -> f64 {
    a.dot(b)
}

/// The matrix exponential of an `[n, n]` matrix (Padé with scaling and squaring).
pub fn exponential(a: &DMatrix<f64>) -> DMatrix<f64> {
    a.exp()
}

/// An `[n, n]` matrix as the vector of its `n²` entries, column by column.
pub(super) fn flatten(a: &DMatrix<f64>) -> DVector<f64> {
    DVector::from_column_slice(a.as_slice())
}

/// The inverse of [`flatten`] for one column of an `[n², k]` matrix.
pub(super) fn unflatten(columns: &DMatrix<f64>, column: usize, n: usize) -> DMatrix<f64> {
    DMatrix::from_column_slice(n, n, columns.column(column).as_slice())
}

/// The linear map `X ↦ [a, X]` as an `[n², n²]` matrix on flattened matrices.
pub(super) fn adjoint_map(a: &DMatrix<f64>) -> DMatrix<f64> {
    let identity = DMatrix::identity(a.nrows(), a.ncols());
    identity.kronecker(a) - a.transpose().kronecker(&identity)
}
