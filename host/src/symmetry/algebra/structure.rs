//! Structure constants and what follows from them alone: Killing form, derived algebra, center, radical.
//!
//! Works in coordinates: the algebra is `R^k`, its elements are coordinate vectors, its subspaces are
//! orthonormal columns (see `subspace`). Nothing here knows the matrices the algebra came from. Rank decisions
//! are relative to the size of the structure constants, with the tolerance the caller passes.

use nalgebra::{DMatrix, DVector};

use super::bracket::{adjoint_map, bracket, frobenius};
use super::subspace::{self, Split, split};

/// The structure constants of an algebra of dimension `k`, kept as its adjoint matrices.
#[derive(Clone, Debug)]
pub struct Structure {
    /// `adjoint[i][(l, j)] = c_ij^l`, where `[e_i, e_j] = Σ_l c_ij^l e_l`.
    adjoint: Vec<DMatrix<f64>>,
}

impl Structure {
    /// Structure constants of the span of the orthonormal columns of `basis` (`[n², k]`), with brackets
    /// projected on the span, and the sums of squares of all brackets and of their parts outside.
    pub(super) fn project(basis: &DMatrix<f64>, n: usize) -> (Self, BracketNorms) {
        let k = basis.ncols();
        let mut norms = BracketNorms { gram: DMatrix::zeros(k, k), outside: 0.0 };
        let mut adjoint = Vec::with_capacity(k);
        for i in 0..k {
            let brackets = adjoint_map(&super::bracket::unflatten(basis, i, n)) * basis;
            let inside = basis.transpose() * &brackets;
            norms.outside += (&brackets - basis * &inside).norm_squared();
            norms.gram += brackets.transpose() * &brackets;
            adjoint.push(inside);
        }
        (Self { adjoint }, norms)
    }

    /// The structure in which all brackets vanish.
    pub(super) fn abelian(k: usize) -> Self {
        Self { adjoint: vec![DMatrix::zeros(k, k); k] }
    }

    /// The dimension `k`.
    pub fn dimension(&self) -> usize {
        self.adjoint.len()
    }

    /// `c_ij^l`, the `l`-th coordinate of `[e_i, e_j]`; indices below [`Structure::dimension`].
    pub fn constant(&self, i: usize, j: usize, l: usize) -> f64 {
        self.adjoint[i][(l, j)]
    }

    /// The matrix `[k, k]` of `ad x = [x, ·]` for coordinates `x` (`[k]`).
    pub fn adjoint(&self, x: &DVector<f64>) -> DMatrix<f64> {
        let k = self.dimension();
        self.adjoint.iter().zip(x.iter()).fold(DMatrix::zeros(k, k), |sum, (ad, &c)| sum + ad * c)
    }

    /// The coordinates `[k]` of `[x, y]`.
    pub fn bracket(&self, x: &DVector<f64>, y: &DVector<f64>) -> DVector<f64> {
        self.adjoint(x) * y
    }

    /// The Killing form `κ(e_i, e_j) = tr(ad e_i · ad e_j)`, `[k, k]`, symmetric.
    pub fn killing(&self) -> DMatrix<f64> {
        let k = self.dimension();
        DMatrix::from_fn(k, k, |i, j| self.adjoint[i].dot(&self.adjoint[j].transpose()))
    }

    /// The size of the Killing form if nothing cancelled: the largest eigenvalue of `tr(ad e_i (ad e_j)ᵀ)`.
    /// It is large for a nilpotent algebra too, whose Killing form is zero, and so serves as the unit for
    /// "zero".
    pub fn scale(&self) -> f64 {
        let k = self.dimension();
        let gram = DMatrix::from_fn(k, k, |i, j| self.adjoint[i].dot(&self.adjoint[j]));
        subspace::sorted_eigen(&gram).0.iter().copied().fold(0.0, f64::max)
    }

    /// How many eigenvalues of the Killing form are positive, negative, zero (below `tolerance` times
    /// [`Structure::scale`]).
    pub fn killing_signature(&self, tolerance: f64) -> [usize; 3] {
        let cut = tolerance * self.scale();
        let (values, _) = subspace::sorted_eigen(&self.killing());
        let mut sizes: Vec<f64> = values.iter().map(|v| v.abs()).collect();
        sizes.sort_by(|a, b| b.total_cmp(a));
        let kept = if cut > 0.0 { subspace::rank(&sizes, cut) } else { 0 };
        let smallest = if kept == 0 { f64::INFINITY } else { sizes[kept - 1] };
        let positive = values.iter().filter(|v| **v >= smallest).count();
        let negative = values.iter().filter(|v| **v <= -smallest).count();
        [positive, negative, self.dimension() - positive - negative]
    }

    /// The span of all brackets `[x, y]`, `x` in `a`, `y` in `b` (`[k, ·]`).
    pub(super) fn product(&self, a: &DMatrix<f64>, b: &DMatrix<f64>, tolerance: f64) -> DMatrix<f64> {
        let k = self.dimension();
        let gram = a.column_iter().fold(DMatrix::zeros(k, k), |sum, x| {
            let images = self.adjoint(&x.into_owned()) * b;
            sum + &images * images.transpose()
        });
        split(&gram, tolerance * self.scale().sqrt()).range
    }

    /// The derived algebra `[g, g]`, `[k, d]`.
    pub(super) fn derived(&self, tolerance: f64) -> DMatrix<f64> {
        self.product(&self.whole(), &self.whole(), tolerance)
    }

    /// All `x` with `[x, y] = 0` for every `y` in `other` (`[k, ·]`).
    pub(super) fn centralizer(&self, other: &DMatrix<f64>, tolerance: f64) -> DMatrix<f64> {
        let k = self.dimension();
        let gram = other.column_iter().fold(DMatrix::zeros(k, k), |sum, y| {
            let ad = self.adjoint(&y.into_owned());
            sum + ad.transpose() * ad
        });
        self.null(&gram, tolerance * self.scale().sqrt())
    }

    /// The center, `[k, d]`.
    pub(super) fn center(&self, tolerance: f64) -> DMatrix<f64> {
        self.centralizer(&self.whole(), tolerance)
    }

    /// The radical: the Killing-orthogonal complement of the derived algebra (Cartan's criterion), `[k, d]`.
    pub(super) fn radical(&self, tolerance: f64) -> DMatrix<f64> {
        let map = self.derived(tolerance).transpose() * self.killing();
        self.null(&(map.transpose() * map), tolerance * self.scale())
    }

    /// The subalgebra with the orthonormal coordinates `part` (`[k, d]`), brackets projected on it.
    pub(super) fn restrict(&self, part: &DMatrix<f64>) -> Self {
        let adjoint =
            part.column_iter().map(|x| part.transpose() * self.adjoint(&x.into_owned()) * part).collect();
        Self { adjoint }
    }

    /// The whole algebra as a subspace of itself.
    pub(super) fn whole(&self) -> DMatrix<f64> {
        DMatrix::identity(self.dimension(), self.dimension())
    }

    fn null(&self, gram: &DMatrix<f64>, cut: f64) -> DMatrix<f64> {
        let Split { null, .. } = split(gram, cut.max(f64::MIN_POSITIVE));
        null
    }
}

/// The structure constants `c[i][j][l]` of a linearly independent `basis` (each `[n, n]`, of any norm):
/// `[e_i, e_j] = Σ_l c[i][j][l] e_l`, by least squares where brackets leave the span. Empty if the basis is
/// dependent.
pub fn structure_constants(basis: &[DMatrix<f64>]) -> Vec<Vec<Vec<f64>>> {
    let gram = DMatrix::from_fn(basis.len(), basis.len(), |i, j| frobenius(&basis[i], &basis[j]));
    let Some(gram) = gram.cholesky() else {
        return Vec::new();
    };
    let coordinates = |matrix: DMatrix<f64>| {
        let products = basis.iter().map(|element| frobenius(element, &matrix));
        gram.solve(&DVector::from_iterator(basis.len(), products)).as_slice().to_vec()
    };
    basis.iter().map(|a| basis.iter().map(|b| coordinates(bracket(a, b))).collect()).collect()
}

/// Sizes of the brackets of an orthonormal basis, before they are projected on the span.
pub(super) struct BracketNorms {
    /// `Σ_l ⟨[e_l, e_i], [e_l, e_j]⟩`, `[k, k]`.
    gram: DMatrix<f64>,
    /// The sum of `‖[e_i, e_j]‖²` outside the span, over ordered pairs.
    outside: f64,
}

impl BracketNorms {
    /// The largest total size of the brackets with a unit element; basis independent. An algebra of unit
    /// matrices that do not commute reaches about 1.
    pub(super) fn largest(&self) -> f64 {
        subspace::sorted_eigen(&self.gram).0.iter().copied().fold(0.0, f64::max).sqrt()
    }

    /// The part of the brackets outside the span relative to all brackets, in `[0, 1]`. Brackets smaller in
    /// total than `floor` are measured against `floor`, so that the noise of commuting matrices is not
    /// compared with itself.
    pub(super) fn closure(&self, floor: f64) -> f64 {
        let total = self.gram.trace().max(0.0).sqrt().max(floor);
        if total == 0.0 { 0.0 } else { (self.outside.max(0.0).sqrt() / total).min(1.0) }
    }
}
