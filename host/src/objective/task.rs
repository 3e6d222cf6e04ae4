use super::{Evaluated, Term, distance};
use tch::Tensor;

/// `ℓ(f(x), y)`
#[derive(Clone, Copy, Debug)]
pub struct Supervised;

impl Term for Supervised {
    fn name(&self) -> &'static str {
        "task"
    }

    fn value(&self, evaluated: &Evaluated) -> Tensor {
        distance::supervised(evaluated.task, &evaluated.predictions, &evaluated.targets)
    }
}
