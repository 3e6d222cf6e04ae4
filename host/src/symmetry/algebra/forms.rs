//! Bilinear forms that an algebra leaves invariant: the metric behind so(p,q), the area form behind sp(2n).
//!
//! A form `B` is invariant when `Lᵀ B + B L = 0` for every generator, i.e. `x ᵀB y` is constant along the
//! group. Found as a null space, so noise in the generators blurs the forms by about as much.

use nalgebra::DMatrix;

use super::bracket::{flatten, unflatten};
use super::subspace::{sorted_eigen, split};

/// The invariant bilinear forms of an algebra on `R^n`.
#[derive(Clone, Debug)]
pub struct InvariantForms {
    /// A Frobenius-orthonormal basis of the symmetric ones, `[n, n]` each.
    pub symmetric: Vec<DMatrix<f64>>,
    /// A Frobenius-orthonormal basis of the antisymmetric ones, `[n, n]` each.
    pub antisymmetric: Vec<DMatrix<f64>>,
}

impl InvariantForms {
    /// The signature `(p, q)`, `p ≤ q`, of the invariant metric, where it is unique up to scale and not
    /// degenerate: (0, n) for so(n), (1, 3) for the Lorentz algebra.
    pub fn metric_signature(&self) -> Option<(usize, usize)> {
        let [metric] = self.symmetric.as_slice() else {
            return None;
        };
        let (values, _) = sorted_eigen(metric);
        let smallest = 0.05 * values.amax();
        if values.iter().any(|v| v.abs() <= smallest) {
            return None;
        }
        let positive = values.iter().filter(|v| **v > 0.0).count();
        let negative = values.len() - positive;
        Some((positive.min(negative), positive.max(negative)))
    }
}

/// The forms that all `generators` (`[n, n]`, finite, of one size) leave invariant; `tolerance` is the relative
/// violation that counts as none. No generators: no forms are reported, although all are invariant.
pub fn invariant_forms(generators: &[DMatrix<f64>], tolerance: f64) -> InvariantForms {
    let none = InvariantForms { symmetric: Vec::new(), antisymmetric: Vec::new() };
    let Some(n) = generators.first().map(DMatrix::nrows) else {
        return none;
    };
    InvariantForms {
        symmetric: solve(generators, &symmetry_basis(n, 1.0), tolerance),
        antisymmetric: solve(generators, &symmetry_basis(n, -1.0), tolerance),
    }
}

/// Orthonormal basis of the matrices with `Bᵀ = sign · B`, flattened, `[n², d]`.
fn symmetry_basis(n: usize, sign: f64) -> DMatrix<f64> {
    let columns: Vec<_> = (0..n)
        .flat_map(|i| (0..=i).map(move |j| (i, j)))
        .filter(|(i, j)| sign > 0.0 || i != j)
        .map(|(i, j)| {
            let mut form = DMatrix::zeros(n, n);
            form[(i, j)] = 1.0;
            form[(j, i)] = sign;
            flatten(&form).normalize()
        })
        .collect();
    if columns.is_empty() { DMatrix::zeros(n * n, 0) } else { DMatrix::from_columns(&columns) }
}

fn solve(generators: &[DMatrix<f64>], candidates: &DMatrix<f64>, tolerance: f64) -> Vec<DMatrix<f64>> {
    let d = candidates.ncols();
    let mut gram = DMatrix::zeros(d, d);
    for generator in generators.iter().filter(|g| g.norm() > 0.0) {
        let transposed = generator.transpose() / generator.norm();
        let identity = DMatrix::identity(generator.nrows(), generator.nrows());
        let map = (identity.kronecker(&transposed) + transposed.kronecker(&identity)) * candidates;
        gram += map.tr_mul(&map);
    }
    let n = generators.first().map_or(0, DMatrix::nrows);
    let forms = candidates * split(&gram, tolerance).null;
    (0..forms.ncols()).map(|i| unflatten(&forms, i, n)).collect()
}
