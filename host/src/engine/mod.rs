//! The seam between the commands and what needs libtorch: loading plugins and training.
//!
//! [`Engine`] is what the commands ask for; [`Libtorch`] is the one that does it, from an experiment to a
//! summary. Commands are tested with an engine that trains nothing.

mod evaluate;
mod libtorch;
mod orbits;
mod session;
mod shared;
mod summarise;
mod trained;

pub use libtorch::Libtorch;
pub use trained::{Answer, Request};

use crate::config::Experiment;
use crate::contract::Depth;
use crate::plugins::probe::{Line, Transcript, Verdict};
use crate::plugins::trust::Signed;
use crate::plugins::{Catalogue, HostVersion, LoadError, PluginFile};
use crate::report::live::Observers;
use crate::report::{RunDirectory, Summary};
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

/// What a run is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// Everything: verdict, joint training, evaluation.
    Train,
    /// Up to the verdict.
    Discover,
}

impl Task {
    /// The verb that asks for it.
    pub fn verb(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Discover => "discover",
        }
    }

    /// What a verb asks for.
    pub fn of_verb(verb: &str) -> Option<Self> {
        [Self::Train, Self::Discover].into_iter().find(|task| task.verb() == verb)
    }
}

/// What the commands need of loader and trainer.
pub trait Engine {
    /// What plugins have to fit.
    fn host_version(&self) -> HostVersion;

    /// Where models can compute: "cpu", "cuda:0".
    ///
    /// # Errors
    /// There is a library for GPUs, and it does not load.
    fn devices(&self) -> Result<Vec<String>, String>;

    /// `$XDG_CACHE_HOME/semola`, or below `~/.cache`; nothing where there is neither.
    fn cache_directory(&self) -> Option<PathBuf>;

    /// What was seen when the file was loaded before, on this machine, by this version of the host.
    fn known(&self, file: &PluginFile) -> Option<Verdict>;

    /// What of a signature stands beside the file.
    fn signature(&self, file: &PluginFile) -> Signed;

    /// Lets a plugin pass that the user trusts and that survives being loaded, which a child process tries unless it is
    /// known.
    ///
    /// # Errors
    /// It is not trusted, or took its process down.
    fn admit(&self, file: &PluginFile) -> Result<(), LoadError>;

    /// Runs the contract tests of a plugin in a child process: its verb `plugin probe`, with these options besides.
    ///
    /// # Errors
    /// There is no child process to be had.
    fn check(
        &self,
        file: &PluginFile,
        options: &[OsString],
        patience: Duration,
    ) -> std::io::Result<Transcript>;

    /// Loads a plugin into this process, which it may take down, and tries its components; hands over a line whenever something was begun or ended.
    fn probe(&self, file: &PluginFile, catalogue: &Catalogue, depth: Depth, write: &mut dyn FnMut(Line));

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

    /// Carries a completed experiment out. Checkpoints and the like go into the run directory, the course of training to
    /// the observers; the caller writes the summary.
    ///
    /// # Errors
    /// The run failed or was interrupted ([`crate::exit::Interrupted`]).
    fn run(
        &self,
        task: Task,
        experiment: &Experiment,
        catalogue: &Catalogue,
        run: &RunDirectory,
        observers: &Observers,
    ) -> anyhow::Result<Summary>;

    /// Lets the model of a finished run work again.
    ///
    /// # Errors
    /// The data are of another kind than those that it was trained on; its last checkpoint is missing, damaged, or of another
    /// model.
    fn ask(&self, request: &Request<'_>, catalogue: &Catalogue) -> anyhow::Result<Answer>;
}
