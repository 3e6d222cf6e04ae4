//! The plugins and components of one run, made when they are asked for.

use super::summarise;
use crate::config::Experiment;
use crate::data::{Data, stream_seed};
use crate::exit::Coded;
use crate::plugins::{
    ActionInstance, Catalogue, ComponentError, Creation, DatasetInstance, ModelInstance, Registry,
};
use crate::report::summary::PluginRecord;
use crate::torch::{self, ParameterStore};
use anyhow::Context as _;
use semola_plugin_api::abi::Kind;
use semola_plugin_api::{Context, DataSpec, Field};
use std::path::PathBuf;
use tch::Device;

/// The plugins and components of one run.
pub(super) struct Session<'a> {
    experiment: &'a Experiment,
    catalogue: &'a Catalogue,
    registry: Registry,
    pub(super) device: Device,
    pub(super) dataset: DatasetInstance,
}

impl<'a> Session<'a> {
    pub(super) fn open(experiment: &'a Experiment, catalogue: &'a Catalogue) -> anyhow::Result<Self> {
        let device = torch::parse_device(&experiment.device).map_err(Coded::usage)?;
        torch::set_threads(experiment.threads);
        torch::use_device(device);
        let mut registry = Registry::default();
        let config = &experiment.dataset;
        let options = registry.options(catalogue, Kind::Dataset, config)?;
        let (plugin, component) = registry.component(catalogue, Kind::Dataset, config)?;
        let context = Context { seed: stream_seed(experiment.seed, "dataset"), cache_dir: cache_dir_text() };
        let creation = Creation { options: &options, context: &context };
        let dataset = DatasetInstance::create(&plugin, &component, creation).map_err(unsuitable)?;
        Ok(Self { experiment, catalogue, registry, device, dataset })
    }

    /// A model with fresh parameters: the same ones for the same stream, whatever else the run has drawn.
    pub(super) fn model(&mut self, data: &Data, stream: &str) -> anyhow::Result<ModelInstance> {
        self.model_for(&data.spec, stream)
    }

    /// A model of the same kind that predicts plain numbers from the same inputs.
    pub(super) fn pose_model(&mut self, data: &Data, numbers: usize) -> anyhow::Result<ModelInstance> {
        let spec = DataSpec {
            targets: vec![Field::scalars("pose", numbers)],
            task: semola_plugin_api::Task::Regression,
            reference: None,
            ..data.spec.clone()
        };
        self.model_for(&spec, "poses").with_context(|| {
            format!(
                "to find symmetries of labelled data, model {} must also predict numbers (a regression of one scalar field), \
                 and it does not",
                self.experiment.model.component
            )
        })
    }

    fn model_for(&mut self, spec: &DataSpec, stream: &str) -> anyhow::Result<ModelInstance> {
        let config = &self.experiment.model;
        let options = self.registry.options(self.catalogue, Kind::Model, config)?;
        let (plugin, component) = self.registry.component(self.catalogue, Kind::Model, config)?;
        let seed = stream_seed(self.experiment.seed, stream);
        tch::manual_seed(seed as i64);
        let context = Context { seed, cache_dir: String::new() };
        let creation = Creation { options: &options, context: &context };
        let parameters = ParameterStore::new(self.device);
        Ok(ModelInstance::create(&plugin, &component, creation, spec, parameters).map_err(unsuitable)?)
    }

    pub(super) fn action(&mut self, data: &Data) -> anyhow::Result<Option<ActionInstance>> {
        let Some(config) = &self.experiment.action else {
            return Ok(None);
        };
        let options = self.registry.options(self.catalogue, Kind::Action, config)?;
        let (plugin, component) = self.registry.component(self.catalogue, Kind::Action, config)?;
        let context = Context::default();
        let creation = Creation { options: &options, context: &context };
        Ok(Some(ActionInstance::create(&plugin, &component, creation, &data.spec).map_err(unsuitable)?))
    }

    pub(super) fn records(&self) -> Vec<PluginRecord> {
        self.registry.loaded().map(|plugin| summarise::record(&plugin.file)).collect()
    }
}

/// A component that cannot be made has been given options or data that do not suit it.
fn unsuitable(error: ComponentError) -> Coded {
    Coded::usage(error.to_string())
}

/// `$XDG_CACHE_HOME/semola`, or below `~/.cache`.
pub(super) fn cache_dir() -> Option<PathBuf> {
    let from = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let base = from("XDG_CACHE_HOME").or_else(|| Some(from("HOME")?.join(".cache")))?;
    Some(base.join("semola"))
}

/// The same as plugins are told it; empty where there is none.
pub(super) fn cache_dir_text() -> String {
    cache_dir().map(|dir| dir.display().to_string()).unwrap_or_default()
}
