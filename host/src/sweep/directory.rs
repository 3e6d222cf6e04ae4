//! The directory of a sweep: `experiment.toml`, `sweep.json`, `trials.csv`, `log.jsonl`, `trials/`.
//!
//! It is made new, or taken over empty, and is locked by its `experiment.toml` while a process is at work in it. `sweep.json`
//! and `trials.csv` are written whole after every change, so that a kill -9 leaves those of a moment before.

use super::record::{SCHEMA, Sweep};
use super::table;
use crate::exit::Coded;
use crate::report::document;
use crate::report::run_directory::{claim, lock};
use crate::report::{RunDirectoryError, write_atomic};
use anyhow::Context;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The record.
const FILE: &str = "sweep.json";

/// The experiment that every trial starts from.
const EXPERIMENT: &str = "experiment.toml";

/// The directory of a sweep, locked.
#[derive(Clone, Debug)]
pub struct SweepDirectory {
    path: PathBuf,
    _lock: Arc<File>,
}

impl SweepDirectory {
    /// Makes it; without `out` it is `runs/sweep-PLUGIN-yyyymmdd-hhmmss-sSEED`.
    ///
    /// # Errors
    /// Something is in it, it cannot be written, or another process is at work in it: mistakes of usage.
    pub fn create(out: Option<&Path>, plugin: &str, seed: u64, experiment: &str) -> anyhow::Result<Self> {
        if let Some(out) = out.filter(|out| out.join(FILE).is_file()) {
            // Whoever is at work there is told first.
            lock(out, EXPERIMENT)?;
            let place = out.display();
            return Err(Coded::usage(format!(
                "{place} has a sweep already: `semola-host sweep --resume {place}` goes on with it; for a new one choose \
                 another --out"
            ))
            .into());
        }
        let (path, _) = claim(out, &format!("sweep-{plugin}"), seed)?;
        write_atomic(&path.join(EXPERIMENT), experiment.as_bytes())
            .map_err(|reason| RunDirectoryError::Unwritable { path: path.clone(), reason })?;
        let lock = lock(&path, EXPERIMENT)?;
        Ok(Self { path, _lock: lock })
    }

    /// Takes over that of a sweep that was begun, and reads how far it came.
    ///
    /// # Errors
    /// It is none, damaged, of a later version of this program, or another process is at work in it.
    pub fn open(path: &Path) -> anyhow::Result<(Self, Sweep)> {
        let file = path.join(FILE);
        if let Some(missing) = [FILE, EXPERIMENT].into_iter().find(|name| !path.join(name).is_file()) {
            return Err(Coded::usage(format!(
                "{} is no sweep: it has no {missing}; expected a directory that `sweep` has made",
                path.display()
            ))
            .into());
        }
        let lock = lock(path, EXPERIMENT)?;
        let sweep = document::read(&file, SCHEMA, "does not say what the sweep is")
            .map_err(|error| Coded::usage(format!("{error:#}")))?;
        Ok((Self { path: path.to_owned(), _lock: lock }, sweep))
    }

    /// The directory.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where the experiment is that every trial starts from.
    pub fn experiment(&self) -> PathBuf {
        self.path.join(EXPERIMENT)
    }

    /// Writes `sweep.json` and `trials.csv`.
    ///
    /// # Errors
    /// As [`write_atomic`].
    pub fn keep(&self, sweep: &mut Sweep) -> anyhow::Result<()> {
        sweep.best = sweep.best().map(|trial| trial.number);
        let write = || -> io::Result<()> {
            let text = format!("{}\n", serde_json::to_string_pretty(sweep)?);
            write_atomic(&self.path.join("trials.csv"), &table::csv(sweep).map_err(io::Error::other)?)?;
            write_atomic(&self.path.join(FILE), text.as_bytes())
        };
        write().with_context(|| format!("cannot write into {}", self.path.display()))
    }
}

#[cfg(test)]
mod tests {
    use super::super::record::sample;
    use super::super::space::Parameters;
    use super::*;

    #[test]
    fn a_sweep_is_read_back_and_goes_on_with_the_same_trials() {
        let root = tempfile::tempdir().expect("a temporary directory");
        let path = root.path().join("sweep");
        let directory = SweepDirectory::create(Some(&path), "x", 0, "seed = 0\n").expect("writable");
        let mut sweep = sample();
        sweep.trials.truncate(3);
        directory.keep(&mut sweep).expect("writable");
        assert_eq!(sweep.best, Some(3));

        let busy = SweepDirectory::open(&path).expect_err("busy").to_string();
        assert!(busy.starts_with("another process is at work in "), "{busy}");
        let busy = SweepDirectory::create(Some(&path), "x", 0, "").expect_err("busy").to_string();
        assert!(busy.starts_with("another process is at work in "), "{busy}");
        drop(directory);
        let there = SweepDirectory::create(Some(&path), "x", 0, "").expect_err("there is one").to_string();
        assert!(there.contains("has a sweep already: `semola-host sweep --resume "), "{there}");

        let (_directory, mut again) = SweepDirectory::open(&path).expect("nobody is at work there");
        assert_eq!(again.trials, sweep.trials);
        while again.begin_trial().is_some() {}
        let parameters = |sweep: &Sweep| -> Vec<Parameters> {
            sweep.trials.iter().map(|trial| trial.parameters.clone()).collect()
        };
        assert_eq!(parameters(&again), parameters(&sample()));
    }

    #[test]
    fn what_is_no_sweep_is_told() {
        let root = tempfile::tempdir().expect("a temporary directory");
        let refused = |root: &Path| SweepDirectory::open(root).expect_err("no sweep").to_string();
        assert!(refused(root.path()).contains("is no sweep: it has no sweep.json"));
        std::fs::write(root.path().join(FILE), "{\"schema\": 1}").expect("writable");
        assert!(refused(root.path()).contains("it has no experiment.toml"));
        std::fs::write(root.path().join(EXPERIMENT), "").expect("writable");
        assert!(refused(root.path()).contains("does not say what the sweep is: missing field"));
        std::fs::write(root.path().join(FILE), "{\"schema\": 2}").expect("writable");
        assert!(refused(root.path()).contains("has schema 2, and this program knows 1: update semola-host"));
    }
}
