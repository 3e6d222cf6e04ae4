//! The stages of a run in their order, each with a checkpoint of its own: what a run is resumed from.
//!
//! A resumed run goes through all its stages again. One that is over is read instead of trained, the one under way goes on
//! from its last checkpoint, and everything between (spectra, verdicts, copied parameters) is a function of the seed and of
//! what was read. So the numbers are those of a run that was never interrupted, whatever a stage is followed by.

use super::{Checkpoint, Stage};
use crate::exit::Coded;
use crate::report::RunDirectory;
use crate::report::live::Observers;
use anyhow::Context;
use std::cell::Cell;
use std::path::PathBuf;
use std::time::Instant;

/// How far a run is; see the module.
#[derive(Debug)]
pub struct Course<'a> {
    run: &'a RunDirectory,
    /// Stages begun.
    begun: Cell<usize>,
    /// Seconds that the run had taken before it was resumed.
    before: f64,
    start: Instant,
    /// The last checkpoint; none in a new run.
    last: Option<(PathBuf, Checkpoint)>,
    /// Whether the observers know that the run goes on.
    goes_on: Cell<bool>,
}

/// The checkpoint of one stage, by its name below the run directory and without ending.
#[derive(Clone, Debug)]
pub(super) struct Place(String);

impl Place {
    /// The number of the stage in the run, and its name: "02-joint".
    pub(super) fn name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or(&self.0)
    }
}

impl<'a> Course<'a> {
    /// A course at its start. Nothing of a run that was interrupted is changed yet.
    ///
    /// # Errors
    /// The run directory cannot be read, or its last checkpoint is damaged.
    pub fn begin(run: &'a RunDirectory) -> anyhow::Result<Self> {
        let begun = Cell::new(0);
        let mut course =
            Self { run, begun, before: 0.0, start: Instant::now(), last: None, goes_on: Cell::new(false) };
        if let Some(path) = course.furthest()? {
            let Checkpoint { facts, .. } = Checkpoint::read(&path)?;
            let checkpoint = Checkpoint { tensors: Vec::new(), facts };
            course.before = checkpoint.fact("wall_s")?;
            course.last = Some((path, checkpoint));
        }
        Ok(course)
    }

    /// Training goes on from the last checkpoint: what was kept of steps after it will be told again.
    ///
    /// # Errors
    /// It cannot be taken away.
    pub(super) fn go_on(&self, observers: &Observers) -> anyhow::Result<()> {
        if self.goes_on.replace(true) {
            return Ok(());
        }
        let facts = self.last.as_ref().map(|(_, checkpoint)| checkpoint);
        observers.go_on(&|mark| facts.and_then(|facts| facts.fact(mark).ok()).unwrap_or(0))
    }

    /// A stage was over when the run was resumed. After the last one of these, the run goes on.
    ///
    /// # Errors
    /// As [`Course::go_on`].
    pub(super) fn passed(&self, place: &Place, observers: &Observers) -> anyhow::Result<()> {
        let last = self.last.as_ref().is_some_and(|(path, _)| *path == self.path(place));
        if last { self.go_on(observers) } else { Ok(()) }
    }

    /// Seconds since the run was begun, without those in which it lay still.
    pub fn wall_s(&self) -> f64 {
        self.before + self.start.elapsed().as_secs_f64()
    }

    /// The place of the next stage.
    pub(super) fn stage(&self, stage: &Stage) -> Place {
        let number = self.begun.get();
        self.begun.set(number + 1);
        Place(format!("stages/{number:02}-{}", stage.name))
    }

    /// How far the stage came before the run was resumed.
    ///
    /// # Errors
    /// The checkpoint is damaged, or of another experiment.
    pub(super) fn saved(
        &self,
        place: &Place,
        stage: &Stage,
        seed: u64,
    ) -> anyhow::Result<Option<Checkpoint>> {
        let path = self.path(place);
        if !path.exists() {
            return Ok(None);
        }
        let checkpoint = Checkpoint::read(&path)?;
        let found: (u64, u64) = (checkpoint.fact("seed")?, checkpoint.fact("steps")?);
        if found != (seed, stage.steps) {
            let message = format!(
                "{} was written with seed {} for {} steps, and config.toml now says seed {seed}, {} steps: a run is resumed \
                 as it was begun; undo the change, or start a new run from it with --config",
                path.display(),
                found.0,
                found.1,
                stage.steps
            );
            return Err(Coded::usage(message).into());
        }
        Ok(Some(checkpoint))
    }

    /// Keeps how far a stage is: what was learned, and what it takes to go on.
    ///
    /// # Errors
    /// It cannot be written.
    pub(super) fn keep(
        &self,
        place: &Place,
        learned: &Checkpoint,
        bookkeeping: &Checkpoint,
    ) -> anyhow::Result<()> {
        let (mut whole, bookkeeping) = (learned.shallow_clone(), bookkeeping.shallow_clone());
        whole.tensors.extend(bookkeeping.tensors);
        whole.facts.extend(bookkeeping.facts);
        whole.write(self.run, &place.0)
    }

    fn path(&self, place: &Place) -> PathBuf {
        self.run.checkpoint(&place.0)
    }

    fn furthest(&self) -> anyhow::Result<Option<PathBuf>> {
        let directory = self.run.stages();
        let entries = match std::fs::read_dir(&directory) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            entries => entries.with_context(|| format!("cannot read {}", directory.display()))?,
        };
        let files = entries.filter_map(|entry| Some(entry.ok()?.path()));
        Ok(files.filter(|path| path.extension().is_some_and(|ending| ending == "safetensors")).max())
    }
}
