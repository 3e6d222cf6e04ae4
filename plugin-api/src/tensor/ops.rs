//! The catalogue: one line an operation. Each has a `try_` twin that returns the error instead of panicking.

use super::call::raise;
use super::{Arg, DType, Scalar, Tensor};
use crate::{Result, op_cell};

macro_rules! catalogue {
    ($(
        $(#[$doc:meta])*
        $method:ident / $fallible:ident ( $($argument:ident : $type:ty),* ) = $name:literal $overload:literal ( $($passed:expr),* );
    )*) => {
        impl Tensor { $(
            $(#[$doc])*
            #[inline]
            #[track_caller]
            pub fn $method(&self, $($argument: $type),*) -> Tensor {
                raise(self.$fallible($($argument),*))
            }

            #[doc = concat!("[`Self::", stringify!($method), "`] with the error as a value.\n\n# Errors\nThe operator's own message.")]
            #[inline]
            pub fn $fallible(&self, $($argument: $type),*) -> Result<Tensor> {
                op_cell!(CELL, $name, $overload);
                CELL.call(&[Arg::from(self), $(Arg::from($passed)),*])
            }
        )* }
    };
}

catalogue! {
    /// Element-wise sum, with broadcasting.
    add/try_add(other: &Tensor) = "aten::add" "Tensor"(other);
    /// Element-wise difference, with broadcasting.
    sub/try_sub(other: &Tensor) = "aten::sub" "Tensor"(other);
    /// Element-wise product, with broadcasting.
    mul/try_mul(other: &Tensor) = "aten::mul" "Tensor"(other);
    /// Element-wise quotient, with broadcasting.
    div/try_div(other: &Tensor) = "aten::div" "Tensor"(other);
    /// Adds a number.
    add_scalar/try_add_scalar(number: impl Into<Scalar>) = "aten::add" "Scalar"(number.into());
    /// Subtracts a number.
    sub_scalar/try_sub_scalar(number: impl Into<Scalar>) = "aten::sub" "Scalar"(number.into());
    /// Multiplies by a number.
    mul_scalar/try_mul_scalar(number: impl Into<Scalar>) = "aten::mul" "Scalar"(number.into());
    /// Divides by a number.
    div_scalar/try_div_scalar(number: impl Into<Scalar>) = "aten::div" "Scalar"(number.into());
    /// `−x`.
    neg/try_neg() = "aten::neg" ""();
    /// Hyperbolic tangent.
    tanh/try_tanh() = "aten::tanh" ""();
    /// Copy of another shape with the same elements; one size may be −1.
    reshape/try_reshape(shape: &[i64]) = "aten::reshape" ""(shape);
    /// Joins the axes from `start` to `end` (inclusive) into one.
    flatten/try_flatten(start: i64, end: i64) = "aten::flatten" "using_ints"(start, end);
    /// `x Wᵀ + b`, `weight` being `[out, in]`.
    linear/try_linear(weight: &Tensor, bias: Option<&Tensor>) = "aten::linear" ""(weight, bias);
    /// Conversion to another element type.
    to_dtype/try_to_dtype(dtype: DType) = "aten::to" "dtype"(dtype);
}
