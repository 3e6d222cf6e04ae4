//! A basis of the span made for reading: sparse, with small integers where the span allows it.
//!
//! Training returns an arbitrary rotation of the basis inside the span; three dense matrices do not look like
//! so(3). Row reduction with complete pivoting picks one entry for every element; then each element is made
//! as sparse as the span permits by minimising its L1 norm with its pivot held at one (iteratively reweighted
//! least squares). The span is never left: only the printed form rounds.

use nalgebra::{DMatrix, DVector};

use super::bracket::unflatten;
use super::span;

/// Reweighting rounds; the entries settle within about ten.
const ROUNDS: usize = 40;
/// Entries this small relative to the pivot have no more say in the reweighting.
const SMOOTHING: f64 = 1e-3;
/// Elements of a basis more dependent than this (smallest singular value) are not exchanged for sparser ones.
const INDEPENDENT: f64 = 0.15;

/// A sparse basis of the span of `generators` (`[n, n]`, finite), as many as the span has dimensions, each with
/// largest entry 1 in size and its first non-zero entry (down the columns) positive; ordered by that entry's
/// place. Depends on the span only, up to ties.
pub fn readable_basis(generators: &[DMatrix<f64>]) -> Vec<DMatrix<f64>> {
    let Some(n) = generators.first().map(DMatrix::nrows) else {
        return Vec::new();
    };
    let basis = span::orthonormal(generators, span::LEARNED);
    let (reduced, pivots) = row_reduce(&basis);
    let sparse: Vec<DVector<f64>> = pivots.iter().map(|&pivot| sparsest(&basis, pivot)).collect();
    let vectors = if independent(&sparse) { sparse } else { reduced };
    let mut matrices: Vec<(usize, DMatrix<f64>)> = vectors
        .iter()
        .map(|v| {
            let v = v / v.amax().max(f64::MIN_POSITIVE);
            let first = v.iter().position(|x| x.abs() > 0.3).unwrap_or(0);
            let signed = &v * v[first].signum();
            (first, unflatten(&DMatrix::from_columns(&[signed]), 0, n))
        })
        .collect();
    matrices.sort_by_key(|(first, _)| *first);
    matrices.into_iter().map(|(_, m)| m).collect()
}

/// Row reduction of the span of the columns of `basis` (`[m, k]`) with complete pivoting: vectors that are one
/// at their own pivot and zero at the others', and the pivots.
fn row_reduce(basis: &DMatrix<f64>) -> (Vec<DVector<f64>>, Vec<usize>) {
    let mut rows: Vec<DVector<f64>> = basis.column_iter().map(|c| c.into_owned()).collect();
    let mut pivots = Vec::new();
    for step in 0..rows.len() {
        // The entry in which the remaining span is largest as a whole: independent of its basis.
        let strength = |entry: usize| rows[step..].iter().map(|r| r[entry].powi(2)).sum::<f64>();
        let entry = (0..basis.nrows())
            .reduce(|best, e| if strength(e) > strength(best) + 1e-6 { e } else { best })
            .unwrap_or(0);
        let row =
            (step..rows.len()).reduce(|a, b| if rows[b][entry].abs() > rows[a][entry].abs() { b } else { a });
        rows.swap(step, row.unwrap_or(step));
        let pivot_row = &rows[step] / rows[step][entry];
        for (other, row) in rows.iter_mut().enumerate() {
            if other != step {
                let factor = row[entry];
                row.axpy(-factor, &pivot_row, 1.0);
            }
        }
        rows[step] = pivot_row;
        pivots.push(entry);
    }
    (rows, pivots)
}

/// The vector of least L1 norm in the span with entry `pivot` equal to one.
fn sparsest(basis: &DMatrix<f64>, pivot: usize) -> DVector<f64> {
    let target = basis.row(pivot).transpose();
    let mut vector = basis * &target / target.norm_squared();
    for _ in 0..ROUNDS {
        let smoothing = SMOOTHING * vector.amax();
        let mut weighted = basis.clone();
        for (mut row, value) in weighted.row_iter_mut().zip(vector.iter()) {
            row /= value.abs() + smoothing;
        }
        let Some(solution) = basis.tr_mul(&weighted).cholesky().map(|c| c.solve(&target)) else {
            break;
        };
        vector = basis * &solution / target.dot(&solution);
    }
    vector
}

fn independent(vectors: &[DVector<f64>]) -> bool {
    let unit: Vec<_> = vectors.iter().map(|v| v.normalize()).collect();
    !unit.is_empty() && DMatrix::from_columns(&unit).singular_values().min() > INDEPENDENT
}

/// The entries of `matrix` as text, row by row: what lies within `tolerance` of an integer prints as such,
/// other entries with two decimals.
pub fn readable_entries(matrix: &DMatrix<f64>, tolerance: f64) -> Vec<Vec<String>> {
    let entry = |value: &f64| {
        let integer = value.round();
        if (value - integer).abs() <= tolerance {
            // Zero has no sign.
            format!("{}", integer + 0.0)
        } else {
            format!("{value:.2}")
        }
    };
    matrix.row_iter().map(|row| row.iter().map(entry).collect()).collect()
}
