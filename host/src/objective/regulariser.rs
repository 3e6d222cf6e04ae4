use super::{Evaluated, Term};
use crate::symmetry::times;
use tch::{Kind, Tensor};

/// Keeps `gx` away from `x`: the absolute value of the mean cosine similarity of the two (the paper's augmentation
/// regulariser). Without it a basis that is not kept at a norm would stop moving the data.
#[derive(Clone, Copy, Debug)]
pub struct Regulariser {
    /// Factor in the loss.
    pub weight: f64,
}

impl Term for Regulariser {
    fn name(&self) -> &'static str {
        "regulariser"
    }

    fn weight(&self) -> f64 {
        self.weight
    }

    fn value(&self, evaluated: &Evaluated) -> Tensor {
        let moved = evaluated.moved();
        let fields = moved.inputs.iter().filter(|field| field.is_floating_point());
        let all = Tensor::cat(&fields.map(|field| field.flatten(1, -1)).collect::<Vec<_>>(), 1);
        let (batch, copied) = (evaluated.predictions.size()[0], moved.predictions.size()[0]);
        let (x, gx) = (all.narrow(0, 0, batch), all.narrow(0, batch, copied));
        Tensor::cosine_similarity(&times(&x, copied / batch), &gx, 1, 1e-8).mean(Kind::Float).abs()
    }
}
