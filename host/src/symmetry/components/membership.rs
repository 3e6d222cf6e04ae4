use crate::data::stream;
use crate::symmetry::algebra::{AlgebraError, LieAlgebra};
use nalgebra::DMatrix;
use rand::RngExt;
use std::f64::consts::PI;

/// The connected group `{exp(A₁) exp(A₂) …}` of an algebra of `[n, n]` matrices.
#[derive(Clone, Debug)]
pub struct IdentityComponent {
    /// Frobenius-orthonormal.
    basis: Vec<DMatrix<f64>>,
}

/// Distance (Frobenius) at which an element counts as reached. Learned generators are off by some hundredths of a
/// full turn; the next component is at least `√2` away for the signed permutations that are asked about.
const REACHED: f64 = 0.5;
/// Random elements from which it is approached.
const STARTS: u32 = 16;
/// Steps from each.
const STEPS: u32 = 60;
/// Longest step.
const LONGEST: f64 = 1.0;

impl IdentityComponent {
    /// Of the algebra spanned by `generators` (`[n, n]` each, in any basis; none: the trivial group).
    ///
    /// # Errors
    /// The generators are not square, not of one size or not finite.
    pub fn new(generators: &[DMatrix<f64>]) -> Result<Self, AlgebraError> {
        Ok(Self { basis: LieAlgebra::from_generators(generators)?.closed_basis().to_vec() })
    }

    /// A Frobenius-orthonormal basis of the algebra.
    pub fn basis(&self) -> &[DMatrix<f64>] {
        &self.basis
    }

    /// How far an invertible `h` is from normalising the group: the largest part, 0 to 1, of `h L h⁻¹` outside the
    /// algebra over its generators L. 1 for a singular h.
    pub fn outside_after(&self, h: &DMatrix<f64>) -> f64 {
        let Some(inverse) = h.clone().try_inverse() else {
            return 1.0;
        };
        let outside = |generator: &DMatrix<f64>| {
            let moved = h * generator * &inverse;
            (&moved - self.project(&moved)).norm() / moved.norm().max(f64::MIN_POSITIVE)
        };
        self.basis.iter().map(outside).fold(0.0, f64::max)
    }

    /// Whether `g` is reached from the identity: Newton's iteration on the group towards it, `r ← r exp(A)` with A the
    /// algebra's part of `(X − X⁻¹)/2`, `X = r⁻¹ g`, from a few random elements. A yes is certain up to the noise of the
    /// generators; a no is certain where the determinant is negative, and otherwise means that no start led there.
    pub fn contains(&self, g: &DMatrix<f64>) -> bool {
        let identity = DMatrix::identity(g.nrows(), g.ncols());
        if (g - &identity).norm() < REACHED {
            return true;
        }
        if self.basis.is_empty() || g.determinant() <= 0.0 {
            return false;
        }
        // A stream of its own: the answer depends on nothing else in a run.
        let mut random = stream(0, "components/membership");
        (0..STARTS).any(|start| {
            let mut r = identity.clone();
            if start > 0 {
                let radius = 2.0 * PI * random.random_range(0.0..=1.0);
                let direction: Vec<f64> =
                    self.basis.iter().map(|_| random.random_range(-1.0..=1.0)).collect();
                let norm = direction.iter().map(|u| u * u).sum::<f64>().sqrt().max(f64::MIN_POSITIVE);
                r = self.combine(direction.iter().map(|u| u * radius / norm)).exp();
            }
            self.approaches(g, r)
        })
    }

    fn approaches(&self, g: &DMatrix<f64>, mut r: DMatrix<f64>) -> bool {
        for _ in 0..STEPS {
            if (&r - g).norm() < REACHED {
                return true;
            }
            let Some(x) = r.clone().try_inverse().map(|inverse| inverse * g) else {
                return false;
            };
            let Some(back) = x.clone().try_inverse() else {
                return false;
            };
            let step = self.project(&((x - back) * 0.5));
            let norm = step.norm();
            if !norm.is_finite() || norm < 1e-9 {
                return false;
            }
            r *= (step * (LONGEST / norm).min(1.0)).exp();
        }
        false
    }

    fn combine(&self, coordinates: impl Iterator<Item = f64>) -> DMatrix<f64> {
        let terms = self.basis.iter().zip(coordinates).map(|(generator, u)| generator * u);
        terms.reduce(|sum, term| sum + term).expect("an algebra with members has a generator")
    }

    fn project(&self, a: &DMatrix<f64>) -> DMatrix<f64> {
        self.combine(self.basis.iter().map(|generator| generator.dot(a)))
    }
}
