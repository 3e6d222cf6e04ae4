//! Plugins: what a file says of itself ([`manifest`]), where files are looked for ([`place`]) and which one an
//! id means ([`search`]), whether a file survives being loaded ([`probe`]), loading one ([`loader`], [`registry`]), its
//! components as safe functions on tensors ([`instance`]). Whom the user trusts is in [`trust`], which files a run used in
//! [`lock`], what can be installed by name in [`index`].
//!
//! Nothing in the first three runs or maps a plugin: files are read as bytes, so that a broken or hostile file
//! can at worst be refused. Loading takes a [`PluginFile`] that was accepted; from there on nothing that a
//! plugin returns is believed before it was compared with its spec.

#[cfg(test)]
pub(crate) mod fixture;
pub mod index;
pub mod instance;
pub mod loader;
pub mod lock;
pub mod manifest;
pub mod place;
pub mod probe;
mod refusal;
pub mod registry;
pub mod search;
mod spec;
pub mod trust;

pub use instance::{ActionInstance, ComponentError, Creation, DatasetInstance, ModelInstance};
pub use loader::{LoadError, LoadedPlugin};
pub use lock::Lock;
pub use manifest::{HostVersion, PluginFile};
pub use place::{Environment, Origin, Place};
pub use probe::Prober;
pub use refusal::Refusal;
pub use registry::Registry;
pub use search::{Catalogue, FindError};
pub use trust::Policy;
