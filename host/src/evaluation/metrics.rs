use super::predict;
use crate::data::{Data, Samples};
use crate::plugins::ModelInstance;
use semola_plugin_api::{DataSpec, Task};
use std::collections::BTreeMap;
use tch::{Kind, Reduction, Tensor};

/// Metrics of a split by name: `rmse` for regression (root of the squared error over the variance of the
/// targets in training), `accuracy` (0 to 1) and `loss` (nats) for classification, and `auc` where there are two classes.
///
/// # Errors
/// The model's own.
pub fn metrics(
    model: &ModelInstance,
    data: &Data,
    samples: &Samples,
) -> anyhow::Result<BTreeMap<String, f64>> {
    let mut tally = Tally::new(data.spec.task);
    predict(model, samples, |chunk, predictions| tally.add(predictions, &chunk.targets))?;
    Ok(tally.metrics())
}

/// Turns predictions into metrics, chunk by chunk.
#[derive(Clone, Debug)]
pub(super) struct Tally {
    task: Task,
    sums: [f64; 2],
    samples: i64,
    /// Of two classes: by how much the second is preferred, and whether it is the right one.
    scores: Vec<(f64, bool)>,
}

impl Tally {
    pub(super) fn new(task: Task) -> Self {
        Self { task, sums: [0.0; 2], samples: 0, scores: Vec::new() }
    }

    /// Counts predictions (for classification logits; logarithms of probabilities are logits too) in.
    pub(super) fn add(&mut self, predictions: &[Tensor], targets: &[Tensor]) {
        self.samples += predictions[0].size()[0];
        match self.task {
            Task::Regression => {
                self.sums[0] += sum_of_squares(predictions, targets);
                self.sums[1] += predictions.iter().map(|p| p.numel() as f64).sum::<f64>();
            }
            Task::Classification { classes } => {
                if classes == 2 {
                    let preference = predictions[0].select(1, 1) - predictions[0].select(1, 0);
                    let second = flat(&targets[0]).into_iter().map(|label| label > 0.5);
                    self.scores.extend(flat(&preference).into_iter().zip(second));
                }
                let right = predictions[0].argmax(-1, false).eq_tensor(&targets[0]);
                self.sums[0] += right.sum(Kind::Int64).double_value(&[]);
                let logs = predictions[0].log_softmax(-1, Kind::Float);
                self.sums[1] +=
                    logs.g_nll_loss::<Tensor>(&targets[0], None, Reduction::Sum, -100).double_value(&[]);
            }
        }
    }

    /// By name, as [`metrics`] gives them.
    pub(super) fn metrics(&self) -> BTreeMap<String, f64> {
        let ([first, second], count) = (self.sums, self.samples as f64);
        let named: &[(&str, f64)] = match self.task {
            Task::Regression => &[("rmse", (first / second).sqrt())],
            Task::Classification { .. } => &[("accuracy", first / count), ("loss", second / count)],
        };
        let auc = auc(&self.scores).map(|auc| ("auc", auc));
        named.iter().copied().chain(auc).map(|(name, value)| (name.to_owned(), value)).collect()
    }
}

/// Area under the receiver operating characteristic: the probability that a sample of the second class is preferred to
/// one of the first (Mann and Whitney's statistic, ties count half). `None` without samples of both.
fn auc(scores: &[(f64, bool)]) -> Option<f64> {
    let mut sorted = scores.to_vec();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut ranks, mut positives, mut before) = (0.0, 0.0, 0.0);
    for tied in sorted.chunk_by(|a, b| a.0 == b.0) {
        let count = tied.len() as f64;
        let hits = tied.iter().filter(|(_, second)| *second).count() as f64;
        ranks += hits * (before + (count + 1.0) / 2.0);
        positives += hits;
        before += count;
    }
    let negatives = before - positives;
    let pairs = positives * negatives;
    (pairs > 0.0).then(|| (ranks - positives * (positives + 1.0) / 2.0) / pairs)
}

/// Predictions in a form whose squared distances mean something: logits become probabilities.
pub fn comparable(spec: &DataSpec, predictions: Vec<Tensor>) -> Vec<Tensor> {
    match spec.task {
        Task::Regression => predictions,
        Task::Classification { .. } => {
            predictions.iter().map(|logits| logits.softmax(-1, Kind::Float)).collect()
        }
    }
}

/// Targets in the same form: labels become one-hot.
pub fn comparable_targets(spec: &DataSpec, targets: &[Tensor]) -> Vec<Tensor> {
    match spec.task {
        Task::Regression => targets.iter().map(Tensor::shallow_clone).collect(),
        Task::Classification { classes } => vec![targets[0].one_hot(classes).to_kind(Kind::Float)],
    }
}

/// What models are compared by on held-out data: squared error in units of the targets' variance, or cross-entropy.
///
/// # Errors
/// The model's own.
pub fn held_out_error(model: &ModelInstance, data: &Data, samples: &Samples) -> anyhow::Result<f64> {
    let metrics = metrics(model, data, samples)?;
    Ok(metrics.get("rmse").map(|rmse| rmse * rmse).or(metrics.get("loss").copied()).unwrap_or(f64::NAN))
}

fn flat(tensor: &Tensor) -> Vec<f64> {
    let values = tensor.to_kind(Kind::Double).to_device(tch::Device::Cpu).contiguous();
    Vec::try_from(values).expect("a list of doubles is one")
}

fn sum_of_squares(predictions: &[Tensor], targets: &[Tensor]) -> f64 {
    predictions
        .iter()
        .zip(targets)
        .map(|(p, y)| (p - y).to_kind(Kind::Double).square().sum(Kind::Double).double_value(&[]))
        .sum()
}

#[cfg(test)]
mod tests {
    use super::auc;

    #[test]
    fn the_area_counts_pairs_in_the_right_order() {
        // Of the four pairs (second, first) three are in order: scikit-learn's documented example, 0.75.
        let scores = [(0.1, false), (0.4, false), (0.35, true), (0.8, true)];
        assert_eq!(auc(&scores), Some(0.75));
        assert_eq!(auc(&[(1.0, true), (1.0, false)]), Some(0.5), "ties count half");
        assert_eq!(auc(&[(1.0, true), (0.0, true)]), None);
        assert_eq!(auc(&[]), None);
    }
}
