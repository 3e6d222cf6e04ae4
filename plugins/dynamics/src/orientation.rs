//! Orientations: where on the circle or sphere a trajectory starts, and rotating whole phases.
//!
//! `coverage` is the part of the rotations that the training data may use. In the plane it is a sector about the
//! x axis, and a trajectory's own motion counts: [`start_angle`] places the arc, not only its beginning, inside.

use rand::{Rng, RngExt};
use rand_distr::{Distribution, StandardNormal};
use std::f64::consts::{PI, TAU};

/// An n × n rotation matrix, row by row.
pub(crate) type Rotation = Vec<Vec<f64>>;

/// The angle at which to start an arc of `arc` radians (counter-clockwise) so that it lies within a sector of
/// `coverage` of the circle, centred on the x axis. An arc longer than the sector is centred on it.
pub(crate) fn start_angle(coverage: f64, arc: f64, rng: &mut impl Rng) -> f64 {
    let room = if coverage < 1.0 { (coverage * TAU - arc).max(0.0) } else { TAU };
    let middle = (rng.random::<f64>() - 0.5) * room;
    middle - arc / 2.0
}

/// The rotation of the plane by `angle`.
pub(crate) fn plane(angle: f64) -> Rotation {
    let (sin, cos) = angle.sin_cos();
    vec![vec![cos, -sin], vec![sin, cos]]
}

/// A rotation drawn uniformly from SO(2) or SO(3).
pub(crate) fn uniform(dims: usize, rng: &mut impl Rng) -> Rotation {
    if dims == 2 {
        return plane((rng.random::<f64>() - 0.5) * TAU);
    }
    // A normalised Gaussian in R⁴ is uniform on the unit quaternions, hence on SO(3).
    let draw: [f64; 4] = std::array::from_fn(|_| StandardNormal.sample(rng));
    let norm = draw.iter().map(|x| x * x).sum::<f64>().sqrt();
    quaternion(draw.map(|x| x / norm))
}

/// A rotation about a random axis by at most `coverage` of half a turn either way; for `coverage` 1, uniform.
pub(crate) fn partial(dims: usize, coverage: f64, rng: &mut impl Rng) -> Rotation {
    if coverage >= 1.0 {
        return uniform(dims, rng);
    }
    let angle = (2.0 * rng.random::<f64>() - 1.0) * coverage * PI;
    if dims == 2 {
        return plane(angle);
    }
    let axis: [f64; 3] = std::array::from_fn(|_| StandardNormal.sample(rng));
    let norm = axis.iter().map(|x| x * x).sum::<f64>().sqrt();
    axis_angle(axis.map(|x| x / norm), angle)
}

/// The rotation of R³ by `angle` about a unit vector, counter-clockwise seen from its tip.
pub(crate) fn axis_angle(axis: [f64; 3], angle: f64) -> Rotation {
    let (sin, cos) = (angle / 2.0).sin_cos();
    quaternion([cos, sin * axis[0], sin * axis[1], sin * axis[2]])
}

/// The rotation of the unit quaternion `w + xi + yj + zk`.
fn quaternion([w, x, y, z]: [f64; 4]) -> Rotation {
    vec![
        vec![1.0 - 2.0 * (y * y + z * z), 2.0 * (x * y - w * z), 2.0 * (x * z + w * y)],
        vec![2.0 * (x * y + w * z), 1.0 - 2.0 * (x * x + z * z), 2.0 * (y * z - w * x)],
        vec![2.0 * (x * z - w * y), 2.0 * (y * z + w * x), 1.0 - 2.0 * (x * x + y * y)],
    ]
}

/// Rotates every vector of a phase.
pub(crate) fn rotate(rotation: &Rotation, phase: &[f64]) -> Vec<f64> {
    phase
        .chunks_exact(rotation.len())
        .flat_map(|vector| rotation.iter().map(move |row| row.iter().zip(vector).map(|(a, x)| a * x).sum()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    fn determinant_and_defect(r: &Rotation) -> (f64, f64) {
        let n = r.len();
        let mut defect: f64 = 0.0;
        for i in 0..n {
            for j in 0..n {
                let product: f64 = (0..n).map(|k| r[i][k] * r[j][k]).sum();
                defect = defect.max((product - f64::from(u8::from(i == j))).abs());
            }
        }
        let determinant = if n == 2 {
            r[0][0] * r[1][1] - r[0][1] * r[1][0]
        } else {
            (0..3)
                .map(|k| {
                    r[0][k] * (r[1][(k + 1) % 3] * r[2][(k + 2) % 3] - r[1][(k + 2) % 3] * r[2][(k + 1) % 3])
                })
                .sum()
        };
        (determinant, defect)
    }

    #[test]
    fn rotations_are_rotations_and_partial_ones_stay_small() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        for dims in [2, 3] {
            for coverage in [0.2, 1.0] {
                for _ in 0..200 {
                    let rotation = partial(dims, coverage, &mut rng);
                    let (determinant, defect) = determinant_and_defect(&rotation);
                    assert!((determinant - 1.0).abs() < 1e-12 && defect < 1e-12);
                    let trace: f64 = (0..dims).map(|k| rotation[k][k]).sum();
                    let cos = if dims == 2 { trace / 2.0 } else { (trace - 1.0) / 2.0 };
                    assert!(coverage == 1.0 || cos.clamp(-1.0, 1.0).acos() <= 0.2 * PI + 1e-7);
                }
            }
        }
    }

    #[test]
    fn uniform_rotations_leave_no_mean() {
        let mut rng = ChaCha8Rng::seed_from_u64(2);
        for dims in [2, 3] {
            let mut mean = vec![0.0; dims * dims];
            for _ in 0..20_000 {
                for (sum, entry) in mean.iter_mut().zip(uniform(dims, &mut rng).concat()) {
                    *sum += entry / 20_000.0;
                }
            }
            // The standard error of each entry is below 1/√20000 = .007.
            assert!(mean.iter().all(|entry| entry.abs() < 0.03), "{mean:?}");
        }
    }

    #[test]
    fn arcs_stay_in_their_sector() {
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        for _ in 0..1000 {
            let start = start_angle(0.25, 0.9, &mut rng);
            assert!(start >= -TAU / 8.0 - 1e-12 && start + 0.9 <= TAU / 8.0 + 1e-12);
        }
        assert!((start_angle(0.1, 2.0, &mut rng) + 1.0).abs() < 1e-12, "a long arc is centred");
    }
}
