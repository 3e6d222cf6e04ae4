//! What is minimised: a weighted sum of small independent terms over one stacked forward pass.
//!
//! A term sees [`Evaluated`], which holds predictions and targets of the batch and of the batch moved by
//! sampled group elements, and gives one scalar. Adding a term is one file here and one line in
//! [`Objective`]'s constructors. Owns no model and no optimiser.

mod augmented;
mod distance;
mod equivariance;
mod task;

pub use augmented::Augmented;
pub use equivariance::Equivariance;
pub use task::Supervised;

use crate::data::Samples;
use crate::symmetry::{Action, Augmenter};
use semola_plugin_api::Task;
use std::fmt;
use tch::Tensor;

/// Predictions and targets of one step.
#[derive(Debug)]
pub struct Evaluated {
    /// What is learned.
    pub task: Task,
    /// `f(x)`
    pub predictions: Vec<Tensor>,
    /// `y`
    pub targets: Vec<Tensor>,
    /// The moved batch, when the objective augments.
    pub moved: Option<Moved>,
}

/// The batch after `g`.
#[derive(Debug)]
pub struct Moved {
    /// `f(g x)`
    pub predictions: Vec<Tensor>,
    /// `ρ(g) y`
    pub targets: Vec<Tensor>,
    /// `ρ(g) f(x)`, when a term compares it with `f(g x)`.
    pub expected: Option<Vec<Tensor>>,
}

/// One term of the loss.
pub trait Term: fmt::Debug {
    /// As in metrics.jsonl and in error messages.
    fn name(&self) -> &'static str;

    /// Its factor in the sum.
    fn weight(&self) -> f64 {
        1.0
    }

    /// A scalar, differentiable.
    fn value(&self, evaluated: &Evaluated) -> Tensor;
}

/// The terms of a stage and the augmentation that they need.
#[derive(Debug)]
pub struct Objective {
    terms: Vec<Box<dyn Term>>,
    augmenter: Option<Augmenter>,
    /// Whether a term reads [`Moved::expected`].
    compares: bool,
}

impl Objective {
    /// The task alone.
    pub fn plain() -> Self {
        Self { terms: vec![Box::new(Supervised)], augmenter: None, compares: false }
    }

    /// Task and augmented task: `ℓ(f(x), y) + ℓ(f(gx), ρ(g) y)`, and `weight · ‖f(gx) − ρ(g) f(x)‖²` where the
    /// weight is not 0.
    pub fn augmented(augmenter: Augmenter, equivariance: f64) -> Self {
        let mut terms: Vec<Box<dyn Term>> = vec![Box::new(Supervised), Box::new(Augmented)];
        let compares = equivariance > 0.0;
        if compares {
            terms.push(Box::new(Equivariance { weight: equivariance }));
        }
        Self { terms, augmenter: Some(augmenter), compares }
    }

    /// The terms.
    pub fn terms(&self) -> &[Box<dyn Term>] {
        &self.terms
    }

    /// The augmentation.
    pub fn augmenter(&self) -> Option<&Augmenter> {
        self.augmenter.as_ref()
    }

    /// The augmentation, to take it over when training is done.
    pub fn into_augmenter(self) -> Option<Augmenter> {
        self.augmenter
    }

    /// Runs the backbone on a batch, and in the same forward pass on the moved batch.
    ///
    /// # Errors
    /// The backbone's or the action's own.
    pub fn evaluate(
        &mut self,
        backbone: &dyn Fn(&[Tensor]) -> anyhow::Result<Vec<Tensor>>,
        action: &Action,
        task: Task,
        batch: Samples,
    ) -> anyhow::Result<Evaluated> {
        let Some(augmenter) = &mut self.augmenter else {
            return Ok(Evaluated {
                task,
                predictions: backbone(&batch.inputs)?,
                targets: batch.targets,
                moved: None,
            });
        };
        let size = batch.len();
        let g = augmenter.sample(size);
        let moved_inputs = action.move_inputs(&g, &batch.inputs)?;
        let stacked: Vec<Tensor> =
            batch.inputs.iter().zip(&moved_inputs).map(|(x, gx)| Tensor::cat(&[x, gx], 0)).collect();
        let outputs = backbone(&stacked)?;
        // Chunks instead of narrowed views: their gradients are joined once, not padded with zeros and added.
        let (predictions, moved_predictions): (Vec<Tensor>, Vec<Tensor>) = outputs
            .iter()
            .map(|output| {
                let mut halves = output.chunk(2, 0).into_iter();
                halves.next().zip(halves.next()).expect("a stacked batch has two halves")
            })
            .unzip();
        let expected = self.compares.then(|| action.move_targets(&g, &predictions)).transpose()?;
        let moved = Moved {
            predictions: moved_predictions,
            targets: action.move_targets(&g, &batch.targets)?,
            expected,
        };
        Ok(Evaluated { task, predictions, targets: batch.targets, moved: Some(moved) })
    }
}
