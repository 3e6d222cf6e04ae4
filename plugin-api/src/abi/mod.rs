//! The frozen surface between host and plugins: ABI major 1.
//!
//! Everything here crosses the boundary between two separately compiled binaries, so every type is
//! `repr(C)` or `repr(transparent)`, described in C terms (sizes, pointers, status codes), and its
//! layout may only change as the policy allows: [`HostApi`] grows at its end (a new minor), the plugin's
//! root module never changes within a major, and new capabilities of a plugin are reached through
//! [`PluginModule::query`]. Nothing that crosses is gated on a cargo feature: feature unification would change
//! a layout silently. The feature `tch` adds conversions within a plugin that links libtorch, nothing else.
//!
//! Authors of plugins never need this module: they use [`crate::Tensor`], [`crate::nn`] and the traits.
//! It is the only place of this crate that holds `unsafe` code.
#![allow(unsafe_code)]

mod component;
mod export;
#[cfg(test)]
mod frozen;
mod handle;
mod host;
#[cfg(feature = "tch")]
mod linked;
mod manifest;
mod module;
mod value;

pub use component::{
    ActionVtable, BlockDatasetVtable, Component, CreateArgs, DatasetVtable, Extent, Kind, ModelVtable, Object,
};
pub use export::{ActionAdapter, DatasetAdapter, ModelAdapter, start_plugin};
pub use handle::{Handle, Raw};
pub use host::{HostApi, HostApiPointer, HostApiRef, Init, OpId, ParamScope, Status, TensorMeta, dtype};
#[cfg(feature = "tch")]
pub use linked::LIBTORCH_VERSION;
pub use manifest::{ComponentEntry, MAGIC, MANIFEST_SECTION, MAX_COMPONENTS, Manifest, ManifestInfo};
pub use module::{C_ENTRY_SYMBOL, CEntry, CPlugin, PluginModule, PluginModuleRef, host_api_layout};
pub use value::{Value, tag};

pub(crate) use host::{OpCellAbi, calls};

/// ABI major: a host loads only plugins of its own major.
pub const ABI_MAJOR: u16 = 1;
/// ABI minor: counts the additions at the end of [`HostApi`].
pub const ABI_MINOR: u16 = 0;
