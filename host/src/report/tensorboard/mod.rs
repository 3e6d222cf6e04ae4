//! `tensorboard/`: the run as TensorBoard and its kin show it, `tensorboard --logdir RUN`.
//!
//! Scalars are the lines of `metrics.jsonl`, by stage: `joint/loss/task`, `joint/learning_rate`, `joint/steps_per_s`,
//! `joint/cosine`; a second stage of a name is `replica-2`. `joint/basis` is a histogram of the generators' entries. In
//! `spectrum/…` a step is a direction's number. At the end come `test/…`, `shifted/…`, the baselines', and the report's pictures
//! of generators and orbits as `images/…`.

mod file;
mod message;

use super::live::{Observer, SpectrumReport, StageReport, StepReport};
use super::{RunDirectory, Summary, html};
use crate::report::summary::Metrics;
use anyhow::Context;
use file::EventFile;
use message::{Datum, Histogram, Image, Summary as Values, Value, What};
use std::io::Cursor;
use std::path::{Path, PathBuf};

/// What checkpoints call the file's length.
const MARK: &str = "events_bytes";
/// Figures of the report that are shown, by the beginnings of their names.
const PICTURES: [&str; 3] = ["approximate-", "generator-", "orbit-"];
/// Red, green, blue, opacity.
const COLOURS: i32 = 4;

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

        for path in pictures(&run.join(html::PLOTS)) {
            let name = path.file_stem().unwrap_or_default().to_string_lossy();
            let value = image(format!("images/{name}"), &path)
                .with_context(|| format!("cannot read {}", path.display()))?;
            self.append(summary.steps, vec![value])?;
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

/// The report's figures of generators and orbits, in the order of their names; none where there is no report.
fn pictures(plots: &Path) -> Vec<PathBuf> {
    let shown = |path: &PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        name.ends_with(".png") && PICTURES.iter().any(|kind| name.starts_with(kind))
    };
    let entries = std::fs::read_dir(plots).into_iter().flatten().flatten();
    let mut pictures: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(shown).collect();
    pictures.sort();
    pictures
}

fn image(tag: String, path: &Path) -> anyhow::Result<Value> {
    let encoded = std::fs::read(path)?;
    let (width, height) = png::Decoder::new(Cursor::new(&encoded)).read_info()?.info().size();
    let image = Image { height: height as i32, width: width as i32, colorspace: COLOURS, encoded };
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
