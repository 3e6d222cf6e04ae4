//! Loads a plugin whose manifest has been read: opens the library, checks the ABI's layout the right way
//! round, connects the host's vtable, lists the components.
//!
//! Libraries are never closed: thread-local destructors and tensors may outlive every use that is visible
//! here. Each file is opened once a process.
#![allow(unsafe_code)]

use super::PluginFile;
use super::probe::{Line, note};
use crate::torch;
use abi_stable::abi_stability::abi_checking::check_layout_compatibility;
use abi_stable::library::{RootModule, lib_header_from_path};
use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};
use semola_plugin_api::abi::{
    C_ENTRY_SYMBOL, CEntry, CPlugin, Component, HostApiPointer, Kind, PluginModuleRef, Status,
    host_api_layout,
};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

/// A plugin in the process.
#[derive(Clone)]
pub struct LoadedPlugin {
    /// What its manifest says.
    pub file: PluginFile,
    components: Vec<Component>,
    experiment: &'static str,
}

/// Why a plugin with a sound manifest was still refused. Exit code 3.
#[derive(Debug, thiserror::Error)]
#[error("plugin {id} ({}) was refused: {reason}", path.display())]
pub struct LoadError {
    /// The plugin.
    pub id: String,
    /// Its file.
    pub path: PathBuf,
    /// What happened, and what to do.
    pub reason: String,
}

impl LoadedPlugin {
    /// The plugin of this file, loaded the first time that it is asked for.
    ///
    /// # Errors
    /// The library cannot be opened, was built for another layout of the ABI, or names an operator that this
    /// libtorch does not have.
    pub fn load_once(file: &PluginFile) -> Result<Self, LoadError> {
        static LOADED: Mutex<BTreeMap<PathBuf, LoadedPlugin>> = Mutex::new(BTreeMap::new());
        let path = file.path.canonicalize().unwrap_or_else(|_| file.path.clone());
        let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(plugin) = loaded.get(&path) {
            return Ok(plugin.clone());
        }
        note(&Line::Begun { check: format!("loading of plugin {}", file.id) });
        let plugin = Self::load(file)?;
        loaded.insert(path, plugin.clone());
        Ok(plugin)
    }

    /// Code of the plugin runs from here on, with the rights of the user.
    fn load(file: &PluginFile) -> Result<Self, LoadError> {
        let refuse = |reason: String| LoadError { id: file.id.clone(), path: file.path.clone(), reason };
        if file.libtorch.is_some() {
            torch::admit_foreign_tensors();
        }
        // SAFETY: the file was checked to be a plugin of this ABI; running its initialisers is what loading means.
        let library = unsafe { Library::open(Some(&file.path), RTLD_NOW | RTLD_LOCAL) };
        let library = std::mem::ManuallyDrop::new(library.map_err(|error| refuse(unopened(&error)))?);
        let (components, experiment) =
            if file.has_rust_entry { rust_entry(file) } else { c_entry(&library) }.map_err(refuse)?;
        let components: Vec<Component> = components
            .iter()
            .filter(|component| Kind::from_number(component.kind).is_some())
            .copied()
            .collect();
        tracing::debug!(plugin = file.id, components = components.len(), "loaded");
        Ok(Self { file: file.clone(), components, experiment })
    }

    /// The default experiment, TOML, if the plugin has one.
    pub fn experiment(&self) -> Option<&'static str> {
        (!self.experiment.trim().is_empty()).then_some(self.experiment)
    }

    /// A component by kind and name.
    pub fn component(&self, kind: Kind, name: &str) -> Option<&Component> {
        self.components
            .iter()
            .find(|component| component.kind == kind as u32 && component.name.as_str() == name)
    }

    /// The names of all components of a kind.
    pub fn names(&self, kind: Kind) -> Vec<&str> {
        self.components
            .iter()
            .filter(|component| component.kind == kind as u32)
            .map(|c| c.name.as_str())
            .collect()
    }
}

type Registry = (&'static [Component], &'static str);

/// Through abi_stable's header, for plugins written in Rust.
fn rust_entry(file: &PluginFile) -> Result<Registry, String> {
    let rebuild = "build the plugin again with the plugin API of this host";
    let header = lib_header_from_path(&file.path)
        .map_err(|error| format!("it has no usable Rust entry ({}); {rebuild}", one_line(&error)))?;
    let module = header.init_root_module::<PluginModuleRef>().map_err(|error| {
        tracing::debug!("{error}");
        format!("its root module does not fit this host's ABI; {rebuild}")
    })?;
    // The plugin's view of the vtable is the interface, the host's is the implementation: an older plugin
    // expects less than a newer host offers.
    check_layout_compatibility((module.host_api_layout())(), host_api_layout()).map_err(|errors| {
        tracing::debug!("{errors}");
        format!("it expects functions that this host does not offer, or offers differently; {rebuild}")
    })?;
    started((module.init())(HostApiPointer(torch::host_api())))?;
    Ok(((module.components())().as_slice(), (module.experiment())().as_str()))
}

/// Through the C entry, for plugins in other languages.
fn c_entry(library: &Library) -> Result<Registry, String> {
    // SAFETY: the manifest promises a function of this type under this name.
    let entry = unsafe { library.get::<CEntry>(C_ENTRY_SYMBOL.as_bytes()) }.map_err(|_| {
        format!("its manifest promises the entry `{C_ENTRY_SYMBOL}`, which it does not export")
    })?;
    let mut plugin = CPlugin {
        struct_size: size_of::<CPlugin>() as u32,
        component_count: 0,
        components: std::ptr::null(),
        experiment: "".into(),
        query: None,
    };
    // SAFETY: a vtable that lives as long as the process, and a record of the size that it states.
    started(unsafe { entry(torch::host_api(), &mut plugin) })?;
    if plugin.components.is_null() || plugin.component_count == 0 {
        return Err("it exports no components".into());
    }
    // SAFETY: the plugin states that many components, which live as long as the process.
    let components =
        unsafe { std::slice::from_raw_parts(plugin.components, plugin.component_count as usize) };
    if components.iter().any(|component| (component.struct_size as usize) < size_of::<Component>()) {
        return Err(
            "its component records are shorter than this ABI's; build it with the current header".into()
        );
    }
    Ok((components, plugin.experiment.as_str()))
}

fn started(status: Status) -> Result<(), String> {
    if status >= 0 { Ok(()) } else { Err(format!("it could not start: {}", torch::last_error())) }
}

/// What the dynamic linker says stands behind libloading's own words.
fn unopened(error: &libloading::Error) -> String {
    let reason = std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string);
    format!("it cannot be mapped: {}", one_line(&reason))
}

/// abi_stable's errors are pages long; the first line with content says what happened.
fn one_line(error: &dyn std::fmt::Display) -> String {
    let text = error.to_string();
    text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("unknown reason").to_owned()
}

impl std::fmt::Debug for LoadedPlugin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LoadedPlugin").field("file", &self.file).finish_non_exhaustive()
    }
}

// Used for its associated constants only; named here so that the trait is in scope for `init_root_module`.
const _: &str = <PluginModuleRef as RootModule>::NAME;
