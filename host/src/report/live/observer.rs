//! What a trainer tells, and to whom.

use crate::report::{MetricsLine, RunDirectory, Summary};
use std::fmt::Debug;

/// A matrix `n × n`, row by row.
pub type Rows = Vec<Vec<f64>>;

/// A stage that begins, or one that was over when the run was resumed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StageReport {
    /// As in `metrics.jsonl`: `warm_up`, `joint`, a baseline's name; `spectrum` and `evaluation`, which have no steps.
    pub name: String,
    /// How many stages of that name there were before it.
    pub before: usize,
    /// Its number in the run, from 1.
    pub number: usize,
    /// Stages of the run, as far as is known.
    pub of: usize,
    /// Optimiser steps in it; 0 where something else is done.
    pub steps: u64,
    /// How many of them were done before the run was resumed.
    pub begun: u64,
    /// Steps of the run that come after it, as far as is known.
    pub steps_after: u64,
}

impl StageReport {
    /// The name, told apart from earlier stages that had it: "replica", "replica-2".
    pub fn unique_name(&self) -> String {
        match self.before {
            0 => self.name.clone(),
            before => format!("{}-{}", self.name, before + 1),
        }
    }

    /// The name for people.
    pub fn title(&self) -> String {
        self.name.replace('_', "-")
    }

    /// "stage 2 of 6"
    pub fn place(&self) -> String {
        format!("stage {} of {}", self.number, self.of)
    }
}

/// A step that is logged.
#[derive(Clone, Copy, Debug)]
pub struct StepReport<'a> {
    /// What `metrics.jsonl` says of it.
    pub line: &'a MetricsLine<'a>,
    /// The weighted sum of the terms.
    pub total: f64,
    /// The generators that the stage learns, as they are now; empty where it learns none.
    pub generators: &'a [Rows],
}

/// The spectrum, once there is a verdict on it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SpectrumReport {
    /// Violation of each direction over the mean, ascending.
    pub relative: Vec<f64>,
    /// Each violation over what the models' own error explains.
    pub s: Vec<f64>,
    /// How many directions, the first ones, are called exact.
    pub exact: usize,
    /// How many after these are called approximate.
    pub approximate: usize,
    /// The generators along these directions.
    pub generators: Vec<Rows>,
}

/// Looks on while a run trains. Each method does nothing unless it is written.
///
/// What is told before [`go_on`](Observer::go_on) is of the past: a resumed run goes through the stages that were over
/// before.
pub trait Observer: Debug {
    /// A stage begins.
    ///
    /// # Errors
    /// The observer cannot write what it keeps; so of every method.
    fn stage(&mut self, _stage: &StageReport) -> anyhow::Result<()> {
        Ok(())
    }

    /// A step was taken that is logged: every `training.log_every`, and the last of a stage.
    ///
    /// # Errors
    /// As [`Observer::stage`].
    fn step(&mut self, _stage: &StageReport, _step: &StepReport<'_>) -> anyhow::Result<()> {
        Ok(())
    }

    /// The spectrum was measured and judged.
    ///
    /// # Errors
    /// As [`Observer::stage`].
    fn spectrum(&mut self, _spectrum: &SpectrumReport) -> anyhow::Result<()> {
        Ok(())
    }

    /// The stage's steps are over, or it ends early.
    fn rest(&mut self) {}

    /// The run has a result; `orbits.json` is written.
    ///
    /// # Errors
    /// As [`Observer::stage`].
    fn result(&mut self, _run: &RunDirectory, _summary: &Summary) -> anyhow::Result<()> {
        Ok(())
    }

    /// How far a file has grown, for checkpoints: the fact's name, and bytes.
    fn mark(&self) -> Option<(&'static str, u64)> {
        None
    }

    /// The run starts, or goes on from a checkpoint: what was kept after the [`mark`](Observer::mark) in it, which is 0 at
    /// the start, will be told again and has to go.
    ///
    /// # Errors
    /// As [`Observer::stage`].
    fn go_on(&mut self, _mark: &dyn Fn(&str) -> u64) -> anyhow::Result<()> {
        Ok(())
    }
}
