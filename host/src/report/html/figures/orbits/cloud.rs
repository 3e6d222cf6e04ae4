//! A field of vectors as points, and how points of space are seen on paper.

use crate::report::orbits::{MovedField, Orbits};
use semola_plugin_api::Representation;

/// Points `[t][samples][points][dimension]`.
pub(super) struct Cloud {
    pub(super) dimension: usize,
    pub(super) points: Vec<Vec<Vec<Vec<f64>>>>,
    /// `[samples][points]`: which are there.
    valid: Vec<Vec<bool>>,
    kinds: Option<Kinds>,
}

/// What tells points apart.
struct Kinds {
    /// Name of the field that does.
    field: String,
    /// `[samples][points]`: a colour, from 0.
    of: Vec<Vec<usize>>,
}

/// Azimuth and elevation, in radians, from which space is seen.
const AZIMUTH: f64 = 0.55;
const ELEVATION: f64 = 0.42;

impl Cloud {
    /// `None` for a field that is no list of vectors.
    pub(super) fn of(all: &Orbits, moved: &MovedField) -> Option<Self> {
        let vectors = [Representation::Vector, Representation::Covector, Representation::Custom];
        let dimension = *moved.field.shape.last()?;
        if !vectors.contains(&moved.field.representation) || dimension == 0 {
            return None;
        }
        let split = |sample: &Vec<f64>| sample.chunks_exact(dimension).map(<[f64]>::to_vec).collect();
        let points: Vec<Vec<Vec<Vec<f64>>>> =
            moved.values.iter().map(|samples| samples.iter().map(split).collect()).collect();
        let count = points.first()?.first()?.len();
        let still = |name: &str| all.still(name).filter(|still| still.samples.len() == points[0].len());
        let mask = moved.field.mask.as_deref().and_then(still);
        let valid = match mask {
            Some(mask) => mask.samples.iter().map(|one| one.iter().map(|&is| is > 0.5).collect()).collect(),
            None => vec![vec![true; count]; points[0].len()],
        };
        let mut cloud = Self { dimension, points, valid, kinds: None };
        if cloud.homogeneous() {
            cloud.dimension -= 1;
            cloud.points.iter_mut().flatten().flatten().for_each(|point| point.truncate(cloud.dimension));
        }
        cloud.kinds = kinds(all, count);
        Some(cloud)
    }

    /// Whether the last coordinate is the 1 of an affine map and says nothing.
    fn homogeneous(&self) -> bool {
        let mut last = self.points.iter().flatten().flatten().filter_map(|point| point.last());
        let Some(first) = last.next() else { return false };
        let same = |other: &f64| (other - first).abs() < 1e-2 * first.abs();
        self.dimension > 2 && self.points.len() > 1 && *first != 0.0 && last.all(same)
    }

    /// Places of the points of a sample that are there.
    pub(super) fn present(&self, sample: usize) -> impl Iterator<Item = usize> + '_ {
        let count = self.points[0][sample].len();
        let valid = self.valid.get(sample);
        (0..count).filter(move |&point| valid.is_none_or(|valid| valid.get(point).is_none_or(|is| *is)))
    }

    /// Colour of a point, if the data tell kinds of points apart.
    pub(super) fn kind(&self, sample: usize, point: usize) -> Option<usize> {
        self.kinds.as_ref()?.of.get(sample)?.get(point).copied()
    }

    /// Name of the field that tells points apart.
    pub(super) fn kinds(&self) -> Option<&str> {
        self.kinds.as_ref().map(|kinds| kinds.field.as_str())
    }

    /// A point on paper: right, up, and towards the eye.
    pub(super) fn seen(&self, point: &[f64]) -> (f64, f64, f64) {
        match *point {
            [x, y, z] => project(x, y, z),
            [x, y] => (x, y, 0.0),
            _ => (f64::NAN, f64::NAN, 0.0),
        }
    }

    /// Where the points of a sample go on paper all along: `[t][points]`.
    pub(super) fn view(&self, sample: usize) -> Vec<Vec<(f64, f64, f64)>> {
        let seen = |points: &Vec<Vec<f64>>| points.iter().map(|point| self.seen(point)).collect();
        self.points.iter().map(|samples| seen(&samples[sample])).collect()
    }
}

/// Seen from the front right and from above, x₃ up.
pub(super) fn project(x: f64, y: f64, z: f64) -> (f64, f64, f64) {
    let (sin, cos) = AZIMUTH.sin_cos();
    let (right, away) = (cos * x + sin * y, cos * y - sin * x);
    let (sin, cos) = ELEVATION.sin_cos();
    (right, cos * z + sin * away, sin * z - cos * away)
}

/// A still field that marks one of a few kinds for each point: elements of atoms, kinds of bodies.
fn kinds(all: &Orbits, count: usize) -> Option<Kinds> {
    let of_points = all.still.iter().find(|still| match still.field.shape[..] {
        [points, kinds] => {
            let binary = still.samples.iter().flatten().all(|&value| value == 0.0 || value == 1.0);
            points == count && (2..=12).contains(&kinds) && binary
        }
        _ => false,
    })?;
    let kinds = of_points.field.shape[1];
    let kind = |marks: &[f64]| marks.iter().position(|&mark| mark == 1.0).unwrap_or(0);
    let of_sample = |sample: &Vec<f64>| sample.chunks_exact(kinds).map(kind).collect();
    Some(Kinds { field: of_points.field.name.clone(), of: of_points.samples.iter().map(of_sample).collect() })
}

/// The shortest tree that joins points of space, as pairs: of a molecule nearly its bonds.
pub(super) fn tree(points: &[Vec<f64>]) -> Vec<(usize, usize)> {
    let distance = |a: usize, b: usize| -> f64 {
        points[a].iter().zip(&points[b]).map(|(a, b)| (a - b) * (a - b)).sum()
    };
    // Prim: for each point outside, the nearest one inside.
    let mut nearest = vec![0; points.len()];
    let mut outside: Vec<usize> = (1..points.len()).collect();
    let mut pairs = Vec::new();
    while let Some(place) = (0..outside.len()).min_by(|&a, &b| {
        let (a, b) = (outside[a], outside[b]);
        distance(a, nearest[a]).total_cmp(&distance(b, nearest[b]))
    }) {
        let next = outside.swap_remove(place);
        pairs.push((nearest[next], next));
        for &point in &outside {
            if distance(point, next) < distance(point, nearest[point]) {
                nearest[point] = next;
            }
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tree_of_a_chain_is_the_chain() {
        let points: Vec<Vec<f64>> = [0.0, 3.0, 1.0, 2.0].map(|x| vec![x, 0.0]).to_vec();
        let mut pairs = tree(&points);
        pairs.iter_mut().for_each(|(a, b)| {
            if a > b {
                std::mem::swap(a, b)
            }
        });
        pairs.sort_unstable();
        assert_eq!(pairs, [(0, 2), (1, 3), (2, 3)]);
        assert!(tree(&points[..1]).is_empty() && tree(&[]).is_empty());
    }

    #[test]
    fn space_is_seen_without_stretching() {
        let length = |(right, up, near): (f64, f64, f64)| right * right + up * up + near * near;
        for axis in [project(1.0, 0.0, 0.0), project(0.0, 1.0, 0.0), project(0.0, 0.0, 1.0)] {
            assert!((length(axis) - 1.0).abs() < 1e-12, "{axis:?}");
        }
        assert!(project(0.0, 0.0, 1.0).1 > 0.9, "x₃ is up");
    }
}
