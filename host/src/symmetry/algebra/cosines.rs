//! Principal angles between two spans of matrices, in the Frobenius pairing.
//!
//! The measure of "found the right algebra": 1 where a direction of one span lies in the other, 0 where it is
//! orthogonal to all of it. Independent of the bases chosen inside the spans.

use nalgebra::DMatrix;

use super::span;

/// The cosines of the principal angles between the spans of `a` and `b`, descending; as many as the smaller
/// span has dimensions (none where one is zero, where the matrices differ in size or are
/// not finite).
pub fn principal_cosines(a: &[DMatrix<f64>], b: &[DMatrix<f64>]) -> Vec<f64> {
    let Some(first) = a.first() else {
        return Vec::new();
    };
    if b.is_empty()
        || a.iter().chain(b).any(|m| m.shape() != first.shape() || m.iter().any(|v| !v.is_finite()))
    {
        return Vec::new();
    }
    let a = span::orthonormal(a, span::ROUNDING);
    let b = span::orthonormal(b, span::ROUNDING);
    if a.ncols() == 0 || b.ncols() == 0 {
        return Vec::new();
    }
    let mut cosines: Vec<f64> =
        (a.transpose() * b).singular_values().iter().map(|c| c.clamp(0.0, 1.0)).collect();
    cosines.sort_by(|x, y| y.total_cmp(x));
    cosines
}

/// The smallest principal cosine, in `[0, 1]`; 0 where the spans differ in dimension or the matrices in size, or
/// are not finite; 1 where both spans are zero.
pub fn min_cosine(a: &[DMatrix<f64>], b: &[DMatrix<f64>]) -> f64 {
    if a.iter().chain(b).any(|m| m.iter().any(|v| !v.is_finite())) {
        return 0.0;
    }
    let dimension = |m: &[DMatrix<f64>]| span::orthonormal(m, span::ROUNDING).ncols();
    match (dimension(a), dimension(b)) {
        (0, 0) => 1.0,
        (p, q) if p == q => principal_cosines(a, b).last().copied().unwrap_or(0.0),
        _ => 0.0,
    }
}
