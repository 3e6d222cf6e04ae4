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
        let init = Init::fan_in(inputs);
        Self::with_init(params, inputs, outputs, init, bias.then_some(init))
    }

    /// With initialisers of one's own; `None` for no bias.
    pub fn with_init(params: &Params, inputs: i64, outputs: i64, weight: Init, bias: Option<Init>) -> Self {
        Self {
            weight: params.parameter("weight", &[outputs, inputs], weight),
            bias: bias.map(|init| params.parameter("bias", &[outputs], init)),
        }
    }

    /// `[…, inputs] → […, outputs]`.
    #[track_caller]
    pub fn forward(&self, x: &Tensor) -> Tensor {
        x.linear(&self.weight, self.bias.as_ref())
    }
}
