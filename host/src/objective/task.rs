use super::{Evaluated, Term};
use tch::Tensor;

/// `ℓ(f(x), y)`
#[derive(Clone, Copy, Debug)]
pub struct Supervised {
    /// Factor in the loss.
    pub weight: f64,
}

impl Term for Supervised {
    fn name(&self) -> &'static str {
        "task"
    }

    fn weight(&self) -> f64 {
        self.weight
    }

    fn value(&self, evaluated: &Evaluated) -> Tensor {
        evaluated.supervision.loss(&evaluated.predictions, &evaluated.targets)
    }
}
