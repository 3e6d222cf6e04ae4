//! A Frobenius-orthonormal basis of the span of generators that may depend on each other.

use nalgebra::DMatrix;

use super::bracket::flatten;

/// Relative singular value that counts as zero for generators that are exact up to rounding.
pub(super) const ROUNDING: f64 = 1e-9;

/// Relative singular value that counts as zero for learned generators.
pub(super) const LEARNED: f64 = 0.03;

/// Orthonormal columns `[n², k]` spanning the `generators` (each `[n, n]`, finite, at least one). Every
/// generator counts alike, whatever its norm; directions with a singular value below `tolerance` times the
/// largest are dropped.
pub(super) fn orthonormal(generators: &[DMatrix<f64>], tolerance: f64) -> DMatrix<f64> {
    let rows = generators.first().map_or(0, DMatrix::len);
    let columns: Vec<_> = generators
        .iter()
        .map(|g| g / g.amax().max(f64::MIN_POSITIVE))
        .filter(|g| g.norm() > 0.0)
        .map(|g| flatten(&g) / g.norm())
        .collect();
    if columns.is_empty() {
        return DMatrix::zeros(rows, 0);
    }
    let svd = DMatrix::from_columns(&columns).svd(true, false);
    let left = svd.u.expect("the left singular vectors were asked for");
    let largest = svd.singular_values.max();
    let mut kept: Vec<usize> =
        (0..svd.singular_values.len()).filter(|&i| svd.singular_values[i] > tolerance * largest).collect();
    kept.sort_by(|&a, &b| svd.singular_values[b].total_cmp(&svd.singular_values[a]));
    left.select_columns(kept.iter())
}
