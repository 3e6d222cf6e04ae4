use super::{Init, Params};
use crate::Tensor;

/// A table of vectors: parameter `weight` `[rows, width]`, standard normal.
#[derive(Clone, Debug)]
pub struct Embedding {
    weight: Tensor,
}

impl Embedding {
    /// For indices 0 to `rows` − 1.
    pub fn new(params: &Params, rows: i64, width: i64) -> Self {
        let init = Init::Normal { mean: 0.0, std: 1.0 };
        Self { weight: params.parameter("weight", &[rows, width], init) }
    }

    /// Integer indices `[…] → […, width]`.
    #[track_caller]
    pub fn forward(&self, indices: &Tensor) -> Tensor {
        self.weight.embedding(indices)
    }
}
