//! [`Tensor`]: a handle to a tensor of the host, with the operators and common operations of PyTorch.
//!
//! Names, argument orders and semantics are those of ATen. Each method is one call through the host; none
//! touches data in the plugin except [`Tensor::from_slice`] and [`Tensor::to_vec`].

mod argument;
mod call;
mod operators;
mod ops;

pub use argument::{Arg, Scalar};
pub use call::OpCell;
pub(crate) use call::{OpFailure, raise};

use crate::Result;
use crate::abi::{Handle, calls, dtype};
use std::fmt;

/// A tensor of the host. Cloning is cheap: one more reference to the same data.
#[repr(transparent)]
#[derive(Clone)]
pub struct Tensor(Handle);

/// Element type of a [`Tensor`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
#[repr(u8)]
pub enum DType {
    /// Unsigned 8-bit integer.
    U8 = dtype::U8,
    /// Signed 8-bit integer.
    I8 = dtype::I8,
    /// Signed 16-bit integer.
    I16 = dtype::I16,
    /// Signed 32-bit integer.
    I32 = dtype::I32,
    /// Signed 64-bit integer.
    I64 = dtype::I64,
    /// IEEE half precision.
    F16 = dtype::F16,
    /// IEEE single precision.
    F32 = dtype::F32,
    /// IEEE double precision.
    F64 = dtype::F64,
    /// One byte, 0 or 1.
    Bool = dtype::BOOL,
    /// bfloat16.
    BF16 = dtype::BF16,
}

impl DType {
    fn from_number(number: u8) -> Option<Self> {
        use DType::*;
        [U8, I8, I16, I32, I64, F16, F32, F64, Bool, BF16].into_iter().find(|dtype| *dtype as u8 == number)
    }
}

/// Where a [`Tensor`] lives.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub struct Device {
    /// libtorch's device type: 0 CPU, 1 CUDA.
    pub kind: u8,
    /// Index of the device, -1 for the current one.
    pub index: i16,
}

impl Device {
    /// The processor.
    pub const CPU: Self = Self { kind: 0, index: -1 };

    /// The host's device: where the parameters are and where [`Tensor::from_slice`] puts its data.
    ///
    /// # Panics
    /// When the host cannot make a tensor there, as an error that the host reports.
    #[track_caller]
    pub fn of_host() -> Self {
        Tensor::from_slice(&[0_u8], &[1]).device()
    }
}

mod sealed {
    pub trait Sealed {}
}

/// Plain numbers that fill a tensor or come out of one.
pub trait Element: sealed::Sealed + Copy + Default + 'static {
    /// The tensor's element type.
    const DTYPE: DType;
}

macro_rules! element {
    ($($type:ty => $dtype:ident),*) => { $(
        impl sealed::Sealed for $type {}
        impl Element for $type {
            const DTYPE: DType = DType::$dtype;
        }
    )* };
}
element!(u8 => U8, i8 => I8, i16 => I16, i32 => I32, i64 => I64, f32 => F32, f64 => F64);

impl Tensor {
    pub(crate) fn from_handle(handle: Handle) -> Self {
        Self(handle)
    }

    pub(crate) fn into_handle(self) -> Handle {
        self.0
    }

    pub(crate) fn handle(&self) -> &Handle {
        &self.0
    }

    /// A tensor on the host's device with a copy of `data`, row by row.
    ///
    /// # Panics
    /// When `data` and `shape` disagree, as an error that the host reports.
    #[track_caller]
    pub fn from_slice<T: Element>(data: &[T], shape: &[i64]) -> Self {
        raise(Self::try_from_slice(data, shape))
    }

    /// [`Self::from_slice`] with the error as a value.
    ///
    /// # Errors
    /// When `data` and `shape` disagree or memory runs out.
    pub fn try_from_slice<T: Element>(data: &[T], shape: &[i64]) -> Result<Self> {
        Ok(Self(calls::tensor_from_slice(data, shape)?))
    }

    /// A copy of the data, row by row, converted to `T`.
    ///
    /// # Panics
    /// When the host cannot copy it, as an error that the host reports.
    #[track_caller]
    pub fn to_vec<T: Element>(&self) -> Vec<T> {
        raise(self.try_to_vec())
    }

    /// [`Self::to_vec`] with the error as a value.
    ///
    /// # Errors
    /// When the host cannot copy it.
    pub fn try_to_vec<T: Element>(&self) -> Result<Vec<T>> {
        let converted =
            if self.dtype() == Some(T::DTYPE) { self.clone() } else { self.try_to_dtype(T::DTYPE)? };
        Ok(calls::tensor_to_vec(&converted.0, converted.numel() as usize)?)
    }

    /// The shape.
    pub fn size(&self) -> Vec<i64> {
        calls::tensor_sizes(&self.0)
    }

    /// Length of one axis; negative axes count from the end.
    ///
    /// # Panics
    /// When there is no such axis.
    pub fn size_of(&self, axis: i64) -> i64 {
        let size = self.size();
        let at = if axis < 0 { axis + size.len() as i64 } else { axis };
        size[at as usize]
    }

    /// Number of axes.
    pub fn dim(&self) -> usize {
        calls::tensor_meta(&self.0).ndim as usize
    }

    /// Number of elements.
    pub fn numel(&self) -> i64 {
        self.size().iter().product()
    }

    /// Element type; `None` for one that this version has no name for.
    pub fn dtype(&self) -> Option<DType> {
        DType::from_number(calls::tensor_meta(&self.0).dtype)
    }

    /// Where it lives.
    pub fn device(&self) -> Device {
        let meta = calls::tensor_meta(&self.0);
        Device { kind: meta.device_type, index: meta.device_index }
    }

    /// Whether gradients flow to it.
    pub fn requires_grad(&self) -> bool {
        calls::tensor_meta(&self.0).flags & 1 != 0
    }

    /// Gradients of the sum of `self` with respect to `inputs`; `create_graph` makes them differentiable.
    ///
    /// # Errors
    /// When `self` does not depend on an input or has no graph.
    pub fn grad(&self, inputs: &[&Tensor], create_graph: bool) -> Result<Vec<Tensor>> {
        let inputs: Vec<&Handle> = inputs.iter().map(|input| &input.0).collect();
        let gradients = calls::autograd_grad(&[&self.0], &inputs, create_graph)?;
        Ok(gradients.into_iter().map(Tensor).collect())
    }
}

impl fmt::Debug for Tensor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tensor{:?} {:?}", self.size(), self.dtype())
    }
}

/// Runs `body` without recording gradients; the previous mode returns afterwards, panics included.
pub fn no_grad<T>(body: impl FnOnce() -> T) -> T {
    struct Restore(bool);
    impl Drop for Restore {
        fn drop(&mut self) {
            calls::grad_mode(self.0);
        }
    }
    let _restore = Restore(calls::grad_mode(false));
    body()
}

/// Sets this thread's gradient mode and returns the previous one. Plugins use [`no_grad`], which restores it;
/// this is for testing that the host does, too.
#[doc(hidden)]
pub fn set_grad_enabled(enabled: bool) -> bool {
    calls::grad_mode(enabled)
}
