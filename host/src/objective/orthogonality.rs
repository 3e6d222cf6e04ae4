use super::{Evaluated, Term};
use tch::{Kind, Tensor};

/// Keeps generators apart: the sum of their absolute pairwise cosines in the Frobenius inner product; 0 for a single one.
#[derive(Clone, Copy, Debug)]
pub struct Orthogonality {
    /// Factor in the loss.
    pub weight: f64,
}

impl Term for Orthogonality {
    fn name(&self) -> &'static str {
        "orthogonality"
    }

    fn weight(&self) -> f64 {
        self.weight
    }

    fn value(&self, evaluated: &Evaluated) -> Tensor {
        let rows = evaluated.moved().generators.flatten(1, 2);
        let norms = rows.square().sum_dim_intlist([1_i64].as_slice(), true, Kind::Float).sqrt();
        let unit = &rows / norms.clamp_min(1e-12);
        unit.matmul(&unit.transpose(0, 1)).triu(1).abs().sum(Kind::Float)
    }
}
