use super::{Arg, Tensor};
use crate::abi::OpCellAbi;
use crate::{Error, Result};
use std::fmt;
use std::panic::Location;

/// An operator at a call site: resolved once, then called. Made by [`crate::op_cell!`] or [`crate::op!`].
#[repr(transparent)]
pub struct OpCell(OpCellAbi);

impl OpCell {
    #[doc(hidden)]
    pub const fn new(name: &'static str, overload: &'static str) -> Self {
        Self(OpCellAbi::new(name, overload))
    }

    /// Calls an operator that returns one tensor.
    ///
    /// # Errors
    /// The operator's own message: wrong shapes, types, devices.
    #[inline]
    pub fn call(&self, arguments: &[Arg<'_>]) -> Result<Tensor> {
        let [result] = self.call_many(arguments)?;
        Ok(result)
    }

    /// Calls an operator that returns `N` tensors.
    ///
    /// # Errors
    /// As [`Self::call`].
    #[inline]
    pub fn call_many<const N: usize>(&self, arguments: &[Arg<'_>]) -> Result<[Tensor; N]> {
        Ok(self.0.call_tensors(arguments)?)
    }

    /// Calls an operator that returns a list of tensors (`Tensor[]`).
    ///
    /// # Errors
    /// As [`Self::call`].
    pub fn call_list(&self, arguments: &[Arg<'_>]) -> Result<Vec<Tensor>> {
        Ok(self.0.call_list(arguments)?)
    }
}

/// How a failed operator travels from an infallible method to the plugin's boundary.
pub(crate) struct OpFailure {
    error: Error,
    at: &'static Location<'static>,
}

impl fmt::Display for OpFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (called at {}:{})", self.error, self.at.file(), self.at.line())
    }
}

/// The value, or a quiet unwind to the boundary, which reports operator and call site.
#[inline]
#[track_caller]
pub(crate) fn raise<T>(result: Result<T>) -> T {
    match result {
        Ok(value) => value,
        Err(error) => unwind(error, Location::caller()),
    }
}

#[cold]
fn unwind(error: Error, at: &'static Location<'static>) -> ! {
    std::panic::resume_unwind(Box::new(OpFailure { error, at }))
}

/// Declares a static [`OpCell`]: `op_cell!(RELU, "aten::relu", "");`. All of a plugin's cells are resolved
/// when it is loaded, so an operator that this libtorch lacks is a load error.
#[macro_export]
macro_rules! op_cell {
    ($cell:ident, $name:literal, $overload:literal) => {
        #[allow(unsafe_code)]
        #[used]
        #[unsafe(link_section = "semola_ops")]
        static $cell: $crate::OpCell = $crate::OpCell::new($name, $overload);
    };
}

/// Calls any operator of libtorch that returns one tensor, by name and overload:
/// `op!("aten::cdist", ""; &a, &b, 2.0)?`.
#[macro_export]
macro_rules! op {
    ($name:literal, $overload:literal; $($argument:expr),* $(,)?) => {{
        $crate::op_cell!(CELL, $name, $overload);
        CELL.call(&[$($crate::Arg::from($argument)),*])
    }};
}
