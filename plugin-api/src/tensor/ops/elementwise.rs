//! Element by element: arithmetic, functions, comparisons. Two tensors broadcast against each other.

use super::{Tensor, entry, methods, result_type};
use crate::Scalar;

methods! {
    /// Element-wise sum.
    add/try_add(other: &Tensor) = "aten::add" "Tensor"(other);
    /// Element-wise difference.
    sub/try_sub(other: &Tensor) = "aten::sub" "Tensor"(other);
    /// Element-wise product.
    mul/try_mul(other: &Tensor) = "aten::mul" "Tensor"(other);
    /// Element-wise quotient; integers give floats.
    div/try_div(other: &Tensor) = "aten::div" "Tensor"(other);
    /// Adds a number.
    add_scalar/try_add_scalar(number: impl Into<Scalar>) = "aten::add" "Scalar"(number.into());
    /// Subtracts a number.
    sub_scalar/try_sub_scalar(number: impl Into<Scalar>) = "aten::sub" "Scalar"(number.into());
    /// Multiplies by a number.
    mul_scalar/try_mul_scalar(number: impl Into<Scalar>) = "aten::mul" "Scalar"(number.into());
    /// Divides by a number.
    div_scalar/try_div_scalar(number: impl Into<Scalar>) = "aten::div" "Scalar"(number.into());
    /// `number − x`.
    rsub_scalar/try_rsub_scalar(number: impl Into<Scalar>) = "aten::rsub" "Scalar"(number.into());
    /// Remainder with the sign of the divisor, as Python's `%`.
    remainder_scalar/try_remainder_scalar(divisor: impl Into<Scalar>) = "aten::remainder" "Scalar"(divisor.into());
    /// `x + value · a · b`.
    addcmul/try_addcmul(a: &Tensor, b: &Tensor, value: impl Into<Scalar>) = "aten::addcmul" ""(a, b, value.into());
    /// `x + weight · (end − x)`.
    lerp_scalar/try_lerp_scalar(end: &Tensor, weight: impl Into<Scalar>) = "aten::lerp" "Scalar"(end, weight.into());
    /// `x` to the power of another tensor.
    pow/try_pow(exponent: &Tensor) = "aten::pow" "Tensor_Tensor"(exponent);
    /// `x` to the power of a number.
    pow_scalar/try_pow_scalar(exponent: impl Into<Scalar>) = "aten::pow" "Tensor_Scalar"(exponent.into());
    /// The larger of two.
    maximum/try_maximum(other: &Tensor) = "aten::maximum" ""(other);
    /// The smaller of two.
    minimum/try_minimum(other: &Tensor) = "aten::minimum" ""(other);
    /// Angle of the point (`other`, `self`) in `(−π, π]`: `self` is the ordinate.
    atan2/try_atan2(other: &Tensor) = "aten::atan2" ""(other);

    /// `−x`.
    neg/try_neg() = "aten::neg" ""();
    /// Absolute value.
    abs/try_abs() = "aten::abs" ""();
    /// −1, 0 or 1.
    sign/try_sign() = "aten::sign" ""();
    /// `1 / x`.
    reciprocal/try_reciprocal() = "aten::reciprocal" ""();
    /// `x²`.
    square/try_square() = "aten::square" ""();
    /// Square root.
    sqrt/try_sqrt() = "aten::sqrt" ""();
    /// `1 / √x`.
    rsqrt/try_rsqrt() = "aten::rsqrt" ""();
    /// `eˣ`.
    exp/try_exp() = "aten::exp" ""();
    /// `eˣ − 1`, exact near 0.
    expm1/try_expm1() = "aten::expm1" ""();
    /// Natural logarithm.
    log/try_log() = "aten::log" ""();
    /// `ln(1 + x)`, exact near 0.
    log1p/try_log1p() = "aten::log1p" ""();
    /// Sine of radians.
    sin/try_sin() = "aten::sin" ""();
    /// Cosine of radians.
    cos/try_cos() = "aten::cos" ""();
    /// Tangent of radians.
    tan/try_tan() = "aten::tan" ""();
    /// Arc cosine, in radians.
    acos/try_acos() = "aten::acos" ""();
    /// Hyperbolic sine.
    sinh/try_sinh() = "aten::sinh" ""();
    /// Hyperbolic cosine.
    cosh/try_cosh() = "aten::cosh" ""();
    /// Error function.
    erf/try_erf() = "aten::erf" ""();
    /// The largest integer that is not above.
    floor/try_floor() = "aten::floor" ""();
    /// The nearest integer, halves to even.
    round/try_round() = "aten::round" ""();
    /// Limits to `[min, max]`.
    clamp/try_clamp(min: impl Into<Scalar>, max: impl Into<Scalar>) = "aten::clamp" ""(min.into(), max.into());
    /// Raises to at least `min`.
    clamp_min/try_clamp_min(min: impl Into<Scalar>) = "aten::clamp_min" ""(min.into());
    /// Lowers to at most `max`.
    clamp_max/try_clamp_max(max: impl Into<Scalar>) = "aten::clamp_max" ""(max.into());

    /// Where equal; boolean, like all comparisons.
    eq/try_eq(other: &Tensor) = "aten::eq" "Tensor"(other);
    /// Where equal to a number.
    eq_scalar/try_eq_scalar(number: impl Into<Scalar>) = "aten::eq" "Scalar"(number.into());
    /// Where different.
    ne/try_ne(other: &Tensor) = "aten::ne" "Tensor"(other);
    /// Where different from a number.
    ne_scalar/try_ne_scalar(number: impl Into<Scalar>) = "aten::ne" "Scalar"(number.into());
    /// Where less.
    lt/try_lt(other: &Tensor) = "aten::lt" "Tensor"(other);
    /// Where less than a number.
    lt_scalar/try_lt_scalar(number: impl Into<Scalar>) = "aten::lt" "Scalar"(number.into());
    /// Where less or equal.
    le/try_le(other: &Tensor) = "aten::le" "Tensor"(other);
    /// Where less than a number or equal to it.
    le_scalar/try_le_scalar(number: impl Into<Scalar>) = "aten::le" "Scalar"(number.into());
    /// Where greater.
    gt/try_gt(other: &Tensor) = "aten::gt" "Tensor"(other);
    /// Where greater than a number.
    gt_scalar/try_gt_scalar(number: impl Into<Scalar>) = "aten::gt" "Scalar"(number.into());
    /// Where greater or equal.
    ge/try_ge(other: &Tensor) = "aten::ge" "Tensor"(other);
    /// Where greater than a number or equal to it.
    ge_scalar/try_ge_scalar(number: impl Into<Scalar>) = "aten::ge" "Scalar"(number.into());
    /// Where not a number.
    isnan/try_isnan() = "aten::isnan" ""();
    /// Where neither infinite nor not a number.
    isfinite/try_isfinite() = "aten::isfinite" ""();
    /// Where zero or false.
    logical_not/try_logical_not() = "aten::logical_not" ""();
    /// Where both are true.
    logical_and/try_logical_and(other: &Tensor) = "aten::logical_and" ""(other);
    /// Where either is true.
    logical_or/try_logical_or(other: &Tensor) = "aten::logical_or" ""(other);
}
