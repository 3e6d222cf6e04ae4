//! The optimiser steps of a stage: batch, objective, loss, gradients, Adam.
//!
//! Owns the random stream of the batches, the optimisers and the learning rates; writes nothing and decides
//! nothing about a run. One step costs one forward pass, one backward pass (two where backbone and basis are decoupled) and
//! one fused update. Nothing is read back from a GPU but at steps that somebody looks at, and by terms that adapt their weight.

use super::soundness::Soundness;
use super::{Checkpoint, OneCycle, Stage, Trainer};
use crate::collective::{self, Collective, Lost, Share};
use crate::config::Precision;
use crate::data::Batches;
use crate::objective::{Objective, Supervision};
use crate::plugins::ModelInstance;
use crate::profile::span;
use crate::symmetry::Action;
use crate::torch::{Adam, in_bfloat16};
use semola_plugin_api::Mode;
use tch::{Kind, Tensor};

/// What a stage does again and again; see the module.
#[derive(Debug)]
pub struct Steps<'a> {
    model: &'a ModelInstance,
    action: &'a Action,
    supervision: Supervision,
    group: &'a dyn Collective,
    /// Of the batch, for this process.
    share: Share,
    batches: Batches<'a>,
    stage: Stage,
    precision: Precision,
    schedule: OneCycle,
    /// Of the model's parameters, and of the basis (of nothing, where it is not learned).
    optimisers: [Adam; 2],
    /// What both optimise, in their order.
    trained: Vec<Tensor>,
    soundness: Soundness,
}

/// A loss that is NaN or infinite. The parameters that led to it may be finite, but they are no good.
#[derive(Debug, thiserror::Error)]
#[error(
    "the loss is not finite at step {step} of {stage}: {terms}; lower training.learning_rate or look at the data"
)]
pub(super) struct NotFinite {
    step: u64,
    stage: &'static str,
    terms: String,
}

/// What a step leaves behind.
#[derive(Debug)]
pub struct Losses {
    /// Every term of the objective, unweighted.
    pub terms: Vec<Tensor>,
    /// Their weighted sum.
    pub total: Tensor,
    /// The learning rate of the model's parameters.
    pub learning_rate: f64,
    /// Whether any of the processes that train together wants to end.
    pub ending: bool,
}

/// What processes tell each other in a step.
struct Sums {
    /// Of what is trained, in its order.
    gradients: Vec<Tensor>,
    terms: Vec<Tensor>,
    total: Tensor,
    ending: bool,
}

impl<'a> Steps<'a> {
    /// The steps of a stage, from fresh optimisers.
    ///
    /// # Errors
    /// The model has no parameters; this libtorch has no fused Adam.
    pub fn new(
        trainer: &Trainer<'a>,
        stage: Stage,
        model: &'a ModelInstance,
        objective: &Objective,
    ) -> anyhow::Result<Self> {
        let parameters = model.parameters().trainable();
        anyhow::ensure!(!parameters.is_empty(), "the model has no parameters to train");
        let trained = objective.augmenter().map_or_else(Vec::new, |augmenter| augmenter.basis().trained());
        let basis: Vec<Tensor> = trained.iter().map(|(_, tensor)| tensor.shallow_clone()).collect();
        let trained = parameters.iter().chain(&basis).map(Tensor::shallow_clone).collect();
        let soundness = Soundness::on(parameters[0].device());
        let share = Share::new(trainer.group.rank(), trainer.group.size(), trainer.training.batch_size);
        let adam = |tensors| Adam::new(tensors).map_err(anyhow::Error::msg);
        Ok(Self {
            model,
            action: trainer.action,
            supervision: Supervision {
                task: trainer.data.spec.task,
                label_smoothing: trainer.training.label_smoothing,
            },
            group: trainer.group,
            share,
            batches: Batches::new(&trainer.data.train, share, trainer.seed, stage.stream),
            stage,
            precision: trainer.training.precision,
            schedule: OneCycle { peak: trainer.training.learning_rate, steps: stage.steps },
            optimisers: [adam(parameters)?, adam(basis)?],
            trained,
            soundness,
        })
    }

    /// Everything that a step changes, by name: the model's parameters and buffers, the basis, the optimisers.
    pub fn state(&self, objective: &Objective) -> Vec<(String, Tensor)> {
        let parameters = self.model.parameters().named().into_iter();
        let mut state: Vec<(String, Tensor)> =
            parameters.map(|(name, value)| (format!("model.{name}"), value)).collect();
        for (part, optimiser) in ["model", "basis"].iter().zip(&self.optimisers) {
            if !optimiser.parameters().is_empty() {
                let moments = optimiser.state().into_iter();
                state.extend(moments.map(|(name, value)| (format!("optimizer.{part}.{name}"), value)));
            }
        }
        if let Some(augmenter) = objective.augmenter() {
            let basis = augmenter.basis();
            state.push(("basis.generators".into(), basis.generators()));
            let trained = basis.trained().into_iter();
            state.extend(trained.map(|(name, tensor)| (format!("basis.{name}"), tensor.shallow_clone())));
        }
        state
    }

    /// All else that changes from step to step, for going on later: random streams, adapted terms, ranges.
    pub fn bookkeeping(&self, objective: &Objective) -> Vec<(String, Tensor)> {
        let objective = objective.state().into_iter();
        let objective = objective.map(|(name, value)| (format!("objective.{name}"), value));
        objective.chain([("batches.random".to_owned(), self.batches.position())]).collect()
    }

    /// Goes on from a checkpoint that holds [`state`](Steps::state) and [`bookkeeping`](Steps::bookkeeping).
    ///
    /// # Errors
    /// It is one of another model or objective.
    pub fn restore(&mut self, saved: &Checkpoint, objective: &mut Objective) -> anyhow::Result<()> {
        for (name, mut tensor) in self.state(objective) {
            saved.copy_into(&name, &mut tensor)?;
        }
        objective.restore(&|name| saved.tensor(&format!("objective.{name}")))?;
        self.batches.seek(&saved.tensor("batches.random")?);
        Ok(())
    }

    /// Takes one step, counted from 0; `ending` is whether this process wants no other one. Unless `look`, a GPU is not waited
    /// for.
    ///
    /// # Errors
    /// The model's or the action's own; a loss that is not finite (on a GPU of this step or of one since the last look), and
    /// then nothing was updated by it or after it.
    pub fn take(
        &mut self,
        step: u64,
        objective: &mut Objective,
        ending: bool,
        look: bool,
    ) -> anyhow::Result<Losses> {
        let model = self.model;
        let precision = self.precision;
        let backbone = |inputs: &[Tensor]| forward(model, inputs, precision);
        let batch = {
            let _span = span!("batch");
            self.batches.draw()?
        };
        let evaluated = objective.evaluate(&backbone, self.action, self.supervision, (batch, self.share))?;
        let (terms, total) = {
            let _span = span!("loss");
            let terms: Vec<Tensor> = objective.terms().iter().map(|term| term.value(&evaluated)).collect();
            let total = weighted_sum(objective, &terms, 0);
            (terms, total)
        };
        let of_the_model = self.optimisers[0].parameters().len();
        let backward = span!("backward");
        let gradients = if self.stage.decoupled {
            let (model, basis) = self.trained.split_at(of_the_model);
            let mut gradients =
                Tensor::f_run_backward(&[weighted_sum(objective, &terms[..1], 0)], model, true, false)?;
            gradients.extend(Tensor::f_run_backward(
                &[weighted_sum(objective, &terms, 1)],
                basis,
                false,
                false,
            )?);
            gradients
        } else {
            Tensor::f_run_backward(&[&total], &self.trained, false, false)?
        };
        drop(backward);
        let Sums { gradients, terms, total, ending } =
            self.of_all(Sums { gradients, terms, total, ending })?;
        if !self.soundness.holds(&total, look || ending) {
            return Err(self.not_finite(step, objective, &terms));
        }
        let _update = span!("update");
        let [model_adam, basis_adam] = &mut self.optimisers;
        let (of_model, of_basis) = gradients.split_at(of_the_model);
        let (learning_rate, skip) = (self.schedule.rate(step), self.soundness.spoilt());
        model_adam.step(of_model, learning_rate, skip).map_err(anyhow::Error::msg)?;
        let basis_rate = self.stage.basis_rate * falling(step, self.stage.steps);
        basis_adam.step(of_basis, basis_rate, skip).map_err(anyhow::Error::msg)?;
        objective.adapt(&terms);
        Ok(Losses { terms, total, learning_rate, ending })
    }

    /// What all processes have found together, in one message: means over the whole batch.
    fn of_all(&self, own: Sums) -> Result<Sums, Lost> {
        if self.group.size() == 1 {
            return Ok(own);
        }
        let _span = span!("exchange");
        let count = own.gradients.len();
        let parts = own.gradients.into_iter().chain(own.terms).chain([own.total]);
        let weigh = |part: Tensor| if part.defined() { part.detach() * self.share.weight() } else { part };
        let flag = Tensor::from(f32::from(u8::from(own.ending)));
        let mut gradients = collective::sum(self.group, parts.map(weigh).chain([flag]).collect())?;
        let mut last = || gradients.pop().expect("as many sums as parts");
        let (flags, total) = (last(), last());
        let terms = gradients.split_off(count);
        Ok(Sums { gradients, terms, total, ending: flags.double_value(&[]) > 0.0 })
    }

    /// Gives all processes what the first one has learned.
    ///
    /// # Errors
    /// One of them has ended.
    pub(super) fn agree(&self, objective: &Objective) -> anyhow::Result<()> {
        let mut learned: Vec<Tensor> =
            self.model.parameters().named().into_iter().map(|(_, tensor)| tensor).collect();
        if let Some(augmenter) = objective.augmenter() {
            learned.extend(augmenter.basis().trained().into_iter().map(|(_, tensor)| tensor.shallow_clone()));
        }
        Ok(collective::of_the_first(self.group, learned)?)
    }

    #[cold]
    fn not_finite(&self, step: u64, objective: &Objective, terms: &[Tensor]) -> anyhow::Error {
        let bad: Vec<String> = objective
            .terms()
            .iter()
            .zip(terms)
            .map(|(term, value)| (term.name(), value.double_value(&[])))
            .filter(|(_, value)| !value.is_finite())
            .map(|(name, value)| format!("{name} = {value}"))
            .collect();
        // Where the device was ahead, the terms are those of a later step.
        let step = if self.soundness.spoilt().is_some() { self.optimisers[0].taken() } else { step };
        let terms = if bad.is_empty() { "a term was NaN or infinite".into() } else { bad.join(", ") };
        NotFinite { step, stage: self.stage.name, terms }.into()
    }
}

/// Predictions in 32-bit floats, whatever they were computed in.
fn forward(model: &ModelInstance, inputs: &[Tensor], precision: Precision) -> anyhow::Result<Vec<Tensor>> {
    match precision {
        Precision::Float32 => Ok(model.forward(inputs, Mode::Train)?),
        Precision::Bfloat16 => {
            let short = in_bfloat16(inputs[0].device(), || model.forward(inputs, Mode::Train))?;
            Ok(short.into_iter().map(|prediction| prediction.to_kind(Kind::Float)).collect())
        }
    }
}

/// From 1 to 0 along a cosine.
fn falling(step: u64, steps: u64) -> f64 {
    (1.0 + (std::f64::consts::PI * step as f64 / steps as f64).cos()) / 2.0
}

/// The terms from the first one on, weighted.
fn weighted_sum(objective: &Objective, values: &[Tensor], first: usize) -> Tensor {
    let weighted =
        objective.terms().iter().zip(values).skip(first).map(|(term, value)| match term.weight() {
            1.0 => value.shallow_clone(),
            weight => value * weight,
        });
    weighted.reduce(|sum, part| sum + part).expect("an objective has the terms that its stage needs")
}
