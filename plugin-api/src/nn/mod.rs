//! Layers and initialisers, with PyTorch's defaults.
//!
//! A layer takes its parameters from [`Params`], under PyTorch's names, so that a state dict of PyTorch fits
//! where the layers are named alike. Layers hold tensors and sizes, nothing that training changes. What
//! acts differently in training takes the [`crate::Mode`] of the forward pass. Wrong sizes come back as the
//! operator's error.

mod activation;
mod attention;
mod conv;
mod dropout;
mod embedding;
mod init;
mod linear;
mod norm;
mod params;

pub use activation::Activation;
pub use attention::MultiheadAttention;
pub use conv::{Conv1d, Conv2d, ConvOptions};
pub use dropout::Dropout;
pub use embedding::Embedding;
pub use linear::Linear;
pub use norm::{BatchNorm, GroupNorm, LayerNorm};
pub use params::{Init, Params};
