//! Linear subspaces read from noisy numbers: orthonormal ranges, null spaces, complements.
//!
//! A subspace of `R^m` is an `[m, d]` matrix with orthonormal columns (`d = 0` allowed). Ranks are decided
//! once, here: at the widest gap between singular values inside a window around the tolerance, so that a
//! clear gap wins over the exact place of the cut.

use nalgebra::{DMatrix, DVector, SymmetricEigen};

/// How far, as a factor, the rank decision may move away from the tolerance to meet a wider gap.
const WINDOW: f64 = 3.0;

/// Range and null space of a map, from its Gram matrix.
pub(super) struct Split {
    /// Directions whose singular value counts as non-zero, `[m, r]`, largest first.
    pub(super) range: DMatrix<f64>,
    /// The orthogonal complement of `range`, `[m, m − r]`.
    pub(super) null: DMatrix<f64>,
}

/// Eigenvalues of a symmetric matrix in descending order with their eigenvectors as columns.
pub(super) fn sorted_eigen(symmetric: &DMatrix<f64>) -> (DVector<f64>, DMatrix<f64>) {
    let m = symmetric.nrows();
    if m == 0 {
        return (DVector::zeros(0), DMatrix::zeros(0, 0));
    }
    let eigen = SymmetricEigen::new((symmetric + symmetric.transpose()) * 0.5);
    let mut order: Vec<usize> = (0..m).collect();
    order.sort_by(|&a, &b| eigen.eigenvalues[b].total_cmp(&eigen.eigenvalues[a]));
    let values = DVector::from_iterator(m, order.iter().map(|&i| eigen.eigenvalues[i]));
    (values, eigen.eigenvectors.select_columns(order.iter()))
}

/// Splits `R^m` into range and null space of a map with the Gram matrix `gram` (`[m, m]`, symmetric, positive
/// semidefinite: `AᵀA`), singular values near `cut` and below counting as zero.
pub(super) fn split(gram: &DMatrix<f64>, cut: f64) -> Split {
    let (values, vectors) = sorted_eigen(gram);
    let singular: Vec<f64> = values.iter().map(|v| v.max(0.0).sqrt()).collect();
    let rank = rank(&singular, cut);
    let columns = vectors.ncols();
    Split { range: vectors.columns(0, rank).into(), null: vectors.columns(rank, columns - rank).into() }
}

/// The number of `singular` values (descending) that count as non-zero for the tolerance `cut`.
pub(super) fn rank(singular: &[f64], cut: f64) -> usize {
    let (low, high) = (cut / WINDOW, cut * WINDOW);
    let smallest = singular.iter().take_while(|&&s| s > high).count();
    let largest = singular.iter().take_while(|&&s| s > low).count();
    let ratio = |rank: usize| {
        let kept = if rank == 0 { high } else { singular[rank - 1].min(high) };
        let dropped = singular.get(rank).map_or(low, |s| s.max(low * 0.1));
        kept / dropped
    };
    (smallest..=largest).max_by(|&a, &b| ratio(a).total_cmp(&ratio(b))).unwrap_or(smallest)
}

/// The orthogonal complement of `subspace` (`[m, d]`) in `R^m`.
pub(super) fn complement(subspace: &DMatrix<f64>) -> DMatrix<f64> {
    split(&(subspace * subspace.transpose()), 0.5).null
}

/// The part of `whole` that is orthogonal to `part`, both `[m, ·]`; `part` is contained in `whole` up to noise.
pub(super) fn difference(whole: &DMatrix<f64>, part: &DMatrix<f64>) -> DMatrix<f64> {
    let overlap = whole.transpose() * part;
    whole * complement(&split(&(&overlap * overlap.transpose()), 0.5).range)
}

/// The sum of two subspaces of `R^m`.
pub(super) fn sum(a: &DMatrix<f64>, b: &DMatrix<f64>) -> DMatrix<f64> {
    split(&(a * a.transpose() + b * b.transpose()), 0.3).range
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_widest_gap_near_the_tolerance_decides() {
        assert_eq!(rank(&[1.0, 0.9, 0.2, 0.01], 0.1), 3);
        assert_eq!(rank(&[1.0, 0.08, 0.07, 1e-6], 0.1), 3);
        assert_eq!(rank(&[1.0, 0.9, 0.12, 0.11], 0.1), 4);
        assert_eq!(rank(&[1.0, 0.9, 0.06, 0.05], 0.1), 2);
        assert_eq!(rank(&[0.01, 0.0], 0.1), 0);
        assert_eq!(rank(&[], 0.1), 0);
        assert_eq!(rank(&[1.0, 1.0], 0.1), 2);
    }

    #[test]
    fn differences_and_sums_have_the_right_dimension() {
        let whole = DMatrix::<f64>::identity(4, 3);
        let part = DMatrix::<f64>::identity(4, 1);
        let rest = difference(&whole, &part);
        assert_eq!(rest.ncols(), 2);
        assert!((part.transpose() * &rest).norm() < 1e-12);
        assert_eq!(sum(&rest, &part).ncols(), 3);
        assert_eq!(difference(&whole, &DMatrix::zeros(4, 0)).ncols(), 3);
        assert_eq!(complement(&DMatrix::zeros(4, 0)).ncols(), 4);
    }
}
