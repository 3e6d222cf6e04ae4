//! Symmetry: how a group acts on the data, which directions of the Lie algebra the data respects, and the
//! learnable augmentation made of them.
//!
//! [`Action`] moves batches; [`Candidates`] are the directions searched, orthonormal in the data metric;
//! [`Evidence`] is what trained backbones say about each (for labels by [`poses`]), [`Spectrum`] its directions from the least violated on;
//! [`verdict`] counts the symmetries; [`Augmenter`] samples group elements from a fixed or learned basis;
//! [`components`] are the elements that no generator reaches; [`algebra`] reads the result. Owns no
//! training: backbones come in as functions.

mod action;
pub mod algebra;
mod augmenter;
mod basis;
mod candidates;
pub mod components;
mod confidence;
pub(crate) mod evidence;
mod exponential;
pub mod given;
mod jacobian;
mod matrices;
pub mod poses;
mod range;
mod representation;
pub(crate) mod spectrum;
pub mod verdict;

pub use action::{Action, side_by_side, times};
pub use augmenter::{Augmenter, Element, Sampling};
pub use basis::{Basis, Constraint, Learned, unit_rows};
pub use candidates::Candidates;
pub use confidence::{Confidence, bootstrap};
pub use evidence::Evidence;
pub use exponential::exponential;
pub(crate) use jacobian::Backbone;
pub use matrices::{flat, from_rows, to_matrices, to_matrix, to_rows, to_tensor};
pub use range::automatic_range;
pub use spectrum::Spectrum;
