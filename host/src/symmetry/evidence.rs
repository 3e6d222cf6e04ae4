//! What trained backbones say about each candidate direction, kept in blocks of samples so that it can be resampled.
//!
//! There are two kinds. For a regression, derivatives of the backbones: a backbone violates even an exact symmetry, by its own error. Several backbones, trained apart, tell that
//! error: `f` is their mean, and what they disagree about in a direction is noise there. Samples at which they
//! disagree most (rare, extreme ones) count less. For labels, whose probabilities are flat nearly everywhere, [`super::poses`]:
//! whether the sample that moved tells the element that moved it.

use super::jacobian::{self, Backbone};
use super::matrices::to_matrix;
use super::{Action, Candidates};
use nalgebra::DMatrix;
use tch::{Kind, Tensor};

/// Quadratic forms on the candidates and errors of the predictions, in blocks of samples.
#[derive(Debug)]
pub struct Evidence {
    blocks: Vec<Moments>,
    /// The best linear action of each direction on all target numbers side by side, `[count, m, m]`, where the
    /// output representation is learned.
    images: Option<Tensor>,
    /// What violations are relative to, where that is not their own mean.
    scale: Option<f64>,
    /// Whether a part of the group may show as a small violation: violations are parts, from 0 to 1.
    parts: bool,
}

/// Sums over samples, weighted: of all samples they are means.
#[derive(Clone, Debug)]
pub struct Moments {
    /// `E (T_a · T_b)` with `T_a = J_f(x)·(E_a x) − dρ_y(E_a) f(x)`, or the part of poses that is told: `[count, count]`.
    pub violation: DMatrix<f64>,
    /// What of it says nothing against a symmetry.
    pub doubt: Doubt,
    /// Mean squared error of the backbones' mean prediction.
    pub error: f64,
}

/// What a violation is weighed by, a quadratic form `[count, count]` like it.
#[derive(Clone, Debug)]
pub enum Doubt {
    /// The part that the backbones' disagreement explains, and the variance of their mean prediction, from their spread,
    /// averaged over outputs.
    Disagreement(DMatrix<f64>, f64),
    /// By how much the squared error of the labels' probabilities grows when a sample is moved.
    Excess(DMatrix<f64>),
}

impl Moments {
    fn numbers_mut(&mut self) -> impl Iterator<Item = &mut f64> {
        let (doubt, spread) = match &mut self.doubt {
            Doubt::Disagreement(noise, spread) => (noise, Some(spread)),
            Doubt::Excess(excess) => (excess, None),
        };
        self.violation.iter_mut().chain(doubt.iter_mut()).chain(spread).chain([&mut self.error])
    }

    fn plus(self, other: &Self) -> Self {
        let doubt = match (self.doubt, &other.doubt) {
            (Doubt::Disagreement(noise, spread), Doubt::Disagreement(more, further)) => {
                Doubt::Disagreement(noise + more, spread + further)
            }
            (Doubt::Excess(excess), Doubt::Excess(more)) => Doubt::Excess(excess + more),
            (mine, _) => mine,
        };
        Self { violation: self.violation + &other.violation, doubt, error: self.error + other.error }
    }

    fn times(self, factor: f64) -> Self {
        let doubt = match self.doubt {
            Doubt::Disagreement(noise, spread) => Doubt::Disagreement(noise * factor, spread * factor),
            Doubt::Excess(excess) => Doubt::Excess(excess * factor),
        };
        Self { violation: self.violation * factor, doubt, error: self.error * factor }
    }
}

/// Most blocks: enough for a bootstrap, few enough to keep.
pub(super) const BLOCKS: i64 = 50;

/// Of the mean square of the predictions, added where predictions are regressed on.
const RIDGE: f64 = 1e-6;

impl Evidence {
    /// Measures backbones (at least two, in evaluation mode) on inputs and targets. With `learned_output` the targets
    /// may move by any linear map, the best one for each direction.
    ///
    /// # Errors
    /// The backbones' or the action's own; derivatives that are not finite.
    pub fn measure(
        backbones: &[Backbone<'_>],
        action: &Action,
        candidates: &Candidates,
        inputs: &[Tensor],
        targets: &[Tensor],
        learned_output: bool,
    ) -> anyhow::Result<Self> {
        let mut predictions = Vec::with_capacity(backbones.len());
        let mut defects = Vec::with_capacity(backbones.len());
        for backbone in backbones {
            let outputs = tch::no_grad(|| backbone(inputs))?;
            defects.push(if learned_output {
                derivatives(*backbone, action, candidates.directions(), inputs, jacobian::width(&outputs))?
            } else {
                defect(*backbone, &outputs, action, candidates.directions(), inputs)?
            });
            predictions.push(jacobian::flat(&outputs));
        }
        let _no_grad = tch::no_grad_guard();
        let (prediction, prediction_deviations) = mean_and_deviations(&predictions);
        let mut scale = None;
        let images = learned_output.then(|| {
            let (derivative, _) = mean_and_deviations(&defects);
            scale = Some(derivative.square().mean(Kind::Double).double_value(&[]));
            let images = regress(&prediction, &derivative);
            for (defect, prediction) in defects.iter_mut().zip(&predictions) {
                *defect = &*defect - prediction.unsqueeze(0).matmul(&images.transpose(1, 2));
            }
            images.to_kind(Kind::Float)
        });
        let (defect, deviations) = mean_and_deviations(&defects);
        let weights = weights(&deviations);
        // Variance of a mean, from the spread of its parts.
        let part = 1.0 / (backbones.len() * (backbones.len() - 1)) as f64;
        let errors = prediction - jacobian::flat(targets);

        let samples = inputs[0].size()[0];
        let count = BLOCKS.min(samples);
        let mut blocks = Vec::with_capacity(count as usize);
        for block in 0..count {
            let (start, end) = (block * samples / count, (block + 1) * samples / count);
            let weights = weights.narrow(0, start, end - start);
            let gram = |rows: &Tensor| {
                let rows = rows.narrow(1, start, end - start);
                to_matrix(&rows.flatten(1, 2).matmul(&(&rows * &weights).flatten(1, 2).transpose(0, 1)))
            };
            let square = |values: &Tensor| {
                let squares = values.narrow(0, start, end - start).square() * &weights;
                squares.sum(Kind::Double).double_value(&[])
            };
            let sum = |matrices: Vec<DMatrix<f64>>| {
                matrices.into_iter().reduce(|sum, part| sum + part).expect("at least two backbones")
            };
            blocks.push(Moments {
                violation: gram(&defect),
                doubt: Doubt::Disagreement(
                    sum(deviations.iter().map(gram).collect()) * part,
                    prediction_deviations.iter().map(square).sum::<f64>() * part,
                ),
                error: square(&errors),
            });
        }
        anyhow::ensure!(
            blocks.iter().all(|block| block.violation.iter().all(|value| value.is_finite())),
            "the backbone's derivatives are not finite: it diverged; lower training.learning_rate"
        );
        Ok(Self { blocks, images, scale, parts: false })
    }

    /// Of poses: see [`super::poses::measure`].
    pub(super) fn of_poses(blocks: Vec<Moments>) -> Self {
        Self { blocks, images: None, scale: Some(1.0), parts: true }
    }

    /// Number of blocks.
    pub fn blocks(&self) -> usize {
        self.blocks.len()
    }

    /// Moments of all samples.
    pub fn moments(&self) -> Moments {
        self.resampled((0..self.blocks.len()).collect())
    }

    /// Moments of a resample, by the positions of the blocks that were drawn.
    pub fn resampled(&self, drawn: Vec<usize>) -> Moments {
        let factor = self.blocks.len() as f64 / drawn.len() as f64;
        let mut drawn = drawn.into_iter().map(|index| &self.blocks[index]);
        let first = drawn.next().expect("a data set has samples").clone();
        drawn.fold(first, Moments::plus).times(factor)
    }

    /// The learned actions on the targets, `[count, m, m]`, if they are learned.
    pub fn images(&self) -> Option<&Tensor> {
        self.images.as_ref()
    }

    /// What violations are relative to, where that is not their own mean.
    pub fn scale(&self) -> Option<f64> {
        self.scale
    }

    /// Every number that was measured, but for the learned actions.
    pub fn numbers_mut(&mut self) -> impl Iterator<Item = &mut f64> {
        self.blocks.iter_mut().flat_map(Moments::numbers_mut).chain(&mut self.scale)
    }

    /// Whether violations are parts, from 0 to 1, of which a small one may mean that a part of the group acts.
    pub fn parts(&self) -> bool {
        self.parts
    }
}

/// `M_a` of least `E|D_a − M_a f|²`: predictions `[samples, m]`, derivatives `[count, samples, m]`, result `[count, m, m]`.
fn regress(prediction: &Tensor, derivative: &Tensor) -> Tensor {
    let m = prediction.size()[1];
    let gram = prediction.transpose(0, 1).matmul(prediction);
    let ridge = gram.diagonal(0, 0, 1).mean(Kind::Double) * RIDGE + f64::MIN_POSITIVE;
    let gram = gram + Tensor::eye(m, (Kind::Double, prediction.device())) * ridge;
    let products = prediction.transpose(0, 1).unsqueeze(0).matmul(derivative);
    let count = products.size()[0];
    let solution = Tensor::linalg_solve(&gram.unsqueeze(0).expand([count, m, m], false), &products, true);
    solution.transpose(1, 2).contiguous()
}

/// The mean of several measurements, and what each differs from it.
fn mean_and_deviations(parts: &[Tensor]) -> (Tensor, Vec<Tensor>) {
    let mean = Tensor::stack(parts, 0).mean_dim([0_i64].as_slice(), false, Kind::Double);
    let deviations = parts.iter().map(|part| part - &mean).collect();
    (mean, deviations)
}

/// Weight of each sample in a mean over samples and outputs, `[samples, 1]`: halved where the backbones'
/// derivatives disagree as much as in the median, and falling with the square of the disagreement.
fn weights(deviations: &[Tensor]) -> Tensor {
    let outputs = deviations[0].size()[2];
    let each: Vec<Tensor> = deviations
        .iter()
        .map(|d| d.square().sum_dim_intlist([0_i64, 2].as_slice(), false, Kind::Double))
        .collect();
    let disagreement = Tensor::stack(&each, 0).sum_dim_intlist([0_i64].as_slice(), false, Kind::Double);
    let typical = disagreement.median() + f64::MIN_POSITIVE;
    let weights = (disagreement + &typical).reciprocal() * &typical;
    let total = weights.sum(Kind::Double) * outputs as f64;
    (weights / total).unsqueeze(1)
}

/// `J_f(x)·(L x)` for directions `[count, n, n]`: `[count, samples, outputs]`.
fn derivatives(
    backbone: Backbone<'_>,
    action: &Action,
    directions: &Tensor,
    inputs: &[Tensor],
    outputs: i64,
) -> anyhow::Result<Tensor> {
    let tangents = (0..directions.size()[0])
        .map(|direction| tch::no_grad(|| action.input_tangent(&directions.get(direction), inputs)))
        .collect::<anyhow::Result<Vec<_>>>()?;
    jacobian::cheapest(backbone, inputs, &tangents, outputs)
}

/// `J_f(x)·(L x) − dρ_y(L) f(x)` for directions `[count, n, n]`: `[count, samples, outputs]`.
pub(crate) fn defect(
    backbone: Backbone<'_>,
    predictions: &[Tensor],
    action: &Action,
    directions: &Tensor,
    inputs: &[Tensor],
) -> anyhow::Result<Tensor> {
    let derivatives = derivatives(backbone, action, directions, inputs, jacobian::width(predictions))?;
    let _no_grad = tch::no_grad_guard();
    let expected = (0..directions.size()[0])
        .map(|direction| Ok(jacobian::flat(&action.target_tangent(&directions.get(direction), predictions)?)))
        .collect::<anyhow::Result<Vec<_>>>()?;
    Ok(derivatives - Tensor::stack(&expected, 0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use semola_plugin_api::{DataSpec, Field, Task};
    use tch::Device;

    fn setting() -> (Action, Candidates, Tensor) {
        tch::manual_seed(3);
        let spec = DataSpec {
            n: 2,
            inputs: vec![Field::vectors("x", 1, 2)],
            targets: vec![Field::scalars("y", 2)],
            task: Task::Regression,
            reference: None,
        };
        let action = Action::new(&spec, None).expect("declared");
        let x = Tensor::randn([400, 1, 2], (Kind::Float, Device::Cpu));
        let candidates = Candidates::measure(&action, std::slice::from_ref(&x)).expect("x moves");
        (action, candidates, x)
    }

    /// The backbone gives its input back, declared to be two scalars: as declared nothing is a symmetry, but every
    /// linear map is one if the output may move by the same matrix.
    #[test]
    fn a_learned_output_finds_the_defining_representation() {
        let (action, candidates, x) = setting();
        let backbone = |inputs: &[Tensor]| Ok(vec![inputs[0].flatten(1, 2)]);
        let measure = |learned| {
            let inputs = std::slice::from_ref(&x);
            let targets = [x.flatten(1, 2)];
            Evidence::measure(&[&backbone, &backbone], &action, &candidates, inputs, &targets, learned)
                .expect("measured")
        };
        let declared = measure(false).moments().violation;
        assert!((declared.diagonal().mean() - 1.0).abs() < 0.1, "E|Lx|² = E|x|², which is 1 an output");
        let learned = measure(true);
        assert!(learned.moments().violation.amax() < 1e-6);
        let images = learned.images().expect("learned");
        assert!((images - candidates.directions()).abs().max().double_value(&[]) < 1e-3);
    }

    #[test]
    fn resamples_of_all_blocks_once_are_the_whole() {
        let (action, candidates, x) = setting();
        let backbone = |inputs: &[Tensor]| Ok(vec![inputs[0].flatten(1, 2).sin()]);
        let targets = [x.flatten(1, 2).cos()];
        let inputs = std::slice::from_ref(&x);
        let evidence =
            Evidence::measure(&[&backbone, &backbone], &action, &candidates, inputs, &targets, false)
                .expect("measured");
        let reversed = evidence.resampled((0..evidence.blocks()).rev().collect());
        assert!((reversed.violation - evidence.moments().violation).amax() < 1e-12);
        let error = (x.sin() - x.cos()).square().mean(Kind::Double).double_value(&[]);
        assert!((evidence.moments().error - error).abs() < 1e-6, "equal weights where nothing disagrees");
        let once = evidence.resampled(vec![0]);
        assert!((once.error / error - 1.0).abs() < 3.0 && once.error > 0.0, "of the size of a mean");
    }

    #[test]
    fn all_that_decides_can_be_taken_over() {
        let (action, candidates, x) = setting();
        let (sine, cosine) = (
            |inputs: &[Tensor]| Ok(vec![inputs[0].flatten(1, 2).sin()]),
            |inputs: &[Tensor]| Ok(vec![inputs[0].flatten(1, 2).cos()]),
        );
        let measure = |backbones: [Backbone<'_>; 2], learned| {
            let (inputs, targets) = (std::slice::from_ref(&x), [x.flatten(1, 2)]);
            Evidence::measure(&backbones, &action, &candidates, inputs, &targets, learned).expect("measured")
        };
        for learned in [false, true] {
            let mut first = measure([&sine, &cosine], learned);
            let mut second = measure([&cosine, &cosine], learned);
            let numbers: Vec<f64> = first.numbers_mut().map(|number| *number).collect();
            assert_ne!(first.moments().violation, second.moments().violation);
            second.numbers_mut().zip(numbers).for_each(|(number, others)| *number = others);
            assert_eq!(format!("{:?}", first.blocks), format!("{:?}", second.blocks));
            assert_eq!(first.scale(), second.scale());
        }
    }
}
