use super::{Evaluated, Term};
use tch::{Kind, Tensor};

/// Sparse generators: the mean absolute entry.
#[derive(Clone, Copy, Debug)]
pub struct Sparsity {
    /// Factor in the loss.
    pub weight: f64,
}

impl Term for Sparsity {
    fn name(&self) -> &'static str {
        "sparsity"
    }

    fn weight(&self) -> f64 {
        self.weight
    }

    fn value(&self, evaluated: &Evaluated) -> Tensor {
        evaluated.moved().generators.abs().mean(Kind::Float)
    }
}
