//! `tensorboard/`: the run as TensorBoard and its kin show it, `tensorboard --logdir RUN`.
//!
//! Scalars are the lines of `metrics.jsonl`, by stage: `joint/loss/task`, `joint/learning_rate`, `joint/steps_per_s`,
//! `joint/cosine`; a second stage of a name is `replica-2`. `joint/basis` is a histogram of the generators' entries. In
//! `spectrum/…` and `images/…` a step is a direction's number. At the end come `test/…`, `shifted/…`, the baselines', and pictures.

mod file;
mod message;
mod picture;

use super::live::{Observer, SpectrumReport, StageReport, StepReport};
use super::orbits::Orbits;
use super::{RunDirectory, Summary};
use crate::report::summary::{Generator, Metrics};
use anyhow::Context;
use file::EventFile;
use message::{Datum, Histogram, Image, Summary as Values, Value, What};
use picture::{Picture, heat_map, moved};
use std::path::PathBuf;

/// What checkpoints call the file's length.
const MARK: &str = "events_bytes";

/// Appends to the event file of a run.
#[derive(Debug)]
pub struct EventLog {
    directory: PathBuf,
    /// Once the run has started or goes on: what is told before is in it already.
    file: Option<EventFile>,
}

impl EventLog {
    /// The log in that directory, which is made when the run starts.
    pub fn in_directory(directory: PathBuf) -> Self {
        Self { directory, file: None }
    }

    fn append(&mut self, step: u64, value: Vec<Value>) -> anyhow::Result<()> {
        let Some(file) = self.file.as_mut().filter(|_| !value.is_empty()) else { return Ok(()) };
        let written = file.append(step, What::Summary(Values { value }));
        written.with_context(|| format!("cannot write {}", file.path().display()))
    }
}

impl Observer for EventLog {
    fn step(&mut self, stage: &StageReport, step: &StepReport<'_>) -> anyhow::Result<()> {
        if self.file.is_none() {
            return Ok(());
        }
        let (line, stage) = (step.line, stage.unique_name());
        let mut values: Vec<Value> =
            line.loss.iter().map(|(term, &value)| scalar(format!("{stage}/loss/{term}"), value)).collect();
        values.push(scalar(format!("{stage}/learning_rate"), line.learning_rate));
        values.push(scalar(format!("{stage}/steps_per_s"), line.steps_per_s));
        values.extend(line.cosine.map(|cosine| scalar(format!("{stage}/cosine"), cosine)));
        let entries = step.generators.iter().flatten().flatten().copied();
        values.extend(Histogram::of(entries).map(|histogram| Value {
            tag: format!("{stage}/basis"),
            datum: Some(Datum::Histogram(histogram)),
        }));
        self.append(line.step, values)
    }

    fn spectrum(&mut self, spectrum: &SpectrumReport) -> anyhow::Result<()> {
        for (direction, (&relative, &s)) in (1..).zip(spectrum.relative.iter().zip(&spectrum.s)) {
            let values = vec![scalar("spectrum/violation".into(), relative), scalar("spectrum/s".into(), s)];
            self.append(direction, values)?;
        }
        Ok(())
    }

    fn result(&mut self, run: &RunDirectory, summary: &Summary) -> anyhow::Result<()> {
        let mut values: Vec<Value> = summary.metrics.iter().flat_map(|metrics| errors("", metrics)).collect();
        for (baseline, metrics) in &summary.baselines {
            values.extend(errors(&format!("{baseline}-"), metrics));
        }
        self.append(summary.steps, values)?;

        let symmetry = &summary.symmetry;
        for (name, generators) in [("exact", &symmetry.generators), ("approximate", &symmetry.approximate)] {
            let picture = |generator: &Generator| heat_map(&generator.matrix);
            self.pictures(&format!("images/generator-{name}"), generators.iter().map(picture))?;
        }
        // They are there to be looked at; what is wrong with the file, the report says.
        let orbits = Orbits::read(run.path()).ok().flatten();
        for orbit in orbits.iter().flat_map(|orbits| &orbits.orbits) {
            let kind = if orbit.exact { "exact" } else { "approximate" };
            for field in &orbit.moved {
                let tag = format!("images/orbit-{kind}/{}", field.field.name);
                let value = moved(field).map(|picture| image(tag, &picture)).transpose()?;
                self.append(orbit.index as u64 + 1, value.into_iter().collect())?;
            }
        }
        Ok(())
    }

    fn mark(&self) -> Option<(&'static str, u64)> {
        self.file.as_ref().map(|file| (MARK, file.length()))
    }

    fn go_on(&mut self, mark: &dyn Fn(&str) -> u64) -> anyhow::Result<()> {
        let file = EventFile::go_on(&self.directory, mark(MARK));
        self.file =
            Some(file.with_context(|| format!("cannot write events into {}", self.directory.display()))?);
        Ok(())
    }
}

impl EventLog {
    fn pictures(&mut self, tag: &str, pictures: impl Iterator<Item = Option<Picture>>) -> anyhow::Result<()> {
        for (number, picture) in (1..).zip(pictures) {
            let value = picture.map(|picture| image(tag.to_owned(), &picture)).transpose()?;
            self.append(number, value.into_iter().collect())?;
        }
        Ok(())
    }
}

/// The errors of a model on both splits: "test/mse", "plain-shifted/mse".
fn errors(model: &str, metrics: &Metrics) -> Vec<Value> {
    let mut values = Vec::new();
    for (split, metrics) in [("test", &metrics.test), ("shifted", &metrics.shifted)] {
        values.extend(metrics.iter().map(|(name, &value)| scalar(format!("{model}{split}/{name}"), value)));
    }
    let error = metrics.equivariance_error;
    values.extend(error.map(|error| scalar(format!("{model}test/equivariance_error"), error)));
    values
}

fn scalar(tag: String, value: f64) -> Value {
    Value { tag, datum: Some(Datum::Scalar(value as f32)) }
}

fn image(tag: String, picture: &Picture) -> anyhow::Result<Value> {
    let (width, height) = picture.size();
    let image = Image { height, width, colorspace: 3, encoded: picture.png()? };
    Ok(Value { tag, datum: Some(Datum::Image(image)) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::summary::sample;

    fn size(log: &EventLog) -> u64 {
        log.mark().map_or(0, |(_, bytes)| bytes)
    }

    #[test]
    fn what_is_told_before_the_run_goes_on_is_not_written_again() {
        let root = tempfile::tempdir().expect("a temporary directory");
        let run = RunDirectory::create(Some(root.path()), "x", 0, "").expect("writable");
        let mut log = EventLog::in_directory(run.join("tensorboard"));
        let spectrum =
            SpectrumReport { relative: vec![0.1, 2.0], s: vec![1.0, 9.0], exact: 1, ..Default::default() };
        log.spectrum(&spectrum).expect("nothing is written");
        assert!(!run.join("tensorboard").exists());
        log.go_on(&|_| 0).expect("writable");
        let empty = size(&log);
        log.spectrum(&spectrum).expect("writable");
        let measured = size(&log);
        assert!(measured > empty);
        log.result(&run, &sample()).expect("writable");
        assert!(size(&log) > measured + 100, "metrics and pictures");

        let mut again = EventLog::in_directory(run.join("tensorboard"));
        again.spectrum(&spectrum).expect("nothing is written");
        again.go_on(&|_| measured).expect("writable");
        assert_eq!(size(&again), measured);
    }
}
