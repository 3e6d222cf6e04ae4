//! The data set component: jets of an imported set, in the frame that is asked for.
//!
//! Fields: input `momenta`, `[constituents, 4]` vectors `(E, px, py, pz)` in GeV, zero beyond the jet's last one; input
//! `mask`, `[constituents]`, 1 where there is one; target `label`, 1 for a top quark's jet.
//!
//! Jets of an imported set keep their order, which is as good as random, so the first so many are a fair sample. Frames
//! are drawn jet by jet from a stream of their own for each split: a jet's frame does not depend on how many are used.

use crate::lorentz::{Matrix, Momentum, algebra, apply, boost_to_rest, element, product};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use semola_arrays::{Imported, Part};
use semola_plugin_api::{
    Context, DataSpec, Dataset, Error, Field, FieldType, Representation, Result, Samples, Split, Task, Tensor,
};
use serde::{Deserialize, Serialize};

/// From where the jets of `train`, `validation` and `test` are seen.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Frame {
    /// Of the detector: as they were simulated.
    Laboratory,
    /// The laboratory's, moved by a random element, another one for each jet.
    Boosted,
    /// Where the jet's constituents have no momentum in sum, moved by a random element, another one for each jet.
    Rest,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Options {
    /// Imported set: `jets`, a subset of it such as `jets-1000`, or `top-tagging`.
    set: String,
    /// Constituents of each jet, those of most transverse momentum in the laboratory.
    constituents: usize,
    /// Training jets; 0: all.
    jets: usize,
    /// Jets of each of `validation` and `test`; 0: all.
    held_out: usize,
    /// Frame of all splits but `shifted`.
    frame: Frame,
    /// Largest rapidity of the random elements of `frame`.
    rapidity: f64,
    /// Frames in which each training jet appears; the laboratory is one, whatever stands here.
    views: usize,
    /// Largest rapidity of the elements that make `shifted` from `test`.
    shift: f64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            set: "jets".into(),
            constituents: 16,
            jets: 0,
            held_out: 0,
            frame: Frame::Rest,
            rapidity: 1.5,
            views: 8,
            shift: 1.0,
        }
    }
}

impl Options {
    fn check(&self) -> Result<()> {
        let wrong = |option: &str, value: String, expected: &str| {
            Err(Error::new(format!("dataset option `{option}` is {value}, expected {expected}")))
        };
        if self.set.is_empty() || self.set.contains(['/', '\\']) || self.set.starts_with('.') {
            return wrong("set", format!("{:?}", self.set), "the name of an imported set, as \"jets\"");
        }
        if self.constituents == 0 {
            return wrong("constituents", "0".into(), "at least 1");
        }
        for (option, value) in [("rapidity", self.rapidity), ("shift", self.shift)] {
            // Beyond, 32-bit floats hold no trace of a jet's mass.
            if !(0.0..=5.0).contains(&value) {
                return wrong(option, value.to_string(), &format!("0 ≤ {option} ≤ 5"));
            }
        }
        if !(1..=1000).contains(&self.views) {
            return wrong("views", self.views.to_string(), "1 to 1000");
        }
        Ok(())
    }
}

/// Jets of one split, as they were imported.
struct Stored {
    /// Momenta that each jet has room for.
    room: usize,
    momenta: Vec<f32>,
    counts: Vec<usize>,
    labels: Vec<i64>,
}

impl Stored {
    /// Reads at most `limit` jets (0: all) and refuses what is no jet.
    fn read(part: &Part, limit: usize) -> Result<Self> {
        let bad = |what: String| {
            Error::new(format!(
                "{}: {what}; import the set again with scripts/import-data",
                part.path().display()
            ))
        };
        let momenta = part.floats("constituents")?;
        let &[_, room, 4] = &momenta.shape[..] else {
            return Err(bad(format!(
                "field `constituents` has shape {:?}, expected [jets, constituents, 4]",
                momenta.shape
            )));
        };
        let (counts, labels) = (part.integers("count")?, part.integers("label")?);
        for (name, values) in [("count", &counts), ("label", &labels)] {
            if values.shape.len() != 1 {
                return Err(bad(format!("field `{name}` has shape {:?}, expected [jets]", values.shape)));
            }
        }
        let jets = if limit == 0 { part.samples() } else { limit.min(part.samples()) };
        let mut stored = Self {
            room,
            momenta: momenta.numbers[..jets * room * 4].to_vec(),
            counts: Vec::with_capacity(jets),
            labels: labels.numbers[..jets].to_vec(),
        };
        for (jet, &count) in counts.numbers[..jets].iter().enumerate() {
            let count = usize::try_from(count)
                .ok()
                .filter(|count| (1..=room).contains(count))
                .ok_or_else(|| bad(format!("jet {jet} has {count} constituents, expected 1 to {room}")))?;
            stored.counts.push(count);
            let energies = stored.momenta[jet * room * 4..][..count * 4].iter().step_by(4);
            if let Some((place, energy)) = energies.enumerate().find(|(_, energy)| **energy <= 0.0) {
                return Err(bad(format!(
                    "jet {jet}, constituent {place}: energy {energy} GeV, expected a positive number"
                )));
            }
        }
        match stored.labels.iter().position(|label| !(0..=1).contains(label)) {
            Some(jet) => {
                Err(bad(format!("jet {jet} has label {}, expected 0 (qcd) or 1 (top)", stored.labels[jet])))
            }
            None => Ok(stored),
        }
    }

    /// The leading momenta of a jet, `keep` at most.
    fn jet(&self, jet: usize, keep: usize) -> Vec<Momentum> {
        let numbers = &self.momenta[jet * self.room * 4..][..self.counts[jet].min(keep) * 4];
        numbers.chunks_exact(4).map(|p| std::array::from_fn(|i| f64::from(p[i]))).collect()
    }
}

/// Jets in the frame that was asked for: columns of the fields.
#[derive(Default)]
struct Seen {
    momenta: Vec<f32>,
    mask: Vec<f32>,
    labels: Vec<i64>,
}

impl Seen {
    fn push(&mut self, jet: &[Momentum], g: Option<&Matrix>, room: usize, label: i64) {
        for place in 0..room {
            let momentum = jet.get(place).map_or([0.0; 4], |&p| g.map_or(p, |g| apply(g, p)));
            self.momenta.extend(momentum.map(|x| x as f32));
            self.mask.push(if place < jet.len() { 1.0 } else { 0.0 });
        }
        self.labels.push(label);
    }
}

/// See the module.
pub(crate) struct Jets {
    options: Options,
    seed: u64,
    /// Train, validation, test.
    parts: [Stored; 3],
}

impl Dataset for Jets {
    type Options = Options;
    const SUMMARY: &'static str = "top or QCD jet, from the four-momenta of its constituents";

    fn open(options: Options, context: &Context) -> Result<Self> {
        options.check()?;
        let set = Imported::open(&context.cache_dir, &options.set)?;
        let read = |split, limit| Stored::read(&set.part(split)?, limit);
        let parts = [
            read(Split::Train, options.jets)?,
            read(Split::Validation, options.held_out)?,
            read(Split::Test, options.held_out)?,
        ];
        let room = parts[0].room;
        if options.constituents > room {
            return Err(Error::new(format!(
                "dataset option `constituents` is {}, expected at most {room}, as many as `{}` keeps",
                options.constituents, options.set
            )));
        }
        Ok(Self { options, seed: context.seed, parts })
    }

    fn spec(&self) -> DataSpec {
        let room = self.options.constituents;
        let mut label = Field::new("label", [], Representation::Scalar);
        label.dtype = FieldType::I64;
        DataSpec {
            n: 4,
            inputs: vec![
                Field { mask: Some("mask".into()), ..Field::vectors("momenta", room, 4) },
                Field::scalars("mask", room),
            ],
            targets: vec![label],
            task: Task::Classification { classes: 2 },
            reference: Some(algebra()),
        }
    }

    fn split(&self, split: Split) -> Result<Option<Samples>> {
        let seen = self.seen(split);
        let (jets, room) = (seen.labels.len() as i64, self.options.constituents as i64);
        Ok(Some(Samples {
            inputs: vec![
                Tensor::try_from_slice(&seen.momenta, &[jets, room, 4])?,
                Tensor::try_from_slice(&seen.mask, &[jets, room])?,
            ],
            targets: vec![Tensor::try_from_slice(&seen.labels, &[jets])?],
        }))
    }
}

impl Jets {
    fn seen(&self, split: Split) -> Seen {
        let Options { constituents: room, frame, rapidity, views, shift, .. } = self.options;
        // `shifted` holds the jets of `test` as `test` shows them, moved once more.
        let (part, stream) = match split {
            Split::Train => (0, 0),
            Split::Validation => (1, 1),
            Split::Test | Split::Shifted => (2, 2),
        };
        let stored = &self.parts[part];
        let views = if split == Split::Train && frame != Frame::Laboratory { views } else { 1 };
        let mut seen = Seen::default();
        for view in 0..views {
            let mut frames = self.stream(stream + 10 * view as u64);
            let mut shifts = self.stream(3);
            for (index, &label) in stored.labels.iter().enumerate() {
                let jet = stored.jet(index, room);
                let moved = match frame {
                    Frame::Laboratory => None,
                    Frame::Boosted => Some(element(rapidity, &mut frames)),
                    Frame::Rest => {
                        let random = element(rapidity, &mut frames);
                        let Some(rest) = boost_to_rest(total(&jet)) else {
                            continue;
                        };
                        Some(product(&random, &rest))
                    }
                };
                let moved = match (split, moved) {
                    (Split::Shifted, g) => {
                        let h = element(shift, &mut shifts);
                        Some(g.map_or(h, |g| product(&h, &g)))
                    }
                    (_, g) => g,
                };
                seen.push(&jet, moved.as_ref(), room, label);
            }
        }
        seen
    }

    fn stream(&self, stream: u64) -> ChaCha8Rng {
        let mut random = ChaCha8Rng::seed_from_u64(self.seed);
        random.set_stream(stream);
        random
    }
}

/// Sum of the momenta.
fn total(jet: &[Momentum]) -> Momentum {
    jet.iter().fold([0.0; 4], |sum, p| std::array::from_fn(|i| sum[i] + p[i]))
}

#[cfg(test)]
mod tests;
