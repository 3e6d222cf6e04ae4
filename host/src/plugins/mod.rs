//! Plugins as files: what they say of themselves ([`manifest`]) and where they are looked for ([`search`]).
//!
//! Nothing in these two modules runs or maps a plugin: files are read as bytes, so that a broken or hostile
//! file can at worst be refused. Loading builds on a [`PluginFile`] that was accepted here.

#[cfg(test)]
pub(crate) mod fixture;
pub mod manifest;
mod refusal;
pub mod search;

pub use manifest::{HostVersion, PluginFile};
pub use refusal::Refusal;
pub use search::{Catalogue, Environment, FindError, Origin, Place};
