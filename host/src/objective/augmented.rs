use super::{Evaluated, Term};
use tch::Tensor;

/// `ℓ(f(gx), ρ(g) y)`: the task on the moved batch. Trains the backbone and, through `g`, the basis.
#[derive(Clone, Copy, Debug)]
pub struct Augmented {
    /// Factor in the loss.
    pub weight: f64,
}

impl Term for Augmented {
    fn name(&self) -> &'static str {
        "augmented"
    }

    fn weight(&self) -> f64 {
        self.weight
    }

    fn value(&self, evaluated: &Evaluated) -> Tensor {
        let moved = evaluated.moved();
        evaluated.supervision.loss(&moved.predictions, &moved.targets)
    }
}
