//! One stage of training: its steps, and around them metrics, checkpoints, interruption.

use super::checkpoint::Checkpoint;
use super::interrupt;
use super::steps::{Losses, NotFinite, Steps};
use crate::config::Training;
use crate::data::{Data, stream_seed};
use crate::exit::Interrupted;
use crate::objective::Objective;
use crate::plugins::ModelInstance;
use crate::plugins::probe::{Line, note};
use crate::report::{MetricsLine, MetricsLog, Progress, RunDirectory};
use crate::symmetry::Action;
use anyhow::Context;
use std::collections::BTreeMap;
use std::time::Instant;
use tch::Tensor;

/// What a trainer is given by the run.
#[derive(Debug)]
pub struct Trainer<'a> {
    /// The data.
    pub data: &'a Data,
    /// How the group acts on it.
    pub action: &'a Action,
    /// Batch size and intervals.
    pub training: &'a Training,
    /// Seed of the run.
    pub seed: u64,
    /// Where checkpoints and metrics go.
    pub run: &'a RunDirectory,
    /// No progress bar.
    pub quiet: bool,
}

/// A stretch of training.
#[derive(Clone, Copy, Debug)]
pub struct Stage {
    /// `warm_up`, `replica`, `joint`, `plain`, `oracle`: the lines of metrics.jsonl.
    pub name: &'static str,
    /// Names the random streams of batches and dropout: baselines see the batches of the run itself.
    pub stream: &'static str,
    /// Optimiser steps.
    pub steps: u64,
    /// Adam's learning rate for the basis at the start; falls to 0 along a cosine, so that the generators come to
    /// rest before the backbone does.
    pub basis_rate: f64,
    /// Whether the backbone learns from the first term (the task) alone and the basis from all the others.
    pub decoupled: bool,
    /// Whether its checkpoints are the run's (others leave only their final one).
    pub own: bool,
}

impl Stage {
    /// A stage of the run itself, with a fixed basis or none.
    pub fn of_run(name: &'static str, steps: u64) -> Self {
        Self { name, stream: name, steps, basis_rate: 0.0, decoupled: false, own: true }
    }

    /// A stage beside the run: a model that is compared with its own.
    pub fn beside(name: &'static str, stream: &'static str, steps: u64) -> Self {
        Self { name, stream, steps, basis_rate: 0.0, decoupled: false, own: false }
    }
}

/// How a stage went.
#[derive(Clone, Copy, Debug, Default)]
pub struct Progression {
    /// Steps done.
    pub steps: u64,
    /// Seconds they took.
    pub seconds: f64,
}

impl std::ops::Add for Progression {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { steps: self.steps + other.steps, seconds: self.seconds + other.seconds }
    }
}

impl Trainer<'_> {
    /// Trains the model (and the augmenter's basis, if it has one to learn) on an objective.
    ///
    /// # Errors
    /// The model's own; a loss that is not finite (the last good state is on disk); interruption.
    pub fn run(
        &self,
        stage: Stage,
        model: &ModelInstance,
        objective: &mut Objective,
    ) -> anyhow::Result<Progression> {
        self.run_watched(stage, model, objective, &mut |_, _| Ok(()))
    }

    /// As [`Trainer::run`]; before each step `watch` is told how many were taken, and may change the objective.
    ///
    /// # Errors
    /// As [`Trainer::run`], and what `watch` returns.
    pub fn run_watched(
        &self,
        stage: Stage,
        model: &ModelInstance,
        objective: &mut Objective,
        watch: &mut dyn FnMut(u64, &mut Objective) -> anyhow::Result<()>,
    ) -> anyhow::Result<Progression> {
        tch::manual_seed(stream_seed(self.seed, stage.stream) as i64);
        let mut steps = Steps::new(self, stage, model, objective)?;
        let mut log = StepLog::open(self, stage)?;
        let mut good = self.snapshot(stage, 0, &steps, objective);
        let start = Instant::now();

        for step in 0..stage.steps {
            if interrupt::requested() {
                self.keep(&self.snapshot(stage, step, &steps, objective))?;
                return Err(Interrupted { step }.into());
            }
            let losses = match watch(step, objective).and_then(|()| steps.take(step, objective)) {
                Ok(losses) => losses,
                Err(error) => {
                    let spoilt = error.is::<NotFinite>() || !model.parameters().all_finite();
                    let state = if spoilt { good } else { self.snapshot(stage, step, &steps, objective) };
                    return Err(self.explain(error, &state));
                }
            };
            let done = step + 1;
            log.step(done, objective, &losses)?;
            if done.is_multiple_of(self.training.log_every) && model.parameters().all_finite() {
                good = self.snapshot(stage, done, &steps, objective);
            }
            if done.is_multiple_of(self.training.checkpoint_every) && done < stage.steps {
                self.keep(&good)?;
            }
        }
        let seconds = start.elapsed().as_secs_f64();
        let end = self.snapshot(stage, stage.steps, &steps, objective);
        end.checkpoint.write(self.run, if stage.own { "last" } else { stage.name })?;
        Ok(Progression { steps: stage.steps, seconds })
    }

    /// A copy of all that has been learned so far.
    fn snapshot(&self, stage: Stage, step: u64, steps: &Steps<'_>, objective: &Objective) -> Snapshot {
        let copy = |(name, value): (String, Tensor)| (name, value.detach().copy());
        let facts =
            [("stage", stage.name.to_owned()), ("step", step.to_string()), ("seed", self.seed.to_string())];
        let facts = facts.map(|(name, value)| (name.to_owned(), value)).into();
        let tensors = steps.state(objective).into_iter().map(copy).collect();
        Snapshot { stage, step, checkpoint: Checkpoint { tensors, facts } }
    }

    /// Gives a model the parameters of another one of its kind that a stage beside the run trained, and makes them the
    /// run's last checkpoint.
    ///
    /// # Errors
    /// The models differ, or the checkpoint cannot be written.
    pub fn adopt(&self, model: &ModelInstance, from: &ModelInstance, steps: u64) -> anyhow::Result<()> {
        model.parameters().copy_from(from.parameters()).map_err(anyhow::Error::msg)?;
        let stage = Stage::of_run("replica", steps);
        let steps_taken = Steps::new(self, stage, model, &Objective::plain())?;
        self.keep(&self.snapshot(stage, steps, &steps_taken, &Objective::plain()))
    }

    /// Makes it the run's last checkpoint; a model beside the run has none before its end.
    fn keep(&self, snapshot: &Snapshot) -> anyhow::Result<()> {
        if snapshot.stage.own { snapshot.checkpoint.write(self.run, "last") } else { Ok(()) }
    }

    /// Saves what is worth saving before a run ends with an error, and says where.
    fn explain(&self, error: anyhow::Error, snapshot: &Snapshot) -> anyhow::Error {
        let last = self.run.join("checkpoints/last.safetensors");
        let kept = match self.keep(snapshot) {
            Ok(()) if snapshot.stage.own => {
                let Snapshot { step, stage, .. } = snapshot;
                format!("what had been learned after {step} steps of {} is in {}", stage.name, last.display())
            }
            Ok(()) => format!("what the run itself had learned is in {}", last.display()),
            Err(problem) => format!("and no checkpoint could be written: {problem:#}"),
        };
        anyhow::anyhow!("{error:#}; {kept}")
    }
}

/// What had been learned at some step.
struct Snapshot {
    stage: Stage,
    step: u64,
    checkpoint: Checkpoint,
}

/// Metrics and progress of a stage.
struct StepLog {
    metrics: MetricsLog,
    progress: Progress,
    stage: Stage,
    every: u64,
    since: (u64, Instant),
}

impl StepLog {
    fn open(trainer: &Trainer<'_>, stage: Stage) -> anyhow::Result<Self> {
        note(&Line::Begun { check: format!("training, stage {}", stage.name) });
        let path = trainer.run.metrics();
        let metrics = MetricsLog::open(&path).with_context(|| format!("cannot write {}", path.display()))?;
        let progress = Progress::new(stage.steps, trainer.quiet);
        progress.stage(stage.name);
        Ok(Self { metrics, progress, stage, every: trainer.training.log_every, since: (0, Instant::now()) })
    }

    fn step(&mut self, done: u64, objective: &Objective, losses: &Losses) -> anyhow::Result<()> {
        if !done.is_multiple_of(self.every) && done != self.stage.steps {
            return Ok(());
        }
        self.progress.step(done, Some(losses.total));
        let (before, then) = std::mem::replace(&mut self.since, (done, Instant::now()));
        let loss: BTreeMap<&str, f64> = objective
            .terms()
            .iter()
            .zip(&losses.terms)
            .map(|(term, value)| (term.name(), value.double_value(&[])))
            .collect();
        self.metrics.append(&MetricsLine {
            step: done,
            stage: self.stage.name,
            loss,
            learning_rate: losses.learning_rate,
            steps_per_s: (done - before) as f64 / then.elapsed().as_secs_f64().max(1e-9),
        })?;
        Ok(())
    }
}

impl Drop for StepLog {
    fn drop(&mut self) {
        self.progress.finish();
    }
}
