use super::CHUNK;
use super::metrics::{comparable, comparable_targets};
use super::support::Support;
use crate::data::{Data, Samples, stream};
use crate::symmetry::components::Representative;
use crate::symmetry::{Action, Augmenter, Backbone, to_tensor};
use nalgebra::DMatrix;
use rand::RngExt;
use tch::{Device, Kind, Tensor};

/// What held-out data say about an element outside the identity component.
#[derive(Clone, Debug)]
pub struct ComponentTest {
    /// The element.
    pub element: Representative,
    /// Squared error of `f(h g x)` against `ρ_y(h g) y` over that of `f(g x)` against `ρ_y(g) y`: 1 for a symmetry.
    pub ratio: f64,
    /// Lower end of the ratio's 95 % interval, from resampling the samples.
    pub lower: f64,
    /// Its upper end.
    pub upper: f64,
    /// Median distance of the moved inputs to the nearest training sample, over that of the inputs themselves: 1 where
    /// the element leaves the data's distribution alone. From [`UNSUPPORTED`] on the backbone was asked about data that
    /// it never saw, and a rejection says nothing about the truth.
    pub distance: f64,
    /// Whether it counts as a symmetry.
    pub accepted: bool,
}

/// Distance from which on an element carries the data off the training distribution. Elements that leave it alone give
/// 0.98 to 1.08, two-body orbits that all turn one way 17.
pub const UNSUPPORTED: f64 = 1.5;
/// Ratio of squared errors below which an element is a symmetry. Between this and [`REJECTED`] nothing is decided,
/// and nothing claimed.
const ACCEPTED: f64 = 2.0;
/// What the upper end of the ratio's interval may not reach.
const REJECTED: f64 = 4.0;
/// Difference of squared errors, over the targets' variance, that rejects nothing: a backbone that fits very well has
/// ratios that say little.
const NEGLIGIBLE: f64 = 1e-4;
/// Squared error over the targets' variance, above which a backbone is no witness: a violation smaller than its error
/// would pass.
const UNEXPLAINED: f64 = 0.1;
/// Squared motion over the data's size, below which nothing was moved and nothing can be told.
const IMMOBILE: f64 = 1e-8;
/// Resamplings behind an interval.
const RESAMPLES: usize = 200;

/// Tests elements h on validation data, each with group elements g drawn by the augmenter for the group found (`None`:
/// the identity). For classification (`backbone` gives logits) errors are those of the probabilities. An element that
/// moves neither inputs nor targets is left out. Nothing is accepted of a backbone that explains less than nine tenths
/// of the targets' variance.
///
/// An element that carries the data off the training distribution is rejected however symmetric the truth may be: the
/// backbone has no say there.
///
/// # Errors
/// The backbone's or the action's own.
pub fn test_components(
    backbone: Backbone<'_>,
    action: &Action,
    data: &Data,
    elements: Vec<Representative>,
    mut group: Option<&mut Augmenter>,
    seed: u64,
) -> anyhow::Result<Vec<ComponentTest>> {
    let _no_grad = tch::no_grad_guard();
    let n = action.n() as i64;
    let device = data.validation.inputs[0].device();
    let matrices: Vec<DMatrix<f64>> = elements.iter().map(|element| element.matrix.clone()).collect();
    if matrices.is_empty() {
        return Ok(Vec::new());
    }
    let reflections = to_tensor(&matrices, device);
    let elements_for = |count: i64, group: &mut Option<&mut Augmenter>| match group {
        Some(group) => group.sample(count).g,
        None => Tensor::eye(n, (Kind::Float, device)).expand([count, n, n], false).contiguous(),
    };
    let seen = data.train.sample().first(Support::SAMPLES);
    let g = elements_for(seen.len(), &mut group);
    let mut trial = Trial {
        backbone,
        action,
        data,
        support: Support::new(&action.move_inputs(&g, &seen.inputs)?),
        base: Vec::new(),
        moved: vec![Moved::default(); elements.len()],
    };
    let mut start = 0;
    while start < data.validation.len() {
        let chunk = data.validation.narrow(start, CHUNK.min(data.validation.len() - start));
        let g = elements_for(chunk.len(), &mut group);
        trial.add(&g, &reflections, &chunk)?;
        start += CHUNK;
    }
    let base = mean(&trial.base);
    let variance = variance(&comparable_targets(&data.spec, &data.validation.targets));
    let witness = base <= UNEXPLAINED * variance;
    if !witness {
        let unexplained = 100.0 * base / variance;
        tracing::info!(
            "no reflection or exchange can be accepted: the model leaves {unexplained:.0} % of the targets' variance unexplained"
        );
    }
    let mut random = stream(seed, "evaluation/components");
    let resamples: Vec<Vec<usize>> = (0..RESAMPLES)
        .map(|_| trial.base.iter().map(|_| random.random_range(0..trial.base.len())).collect())
        .collect();
    Ok(elements
        .into_iter()
        .zip(&trial.moved)
        .filter(|(_, moved)| moved.motion > IMMOBILE)
        .map(|(element, moved)| {
            let error = mean(&moved.errors);
            let ratio = error / base.max(f64::MIN_POSITIVE);
            let [lower, upper] = interval(&moved.errors, &trial.base, &resamples);
            let negligible = error - base <= NEGLIGIBLE * variance;
            let accepted = witness && (negligible || (ratio < ACCEPTED && upper < REJECTED));
            ComponentTest { element, ratio, lower, upper, distance: moved.distance, accepted }
        })
        .collect())
}

/// Squared errors of every sample.
struct Trial<'a> {
    backbone: Backbone<'a>,
    action: &'a Action,
    data: &'a Data,
    support: Support,
    base: Vec<f64>,
    moved: Vec<Moved>,
}

#[derive(Clone, Default)]
struct Moved {
    errors: Vec<f64>,
    /// Largest mean square motion of a chunk.
    motion: f64,
    /// From the support, by the first chunk.
    distance: f64,
}

impl Trial<'_> {
    fn add(&mut self, g: &Tensor, reflections: &Tensor, chunk: &Samples) -> anyhow::Result<()> {
        let (inputs, targets, errors) = self.errors(g, chunk)?;
        self.base.extend(errors);
        for index in 0..self.moved.len() {
            let (moved_inputs, moved_targets, errors) =
                self.errors(&reflections.get(index as i64).matmul(g), chunk)?;
            let motion = motion(&inputs, &moved_inputs) + motion(&targets, &moved_targets);
            let slot = &mut self.moved[index];
            if slot.errors.is_empty() {
                slot.distance = self.support.distance(&inputs, &moved_inputs);
            }
            slot.motion = slot.motion.max(motion);
            slot.errors.extend(errors);
        }
        Ok(())
    }

    /// Inputs and targets moved by g, and the backbone's mean squared error at each sample.
    fn errors(&self, g: &Tensor, chunk: &Samples) -> anyhow::Result<(Vec<Tensor>, Vec<Tensor>, Vec<f64>)> {
        let spec = &self.data.spec;
        let inputs = self.action.move_inputs(g, &chunk.inputs)?;
        let targets = self.action.move_targets_as_declared(g, &chunk.targets)?;
        let predictions = comparable(spec, (self.backbone)(&inputs)?);
        let expected = comparable_targets(spec, &targets);
        let flat: Vec<Tensor> = predictions
            .iter()
            .zip(&expected)
            .map(|(p, y)| (p - y).to_kind(Kind::Double).square().reshape([chunk.len(), -1]))
            .collect();
        let errors = Tensor::cat(&flat, 1).mean_dim([1_i64].as_slice(), false, Kind::Double);
        let errors = Vec::try_from(errors.to_device(Device::Cpu).contiguous())?;
        Ok((inputs, targets, errors))
    }
}

/// Mean square difference of what a group can move, over all fields.
fn motion(from: &[Tensor], to: &[Tensor]) -> f64 {
    let floating = from.iter().zip(to).filter(|(from, _)| from.is_floating_point());
    floating.map(|(from, to)| (from - to).square().mean(Kind::Double).double_value(&[])).sum()
}

/// Over samples, averaged over everything else.
fn variance(targets: &[Tensor]) -> f64 {
    let flat: Vec<Tensor> =
        targets.iter().map(|field| field.to_kind(Kind::Double).reshape([field.size()[0], -1])).collect();
    let flat = Tensor::cat(&flat, 1);
    let deviation = &flat - flat.mean_dim([0_i64].as_slice(), true, Kind::Double);
    deviation.square().mean(Kind::Double).double_value(&[]).max(f64::MIN_POSITIVE)
}

fn mean(errors: &[f64]) -> f64 {
    errors.iter().sum::<f64>() / errors.len() as f64
}

/// The middle 95 % of the ratio of means over resamples of the samples.
fn interval(errors: &[f64], base: &[f64], resamples: &[Vec<usize>]) -> [f64; 2] {
    let sum = |values: &[f64], drawn: &[usize]| drawn.iter().map(|&i| values[i]).sum::<f64>();
    let mut ratios: Vec<f64> =
        resamples.iter().map(|drawn| sum(errors, drawn) / sum(base, drawn).max(f64::MIN_POSITIVE)).collect();
    ratios.sort_by(f64::total_cmp);
    let tail = ratios.len() / 40;
    [ratios[tail], ratios[ratios.len() - 1 - tail]]
}
