//! Products and matrix functions. Leading axes are batches.

use super::{Tensor, entry, functions, methods, result_type};
use crate::Scalar;

methods! {
    /// Product of vectors, matrices or batches of matrices, by the rules of NumPy's `@`.
    matmul/try_matmul(other: &Tensor) = "aten::matmul" ""(other);
    /// `[n, k] × [k, m] → [n, m]`.
    mm/try_mm(other: &Tensor) = "aten::mm" ""(other);
    /// `[b, n, k] × [b, k, m] → [b, n, m]`.
    bmm/try_bmm(other: &Tensor) = "aten::bmm" ""(other);
    /// `beta · x + alpha · a b`, with `a` `[n, k]` and `b` `[k, m]`.
    addmm/try_addmm(a: &Tensor, b: &Tensor, beta: impl Into<Scalar>, alpha: impl Into<Scalar>) = "aten::addmm" ""(a, b, beta.into(), alpha.into());
    /// `beta · x + alpha · a b`, with `a` `[batch, n, k]` and `b` `[batch, k, m]`.
    baddbmm/try_baddbmm(a: &Tensor, b: &Tensor, beta: impl Into<Scalar>, alpha: impl Into<Scalar>) = "aten::baddbmm" ""(a, b, beta.into(), alpha.into());
    /// Outer product of two vectors.
    outer/try_outer(other: &Tensor) = "aten::outer" ""(other);
    /// Cross product of vectors of length 3 along an axis.
    linalg_cross/try_linalg_cross(other: &Tensor, dim: i64) = "aten::linalg_cross" ""(other, dim);
    /// Matrix exponential of `[…, n, n]`.
    linalg_matrix_exp/try_linalg_matrix_exp() = "aten::linalg_matrix_exp" ""();
    /// Inverse of `[…, n, n]`; an error where one is singular.
    linalg_inv/try_linalg_inv() = "aten::linalg_inv" ""();
    /// Determinant of `[…, n, n]`.
    linalg_det/try_linalg_det() = "aten::linalg_det" ""();
    /// `X` with `self X = b`.
    linalg_solve/try_linalg_solve(b: &Tensor) = "aten::linalg_solve" ""(b);
    /// Eigenvalues (ascending) and eigenvectors (columns) of symmetric matrices; reads the lower triangle.
    linalg_eigh/try_linalg_eigh() -> (Tensor, Tensor) = "aten::linalg_eigh" ""();
    /// `p`-distances between the rows of `[…, n, d]` and `[…, m, d]`: `[…, n, m]`.
    cdist/try_cdist(other: &Tensor, p: f64) = "aten::cdist" ""(other, p);
    /// Diagonal of the matrices that the axes `dim1`, `dim2` hold, as the last axis; a view.
    diagonal/try_diagonal(offset: i64, dim1: i64, dim2: i64) = "aten::diagonal" ""(offset, dim1, dim2);
    /// Matrices with the last axis on their diagonal.
    diag_embed/try_diag_embed() = "aten::diag_embed" ""();
    /// The lower triangle, up to the diagonal of this offset.
    tril/try_tril(diagonal: i64) = "aten::tril" ""(diagonal);
    /// The upper triangle, from the diagonal of this offset.
    triu/try_triu(diagonal: i64) = "aten::triu" ""(diagonal);
}

functions! {
    /// Sum of products in Einstein's notation, for example `"bij,bj->bi"`.
    einsum/try_einsum(equation: &str, tensors: &[Tensor]) = "aten::einsum" ""(equation, tensors);
}
