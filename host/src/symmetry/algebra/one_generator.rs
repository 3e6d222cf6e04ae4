//! The type of a single generator by its eigenvalues: rotation, boost, scaling, shear or a mixture.
//!
//! All quantities are relative to the generator's norm, so neither scale nor sign matters. Eigenvalues of a
//! nearly nilpotent matrix are no help (noise `ε` moves them by `√ε`), so that case is decided by the traces
//! of powers, which noise moves by `ε` only.

use nalgebra::{Complex, DMatrix, Schur};

/// Real parts up to this share of the imaginary ones (or the reverse) count as noise.
const MIXED: f64 = 0.12;
/// Traces of powers of a unit matrix up to this size count as zero.
const NILPOTENT: f64 = 0.08;
/// Relative spread of eigenvalues that count as equal.
const EQUAL: f64 = 0.2;
/// Iterations for each eigenvalue; a matrix that needs more is shifted by a little and tried again.
const ITERATIONS: usize = 60;

/// The type of a one-parameter group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OneGenerator {
    /// No motion at all.
    Zero,
    /// Imaginary eigenvalues: a rotation.
    Elliptic,
    /// Real eigenvalues in pairs ±λ of one size: a boost or squeeze.
    Boost,
    /// One real eigenvalue (next to zeros): a dilation of the whole space or of a part of it.
    Scaling,
    /// Different real eigenvalues: coordinates scale at different rates.
    Hyperbolic,
    /// All eigenvalues zero: a shear, or a translation in homogeneous coordinates.
    Parabolic,
    /// As `Parabolic`, moving every point along one column only: a translation in homogeneous coordinates.
    Translation,
    /// Real and imaginary parts: rotation and growth tied together.
    Spiral,
}

impl OneGenerator {
    /// The name of the algebra that the generator spans.
    pub fn algebra_name(self) -> &'static str {
        match self {
            Self::Zero => "trivial",
            Self::Elliptic => "so(2)",
            Self::Boost => "so(1,1)",
            Self::Scaling => "R (scaling)",
            Self::Hyperbolic => "R (anisotropic scaling)",
            Self::Parabolic => "R (shear)",
            Self::Translation => "R (translation)",
            Self::Spiral => "R (spiral)",
        }
    }
}

/// The type of the generator `a` (`[n, n]`, finite).
pub fn classify(a: &DMatrix<f64>) -> OneGenerator {
    let n = a.nrows();
    let largest = a.amax();
    if n == 0 || largest == 0.0 || !largest.is_finite() {
        return OneGenerator::Zero;
    }
    let a = a / largest;
    let a = &a / a.norm();
    if is_nilpotent(&a) {
        return if is_translation(&a) { OneGenerator::Translation } else { OneGenerator::Parabolic };
    }
    let eigenvalues = eigenvalues(&a);
    let real = eigenvalues.iter().map(|z| z.re.abs()).fold(0.0, f64::max);
    let imaginary = eigenvalues.iter().map(|z| z.im.abs()).fold(0.0, f64::max);
    if real <= MIXED * imaginary {
        return OneGenerator::Elliptic;
    }
    let moving: Vec<f64> = eigenvalues.iter().map(|z| z.re).filter(|re| re.abs() > EQUAL * real).collect();
    // A double real eigenvalue splits into a complex pair under noise ε, with an imaginary part of up to √ε
    // (more than MIXED), but only if it is defective; a scaling is not.
    if imaginary > MIXED * real {
        return OneGenerator::Spiral;
    }
    let smallest = moving.iter().map(|re| re.abs()).fold(real, f64::min);
    if smallest < (1.0 - EQUAL) * real {
        return OneGenerator::Hyperbolic;
    }
    let growing = moving.iter().filter(|re| **re > 0.0).count();
    match (growing, moving.len() - growing) {
        (_, 0) | (0, _) => OneGenerator::Scaling,
        (p, q) if p == q => OneGenerator::Boost,
        _ => OneGenerator::Hyperbolic,
    }
}

/// Whether all traces of powers of the unit matrix `a` vanish up to noise.
fn is_nilpotent(a: &DMatrix<f64>) -> bool {
    let mut power = a.clone();
    for _ in 0..a.nrows() {
        if power.trace().abs() > NILPOTENT {
            return false;
        }
        power = &power * a;
    }
    true
}

/// Whether only the last column moves, by an amount that does not depend on its own coordinate. On planes
/// (`n = 2`) this is a shear as well, and is reported as such.
fn is_translation(a: &DMatrix<f64>) -> bool {
    let n = a.nrows();
    n > 2 && a.view((0, n - 1), (n - 1, 1)).norm_squared() > (1.0 - NILPOTENT).powi(2)
}

/// The eigenvalues of a square matrix.
pub(super) fn eigenvalues(a: &DMatrix<f64>) -> Vec<Complex<f64>> {
    let n = a.nrows();
    let limit = ITERATIONS * n.max(1);
    // The double-shift iteration stands still on some highly symmetric matrices (permutations): a shift far
    // below the noise breaks the tie.
    let nudge = |strength: f64| {
        DMatrix::from_fn(n, n, |i, j| strength * a.norm() * ((1 + i * n + j) as f64 * 0.754_877_666).fract())
    };
    [0.0, 1e-12, 1e-9, 1e-6]
        .into_iter()
        .find_map(|strength| Schur::try_new(a + nudge(strength), f64::EPSILON, limit))
        .map(|schur| schur.complex_eigenvalues().iter().copied().collect())
        .unwrap_or_default()
}
