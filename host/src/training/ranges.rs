//! How far a symmetry reaches: ranges that widen as long as held-out data bear it.
//!
//! A range is borne if the loss on held-out data, moved to the very end of it along one generator, exceeds the loss on the
//! data as they are by no more than δ. At the end, and not in the mean over the range, because that is where
//! contradictions begin: samples moved there meet others with another target. On training data the search
//! would fail, since a backbone learns contradictions by heart.

use super::{Trainer, Watch};
use crate::config::Symmetry;
use crate::objective::{Objective, Supervision};
use crate::plugins::ModelInstance;
use crate::symmetry::{Augmenter, automatic_range, side_by_side, to_matrices};
use semola_plugin_api::Mode;
use tch::Kind;

/// Of the widest range, where the search begins.
const START: f64 = 1.0 / 16.0;
/// Steps between two adjustments.
const EVERY: u64 = 20;
/// Part of the stage in which ranges move; then they rest at the mean of the last tenth, so that the backbone settles.
const MOVING: f64 = 0.75;
/// Part of the moving time in which a range that is always borne gets from the start to the widest.
const WAY: f64 = 0.4;
/// Held-out samples in one measurement; the next takes the next ones.
const SAMPLES: i64 = 256;
/// Held-out samples in the final look.
const CHUNK: i64 = 2048;
/// A range at least this part of the automatic one is the whole of it.
const WHOLE: f64 = 0.95;

/// Searches the range of every generator while a stage trains.
#[derive(Debug)]
pub(super) struct RangeSearch {
    tolerance: f64,
    steps: u64,
    /// The automatic range: a symmetry that reaches it is not called partial.
    whole: Vec<f64>,
    widest: Vec<f64>,
    ranges: Vec<f64>,
    /// Sum and number of the ranges in the last tenth of the moving time.
    sum: (Vec<f64>, u32),
    next: i64,
}

impl RangeSearch {
    /// For a stage of so many steps; generators that stretch do so at most by that power of `max_stretch`.
    pub(super) fn new(augmenter: &Augmenter, symmetry: &Symmetry, stretches: i32, steps: u64) -> Self {
        let generators = to_matrices(&augmenter.basis().generators());
        let whole = automatic_range(&generators, symmetry.max_stretch);
        let widest = automatic_range(&generators, symmetry.max_stretch.powi(stretches));
        Self {
            tolerance: symmetry.extent_tolerance,
            steps,
            sum: (vec![0.0; widest.len()], 0),
            ranges: widest.iter().map(|range| range * START).collect(),
            whole,
            widest,
            next: 0,
        }
    }

    /// The range found for each generator, where it is not the whole.
    pub(super) fn extents(&self) -> Vec<Option<f64>> {
        let pairs = self.ranges.iter().zip(&self.whole);
        pairs.map(|(&range, &whole)| (range < WHOLE * whole).then_some(range)).collect()
    }

    /// Part of its automatic range that each generator reached.
    pub(super) fn reached(&self) -> Vec<f64> {
        self.ranges.iter().zip(&self.whole).map(|(range, whole)| range / whole).collect()
    }

    fn excess(
        &mut self,
        trainer: &Trainer<'_>,
        model: &ModelInstance,
        augmenter: &Augmenter,
    ) -> anyhow::Result<Vec<f64>> {
        let held_out = trainer.data.validation.len();
        let count = SAMPLES.min(held_out);
        if self.next + count > held_out {
            self.next = 0;
        }
        let first = self.next;
        self.next += count;
        excess(trainer, model, augmenter, (first, count), 1.0)
    }
}

impl Watch for RangeSearch {
    fn before(
        &mut self,
        step: u64,
        trainer: &Trainer<'_>,
        model: &ModelInstance,
        objective: &mut Objective,
    ) -> anyhow::Result<()> {
        let Some(augmenter) = objective.augmenter_mut() else { return Ok(()) };
        let moving = (self.steps as f64 * MOVING) as u64;
        if step == 0 {
            augmenter.set_ranges(Some(self.ranges.clone()));
        }
        if !step.is_multiple_of(EVERY) || step > moving {
            return Ok(());
        }
        let excess = self.excess(trainer, model, augmenter)?;
        let rate = -START.ln() * EVERY as f64 / (WAY * moving as f64);
        for ((range, widest), excess) in self.ranges.iter_mut().zip(&self.widest).zip(&excess) {
            let slack = ((self.tolerance - excess) / self.tolerance).clamp(-1.0, 1.0);
            *range = (*range * (rate * slack).exp()).clamp(widest * START / 4.0, *widest);
        }
        if step as f64 >= 0.9 * moving as f64 {
            self.sum.0.iter_mut().zip(&self.ranges).for_each(|(sum, range)| *sum += range);
            self.sum.1 += 1;
        }
        if step + EVERY > moving && self.sum.1 > 0 {
            self.ranges = self.sum.0.iter().map(|sum| sum / f64::from(self.sum.1)).collect();
        }
        tracing::debug!(step, ranges = ?self.ranges, ?excess, "extent");
        augmenter.set_ranges(Some(self.ranges.clone()));
        Ok(())
    }

    fn state(&self) -> Vec<f64> {
        let (sum, summed) = (&self.sum.0, f64::from(self.sum.1));
        self.ranges.iter().chain(sum).copied().chain([summed, self.next as f64]).collect()
    }

    fn restore(&mut self, state: &[f64]) {
        let k = self.ranges.len();
        if let [numbers @ .., summed, next] = state
            && numbers.len() == 2 * k
        {
            self.ranges = numbers[..k].to_vec();
            self.sum = (numbers[k..].to_vec(), *summed as u32);
            self.next = *next as i64;
        }
    }
}

/// The largest excess of each generator at any of some places in its range: contradictions may lie within, where the ends
/// meet again.
pub(super) fn excess_anywhere(
    trainer: &Trainer<'_>,
    model: &ModelInstance,
    augmenter: &Augmenter,
) -> anyhow::Result<Vec<f64>> {
    let samples = (0, CHUNK.min(trainer.data.validation.len()));
    let mut largest = vec![f64::NEG_INFINITY; augmenter.ranges().len()];
    for part in [0.25, 0.5, 0.75, 1.0] {
        let here = excess(trainer, model, augmenter, samples, part)?;
        largest.iter_mut().zip(here).for_each(|(largest, here)| *largest = largest.max(here));
    }
    Ok(largest)
}

/// Loss on held-out data moved by each generator, over that on the data as they are: the mean of both directions, at
/// that part of the range.
fn excess(
    trainer: &Trainer<'_>,
    model: &ModelInstance,
    augmenter: &Augmenter,
    (first, count): (i64, i64),
    part: f32,
) -> anyhow::Result<Vec<f64>> {
    let _no_grad = tch::no_grad_guard();
    let task = trainer.data.spec.task;
    let samples = trainer.data.validation.narrow(first, count);
    let loss = |inputs: &[tch::Tensor], targets: &[tch::Tensor]| -> anyhow::Result<f64> {
        let (predictions, targets) =
            (side_by_side(&model.forward(inputs, Mode::Eval)?), side_by_side(targets));
        Ok(Supervision::of(task).loss(&predictions, &targets).to_kind(Kind::Double).double_value(&[]))
    };
    let at_rest = loss(&samples.inputs, &samples.targets)?;
    let excess = (0..augmenter.ranges().len())
        .map(|generator| {
            let end = |part: f32| -> anyhow::Result<f64> {
                let element = augmenter.along(samples.len(), generator, part);
                let inputs = trainer.action.move_inputs(&element.g, &samples.inputs)?;
                loss(&inputs, &trainer.action.move_targets(&element, &samples.targets)?)
            };
            Ok((end(part)? + end(-part)?) / 2.0 - at_rest)
        })
        .collect::<anyhow::Result<Vec<f64>>>()?;
    Ok(trainer.agreed(excess)?)
}
