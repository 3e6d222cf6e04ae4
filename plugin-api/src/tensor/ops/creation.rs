//! New tensors, copies and conversions.
//!
//! Inside a model prefer the `new_…` and `…_like` methods: type and device come from a tensor at hand.
//! Random ones draw from the host's seeded stream.

use super::{Tensor, entry, functions, methods, result_type};
use crate::{Arg, DType, Device, Scalar};

methods! {
    /// Zeros of another shape, with this type and device.
    new_zeros/try_new_zeros(shape: &[i64]) = "aten::new_zeros" ""(shape);
    /// Ones of another shape, with this type and device.
    new_ones/try_new_ones(shape: &[i64]) = "aten::new_ones" ""(shape);
    /// A constant of another shape, with this type and device.
    new_full/try_new_full(shape: &[i64], value: impl Into<Scalar>) = "aten::new_full" ""(shape, value.into());
    /// Zeros of this shape, type and device.
    zeros_like/try_zeros_like() = "aten::zeros_like" ""();
    /// Ones of this shape, type and device.
    ones_like/try_ones_like() = "aten::ones_like" ""();
    /// A constant of this shape, type and device.
    full_like/try_full_like(value: impl Into<Scalar>) = "aten::full_like" ""(value.into());
    /// Uniform in `[0, 1)`, of this shape, type and device.
    rand_like/try_rand_like() = "aten::rand_like" ""();
    /// Standard normal, of this shape, type and device.
    randn_like/try_randn_like() = "aten::randn_like" ""();
    /// The same values in memory of their own; gradients flow through.
    clone_data/try_clone_data() = "aten::clone" ""();
    /// The same data without its history: no gradient flows through.
    detach/try_detach() = "aten::detach" ""();
    /// Conversion to another element type.
    to_dtype/try_to_dtype(dtype: DType) = "aten::to" "dtype"(dtype);
    /// On another device.
    to_device/try_to_device(device: Device) = "aten::to" "dtype_layout"(Arg::NONE, Arg::NONE, device);
    /// With the type and device of another tensor.
    to_like/try_to_like(other: &Tensor) = "aten::to" "other"(other);
}

functions! {
    /// Zeros.
    zeros/try_zeros(shape: &[i64], dtype: DType, device: Device) = "aten::zeros" ""(shape, dtype, Arg::NONE, device);
    /// Ones.
    ones/try_ones(shape: &[i64], dtype: DType, device: Device) = "aten::ones" ""(shape, dtype, Arg::NONE, device);
    /// A constant.
    full/try_full(shape: &[i64], value: impl Into<Scalar>, dtype: DType, device: Device) = "aten::full" ""(shape, value.into(), dtype, Arg::NONE, device);
    /// The numbers from `start` in steps, without `end`.
    arange/try_arange(start: impl Into<Scalar>, end: impl Into<Scalar>, step: impl Into<Scalar>, dtype: DType, device: Device) = "aten::arange" "start_step"(start.into(), end.into(), step.into(), dtype, Arg::NONE, device);
    /// `count` numbers at equal distances from `start` to `end`, both included.
    linspace/try_linspace(start: impl Into<Scalar>, end: impl Into<Scalar>, count: i64, dtype: DType, device: Device) = "aten::linspace" ""(start.into(), end.into(), count, dtype, Arg::NONE, device);
    /// The identity matrix `[n, n]`.
    eye/try_eye(n: i64, dtype: DType, device: Device) = "aten::eye" ""(n, dtype, Arg::NONE, device);
    /// Uniform in `[0, 1)`.
    rand/try_rand(shape: &[i64], dtype: DType, device: Device) = "aten::rand" ""(shape, dtype, Arg::NONE, device);
    /// Standard normal.
    randn/try_randn(shape: &[i64], dtype: DType, device: Device) = "aten::randn" ""(shape, dtype, Arg::NONE, device);
    /// Integers, uniform in `[low, high)`; 64-bit.
    randint/try_randint(low: i64, high: i64, shape: &[i64], device: Device) = "aten::randint" "low"(low, high, shape, DType::I64, Arg::NONE, device);
    /// The numbers 0 to `n` − 1 in random order; 64-bit.
    randperm/try_randperm(n: i64, device: Device) = "aten::randperm" ""(n, DType::I64, Arg::NONE, device);
}
