//! Reads the Lie algebra off a set of learned generators: does it close, what is its structure, what is it
//! called, and how is it best printed.
//!
//! Input is `k` matrices `[n, n]` with a relative noise of up to some per cent, in any basis of their span.
//! Everything reported is independent of that basis, except for the gauge made for reading (`gauge`), and
//! names do not depend on the coordinates of `R^n` either. Owns no statistics: that the generators are
//! symmetries of the data is decided before (a control can close to so(3) too). Pure `f64` on small
//! matrices; bad input is an [`AlgebraError`], never a panic.

mod bracket;
mod catalogue;
mod closing;
mod cosines;
mod forms;
mod gauge;
mod group;
mod ideals;
mod naming;
mod one_generator;
mod span;
mod standard;
mod structure;
mod subspace;
#[cfg(test)]
mod tests;

use nalgebra::DMatrix;

pub use bracket::{bracket, exponential, frobenius};
pub use cosines::{min_cosine, principal_cosines};
pub use forms::{InvariantForms, invariant_forms};
pub use gauge::{readable_basis, readable_entries};
pub use group::{Components, group_name};
pub use one_generator::{OneGenerator, classify};
pub use standard::{UnknownAlgebra, standard};
pub use structure::{Structure, structure_constants};

/// Relative size below which numbers read from learned generators count as zero, where the caller has no
/// better knowledge.
pub const TOLERANCE: f64 = 0.08;

/// Closure residual from which on a span is not taken for an algebra.
pub const NOT_CLOSED: f64 = 0.3;

/// Total size of brackets with a unit element, below which matrices count as commuting.
const COMMUTING: f64 = 0.25;

/// Why generators could not be read as an algebra.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum AlgebraError {
    /// A generator is not square or differs in size from the first.
    #[error(
        "generator {index} is {rows}×{columns}, expected {expected}×{expected} like the first; pass square matrices of one size"
    )]
    Shape {
        /// Position in the input.
        index: usize,
        /// Rows found.
        rows: usize,
        /// Columns found.
        columns: usize,
        /// Size of the first generator.
        expected: usize,
    },
    /// An entry is NaN or infinite.
    #[error(
        "generator {index} holds {value} at ({row}, {column}), expected a finite number; the training that made it diverged"
    )]
    NotFinite {
        /// Position in the input.
        index: usize,
        /// Row of the entry.
        row: usize,
        /// Column of the entry.
        column: usize,
        /// The entry.
        value: f64,
    },
}

/// A real Lie algebra of `[n, n]` matrices, read from noisy generators.
#[derive(Clone, Debug)]
pub struct LieAlgebra {
    size: usize,
    basis: Vec<DMatrix<f64>>,
    closed: Vec<DMatrix<f64>>,
    structure: Structure,
    closure: f64,
    abelian: bool,
    tolerance: f64,
}

impl LieAlgebra {
    /// The algebra spanned by `generators` (each `[n, n]`; may be empty or linearly dependent; their norms do
    /// not matter), with the default [`TOLERANCE`].
    ///
    /// # Errors
    /// [`AlgebraError`] for matrices that are not square, not of one size or not finite.
    pub fn from_generators(generators: &[DMatrix<f64>]) -> Result<Self, AlgebraError> {
        Self::with_tolerance(generators, TOLERANCE)
    }

    /// As [`LieAlgebra::from_generators`], with the relative size (0 to 1) below which numbers count as zero.
    ///
    /// # Errors
    /// As [`LieAlgebra::from_generators`].
    pub fn with_tolerance(generators: &[DMatrix<f64>], tolerance: f64) -> Result<Self, AlgebraError> {
        check(generators)?;
        let n = generators.first().map_or(0, DMatrix::nrows);
        let basis = span::orthonormal(generators, span::LEARNED);
        let k = basis.ncols();
        let (raw, norms) = Structure::project(&basis, n);
        let abelian = norms.largest() <= COMMUTING;
        let closure = norms.closure(COMMUTING * (k as f64).sqrt());
        let (closed, structure) = if abelian {
            (basis.clone(), Structure::abelian(k))
        } else if closure > NOT_CLOSED {
            (basis.clone(), raw)
        } else {
            match closing::close(&basis, n) {
                Some(closed) => {
                    let structure = Structure::project(&closed, n).0;
                    (closed, structure)
                }
                None => (basis.clone(), raw),
            }
        };
        let matrices = |columns: &DMatrix<f64>| (0..k).map(|i| bracket::unflatten(columns, i, n)).collect();
        Ok(Self {
            size: n,
            basis: matrices(&basis),
            closed: matrices(&closed),
            structure,
            closure,
            abelian,
            tolerance,
        })
    }

    /// The dimension `k` of the span.
    pub fn dimension(&self) -> usize {
        self.basis.len()
    }

    /// The size `n` of the matrices (0 for the empty algebra).
    pub fn size(&self) -> usize {
        self.size
    }

    /// A Frobenius-orthonormal basis of the span of the generators as given, `k` matrices `[n, n]`.
    pub fn basis(&self) -> &[DMatrix<f64>] {
        &self.basis
    }

    /// A Frobenius-orthonormal basis of the nearest closed span, `k` matrices `[n, n]`; equal to
    /// [`LieAlgebra::basis`] where the matrices commute or no closed span is near. The structure is read from it.
    pub fn closed_basis(&self) -> &[DMatrix<f64>] {
        &self.closed
    }

    /// Structure constants in [`LieAlgebra::closed_basis`].
    pub fn structure(&self) -> &Structure {
        &self.structure
    }

    /// How far the generators as given are from closing under the bracket: norm of the brackets' part outside
    /// the span relative to the brackets, in `[0, 1]`; small also for commuting matrices with noise.
    pub fn closure(&self) -> f64 {
        self.closure
    }

    /// Whether the span is taken for an algebra ([`LieAlgebra::closure`] at most [`NOT_CLOSED`]).
    pub fn is_closed(&self) -> bool {
        self.closure <= NOT_CLOSED
    }

    /// Whether all brackets vanish up to noise.
    pub fn is_abelian(&self) -> bool {
        self.abelian
    }

    /// Numbers of positive, negative and zero eigenvalues of the Killing form; `tolerance` is the relative size
    /// below which an eigenvalue counts as zero.
    pub fn killing_signature(&self, tolerance: f64) -> [usize; 3] {
        self.structure.killing_signature(tolerance)
    }

    /// Dimension of the derived algebra `[g, g]`.
    pub fn derived_dimension(&self) -> usize {
        self.structure.derived(self.tolerance).ncols()
    }

    /// Dimension of the center.
    pub fn center_dimension(&self) -> usize {
        self.structure.center(self.tolerance).ncols()
    }

    /// Dimension of the radical, the largest solvable ideal.
    pub fn radical_dimension(&self) -> usize {
        self.structure.radical(self.tolerance).ncols()
    }

    /// What the algebra is called: `so(3)`, `se(2)`, `sl(2,R)`, `so(1,3)`, `so(2) ⊕ R`, `heisenberg(3)`, ...; a
    /// description such as `dim 5, Killing (2,1,2)` or `not closed (0.42)` where no name fits.
    pub fn name(&self) -> String {
        naming::name(self)
    }

    /// A sparse basis of the span, scaled for reading (see [`readable_basis`]).
    pub fn readable_basis(&self) -> Vec<DMatrix<f64>> {
        readable_basis(&self.basis)
    }
}

fn check(generators: &[DMatrix<f64>]) -> Result<(), AlgebraError> {
    let expected = generators.first().map_or(0, DMatrix::nrows);
    for (index, generator) in generators.iter().enumerate() {
        let (rows, columns) = generator.shape();
        if rows != expected || columns != expected {
            return Err(AlgebraError::Shape { index, rows, columns, expected });
        }
        for column in 0..columns {
            for row in 0..rows {
                let value = generator[(row, column)];
                if !value.is_finite() {
                    return Err(AlgebraError::NotFinite { index, row, column, value });
                }
            }
        }
    }
    Ok(())
}
