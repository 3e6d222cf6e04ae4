//! `plugin …`: what can be said about plugins.

use super::CommonOptions;
use crate::contract::Depth;
use clap::{Subcommand, ValueEnum};
use std::path::PathBuf;

/// `plugin …`
#[derive(Debug, Subcommand)]
pub enum PluginCommand {
    /// List every plugin that is found, and every file that was refused, with the reason
    ///
    /// Files are read, not loaded: no code of a plugin runs.
    List {
        /// Options of every command.
        #[command(flatten)]
        common: CommonOptions,
    },
    /// Show what a plugin says of itself: version, vendor, licence, components, ABI
    ///
    /// The file is read, not loaded: no code of the plugin runs. Exit code 3 if this host would refuse it.
    #[command(after_long_help = "\
Examples:
  semola-host plugin inspect dynamics
  semola-host plugin inspect ./libsemola_plugin_mine.so --json")]
    Inspect {
        /// The plugin's name, or the path of its file (with a `/` in it or ending in .so)
        #[arg(value_name = "NAME|FILE")]
        plugin: String,
        /// Options of every command.
        #[command(flatten)]
        common: CommonOptions,
    },
    /// Try a plugin: load it in a process of its own and test what its components must hold
    ///
    /// Data sets: declared shapes, the same under the same seed, splits that share nothing. Models: shapes, seed,
    /// gradients for every parameter, evaluation that changes nothing and treats each sample on its own. Actions:
    /// identity, product, inverse, derivative in g. All: gradient mode and memory. What cannot be tried here (data that
    /// are not on this machine) is skipped and said. Exit code 3 if anything fails.
    #[command(after_long_help = "\
Examples:
  semola-host plugin check ./target/debug/libsemola_plugin_mine.so
  semola-host plugin check plugins/ --json | jq '.[].failed'")]
    Check {
        /// Names of plugins, their files, or directories with such files
        #[arg(value_name = "NAME|FILE|DIR", required = true)]
        plugins: Vec<PathBuf>,
        /// Seconds that a plugin may take
        #[arg(long, value_name = "SECONDS", default_value_t = 600, value_parser = clap::value_parser!(u64).range(1..))]
        time_limit: u64,
        /// Options of every command.
        #[command(flatten)]
        common: CommonOptions,
    },
    /// Write a crate for a plugin of your own, which builds and runs as it is
    ///
    /// The crate depends on semola-plugin-api alone and needs no libtorch. The same templates serve cargo-generate.
    #[command(after_long_help = "\
Examples:
  semola-host plugin new pendulum --kind modality
  cd pendulum && cargo build --release
  semola-host plugin check target/release/libpendulum.so
  semola-host --plugin target/release/libpendulum.so")]
    New {
        /// The plugin's name: lower-case letters, digits, '-' and '_', the first a letter
        name: String,
        /// What it offers
        #[arg(long)]
        kind: TemplateKind,
        /// Write the crate into this directory, which must not exist [default: NAME]
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
        /// Take semola-plugin-api from this directory
        /// [default: the checkout that this program was built in, else the registry]
        #[arg(long, value_name = "DIR")]
        api: Option<PathBuf>,
        /// Options of every command.
        #[command(flatten)]
        common: CommonOptions,
    },
    /// Copy a plugin into the directory of this user's plugins, after trying it
    ///
    /// A NAME is looked up in an index, a TOML file on disk. Nothing is fetched from the network unless you name a URL.
    /// The file has to be trusted, and is loaded once in a process of its own; what was installed before stays until
    /// then. Exit code 3 if it is refused.
    #[command(after_long_help = "\
Examples:
  semola-host plugin install target/release/libmine.so
  semola-host plugin install rings --index ~/plugins/index.toml
  semola-host plugin install https://example.org/librings.so --sha256 9f86d081...")]
    Install {
        /// A file (with a `/` in it or ending in .so), a name in the index, or a URL
        #[arg(value_name = "FILE|NAME|URL")]
        plugin: String,
        /// The index of names [default: $XDG_CONFIG_HOME/semola/index.toml]
        #[arg(long, value_name = "FILE")]
        index: Option<PathBuf>,
        /// Refuse any other file than the one with this sha256
        #[arg(long, value_name = "HEX")]
        sha256: Option<String>,
        /// Options of every command.
        #[command(flatten)]
        common: CommonOptions,
    },
    /// Take a plugin out of the directory of this user's plugins
    Remove {
        /// Its name
        id: String,
        /// Options of every command.
        #[command(flatten)]
        common: CommonOptions,
    },
    /// Load a plugin into this process and write down how far that goes (the child process of the others)
    #[command(hide = true)]
    Probe {
        /// The plugin's file
        file: PathBuf,
        /// Where to write, line by line
        #[arg(long)]
        report: PathBuf,
        /// How thoroughly
        #[arg(long)]
        depth: Depth,
        /// Options of every command.
        #[command(flatten)]
        common: CommonOptions,
    },
}

/// `--kind` of `plugin new`
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TemplateKind {
    /// A backbone
    Model,
    /// A data set
    Dataset,
    /// A group action
    Action,
    /// All three, made for each other
    Modality,
}
