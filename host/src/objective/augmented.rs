use super::{Evaluated, Term, distance};
use tch::Tensor;

/// `ℓ(f(gx), ρ(g) y)`: the task on the moved batch. Trains the backbone and, through `g`, the basis.
#[derive(Clone, Copy, Debug)]
pub struct Augmented;

impl Term for Augmented {
    fn name(&self) -> &'static str {
        "augmented"
    }

    fn value(&self, evaluated: &Evaluated) -> Tensor {
        let moved = evaluated.moved.as_ref().expect("objectives with this term augment");
        distance::supervised(evaluated.task, &moved.predictions, &moved.targets)
    }
}
