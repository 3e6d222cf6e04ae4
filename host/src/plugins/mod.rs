//! Plugins as files: what they say of themselves ([`manifest`]), where they are looked for ([`place`]) and which
//! one an id means ([`search`]).
//!
//! Nothing in these modules runs or maps a plugin: files are read as bytes, so that a broken or hostile
//! file can at worst be refused. Loading builds on a [`PluginFile`] that was accepted here.

#[cfg(test)]
pub(crate) mod fixture;
pub mod manifest;
pub mod place;
mod refusal;
pub mod search;

pub use manifest::{HostVersion, PluginFile};
pub use place::{Environment, Origin, Place};
pub use refusal::Refusal;
pub use search::{Catalogue, FindError};
