use nalgebra::DMatrix;
use std::f64::consts::PI;

/// Largest coefficient of a generator, whatever its eigenvalues (nilpotent generators have none to go by).
const LARGEST: f64 = 2.0 * PI;

/// The range `r` of each generator: coefficients are drawn from `[-r, r]`.
///
/// `min(π / max|Im λ|, ln(max_stretch) / (√k max|Re λ|))` over the generator's eigenvalues λ, at most 2π: the
/// full circle for compact generators, a bounded stretch for the others.
pub fn automatic_range(generators: &[DMatrix<f64>], max_stretch: f64) -> Vec<f64> {
    let count = generators.len() as f64;
    generators
        .iter()
        .map(|generator| {
            let eigenvalues = generator.complex_eigenvalues();
            let largest =
                |part: fn(&nalgebra::Complex<f64>) -> f64| eigenvalues.iter().map(part).fold(1e-3, f64::max);
            let (real, imaginary) = (largest(|z| z.re.abs()), largest(|z| z.im.abs()));
            (PI / imaginary).min(max_stretch.ln() / (count.sqrt() * real)).min(LARGEST)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compact_generators_go_round_and_others_stretch() {
        let rotation = DMatrix::from_row_slice(2, 2, &[0.0, -1.0, 1.0, 0.0]);
        let scaling = DMatrix::identity(2, 2);
        let shear = DMatrix::from_row_slice(2, 2, &[0.0, 1.0, 0.0, 0.0]);
        assert!((automatic_range(std::slice::from_ref(&rotation), 2.0)[0] - PI).abs() < 1e-12);
        assert!((automatic_range(&[rotation * 2.0], 2.0)[0] - PI / 2.0).abs() < 1e-12);
        assert!((automatic_range(&[scaling], 2.0)[0] - 2.0_f64.ln()).abs() < 1e-12);
        assert!((automatic_range(&[shear], 2.0)[0] - LARGEST).abs() < 1e-12);
    }
}
