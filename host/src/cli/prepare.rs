//! From options to an experiment and the plugins that there are: shared by every verb that has an experiment.

use super::arguments::{CommonOptions, ExperimentOptions};
use crate::config::{Experiment, Layers, read_file};
use crate::engine::Engine;
use crate::plugins::search::is_path;
use crate::plugins::{Catalogue, Environment};
use std::path::Path;

/// Searches for plugins.
pub(super) fn catalogue(common: &CommonOptions, engine: &dyn Engine) -> Catalogue {
    let places = Environment::current().places(&common.plugin_dir);
    Catalogue::scan(&places, &engine.host_version())
}

/// Resolves the experiment. Its components' options are as they were written, see [`Engine::complete`].
pub(super) fn experiment(
    options: &ExperimentOptions,
    catalogue: &mut Catalogue,
    engine: &dyn Engine,
) -> anyhow::Result<Experiment> {
    let text = options.config.as_deref().map(read_file).transpose()?;
    let sets = options.all_sets();
    let layers = Layers {
        plugin: options.plugin.as_deref(),
        plugin_default: None,
        file: options.config.as_deref().zip(text.as_deref()),
        sets: &sets,
    };
    let plugin = match layers.peek_plugin()? {
        Some(path) if is_path(&path) => Some(catalogue.add(Path::new(&path))?.id.clone()),
        other => other,
    };
    let plugin_default = match &plugin {
        Some(id) => engine.default_experiment(catalogue.find(id)?)?,
        None => None,
    };
    let layers = Layers { plugin: plugin.as_deref(), plugin_default: plugin_default.as_deref(), ..layers };
    Ok(layers.resolve()?)
}

/// Checks that the plugins of all components are there.
pub(super) fn require_plugins(experiment: &Experiment, catalogue: &Catalogue) -> anyhow::Result<()> {
    experiment.require_components()?;
    for component in [Some(&experiment.dataset), Some(&experiment.model), experiment.action.as_ref()] {
        if let Some((plugin, _)) = component.and_then(|component| component.parts()) {
            catalogue.find(plugin)?;
        }
    }
    Ok(())
}
