//! Elements outside the identity component: reflections, inversions, exchanges of coordinates.
//!
//! Training with generators never reaches them, so they are proposed here one by one, and held-out data decides
//! elsewhere ([`crate::evaluation::test_components`]). Callers may rely on this: each candidate normalises the algebra
//! (so that it and the identity component make a group), is not in the identity component, and no two differ by an
//! element of the identity component alone. Without an algebra the identity component is the identity.

mod membership;
mod naming;

pub use membership::IdentityComponent;
pub use naming::group_of;

use super::algebra::{TOLERANCE, invariant_forms};
use nalgebra::{DMatrix, DVector};

/// An element that stands for a component.
#[derive(Clone, Debug, PartialEq)]
pub struct Representative {
    /// What it does: "reflection of x1", "exchange of x1 and x2", "inversion", "reflection along (0.71, 0.71)".
    pub name: String,
    /// What it is made of.
    pub kind: Kind,
    /// `[n, n]`, its own inverse.
    pub matrix: DMatrix<f64>,
}

/// How an element came to be a candidate. Coordinates count from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Changes the sign of one coordinate.
    Reflection(usize),
    /// Exchanges a coordinate with the next one.
    Exchange(usize),
    /// Changes the sign of every coordinate that the action leaves free.
    Inversion,
    /// A reflection along a direction of an invariant form, or two of them.
    FormReflection,
}

/// Part of a conjugated generator outside the algebra, above which a candidate does not normalise it. Learned
/// generators of true symmetries stay below 0.1, candidates in the wrong place give 0.5 to 1.
const OUTSIDE: f64 = 0.3;

/// Candidates for the group with this identity component acting on `R^n`; `free_entries` (`n²`, row by row) are the
/// entries in which a group element may differ from the identity. The simplest of each component comes first.
pub fn candidates(n: usize, free_entries: &[bool], identity: &IdentityComponent) -> Vec<Representative> {
    let allowed = |h: &DMatrix<f64>| {
        let moved = h - DMatrix::<f64>::identity(n, n);
        (0..n * n).all(|entry| free_entries[entry] || moved[(entry / n, entry % n)].abs() < 1e-9)
    };
    let mut kept: Vec<Representative> = Vec::new();
    for element in proposals(n, free_entries, identity.basis()) {
        let known = |other: &Representative| identity.contains(&(&other.matrix * &element.matrix));
        if allowed(&element.matrix)
            && identity.outside_after(&element.matrix) <= OUTSIDE
            && !identity.contains(&element.matrix)
            && !kept.iter().any(known)
        {
            kept.push(element);
        }
    }
    kept
}

fn proposals(n: usize, free_entries: &[bool], basis: &[DMatrix<f64>]) -> Vec<Representative> {
    let signs = |flipped: &dyn Fn(usize) -> bool| {
        DMatrix::from_diagonal(&DVector::from_fn(n, |i, _| if flipped(i) { -1.0 } else { 1.0 }))
    };
    let reflections = (0..n).map(|i| Representative {
        name: format!("reflection of x{}", i + 1),
        kind: Kind::Reflection(i),
        matrix: signs(&|j| j == i),
    });
    let exchanges = (1..n).map(|i| {
        let mut matrix = DMatrix::identity(n, n);
        matrix.swap_rows(i - 1, i);
        Representative {
            name: format!("exchange of x{i} and x{}", i + 1),
            kind: Kind::Exchange(i - 1),
            matrix,
        }
    });
    let free: Vec<usize> = (0..n).filter(|i| free_entries[i * n + i]).collect();
    let inversion = Representative {
        name: "inversion".into(),
        kind: Kind::Inversion,
        matrix: signs(&|j| free.contains(&j)),
    };
    reflections.chain([inversion]).chain(exchanges).chain(form_reflections(n, basis)).collect()
}

/// Reflections along eigenvectors of a generic invariant symmetric form, which need not be axes, and, where the form
/// is indefinite, one along a positive and a negative direction at once (where it is not unique, along directions that do
/// not mix).
fn form_reflections(n: usize, basis: &[DMatrix<f64>]) -> Vec<Representative> {
    let forms = invariant_forms(basis, TOLERANCE).symmetric;
    // Weights that are no small multiples of each other: eigenvalues of different forms do not meet.
    let weighted = forms.iter().enumerate().map(|(i, form)| form / ((i + 1) as f64).sqrt());
    let Some(form) = weighted.reduce(|sum, form| sum + form) else {
        return Vec::new();
    };
    let eigen = form.symmetric_eigen();
    let along = |i: usize| eigen.eigenvectors.column(i).into_owned();
    let reflection = |v: &DVector<f64>| DMatrix::identity(n, n) - v * v.transpose() * 2.0;
    let element = |name: String, matrix| Representative { name, kind: Kind::FormReflection, matrix };
    let mut elements: Vec<Representative> = (0..n)
        .map(|i| element(format!("reflection along {}", direction(&along(i))), reflection(&along(i))))
        .collect();
    let (low, high) = (eigen.eigenvalues.imin(), eigen.eigenvalues.imax());
    if eigen.eigenvalues[low] < 0.0 && eigen.eigenvalues[high] > 0.0 {
        let (v, w) = (along(low), along(high));
        let name = format!("reflection along {} and {}", direction(&v), direction(&w));
        elements.push(element(name, reflection(&v) * reflection(&w)));
    }
    elements
}

/// "x2" for an axis, otherwise "(0.71, -0.71, 0.00)".
fn direction(v: &DVector<f64>) -> String {
    if v.amax() > 0.999 {
        return format!("x{}", v.iamax() + 1);
    }
    let entries: Vec<String> =
        v.iter().map(|&x| format!("{:.2}", if x.abs() < 5e-3 { 0.0 } else { x })).collect();
    format!("({})", entries.join(", "))
}

#[cfg(test)]
mod tests;
