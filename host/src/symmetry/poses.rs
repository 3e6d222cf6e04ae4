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

/// The data's own poses along a generator, in units of the reach.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OwnPoses {
    /// Part of the samples that tell by how much they were moved.
    pub telling: f64,
    /// Median of `|φ|` over those.
    pub median: f64,
}

/// Part of the reach within which samples are moved: own poses come on top of it.
const INNER: f64 = 0.5;
/// Spread, in units of the reach, up to which poses tell it.
const FARTHEST: f64 = 0.9;
/// Motions of each sample.
const MOTIONS: i64 = 24;
/// Slope of the answers over the motions from which on a sample tells them. Some samples never do: the digit 0.
const TELLING: f64 = 0.3;

/// Tells the samples' own poses along one generator by a model in evaluation mode that has not learned from them. What is
/// added to a sample's own pose is told with the pose: answers lie on a line `b (u + φ)`. A model that errs is careful, and
/// answers less than it sees, so `b < 1`; where the line is 0, it is not.
///
/// # Errors
/// The model's or the action's own.
pub fn own_poses(
    model: Backbone<'_>,
    action: &Action,
    generator: &Tensor,
    reach: f64,
    seed: u64,
    inputs: &[Tensor],
) -> anyhow::Result<OwnPoses> {
    let _no_grad = tch::no_grad_guard();
    let mut mover = along(generator.shallow_clone(), INNER * reach, seed, "extent/validation");
    let (mut motions, mut answers) = (Vec::new(), Vec::new());
    for _ in 0..MOTIONS {
        let element = mover.sample(inputs[0].size()[0]);
        answers.push(flat(&model(&action.move_inputs(&element.g, inputs)?)?).squeeze_dim(1));
        motions.push((element.coefficients * INNER).squeeze_dim(1));
    }
    let double = |tensors: &[Tensor]| Tensor::stack(tensors, 0).to_kind(Kind::Double);
    Ok(OwnPoses::of(&double(&motions), &double(&answers)))
}

impl OwnPoses {
    /// From motions and answers, `[motions, samples]`.
    fn of(motions: &Tensor, answers: &Tensor) -> Self {
        let mean = |values: &Tensor| values.mean_dim([0_i64].as_slice(), true, Kind::Double);
        let centred = motions - mean(motions);
        let slope = mean(&(&centred * answers)) / mean(&centred.square());
        let pose = (mean(answers) / &slope - mean(motions)).abs();
        let tells = slope.gt(TELLING);
        let telling = tells.mean(Kind::Double).double_value(&[]);
        let median = if telling > 0.0 { pose.masked_select(&tells).median().double_value(&[]) } else { 0.0 };
        Self { telling, median }
    }

    /// How far they spread, `[-w, w]` in units of the reach, where they are uniform; `None` where that is about as far as
    /// poses reached, or farther.
    ///
    /// The best answer to `s = u + φ` is the middle of the interval in which u can lie, which near the ends of the reach
    /// is narrower. The pose told so grows with w (up to 0.9 of the reach), and its median is that of `φ = w/2`.
    pub fn extent(self) -> Option<f64> {
        if self.telling < 0.5 || self.median >= median_within(FARTHEST) {
            return None;
        }
        let (mut low, mut high) = (0.0, FARTHEST);
        for _ in 0..50 {
            let middle = 0.5 * (low + high);
            if median_within(middle) < self.median { low = middle } else { high = middle }
        }
        Some(high)
    }
}

/// The median of own poses within w, as the best answers tell them.
fn median_within(w: f64) -> f64 {
    const DRAWS: i32 = 200;
    let motions = (0..DRAWS).map(|i| INNER * (2.0 * (f64::from(i) + 0.5) / f64::from(DRAWS) - 1.0));
    let (mut product, mut square, mut sum) = (0.0, 0.0, 0.0);
    for u in motions {
        let s = u + w / 2.0;
        let answer = ((s - w).max(-1.0) + (s + w).min(1.0)) / 2.0;
        product += u * answer;
        square += u * u;
        sum += answer;
    }
    sum / f64::from(DRAWS) / (product / square)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{RngExt, SeedableRng};
    use semola_plugin_api::{DataSpec, Field, FieldType, Representation, Task};
    use tch::Device;

    /// Of data whose poses are uniform up to a width, told as well as can be by a careful model that errs, but by every fourth
    /// sample not at all.
    fn simulated(width: f64, care: f64, error: f64) -> OwnPoses {
        let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(5);
        let samples = 4000;
        let own: Vec<f64> = (0..samples).map(|_| random.random_range(-width..width)).collect();
        let (mut motions, mut answers) = (Vec::new(), Vec::new());
        for _ in 0..MOTIONS {
            for (sample, own) in own.iter().enumerate() {
                let u: f64 = random.random_range(-INNER..INNER);
                let answer = ((u + own - width).max(-1.0) + (u + own + width).min(1.0)) / 2.0;
                let told = if sample % 4 == 0 { 0.0 } else { care * answer };
                motions.push(u);
                answers.push(told + random.random_range(-1.0..1.0) * error);
            }
        }
        let shaped = |values: &[f64]| Tensor::from_slice(values).reshape([MOTIONS, -1]);
        OwnPoses::of(&shaped(&motions), &shaped(&answers))
    }

    #[test]
    fn the_extent_inverts_what_a_simulation_tells() {
        for width in [0.1, 0.3, 0.5, 0.7, 0.8] {
            let found = simulated(width, 1.0, 0.0).extent().expect("within the reach");
            assert!((found / width - 1.0).abs() < 0.05, "width {width}: {found}");
        }
        assert_eq!(simulated(1.5, 1.0, 0.0).extent(), None);
    }

    #[test]
    fn a_careful_model_that_errs_hardly_moves_it() {
        for width in [0.2, 0.5, 0.7] {
            let found = simulated(width, 0.75, 0.2).extent().expect("within the reach");
            assert!((found / width - 1.0).abs() < 0.1, "width {width}: {found}");
        }
        assert_eq!(simulated(0.3, 0.1, 0.2).extent(), None, "who tells nothing sees no end");
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
