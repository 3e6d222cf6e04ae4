//! Training the models that tell poses, and what they tell: see [`crate::symmetry::poses`].

use super::{Stage, Trainer};
use crate::objective::Objective;
use crate::plugins::ModelInstance;
use crate::symmetry::{Action, Augmenter, Candidates, poses};
use nalgebra::DMatrix;
use semola_plugin_api::Mode;
use tch::Tensor;

/// Makes a model of the run's kind that predicts so many numbers.
pub type MakeModel<'a> = dyn FnMut(usize) -> anyhow::Result<ModelInstance> + 'a;

/// Reach of the poses by which the extent of a direction is measured, in units of the data's own size: far enough that the
/// data's own poses lie within, near enough that an image does not come round to itself.
const REACH: f64 = 4.0;
/// Of a circle the part that is looked at in any case: in sharp data the unit is a small motion.
const HALF: f64 = 0.5;
/// Of the automatic range, from which on an extent is the whole of it.
const WHOLE: f64 = 0.95;

/// What is told of the poses along all candidates, block by block of held-out samples.
///
/// # Errors
/// As [`Trainer::run`]; the model cannot predict numbers.
pub(super) fn of_candidates(
    trainer: &Trainer<'_>,
    candidates: &Candidates,
    inputs: &[Tensor],
    make: &mut MakeModel<'_>,
    steps: u64,
) -> anyhow::Result<Vec<DMatrix<f64>>> {
    let model = make(candidates.count())?;
    let mover = |stream| poses::mover(candidates, trainer.seed, stream);
    learn(trainer, &model, mover("poses/train"), Stage::beside("poses", "poses", steps))?;
    told(trainer.action, &model, mover("poses/validation"), inputs)
}

/// How far the data's own poses spread along each generator `[k, n, n]` (of norm 1 in the data metric): the coefficient,
/// where that is not the whole group. `whole` holds the automatic ranges.
///
/// # Errors
/// As [`of_candidates`].
pub(super) fn extents(
    trainer: &Trainer<'_>,
    generators: &Tensor,
    whole: &[f64],
    inputs: &[Tensor],
    make: &mut MakeModel<'_>,
    steps: u64,
) -> anyhow::Result<Vec<Option<f64>>> {
    whole
        .iter()
        .enumerate()
        .map(|(index, &whole)| {
            let reach = REACH.max(HALF * whole).min(whole);
            let generator = generators.narrow(0, index as i64, 1);
            let model = make(1)?;
            let mover = poses::along(generator.shallow_clone(), reach, trainer.seed, "extent/train");
            learn(trainer, &model, mover, Stage::beside("extent", "extent", steps))?;
            let answer = |inputs: &[Tensor]| Ok(model.forward(inputs, Mode::Eval)?);
            let own = poses::own_poses(&answer, trainer.action, &generator, reach, trainer.seed, inputs)?;
            let extent = own.extent().map_or(f64::INFINITY, |extent| reach * extent);
            let extent = trainer.agreed(vec![extent])?[0];
            tracing::info!(index, reach, ?own, extent, whole, "extent of the data's own poses");
            // Farther than poses reached nothing was seen, so no end of it.
            Ok((extent < WHOLE * whole).then_some(extent.min(reach)))
        })
        .collect()
}

fn learn(trainer: &Trainer<'_>, model: &ModelInstance, mover: Augmenter, stage: Stage) -> anyhow::Result<()> {
    trainer.run(stage, model, &mut Objective::poses(mover)).map(|_| ())
}

fn told(
    action: &Action,
    model: &ModelInstance,
    mut mover: Augmenter,
    inputs: &[Tensor],
) -> anyhow::Result<Vec<DMatrix<f64>>> {
    let answer = |inputs: &[Tensor]| Ok(model.forward(inputs, Mode::Eval)?);
    poses::told(&answer, action, &mut mover, inputs)
}
