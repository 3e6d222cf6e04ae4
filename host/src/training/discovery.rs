//! The discovery loop: warm-up, spectrum, verdict, joint training.

use super::{Progression, Stage, Trainer};
use crate::config::{Experiment, Generators};
use crate::evaluation;
use crate::objective::Objective;
use crate::plugins::ModelInstance;
use crate::symmetry::{Augmenter, Basis, Candidates, Spectrum, verdict};
use semola_plugin_api::Mode;
use tch::Tensor;

/// What the spectrum of the warmed-up backbone says.
#[derive(Debug)]
pub struct Discovery {
    /// The directions that were searched.
    pub candidates: Candidates,
    /// Their violations.
    pub spectrum: Spectrum,
    /// How many are symmetries.
    pub count: verdict::Count,
    /// How the warm-up went.
    pub warm_up: Progression,
}

impl Discovery {
    /// Generators `[count, n, n]` of a stretch of the spectrum, of norm 1 in the data metric.
    pub fn generators(&self, first: usize, count: usize) -> Tensor {
        self.candidates.combine(&self.coordinates(first, count))
    }

    fn coordinates(&self, first: usize, count: usize) -> Tensor {
        self.spectrum.coordinates.narrow(0, first as i64, count as i64)
    }
}

/// Warm-up on the task alone, then the spectrum of the backbone on validation data, then the verdict.
///
/// The replica is the same kind of model from another start: where the two disagree, a violation is no news.
///
/// # Errors
/// Training failed ([`Trainer::run`]), or the spectrum could not be measured.
pub fn discover(
    trainer: &Trainer<'_>,
    experiment: &Experiment,
    model: &ModelInstance,
    replica: &ModelInstance,
) -> anyhow::Result<Discovery> {
    let steps = warm_up_steps(experiment);
    let warm_up = trainer.run(Stage::of_run("warm_up", steps), model, &mut Objective::plain())?;
    trainer.run(Stage::beside("replica", "replica", steps), replica, &mut Objective::plain())?;

    let probe = trainer.data.validation.first(experiment.symmetry.samples);
    let answer = |model: &ModelInstance, inputs: &[Tensor]| -> anyhow::Result<Vec<Tensor>> {
        Ok(evaluation::comparable(&trainer.data.spec, model.forward(inputs, Mode::Eval)?))
    };
    let (first, second) =
        (|inputs: &[Tensor]| answer(model, inputs), |inputs: &[Tensor]| answer(replica, inputs));
    let candidates = Candidates::measure(trainer.action, &probe.inputs)?;
    let targets = evaluation::comparable_targets(&trainer.data.spec, &probe.targets);
    let spectrum =
        Spectrum::measure(&[&first, &second], trainer.action, &candidates, &probe.inputs, &targets)?;
    let count = verdict::count(&spectrum, &candidates)?;
    if let Some(note) = &count.note {
        tracing::info!("{note}");
    }
    tracing::info!(relative = ?spectrum.relative(), s = ?count.s, error = spectrum.error, "spectrum");
    Ok(Discovery { candidates, spectrum, count, warm_up })
}

/// Steps before the spectrum.
fn warm_up_steps(experiment: &Experiment) -> u64 {
    (experiment.training.steps as f64 * experiment.training.warm_up).round() as u64
}

/// Trains backbone and generators together, or the backbone alone where no symmetry was found: a forced
/// augmentation would spoil it.
///
/// The verdict meets a second gate here. The replica goes on from the same warm-up without augmentation; if it ends
/// up with a much smaller validation error, the augmentation contradicts the data, the generators are called
/// approximate, and the model takes the replica's parameters.
///
/// # Errors
/// As [`Trainer::run`].
pub fn train_jointly(
    trainer: &Trainer<'_>,
    experiment: &Experiment,
    model: &ModelInstance,
    replica: &ModelInstance,
    discovery: &mut Discovery,
) -> anyhow::Result<(Option<Augmenter>, Progression)> {
    let symmetry = &experiment.symmetry;
    let steps = experiment.training.steps - discovery.warm_up.steps;
    let stage = Stage { basis_rate: symmetry.learning_rate, ..Stage::of_run("joint", steps) };
    let asked = matches!(symmetry.generators, Generators::Fixed(_)) || symmetry.include_approximate;
    let generators = match symmetry.generators {
        Generators::Fixed(count) => count.min(discovery.candidates.count()),
        Generators::Auto(_) if asked => discovery.count.exact + discovery.count.approximate,
        Generators::Auto(_) => discovery.count.exact,
    };
    if generators == 0 {
        return Ok((None, trainer.run(stage, model, &mut Objective::plain())?));
    }
    let basis = Basis::learned(&discovery.coordinates(0, generators), discovery.candidates.shallow_clone());
    let augmenter = Augmenter::new(basis, symmetry.max_stretch, experiment.seed, "joint/coefficients");
    let mut objective = Objective::augmented(augmenter, experiment.objective.equivariance);
    replica.parameters().copy_from(model.parameters()).map_err(anyhow::Error::msg)?;
    let progression = trainer.run(stage, model, &mut objective)?;
    if !asked {
        trainer.run(Stage::beside("replica", "joint", steps), replica, &mut Objective::plain())?;
        let error = |model| evaluation::held_out_error(model, trainer.data, &trainer.data.validation);
        let (with, without) = (error(model)?, error(replica)?);
        tracing::info!(with, without, "validation error with and without augmentation");
        if verdict::contradicted(with, without) {
            discovery.count.demote(with, without);
            trainer.adopt(model, replica, steps)?;
            return Ok((None, progression));
        }
    }
    Ok((objective.into_augmenter(), progression))
}

/// Trains a model to compare with: the schedule and the batches of the run itself, with a group that is known
/// beforehand, or without augmentation.
///
/// # Errors
/// As [`Trainer::run`].
pub fn train_baseline(
    trainer: &Trainer<'_>,
    experiment: &Experiment,
    model: &ModelInstance,
    name: &'static str,
    known: Option<Augmenter>,
) -> anyhow::Result<()> {
    let mut objective = known.map_or_else(Objective::plain, |known| Objective::augmented(known, 0.0));
    let warm_up = warm_up_steps(experiment);
    for (stream, steps) in [("warm_up", warm_up), ("joint", experiment.training.steps - warm_up)] {
        trainer.run(Stage::beside(name, stream, steps), model, &mut objective)?;
    }
    Ok(())
}
