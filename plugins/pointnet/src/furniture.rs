//! The data set `furniture`: 820 catalogue models as clouds of surface points, from `scripts/import-data furniture`.
//!
//! The set stands upright (y up), centred on the surface's centroid, within the unit ball; each mesh is in one split.
//! Everything about motion is in `clouds`.

use crate::clouds::{Clouds, Object, Preparation};
use crate::rotation::Axis;
use crate::target::{Known, Target};
use semola_arrays::{Imported, Part};
use semola_plugin_api::{Context, DataSpec, Dataset, Error, Result, Samples, Split};
use serde::{Deserialize, Serialize};

/// What is predicted of a piece of furniture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Predicted {
    /// The catalogue's category: room or use, 12 of them.
    Category,
    /// The kind by its name's last word, 9 of them; models of no such kind are left out.
    Kind,
    /// Principal radii.
    #[default]
    Radii,
    /// Height, length and breadth, the vertical being the space's.
    Stance,
    /// Extents along the axes of space.
    Extents,
    /// Which way was up.
    Up,
}

/// Options.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Options {
    target: Predicted,
    #[serde(flatten)]
    preparation: Preparation,
}

/// See the module.
pub(crate) struct Furniture(Clouds);

impl Dataset for Furniture {
    type Options = Options;
    const SUMMARY: &'static str = "820 pieces of furniture as points of their surfaces, turned as you wish";

    fn open(Options { target: predicted, preparation }: Options, context: &Context) -> Result<Self> {
        let set = Imported::open(&context.cache_dir, "furniture")?;
        let target = match predicted {
            Predicted::Category => Target::Label { classes: set.list("categories")?.len() },
            // The list begins with the rest, which is no kind.
            Predicted::Kind => Target::Label { classes: set.list("kinds")?.len().saturating_sub(1) },
            Predicted::Radii => Target::Radii,
            Predicted::Stance => Target::Stance,
            Predicted::Extents => Target::Extents,
            Predicted::Up => Target::Up,
        };
        let mut objects: [Vec<Object>; 3] = Default::default();
        for split in [Split::Train, Split::Validation, Split::Test] {
            let part = set.part(split)?;
            let available;
            (objects[split as usize], available) = read(&part, predicted, &target)?;
            preparation.check(available, &target)?;
        }
        Ok(Self(Clouds { preparation, target, vertical: Axis::Y, objects, seed: context.seed }))
    }

    fn spec(&self) -> DataSpec {
        self.0.spec()
    }

    fn split(&self, split: Split) -> Result<Option<Samples>> {
        self.0.samples(split)
    }
}

/// The objects of a part, and the points that each has.
fn read(part: &Part, predicted: Predicted, target: &Target) -> Result<(Vec<Object>, usize)> {
    let damaged = |what: String| {
        Error::new(format!(
            "{}: {what}; import the set again with scripts/import-data furniture",
            part.path().display()
        ))
    };
    let points = part.floats("point")?;
    let &[_, available, 3] = &points.shape[..] else {
        return Err(damaged(format!(
            "field `point` has shape {:?}, expected [samples, points, 3]",
            points.shape
        )));
    };
    let labels = match predicted {
        Predicted::Category => Some(part.integers("category")?),
        Predicted::Kind => Some(part.integers("kind")?),
        _ => None,
    };
    let mut objects = Vec::with_capacity(part.samples());
    for (index, numbers) in points.numbers.chunks_exact((available * 3).max(1)).enumerate() {
        let known = match (&labels, target) {
            (Some(labels), Target::Label { classes }) => {
                let first = i64::from(predicted == Predicted::Kind);
                let stored = labels.numbers.get(index).copied().unwrap_or(-1);
                if !(0..first + *classes as i64).contains(&stored) {
                    return Err(damaged(format!(
                        "the label of sample {index} is {stored}, expected 0 to {}",
                        first + *classes as i64 - 1
                    )));
                }
                if stored < first {
                    continue;
                }
                Known::Label(stored - first)
            }
            _ => Known::Nothing,
        };
        objects.push(Object::new(numbers.as_chunks::<3>().0.to_vec(), known));
    }
    if objects.is_empty() {
        return Err(damaged("holds no object that can be used".into()));
    }
    Ok((objects, available))
}
