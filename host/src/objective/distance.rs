use crate::torch::squared_error_of_few;
use semola_plugin_api::Task;
use tch::{Kind, Reduction, Tensor};

/// What is learned from targets.
#[derive(Clone, Copy, Debug)]
pub struct Supervision {
    /// What the targets are.
    pub task: Task,
    /// Part of a label that is spread evenly over all classes (Szegedy et al., arXiv 1512.00567, section 7); 0 to 1.
    pub label_smoothing: f64,
}

impl Supervision {
    /// With labels as they are.
    pub fn of(task: Task) -> Self {
        Self { task, label_smoothing: 0.0 }
    }

    /// Squared error averaged over all target components (1 for a model that predicts the mean), or cross-entropy in
    /// nats.
    pub fn loss(self, predictions: &Tensor, targets: &Tensor) -> Tensor {
        match self.task {
            Task::Regression => squared_error(predictions, targets),
            Task::Classification { .. } if self.label_smoothing == 0.0 => {
                predictions.cross_entropy_for_logits(targets)
            }
            Task::Classification { .. } => predictions.cross_entropy_loss(
                targets,
                None::<&Tensor>,
                Reduction::Mean,
                NO_LABEL,
                self.label_smoothing,
            ),
        }
    }
}

/// libtorch's default for labels that are left out, which ours never are.
const NO_LABEL: i64 = -100;

/// How far two predictions are apart: squared error, or the Jensen–Shannon divergence in nats.
pub(super) fn between(task: Task, left: &Tensor, right: &Tensor) -> Tensor {
    match task {
        Task::Regression => squared_error(left, right),
        Task::Classification { .. } => {
            let (p, q) = (left.log_softmax(-1, Kind::Float), right.log_softmax(-1, Kind::Float));
            let middle = (p.exp() + q.exp()) / 2.0;
            let log_middle = middle.clamp_min(1e-12).log();
            let divergence = |log: &Tensor| {
                (log.exp() * (log - &log_middle)).sum_dim_intlist([-1_i64].as_slice(), false, Kind::Float)
            };
            ((divergence(&p) + divergence(&q)) / 2.0).mean(Kind::Float)
        }
    }
}

fn squared_error(left: &Tensor, right: &Tensor) -> Tensor {
    squared_error_of_few(left, right).unwrap_or_else(|| left.mse_loss(right, Reduction::Mean))
}
