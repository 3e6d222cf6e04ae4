//! Activations and softmax.

use super::{Tensor, entry, methods, result_type};
use crate::Scalar;

methods! {
    /// `max(x, 0)`.
    relu/try_relu() = "aten::relu" ""();
    /// `x Φ(x)`, with the exact normal distribution function.
    gelu/try_gelu() = "aten::gelu" ""();
    /// `x Φ(x)`, approximated with a hyperbolic tangent.
    gelu_tanh/try_gelu_tanh() = "aten::gelu" ""("tanh");
    /// `x σ(x)`, also called swish.
    silu/try_silu() = "aten::silu" ""();
    /// Hyperbolic tangent.
    tanh/try_tanh() = "aten::tanh" ""();
    /// `1 / (1 + e⁻ˣ)`.
    sigmoid/try_sigmoid() = "aten::sigmoid" ""();
    /// `x` where positive, else `alpha (eˣ − 1)`; PyTorch's layer has `alpha` = 1.
    elu/try_elu(alpha: impl Into<Scalar>) = "aten::elu" ""(alpha.into());
    /// `x` where positive, else `slope · x`; PyTorch's layer has `slope` = 0.01.
    leaky_relu/try_leaky_relu(slope: impl Into<Scalar>) = "aten::leaky_relu" ""(slope.into());
    /// `ln(1 + eˣ)`.
    softplus/try_softplus() = "aten::softplus" ""();
    /// Exponentials along an axis, scaled to sum 1.
    softmax/try_softmax(dim: i64) = "aten::softmax" "int"(dim);
    /// Logarithm of [`Self::softmax`], without overflow.
    log_softmax/try_log_softmax(dim: i64) = "aten::log_softmax" "int"(dim);
}
