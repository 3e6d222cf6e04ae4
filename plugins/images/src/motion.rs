//! How pictures are moved when they are loaded, and which group that is.

use rand::{Rng, RngExt};
use semola_plugin_api::{Error, Reference, Result};
use serde::{Deserialize, Serialize};

/// A homogeneous matrix, row by row.
pub(crate) type Matrix = [[f64; 3]; 3];

/// Which maps are drawn.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Transform {
    /// Pictures stay as they are.
    None,
    /// About the middle.
    Rotation,
    /// Rotation, dilation, both stretches, translation.
    Affine,
    /// Affine, and the tilt of the plane.
    Homography,
}

/// What the user can set of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Motion {
    /// Which maps each picture is moved by, one for each, drawn uniformly from the ranges below.
    pub(crate) transform: Transform,
    /// Rotations reach so many degrees either way.
    pub(crate) angle: f64,
    /// Dilation and stretches reach this factor either way (affine, homography).
    pub(crate) stretch: f64,
    /// Translations reach this part of half the picture's side (affine, homography).
    pub(crate) shift: f64,
    /// Entries of the tilt reach this (homography).
    pub(crate) tilt: f64,
}

impl Default for Motion {
    fn default() -> Self {
        Self { transform: Transform::Rotation, angle: 180.0, stretch: 1.3, shift: 0.15, tilt: 0.2 }
    }
}

impl Motion {
    /// # Errors
    /// A range that makes no sense.
    pub(crate) fn check(&self) -> Result<()> {
        let refuse = |option: &str, found: f64, expected: &str| {
            Err(Error::new(format!("dataset option `{option}` is {found}, expected {expected}")))
        };
        match *self {
            Self { angle, .. } if !(0.0..=180.0).contains(&angle) => {
                refuse("angle", angle, "degrees from 0 to 180")
            }
            Self { stretch, .. } if !(1.0..=4.0).contains(&stretch) => {
                refuse("stretch", stretch, "a factor from 1 to 4")
            }
            Self { shift, .. } if !(0.0..=1.0).contains(&shift) => {
                refuse("shift", shift, "a part from 0 to 1 of half the side")
            }
            Self { tilt, .. } if !(0.0..=0.5).contains(&tilt) => {
                refuse("tilt", tilt, "a number from 0 to 0.5: beyond it the horizon crosses the picture")
            }
            _ => Ok(()),
        }
    }

    /// Whether pictures are moved at all.
    pub(crate) fn moves(&self) -> bool {
        self.transform != Transform::None
    }

    /// The ranges of the shifted split: the whole circle, and for what has no end twice as far. Pictures that stay as
    /// they are get rotated there.
    pub(crate) fn whole(&self) -> Self {
        let transform = if self.moves() { self.transform } else { Transform::Rotation };
        Self {
            transform,
            angle: 180.0,
            stretch: self.stretch * self.stretch,
            shift: 2.0 * self.shift,
            tilt: (1.5 * self.tilt).min(0.5),
        }
    }

    /// One map.
    pub(crate) fn draw(&self, random: &mut impl Rng) -> Matrix {
        let mut within = |range: f64| random.random_range(-1.0..=1.0) * range;
        let (sin, cos) = within(self.angle.to_radians()).sin_cos();
        let rotation = [[cos, -sin, 0.0], [sin, cos, 0.0], [0.0, 0.0, 1.0]];
        let affine = |within: &mut dyn FnMut(f64) -> f64| {
            let log = self.stretch.ln();
            let (dilation, straight, skew) = (within(log), within(log), within(log));
            // exp of the symmetric matrix [[a, b], [b, -a]], times a dilation.
            let size = straight.hypot(skew);
            let along = if size > 0.0 { size.sinh() / size } else { 1.0 };
            let (cosh, factor) = (size.cosh(), dilation.exp());
            let stretch = [
                [factor * (cosh + along * straight), factor * along * skew, 0.0],
                [factor * along * skew, factor * (cosh - along * straight), 0.0],
                [0.0, 0.0, 1.0],
            ];
            let translation =
                [[1.0, 0.0, within(self.shift)], [0.0, 1.0, within(self.shift)], [0.0, 0.0, 1.0]];
            product(&translation, &product(&rotation, &stretch))
        };
        match self.transform {
            Transform::None => IDENTITY,
            Transform::Rotation => rotation,
            Transform::Affine => affine(&mut within),
            Transform::Homography => {
                let affine = affine(&mut within);
                let tilt = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [within(self.tilt), within(self.tilt), 1.0]];
                product(&affine, &tilt)
            }
        }
    }

    /// The algebra of the maps that are drawn.
    pub(crate) fn reference(&self) -> Option<Reference> {
        let unit = |entries: &[(usize, usize, f64)]| {
            let mut generator = vec![vec![0.0; 3]; 3];
            for &(row, column, value) in entries {
                generator[row][column] = value;
            }
            generator
        };
        let rotation = unit(&[(0, 1, -1.0), (1, 0, 1.0)]);
        // Of the two ways to write a dilation the one that is traceless, as projective maps are.
        let last = if self.transform == Transform::Homography { -2.0 } else { 0.0 };
        let dilation = if last == 0.0 { 1.0 } else { -last / 2.0 };
        let linear = [
            unit(&[(0, 0, dilation), (1, 1, dilation), (2, 2, last)]),
            unit(&[(0, 0, 1.0), (1, 1, -1.0)]),
            unit(&[(0, 1, 1.0), (1, 0, 1.0)]),
        ];
        let translations = [unit(&[(0, 2, 1.0)]), unit(&[(1, 2, 1.0)])];
        let tilts = [unit(&[(2, 0, 1.0)]), unit(&[(2, 1, 1.0)])];
        let affine = || [vec![rotation.clone()], linear.to_vec(), translations.to_vec()].concat();
        let (name, generators) = match self.transform {
            Transform::None => return None,
            Transform::Rotation => ("so(2)", vec![rotation]),
            Transform::Affine => ("aff(2)", affine()),
            Transform::Homography => ("sl(3,R)", [affine(), tilts.to_vec()].concat()),
        };
        Some(Reference { name: name.into(), generators })
    }
}

const IDENTITY: Matrix = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];

fn product(a: &Matrix, b: &Matrix) -> Matrix {
    std::array::from_fn(|i| std::array::from_fn(|j| (0..3).map(|k| a[i][k] * b[k][j]).sum()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    fn determinant(m: &Matrix) -> f64 {
        m[0][0] * m[1][1] - m[0][1] * m[1][0]
    }

    #[test]
    fn rotations_stay_within_their_angle_and_keep_lengths() {
        let motion = Motion { angle: 45.0, ..Motion::default() };
        let mut random = ChaCha8Rng::seed_from_u64(1);
        let mut largest: f64 = 0.0;
        for _ in 0..2000 {
            let g = motion.draw(&mut random);
            assert!((determinant(&g) - 1.0).abs() < 1e-12 && g[2] == [0.0, 0.0, 1.0]);
            largest = largest.max(g[1][0].atan2(g[0][0]).to_degrees().abs());
        }
        assert!((44.0..=45.0).contains(&largest), "{largest}");
    }

    #[test]
    fn stretches_stay_within_their_factor() {
        let motion = Motion { transform: Transform::Affine, stretch: 1.5, shift: 0.0, ..Motion::default() };
        let mut random = ChaCha8Rng::seed_from_u64(2);
        for _ in 0..500 {
            // The determinant is that of the dilation alone: the stretches are traceless.
            let log = determinant(&motion.draw(&mut random)).ln() / 2.0;
            assert!(log.abs() <= 1.5_f64.ln() + 1e-12, "{log}");
        }
    }

    #[test]
    fn algebras_have_their_dimensions_and_respect_the_masks() {
        for (transform, dimension) in
            [(Transform::Rotation, 1), (Transform::Affine, 6), (Transform::Homography, 8)]
        {
            let reference = Motion { transform, ..Motion::default() }.reference().unwrap();
            assert_eq!(reference.generators.len(), dimension);
            let trace = |m: &Vec<Vec<f64>>| m[0][0] + m[1][1] + m[2][2];
            match transform {
                Transform::Homography => assert!(reference.generators.iter().all(|m| trace(m) == 0.0)),
                _ => assert!(reference.generators.iter().all(|m| m[2] == [0.0; 3])),
            }
        }
        assert!(Motion { transform: Transform::None, ..Motion::default() }.reference().is_none());
    }

    #[test]
    fn ranges_out_of_bounds_are_refused_by_name() {
        let wrong = [
            (Motion { angle: 200.0, ..Motion::default() }, "`angle` is 200"),
            (Motion { stretch: 0.5, ..Motion::default() }, "`stretch` is 0.5"),
            (Motion { shift: f64::NAN, ..Motion::default() }, "`shift` is NaN"),
            (Motion { tilt: 0.9, ..Motion::default() }, "`tilt` is 0.9"),
        ];
        for (motion, expected) in wrong {
            let sentence = motion.check().unwrap_err().to_string();
            assert!(sentence.contains(expected), "{sentence}");
        }
        Motion::default().check().unwrap();
    }
}
