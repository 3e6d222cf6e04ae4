use super::{DType, Device, Tensor};
use crate::abi::{Value, tag};
use std::marker::PhantomData;

/// A borrowed argument of an operator call. Made by `into()` from what ATen's schemas know: tensors, numbers,
/// flags, strings, lists of them, [`DType`], [`Device`], and `Option` of any.
#[repr(transparent)]
#[derive(Clone, Copy)]
pub struct Arg<'a>(Value, PhantomData<&'a ()>);

impl Arg<'_> {
    /// `None` for an optional argument.
    pub const NONE: Arg<'static> = Arg(Value { tag: tag::NONE, len: 0, bits: 0 }, PhantomData);
    /// The default of the operator's schema.
    pub const DEFAULT: Arg<'static> = Arg(Value { tag: tag::DEFAULT, len: 0, bits: 0 }, PhantomData);
}

macro_rules! argument {
    ($type:ty, $value:ident => $tag:ident, $len:expr, $bits:expr) => {
        impl<'a> From<$type> for Arg<'a> {
            #[inline(always)]
            fn from($value: $type) -> Self {
                Arg(Value { tag: tag::$tag, len: $len as u32, bits: $bits }, PhantomData)
            }
        }
    };
}
argument!(&'a Tensor, tensor => TENSOR, 0, tensor.handle().raw().0);
argument!(i64, number => I64, 0, number as u64);
// An integer literal in a call is an i32 unless something says otherwise.
argument!(i32, number => I64, 0, i64::from(number) as u64);
argument!(f64, number => F64, 0, number.to_bits());
argument!(bool, flag => BOOL, 0, flag as u64);
argument!(DType, dtype => DTYPE, 0, dtype as u64);
argument!(Device, device => DEVICE, 0, device.kind as u64 | (device.index as u8 as u64) << 8);
argument!(&'a str, text => STR, text.len(), text.as_ptr() as u64);
argument!(&'a [i64], list => INTS, list.len(), list.as_ptr() as u64);
argument!(&'a [f64], list => FLOATS, list.len(), list.as_ptr() as u64);
argument!(&'a [bool], list => BOOLS, list.len(), list.as_ptr() as u64);
// `Tensor` is transparent over its handle, so a slice of tensors is an array of handles.
argument!(&'a [Tensor], list => TENSORS, list.len(), list.as_ptr() as u64);

impl<'a, const N: usize> From<&'a [i64; N]> for Arg<'a> {
    #[inline(always)]
    fn from(list: &'a [i64; N]) -> Self {
        list.as_slice().into()
    }
}

impl<'a, T: Into<Arg<'a>>> From<Option<T>> for Arg<'a> {
    #[inline(always)]
    fn from(optional: Option<T>) -> Self {
        optional.map_or(Arg::NONE, Into::into)
    }
}

/// A number argument that may be an integer or a float.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Scalar {
    /// An integer: keeps integer tensors integer.
    Int(i64),
    /// A float.
    Float(f64),
}

impl From<i64> for Scalar {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<i32> for Scalar {
    fn from(number: i32) -> Self {
        Self::Int(number.into())
    }
}

impl From<f64> for Scalar {
    fn from(number: f64) -> Self {
        Self::Float(number)
    }
}

impl From<Scalar> for Arg<'_> {
    #[inline(always)]
    fn from(scalar: Scalar) -> Self {
        match scalar {
            Scalar::Int(number) => number.into(),
            Scalar::Float(number) => number.into(),
        }
    }
}
