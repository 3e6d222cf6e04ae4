//! Arrays in files, for plugins that read data: npz, npy, safetensors, CSV, and the sets that `scripts/import-data` makes.
//!
//! [`Source`] opens a user's file and gives arrays by their names; [`Imported`] opens a set of the cache and gives its
//! parts. Both know formats, neither knows what a field means. Whatever a file holds, the outcome is numbers or one
//! sentence that names the file, never a panic.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod array;
mod imported;
mod source;

pub use array::{Array, Numbers};
pub use imported::{Imported, Part, Values};
pub use source::{Source, error};
