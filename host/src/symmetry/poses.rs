//! Symmetry of labelled data by its poses: where the data are symmetric, a sample that was moved does not tell the element
//! that moved it.
//!
//! Samples are moved by `g = exp(ρ Σ u_a E_a)`, `u` uniform in `[-1, 1]`, and a model learns to tell `u` from `g x` (the
//! user's own backbone, with another last layer). Of the poses along a symmetric direction nothing can be told: `g x` is
//! distributed as `x` is. Along others the data have poses of their own (digits stand upright, have one size), and most is
//! told. The quadratic form `3 E[û_a u_b]` is the part of the poses' variance that is told, from 0 to 1 a direction. The
//! labels must bear it, too: the error of the backbone that learned them may not grow much when samples are moved.
//!
//! Sampled group elements against a model that looks for the difference: LieGAN (Yang et al. 2023, arXiv 2302.00236) has a
//! discriminator there, whose answer orders no directions.

use super::evidence::{BLOCKS, Doubt, Evidence, Moments};
use super::jacobian::{Backbone, flat};
use super::matrices::to_matrix;
use super::{Action, Augmenter, Candidates, Sampling};
use crate::config::{Distribution, Exponentials, Range};
use crate::symmetry::Basis;
use nalgebra::{DMatrix, SymmetricEigen};
use tch::{Kind, Tensor};

/// Times that each sample is moved.
const DRAWS: i64 = 4;
/// Directions up to which each moves the data by its own size; more share what these move it by.
const FEW: f64 = 6.0;
/// How far, in units of the data's own size, samples are moved to see whether labels bear it.
const NEAR: f64 = 0.5;
/// Variance of a coefficient in units of its range.
const UNIFORM: f64 = 1.0 / 3.0;

/// Moves samples along all the candidates at once, by about their own size.
pub fn mover(candidates: &Candidates, seed: u64, stream: &str) -> Augmenter {
    let reach = (FEW / candidates.count() as f64).sqrt().min(1.0);
    along(candidates.directions().shallow_clone(), reach, seed, stream)
}

/// Moves samples along generators `[k, n, n]`, uniformly up to a coefficient.
pub fn along(generators: Tensor, reach: f64, seed: u64, stream: &str) -> Augmenter {
    let sampling = Sampling {
        distribution: Distribution::Uniform,
        exponentials: Exponentials::Single,
        range: Range::Fixed(reach),
        max_stretch: 2.0,
    };
    Augmenter::new(Basis::fixed(generators), sampling, seed, stream)
}

/// The part of the poses that a model in evaluation mode tells of samples it has not learned from: `[k, k]` for each block
/// of samples, to be averaged.
///
/// # Errors
/// The model's or the action's own; answers that are not finite.
pub fn told(
    model: Backbone<'_>,
    action: &Action,
    mover: &mut Augmenter,
    inputs: &[Tensor],
) -> anyhow::Result<Vec<DMatrix<f64>>> {
    let _no_grad = tch::no_grad_guard();
    let samples = inputs[0].size()[0];
    let mut products: Option<Tensor> = None;
    for _ in 0..DRAWS {
        let element = mover.sample(samples);
        let answer = flat(&model(&action.move_inputs(&element.g, inputs)?)?);
        let truth = element.coefficients.to_kind(Kind::Double);
        let product = answer.unsqueeze(2).bmm(&truth.unsqueeze(1)) / (UNIFORM * DRAWS as f64);
        products = Some(products.map_or_else(|| product.shallow_clone(), |sum| sum + &product));
    }
    let products = products.expect("samples are moved at least once");
    let products = (&products + products.transpose(1, 2)) / 2.0;
    let blocks: Vec<DMatrix<f64>> = blocks(samples)
        .map(|(start, length)| {
            let dims = [0_i64];
            to_matrix(&products.narrow(0, start, length).mean_dim(dims.as_slice(), false, Kind::Double))
        })
        .collect();
    anyhow::ensure!(
        blocks.iter().all(|block| block.iter().all(|value| value.is_finite())),
        "the model that learned poses gives answers that are not finite: lower training.learning_rate"
    );
    Ok(blocks)
}

/// Runs of samples: first, length.
fn blocks(samples: i64) -> impl Iterator<Item = (i64, i64)> {
    let count = BLOCKS.min(samples);
    (0..count).map(move |block| {
        let (start, end) = (block * samples / count, (block + 1) * samples / count);
        (start, end - start)
    })
}

/// Evidence from poses: what is told of them, and whether labels (`targets`, in the form of the backbones' answers,
/// probabilities) bear the motion.
///
/// # Errors
/// As [`told`].
pub fn measure(
    told: &[DMatrix<f64>],
    backbones: &[Backbone<'_>],
    action: &Action,
    candidates: &Candidates,
    inputs: &[Tensor],
    targets: &[Tensor],
) -> anyhow::Result<Evidence> {
    let _no_grad = tch::no_grad_guard();
    let mean = told.iter().sum::<DMatrix<f64>>() / told.len() as f64;
    // The labels' form is measured along the eigenvectors, where the verdict looks, and is diagonal there.
    let eigenvectors = SymmetricEigen::new(mean).eigenvectors;
    let rows = eigenvectors.transpose();
    let values: Vec<f64> = eigenvectors.as_slice().to_vec();
    let coordinates = Tensor::from_slice(&values).reshape([rows.nrows() as i64, rows.ncols() as i64]);
    let directions = candidates.directions();
    let generators =
        candidates.combine(&coordinates.to_kind(directions.kind()).to_device(directions.device()));
    let targets = flat(targets);
    let variance = variance(&targets);
    let error = |inputs: &[Tensor]| -> anyhow::Result<Tensor> {
        let answers = backbones
            .iter()
            .map(|backbone| Ok(flat(&backbone(inputs)?)))
            .collect::<anyhow::Result<Vec<_>>>()?;
        let answer = Tensor::stack(&answers, 0).mean_dim([0_i64].as_slice(), false, Kind::Double);
        Ok((answer - &targets).square().mean_dim([1_i64].as_slice(), false, Kind::Double) / variance)
    };
    let at_rest = error(inputs)?;
    let excess = (0..generators.size()[0])
        .map(|index| {
            let generator = generators.get(index);
            let end = |t: f64| error(&action.move_inputs_along(&generator, t, inputs)?);
            Ok((end(NEAR)? + end(-NEAR)?) / 2.0 - &at_rest)
        })
        .collect::<anyhow::Result<Vec<_>>>()?;
    let excess = Tensor::stack(&excess, 0);
    let moments = told.iter().zip(blocks(inputs[0].size()[0])).map(|(violation, (start, length))| {
        let part = |values: &Tensor, axis: i64| {
            values.narrow(axis, start, length).mean_dim([axis].as_slice(), false, Kind::Double)
        };
        let excess: Vec<f64> = super::matrices::flat(&part(&excess, 1));
        let diagonal = DMatrix::from_diagonal(&excess.into());
        // Blocks are summed, and sums of all are means.
        let share = length as f64 / inputs[0].size()[0] as f64;
        Moments {
            violation: violation * share,
            doubt: Doubt::Excess(rows.transpose() * diagonal * &rows * share),
            error: part(&at_rest, 0).double_value(&[]) * share,
        }
    });
    Ok(Evidence::of_poses(moments.collect()))
}

/// Of `[samples, outputs]` over samples, averaged over outputs.
fn variance(targets: &Tensor) -> f64 {
    let deviation = targets - targets.mean_dim([0_i64].as_slice(), true, Kind::Double);
    deviation.square().mean(Kind::Double).double_value(&[]).max(f64::MIN_POSITIVE)
}

/// What is left of poses told by a model: medians over samples, in units of the reach.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rest {
    /// Of `|û − u|`, u up to the reach: the sample's own pose, and the model's error.
    pub each: f64,
    /// Of `|mean (û − u)|` over several u of the same sample, up to [`INNER`] of the reach: most of the error goes in the
    /// mean. But it says nothing where nothing is told.
    pub mean: f64,
}

/// Part of the reach within which poses are averaged: own poses come on top of it.
const INNER: f64 = 0.5;
/// Poses that are averaged for each sample.
const AVERAGED: i64 = 16;

/// Looks at what is left of poses along one generator, told of samples that the model has not learned from. What is added
/// to a sample's own pose is told with the pose: the rest is the sample's own.
///
/// # Errors
/// The model's or the action's own.
pub fn rest(
    model: Backbone<'_>,
    action: &Action,
    generator: &Tensor,
    reach: f64,
    seed: u64,
    inputs: &[Tensor],
) -> anyhow::Result<Rest> {
    let _no_grad = tch::no_grad_guard();
    let samples = inputs[0].size()[0];
    let rests = |part: f64, draws: i64, stream: &str| -> anyhow::Result<Tensor> {
        let mut mover = along(generator.shallow_clone(), part * reach, seed, stream);
        let rests = (0..draws).map(|_| {
            let element = mover.sample(samples);
            let answer = flat(&model(&action.move_inputs(&element.g, inputs)?)?);
            Ok(answer - element.coefficients * part)
        });
        Ok(Tensor::stack(&rests.collect::<anyhow::Result<Vec<_>>>()?, 0))
    };
    let each = rests(1.0, DRAWS, "extent/validation")?;
    let mean = rests(INNER, AVERAGED, "extent/average")?.mean_dim([0_i64].as_slice(), false, Kind::Double);
    let median = |rests: &Tensor| rests.abs().median().double_value(&[]);
    Ok(Rest { each: median(&each), mean: median(&mean) })
}

/// How far the data's own poses spread, `[-w, w]` in units of the reach; `None` where that is as far as poses reached, or
/// farther.
///
/// Medians are steadier than variances: some samples have no pose at all (the digit 0), and rest as far as they were moved.
/// The rest of each pose bounds w from above, because the model errs besides. That of the means is nearer, but first grows with
/// w and then falls: the largest w that it allows below the bound is taken.
pub fn extent(rest: Rest) -> Option<f64> {
    let bound = bound(rest.each)?;
    let least = |w: f64| rest_of_means(w) - rest.mean;
    let steps =
        (0..SCANNED).map(|step| (SLACK * bound).min(1.0) * (1.0 - f64::from(step) / f64::from(SCANNED)));
    let steps: Vec<f64> = steps.collect();
    let crossing = steps.windows(2).find(|pair| least(pair[0]) * least(pair[1]) <= 0.0);
    Some(crossing.map_or(bound, |pair| (0.5 * (pair[0] + pair[1])).min(bound)))
}

/// Places at which an extent is looked for, from the bound down.
const SCANNED: u32 = 400;
/// Part by which the bound may be too low: it is a median of few samples.
const SLACK: f64 = 1.03;

/// For pose and own pose both uniform and `w ≤ 1` the rest is at most m in a part `(1 − w) m/w + w (2 m/w − (m/w)²)` of the
/// samples: of those well within the reach the rest is their own pose, of the others, near its ends, a narrower interval.
fn bound(median: f64) -> Option<f64> {
    let within = |w: f64| {
        let t = (median / w).min(1.0);
        (1.0 - w) * t + w * (2.0 * t - t * t)
    };
    if within(1.0) > 0.5 {
        return None;
    }
    // The part falls with w.
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if within(middle) > 0.5 { low = middle } else { high = middle }
    }
    Some(high)
}

/// The median that [`Rest::mean`] has for own poses within w. The best answer to `u + φ` is the middle of the interval in which
/// u can lie, so the own pose φ is left whole, but near the ends of the reach; the mean over u grows with φ, and the median is
/// that of `φ = w/2`.
fn rest_of_means(w: f64) -> f64 {
    let draws = 200;
    let left = |i: i32| {
        let u = INNER * (2.0 * (f64::from(i) + 0.5) / f64::from(draws) - 1.0);
        let s = u + w / 2.0;
        ((s - w).max(-1.0) + (s + w).min(1.0)) / 2.0 - u
    };
    (0..draws).map(left).sum::<f64>() / f64::from(draws)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{RngExt, SeedableRng};
    use semola_plugin_api::{DataSpec, Field, FieldType, Representation, Task};
    use tch::Device;

    /// What the best possible answer leaves, the middle of the interval that u can lie in given u + φ, and an error besides.
    fn simulated(width: f64, error: f64) -> Rest {
        let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(5);
        let mut rests = |part: f64, draws: usize| {
            let mut rests: Vec<f64> = (0..50_000)
                .map(|_| {
                    let own: f64 = random.random_range(-width..width);
                    let mut rest = || {
                        let u: f64 = random.random_range(-part..part);
                        let sum = u + own;
                        let answer = ((sum - width).max(-1.0) + (sum + width).min(1.0)) / 2.0;
                        answer + random.random_range(-1.0..1.0) * error - u
                    };
                    ((0..draws).map(|_| rest()).sum::<f64>() / draws as f64).abs()
                })
                .collect();
            rests.sort_by(f64::total_cmp);
            rests[rests.len() / 2]
        };
        Rest { each: rests(1.0, 1), mean: rests(INNER, AVERAGED as usize) }
    }

    #[test]
    fn the_extent_inverts_what_a_simulation_leaves() {
        for width in [0.1, 0.3, 0.5, 0.7, 0.8, 0.95] {
            let found = extent(simulated(width, 0.0)).expect("within the reach");
            // Where the means hardly depend on w they do not tell it well.
            let tolerance = if (0.6..0.9).contains(&width) { 0.15 } else { 0.05 };
            assert!((found / width - 1.0).abs() < tolerance, "width {width}: {found}");
        }
        assert_eq!(extent(simulated(1.5, 0.0)), None);
    }

    #[test]
    fn an_error_of_the_model_hardly_widens_it() {
        for width in [0.3, 0.5] {
            let rest = simulated(width, 0.4);
            let found = extent(rest).expect("within the reach");
            assert!((found / width - 1.0).abs() < 0.1, "width {width}: {found}");
            let bound = bound(rest.each).expect("within the reach");
            assert!(bound > 1.15 * width, "width {width}: {bound}");
        }
    }

    /// Points on a circle, of which the label is the ring: rotations tell nothing, a dilation all.
    #[test]
    fn rotated_rings_tell_their_size_and_not_their_angle() {
        tch::manual_seed(2);
        let mut label = Field::new("ring", [], Representation::Scalar);
        label.dtype = FieldType::I64;
        let spec = DataSpec {
            n: 2,
            inputs: vec![Field::vectors("x", 1, 2)],
            targets: vec![label],
            task: Task::Classification { classes: 2 },
            reference: None,
        };
        let action = Action::new(&spec, None).expect("declared");
        let angle = Tensor::rand([2000, 1], (Kind::Float, Device::Cpu)) * std::f64::consts::TAU;
        let x = Tensor::stack(&[angle.cos(), angle.sin()], 2);
        let inputs = std::slice::from_ref(&x);
        let candidates = Candidates::measure(&action, inputs).expect("x moves");
        let mut mover = mover(&candidates, 1, "test");
        // Of a unit vector's length the logarithm is the dilation's coefficient; nothing else is told.
        let dilation = Tensor::eye(2, (Kind::Float, Device::Cpu)).unsqueeze(0);
        let unit = candidates.coordinates_of(&super::super::to_matrices(&dilation)).expect("a candidate");
        let unit = Tensor::from_slice(unit.transpose().as_slice()).to_kind(Kind::Float).reshape([1, 4]);
        let model = |moved: &[Tensor]| {
            let square = moved[0].square().sum_dim_intlist([2_i64].as_slice(), false, Kind::Float);
            Ok(vec![square.log() / 2.0 * &unit])
        };
        let told = told(&model, &action, &mut mover, inputs).expect("told");
        let label = Tensor::zeros([2000, 2], (Kind::Float, Device::Cpu));
        let steady =
            |inputs: &[Tensor]| Ok(vec![Tensor::zeros([inputs[0].size()[0], 2], (Kind::Float, Device::Cpu))]);
        let evidence = measure(&told, &[&steady], &action, &candidates, inputs, &[label]).expect("measured");
        let spectrum = crate::symmetry::Spectrum::new(&evidence);
        let relative = spectrum.relative();
        assert!(relative[..3].iter().all(|part| part.abs() < 0.1), "{relative:?}");
        assert!(relative[3] > 0.5, "{relative:?}");
    }
}
