use super::component::Component;
use super::host::{HostApi, HostApiPointer, HostApiRef, Status};
use abi_stable::StableAbi;
use abi_stable::library::RootModule;
use abi_stable::package_version_strings;
use abi_stable::sabi_types::VersionStrings;
use abi_stable::std_types::{RSlice, RStr};
use abi_stable::type_layout::TypeLayout;
use std::ffi::c_void;

/// The root of a plugin written in Rust, found through abi_stable's library header. Frozen per major.
#[repr(C)]
#[derive(StableAbi)]
#[sabi(kind(Prefix(prefix_ref = PluginModuleRef)))]
#[sabi(missing_field(option))]
pub struct PluginModule {
    /// The layout of [`HostApi`] when the plugin was compiled, for the host's check that its own table
    /// offers at least that.
    pub host_api_layout: extern "C" fn() -> &'static TypeLayout,
    /// Connects the host and resolves every operator that the plugin names. Called once.
    pub init: extern "C" fn(HostApiPointer) -> Status,
    /// Everything the plugin offers.
    pub components: extern "C" fn() -> RSlice<'static, Component>,
    /// The default experiment, TOML; empty when there is none.
    pub experiment: extern "C" fn() -> RStr<'static>,
    /// A capability by name, or null: the way for additions within a major.
    #[sabi(last_prefix_field)]
    pub query: extern "C" fn(RStr<'_>) -> *const c_void,
}

impl RootModule for PluginModuleRef {
    abi_stable::declare_root_module_statics! {PluginModuleRef}
    const BASE_NAME: &'static str = "semola_plugin";
    const NAME: &'static str = "semola_plugin";
    const VERSION_STRINGS: VersionStrings = package_version_strings!();
}

/// The layout of this version's [`HostApi`].
pub extern "C" fn host_api_layout() -> &'static TypeLayout {
    <HostApiRef as StableAbi>::LAYOUT
}

/// Name of the C entry: `int32_t semola_plugin_v1(const HostApi*, CPlugin*)`. A plugin in another language
/// exports this one only; the host then relies on the manifest's version and on struct sizes.
pub const C_ENTRY_SYMBOL: &str = "semola_plugin_v1";

/// What the C entry fills in: the same registry as [`PluginModule`] leads to.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct CPlugin {
    /// In: `sizeof(CPlugin)` in the host. Out: in the plugin.
    pub struct_size: u32,
    /// Number of components.
    pub component_count: u32,
    /// The components, living as long as the process.
    pub components: *const Component,
    /// The default experiment, TOML; empty when there is none.
    pub experiment: RStr<'static>,
    /// A capability by name, or null. May itself be null.
    pub query: Option<extern "C" fn(RStr<'_>) -> *const c_void>,
}

/// The C entry's type.
pub type CEntry = unsafe extern "C" fn(*const HostApi, *mut CPlugin) -> Status;
