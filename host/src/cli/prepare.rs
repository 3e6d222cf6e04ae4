//! From options to an experiment and the plugins that there are: shared by every verb that has an experiment.

use super::arguments::ExperimentOptions;
use crate::config::{Experiment, Layers, read_file};
use crate::engine::Engine;
use crate::exit::Coded;
use crate::plugins::search::is_path;
use crate::plugins::{Catalogue, Environment, Lock};
use std::path::{Path, PathBuf};

/// The plugin that `--data` is short for.
const OWN_DATA: &str = "tensors";

/// Searches for plugins, in these directories first.
pub(super) fn catalogue(plugin_dir: &[PathBuf], engine: &dyn Engine) -> Catalogue {
    let places = Environment::current().places(plugin_dir);
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
    let own_data = own_data(options)?;
    let named = layers.peek_plugin()?.or_else(|| own_data.then(|| OWN_DATA.to_owned()));
    let plugin = match named {
        Some(path) if is_path(&path) => Some(catalogue.add(Path::new(&path))?.id.clone()),
        other => other,
    };
    if let (true, Some(other)) = (own_data, plugin.as_deref().filter(|&id| id != OWN_DATA)) {
        return Err(Coded::usage(format!(
            "--data is read by the plugin {OWN_DATA}, and the plugin {other} was chosen; leave out one of the two"
        ))
        .into());
    }
    let plugin_default = match &plugin {
        Some(id) => engine.default_experiment(catalogue.find(id)?)?,
        None => None,
    };
    let layers = Layers { plugin: plugin.as_deref(), plugin_default: plugin_default.as_deref(), ..layers };
    let experiment = layers.resolve()?;
    match experiment.dataset.parts() {
        Some((other, component)) if own_data && other != OWN_DATA => Err(Coded::usage(format!(
            "--data is read by the plugin {OWN_DATA}, and the configuration chose the data set {other}/{component}; \
             leave out one of the two"
        ))
        .into()),
        _ => Ok(experiment),
    }
}

/// Whether the data come with `--data`.
fn own_data(options: &ExperimentOptions) -> Result<bool, Coded> {
    for (name, path) in [("--data", &options.data), ("--spec", &options.spec)] {
        if let Some(path) = path.as_ref().filter(|path| path.to_str().is_none()) {
            return Err(Coded::usage(format!(
                "{name} is {path:?}, expected a path in UTF-8; rename the file"
            )));
        }
    }
    match (&options.data, &options.spec) {
        (None, Some(spec)) => Err(Coded::usage(format!(
            "--spec {} says what the arrays of --data are, and there is no --data; add --data FILE",
            spec.display()
        ))),
        (data, _) => Ok(data.is_some()),
    }
}

/// The files of the experiment's plugins, which must be those of the lock file, if there is one.
pub(super) fn lock(
    experiment: &Experiment,
    catalogue: &Catalogue,
    locked: Option<&Path>,
) -> anyhow::Result<Lock> {
    let components = [Some(&experiment.dataset), Some(&experiment.model), experiment.action.as_ref()];
    let ids = components.into_iter().flatten().filter_map(|component| component.parts());
    let now = Lock::of(ids.map(|(id, _)| id), catalogue)?;
    if let Some(path) = locked
        && let Some(difference) = Lock::read(path).map_err(Coded::usage)?.differs(&now, path)
    {
        return Err(Coded::refused(difference).into());
    }
    Ok(now)
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
