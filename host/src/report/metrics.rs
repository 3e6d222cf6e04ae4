//! `metrics.jsonl`: the course of training, one JSON object a line, readable while the run goes on.

use serde::Serialize;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

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
}

/// Appends to `metrics.jsonl`. Each line reaches the file in one write, so that a killed run leaves whole
/// lines only.
#[derive(Debug)]
pub struct MetricsLog {
    file: File,
}

impl MetricsLog {
    /// Opens the file, making it if needed; what is in it stays.
    ///
    /// # Errors
    /// The file can't be opened.
    pub fn open(path: &Path) -> io::Result<Self> {
        Ok(Self { file: File::options().append(true).create(true).open(path)? })
    }

    /// Takes away what was written after the first so many bytes, if the file is longer.
    ///
    /// # Errors
    /// The file can't be changed.
    pub fn cut(path: &Path, bytes: u64) -> io::Result<()> {
        match std::fs::metadata(path) {
            Ok(file) if file.len() > bytes => File::options().write(true).open(path)?.set_len(bytes),
            _ => Ok(()),
        }
    }

    /// Writes one line.
    ///
    /// # Errors
    /// The line can't be written, e.g. because the disk is full.
    pub fn append(&mut self, line: &MetricsLine<'_>) -> io::Result<()> {
        let mut text = serde_json::to_string(line)?;
        text.push('\n');
        self.file.write_all(text.as_bytes())?;
        self.file.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_appended_with_null_for_nan() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let path = dir.path().join("metrics.jsonl");
        for (step, loss) in [(20, 0.5), (40, f64::NAN)] {
            let line = MetricsLine {
                step,
                stage: "warm_up",
                loss: BTreeMap::from([("task", loss)]),
                learning_rate: 0.004,
                steps_per_s: 100.0,
            };
            MetricsLog::open(&path).expect("writable").append(&line).expect("writable");
        }
        assert_eq!(
            std::fs::read_to_string(&path).expect("written"),
            "{\"step\":20,\"stage\":\"warm_up\",\"loss\":{\"task\":0.5},\"learning_rate\":0.004,\"steps_per_s\":100.0}\n\
             {\"step\":40,\"stage\":\"warm_up\",\"loss\":{\"task\":null},\"learning_rate\":0.004,\"steps_per_s\":100.0}\n"
        );
    }
}
