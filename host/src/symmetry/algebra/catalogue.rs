//! The classical real Lie algebras with what identifies them: dimension, Killing signature, and the value of
//! the Casimir operator in the defining representation.
//!
//! Isomorphic algebras share dimension and signature (so(3) ≅ su(2), so(1,2) ≅ sl(2,R), so(2,3) ≅ sp(4,R));
//! the Casimir value `Σ κ^ij e_i e_j`, a multiple of one on each irreducible part, tells which of them acts.
//! With `tr` the trace of the defining representation: κ = (n−2) tr for so(n), 2n tr for sl(n) and su(n),
//! 2(m+1) tr for sp(2m); taking the trace of the Casimir operator gives `dim g / (n · factor)`.

/// A classical algebra and its invariants.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Classical {
    /// The usual name.
    pub(super) name: String,
    /// Positive and negative eigenvalues of the Killing form.
    pub(super) signature: [usize; 2],
    /// Eigenvalue of the Casimir operator in the defining representation.
    pub(super) casimir: f64,
    /// Real dimension of the defining representation.
    pub(super) size: usize,
    /// Whether the algebra has no ideals (so(4), so(2,2) do).
    pub(super) simple: bool,
}

/// All classical algebras of the given Killing signature (semisimple, so their dimension is the sum), the
/// preferred name first.
pub(super) fn matching(signature: [usize; 2]) -> Vec<Classical> {
    let dimension = signature[0] + signature[1];
    let mut found: Vec<Classical> = Vec::new();
    // The smallest algebra of size n has dimension (n² − n)/2.
    let sizes = (2..).take_while(|n| n * (n - 1) / 2 <= dimension);
    for n in sizes {
        found.extend(
            [special_linear(n), special_complex(n), symplectic(n), compact_symplectic(n)]
                .into_iter()
                .flatten(),
        );
        found.extend((0..=n / 2).filter_map(|p| orthogonal(p, n - p)));
        found.extend((0..=n / 2).filter_map(|p| unitary(p, n - p)));
    }
    found.retain(|algebra| algebra.signature == signature);
    let rank = |algebra: &Classical| {
        ["sl(", "so(", "su(", "sp(", "usp("].iter().position(|family| algebra.name.starts_with(family))
    };
    // sl(n,C) is seen as a Lorentz algebra first, when the action leaves the choice open.
    found.sort_by_key(|algebra| (algebra.name.ends_with(",C)"), rank(algebra)));
    found
}

/// so(p,q), so(n) for p = 0; simple or semisimple for n ≥ 3.
fn orthogonal(p: usize, q: usize) -> Option<Classical> {
    let n = p + q;
    (n >= 3).then(|| Classical {
        name: if p == 0 { format!("so({n})") } else { format!("so({p},{q})") },
        signature: [p * q, p * p.saturating_sub(1) / 2 + q * (q - 1) / 2],
        casimir: (n - 1) as f64 / (2 * (n - 2)) as f64,
        size: n,
        simple: n != 4 || p == 1,
    })
}

fn special_linear(n: usize) -> Option<Classical> {
    (n >= 2).then(|| Classical {
        name: format!("sl({n},R)"),
        signature: [(n - 1) * (n + 2) / 2, n * (n - 1) / 2],
        casimir: linear_casimir(n),
        size: n,
        simple: true,
    })
}

fn special_complex(n: usize) -> Option<Classical> {
    (n >= 2).then(|| Classical {
        name: format!("sl({n},C)"),
        signature: [n * n - 1, n * n - 1],
        casimir: linear_casimir(n),
        size: 2 * n,
        simple: true,
    })
}

fn unitary(p: usize, q: usize) -> Option<Classical> {
    let n = p + q;
    (n >= 2).then(|| Classical {
        name: if p == 0 { format!("su({n})") } else { format!("su({p},{q})") },
        signature: [2 * p * q, p * p + q * q - 1],
        casimir: linear_casimir(n),
        size: 2 * n,
        simple: true,
    })
}

/// sp(n,R) on R^n, n = 2m; sp(2,R) is listed as sl(2,R).
fn symplectic(n: usize) -> Option<Classical> {
    let m = n / 2;
    (n.is_multiple_of(2) && m >= 2).then(|| Classical {
        name: format!("sp({n},R)"),
        signature: [m * (m + 1), m * m],
        casimir: symplectic_casimir(m),
        size: n,
        simple: true,
    })
}

/// usp(n), the compact form, on C^n, n = 2m.
fn compact_symplectic(n: usize) -> Option<Classical> {
    let m = n / 2;
    (n.is_multiple_of(2) && m >= 2).then(|| Classical {
        name: format!("usp({n})"),
        signature: [0, m * (2 * m + 1)],
        casimir: symplectic_casimir(m),
        size: 2 * n,
        simple: true,
    })
}

fn linear_casimir(n: usize) -> f64 {
    (n * n - 1) as f64 / (2 * n * n) as f64
}

fn symplectic_casimir(m: usize) -> f64 {
    (2 * m + 1) as f64 / (4 * (m + 1)) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(signature: [usize; 2]) -> Vec<String> {
        matching(signature).into_iter().map(|algebra| algebra.name).collect()
    }

    #[test]
    fn isomorphic_algebras_share_a_signature() {
        assert_eq!(names([0, 3]), ["so(3)", "su(2)"]);
        assert_eq!(names([2, 1]), ["sl(2,R)", "so(1,2)", "su(1,1)"]);
        assert_eq!(names([3, 3]), ["so(1,3)", "sl(2,C)"]);
        assert_eq!(names([4, 2]), ["so(2,2)"]);
        assert_eq!(names([6, 4]), ["so(2,3)", "sp(4,R)"]);
        assert_eq!(names([0, 10]), ["so(5)", "usp(4)"]);
        assert_eq!(names([9, 6]), ["sl(4,R)", "so(3,3)"]);
        assert_eq!(names([8, 7]), ["so(2,4)", "su(2,2)"]);
        assert_eq!(names([5, 3]), ["sl(3,R)"]);
        assert_eq!(names([4, 4]), ["su(1,2)"]);
    }
}
