//! How a molecule lies in space when a model sees it: its frame and its place.
//!
//! Every molecule has one pose, drawn once from the seed, the split and its place in the split; a model sees it in no
//! other. Rotations are proper, so that a molecule never becomes its mirror image.

use crate::molecule::Molecule;
use nalgebra::{Matrix3, Rotation3, SymmetricEigen, Unit, UnitQuaternion, Vector3, Vector4};
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use semola_plugin_api::{Error, Result, Split};
use serde::{Deserialize, Serialize};
use std::f64::consts::PI;

/// Which way molecules are turned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Frame {
    /// By a uniform rotation each.
    Random,
    /// Into the axes of the nuclei's spread, the longest first, then about any axis by at most `sector` of half a turn.
    Sector,
    /// As the source has them.
    Published,
}

/// Options of the pose.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Pose {
    /// Which way molecules are turned in training, validation and test; `shifted` has uniform rotations.
    pub(crate) frame: Frame,
    /// Part of half a turn, above 0 and up to 1.
    pub(crate) sector: f64,
    /// Whether the centroid of the nuclei lies in the origin.
    pub(crate) centred: bool,
    /// Where it does not: standard deviation in ångström, along each axis, of the centroid.
    pub(crate) shift: f64,
}

impl Default for Pose {
    fn default() -> Self {
        Self { frame: Frame::Random, sector: 0.25, centred: true, shift: 1.0 }
    }
}

impl Pose {
    /// Refuses options out of range.
    pub(crate) fn check(&self, name: &str) -> Result<()> {
        if !(self.sector > 0.0 && self.sector <= 1.0) {
            return Err(Error::new(format!(
                "{name}: sector is {}, expected a part of half a turn, above 0 and up to 1",
                self.sector
            )));
        }
        if !(self.shift >= 0.0 && self.shift <= 1000.0) {
            return Err(Error::new(format!("{name}: shift is {}, expected 0 to 1000 ångström", self.shift)));
        }
        Ok(())
    }

    /// The molecules of a split in their poses.
    pub(crate) fn place(&self, molecules: &mut [Molecule], seed: u64, split: Split) {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        random.set_stream(split as u64);
        for molecule in molecules {
            let centred = centred(&molecule.positions);
            let rotation = match self.frame {
                _ if split == Split::Shifted => uniform(&mut random),
                Frame::Random => uniform(&mut random),
                Frame::Sector => sector(self.sector, &mut random) * upright(&centred),
                Frame::Published => Rotation3::identity(),
            };
            let draw: [f64; 3] = std::array::from_fn(|_| StandardNormal.sample(&mut random));
            let shift = if self.centred { Vector3::zeros() } else { Vector3::from(draw) * self.shift };
            molecule.positions =
                centred.iter().map(|position| (rotation * position + shift).into()).collect();
        }
    }
}

fn centred(positions: &[[f64; 3]]) -> Vec<Vector3<f64>> {
    let sum = positions.iter().fold(Vector3::zeros(), |sum, position| sum + Vector3::from(*position));
    let centroid = sum / positions.len().max(1) as f64;
    positions.iter().map(|position| Vector3::from(*position) - centroid).collect()
}

/// A rotation drawn uniformly: a normalised Gaussian in R⁴ is uniform on the unit quaternions.
fn uniform(random: &mut impl Rng) -> Rotation3<f64> {
    let draw: [f64; 4] = std::array::from_fn(|_| StandardNormal.sample(random));
    UnitQuaternion::new_normalize(Vector4::from(draw).into()).to_rotation_matrix()
}

/// A rotation about any axis by up to `part` of half a turn either way.
fn sector(part: f64, random: &mut impl Rng) -> Rotation3<f64> {
    let axis: [f64; 3] = std::array::from_fn(|_| StandardNormal.sample(random));
    let angle = (2.0 * random.random::<f64>() - 1.0) * part * PI;
    Rotation3::from_axis_angle(&Unit::new_normalize(Vector3::from(axis)), angle)
}

/// The rotation that puts the axes of the nuclei's spread along x (longest), y and z. Each axis points where the third
/// moment is positive, the last one where the frame stays right-handed.
fn upright(centred: &[Vector3<f64>]) -> Rotation3<f64> {
    let spread = centred.iter().fold(Matrix3::zeros(), |sum, v| sum + v * v.transpose());
    let eigen = SymmetricEigen::new(spread);
    let mut order = [0, 1, 2];
    order.sort_by(|&a: &usize, &b: &usize| eigen.eigenvalues[b].total_cmp(&eigen.eigenvalues[a]));
    let axis = |place: usize| {
        let axis: Vector3<f64> = eigen.eigenvectors.column(order[place]).into();
        let third: f64 = centred.iter().map(|v| v.dot(&axis).powi(3)).sum();
        if third < 0.0 { -axis } else { axis }
    };
    let (x, y) = (axis(0), axis(1));
    let rows = Matrix3::from_columns(&[x, y, x.cross(&y)]).transpose();
    Rotation3::from_matrix_unchecked(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A bent chain without symmetry.
    fn chiral() -> Molecule {
        let positions =
            vec![[0.3, 1.0, 2.0], [1.4, 1.1, 2.1], [1.9, 2.4, 2.0], [2.1, 2.6, 3.3], [5.0, 2.0, 2.2]];
        Molecule { charges: vec![6, 7, 8, 1, 9], positions, target: 1.0 }
    }

    fn placed(pose: &Pose, split: Split, count: usize) -> Vec<Molecule> {
        let mut molecules = vec![chiral(); count];
        pose.place(&mut molecules, 3, split);
        molecules
    }

    fn distances(molecule: &Molecule) -> Vec<f64> {
        let at = |i: usize| Vector3::from(molecule.positions[i]);
        (0..5).flat_map(|i| (0..i).map(move |j| (at(i) - at(j)).norm())).collect()
    }

    fn volume(molecule: &Molecule) -> f64 {
        let edge = |i: usize| Vector3::from(molecule.positions[i]) - Vector3::from(molecule.positions[0]);
        edge(1).dot(&edge(2).cross(&edge(3)))
    }

    #[test]
    fn poses_are_rigid_motions_that_keep_the_hand() {
        for frame in [Frame::Random, Frame::Sector, Frame::Published] {
            for centred in [true, false] {
                let pose = Pose { frame, centred, ..Pose::default() };
                for molecule in placed(&pose, Split::Train, 20) {
                    let pairs = distances(&molecule).into_iter().zip(distances(&chiral()));
                    assert!(pairs.into_iter().all(|(a, b)| (a - b).abs() < 1e-9));
                    assert!((volume(&molecule) - volume(&chiral())).abs() < 1e-9);
                    let centroid = |k: usize| molecule.positions.iter().map(|p| p[k]).sum::<f64>() / 5.0;
                    assert_eq!(centroid(0).hypot(centroid(1)) < 1e-9, centred);
                }
            }
        }
    }

    #[test]
    fn random_frames_point_everywhere_and_sectors_do_not() {
        // The direction of the first bond: its mean is near zero over the sphere (1/√2000 = 0.022 a component).
        let mean = |pose: &Pose, split| {
            let molecules = placed(pose, split, 2000);
            let bond =
                |m: &Molecule| (Vector3::from(m.positions[1]) - Vector3::from(m.positions[0])).normalize();
            (molecules.iter().map(bond).fold(Vector3::zeros(), |sum, b| sum + b) / 2000.0).norm()
        };
        let sector = Pose { frame: Frame::Sector, ..Pose::default() };
        assert!(mean(&Pose::default(), Split::Train) < 0.06);
        assert!(mean(&sector, Split::Train) > 0.8);
        assert!(mean(&sector, Split::Shifted) < 0.06);
    }

    #[test]
    fn a_sector_begins_at_the_molecules_own_axes_whatever_frame_it_came_in() {
        let narrow = Pose { frame: Frame::Sector, sector: 1e-9, ..Pose::default() };
        let reference = placed(&narrow, Split::Train, 1);
        let mut turned = placed(&Pose { centred: false, ..Pose::default() }, Split::Test, 30);
        narrow.place(&mut turned, 5, Split::Train);
        for molecule in &turned {
            for (a, b) in molecule.positions.iter().zip(&reference[0].positions) {
                assert!((Vector3::from(*a) - Vector3::from(*b)).norm() < 1e-6, "{a:?} {b:?}");
            }
        }
        let along = |k: usize| reference[0].positions.iter().map(|p| p[k] * p[k]).sum::<f64>();
        assert!(along(0) > along(1) && along(1) > along(2));
    }

    #[test]
    fn one_seed_gives_one_pose() {
        let pose = Pose { centred: false, ..Pose::default() };
        assert_eq!(placed(&pose, Split::Train, 4)[..3], placed(&pose, Split::Train, 3));
        assert_ne!(placed(&pose, Split::Train, 3), placed(&pose, Split::Test, 3));
    }

    #[test]
    fn options_out_of_range_are_named() {
        let refusal = |pose: Pose| pose.check("qm9").unwrap_err().to_string();
        assert!(refusal(Pose { sector: 0.0, ..Pose::default() }).contains("sector is 0"));
        assert!(refusal(Pose { shift: f64::NAN, ..Pose::default() }).contains("shift is NaN"));
    }
}
