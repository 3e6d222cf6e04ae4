//! What is told of a stage's steps: every `training.log_every`-th and the last. Between these, nothing is computed.

use super::steps::Losses;
use super::trainer::{Stage, Trainer};
use crate::objective::Objective;
use crate::report::MetricsLine;
use crate::report::live::{Observers, Rows, StepReport};
use crate::symmetry::algebra::principal_cosines;
use crate::symmetry::{from_rows, to_matrices, to_rows};
use nalgebra::DMatrix;
use std::collections::BTreeMap;
use std::time::Instant;

/// Tells the observers of a stage's steps.
pub(super) struct StepLog<'a> {
    observers: &'a Observers,
    stage: Stage,
    every: u64,
    since: (u64, Instant),
    /// Generators of the algebra that is known to act; none where none is declared.
    known: Vec<DMatrix<f64>>,
}

impl<'a> StepLog<'a> {
    /// Of a stage that has begun.
    pub(super) fn new(trainer: &Trainer<'a>, stage: Stage, begun: u64) -> Self {
        let known = trainer
            .action
            .reference()
            .map(|known| known.generators.iter().map(|rows| from_rows(rows)).collect());
        Self {
            observers: trainer.observers,
            stage,
            every: trainer.training.log_every,
            since: (begun, Instant::now()),
            known: known.unwrap_or_default(),
        }
    }

    /// A step was taken.
    ///
    /// # Errors
    /// Those of the observers.
    pub(super) fn step(&mut self, done: u64, objective: &Objective, losses: &Losses) -> anyhow::Result<()> {
        if !done.is_multiple_of(self.every) && done != self.stage.steps {
            return Ok(());
        }
        let (before, then) = std::mem::replace(&mut self.since, (done, Instant::now()));
        let loss: BTreeMap<&str, f64> = objective
            .terms()
            .iter()
            .zip(&losses.terms)
            .map(|(term, value)| (term.name(), value.double_value(&[])))
            .collect();
        let generators = generators(objective);
        let cosine = principal_cosines(&generators, &self.known).last().copied();
        let line = MetricsLine {
            step: done,
            stage: self.stage.name,
            loss,
            learning_rate: losses.learning_rate,
            steps_per_s: (done - before) as f64 / then.elapsed().as_secs_f64().max(1e-9),
            cosine,
        };
        let generators: Vec<Rows> = generators.iter().map(to_rows).collect();
        self.observers.step(&StepReport {
            line: &line,
            total: losses.total.double_value(&[]),
            generators: &generators,
        })
    }
}

impl Drop for StepLog<'_> {
    fn drop(&mut self) {
        self.observers.rest();
    }
}

/// Those of a basis that is learned; a basis at rest says nothing new.
fn generators(objective: &Objective) -> Vec<DMatrix<f64>> {
    let basis = objective.augmenter().map(|augmenter| augmenter.basis());
    let learned = basis.filter(|basis| !basis.trained().is_empty());
    learned.map_or_else(Vec::new, |basis| tch::no_grad(|| to_matrices(&basis.generators())))
}
