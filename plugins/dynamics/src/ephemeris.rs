//! The planets as they were and will be: states of one planet about the Sun, from JPL's ephemeris DE421.
//!
//! Reads the imported set `ephemeris` (position and velocity of eleven bodies, every day from 1900 to 2050). A sample is
//! one planet on one day, vectors of R^3 about the Sun: its position `q` and acceleration `a`, or its position and velocity
//! `q`, `v` and how much they change, `dq`, `dv`. Splits are the set's own stretches of time, so that no day is in two of them. Axes are those of the set
//! (equator of J2000), so the pole of the ecliptic, about which orbits turn, is tilted from z by 23.44°.

use crate::dataset::{rotation_about, tensors};
use crate::generate::stream;
use crate::options::expect;
use crate::orientation::{Rotation, axis_angle, partial, rotate, uniform};
use rand::seq::SliceRandom;
use rand::{Rng, RngExt};
use semola_arrays::{Imported, Part};
use semola_plugin_api::{Context, DataSpec, Dataset, Error, Field, Reference, Result, Samples, Split, Task};
use serde::{Deserialize, Serialize};
use std::f64::consts::{PI, TAU};

/// Inclination of the ecliptic to the equator at J2000, in radians: 84381.448″ (IAU 1976).
const OBLIQUITY: f64 = 84_381.448 / 3600.0 * PI / 180.0;

/// The frame in which a sample is seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Frames {
    /// The plane of the ecliptic, vectors of R^2: what a vector has of the direction of the pole is left out.
    Plane,
    /// That of the set, for all alike: orbits stay near the plane of the ecliptic, in vectors of R^3.
    Ecliptic,
    /// One of its own for each sample, turned at random about the Sun.
    Random,
}

/// What a model is to predict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Target {
    /// The acceleration, from the position alone; measured by the velocities of the day before and the day after.
    Acceleration,
    /// How much position and velocity change over the next `horizon` days, from both.
    Change,
}

/// Options of `dynamics/ephemeris`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Ephemeris {
    /// Samples of the training split, drawn from all its days and bodies.
    train: usize,
    /// Samples of the validation split.
    validation: usize,
    /// Samples of the test split; the shifted split holds the same ones, turned.
    test: usize,
    /// Planets, by the names of the set's card.
    bodies: Vec<String>,
    /// The frame in which a sample is seen.
    frames: Frames,
    /// Part of the circle (plane, ecliptic) or of the rotations (random) that training, validation and test use.
    coverage: f64,
    /// Where positions are measured from, in au from the Sun: anywhere else, the axes of the frame matter.
    origin: [f64; 3],
    /// What to predict.
    target: Target,
    /// Days ahead, for the change of a state.
    horizon: usize,
}

impl Default for Ephemeris {
    fn default() -> Self {
        Self {
            train: 8000,
            validation: 2000,
            test: 2000,
            bodies: ["venus", "earth", "mars"].map(Into::into).to_vec(),
            frames: Frames::Plane,
            coverage: 1.0,
            origin: [0.0; 3],
            target: Target::Acceleration,
            horizon: 10,
        }
    }
}

impl Ephemeris {
    fn check(&self) -> Result<()> {
        for (name, count) in [("train", self.train), ("validation", self.validation), ("test", self.test)] {
            expect((1..=1_000_000).contains(&count), name, count, &format!("1 ≤ {name} ≤ 1000000 samples"))?;
        }
        expect(!self.bodies.is_empty(), "bodies", &self.bodies, "at least one planet")?;
        let coverage = self.coverage;
        expect(coverage > 0.0 && coverage <= 1.0, "coverage", coverage, "0 < coverage ≤ 1")?;
        let origin = self.origin;
        expect(
            origin.iter().all(|x| x.abs() <= 100.0),
            "origin",
            origin,
            "three numbers of size up to 100 au",
        )?;
        expect((1..=3650).contains(&self.horizon), "horizon", self.horizon, "1 ≤ horizon ≤ 3650 days")
    }

    fn count(&self, split: Split) -> usize {
        match split {
            Split::Train => self.train,
            Split::Validation => self.validation,
            Split::Test | Split::Shifted => self.test,
        }
    }

    /// Dimension n of the vectors.
    fn dims(&self) -> usize {
        if self.frames == Frames::Plane { 2 } else { 3 }
    }

    /// Days before and after a sample's own that its target needs.
    fn margins(&self) -> (usize, usize) {
        match self.target {
            Target::Acceleration => (1, 1),
            Target::Change => (0, self.horizon),
        }
    }
}

/// Axis of the ecliptic's pole in the axes of the equator.
fn pole() -> [f64; 3] {
    let (sin, cos) = OBLIQUITY.sin_cos();
    [0.0, -sin, cos]
}

/// One split of the set: states about the Sun, day by day.
struct Orbits {
    days: usize,
    /// Of each body, `[days, 6]`: position in au, velocity in au/day.
    states: Vec<Vec<[f64; 6]>>,
}

impl Orbits {
    fn read(part: &Part, names: &[String], bodies: &[String]) -> Result<Self> {
        let place = |name: &String| {
            names.iter().position(|known| known == name).filter(|_| name != "sun").ok_or_else(|| {
                let others: Vec<&str> = names.iter().map(String::as_str).filter(|&name| name != "sun").collect();
                Error::new(format!(
                    "dataset option `bodies` names \"{name}\", expected some of {}: the states are those about the Sun",
                    others.join(", ")
                ))
            })
        };
        let places = bodies.iter().map(place).collect::<Result<Vec<_>>>()?;
        let sun = names
            .iter()
            .position(|name| name == "sun")
            .ok_or_else(|| wrong(part, "comes with a card whose list `bodies` has no sun"))?;
        let (days, all) = (part.samples(), names.len());
        let field = |name: &str, shape: &[usize]| -> Result<Vec<f64>> {
            let values = part.doubles(name)?;
            if values.shape != shape {
                let found = format!("has a field `{name}` of shape {:?}, expected {shape:?}", values.shape);
                return Err(wrong(part, &found));
            }
            Ok(values.numbers)
        };
        let epoch = field("epoch", &[days])?;
        let step = |pair: &[f64]| (pair[1] - pair[0] - 1.0).abs() < 1e-6;
        if let Some(day) = epoch.windows(2).position(|pair| !step(pair)) {
            let found = format!(
                "goes from Julian date {} to {} at sample {}, expected the next day",
                epoch[day],
                epoch[day + 1],
                day + 1
            );
            return Err(wrong(part, &found));
        }
        let position = field("position", &[days, all, 3])?;
        let velocity = field("velocity", &[days, all, 3])?;
        let about_sun = |numbers: &[f64], day: usize, body: usize, axis: usize| {
            numbers[(day * all + body) * 3 + axis] - numbers[(day * all + sun) * 3 + axis]
        };
        let state = |day: usize, body: usize| {
            std::array::from_fn(|k| {
                let numbers = if k < 3 { &position } else { &velocity };
                about_sun(numbers, day, body, k % 3)
            })
        };
        let orbit = |&body: &usize| (0..days).map(|day| state(day, body)).collect();
        Ok(Self { days, states: places.iter().map(orbit).collect() })
    }

    /// The samples of a split before anything is turned: `[q, v, targets …]`, drawn without replacement.
    fn samples(
        &self,
        options: &Ephemeris,
        part: &Part,
        count: usize,
        rng: &mut impl Rng,
    ) -> Result<Vec<Sample>> {
        let (before, after) = options.margins();
        let days = before..self.days.saturating_sub(after).max(before);
        let sector = if options.frames == Frames::Random { 1.0 } else { options.coverage };
        let mut all: Vec<(usize, usize)> = (0..self.states.len())
            .flat_map(|body| days.clone().map(move |day| (body, day)))
            .filter(|&(body, day)| sector >= 1.0 || longitude(&self.states[body][day]).abs() <= sector * PI)
            .collect();
        if all.len() < count {
            let found = format!(
                "has {} samples with these options, expected {count}: ask for fewer, or raise `coverage`",
                all.len()
            );
            return Err(wrong(part, &found));
        }
        let (drawn, _) = all.partial_shuffle(rng, count);
        Ok(drawn.iter().map(|&(body, day)| self.sample(options, body, day)).collect())
    }

    fn sample(&self, options: &Ephemeris, body: usize, day: usize) -> Sample {
        let states = &self.states[body];
        let now = states[day];
        let mut numbers = now.to_vec();
        match options.target {
            Target::Acceleration => {
                numbers.extend((3..6).map(|k| 0.5 * (states[day + 1][k] - states[day - 1][k])));
            }
            Target::Change => numbers.extend((0..6).map(|k| states[day + options.horizon][k] - now[k])),
        }
        numbers
    }
}

/// Position, velocity and targets of one planet on one day, vectors of R^3 side by side.
type Sample = Vec<f64>;

/// What a vector has in the plane of the ecliptic: towards the equinox, and a quarter of a turn on.
fn in_plane(vector: &[f64]) -> [f64; 2] {
    let (sin, cos) = OBLIQUITY.sin_cos();
    [vector[0], cos * vector[1] + sin * vector[2]]
}

/// The angle along the ecliptic from the vernal equinox, −π to π.
fn longitude(state: &[f64; 6]) -> f64 {
    let [x, y] = in_plane(&state[..3]);
    y.atan2(x)
}

fn wrong(part: &Part, what: &str) -> Error {
    semola_arrays::error(part.path(), what)
}

/// The data set of real planets.
pub(crate) struct Planets {
    options: Ephemeris,
    /// By the order of [`Split::ALL`], as they are seen.
    samples: [Vec<Sample>; 4],
}

impl Planets {
    /// How a sample of a split is seen: a physical rotation, applied to all its vectors.
    fn turn(options: &Ephemeris, split: Split, rng: &mut impl Rng) -> Option<Rotation> {
        match (options.frames, split) {
            (Frames::Random, Split::Shifted) => Some(uniform(3, rng)),
            (Frames::Random, _) => Some(partial(3, options.coverage, rng)),
            (Frames::Plane | Frames::Ecliptic, Split::Shifted) => {
                Some(axis_angle(pole(), TAU * rng.random::<f64>()))
            }
            (Frames::Plane | Frames::Ecliptic, _) => None,
        }
    }

    fn see(options: &Ephemeris, samples: &[Sample], split: Split, seed: u64) -> Vec<Sample> {
        let rng = &mut stream(seed, 2, split, 0);
        samples
            .iter()
            .map(|sample| {
                let mut seen = match Self::turn(options, split, rng) {
                    Some(rotation) => rotate(&rotation, sample),
                    None => sample.clone(),
                };
                seen.iter_mut().zip(options.origin).for_each(|(x, origin)| *x -= origin);
                match options.frames {
                    Frames::Plane => seen.chunks_exact(3).flat_map(in_plane).collect(),
                    Frames::Ecliptic | Frames::Random => seen,
                }
            })
            .collect()
    }
}

impl Dataset for Planets {
    type Options = Ephemeris;
    const SUMMARY: &'static str = "real planets about the Sun (JPL DE421): predict acceleration or motion";

    fn open(options: Ephemeris, context: &Context) -> Result<Self> {
        options.check()?;
        let set = Imported::open(&context.cache_dir, "ephemeris")?;
        let names = set.list("bodies")?;
        let read = |split: Split| -> Result<Vec<Sample>> {
            let part = set.part(split)?;
            let orbits = Orbits::read(&part, &names, &options.bodies)?;
            let rng = &mut stream(context.seed, 0, split, 0);
            orbits.samples(&options, &part, options.count(split), rng)
        };
        let (train, validation, test) = (read(Split::Train)?, read(Split::Validation)?, read(Split::Test)?);
        let see = |samples: &[Sample], split| Self::see(&options, samples, split, context.seed);
        let samples = [
            see(&train, Split::Train),
            see(&validation, Split::Validation),
            see(&test, Split::Test),
            see(&test, Split::Shifted),
        ];
        Ok(Self { options, samples })
    }

    fn spec(&self) -> DataSpec {
        let n = self.options.dims();
        let vector = |name: &str| Field::vectors(name, 1, n);
        let (inputs, targets): (&[&str], &[&str]) = match self.options.target {
            Target::Acceleration => (&["q"], &["a"]),
            Target::Change => (&["q", "v"], &["dq", "dv"]),
        };
        DataSpec {
            n,
            inputs: inputs.iter().map(|name| vector(name)).collect(),
            targets: targets.iter().map(|name| vector(name)).collect(),
            task: Task::Regression,
            reference: reference(&self.options),
        }
    }

    fn split(&self, split: Split) -> Result<Option<Samples>> {
        let (samples, n) = (&self.samples[split as usize], self.options.dims());
        let column = |vector: usize| -> Vec<f32> {
            samples
                .iter()
                .flat_map(|sample| &sample[n * vector..n * (vector + 1)])
                .map(|&x| x as f32)
                .collect()
        };
        let spec = self.spec();
        let targets: Vec<Vec<f32>> = (0..spec.targets.len()).map(|k| column(2 + k)).collect();
        Ok(Some(Samples {
            inputs: tensors(&spec.inputs, &[column(0), column(1)])?,
            targets: tensors(&spec.targets, &targets)?,
        }))
    }
}

/// The rotations that the data show: about the ecliptic's pole where all orbits lie in its plane or near it, all of them
/// where frames are turned at random. Seen from elsewhere than the Sun, those about the line to it are left, and they would
/// leave the plane of the ecliptic.
fn reference(options: &Ephemeris) -> Option<Reference> {
    let distance = options.origin.iter().map(|x| x * x).sum::<f64>().sqrt();
    match options.frames {
        Frames::Random if distance > 0.0 => Some(rotation_about(options.origin.map(|x| x / distance))),
        Frames::Random => Some(Reference::rotations(3)),
        Frames::Plane | Frames::Ecliptic if distance > 0.0 => None,
        Frames::Plane => Some(Reference::rotations(2)),
        Frames::Ecliptic => Some(rotation_about(pole())),
    }
}

#[cfg(test)]
mod tests;
