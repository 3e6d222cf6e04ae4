//! One stage of training: its steps, and around them observers, checkpoints, interruption.

use super::checkpoint::Checkpoint;
use super::course::{Course, Place};
use super::retention::{forget, retain};
use super::step_log::StepLog;
use super::steps::{NotFinite, Steps};
use crate::collective::{self, Collective, Lost};
use crate::config::Training;
use crate::data::{Data, stream_seed};
use crate::exit::Interrupted;
use crate::interrupt;
use crate::objective::Objective;
use crate::plugins::ModelInstance;
use crate::plugins::probe::{Line, note};
use crate::profile::span;
use crate::report::RunDirectory;
use crate::report::live::Observers;
use crate::symmetry::{Action, flat};
use std::collections::HashMap;
use std::time::Instant;
use tch::Tensor;

/// Where a checkpoint has what [`Watch::state`] says.
const WATCH: &str = "watch";

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
    /// Where checkpoints go.
    pub run: &'a RunDirectory,
    /// The processes that train together.
    pub group: &'a dyn Collective,
    /// How far the run is.
    pub course: Course<'a>,
    /// Who is told about it.
    pub observers: &'a Observers,
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

/// Looks on while a stage trains, and may change its objective.
pub trait Watch {
    /// Called before each step, with how many were taken.
    ///
    /// # Errors
    /// Whatever ends the training.
    fn before(
        &mut self,
        step: u64,
        trainer: &Trainer<'_>,
        model: &ModelInstance,
        objective: &mut Objective,
    ) -> anyhow::Result<()>;

    /// What it has seen so far, for checkpoints.
    fn state(&self) -> Vec<f64>;

    /// Takes a [`state`](Watch::state) over.
    fn restore(&mut self, state: &[f64]);
}

/// Nobody.
struct Unwatched;

impl Watch for Unwatched {
    fn before(
        &mut self,
        _: u64,
        _: &Trainer<'_>,
        _: &ModelInstance,
        _: &mut Objective,
    ) -> anyhow::Result<()> {
        Ok(())
    }

    fn state(&self) -> Vec<f64> {
        Vec::new()
    }

    fn restore(&mut self, _: &[f64]) {}
}

impl Trainer<'_> {
    /// What the first process has measured, for a decision that all have to take alike.
    ///
    /// # Errors
    /// Another process has ended.
    pub(super) fn agreed(&self, numbers: Vec<f64>) -> Result<Vec<f64>, Lost> {
        collective::numbers_of_the_first(self.group, numbers)
    }

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
        self.run_watched(stage, model, objective, &mut Unwatched)
    }

    /// As [`Trainer::run`], with somebody to look on.
    ///
    /// A stage that an interrupted run has trained already is read from its checkpoint; one that it was in goes on from
    /// there. Random numbers of libtorch (dropout) are a function of seed, stage and step.
    ///
    /// # Errors
    /// As [`Trainer::run`], and those of `watch`; a checkpoint that cannot be used.
    pub fn run_watched(
        &self,
        stage: Stage,
        model: &ModelInstance,
        objective: &mut Objective,
        watch: &mut dyn Watch,
    ) -> anyhow::Result<Progression> {
        let place = self.course.stage(&stage);
        let mut steps = Steps::new(self, stage, model, objective)?;
        let seed = stream_seed(self.seed, stage.stream);
        let draw_for = |step: u64| tch::manual_seed((seed.wrapping_add(step) & i64::MAX as u64) as i64);
        let mut begun = Progression::default();
        if let Some(saved) = self.course.saved(&place, &stage, self.seed)? {
            steps.restore(&saved, objective)?;
            watch.restore(&flat(&saved.tensor(WATCH)?));
            begun = Progression { steps: saved.fact("step")?, seconds: saved.fact("seconds")? };
        }
        self.observers.stage(stage.name, stage.steps, begun.steps)?;
        if begun.steps == stage.steps {
            draw_for(stage.steps);
            self.course.passed(&place, self.observers)?;
            return Ok(begun);
        }
        self.course.go_on(self.observers)?;
        note(&Line::Begun { check: format!("training, stage {}", stage.name) });
        steps.agree(objective)?;
        let _stage = span!("stage", stage.name);
        let mut log = StepLog::new(self, stage, begun.steps);
        let start = Instant::now();
        let progression =
            |step| Progression { steps: step, seconds: begun.seconds + start.elapsed().as_secs_f64() };
        let mut good = self.snapshot(stage, begun, &steps, objective, watch);

        let mut ending = self.group.any(interrupt::requested())?;
        for step in begun.steps..stage.steps {
            if ending {
                let now = self.snapshot(stage, progression(step), &steps, objective, watch);
                self.keep(&now, &place)?;
                return Err(Interrupted { step }.into());
            }
            draw_for(step);
            let done = step + 1;
            let keeps = done.is_multiple_of(self.training.checkpoint_every) && done < stage.steps;
            let looks = keeps || done.is_multiple_of(self.training.log_every);
            let looked = watch.before(step, self, model, objective);
            let taken = looked.and_then(|()| {
                let _step = span!("step");
                steps.take(step, objective, interrupt::requested(), looks || done == stage.steps)
            });
            let losses = match taken {
                Ok(losses) => losses,
                Err(error) => {
                    let spoilt = error.is::<NotFinite>() || !model.parameters().all_finite();
                    // What was drawn for a step that the others did not finish would be left out when the run goes on.
                    let lost = error.is::<Lost>();
                    let state = if spoilt || lost {
                        good
                    } else {
                        self.snapshot(stage, progression(step), &steps, objective, watch)
                    };
                    if lost {
                        self.keep(&state, &place)?;
                    }
                    return Err(self.explain(error, &state));
                }
            };
            let _rest = span!("log and checkpoint");
            log.step(done, objective, &losses)?;
            ending = losses.ending;
            let sound = looks && model.parameters().all_finite();
            if sound {
                good = self.snapshot(stage, progression(done), &steps, objective, watch);
            }
            // First: a run that is killed in between repeats it.
            if keeps && sound {
                retain(self, (stage, &place, done), model, &good.learned)?;
            }
            if keeps {
                self.keep(&good, &place)?;
            }
        }
        steps.agree(objective)?;
        draw_for(stage.steps);
        let trained = progression(stage.steps);
        let end = self.snapshot(stage, trained, &steps, objective, watch);
        end.learned.write(self.run, if stage.own { "last" } else { stage.name })?;
        retain(self, (stage, &place, stage.steps), model, &end.learned)?;
        self.course.keep(&place, &end.learned, &end.bookkeeping)?;
        Ok(trained)
    }

    /// A copy of all that has been learned so far, and of what it takes to go on.
    fn snapshot(
        &self,
        stage: Stage,
        so_far: Progression,
        steps: &Steps<'_>,
        objective: &Objective,
        watch: &dyn Watch,
    ) -> Snapshot {
        let facts = |facts: &[(&str, String)]| -> HashMap<String, String> {
            facts.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
        };
        let copy = |(name, value): (String, Tensor)| (name, value.detach().copy());
        let marks =
            self.observers.marks().into_iter().map(|(name, bytes)| (name.to_owned(), bytes.to_string()));
        let watch = (WATCH.to_owned(), Tensor::from_slice(&watch.state()));
        Snapshot {
            stage,
            step: so_far.steps,
            learned: Checkpoint {
                tensors: steps.state(objective).into_iter().map(copy).collect(),
                facts: facts(&[
                    ("stage", stage.name.to_owned()),
                    ("step", so_far.steps.to_string()),
                    ("seed", self.seed.to_string()),
                ]),
            },
            bookkeeping: Checkpoint {
                tensors: steps.bookkeeping(objective).into_iter().map(copy).chain([watch]).collect(),
                facts: facts(&[
                    ("steps", stage.steps.to_string()),
                    ("seconds", so_far.seconds.to_string()),
                    ("wall_s", self.course.wall_s().to_string()),
                ])
                .into_iter()
                .chain(marks)
                .collect(),
            },
        }
    }

    /// Gives a model the parameters of another one of its kind that a stage beside the run trained, and makes them the
    /// run's last checkpoint.
    ///
    /// # Errors
    /// The models differ, or the checkpoint cannot be written.
    pub fn adopt(&self, model: &ModelInstance, from: &ModelInstance, steps: u64) -> anyhow::Result<()> {
        model.parameters().copy_from(from.parameters()).map_err(anyhow::Error::msg)?;
        forget(self.run)?;
        let stage = Stage::of_run("replica", steps);
        let plain = Objective::plain();
        let fresh = Steps::new(self, stage, model, &plain)?;
        let so_far = Progression { steps, seconds: 0.0 };
        self.snapshot(stage, so_far, &fresh, &plain, &Unwatched).learned.write(self.run, "last")
    }

    /// Makes it what the stage is resumed from, and if the stage is the run's own, the run's last checkpoint.
    fn keep(&self, snapshot: &Snapshot, place: &Place) -> anyhow::Result<()> {
        self.keep_own(snapshot)?;
        self.course.keep(place, &snapshot.learned, &snapshot.bookkeeping)
    }

    /// Makes it the run's last checkpoint; a model beside the run has none before its end.
    fn keep_own(&self, snapshot: &Snapshot) -> anyhow::Result<()> {
        if snapshot.stage.own { snapshot.learned.write(self.run, "last") } else { Ok(()) }
    }

    /// Saves what is worth saving before a run ends with an error, and says where.
    fn explain(&self, error: anyhow::Error, snapshot: &Snapshot) -> anyhow::Error {
        let last = self.run.checkpoint("last");
        let kept = match self.keep_own(snapshot) {
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
    learned: Checkpoint,
    /// What it takes to go on from there.
    bookkeeping: Checkpoint,
}
