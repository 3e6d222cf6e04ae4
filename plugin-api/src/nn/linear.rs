use super::{Init, Params};
use crate::Tensor;

/// `y = x Wᵀ + b`: weight `[outputs, inputs]`, bias `[outputs]`, both uniform in `±1/√inputs`.
#[derive(Clone, Debug)]
pub struct Linear {
    weight: Tensor,
    bias: Option<Tensor>,
}

impl Linear {
    /// With bias.
    pub fn new(params: &Params, inputs: i64, outputs: i64) -> Self {
        Self::with_bias(params, inputs, outputs, true)
    }

    /// With or without bias.
    pub fn with_bias(params: &Params, inputs: i64, outputs: i64, bias: bool) -> Self {
        let bound = 1.0 / (inputs as f64).sqrt();
        let init = Init::Uniform {
            low: -bound,
            high: bound,
        };
        Self {
            weight: params.parameter("weight", &[outputs, inputs], init),
            bias: bias.then(|| params.parameter("bias", &[outputs], init)),
        }
    }

    /// `[…, inputs] → […, outputs]`.
    #[track_caller]
    pub fn forward(&self, x: &Tensor) -> Tensor {
        x.linear(&self.weight, self.bias.as_ref())
    }
}
