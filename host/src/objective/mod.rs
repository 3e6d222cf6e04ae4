//! What is minimised: a weighted sum of small independent terms over one stacked forward pass.
//!
//! A term sees [`Evaluated`], which holds predictions and targets of the batch and of the batch moved by
//! sampled group elements, and gives one scalar. Adding a term is one file here and one line in
//! [`Objective`]'s constructors. Owns no model and no optimiser.

mod augmented;
mod constraint;
mod distance;
mod equivariance;
mod orthogonality;
mod regulariser;
mod sparsity;
mod task;
#[cfg(test)]
mod tests;

pub use augmented::Augmented;
pub use constraint::Constraint;
pub use equivariance::Equivariance;
pub use orthogonality::Orthogonality;
pub use regulariser::Regulariser;
pub use sparsity::Sparsity;
pub use task::Supervised;

pub use distance::Supervision;

use crate::collective::Share;
use crate::config::{self, Mode};
use crate::data::Samples;
use crate::symmetry::{Action, Augmenter, flat, side_by_side, times};
use semola_plugin_api::Task;
use std::fmt;
use tch::Tensor;

/// Predictions and targets of one step.
#[derive(Debug)]
pub struct Evaluated {
    /// What is learned.
    pub supervision: Supervision,
    /// `f(x)`, all fields [`side_by_side`] as everywhere here
    pub predictions: Tensor,
    /// `y`
    pub targets: Tensor,
    /// The moved batch, when the objective augments.
    pub moved: Option<Moved>,
}

impl Evaluated {
    /// The moved batch, for terms of objectives that augment.
    fn moved(&self) -> &Moved {
        self.moved.as_ref().expect("objectives with this term augment")
    }
}

/// The batch after `g`: each sample K times over.
#[derive(Debug)]
pub struct Moved {
    /// `x` and, behind it, `g x`: `[(1 + K) B, …]`.
    pub inputs: Vec<Tensor>,
    /// `f(g x)`
    pub predictions: Tensor,
    /// `ρ(g) y`
    pub targets: Tensor,
    /// `ρ(g) f(x)`, when a term compares it with `f(g x)`.
    pub expected: Option<Tensor>,
    /// The generators `[k, n, n]`.
    pub generators: Tensor,
}

/// One term of the loss.
pub trait Term: fmt::Debug {
    /// As in metrics.jsonl and in error messages.
    fn name(&self) -> &'static str;

    /// Its factor in the sum.
    fn weight(&self) -> f64;

    /// A scalar, differentiable.
    fn value(&self, evaluated: &Evaluated) -> Tensor;

    /// Whether the term changes its weight along the way.
    fn adapts(&self) -> bool {
        false
    }

    /// Called after each step with the term's value, if it adapts.
    fn adapt(&mut self, _value: f64) {}

    /// What has adapted, for checkpoints.
    fn state(&self) -> Vec<f64> {
        Vec::new()
    }

    /// Takes a [`state`](Term::state) over.
    fn restore(&mut self, _state: &[f64]) {}
}

/// The terms of a stage and the augmentation that they need.
#[derive(Debug)]
pub struct Objective {
    /// The task first.
    terms: Vec<Box<dyn Term>>,
    augmenter: Option<Augmenter>,
    /// K: moved copies of each sample.
    copies: i64,
    /// Whether a term reads [`Moved::expected`].
    compares: bool,
    /// Whether the task is to tell the element by which a sample was moved, and not the data set's own.
    poses: bool,
}

impl Objective {
    /// The task alone.
    pub fn plain() -> Self {
        let terms: Vec<Box<dyn Term>> = vec![Box::new(Supervised { weight: 1.0 })];
        Self { terms, augmenter: None, copies: 0, compares: false, poses: false }
    }

    /// To tell the coefficients of the element by which the augmenter moved a sample: `‖f(gx) − u‖²`.
    pub fn poses(augmenter: Augmenter) -> Self {
        Self { augmenter: Some(augmenter), poses: true, ..Self::plain() }
    }

    /// Task and augmented task: `ℓ(f(x), y) + ℓ(f(gx), ρ(g) y)`, and `weight · ‖f(gx) − ρ(g) f(x)‖²` where the
    /// weight is not 0; one moved copy of each sample.
    pub fn augmented(augmenter: Augmenter, equivariance: f64) -> Self {
        let config = config::Objective { equivariance, ..config::Objective::default() };
        Self::new(&config, augmenter, 1)
    }

    /// As configured, with `copies` moved copies of each sample.
    pub fn new(config: &config::Objective, augmenter: Augmenter, copies: i64) -> Self {
        let mut terms: Vec<Box<dyn Term>> = Vec::new();
        let paper = &config.paper;
        let (task, augmented, equivariance) = match config.mode {
            Mode::Default => (1.0, 1.0, config.equivariance),
            Mode::Constrained => (1.0, 1.0, 0.0),
            Mode::Paper => (paper.task, paper.augmented, paper.equivariance),
        };
        terms.push(Box::new(Supervised { weight: task }));
        if augmented > 0.0 {
            terms.push(Box::new(Augmented { weight: augmented }));
        }
        if equivariance > 0.0 {
            terms.push(Box::new(Equivariance { weight: equivariance }));
        }
        if config.mode == Mode::Constrained {
            terms.push(Box::new(Constraint::new(config.equivariance, config.tolerance, config.ascent)));
        }
        if config.mode == Mode::Paper {
            if paper.regulariser > 0.0 {
                terms.push(Box::new(Regulariser { weight: paper.regulariser }));
            }
            if paper.orthogonality > 0.0 {
                terms.push(Box::new(Orthogonality { weight: paper.orthogonality }));
            }
            if paper.sparsity > 0.0 {
                terms.push(Box::new(Sparsity { weight: paper.sparsity }));
            }
        }
        let compares = equivariance > 0.0 || config.mode == Mode::Constrained;
        Self { terms, augmenter: Some(augmenter), copies, compares, poses: false }
    }

    /// The terms.
    pub fn terms(&self) -> &[Box<dyn Term>] {
        &self.terms
    }

    /// Tells the terms that adapt what their values were.
    pub fn adapt(&mut self, values: &[Tensor]) {
        for (term, value) in self.terms.iter_mut().zip(values).filter(|(term, _)| term.adapts()) {
            term.adapt(value.double_value(&[]));
        }
    }

    /// All that changes along the way but what is trained, by name, for checkpoints.
    pub fn state(&self) -> Vec<(String, Tensor)> {
        let terms = self.terms.iter().filter(|term| term.adapts());
        let terms = terms.map(|term| (format!("term.{}", term.name()), Tensor::from_slice(&term.state())));
        let augmenter = self.augmenter.iter().flat_map(Augmenter::state);
        terms.chain(augmenter.map(|(name, value)| (format!("augmenter.{name}"), value))).collect()
    }

    /// Takes a [`state`](Objective::state) over.
    ///
    /// # Errors
    /// A part of it is missing.
    pub fn restore(&mut self, saved: &dyn Fn(&str) -> anyhow::Result<Tensor>) -> anyhow::Result<()> {
        for term in self.terms.iter_mut().filter(|term| term.adapts()) {
            term.restore(&flat(&saved(&format!("term.{}", term.name()))?));
        }
        let Some(augmenter) = &mut self.augmenter else { return Ok(()) };
        augmenter.restore(&|name| saved(&format!("augmenter.{name}")))
    }

    /// The augmentation.
    pub fn augmenter(&self) -> Option<&Augmenter> {
        self.augmenter.as_ref()
    }

    /// The augmentation, to set its ranges.
    pub fn augmenter_mut(&mut self) -> Option<&mut Augmenter> {
        self.augmenter.as_mut()
    }

    /// The augmentation, to take it over when training is done.
    pub fn into_augmenter(self) -> Option<Augmenter> {
        self.augmenter
    }

    /// Runs the backbone on a share of a batch, and in the same forward pass on the moved copies of it.
    ///
    /// # Errors
    /// The backbone's or the action's own.
    pub fn evaluate(
        &mut self,
        backbone: &dyn Fn(&[Tensor]) -> anyhow::Result<Vec<Tensor>>,
        action: &Action,
        supervision: Supervision,
        (batch, share): (Samples, Share),
    ) -> anyhow::Result<Evaluated> {
        let Some(augmenter) = &mut self.augmenter else {
            return Ok(Evaluated {
                supervision,
                predictions: side_by_side(&backbone(&batch.inputs)?),
                targets: side_by_side(&batch.targets),
                moved: None,
            });
        };
        if self.poses {
            let element = augmenter.sample_share(share, 1);
            let predictions = side_by_side(&backbone(&action.move_inputs(&element.g, &batch.inputs)?)?);
            let targets = element.coefficients;
            let supervision = Supervision::of(Task::Regression);
            return Ok(Evaluated { supervision, predictions, targets, moved: None });
        }
        let element = augmenter.sample_share(share, self.copies);
        let inputs = action.inputs_and_moved(&element.g, &batch.inputs)?;
        // Split instead of narrowed views: their gradients are joined once, not padded with zeros and added.
        let split = [batch.len(), batch.len() * self.copies];
        let [predictions, moved_predictions] = side_by_side(&backbone(&inputs)?)
            .split_with_sizes(split, 0)
            .try_into()
            .expect("as many parts as sizes");
        let targets = side_by_side(&batch.targets);
        let like_targets = [Some(&targets), self.compares.then_some(&predictions)].into_iter().flatten();
        let copies: Vec<Tensor> = like_targets.map(|fields| times(fields, self.copies)).collect();
        let mut like_targets = action.move_side_by_side(&element, &copies)?.into_iter();
        let moved = Moved {
            predictions: moved_predictions,
            targets: like_targets.next().expect("the targets are moved"),
            expected: like_targets.next(),
            inputs,
            generators: element.generators,
        };
        Ok(Evaluated { supervision, predictions, targets, moved: Some(moved) })
    }
}
