//! Plugins for the benchmark programs, from the directory that the program was built into.

use anyhow::Context;
use semola_host::plugins::{Catalogue, HostVersion, LoadedPlugin, Origin, Place};
use semola_host::torch::LIBTORCH_VERSION;
use semola_plugin_api::abi::{Component, Kind};

/// The plugins beside the running program.
///
/// # Errors
/// The program does not know where it is.
pub fn catalogue_beside_program() -> anyhow::Result<Catalogue> {
    let program = std::env::current_exe()?;
    let dir = program.parent().context("a program lies in a directory")?.to_owned();
    let place = Place { origin: Origin::BesideBinary, dir };
    Ok(Catalogue::scan(&[place], &HostVersion::current(LIBTORCH_VERSION)))
}

/// A component of one of them, loaded.
///
/// # Errors
/// There is no such plugin or component.
pub fn component(
    catalogue: &Catalogue,
    plugin: &str,
    kind: Kind,
    name: &str,
) -> anyhow::Result<(LoadedPlugin, Component)> {
    let plugin = LoadedPlugin::load_once(catalogue.find(plugin)?)?;
    let component = *plugin.component(kind, name).with_context(|| format!("no {} {name}", kind.name()))?;
    Ok((plugin, component))
}
