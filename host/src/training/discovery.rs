//! The discovery loop: warm-up, spectrum, verdict. What follows is in [`super::train_jointly`].

use super::poses::{self as training_poses, MakeModel};
use super::stages::SPECTRUM;
use super::{Progression, Stage, Trainer};
use crate::collective::{self, Lost};
use crate::config::{Experiment, Output, Start};
use crate::evaluation;
use crate::exit::{Coded, Interrupted};
use crate::objective::Objective;
use crate::plugins::ModelInstance;
use crate::profile::span;
use crate::report::live::SpectrumReport;
use crate::symmetry::{
    Augmenter, Backbone, Basis, Candidates, Confidence, Evidence, Spectrum, automatic_range, bootstrap,
    given, poses, to_matrices, to_rows, verdict,
};
use semola_plugin_api::{Mode, Task};
use tch::Tensor;

/// What the spectrum of the warmed-up backbone says.
#[derive(Debug)]
pub struct Discovery {
    /// The directions that were searched.
    pub candidates: Candidates,
    /// What the backbones say about them.
    pub evidence: Evidence,
    /// Their violations; those of the given generators, if they were given.
    pub spectrum: Spectrum,
    /// How many are symmetries.
    pub count: verdict::Count,
    /// How much that depends on the samples drawn; absent for given generators.
    pub confidence: Option<Confidence>,
    /// For each of the exact generators the coefficient up to which the data bear it, where that is known from their
    /// poses and not the whole group.
    pub extents: Vec<Option<f64>>,
    /// How the warm-up went.
    pub warm_up: Progression,
}

impl Discovery {
    /// A stretch of the spectrum as a basis at rest, generators of norm 1 in the data metric.
    pub fn basis(&self, first: usize, count: usize) -> Basis {
        let coordinates = self.coordinates(first, count);
        let output = self.evidence.images().map(|images| {
            let m = images.size()[1];
            coordinates.matmul(&images.flatten(1, 2)).reshape([-1, m, m])
        });
        Basis::Fixed { generators: self.candidates.combine(&coordinates), output }
    }

    /// What is told of the spectrum.
    fn report(&self) -> SpectrumReport {
        let (exact, approximate) = (self.count.exact, self.count.approximate);
        let found = match exact + approximate {
            0 => Vec::new(),
            count => tch::no_grad(|| to_matrices(&self.basis(0, count).generators())),
        };
        SpectrumReport {
            relative: self.spectrum.relative(),
            s: self.spectrum.s.clone(),
            exact,
            approximate,
            generators: found.iter().map(to_rows).collect(),
        }
    }

    /// `[count, candidates]`
    pub(super) fn coordinates(&self, first: usize, count: usize) -> Tensor {
        self.spectrum.coordinates(first, count, self.candidates.directions().device())
    }
}

/// Warm-up on the task alone, then the spectrum of the backbone on validation data, then the verdict.
///
/// The replica is the same kind of model from another start: where the two disagree, a violation is no news. Where
/// labels are learned, models that `make` gives learn to tell poses, and the spectrum is of these.
///
/// # Errors
/// Training failed ([`Trainer::run`]), or the spectrum could not be measured.
pub fn discover(
    trainer: &Trainer<'_>,
    experiment: &Experiment,
    model: &ModelInstance,
    replica: &ModelInstance,
    make: &mut MakeModel<'_>,
) -> anyhow::Result<Discovery> {
    let symmetry = &experiment.symmetry;
    if symmetry.output == Output::Learned && trainer.data.spec.task != Task::Regression {
        let message = "symmetry.output is \"learned\", but labels do not move: it takes a regression";
        return Err(Coded::usage(message).into());
    }
    let probe = trainer.data.validation.first(symmetry.samples);
    let candidates = Candidates::measure(trainer.action, &probe.inputs)?;
    collective::of_the_first(trainer.group, vec![candidates.directions().shallow_clone()])?;
    let known = match &symmetry.basis {
        Some(basis) if symmetry.start == Start::Given => Some(given::read(basis, &candidates)?),
        _ => None,
    };

    let steps = warm_up_steps(experiment);
    let warm_up = trainer.run(Stage::of_run("warm_up", steps), model, &mut Objective::plain())?;
    trainer.run(Stage::beside("replica", "replica", steps), replica, &mut Objective::plain())?;

    let answer = |model: &ModelInstance, inputs: &[Tensor]| -> anyhow::Result<Vec<Tensor>> {
        Ok(evaluation::comparable(&trainer.data.spec, model.forward(inputs, Mode::Eval)?))
    };
    let (first, second) =
        (|inputs: &[Tensor]| answer(model, inputs), |inputs: &[Tensor]| answer(replica, inputs));
    let targets = evaluation::comparable_targets(&trainer.data.spec, &probe.targets);
    let backbones: [Backbone<'_>; 2] = [&first, &second];
    let measure = |output: Output| {
        let learned = output == Output::Learned;
        Evidence::measure(&backbones, trainer.action, &candidates, &probe.inputs, &targets, learned)
    };
    let pose_steps = (steps as f64 * POSES).round() as u64;
    let measuring = span!("spectrum");
    let mut evidence = if trainer.action.labels() {
        match training_poses::of_candidates(trainer, &candidates, &probe.inputs, make, pose_steps) {
            Ok(told) => {
                poses::measure(&told, &backbones, trainer.action, &candidates, &probe.inputs, &targets)?
            }
            Err(error) if error.is::<Interrupted>() => return Err(error),
            // A model whose last layer is fixed: a module of the user's own.
            Err(error) => {
                tracing::warn!(
                    "symmetries are searched by the model's derivatives, which tell less where labels are learned: it \
                     cannot learn poses ({error:#})"
                );
                measure(symmetry.output)?
            }
        }
    } else {
        measure(symmetry.output)?
    };
    agree(trainer, &mut evidence)?;
    trainer.observers.stage(SPECTRUM, 0, 0)?;
    let (spectrum, mut count, confidence) = match known {
        Some(rows) => {
            let spectrum = Spectrum::along(&evidence, rows);
            let count = verdict::judge(&spectrum);
            (spectrum, count, None)
        }
        None => {
            let spectrum = Spectrum::new(&evidence);
            let count = verdict::count(&spectrum, &candidates)?;
            let confidence = bootstrap(&evidence, &spectrum, symmetry.bootstrap, experiment.seed);
            (spectrum, count, confidence)
        }
    };
    if symmetry.output == Output::Learned && symmetry.start != Start::Given {
        let declared = verdict::count(&Spectrum::new(&measure(Output::Declared)?), &candidates)?;
        count.warn_of_learned_output(declared.exact);
    }
    if let Some(note) = &count.note {
        tracing::info!("{note}");
    }
    tracing::info!(relative = ?spectrum.relative(), s = ?count.s, error = spectrum.error, ?confidence, "spectrum");
    drop(measuring);
    let extents = Vec::new();
    let mut discovery = Discovery { candidates, evidence, spectrum, count, confidence, extents, warm_up };
    trainer.observers.spectrum(&discovery.report())?;
    if discovery.count.partial > 0 {
        let generators = discovery.basis(0, discovery.count.exact).generators();
        let whole = automatic_range(&to_matrices(&generators), symmetry.max_stretch);
        discovery.extents =
            training_poses::extents(trainer, &generators, &whole, &probe.inputs, make, pose_steps)?;
    }
    Ok(discovery)
}

/// Makes evidence that of the first process.
fn agree(trainer: &Trainer<'_>, evidence: &mut Evidence) -> Result<(), Lost> {
    let measured = evidence.numbers_mut().map(|number| *number).collect();
    let agreed = trainer.agreed(measured)?;
    evidence.numbers_mut().zip(agreed).for_each(|(number, agreed)| *number = agreed);
    let images = evidence.images().map(Tensor::shallow_clone);
    collective::of_the_first(trainer.group, images.into_iter().collect())
}

/// Steps in which poses are learned, over those of the warm-up.
pub(super) const POSES: f64 = 0.75;

/// Steps before the spectrum.
pub(super) fn warm_up_steps(experiment: &Experiment) -> u64 {
    (experiment.training.steps as f64 * experiment.training.warm_up).round() as u64
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
