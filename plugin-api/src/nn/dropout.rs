use crate::{Mode, Tensor};

/// Zeroes elements with probability `p` and scales the others by `1 / (1 − p)`, in training only.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Dropout {
    p: f64,
}

impl Dropout {
    /// `p` in `[0, 1]`.
    pub const fn new(p: f64) -> Self {
        Self { p }
    }

    /// The same shape. Evaluation, and `p` = 0, return the input itself.
    #[track_caller]
    pub fn forward(&self, x: &Tensor, mode: Mode) -> Tensor {
        if mode.is_train() && self.p > 0.0 { x.dropout(self.p, true) } else { x.clone() }
    }
}
