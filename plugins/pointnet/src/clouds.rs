//! Samples out of surfaces: subsets of a surface's points, turned and displaced, with the target that belongs to them.
//!
//! Each object gives several samples ("views") of its own split, each with other points and another motion, one after
//! the other, so that a block of samples is a block of objects. Equal options and seeds give equal numbers. The shifted
//! split holds the samples of the test split, each moved by an element of the whole group.

use crate::rotation::{Axis, Turns};
use crate::shape;
use crate::target::{Known, Target};
use nalgebra::{Matrix3, Vector3};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use semola_plugin_api::{DataSpec, Error, Field, Result, Samples, Split, Task, Tensor};
use serde::{Deserialize, Serialize};

/// Numbers that a split may hold (0.4 GB): above, an option has a digit too many.
const MOST_NUMBERS: usize = 100_000_000;

/// How samples are made of surfaces.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Preparation {
    /// Points of a sample.
    pub(crate) points: usize,
    /// Samples of each training object.
    pub(crate) views: usize,
    /// Samples of each other object.
    pub(crate) held_out_views: usize,
    /// How samples are turned.
    pub(crate) rotation: Turns,
    /// How the shifted split is turned: absent, by the symmetry that is expected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) shift: Option<Turns>,
    /// Standard deviation of a displacement along each axis, in the unit of the points.
    pub(crate) displacement: f64,
    /// Whether points get a fourth coordinate of 1, so that translations are linear.
    pub(crate) homogeneous: bool,
}

impl Default for Preparation {
    fn default() -> Self {
        Self {
            points: 128,
            views: 8,
            held_out_views: 8,
            rotation: Turns::Full,
            shift: None,
            displacement: 0.0,
            homogeneous: false,
        }
    }
}

/// A surface as points, uniform by area, with what is known about it.
#[derive(Clone, Debug)]
pub(crate) struct Object {
    surface: Vec<[f32; 3]>,
    moments: Matrix3<f64>,
    known: Known,
}

impl Object {
    /// From points and knowledge.
    pub(crate) fn new(surface: Vec<[f32; 3]>, known: Known) -> Self {
        let moments = shape::moments(&surface);
        Self { surface, moments, known }
    }
}

/// Objects of the three splits, in the order of [`Split`], and how to make samples of them.
pub(crate) struct Clouds {
    pub(crate) preparation: Preparation,
    pub(crate) target: Target,
    pub(crate) vertical: Axis,
    pub(crate) objects: [Vec<Object>; 3],
    pub(crate) seed: u64,
}

/// Samples in rows.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Rows {
    pub(crate) count: usize,
    /// `[count, points, 3 or 4]`
    pub(crate) points: Vec<f32>,
    /// `[count, numbers of the target]`
    pub(crate) targets: Vec<f64>,
}

impl Preparation {
    /// Refuses what cannot be meant, for surfaces of `available` points.
    pub(crate) fn check(&self, available: usize, target: &Target) -> Result<()> {
        for (name, value, most) in [
            ("points", self.points, available),
            ("views", self.views, 10_000),
            ("held_out_views", self.held_out_views, 10_000),
        ] {
            if !(1..=most).contains(&value) {
                return Err(Error::new(format!("dataset option `{name}` is {value}, expected 1 to {most}")));
            }
        }
        if !(0.0..=100.0).contains(&self.displacement) {
            return Err(Error::new(format!(
                "dataset option `displacement` is {}, expected 0 to 100",
                self.displacement
            )));
        }
        if *target == Target::Up && self.rotation != Turns::Full {
            return Err(Error::new(
                "dataset option `target` is \"up\", and without `rotation = \"full\"` up is the same for every sample: \
                 there would be nothing to learn",
            ));
        }
        Ok(())
    }
}

impl Clouds {
    /// Fields, task, expected symmetry.
    pub(crate) fn spec(&self) -> DataSpec {
        let Preparation { points, homogeneous, displacement, rotation, .. } = self.preparation;
        let n = if homogeneous { 4 } else { 3 };
        DataSpec {
            n,
            inputs: vec![Field::vectors("point", points, n)],
            targets: self.target.fields(homogeneous),
            task: self.target.task(),
            reference: self.target.symmetry(rotation).reference(
                self.vertical,
                homogeneous,
                displacement > 0.0,
            ),
        }
    }

    /// The samples of a split as tensors.
    pub(crate) fn samples(&self, split: Split) -> Result<Option<Samples>> {
        let Some(rows) = self.rows(split)? else { return Ok(None) };
        let spec = self.spec();
        let shape = |field: &Field| [&[rows.count as i64], &field.shape[..]].concat();
        let inputs = vec![Tensor::try_from_slice(&rows.points, &shape(&spec.inputs[0]))?];
        let width = rows.targets.len() / rows.count.max(1);
        let mut start = 0;
        let mut targets = Vec::with_capacity(spec.targets.len());
        for field in &spec.targets {
            let length = field.shape.iter().product::<i64>() as usize;
            let column = rows.targets.chunks_exact(width).flat_map(|row| &row[start..start + length]);
            targets.push(if matches!(spec.task, Task::Classification { .. }) {
                let labels: Vec<i64> = column.map(|&label| label as i64).collect();
                Tensor::try_from_slice(&labels, &shape(field))?
            } else {
                let numbers: Vec<f32> = column.map(|&number| number as f32).collect();
                Tensor::try_from_slice(&numbers, &shape(field))?
            });
            start += length;
        }
        Ok(Some(Samples { inputs, targets }))
    }

    /// The samples of a split; none of the shifted one where no motion is expected or asked for.
    pub(crate) fn rows(&self, split: Split) -> Result<Option<Rows>> {
        let options = &self.preparation;
        let shift = (split == Split::Shifted)
            .then(|| options.shift.unwrap_or_else(|| self.target.symmetry(options.rotation)));
        if shift == Some(Turns::None) && options.displacement == 0.0 {
            return Ok(None);
        }
        let drawn = if split == Split::Shifted { Split::Test } else { split };
        let stream = |lane: u64, split: Split| {
            let mut random = ChaCha8Rng::seed_from_u64(self.seed);
            random.set_stream(lane << 8 | split as u64);
            random
        };
        let (mut random, mut elements) = (stream(0, drawn), stream(1, split));
        let objects = &self.objects[drawn as usize];
        let views = if drawn == Split::Train { options.views } else { options.held_out_views };
        let (homogeneous, count) = (options.homogeneous, objects.len() * views);
        let coordinates = if homogeneous { 4 } else { 3 };
        if count.saturating_mul(options.points * coordinates) > MOST_NUMBERS {
            return Err(Error::new(format!(
                "the {} split would hold {count} samples of {} points, expected at most {MOST_NUMBERS} coordinates: \
                 lower dataset option `views`, `held_out_views` or `points`",
                split.name(),
                options.points
            )));
        }
        let mut rows = Rows { count, ..Rows::default() };
        for object in objects {
            let mut order: Vec<usize> = (0..object.surface.len()).collect();
            for _ in 0..views {
                // The first places of a shuffle, which goes on where the last view left it: any start serves.
                for place in 0..options.points {
                    let other = random.random_range(place..order.len());
                    order.swap(place, other);
                }
                let mut turn = options.rotation.draw(self.vertical, &mut random);
                let mut offset = displacement(options.displacement, &mut random);
                if let Some(shift) = shift {
                    let element = shift.draw(self.vertical, &mut elements);
                    turn = element * turn;
                    offset = element * offset + displacement(options.displacement, &mut elements);
                }
                for &place in &order[..options.points] {
                    let moved = turn * Vector3::from(object.surface[place].map(f64::from)) + offset;
                    rows.points.extend(moved.iter().map(|&x| x as f32).chain(homogeneous.then_some(1.0)));
                }
                let moments = turn * object.moments * turn.transpose();
                rows.targets.extend(self.target.numbers(
                    &object.known,
                    &moments,
                    &turn,
                    self.vertical,
                    homogeneous,
                ));
            }
        }
        Ok(Some(rows))
    }
}

fn displacement(deviation: f64, random: &mut ChaCha8Rng) -> Vector3<f64> {
    if deviation == 0.0 {
        return Vector3::zeros();
    }
    Vector3::from_fn(|_, _| {
        let step: f64 = StandardNormal.sample(random);
        deviation * step
    })
}

/// Fields that points are declared with, for tests of models.
#[cfg(test)]
pub(crate) fn point_field(points: i64, n: i64) -> Field {
    Field::new("point", [points, n], semola_plugin_api::Representation::Vector)
}
