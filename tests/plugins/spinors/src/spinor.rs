//! Spins one half as vectors of C²: products, precession, rotations, and real numbers for all of these.
//!
//! The real form of C² that the whole plugin shares is (Re ψ₁, Im ψ₁, Re ψ₂, Im ψ₂), the way in which complex arrays
//! lie in memory.

use num_complex::Complex64;
use std::array::from_fn;

/// A vector of C², of any length: `ψ₁` along spin up, `ψ₂` along spin down.
pub(crate) type Spinor = [Complex64; 2];

/// A complex 2 × 2 matrix, row by row.
pub(crate) type Operator = [[Complex64; 2]; 2];

/// `⟨φ|ψ⟩`.
fn product(phi: &Spinor, psi: &Spinor) -> Complex64 {
    phi[0].conj() * psi[0] + phi[1].conj() * psi[1]
}

/// `A ψ`.
pub(crate) fn applied(operator: &Operator, psi: &Spinor) -> Spinor {
    operator.map(|row| row[0] * psi[0] + row[1] * psi[1])
}

/// `ψ` after it has precessed about the spin of `φ`, by `|φ|²` radians: `exp(−i |φ|² n·σ / 2) ψ` with n the direction of
/// `⟨φ|σ|φ⟩`. As `n·σ = 2|φ⟩⟨φ| / |φ|² − 1` squares to 1, the exponential is a cosine and a sine.
pub(crate) fn precessed(psi: &Spinor, phi: &Spinor) -> Spinor {
    let angle = product(phi, phi).re;
    let (sin, cos) = (angle / 2.0).sin_cos();
    let along = product(phi, psi) * (2.0 / angle);
    from_fn(|k| psi[k] * cos - Complex64::I * sin * (along * phi[k] - psi[k]))
}

/// `(ψ₁ φ₂ − ψ₂ φ₁) / √2`: the amplitude of the singlet in the pair.
pub(crate) fn singlet(psi: &Spinor, phi: &Spinor) -> Complex64 {
    (psi[0] * phi[1] - psi[1] * phi[0]) * std::f64::consts::FRAC_1_SQRT_2
}

/// The element of SU(2) at a point of R⁴ other than 0: uniform on SU(2) if the point's direction is.
pub(crate) fn element(point: [f64; 4]) -> Operator {
    let norm = point.iter().map(|x| x * x).sum::<f64>().sqrt();
    let [a, b, c, d] = point.map(|x| x / norm);
    let (a, b) = (Complex64::new(a, b), Complex64::new(c, d));
    [[a, -b.conj()], [b, a.conj()]]
}

/// `−iσ₁`, `−iσ₂`, `−iσ₃`: su(2).
pub(crate) fn su2() -> [Operator; 3] {
    let (zero, one, i) = (Complex64::ZERO, Complex64::ONE, Complex64::I);
    [[[zero, -i], [-i, zero]], [[zero, -one], [one, zero]], [[-i, zero], [zero, i]]]
}

/// The 4 × 4 matrix that does the same in the real form.
pub(crate) fn real_matrix(operator: &Operator) -> [[f64; 4]; 4] {
    from_fn(|row| {
        from_fn(|column| {
            let entry = operator[row / 2][column / 2];
            match (row % 2, column % 2) {
                (0, 1) => -entry.im,
                (1, 0) => entry.im,
                _ => entry.re,
            }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_chacha::ChaCha8Rng;
    use rand_chacha::rand_core::SeedableRng;
    use rand_distr::{Distribution, StandardNormal};

    fn draw<const N: usize>(random: &mut ChaCha8Rng) -> [f64; N] {
        from_fn(|_| StandardNormal.sample(random))
    }

    fn spinor(x: &[f64]) -> Spinor {
        [Complex64::new(x[0], x[1]), Complex64::new(x[2], x[3])]
    }

    /// `⟨ψ|σ|ψ⟩`.
    fn spin(psi: &Spinor) -> [f64; 3] {
        let flip = psi[0].conj() * psi[1];
        [2.0 * flip.re, 2.0 * flip.im, psi[0].norm_sqr() - psi[1].norm_sqr()]
    }

    #[track_caller]
    fn assert_close(found: &[f64], expected: &[f64]) {
        assert!(found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12), "{found:?} {expected:?}");
    }

    #[test]
    fn the_spin_turns_about_the_other_spin() {
        let random = &mut ChaCha8Rng::seed_from_u64(1);
        for _ in 0..20 {
            let (psi, phi) = (spinor(&draw::<4>(random)), spinor(&draw::<4>(random)));
            // Rodrigues' formula, right-handed: |s| is |φ|², which is the angle as well.
            let (s, axis) = (spin(&psi), spin(&phi));
            let angle = axis.iter().map(|x| x * x).sum::<f64>().sqrt();
            let n = axis.map(|x| x / angle);
            let along: f64 = n.iter().zip(s).map(|(a, b)| a * b).sum();
            let cross = |k: usize| n[(k + 1) % 3] * s[(k + 2) % 3] - n[(k + 2) % 3] * s[(k + 1) % 3];
            let (sin, cos) = angle.sin_cos();
            let expected: [f64; 3] = from_fn(|k| s[k] * cos + cross(k) * sin + n[k] * along * (1.0 - cos));
            assert_close(&spin(&precessed(&psi, &phi)), &expected);
        }
    }

    #[test]
    fn about_spin_up_the_components_only_change_phase() {
        let (psi, up) = (spinor(&[0.3, -0.7, 1.1, 0.2]), spinor(&[0.8, 0.6, 0.0, 0.0]));
        let found = precessed(&psi, &up);
        let expected = [psi[0] * Complex64::cis(-0.5), psi[1] * Complex64::cis(0.5)];
        assert_close(
            &[found[0].re, found[0].im, found[1].re, found[1].im],
            &[expected[0].re, expected[0].im, expected[1].re, expected[1].im],
        );
    }
}
