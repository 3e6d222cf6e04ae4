//! What a plugin's components must hold, tried on them: the work behind `plugin check`.
//!
//! Runs in a child process, because the plugin may take it down; every check is written down before it is begun and
//! after it has ended. The components are tried with what they would see in a run: the data of the plugin's default
//! experiment, else of its own data sets, else random data of several usual kinds.

mod action;
mod dataset;
mod leaks;
mod model;
mod stand_ins;

use crate::config::{ComponentConfig, Experiment, Layers};
use crate::data::{Data, Samples};
use crate::plugins::probe::{Line, Outcome};
use crate::plugins::{Catalogue, Creation, DatasetInstance, LoadedPlugin, PluginFile, Registry};
use semola_plugin_api::abi::{Component, Kind};
use semola_plugin_api::{Context, DataSpec};
use std::collections::BTreeSet;
use tch::Device;

/// What a check finds: the good news, or the bad.
type Finding = Result<String, String>;

/// Samples that a component is tried with.
const SAMPLES: i64 = 8;

/// Data to try a component with.
struct Sample {
    /// Whose data: "dataset zoo/grid", "random vectors".
    origin: String,
    spec: DataSpec,
    samples: Samples,
}

/// The checks of one plugin, in their order.
struct Suite<'a> {
    write: &'a mut dyn FnMut(Line),
    catalogue: &'a Catalogue,
    depth: Depth,
    registry: Registry,
    cache_dir: String,
}

/// How thoroughly a plugin is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub enum Depth {
    /// It is loaded, its models and actions are tried on random numbers: a matter of a second.
    Components,
    /// Its data sets are opened, and memory is watched over many calls.
    Contract,
}

/// Loads a plugin and tries its components; hands over a line whenever something was begun or ended.
pub fn run(
    file: &PluginFile,
    catalogue: &Catalogue,
    depth: Depth,
    cache_dir: String,
    write: &mut dyn FnMut(Line),
) {
    let mut suite = Suite { write, catalogue, depth, registry: Registry::default(), cache_dir };
    if let Some(plugin) = suite.load(file) {
        suite.try_plugin(&plugin);
    }
    (suite.write)(Line::Finished);
}

impl Suite<'_> {
    fn load(&mut self, file: &PluginFile) -> Option<LoadedPlugin> {
        let mut loaded = None;
        self.check("load", || {
            let plugin = LoadedPlugin::load_once(file).map_err(|error| error.reason)?;
            loaded = Some(plugin);
            Ok("every operator that it names is in this libtorch".into())
        });
        loaded
    }

    fn try_plugin(&mut self, plugin: &LoadedPlugin) {
        self.check("components", || components_match(plugin));
        let mut experiment = self.experiment(plugin);
        let mut samples = Vec::new();
        if self.depth < Depth::Contract {
            // Without the experiment's data its options need not suit.
            experiment = None;
        } else if let Some(experiment) = &experiment
            && experiment.dataset.parts().is_some_and(|(id, _)| id != plugin.file.id)
        {
            samples.extend(self.foreign_data(experiment));
        }
        let datasets = if self.depth < Depth::Contract { Vec::new() } else { of_kind(plugin, Kind::Dataset) };
        for component in datasets {
            let chosen = experiment.as_ref().map(|experiment| &experiment.dataset);
            let config = configured(plugin, component, chosen);
            samples.extend(dataset::check(self, plugin, component, &config));
        }
        if let Some(first) =
            experiment.as_ref().map(|experiment| format!("dataset {}", experiment.dataset.component))
        {
            samples.sort_by_key(|sample| sample.origin != first);
        }
        for component in of_kind(plugin, Kind::Action) {
            let chosen = experiment.as_ref().and_then(|experiment| experiment.action.as_ref());
            action::check(self, plugin, component, &configured(plugin, component, chosen), &samples);
        }
        samples.extend(stand_ins::all());
        for component in of_kind(plugin, Kind::Model) {
            let chosen = experiment.as_ref().map(|experiment| &experiment.model);
            model::check(self, plugin, component, &configured(plugin, component, chosen), &samples);
        }
    }

    /// The plugin's default experiment, checked as `train` would.
    fn experiment(&mut self, plugin: &LoadedPlugin) -> Option<Experiment> {
        let text = plugin.experiment()?;
        let mut found = None;
        self.check("default experiment", || {
            let layers =
                Layers { plugin: Some(&plugin.file.id), plugin_default: Some(text), ..Layers::default() };
            let experiment = layers.resolve().map_err(|error| error.to_string())?;
            experiment.require_components().map_err(|error| error.to_string())?;
            let what = format!("{} on {}", experiment.model.component, experiment.dataset.component);
            found = Some(experiment);
            Ok(what)
        });
        found
    }

    /// The data of another plugin that the default experiment names, if it is here.
    fn foreign_data(&mut self, experiment: &Experiment) -> Option<Sample> {
        let config = experiment.dataset.clone();
        let mut sample = None;
        self.attempt(&format!("data of {}", config.component), |suite| {
            let dataset = suite.open(&config, 1).map_err(|error| Outcome::Skipped(format!("{error:#}")))?;
            sample = Some(read_sample(&config.component, &dataset).map_err(Outcome::Skipped)?);
            Ok("opened".into())
        });
        sample
    }

    /// Opens a data set with this seed.
    fn open(&mut self, config: &ComponentConfig, seed: u64) -> anyhow::Result<DatasetInstance> {
        let options = self.registry.options(self.catalogue, Kind::Dataset, config)?;
        let (plugin, component) = self.registry.component(self.catalogue, Kind::Dataset, config)?;
        let context = Context { seed, cache_dir: self.cache_dir.clone() };
        Ok(DatasetInstance::create(&plugin, &component, Creation { options: &options, context: &context })?)
    }

    /// Carries a check out, writes down how it ended, and tells whether it passed.
    fn check(&mut self, name: &str, body: impl FnOnce() -> Finding) -> bool {
        self.attempt(name, |_| body().map_err(Outcome::Failed))
    }

    /// The same for a check that may also be skipped, and that needs the suite.
    fn attempt(&mut self, name: &str, body: impl FnOnce(&mut Self) -> Result<String, Outcome>) -> bool {
        (self.write)(Line::Begun { check: name.into() });
        let outcome = match body(self) {
            Ok(detail) => Outcome::Passed(detail),
            Err(outcome) => outcome,
        };
        let passed = matches!(outcome, Outcome::Passed(_));
        (self.write)(Line::Ended { check: name.into(), outcome });
        passed
    }
}

/// The options that the default experiment gives a component, else its own defaults.
fn configured(
    plugin: &LoadedPlugin,
    component: &Component,
    chosen: Option<&ComponentConfig>,
) -> ComponentConfig {
    let name = format!("{}/{}", plugin.file.id, component.name.as_str());
    match chosen {
        Some(chosen) if chosen.component == name => chosen.clone(),
        _ => ComponentConfig { component: name, ..ComponentConfig::default() },
    }
}

fn of_kind(plugin: &LoadedPlugin, kind: Kind) -> Vec<&Component> {
    plugin.names(kind).into_iter().filter_map(|name| plugin.component(kind, name)).collect()
}

/// The manifest, which is read without loading, must tell what the loaded plugin has.
fn components_match(plugin: &LoadedPlugin) -> Finding {
    let declared: BTreeSet<String> = plugin.file.components.iter().map(ToString::to_string).collect();
    let kinds = [Kind::Model, Kind::Dataset, Kind::Action];
    let found: BTreeSet<String> = kinds
        .iter()
        .flat_map(|&kind| plugin.names(kind).into_iter().map(move |name| format!("{} {name}", kind.name())))
        .collect();
    let known = declared.iter().filter(|name| !name.starts_with("kind "));
    if known.clone().eq(&found) {
        return Ok(format!("{} as in the manifest", found.len()));
    }
    let list = |names: &BTreeSet<String>| names.iter().cloned().collect::<Vec<_>>().join(", ");
    Err(format!("the manifest lists {}, the plugin has {}", list(&declared), list(&found)))
}

/// Some samples, scaled as in a run.
fn read_sample(component: &str, dataset: &DatasetInstance) -> Result<Sample, String> {
    let data = Data::load(dataset, Device::Cpu).map_err(|error| format!("{error:#}"))?;
    let samples = data.train.sample().first(SAMPLES);
    Ok(Sample { origin: format!("dataset {component}"), spec: data.spec, samples })
}

/// The largest difference between two tensors, over the largest entry of the second.
fn relative(found: &tch::Tensor, expected: &tch::Tensor) -> f64 {
    let largest = |tensor: &tch::Tensor| {
        if tensor.numel() == 0 {
            0.0
        } else {
            tensor.to_kind(tch::Kind::Double).abs().max().double_value(&[])
        }
    };
    let difference = largest(&(found.to_kind(tch::Kind::Double) - expected.to_kind(tch::Kind::Double)));
    if difference == 0.0 { 0.0 } else { difference / largest(expected).max(1e-6) }
}
