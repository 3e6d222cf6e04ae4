//! Rotations of space: what the data are turned by, and the algebras of those rotations.
//!
//! `Turns` says which rotations; everything that needs to agree on it (the drawing of samples, the shifted split, the
//! declared reference) asks here.

use nalgebra::{Matrix3, Quaternion, Unit, UnitQuaternion, Vector3};
use rand::{Rng, RngExt};
use rand_distr::{Distribution, StandardNormal};
use semola_plugin_api::Reference;
use serde::{Deserialize, Serialize};
use std::f64::consts::TAU;

/// The rotations that are applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Turns {
    /// None: everything faces as it was made.
    None,
    /// About the vertical, by any angle.
    Upright,
    /// All of SO(3), uniformly.
    Full,
}

/// An axis of space.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Axis {
    /// The first.
    X,
    /// The second: up in most mesh files.
    Y,
    /// The third: up in CAD files.
    Z,
}

impl Axis {
    /// The unit vector along it.
    pub(crate) fn unit(self) -> Vector3<f64> {
        Vector3::ith(self as usize, 1.0)
    }

    /// The other two, in cyclic order.
    pub(crate) fn others(self) -> [usize; 2] {
        [(self as usize + 1) % 3, (self as usize + 2) % 3]
    }
}

impl Turns {
    /// One of them, uniformly.
    pub(crate) fn draw(self, vertical: Axis, random: &mut impl Rng) -> Matrix3<f64> {
        match self {
            Self::None => Matrix3::identity(),
            Self::Upright => {
                let angle = random.random::<f64>() * TAU;
                let axis = Unit::new_unchecked(vertical.unit());
                UnitQuaternion::from_axis_angle(&axis, angle).to_rotation_matrix().into_inner()
            }
            Self::Full => {
                // A normalised Gaussian in R⁴ is uniform on the unit quaternions, hence on SO(3).
                let mut normal = || StandardNormal.sample(random);
                let quaternion = Quaternion::<f64>::new(normal(), normal(), normal(), normal());
                UnitQuaternion::from_quaternion(quaternion).to_rotation_matrix().into_inner()
            }
        }
    }

    /// The algebra of these rotations, and of all translations if asked for; on R^3, or with translations on
    /// homogeneous coordinates of R^4.
    pub(crate) fn reference(
        self,
        vertical: Axis,
        homogeneous: bool,
        translations: bool,
    ) -> Option<Reference> {
        let [a, b] = vertical.others();
        let planes: &[[usize; 2]] = match self {
            Self::None => &[],
            Self::Upright => &[[a, b]],
            Self::Full => &[[0, 1], [0, 2], [1, 2]],
        };
        let n = if homogeneous { 4 } else { 3 };
        let mut generators: Vec<Vec<Vec<f64>>> = planes
            .iter()
            .map(|&[i, j]| {
                let mut generator = vec![vec![0.0; n]; n];
                generator[i][j] = -1.0;
                generator[j][i] = 1.0;
                generator
            })
            .collect();
        let translations = homogeneous && translations;
        if translations {
            generators.extend((0..3).map(|axis| {
                let mut generator = vec![vec![0.0; 4]; 4];
                generator[axis][3] = 1.0;
                generator
            }));
        }
        let name = match (self, translations) {
            (Self::None, false) => return None,
            (Self::None, true) => "R^3",
            (Self::Upright, false) => "so(2)",
            (Self::Upright, true) => "se(2) + R",
            (Self::Full, false) => "so(3)",
            (Self::Full, true) => "se(3)",
        };
        Some(Reference { name: name.into(), generators })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn rotations_are_rotations_and_upright_ones_keep_the_vertical() {
        let mut random = ChaCha8Rng::seed_from_u64(1);
        for vertical in [Axis::X, Axis::Y, Axis::Z] {
            for turns in [Turns::None, Turns::Upright, Turns::Full] {
                for _ in 0..50 {
                    let r = turns.draw(vertical, &mut random);
                    assert!((r * r.transpose() - Matrix3::identity()).norm() < 1e-12);
                    assert!((r.determinant() - 1.0).abs() < 1e-12);
                    assert!(turns == Turns::Full || (r * vertical.unit() - vertical.unit()).norm() < 1e-12);
                }
            }
        }
    }

    #[test]
    fn full_turns_leave_no_mean() {
        let mut random = ChaCha8Rng::seed_from_u64(2);
        let sum: Matrix3<f64> = (0..20_000).map(|_| Turns::Full.draw(Axis::Y, &mut random)).sum();
        // The standard error of each entry is below 1/√20000 = .007.
        assert!((sum / 20_000.0).abs().max() < 0.03);
    }

    #[test]
    fn references_are_the_rotations_that_are_drawn() {
        // exp(angle · generator) leaves the vertical alone, and its plane is the horizontal one.
        let reference = Turns::Upright.reference(Axis::Y, false, true).unwrap();
        assert_eq!(reference.name, "so(2)");
        assert_eq!(reference.generators.len(), 1);
        let generator = &reference.generators[0];
        assert!((0..3).all(|i| generator[i][1] == 0.0 && generator[1][i] == 0.0));
        assert_eq!(generator[2][0] + generator[0][2], 0.0);
        assert_eq!(generator[2][0].abs(), 1.0);

        let count = |turns: Turns, homogeneous, translations| {
            turns.reference(Axis::Z, homogeneous, translations).map(|r| (r.name, r.generators.len()))
        };
        assert_eq!(count(Turns::None, false, true), None);
        assert_eq!(count(Turns::Full, false, false), Some(("so(3)".into(), 3)));
        assert_eq!(count(Turns::Full, true, true), Some(("se(3)".into(), 6)));
        assert_eq!(count(Turns::Upright, true, true), Some(("se(2) + R".into(), 4)));
        assert_eq!(count(Turns::None, true, true), Some(("R^3".into(), 3)));
    }
}
