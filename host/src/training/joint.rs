//! Joint training of backbone and generators, and the gate behind it.

use super::ranges::{self, RangeSearch};
use super::{Discovery, Progression, Stage, Trainer};
use crate::config::{Experiment, Generators, Mode, Range, RangeRule, Start};
use crate::data::stream;
use crate::evaluation;
use crate::objective::Objective;
use crate::plugins::ModelInstance;
use crate::symmetry::{
    Augmenter, Basis, Constraint, Learned, Sampling, Spectrum, to_matrix, unit_rows, verdict,
};
use rand_distr::{Distribution, StandardNormal};
use tch::Tensor;

/// The result of joint training.
#[derive(Debug)]
pub struct Joint {
    /// With the generators that the model was trained with, if any.
    pub augmenter: Option<Augmenter>,
    /// Steps of the run itself after the warm-up.
    pub progression: Progression,
    /// For each generator the coefficient up to which the symmetry holds, where that is not the whole group.
    pub extents: Vec<Option<f64>>,
}

/// Range of the coefficients while the basis of a random start follows the backbone: a wide one moves the data off its
/// support, where a backbone can look equivariant to anything.
const NARROW: f64 = 0.5;
/// Part of the joint steps in which it does.
pub(super) const FOLLOWING: f64 = 0.25;
/// Learning rate of a random basis meanwhile, over the usual one.
const FASTER: f64 = 4.0;
/// Part of the joint steps after which the replica is compared: its error hardly falls any more, and the gate is wide.
pub(super) const COMPARED: f64 = 1.0 / 3.0;
/// Power of `max_stretch` up to which a learned range may go.
const STRETCHES: i32 = 4;
/// Part of the widest range below which a symmetry holds only infinitesimally.
const LEAST_EXTENT: f64 = 0.05;

/// Trains backbone and generators together, or the backbone alone where no symmetry was found: a forced
/// augmentation would spoil it.
///
/// The verdict meets a second gate here. The replica goes on from the same warm-up without augmentation. If augmented
/// training ends up with a much larger validation error, moved held-out data contradict the model, or the generators
/// turned away from the spectrum's, the symmetry may hold for a part of the group: the range is searched. If the error is still much larger then, the generators are
/// called approximate, and the model takes the replica's parameters.
///
/// # Errors
/// As [`Trainer::run`].
pub fn train_jointly(
    trainer: &Trainer<'_>,
    experiment: &Experiment,
    model: &ModelInstance,
    replica: &ModelInstance,
    discovery: &mut Discovery,
) -> anyhow::Result<Joint> {
    let joint = Training { trainer, experiment, model };
    let steps = experiment.training.steps - discovery.warm_up.steps;
    let (count, asked) = generators(experiment, discovery);
    if count == 0 {
        let progression = trainer.run(Stage::of_run("joint", steps), model, &mut Objective::plain())?;
        return Ok(Joint { augmenter: None, progression, extents: Vec::new() });
    }
    replica.parameters().copy_from(model.parameters()).map_err(anyhow::Error::msg)?;
    let known = !asked && discovery.extents.iter().any(Option::is_some);
    let trained = if known {
        joint.train_within(discovery, count, steps)?
    } else {
        joint.train(joint.start(discovery, count), steps)?
    };
    if asked {
        return Ok(trained);
    }

    let compared = (steps as f64 * COMPARED) as u64;
    trainer.run(Stage::beside("replica", "joint", compared), replica, &mut Objective::plain())?;
    let error = |model| -> anyhow::Result<f64> {
        let error = evaluation::held_out_error(model, trainer.data, &trainer.data.validation)?;
        Ok(trainer.agreed(vec![error])?[0])
    };
    let without = error(replica)?;
    let mut with = error(model)?;
    tracing::info!(with, without, "validation error with and without augmentation");
    let contradicted = verdict::contradicted(with, without);
    if known && !contradicted {
        return Ok(trained);
    }
    let doubtful = contradicted
        || joint.overreached(&trained)?
        || (experiment.symmetry.start == Start::Spectral
            && turned_away(discovery, trained.augmenter.as_ref()));
    if !doubtful {
        return Ok(trained);
    }
    if let Some(partial) = joint.search_extent(replica, discovery, count, steps)? {
        with = error(model)?;
        tracing::info!(with, without, extents = ?partial.extents, "validation error within the extent");
        if !verdict::contradicted(with, without) {
            return Ok(partial);
        }
    }
    discovery.count.demote(with, without);
    trainer.run(Stage::beside("replica", "replica/rest", steps), replica, &mut Objective::plain())?;
    trainer.adopt(model, replica, steps)?;
    Ok(Joint { augmenter: None, extents: Vec::new(), ..trained })
}

/// How many generators enter training, and whether that is asked for whatever the verdict.
fn generators(experiment: &Experiment, discovery: &Discovery) -> (usize, bool) {
    let (symmetry, found) = (&experiment.symmetry, &discovery.count);
    match symmetry.generators {
        _ if symmetry.start == Start::Given => (discovery.spectrum.violations.len(), true),
        Generators::Fixed(count) => (count.min(discovery.candidates.count()), true),
        // The paper's terms trade the fit for equivariance, which the gate would take for a contradiction.
        Generators::Auto(_) if experiment.objective.mode == Mode::Paper => (found.exact, true),
        Generators::Auto(_) if symmetry.include_approximate => (found.exact + found.approximate, true),
        Generators::Auto(_) => (found.exact, false),
    }
}

/// Whether the basis left what the spectrum showed, for one that started there.
fn turned_away(discovery: &Discovery, augmenter: Option<&Augmenter>) -> bool {
    let Some(Basis::Learned(learned)) = augmenter.map(Augmenter::basis) else { return false };
    let spectrum = Spectrum::along(&discovery.evidence, to_matrix(&learned.coordinates()));
    let turned_away = verdict::turned_away(&spectrum);
    tracing::info!(relative = ?spectrum.relative(), turned_away, "violation of the learned generators before joint training");
    turned_away
}

/// What the stages of joint training share.
#[derive(Clone, Copy)]
struct Training<'a> {
    trainer: &'a Trainer<'a>,
    experiment: &'a Experiment,
    model: &'a ModelInstance,
}

impl Training<'_> {
    fn start(&self, discovery: &Discovery, count: usize) -> Basis {
        let constraint = match self.experiment.objective.mode {
            Mode::Paper => Constraint::Norm,
            Mode::Default | Mode::Constrained => Constraint::Orthonormal,
        };
        let coordinates = match self.experiment.symmetry.start {
            Start::Spectral => discovery.coordinates(0, count),
            Start::Given => return discovery.basis(0, count),
            Start::Random => {
                let mut random = stream(self.experiment.seed, "basis");
                let numbers = count * discovery.candidates.count();
                let numbers: Vec<f32> = (0..numbers).map(|_| StandardNormal.sample(&mut random)).collect();
                let device = discovery.candidates.directions().device();
                let rows = Tensor::from_slice(&numbers).reshape([count as i64, -1]).to_device(device);
                // Only directions count, and long rows turn slowly.
                match constraint {
                    Constraint::Orthonormal => unit_rows(&rows),
                    // They have to: only a term of the loss keeps these apart.
                    Constraint::Norm => rows,
                }
            }
        };
        let directions = discovery.candidates.shallow_clone();
        Basis::Learned(Learned::new(&coordinates, directions, constraint, discovery.evidence.images()))
    }

    fn objective(&self, basis: Basis, stream: &str) -> Objective {
        let symmetry = &self.experiment.symmetry;
        let augmenter = Augmenter::new(basis, Sampling::new(symmetry), self.experiment.seed, stream);
        Objective::new(&self.experiment.objective, augmenter, symmetry.augmentations)
    }

    /// The joint stage; before it, from a random start, a stage in which the basis follows the backbone.
    fn train(&self, basis: Basis, steps: u64) -> anyhow::Result<Joint> {
        let symmetry = &self.experiment.symmetry;
        let mut objective = self.objective(basis, "joint/coefficients");
        let mut progression = Progression::default();
        let mut stage = Stage { basis_rate: symmetry.learning_rate, ..Stage::of_run("joint", steps) };
        if symmetry.start == Start::Random {
            let basis_rate = FASTER * symmetry.learning_rate;
            let follow = Stage {
                basis_rate,
                decoupled: true,
                ..Stage::of_run("basis", (steps as f64 * FOLLOWING) as u64)
            };
            set_ranges(&mut objective, |augmenter| Some(vec![NARROW; augmenter.ranges().len()]));
            progression = self.trainer.run(follow, self.model, &mut objective)?;
            set_ranges(&mut objective, |_| None);
            stage.steps -= follow.steps;
        }
        if symmetry.range == Range::Rule(RangeRule::Learned) {
            let (joint, _) = self.with_search(stage, objective, STRETCHES)?;
            return Ok(Joint { progression: progression + joint.progression, ..joint });
        }
        progression = progression + self.trainer.run(stage, self.model, &mut objective)?;
        Ok(Joint { augmenter: objective.into_augmenter(), progression, extents: Vec::new() })
    }

    /// The joint stage within the extents that the data's own poses have. The basis rests: there is nothing beyond the
    /// extent that would hold it.
    fn train_within(&self, discovery: &Discovery, count: usize, steps: u64) -> anyhow::Result<Joint> {
        let mut objective = self.objective(discovery.basis(0, count), "joint/coefficients");
        set_ranges(&mut objective, |augmenter| {
            let whole = augmenter.ranges().iter();
            Some(whole.zip(&discovery.extents).map(|(&whole, extent)| extent.unwrap_or(whole)).collect())
        });
        let progression = self.trainer.run(Stage::of_run("joint", steps), self.model, &mut objective)?;
        let augmenter = objective.into_augmenter();
        Ok(Joint { augmenter, progression, extents: discovery.extents.clone() })
    }

    /// A stage whose ranges widen as far as held-out data bear.
    fn with_search(
        &self,
        stage: Stage,
        mut objective: Objective,
        stretches: i32,
    ) -> anyhow::Result<(Joint, Vec<f64>)> {
        let symmetry = &self.experiment.symmetry;
        let augmenter = objective.augmenter().expect("the objective augments");
        let mut search = RangeSearch::new(augmenter, symmetry, stretches, stage.steps);
        let progression = self.trainer.run_watched(stage, self.model, &mut objective, &mut search)?;
        let joint = Joint { augmenter: objective.into_augmenter(), progression, extents: search.extents() };
        Ok((joint, search.reached()))
    }

    /// Whether held-out data, moved by the group, contradict the model that was trained with it.
    fn overreached(&self, joint: &Joint) -> anyhow::Result<bool> {
        let Some(augmenter) = &joint.augmenter else { return Ok(false) };
        let excess = ranges::excess_anywhere(self.trainer, self.model, augmenter)?;
        tracing::info!(?excess, "loss of moved held-out data above the data as they are");
        Ok(excess.iter().any(|&excess| excess > self.experiment.symmetry.extent_tolerance))
    }

    /// From the replica's parameters, with ranges that start small. `None` if a generator gets nowhere.
    fn search_extent(
        &self,
        replica: &ModelInstance,
        discovery: &Discovery,
        count: usize,
        steps: u64,
    ) -> anyhow::Result<Option<Joint>> {
        self.model.parameters().copy_from(replica.parameters()).map_err(anyhow::Error::msg)?;
        // The basis rests: learning, it would turn away from contradictions instead of showing where they begin.
        let objective = self.objective(discovery.basis(0, count), "extent/coefficients");
        let stage = Stage::of_run("extent", steps);
        let (joint, reached) = self.with_search(stage, objective, 1)?;
        Ok(reached.iter().all(|&part| part > LEAST_EXTENT).then_some(joint))
    }
}

fn set_ranges(objective: &mut Objective, ranges: impl FnOnce(&Augmenter) -> Option<Vec<f64>>) {
    if let Some(augmenter) = objective.augmenter_mut() {
        let ranges = ranges(augmenter);
        augmenter.set_ranges(ranges);
    }
}
