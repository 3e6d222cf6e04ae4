//! `metrics.jsonl`: the course of training, one JSON object a line, readable while the run goes on.

use super::live::{Observer, StageReport, StepReport};
use anyhow::Context;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// What checkpoints call the file's length.
const MARK: &str = "metrics_bytes";

/// One line of `metrics.jsonl`.
#[derive(Clone, Debug, Serialize)]
pub struct MetricsLine<'a> {
    /// Optimiser steps done.
    pub step: u64,
    /// What was being trained: `warm_up`, `joint`, or a baseline's name.
    pub stage: &'a str,
    /// Every term of the loss by name, unweighted; `null` for a value that is not finite.
    pub loss: BTreeMap<&'a str, f64>,
    /// The backbone's learning rate at that step.
    pub learning_rate: f64,
    /// Steps a second since the line before.
    pub steps_per_s: f64,
    /// The least cosine of the principal angles between the generators in training and the known algebra; absent where no
    /// algebra is known or none is trained with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cosine: Option<f64>,
}

/// A line as it is read back.
#[derive(Clone, Debug, Deserialize)]
pub struct MetricsRecord {
    /// Steps of its stage.
    pub step: u64,
    /// What was being trained.
    pub stage: String,
    /// `None` for a value that was not finite.
    pub loss: BTreeMap<String, Option<f64>>,
}

/// Stages in which the run's own model learns; others are of models beside it.
const OWN: [&str; 3] = ["warm_up", "basis", "joint"];

impl MetricsRecord {
    /// The lines of a file's text; those that cannot be read, such as the last one of a run at work, are left out.
    pub fn of_text(text: &str) -> Vec<Self> {
        text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }

    /// Whether its stage trains the run's own model.
    pub fn is_own(&self) -> bool {
        OWN.contains(&self.stage.as_str())
    }
}

/// Appends to `metrics.jsonl`. Each line reaches the file in one write, so that a killed run leaves whole
/// lines only.
#[derive(Debug)]
pub struct MetricsLog {
    path: PathBuf,
    file: Option<File>,
}

impl MetricsLog {
    /// The log in that file, which is made with the first line; what is in it stays.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), file: None }
    }

    /// Writes one line.
    ///
    /// # Errors
    /// The line can't be written, e.g. because the disk is full.
    pub fn append(&mut self, line: &MetricsLine<'_>) -> io::Result<()> {
        let mut text = serde_json::to_string(line)?;
        text.push('\n');
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(File::options().append(true).create(true).open(&self.path)?),
        };
        file.write_all(text.as_bytes())
    }

    fn cannot_write(&self) -> String {
        format!("cannot write {}", self.path.display())
    }
}

impl Observer for MetricsLog {
    fn step(&mut self, _: &StageReport, step: &StepReport<'_>) -> anyhow::Result<()> {
        self.append(step.line).with_context(|| self.cannot_write())
    }

    fn mark(&self) -> Option<(&'static str, u64)> {
        Some((MARK, std::fs::metadata(&self.path).map_or(0, |file| file.len())))
    }

    fn go_on(&mut self, mark: &dyn Fn(&str) -> u64) -> anyhow::Result<()> {
        cut(&self.path, mark(MARK)).with_context(|| self.cannot_write())
    }
}

/// Takes away what was written after the first so many bytes, if the file is longer.
fn cut(path: &Path, bytes: u64) -> io::Result<()> {
    match std::fs::metadata(path) {
        Ok(file) if file.len() > bytes => File::options().write(true).open(path)?.set_len(bytes),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_appended_with_null_for_nan() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let path = dir.path().join("metrics.jsonl");
        for (step, loss, cosine) in [(20, 0.5, None), (40, f64::NAN, Some(0.75))] {
            let line = MetricsLine {
                step,
                stage: "warm_up",
                loss: BTreeMap::from([("task", loss)]),
                learning_rate: 0.004,
                steps_per_s: 100.0,
                cosine,
            };
            MetricsLog::at(&path).append(&line).expect("writable");
        }
        assert_eq!(
            std::fs::read_to_string(&path).expect("written"),
            "{\"step\":20,\"stage\":\"warm_up\",\"loss\":{\"task\":0.5},\"learning_rate\":0.004,\"steps_per_s\":100.0}\n\
             {\"step\":40,\"stage\":\"warm_up\",\"loss\":{\"task\":null},\"learning_rate\":0.004,\"steps_per_s\":100.0,\"cosine\":0.75}\n"
        );
        let mut log = MetricsLog::at(&path);
        let (name, bytes) = log.mark().expect("a file has a mark");
        log.go_on(&|asked| if asked == name { bytes - 1 } else { 0 }).expect("writable");
        assert_eq!(log.mark(), Some((name, bytes - 1)), "what came after the mark is gone");
    }
}
