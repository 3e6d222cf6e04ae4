//! How wide the coefficients of a generator are drawn, so that the data are moved far, but not off their support.

use nalgebra::DMatrix;
use std::f64::consts::PI;

/// Real part of the eigenvalues, over the imaginary one, up to which a generator counts as a rotation.
const TURNS: f64 = 0.1;
/// Largest stretch on the way round of a rotation in skew coordinates.
const SKEW: f64 = 8.0;
/// Places on the circle where the stretch is measured.
const PLACES: i32 = 8;
/// Eigenvalues over the norm, below which a generator is nilpotent: translations, shears, null rotations.
const NILPOTENT: f64 = 0.05;
/// Halvings in the search of a range; the last decides 0.1 % of it.
const HALVINGS: usize = 10;

/// The range `r` of each generator: coefficients are drawn from `[-r, r]`.
///
/// - Rotations (imaginary eigenvalues, in any coordinates): the full circle, `π / max|Im λ|`.
/// - Nilpotent generators move data in straight lines: as far as `2 log₂(max_stretch)` times their size.
/// - All others: as far as the k generators together stretch no vector more than `max_stretch` times,
///   `‖exp(±rL)‖₂ ≤ max_stretch^(1/√k)`, and no further than the circle.
pub fn automatic_range(generators: &[DMatrix<f64>], max_stretch: f64) -> Vec<f64> {
    let stretch = max_stretch.powf(1.0 / (generators.len() as f64).sqrt());
    generators.iter().map(|generator| range(generator, max_stretch, stretch)).collect()
}

fn range(generator: &DMatrix<f64>, max_stretch: f64, stretch: f64) -> f64 {
    let norm = largest_singular_value(generator);
    if norm < f64::MIN_POSITIVE || !norm.is_finite() {
        return 1.0;
    }
    let eigenvalues = generator.complex_eigenvalues();
    let largest = |part: fn(&nalgebra::Complex<f64>) -> f64| eigenvalues.iter().map(part).fold(0.0, f64::max);
    let (real, imaginary) = (largest(|z| z.re.abs()), largest(|z| z.im.abs()));
    let stretched = |t: f64| {
        let both = [1.0, -1.0].map(|sign| largest_singular_value(&(generator * (sign * t)).exp()));
        both[0].max(both[1])
    };
    let n = generator.nrows();
    if real.max(imaginary) < NILPOTENT * norm {
        let way = |t: f64| largest_singular_value(&((generator * t).exp() - DMatrix::identity(n, n)));
        let size = 2.0 * max_stretch.log2();
        return longest(size / norm, |t| way(t) <= size * (1.0 + 1e-9));
    }
    let round = if imaginary > NILPOTENT * norm { PI / imaginary } else { f64::INFINITY };
    let skew = || (1..=PLACES).all(|place| stretched(round * f64::from(place) / f64::from(PLACES)) <= SKEW);
    if round.is_finite() && real < TURNS * imaginary && skew() {
        return round;
    }
    // ‖exp(tL)‖ ≤ exp(t‖L‖): the range is at least this, and within a few doublings of it.
    let mut upper = stretch.ln() / norm;
    while stretched(upper) <= stretch && upper < round {
        upper *= 2.0;
    }
    longest(upper.min(round), |t| stretched(t) <= stretch)
}

/// The largest number up to `upper` for which a condition holds that holds for small ones.
fn longest(upper: f64, holds: impl Fn(f64) -> bool) -> f64 {
    if holds(upper) {
        return upper;
    }
    let (mut low, mut high) = (0.0, upper);
    for _ in 0..HALVINGS {
        let middle = 0.5 * (low + high);
        if holds(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    low
}

fn largest_singular_value(matrix: &DMatrix<f64>) -> f64 {
    if matrix.iter().all(|entry| entry.is_finite()) { matrix.singular_values().max() } else { f64::INFINITY }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matrix(n: usize, entries: &[f64]) -> DMatrix<f64> {
        DMatrix::from_row_slice(n, n, entries)
    }

    fn single(generator: DMatrix<f64>) -> f64 {
        automatic_range(&[generator], 2.0)[0]
    }

    #[test]
    fn rotations_go_round() {
        let rotation = matrix(2, &[0.0, -1.0, 1.0, 0.0]);
        assert!((single(rotation.clone()) - PI).abs() < 1e-12);
        assert!((single(rotation.clone() * 2.0) - PI / 2.0).abs() < 1e-12);
        // In skew coordinates, as positions and momenta of other units: the ellipse is three times as long as wide.
        let skew = matrix(2, &[0.0, -3.0, 1.0 / 3.0, 0.0]);
        assert!((single(skew) - PI).abs() < 1e-9);
        // Learned, with a little scaling in it.
        assert!((single(rotation + DMatrix::identity(2, 2) * 0.02) - PI).abs() < 1e-9);
    }

    #[test]
    fn others_stretch_by_the_factor_allowed() {
        let scaling = DMatrix::identity(2, 2);
        let boost = matrix(2, &[0.0, 1.0, 1.0, 0.0]);
        for generator in [scaling.clone(), boost.clone(), scaling.clone() * 5.0] {
            let expected = 2.0_f64.ln() / largest_singular_value(&generator);
            assert!((single(generator) / expected - 1.0).abs() < 2e-3);
        }
        let shared = automatic_range(&[scaling, boost], 2.0);
        assert!(shared.iter().all(|range| (range / (2.0_f64.ln() / 2.0_f64.sqrt()) - 1.0).abs() < 2e-3));
    }

    #[test]
    fn translations_and_shears_move_by_twice_the_data() {
        let translation = matrix(3, &[0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
        assert!((single(translation.clone()) - 2.0).abs() < 1e-9);
        assert!((automatic_range(&[translation], 16.0)[0] - 8.0).abs() < 1e-9);
        // A null rotation of so(1,2), L³ = 0: ‖exp(tL) − 1‖ grows with t², and would be 39 at the t of 2π.
        let null = matrix(3, &[0.0, 1.0, 0.0, 1.0, 0.0, -1.0, 0.0, 1.0, 0.0]);
        let range = single(null.clone());
        let way = largest_singular_value(&((&null * range).exp() - DMatrix::identity(3, 3)));
        assert!(range > 0.5 && (way - 2.0).abs() < 0.02, "{range} {way}");
    }

    #[test]
    fn a_rotation_that_is_nearly_a_boost_is_held_back() {
        // Conjugate to a rotation, but through a boost that stretches by 19 on the way round.
        let nearly = matrix(3, &[0.0, 0.9, 0.0, 0.9, 0.0, -1.0, 0.0, 1.0, 0.0]);
        let range = single(nearly.clone());
        let stretch = largest_singular_value(&(nearly * range).exp());
        assert!((stretch - 2.0).abs() < 0.02, "{stretch}");
    }

    #[test]
    fn nothing_and_nonsense_have_a_range() {
        assert!(single(DMatrix::zeros(2, 2)).is_finite());
        assert!(single(matrix(1, &[f64::NAN])).is_finite());
    }
}
