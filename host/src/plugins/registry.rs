//! Loaded plugins by id, and components by their full name "plugin/component".

use super::{Catalogue, LoadedPlugin};
use crate::config::{ComponentConfig, check_options};
use crate::exit::Coded;
use semola_plugin_api::abi::{Component, Kind};
use std::collections::BTreeMap;

/// The plugins of a run.
#[derive(Debug, Default)]
pub struct Registry {
    plugins: BTreeMap<String, LoadedPlugin>,
}

impl Registry {
    /// A plugin by id, loaded if it is not yet.
    ///
    /// # Errors
    /// No such plugin ([`super::FindError`]), or it was refused.
    pub fn plugin(&mut self, catalogue: &Catalogue, id: &str) -> anyhow::Result<&LoadedPlugin> {
        if !self.plugins.contains_key(id) {
            let plugin = LoadedPlugin::load_once(catalogue.find(id)?)?;
            self.plugins.insert(id.to_owned(), plugin);
        }
        Ok(&self.plugins[id])
    }

    /// A component by its full name.
    ///
    /// # Errors
    /// As [`Self::plugin`]; the plugin has no such component (the sentence lists those it has).
    pub fn component(
        &mut self,
        catalogue: &Catalogue,
        kind: Kind,
        config: &ComponentConfig,
    ) -> anyhow::Result<(LoadedPlugin, Component)> {
        let (id, name) = config.parts().ok_or_else(|| {
            Coded::usage(format!(
                "{}.component is \"{}\", expected \"plugin/component\"",
                kind.name(),
                config.component
            ))
        })?;
        let plugin = self.plugin(catalogue, id)?;
        let component = plugin.component(kind, name).ok_or_else(|| {
            let names = plugin.names(kind);
            let known = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
            Coded::usage(format!("plugin {id} has no {} named `{name}`; it has: {known}", kind.name()))
        })?;
        Ok((plugin.clone(), *component))
    }

    /// A component's options over its defaults.
    ///
    /// # Errors
    /// As [`Self::component`]; an unknown option, or one of the wrong type.
    pub fn options(
        &mut self,
        catalogue: &Catalogue,
        kind: Kind,
        config: &ComponentConfig,
    ) -> anyhow::Result<serde_json::Map<String, serde_json::Value>> {
        let (_, component) = self.component(catalogue, kind, config)?;
        let text = (component.default_options)();
        let defaults = serde_json::from_str(text.as_str()).map_err(|error| {
            Coded::refused(format!("the default options of {} do not parse: {error}", config.component))
        })?;
        Ok(check_options(&config.component, &config.options, &defaults)?)
    }

    /// All that were loaded.
    pub fn loaded(&self) -> impl Iterator<Item = &LoadedPlugin> {
        self.plugins.values()
    }
}
