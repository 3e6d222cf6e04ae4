use super::{Init, Params};
use crate::{Mode, Tensor};

/// PyTorch's default for all three layers.
const EPSILON: f64 = 1e-5;
/// Weight of the newest batch in the running statistics.
const MOMENTUM: f64 = 0.1;

fn affine(params: &Params, shape: &[i64]) -> (Tensor, Tensor) {
    (
        params.parameter("weight", shape, Init::Constant(1.0)),
        params.parameter("bias", shape, Init::Constant(0.0)),
    )
}

/// Batch normalisation of channels (Ioffe & Szegedy, arXiv 1502.03167), for inputs of any number of axes:
/// `BatchNorm1d`, `2d` and `3d` in one.
///
/// Parameters `weight` (1) and `bias` (0), buffers `running_mean` (0) and `running_var` (1), all `[channels]`.
/// Training normalises with the batch and moves the buffers towards it by a tenth; evaluation uses the
/// buffers, so that samples do not influence each other. PyTorch's counter `num_batches_tracked` is left
/// out: it matters only without momentum.
#[derive(Clone, Debug)]
pub struct BatchNorm {
    weight: Tensor,
    bias: Tensor,
    running_mean: Tensor,
    running_var: Tensor,
}

impl BatchNorm {
    /// For this many channels.
    pub fn new(params: &Params, channels: i64) -> Self {
        let (weight, bias) = affine(params, &[channels]);
        Self {
            weight,
            bias,
            running_mean: params.buffer("running_mean", &[channels], Init::Constant(0.0)),
            running_var: params.buffer("running_var", &[channels], Init::Constant(1.0)),
        }
    }

    /// `[batch, channels, …]` to the same shape.
    #[track_caller]
    pub fn forward(&self, x: &Tensor, mode: Mode) -> Tensor {
        x.batch_norm(
            Some(&self.weight),
            Some(&self.bias),
            Some(&self.running_mean),
            Some(&self.running_var),
            mode.is_train(),
            MOMENTUM,
            EPSILON,
        )
    }
}

/// Layer normalisation of the last axes (arXiv 1607.06450): parameters `weight` (1) and `bias` (0) of their
/// shape.
#[derive(Clone, Debug)]
pub struct LayerNorm {
    weight: Tensor,
    bias: Tensor,
    shape: Vec<i64>,
}

impl LayerNorm {
    /// For last axes of this shape.
    pub fn new(params: &Params, shape: &[i64]) -> Self {
        let (weight, bias) = affine(params, shape);
        Self { weight, bias, shape: shape.to_vec() }
    }

    /// `[…, shape]` to the same shape.
    #[track_caller]
    pub fn forward(&self, x: &Tensor) -> Tensor {
        x.layer_norm(&self.shape, Some(&self.weight), Some(&self.bias), EPSILON)
    }
}

/// Normalisation of groups of channels within each sample (arXiv 1803.08494): parameters `weight` (1) and
/// `bias` (0), `[channels]`.
#[derive(Clone, Debug)]
pub struct GroupNorm {
    weight: Tensor,
    bias: Tensor,
    groups: i64,
}

impl GroupNorm {
    /// `groups` divides `channels`.
    pub fn new(params: &Params, groups: i64, channels: i64) -> Self {
        let (weight, bias) = affine(params, &[channels]);
        Self { weight, bias, groups }
    }

    /// `[batch, channels, …]` to the same shape.
    #[track_caller]
    pub fn forward(&self, x: &Tensor) -> Tensor {
        x.group_norm(self.groups, Some(&self.weight), Some(&self.bias), EPSILON)
    }
}
