//! Everything that can be said on the command line; the help texts are the manual.
//!
//! The options are the same before and after the verb: `semola-host -v train` is `semola-host train -v`. They
//! are declared in both places and put together by `over`, because clap's own global arguments would let a
//! `--set` behind the verb silently replace one in front of it.

use crate::contract::Depth;
use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};
use semola_plugin_api::Split;
use std::path::{Path, PathBuf};

/// Find the continuous symmetries in a data set and train any model to respect them.
///
/// Models, data sets and group actions come from plugins. `semola-host --plugin NAME` runs the default
/// experiment of a plugin: it trains the model for a while, looks for the directions of a Lie algebra along
/// which the model is equivariant, decides how many there are, goes on training with augmentation by exactly
/// these, and reports what was found and how much it helped.
#[derive(Debug, Parser)]
#[command(name = "semola-host", version, arg_required_else_help = true, after_long_help = EXAMPLES)]
pub struct Cli {
    /// Options of every command.
    #[command(flatten)]
    pub common: CommonOptions,
    /// Options of an experiment, when they come before the verb or without one.
    #[command(flatten)]
    pub experiment: ExperimentOptions,
    /// The verb; `train` if there is none.
    #[command(subcommand)]
    pub command: Option<Command>,
}

const EXAMPLES: &str = "\
Examples:
  semola-host --plugin dynamics
      Find the symmetry of planetary orbits with the plugin's default experiment.
  semola-host discover --plugin dynamics --seed 3
      Only the verdict, without the training that follows it.
  semola-host --plugin dynamics --baselines --out runs/orbits
      Compare with the plain model and with the true group; keep everything in runs/orbits.
  semola-host discover --data my.npz
      Which symmetry is in your own arrays? my.toml says what they are; without it, the program proposes one.
  semola-host --plugin ./libmine.so --set training.steps=3000 --set model.width=256
      A plugin file by its path, with two settings changed.
  semola-host config show --plugin dynamics > my.toml
  semola-host --config my.toml
      Start an experiment of your own from the default one.

Plugins are looked for in --plugin-dir, $SEMOLA_PLUGIN_PATH, next to the program, in
$XDG_DATA_HOME/semola/plugins, in /usr/lib/semola/plugins and /usr/local/lib/semola/plugins.

Exit codes: 0 done, 1 the run failed, 2 command line or configuration, 3 plugin refused,
130 interrupted (a checkpoint was written).";

/// The verbs.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Find the symmetry and train with it (the default)
    ///
    /// Warm-up on the task alone, spectrum, verdict, joint training with the generators that were found,
    /// evaluation. Everything is written into a new run directory; the result is printed at the end.
    #[command(after_long_help = "\
Examples:
  semola-host train --plugin dynamics --baselines
  semola-host train --config my.toml --seed 7 --out runs/seven
  semola-host train --plugin dynamics --set dataset.noise=0.01 --json | jq .symmetry.verdict")]
    Train {
        /// Options of every command.
        #[command(flatten)]
        common: CommonOptions,
        /// Options of an experiment.
        #[command(flatten)]
        experiment: ExperimentOptions,
    },
    /// Tell the symmetry and stop there: warm-up, spectrum, verdict
    ///
    /// The quick answer. The steps of the warm-up are those that `train` with the same settings would take
    /// before its verdict, so both give the same one.
    #[command(after_long_help = "\
Examples:
  semola-host discover --plugin dynamics
  semola-host discover --data my.npz --spec my.toml
  semola-host discover --plugin dynamics --json | jq .symmetry.algebra.name")]
    Discover {
        /// Options of every command.
        #[command(flatten)]
        common: CommonOptions,
        /// Options of an experiment.
        #[command(flatten)]
        experiment: ExperimentOptions,
    },
    /// Go on with a run that was interrupted or killed, from its last checkpoint
    ///
    /// Everything is as it was: configuration, plugins (by their hashes), working directory, random numbers. On the CPU, with
    /// as many threads, the result is that of a run that was never interrupted, bit by bit. At most
    /// training.checkpoint_every steps are repeated. A run that has ended well is left alone, and its result printed.
    #[command(after_long_help = "\
Examples:
  semola-host resume runs/dynamics-20260101-120000-s0
  semola-host resume runs/orbits --json | jq .symmetry.verdict")]
    Resume {
        /// Its directory
        run: PathBuf,
        /// Options of every command.
        #[command(flatten)]
        common: CommonOptions,
    },
    /// Make the report of a finished run again: report.html, and its figures in plots/
    ///
    /// `train` and `discover` write it at their end. It is one page that needs no network, made of the files of the run
    /// directory alone: made again of the same files, it is the same. Each figure is also an SVG file in plots/ with its
    /// numbers beside it as CSV. A run that has not ended has none (exit code 2).
    #[command(after_long_help = "\
Examples:
  semola-host report runs/orbits
  semola-host report runs/orbits --json | jq -r '.plots[]'")]
    Report {
        /// The run directory
        #[arg(value_name = "RUN")]
        run: PathBuf,
        /// Options of every command.
        #[command(flatten)]
        common: CommonOptions,
    },
    /// Measure the model of a finished run anew, on other data perhaps
    ///
    /// Prints the metrics on the test splits; --json for programs. Data are scaled as the model's training data were.
    #[command(after_long_help = "\
Examples:
  semola-host eval runs/orbits
  semola-host eval runs/orbits --average 32
  semola-host eval runs/orbits --set dataset.noise=0.2 --json")]
    Eval {
        /// The run, its data and averages.
        #[command(flatten)]
        trained: TrainedOptions,
        /// Options of every command.
        #[command(flatten)]
        common: CommonOptions,
    },
    /// Write what the model of a finished run predicts
    ///
    /// For each target field an array NAME `[samples, shape]` in the data's own units (for labels: probabilities of the
    /// classes), and NAME.target, what the data say; NAME.input for each input field.
    #[command(after_long_help = "\
Examples:
  semola-host predict runs/orbits --out predictions.npz
  semola-host predict runs/orbits --split shifted --average 32 --out shifted.safetensors")]
    Predict {
        /// The run, its data and averages.
        #[command(flatten)]
        trained: TrainedOptions,
        /// Of which split
        #[arg(long, default_value = "test")]
        split: SplitName,
        /// Write them into this file, .npz or .safetensors, which must not exist
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// Options of every command.
        #[command(flatten)]
        common: CommonOptions,
    },
    /// Write what a finished run has found for use elsewhere: numpy, LaTeX, PyTorch, EMLP
    ///
    /// generators.npz and .json; generators.tex; weights.safetensors, the trained parameters under their own names with the
    /// units of the fields in the metadata; augment.py, which moves tensors by random elements of the group in PyTorch;
    /// emlp_group.py, the group for equivariant layers of EMLP.
    #[command(after_long_help = "\
Examples:
  semola-host export runs/orbits --out orbits-symmetry
  cd orbits-symmetry && python -c 'import torch, augment; print(augment.Augment()(torch.eye(2)))'")]
    Export {
        /// Its directory
        run: PathBuf,
        /// Write the files into this directory, which must not exist or be empty
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
        /// Options of every command.
        #[command(flatten)]
        common: CommonOptions,
    },
    /// Put finished runs side by side: an experiment a line, its seeds together
    ///
    /// Runs that differ in the seed alone are repetitions: figures are means over seeds with standard errors, and the model with
    /// the generators found is compared with the plain one seed by seed (paired t-test). Lines are named by the settings in which
    /// they differ.
    #[command(after_long_help = "\
Examples:
  semola-host compare runs/*
  semola-host compare runs/short-* runs/long-* --csv table.csv")]
    Compare {
        /// Their directories
        #[arg(value_name = "RUN", required = true)]
        runs: Vec<PathBuf>,
        /// Write the table into this file, too, which must not exist
        #[arg(long, value_name = "FILE")]
        csv: Option<PathBuf>,
        /// Options of every command.
        #[command(flatten)]
        common: CommonOptions,
    },
    /// Say what the program finds on this machine, and what to do about each problem
    ///
    /// libtorch, devices, threads, memory, plugins and why files are refused, room on the disk, imported data. Exit code 1 if
    /// there is a problem.
    #[command(after_long_help = "\
Examples:
  semola-host doctor
  semola-host doctor --json | jq -r '.[] | select(.state == \"problem\") | .remedy'")]
    Doctor {
        /// Options of every command.
        #[command(flatten)]
        common: CommonOptions,
    },
    /// Print the completions of a shell
    #[command(after_long_help = "\
Examples:
  semola-host completions bash > ~/.local/share/bash-completion/completions/semola-host
  semola-host completions fish > ~/.config/fish/completions/semola-host.fish")]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
        /// Options of every command.
        #[command(flatten)]
        common: CommonOptions,
    },
    /// Write man pages, one for each verb
    #[command(after_long_help = "\
Examples:
  semola-host man --out ~/.local/share/man/man1")]
    Man {
        /// Into this directory
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
        /// Options of every command.
        #[command(flatten)]
        common: CommonOptions,
    },
    /// List plugins and look into them
    #[command(arg_required_else_help = true)]
    Plugin {
        /// What to do.
        #[command(subcommand)]
        command: PluginCommand,
    },
    /// Show the configuration
    #[command(arg_required_else_help = true)]
    Config {
        /// What to do.
        #[command(subcommand)]
        command: ConfigCommand,
    },
}

/// A finished run, and what its model is given.
#[derive(Args, Clone, Debug)]
pub struct TrainedOptions {
    /// The run's directory
    pub run: PathBuf,
    /// Give it these arrays instead, of the same fields (a run of the plugin tensors)
    #[arg(long, value_name = "FILE")]
    pub data: Option<PathBuf>,
    /// Change an option of the data set, as in `dataset.noise=0.2`; may be repeated
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub sets: Vec<String>,
    /// Average predictions over so many elements of the group that was found; 0: none [default: as in the run]
    #[arg(long, value_name = "N")]
    pub average: Option<u64>,
}

/// `--split`
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SplitName {
    /// What it was trained on
    Train,
    /// Held out for decisions
    Validation,
    /// Held out for figures
    Test,
    /// Test data moved by the whole group
    Shifted,
}

impl From<SplitName> for Split {
    fn from(name: SplitName) -> Self {
        match name {
            SplitName::Train => Self::Train,
            SplitName::Validation => Self::Validation,
            SplitName::Test => Self::Test,
            SplitName::Shifted => Self::Shifted,
        }
    }
}

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

/// Options of every command.
#[derive(Args, Clone, Debug, Default, PartialEq)]
pub struct CommonOptions {
    /// Look for plugins in DIR before anywhere else; may be repeated
    #[arg(long, value_name = "DIR", help_heading = "Plugins")]
    pub plugin_dir: Vec<PathBuf>,
    /// Print the result as JSON instead of text
    #[arg(long, help_heading = "Output")]
    pub json: bool,
    /// Say more on stderr: -v what is done, -vv in detail
    #[arg(short, long, action = ArgAction::Count, help_heading = "Output")]
    pub verbose: u8,
    /// Say nothing on stderr but errors; no progress bar
    #[arg(short, long, conflicts_with = "verbose", help_heading = "Output")]
    pub quiet: bool,
    /// How log lines on stderr look [default: text]
    #[arg(long, value_name = "FORMAT", help_heading = "Output")]
    pub log_format: Option<LogFormat>,
}

/// `--log-format`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// Options of an experiment.
#[derive(Args, Clone, Debug, Default, PartialEq)]
pub struct ExperimentOptions {
    /// Run the default experiment of this plugin
    ///
    /// A name is looked for in the search path (see --plugin-dir). A path (with a `/` in it, or ending in
    /// .so) is that file, whatever else has the same name.
    #[arg(long, value_name = "NAME|PATH", help_heading = "Experiment")]
    pub plugin: Option<String>,
    /// Take arrays of your own: an .npz, .safetensors, .csv or .parquet file, or a directory of .npy files
    ///
    /// Short for `--plugin tensors --set dataset.data=FILE`. Each array's part (input or target, vector or
    /// scalar) is told by a spec, see --spec. Where there is none yet, the arrays and shapes that were found
    /// are printed as one to fill in.
    #[arg(long, value_name = "FILE", help_heading = "Experiment")]
    pub data: Option<PathBuf>,
    /// What the arrays of --data are, in TOML [default: beside the data, ending in .toml]
    ///
    /// Short for `--set dataset.spec=FILE`. README.md of the plugin tensors shows every key.
    #[arg(long, value_name = "FILE", help_heading = "Experiment")]
    pub spec: Option<PathBuf>,
    /// Read the experiment from a TOML file, on top of the plugin's default
    #[arg(long, value_name = "FILE", help_heading = "Experiment")]
    pub config: Option<PathBuf>,
    /// Change one setting, on top of --config; may be repeated, the last one wins
    ///
    /// KEY is dotted, as in `training.steps=500`, `dataset.noise=0.1`, `symmetry.generators=auto`. VALUE is
    /// TOML; a bare word is taken as a string. `config show` prints every key.
    #[arg(long = "set", value_name = "KEY=VALUE", help_heading = "Experiment")]
    pub sets: Vec<String>,
    /// Write the run into this directory, which must not exist or be empty
    /// [default: runs/PLUGIN-DATE-TIME-sSEED]
    #[arg(long, value_name = "DIR", help_heading = "Experiment")]
    pub out: Option<PathBuf>,
    /// Seed of every random number of the run; the same seed gives the same result
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(..=i64::MAX as u64),
        help_heading = "Experiment")]
    pub seed: Option<u64>,
    /// Compute on cpu, cuda or cuda:N
    #[arg(long, value_name = "DEVICE", help_heading = "Experiment")]
    pub device: Option<String>,
    /// Use N threads on the CPU; 0: one a core
    #[arg(long, value_name = "N", help_heading = "Experiment")]
    pub threads: Option<u64>,
    /// Use no other plugin files than those that this plugins.lock (of an earlier run) names
    #[arg(long, value_name = "FILE", help_heading = "Experiment")]
    pub locked: Option<PathBuf>,
    /// Train these models too, to compare with
    ///
    /// `plain` is the same model without augmentation, `oracle` is the same model augmented with the group
    /// that the data set declares. Without a list: both.
    #[arg(long, value_name = "LIST", num_args = 0..=1, require_equals = true, value_delimiter = ',',
        default_missing_values = ["plain", "oracle"], help_heading = "Experiment")]
    pub baselines: Option<Vec<BaselineName>>,
}

/// `--baselines`
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum BaselineName {
    /// No augmentation.
    Plain,
    /// The known group.
    Oracle,
}

impl Cli {
    /// The options that decide about logging, wherever they stand.
    pub fn verbosity(&self) -> CommonOptions {
        match &self.command {
            None => self.common.clone(),
            Some(
                Command::Train { common, .. }
                | Command::Discover { common, .. }
                | Command::Resume { common, .. }
                | Command::Eval { common, .. }
                | Command::Predict { common, .. }
                | Command::Export { common, .. }
                | Command::Compare { common, .. }
                | Command::Doctor { common, .. }
                | Command::Completions { common, .. }
                | Command::Man { common, .. }
                | Command::Report { common, .. }
                | Command::Plugin {
                    command:
                        PluginCommand::List { common }
                        | PluginCommand::Inspect { common, .. }
                        | PluginCommand::Check { common, .. }
                        | PluginCommand::Install { common, .. }
                        | PluginCommand::New { common, .. }
                        | PluginCommand::Remove { common, .. }
                        | PluginCommand::Probe { common, .. },
                }
                | Command::Config {
                    command:
                        ConfigCommand::Show { common, .. }
                        | ConfigCommand::Schema { common }
                        | ConfigCommand::Diff { common, .. },
                },
            ) => common.clone().over(&self.common),
        }
    }
}

impl CommonOptions {
    /// These options (behind the verb) together with those in front of it.
    pub fn over(mut self, root: &Self) -> Self {
        self.plugin_dir.splice(0..0, root.plugin_dir.iter().cloned());
        Self {
            plugin_dir: self.plugin_dir,
            json: self.json || root.json,
            verbose: self.verbose.saturating_add(root.verbose),
            quiet: self.quiet || root.quiet,
            log_format: self.log_format.or(root.log_format),
        }
    }
}

impl ExperimentOptions {
    /// These options (behind the verb) together with those in front of it; where only one can hold, these.
    pub fn over(mut self, root: &Self) -> Self {
        self.sets.splice(0..0, root.sets.iter().cloned());
        Self {
            plugin: self.plugin.or_else(|| root.plugin.clone()),
            data: self.data.or_else(|| root.data.clone()),
            spec: self.spec.or_else(|| root.spec.clone()),
            config: self.config.or_else(|| root.config.clone()),
            sets: self.sets,
            out: self.out.or_else(|| root.out.clone()),
            seed: self.seed.or(root.seed),
            device: self.device.or_else(|| root.device.clone()),
            threads: self.threads.or(root.threads),
            locked: self.locked.or_else(|| root.locked.clone()),
            baselines: self.baselines.or_else(|| root.baselines.clone()),
        }
    }

    /// `--set` and the options that are short for one, those last: the more particular wins.
    pub fn all_sets(&self) -> Vec<String> {
        let mut sets = self.sets.clone();
        for (key, path) in [("data", &self.data), ("spec", &self.spec)] {
            // A path that is no text cannot be a setting: `prepare` refuses it.
            let path = path.as_deref().and_then(Path::to_str);
            sets.extend(path.map(|path| format!("dataset.{key}={}", toml::Value::from(path))));
        }
        sets.extend(self.seed.map(|seed| format!("seed={seed}")));
        sets.extend(self.threads.map(|threads| format!("threads={threads}")));
        sets.extend(
            self.device.as_ref().map(|device| format!("device={}", toml::Value::from(device.as_str()))),
        );
        if let Some(baselines) = &self.baselines {
            let names: Vec<String> =
                baselines.iter().map(|name| format!("{name:?}").to_lowercase()).collect();
            sets.push(format!("evaluation.baselines={}", toml::Value::from(names)));
        }
        sets
    }
}
