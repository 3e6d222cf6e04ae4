//! What is measured of a surface: its second moments about its centroid, and lengths that follow from them.
//!
//! Moments turn with the surface (`C → R C Rᵀ`), so one look at a surface serves all its orientations. All lengths are
//! root mean squares of distances over the surface, in the unit of its points.

use crate::rotation::Axis;
use nalgebra::{Matrix2, Matrix3, Vector3};

/// Second moments `E (x − c)(x − c)ᵀ` of points about their mean `c`.
pub(crate) fn moments(points: &[[f32; 3]]) -> Matrix3<f64> {
    let count = points.len().max(1) as f64;
    let vectors = || points.iter().map(|point| Vector3::from(point.map(f64::from)));
    let centroid: Vector3<f64> = vectors().sum::<Vector3<f64>>() / count;
    vectors().map(|x| (x - centroid) * (x - centroid).transpose()).sum::<Matrix3<f64>>() / count
}

/// Largest, middle and smallest root mean square distance along the principal axes. No rotation changes them.
pub(crate) fn radii(moments: &Matrix3<f64>) -> [f64; 3] {
    let mut squares: [f64; 3] = moments.symmetric_eigenvalues().into();
    squares.sort_by(|a, b| b.total_cmp(a));
    squares.map(|square| square.max(0.0).sqrt())
}

/// Root mean square height above and below the centroid; largest and smallest root mean square distance along the
/// principal axes of the plan (the projection on the floor). Only rotations about the vertical leave them alone.
pub(crate) fn stance(moments: &Matrix3<f64>, vertical: Axis) -> [f64; 3] {
    let [a, b] = vertical.others();
    let plan = Matrix2::new(moments[(a, a)], moments[(a, b)], moments[(b, a)], moments[(b, b)]);
    let squares = plan.symmetric_eigenvalues();
    let height = moments[(vertical as usize, vertical as usize)];
    [height, squares.max(), squares.min()].map(|square| square.max(0.0).sqrt())
}

/// Root mean square distance along each coordinate axis. No linear motion leaves all three alone.
pub(crate) fn extents(moments: &Matrix3<f64>) -> [f64; 3] {
    [0, 1, 2].map(|axis| moments[(axis, axis)].max(0.0).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rotation::Turns;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    /// Corners of a box with half edges 3, 2 and 1, off the origin: along each axis all are at the half edge.
    fn corners() -> Vec<[f32; 3]> {
        let signs = [-1.0, 1.0];
        let corner = |x: f32, y: f32, z: f32| [3.0 * x + 5.0, 2.0 * y - 7.0, z];
        signs.iter().flat_map(|&x| signs.iter().flat_map(move |&y| signs.map(|z| corner(x, y, z)))).collect()
    }

    fn close(a: [f64; 3], b: [f64; 3]) -> bool {
        a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-6)
    }

    #[test]
    fn a_box_has_its_half_edges() {
        let moments = moments(&corners());
        assert!(close(radii(&moments), [3.0, 2.0, 1.0]));
        assert!(close(extents(&moments), [3.0, 2.0, 1.0]));
        assert!(close(stance(&moments, Axis::Y), [2.0, 3.0, 1.0]));
        assert!(close(stance(&moments, Axis::Z), [1.0, 3.0, 2.0]));
    }

    #[test]
    fn each_is_left_alone_by_its_rotations_and_no_others() {
        let still = moments(&corners());
        let mut random = ChaCha8Rng::seed_from_u64(3);
        let mut turned = |turns: Turns| {
            let r = turns.draw(Axis::Y, &mut random);
            r * still * r.transpose()
        };
        let (upright, full) = (turned(Turns::Upright), turned(Turns::Full));
        assert!(close(radii(&full), radii(&still)));
        assert!(close(stance(&upright, Axis::Y), stance(&still, Axis::Y)));
        assert!(!close(stance(&full, Axis::Y), stance(&still, Axis::Y)));
        assert!(!close(extents(&upright), extents(&still)));
    }

    #[test]
    fn flat_and_empty_clouds_have_lengths() {
        assert!(close(radii(&moments(&[])), [0.0; 3]));
        let line = [[0.0, 0.0, -1.0], [0.0, 0.0, 1.0]];
        assert!(close(radii(&moments(&line)), [1.0, 0.0, 0.0]));
    }
}
