//! One stage of training: its steps, and around them metrics, checkpoints, interruption.

use super::checkpoint::Checkpoint;
use super::interrupt;
use super::steps::{Losses, Steps};
use crate::config::Training;
use crate::data::{Data, stream_seed};
use crate::exit::Interrupted;
use crate::objective::Objective;
use crate::plugins::ModelInstance;
use crate::report::{MetricsLine, MetricsLog, Progress, RunDirectory};
use crate::symmetry::Action;
use crate::torch::Adam;
use anyhow::Context;
use std::collections::{BTreeMap, HashMap};
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
    /// Whether its checkpoints are the run's (others leave only their final one).
    pub own: bool,
}

impl Stage {
    /// A stage of the run itself, with a fixed basis or none.
    pub fn of_run(name: &'static str, steps: u64) -> Self {
        Self { name, stream: name, steps, basis_rate: 0.0, own: true }
    }

    /// A stage beside the run: a model that is compared with its own.
    pub fn beside(name: &'static str, stream: &'static str, steps: u64) -> Self {
        Self { name, stream, steps, basis_rate: 0.0, own: false }
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
        tch::manual_seed(stream_seed(self.seed, stage.stream) as i64);
        let mut steps = Steps::new(self, stage, model, objective)?;
        let mut log = StepLog::open(self, stage)?;
        let start = Instant::now();

        for step in 0..stage.steps {
            if interrupt::requested() {
                self.checkpoint(stage, step, model, objective, steps.optimisers())?
                    .write(self.run, "last")?;
                return Err(Interrupted { step }.into());
            }
            let losses = match steps.take(step, objective) {
                Ok(losses) => losses,
                Err(error) => {
                    return Err(self.fail(stage, step, model, objective, steps.optimisers(), error));
                }
            };
            log.step(step + 1, objective, &losses)?;
            if stage.own
                && (step + 1).is_multiple_of(self.training.checkpoint_every)
                && step + 1 < stage.steps
            {
                self.save_if_sound(stage, step + 1, model, objective, steps.optimisers())?;
            }
        }
        let seconds = start.elapsed().as_secs_f64();
        let name = if stage.own { "last" } else { stage.name };
        self.checkpoint(stage, stage.steps, model, objective, steps.optimisers())?.write(self.run, name)?;
        Ok(Progression { steps: stage.steps, seconds })
    }

    /// Saves what is worth saving before a run ends with an error, and says where.
    fn fail(
        &self,
        stage: Stage,
        step: u64,
        model: &ModelInstance,
        objective: &Objective,
        optimisers: &[Adam],
        error: anyhow::Error,
    ) -> anyhow::Error {
        let last = self.run.join("checkpoints/last.safetensors");
        let kept = match self.save_if_sound(stage, step, model, objective, optimisers) {
            Ok(true) => {
                format!("what had been learned after {step} steps of {} is in {}", stage.name, last.display())
            }
            Ok(false) if last.exists() => format!("the last good parameters are in {}", last.display()),
            Ok(false) => return error,
            Err(problem) => format!("and no checkpoint could be written: {problem:#}"),
        };
        anyhow::anyhow!("{error:#}; {kept}")
    }

    /// Overwrites the last checkpoint, unless the parameters are no longer finite.
    fn save_if_sound(
        &self,
        stage: Stage,
        step: u64,
        model: &ModelInstance,
        objective: &Objective,
        optimisers: &[Adam],
    ) -> anyhow::Result<bool> {
        if !stage.own || !model.parameters().all_finite() {
            return Ok(false);
        }
        self.checkpoint(stage, step, model, objective, optimisers)?.write(self.run, "last")?;
        Ok(true)
    }

    fn checkpoint(
        &self,
        stage: Stage,
        step: u64,
        model: &ModelInstance,
        objective: &Objective,
        optimisers: &[Adam],
    ) -> anyhow::Result<Checkpoint> {
        let mut tensors: Vec<(String, Tensor)> = model
            .parameters()
            .named()
            .into_iter()
            .map(|(name, value)| (format!("model.{name}"), value))
            .collect();
        for (part, optimiser) in ["model", "basis"].iter().zip(optimisers) {
            if !optimiser.parameters().is_empty() {
                let state = optimiser.state().into_iter();
                tensors.extend(state.map(|(name, value)| (format!("optimizer.{part}.{name}"), value)));
            }
        }
        if let Some(augmenter) = objective.augmenter() {
            tensors.push(("basis.generators".into(), augmenter.basis().generators()));
            tensors.extend(
                augmenter.basis().weight().map(|weight| ("basis.weight".into(), weight.shallow_clone())),
            );
        }
        let facts =
            [("stage", stage.name.to_owned()), ("step", step.to_string()), ("seed", self.seed.to_string())];
        let facts: HashMap<String, String> = facts.map(|(name, value)| (name.to_owned(), value)).into();
        Ok(Checkpoint { tensors, facts })
    }
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
