//! The catalogue: one line an operation, by topic.
//!
//! A line names the method and its `try_` twin (which returns the error instead of panicking), its
//! arguments, the operator and overload of ATen, and what is passed to it, in the order of the operator's
//! schema; keyword-only arguments follow in that order. The first argument of ATen is `self`. What is left
//! out at the end takes the schema's default. Whatever is not in the catalogue is reached with
//! [`crate::op!`]. The test below checks every line against the schemas of libtorch.

mod activation;
mod creation;
mod elementwise;
mod indexing;
mod layers;
mod linear_algebra;
mod reduction;
mod shape;

use super::{Arg, OpCell, Tensor};
use crate::Result;

/// What an operator returns: a tensor, two of them, or a list.
trait Outcome: Sized {
    fn of(cell: &OpCell, arguments: &[Arg<'_>]) -> Result<Self>;
}

impl Outcome for Tensor {
    #[inline(always)]
    fn of(cell: &OpCell, arguments: &[Arg<'_>]) -> Result<Self> {
        cell.call(arguments)
    }
}

impl Outcome for (Tensor, Tensor) {
    #[inline]
    fn of(cell: &OpCell, arguments: &[Arg<'_>]) -> Result<Self> {
        let [first, second] = cell.call_many(arguments)?;
        Ok((first, second))
    }
}

impl Outcome for Vec<Tensor> {
    #[inline]
    fn of(cell: &OpCell, arguments: &[Arg<'_>]) -> Result<Self> {
        cell.call_list(arguments)
    }
}

/// A catalogue line as the test sees it.
#[cfg(test)]
struct Line {
    name: &'static str,
    overload: &'static str,
    /// Name and type of the method's arguments.
    arguments: &'static [(&'static str, &'static str)],
    /// What is passed to the operator, as written.
    passed: &'static [&'static str],
}

macro_rules! result_type {
    () => {
        Tensor
    };
    ($type:ty) => {
        $type
    };
}

macro_rules! entry {
    (
        [$($receiver:tt)*] [$($call:tt)*] [$($first:expr)?]
        $(#[$doc:meta])*
        $method:ident / $fallible:ident ( $($argument:ident : $type:ty),* ) $(-> $result:ty)?
            = $name:literal $overload:literal ( $($passed:expr),* )
    ) => {
        $(#[$doc])*
        #[allow(clippy::too_many_arguments)]
        #[inline]
        #[track_caller]
        pub fn $method($($receiver)* $($argument: $type),*) -> result_type!($($result)?) {
            $crate::tensor::raise($($call)* $fallible($($argument),*))
        }

        #[doc = concat!("[`Self::", stringify!($method), "`] with the error as a value.\n\n# Errors\nThe operator's own message.")]
        #[allow(clippy::too_many_arguments)]
        #[inline]
        pub fn $fallible($($receiver)* $($argument: $type),*) -> $crate::Result<result_type!($($result)?)> {
            $crate::op_cell!(CELL, $name, $overload);
            <result_type!($($result)?) as super::Outcome>::of(
                &CELL,
                &[$($crate::Arg::from($first),)? $($crate::Arg::from($passed)),*],
            )
        }
    };
}

/// Catalogue lines whose first argument is the tensor itself.
macro_rules! methods {
    ($(
        $(#[$doc:meta])*
        $method:ident / $fallible:ident ( $($argument:ident : $type:ty),* ) $(-> $result:ty)?
            = $name:literal $overload:literal ( $($passed:expr),* );
    )*) => {
        impl Tensor { $( methods! { @one self
            $(#[$doc])* $method/$fallible($($argument: $type),*) $(-> $result)? = $name $overload($($passed),*)
        } )* }

        #[cfg(test)]
        pub(super) const METHODS: &[super::Line] = &[$(super::Line {
            name: $name,
            overload: $overload,
            arguments: &[("self", "&Tensor"), $((stringify!($argument), stringify!($type))),*],
            passed: &["self", $(stringify!($passed)),*],
        }),*];
    };
    (@one $self:ident $($line:tt)*) => { entry! { [&$self,] [$self.] [$self] $($line)* } };
}

/// Catalogue lines of associated functions.
macro_rules! functions {
    ($(
        $(#[$doc:meta])*
        $method:ident / $fallible:ident ( $($argument:ident : $type:ty),* ) $(-> $result:ty)?
            = $name:literal $overload:literal ( $($passed:expr),* );
    )*) => {
        impl Tensor { $( entry! { [] [Self::] []
            $(#[$doc])* $method/$fallible($($argument: $type),*) $(-> $result)? = $name $overload($($passed),*)
        } )* }

        #[cfg(test)]
        pub(super) const FUNCTIONS: &[super::Line] = &[$(super::Line {
            name: $name,
            overload: $overload,
            arguments: &[$((stringify!($argument), stringify!($type))),*],
            passed: &[$(stringify!($passed)),*],
        }),*];
    };
}

use {entry, functions, methods, result_type};

#[cfg(test)]
mod tests;
