//! The seam between the commands and what needs libtorch: loading plugins and training.

use crate::config::Experiment;
use crate::plugins::{Catalogue, HostVersion, PluginFile};
use crate::report::{RunDirectory, Summary};

/// What a run is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// Everything: verdict, joint training, evaluation.
    Train,
    /// Up to the verdict.
    Discover,
}

/// What the commands need of loader and trainer.
pub trait Engine {
    /// What plugins have to fit.
    fn host_version(&self) -> HostVersion;

    /// Loads a plugin and returns its default experiment, TOML; nothing if it has none.
    ///
    /// # Errors
    /// The plugin can't be loaded.
    fn default_experiment(&self, plugin: &PluginFile) -> anyhow::Result<Option<String>>;

    /// Loads the plugins of the components that an experiment names, checks the components' options and fills
    /// in the defaults. Called before there is a run directory, so that a mistake leaves none behind.
    ///
    /// # Errors
    /// A plugin can't be loaded, has no such component, or the component no such option.
    fn complete(&self, experiment: Experiment, catalogue: &Catalogue) -> anyhow::Result<Experiment>;

    /// Carries a completed experiment out. Metrics, checkpoints and the like go into the run directory; the
    /// caller writes the summary. No progress bar if `quiet`.
    ///
    /// # Errors
    /// The run failed or was interrupted ([`crate::exit::Interrupted`]).
    fn run(
        &self,
        task: Task,
        experiment: &Experiment,
        catalogue: &Catalogue,
        run: &RunDirectory,
        quiet: bool,
    ) -> anyhow::Result<Summary>;
}

/// An engine that can only look at plugin files: a build without libtorch.
#[derive(Clone, Copy, Debug)]
pub struct Unavailable;

impl Engine for Unavailable {
    fn host_version(&self) -> HostVersion {
        HostVersion::current("2.13.0")
    }

    fn default_experiment(&self, plugin: &PluginFile) -> anyhow::Result<Option<String>> {
        anyhow::bail!("cannot load plugin {}: this build has no libtorch", plugin.id)
    }

    fn complete(&self, _: Experiment, _: &Catalogue) -> anyhow::Result<Experiment> {
        anyhow::bail!("cannot load plugins: this build has no libtorch")
    }

    fn run(
        &self,
        _: Task,
        _: &Experiment,
        _: &Catalogue,
        _: &RunDirectory,
        _: bool,
    ) -> anyhow::Result<Summary> {
        anyhow::bail!("cannot train: this build has no libtorch")
    }
}
