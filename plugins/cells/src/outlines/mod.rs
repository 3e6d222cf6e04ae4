//! The data set: outlines of an imported set, each in poses of its own.
//!
//! Fields: input `outline`, `[points, 2]` vectors in units of 50 pixels (a cell's usual radius), counterclockwise; one
//! target, see [`Target`]. The import keeps places in the microscope's picture, which say nothing about a cell: each
//! outline is centred, then turned and shifted at random, `copies` times in training. Cells are nearly round, and a round outline
//! hardly changes its perimeter when it is sheared, so that shears would nearly be a symmetry: each pose is stretched first,
//! and what is predicted is computed from the stretched outline. Splits are by cell. A cell's poses
//! come from a stream of its own split and do not depend on how many cells are used.

use crate::shape::{Point, centre, moved, perimeter, stretched, ways};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use semola_arrays::{Imported, Part};
use semola_plugin_api::{
    Context, DataSpec, Dataset, Error, Field, FieldType, Reference, Representation, Result, Samples, Split,
    Task, Tensor,
};
use serde::{Deserialize, Serialize};
use std::f64::consts::PI;

/// Pixels in a unit of length.
const UNIT: f64 = 50.0;

/// Pixels from the centre of a cell beyond which a file is damaged: no picture is as large, and stretched numbers stay finite.
const FARTHEST: f64 = 1e5;

/// What is predicted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Target {
    /// Of the polygon itself: se(2) leaves it alone.
    Perimeter,
    /// The ways along x and along y: shifts leave them alone, turns do not. The control.
    Ways,
    /// The cell line, a class: dunn or dlm8.
    Line,
    /// The treatment, a class: control, cytd or jasp.
    Treatment,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Options {
    /// Imported set: `cells`, or a subset such as `cells-100`.
    set: String,
    /// What is predicted.
    target: Target,
    /// Points of an outline, evenly spaced; a divisor of the import's 128.
    points: usize,
    /// Poses of each training cell.
    copies: usize,
    /// Each pose is first stretched, along a direction of its own, by a factor up to this one or its inverse; 1: not.
    stretch: f64,
    /// Shifts reach so far each way, in units.
    reach: f64,
    /// Turns reach so many degrees either way.
    angle: f64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            set: "cells".into(),
            target: Target::Perimeter,
            points: 32,
            copies: 24,
            stretch: 2.0,
            reach: 1.0,
            angle: 180.0,
        }
    }
}

impl Options {
    fn check(&self) -> Result<()> {
        let wrong = |option: &str, value: String, expected: &str| {
            Err(Error::new(format!("dataset option `{option}` is {value}, expected {expected}")))
        };
        if self.set.is_empty() || self.set.contains(['/', '\\']) || self.set.starts_with('.') {
            return wrong("set", format!("{:?}", self.set), "the name of an imported set, as \"cells\"");
        }
        if !(1..=1000).contains(&self.copies) {
            return wrong("copies", self.copies.to_string(), "1 to 1000");
        }
        if !(1.0..=10.0).contains(&self.stretch) {
            return wrong("stretch", self.stretch.to_string(), "1 to 10");
        }
        if !(0.0..=100.0).contains(&self.reach) {
            return wrong("reach", self.reach.to_string(), "0 to 100");
        }
        if !(0.0..=180.0).contains(&self.angle) {
            return wrong("angle", self.angle.to_string(), "0 to 180");
        }
        Ok(())
    }
}

/// A cell as imported, about its own centre.
struct Cell {
    outline: Vec<Point>,
    line: i64,
    treatment: i64,
}

pub(crate) struct Outlines {
    options: Options,
    seed: u64,
    /// Classes of lines and of treatments.
    classes: [i64; 2],
    /// Train, validation, test.
    parts: [Vec<Cell>; 3],
}

impl Dataset for Outlines {
    type Options = Options;
    const SUMMARY: &'static str = "650 outlines of cancer cells, their shape, line or treatment";

    fn open(options: Options, context: &Context) -> Result<Self> {
        options.check()?;
        let set = Imported::open(&context.cache_dir, &options.set)?;
        let classes = [set.list("lines")?.len() as i64, set.list("treatments")?.len() as i64];
        let read = |split| cells(&set.part(split)?, options.points, classes);
        let parts = [read(Split::Train)?, read(Split::Validation)?, read(Split::Test)?];
        Ok(Self { options, seed: context.seed, classes, parts })
    }

    fn spec(&self) -> DataSpec {
        let label = Field { dtype: FieldType::I64, ..Field::new("label", [0; 0], Representation::Scalar) };
        let (targets, task, reference) = match self.options.target {
            Target::Perimeter => {
                (vec![Field::scalars("perimeter", 1)], Task::Regression, Some(Reference::rotations(2)))
            }
            Target::Ways => (vec![Field::scalars("ways", 2)], Task::Regression, None),
            Target::Line => (
                vec![label],
                Task::Classification { classes: self.classes[0] },
                Some(Reference::rotations(2)),
            ),
            Target::Treatment => (
                vec![label],
                Task::Classification { classes: self.classes[1] },
                Some(Reference::rotations(2)),
            ),
        };
        let inputs = vec![Field::vectors("outline", self.options.points, 2)];
        DataSpec { n: 2, inputs, targets, task, reference }
    }

    fn split(&self, split: Split) -> Result<Option<Samples>> {
        let Posed { samples, outlines, numbers, labels } = self.posed(split);
        let samples = samples as i64;
        let target = match self.options.target {
            Target::Perimeter => Tensor::from_slice(&numbers, &[samples, 1]),
            Target::Ways => Tensor::from_slice(&numbers, &[samples, 2]),
            Target::Line | Target::Treatment => Tensor::from_slice(&labels, &[samples]),
        };
        let outlines = Tensor::from_slice(&outlines, &[samples, self.options.points as i64, 2]);
        Ok(Some(Samples { inputs: vec![outlines], targets: vec![target] }))
    }
}

/// What the model is shown of a split; of `numbers` and `labels` one is empty.
struct Posed {
    samples: usize,
    /// `[samples, points, 2]`, in units.
    outlines: Vec<f32>,
    numbers: Vec<f32>,
    labels: Vec<i64>,
}

impl Outlines {
    /// `shifted` holds the test cells twice as far away, turned all around.
    fn posed(&self, split: Split) -> Posed {
        let (part, copies) = match split {
            Split::Train => (0, self.options.copies),
            Split::Validation => (1, self.options.copies),
            Split::Test | Split::Shifted => (2, 1),
        };
        let shifted = split == Split::Shifted;
        let reach = if shifted { 2.0 * self.options.reach } else { self.options.reach };
        let angle = if shifted { PI } else { self.options.angle.to_radians() };
        let mut random = ChaCha8Rng::seed_from_u64(self.seed);
        random.set_stream(1 + split as u64);
        let (mut outlines, mut numbers, mut labels) = (Vec::new(), Vec::new(), Vec::new());
        let mut within = |limit: f64| limit * random.random_range(-1.0..=1.0);
        for cell in &self.parts[part] {
            for _ in 0..copies {
                let (turn, shift) = (within(angle), [within(reach), within(reach)]);
                let (axis, factor) = (within(PI), within(self.options.stretch.ln()).exp());
                let shape = stretched(&moved(&cell.outline, axis, [0.0, 0.0]), factor);
                let there = moved(&shape, turn - axis, shift);
                outlines.extend(there.iter().flatten().map(|&number| number as f32));
                match self.options.target {
                    Target::Perimeter => numbers.push(perimeter(&there) as f32),
                    Target::Ways => numbers.extend(ways(&there).map(|way| way as f32)),
                    Target::Line => labels.push(cell.line),
                    Target::Treatment => labels.push(cell.treatment),
                }
            }
        }
        Posed { samples: self.parts[part].len() * copies, outlines, numbers, labels }
    }
}

/// Reads a split and refuses what is no cell.
fn cells(part: &Part, points: usize, classes: [i64; 2]) -> Result<Vec<Cell>> {
    let bad = |what: String| {
        let path = part.path().display();
        Error::new(format!("{path}: {what}; import the set again with scripts/import-data"))
    };
    let outlines = part.doubles("outline")?;
    let &[count, all, 2] = &outlines.shape[..] else {
        return Err(bad(format!(
            "field outline has shape {:?}, expected [cells, points, 2]",
            outlines.shape
        )));
    };
    if points < 3 || !all.is_multiple_of(points) {
        return Err(Error::new(format!(
            "dataset option `points` is {points}, expected 3 at least and a divisor of the {all} that were imported"
        )));
    }
    let (lines, treatments) = (part.integers("line")?, part.integers("treatment")?);
    for (name, labels, classes) in [("line", &lines, classes[0]), ("treatment", &treatments, classes[1])] {
        if labels.numbers.len() != count {
            return Err(bad(format!("field {name} has {} labels for {count} cells", labels.numbers.len())));
        }
        if let Some(cell) = labels.numbers.iter().position(|label| !(0..classes).contains(label)) {
            let found = labels.numbers[cell];
            return Err(bad(format!("cell {cell}: {name} is {found}, expected 0 to {}", classes - 1)));
        }
    }
    let cell = |(at, numbers): (usize, &[f64])| {
        let whole: Vec<Point> = numbers.chunks_exact(2).map(|p| [p[0] / UNIT, p[1] / UNIT]).collect();
        let outline: Vec<Point> = whole.iter().step_by(all / points).copied().collect();
        if perimeter(&outline) == 0.0 {
            return Err(bad(format!("cell {at}: all points of the outline are one")));
        }
        let [x, y] = centre(&outline);
        let outline = moved(&outline, 0.0, [-x, -y]);
        let farthest = UNIT * outline.iter().map(|[x, y]| x.hypot(*y)).fold(0.0, f64::max);
        if farthest > FARTHEST {
            return Err(bad(format!(
                "cell {at}: a point is {farthest:.3e} pixels from the centre, expected {FARTHEST} at most"
            )));
        }
        Ok(Cell { outline, line: lines.numbers[at], treatment: treatments.numbers[at] })
    };
    outlines.numbers.chunks_exact(2 * all).enumerate().map(cell).collect()
}

#[cfg(test)]
mod tests;
