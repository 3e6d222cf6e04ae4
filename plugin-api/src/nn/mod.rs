//! Layers and initialisers, with PyTorch's defaults.

mod linear;
mod params;

pub use linear::Linear;
pub use params::{Init, Params};
