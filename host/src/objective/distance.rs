use semola_plugin_api::Task;
use tch::{Kind, Reduction, Tensor};

/// The supervised loss: squared error averaged over all target components (1 for a model that predicts the
/// mean), or cross-entropy in nats.
pub(super) fn supervised(task: Task, predictions: &[Tensor], targets: &[Tensor]) -> Tensor {
    match task {
        Task::Regression => squared_error(predictions, targets),
        Task::Classification { .. } => predictions[0].cross_entropy_for_logits(&targets[0]),
    }
}

/// How far two predictions are apart: squared error, or the Jensen–Shannon divergence in nats.
pub(super) fn between(task: Task, left: &[Tensor], right: &[Tensor]) -> Tensor {
    match task {
        Task::Regression => squared_error(left, right),
        Task::Classification { .. } => {
            let (p, q) = (left[0].log_softmax(-1, Kind::Float), right[0].log_softmax(-1, Kind::Float));
            let middle = (p.exp() + q.exp()) / 2.0;
            let log_middle = middle.clamp_min(1e-12).log();
            let divergence = |log: &Tensor| {
                (log.exp() * (log - &log_middle)).sum_dim_intlist([-1_i64].as_slice(), false, Kind::Float)
            };
            ((divergence(&p) + divergence(&q)) / 2.0).mean(Kind::Float)
        }
    }
}

fn squared_error(left: &[Tensor], right: &[Tensor]) -> Tensor {
    let total: usize = left.iter().map(Tensor::numel).sum();
    let mut sum: Option<Tensor> = None;
    for (left, right) in left.iter().zip(right) {
        let share = left.numel() as f64 / total as f64;
        let mean = left.mse_loss(right, Reduction::Mean);
        let part = if share < 1.0 { mean * share } else { mean };
        sum = Some(sum.map_or_else(|| part.shallow_clone(), |sum| sum + &part));
    }
    sum.expect("a spec has at least one target")
}
