//! `config …`: what can be said about configurations.

use super::{CommonOptions, ExperimentOptions};
use clap::Subcommand;
use std::path::PathBuf;

/// `config …`
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Print the complete experiment that these options stand for, as a file for --config
    ///
    /// Built-in defaults, the plugin's default experiment, --config and --set are stacked in that order. The
    /// options of the components are shown with their defaults.
    #[command(after_long_help = "\
Examples:
  semola-host config show --plugin dynamics
  semola-host config show --plugin dynamics --set training.steps=3000 > my.toml")]
    Show {
        /// Options of every command.
        #[command(flatten)]
        common: CommonOptions,
        /// Options of an experiment.
        #[command(flatten)]
        experiment: ExperimentOptions,
    },
    /// Print the JSON Schema of an experiment, with which editors complete and check it
    ///
    /// Options of components are in it as any key: each plugin has its own, see `config show`.
    #[command(after_long_help = "\
Examples:
  semola-host config schema > experiment.schema.json
      Then begin a file with the line `#:schema ./experiment.schema.json` (taplo, Even Better TOML).")]
    Schema {
        /// Options of every command.
        #[command(flatten)]
        common: CommonOptions,
    },
    /// Print the settings in which two experiments differ
    #[command(after_long_help = "\
Examples:
  semola-host config diff runs/short runs/long
  semola-host config diff my.toml runs/orbits")]
    Diff {
        /// A configuration file, or a run's directory
        #[arg(value_name = "FILE|RUN")]
        first: PathBuf,
        /// Another one
        #[arg(value_name = "FILE|RUN")]
        second: PathBuf,
        /// Options of every command.
        #[command(flatten)]
        common: CommonOptions,
    },
}
