use super::{Init, Linear, Params};
use crate::{Error, Mode, Result, Tensor};

/// Multi-head attention (arXiv 1706.03762), batch first, with PyTorch's parameters: `in_proj_weight`
/// `[3 width, width]` (queries, keys, values), `in_proj_bias` `[3 width]`, `out_proj.weight` and
/// `out_proj.bias`. Weights start as PyTorch's: Xavier-uniform and `±1/√width`; biases at 0.
///
/// A key padding mask is boolean, `[batch, keys]`, and true where a key is padding, as in PyTorch. The mask
/// of a [`crate::Field`] marks what is valid: `valid.eq_scalar(0)` turns one into the other. Each sample
/// needs at least one valid key.
#[derive(Clone, Debug)]
pub struct MultiheadAttention {
    in_proj_weight: Tensor,
    in_proj_bias: Tensor,
    out_proj: Linear,
    width: i64,
    heads: i64,
    dropout: f64,
}

impl MultiheadAttention {
    /// `width` features in and out, shared among `heads`; `dropout` in `[0, 1]` acts on the attention
    /// weights in training.
    ///
    /// # Errors
    /// When `heads` does not divide `width`.
    pub fn new(params: &Params, width: i64, heads: i64, dropout: f64) -> Result<Self> {
        check(width, heads)?;
        Ok(Self {
            in_proj_weight: params.parameter("in_proj_weight", &[3 * width, width], in_proj_init(width)),
            in_proj_bias: params.parameter("in_proj_bias", &[3 * width], Init::Constant(0.0)),
            out_proj: Linear::with_init(
                &params.sub("out_proj"),
                width,
                width,
                Init::fan_in(width),
                Some(Init::Constant(0.0)),
            ),
            width,
            heads,
            dropout,
        })
    }

    /// A sequence attends to itself: `[batch, length, width]` to the same shape.
    #[track_caller]
    pub fn self_attention(&self, x: &Tensor, padding: Option<&Tensor>, mode: Mode) -> Tensor {
        let projected = x.linear(&self.in_proj_weight, Some(&self.in_proj_bias));
        let parts = projected.chunk(3, -1);
        self.attend(&parts[0], &parts[1], &parts[2], padding, mode)
    }

    /// `x` `[batch, length, width]` attends to `memory` `[batch, keys, width]`: the shape of `x`.
    #[track_caller]
    pub fn cross_attention(
        &self,
        x: &Tensor,
        memory: &Tensor,
        padding: Option<&Tensor>,
        mode: Mode,
    ) -> Tensor {
        let sizes = [self.width, 2 * self.width];
        let weights = self.in_proj_weight.split_with_sizes(&sizes, 0);
        let biases = self.in_proj_bias.split_with_sizes(&sizes, 0);
        let query = x.linear(&weights[0], Some(&biases[0]));
        let parts = memory.linear(&weights[1], Some(&biases[1])).chunk(2, -1);
        self.attend(&query, &parts[0], &parts[1], padding, mode)
    }

    #[track_caller]
    fn attend(
        &self,
        query: &Tensor,
        key: &Tensor,
        value: &Tensor,
        padding: Option<&Tensor>,
        mode: Mode,
    ) -> Tensor {
        let by_head = [self.heads, self.width / self.heads];
        let split = |x: &Tensor| x.unflatten(-1, &by_head).transpose(1, 2);
        // `[batch, keys] → [batch, head, query, key]`, true where attention is allowed.
        let allowed = padding.map(|padding| padding.logical_not().unsqueeze(1).unsqueeze(1));
        let dropout = if mode.is_train() { self.dropout } else { 0.0 };
        let mixed = split(query).scaled_dot_product_attention(
            &split(key),
            &split(value),
            allowed.as_ref(),
            dropout,
            false,
        );
        self.out_proj.forward(&mixed.transpose(1, 2).flatten(2, 3))
    }
}

fn in_proj_init(width: i64) -> Init {
    Init::xavier_uniform(width, 3 * width, 1.0)
}

fn check(width: i64, heads: i64) -> Result<()> {
    if heads < 1 || width < 1 || width % heads != 0 {
        return Err(Error::new(format!(
            "attention of width {width} cannot be shared among {heads} heads: choose a number of heads that divides the width"
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_divide_the_width() {
        assert!(check(64, 8).is_ok());
        let error = check(64, 7).expect_err("64 is not a multiple of 7").to_string();
        assert!(error.contains("64") && error.contains('7'), "{error}");
        assert!(check(64, 0).is_err());
    }

    /// `torch.nn.MultiheadAttention(64, 4)`: `xavier_uniform_` of a `[192, 64]` matrix, `√(6 / 256)`.
    #[test]
    fn in_projection_starts_as_pytorchs() {
        let Init::Uniform { low, high } = in_proj_init(64) else {
            panic!("not uniform");
        };
        assert_eq!(low, -high);
        assert!((high - 0.15309310892394862).abs() < 1e-15);
    }
}
