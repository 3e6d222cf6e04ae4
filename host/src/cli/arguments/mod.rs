//! Everything that can be said on the command line; the help texts are the manual.
//!
//! The options are the same before and after the verb: `semola-host -v train` is `semola-host train -v`. They
//! are declared in both places and put together by `over`, because clap's own global arguments would let a
//! `--set` behind the verb silently replace one in front of it.

mod config;
mod experiment;
mod plugin;
mod sweep;
mod trained;
mod view;

pub use config::ConfigCommand;
pub use experiment::{BaselineName, ExperimentOptions};
pub use plugin::{PluginCommand, TemplateKind};
pub use sweep::{LauncherName, MethodName, SweepOptions};
pub use trained::{LAST, SplitName, TrainedOptions};
pub use view::ViewOptions;

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

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
    /// How a run is shown, likewise.
    #[command(flatten)]
    pub view: ViewOptions,
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
  semola-host train --plugin dynamics --watch
  semola-host train --plugin dynamics --set dataset.noise=0.01 --json | jq .symmetry.verdict")]
    Train(RunOptions),
    /// Tell the symmetry and stop there: warm-up, spectrum, verdict
    ///
    /// The quick answer. The steps of the warm-up are those that `train` with the same settings would take
    /// before its verdict, so both give the same one.
    #[command(after_long_help = "\
Examples:
  semola-host discover --plugin dynamics
  semola-host discover --data my.npz --spec my.toml
  semola-host discover --plugin dynamics --json | jq .symmetry.algebra.name")]
    Discover(RunOptions),
    /// Go on with a run that was interrupted or killed, from its last checkpoint
    ///
    /// Everything is as it was: configuration, plugins (by their hashes), working directory, random numbers. On the CPU, with
    /// as many threads, the result is that of a run that was never interrupted, bit by bit. At most
    /// training.checkpoint_every steps are repeated. A run that has ended well is left alone, and its result printed.
    #[command(after_long_help = "\
Examples:
  semola-host resume runs/dynamics-20260101-120000-s0
  semola-host resume runs/orbits --watch
  semola-host resume runs/orbits --json | jq .symmetry.verdict")]
    Resume {
        /// Its directory
        run: PathBuf,
        /// Options of every command.
        #[command(flatten)]
        common: CommonOptions,
        /// How the run is shown.
        #[command(flatten)]
        view: ViewOptions,
    },
    /// Make the report of a finished run again: report.html, and its figures in plots/
    ///
    /// `train` and `discover` write it at their end. It is one page that needs no network, made of the files of the run
    /// directory alone: made again of the same files, it is the same. Each figure is also in plots/, as SVG and PNG
    /// with its numbers as CSV. A run that has not ended has none (exit code 2).
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
        /// Export the weights of another of its checkpoints, by its name in checkpoints/: best, plain, oracle, …
        #[arg(long, value_name = "NAME", default_value = LAST)]
        checkpoint: String,
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
  semola-host compare runs/short-* runs/long-* --csv table.csv --html table.html")]
    Compare {
        /// Their directories
        #[arg(value_name = "RUN", required = true)]
        runs: Vec<PathBuf>,
        /// Write the table into this file, too, which must not exist
        #[arg(long, value_name = "FILE")]
        csv: Option<PathBuf>,
        /// Write a page with figures into this file, too, which must not exist
        #[arg(long, value_name = "FILE")]
        html: Option<PathBuf>,
        /// Options of every command.
        #[command(flatten)]
        common: CommonOptions,
    },
    /// Run an experiment many times with some of its settings varied, and rank the results
    ///
    /// Each trial is a run of `train` in a directory of its own, OUT/trials/NNNN, which every other verb takes. The table has
    /// the best trial first, with its verdict; sweep.json and trials.csv in OUT have all of them, whatever happens. The same seed
    /// gives the same trials (tpe: with one job). Ctrl-C ends it with checkpoints; --resume goes on from there, after a crash
    /// too. A trial that fails is noted with its reason, and the sweep goes on.
    #[command(after_long_help = "\
Examples:
  semola-host sweep --plugin dynamics --vary 'model.width=[32, 64]' --vary 'model.depth=[2, 3]'
      Every combination of listed values.
  semola-host sweep --config my.toml --vary 'training.learning_rate=1e-4..1e-2 log' --halving
      Values where results were good so far; trials that fall behind are stopped.
  semola-host sweep --plugin dynamics --vary 'model.depth=1..5' --trials 8 --seeds 3 --jobs 2
      Eight trials, each with three seeds, two runs at a time.
  semola-host sweep --resume runs/rates --trials 60
      Go on, to sixty trials in all.
  semola-host compare runs/rates/trials/*")]
    Sweep {
        /// Options of every command.
        #[command(flatten)]
        common: CommonOptions,
        /// What varies.
        #[command(flatten)]
        sweep: SweepOptions,
        /// Options of an experiment.
        #[command(flatten)]
        experiment: Box<ExperimentOptions>,
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

/// What a verb is given that begins a run.
#[derive(Args, Clone, Debug)]
pub struct RunOptions {
    /// Options of every command.
    #[command(flatten)]
    pub common: CommonOptions,
    /// Options of an experiment.
    #[command(flatten)]
    pub experiment: ExperimentOptions,
    /// How the run is shown.
    #[command(flatten)]
    pub view: ViewOptions,
}

impl Cli {
    /// The options that decide about logging, wherever they stand.
    pub fn verbosity(&self) -> CommonOptions {
        match &self.command {
            None => self.common.clone(),
            Some(
                Command::Train(RunOptions { common, .. })
                | Command::Discover(RunOptions { common, .. })
                | Command::Resume { common, .. }
                | Command::Eval { common, .. }
                | Command::Predict { common, .. }
                | Command::Export { common, .. }
                | Command::Compare { common, .. }
                | Command::Sweep { common, .. }
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

impl Cli {
    /// How a run is shown, wherever that stands.
    pub fn view(&self) -> ViewOptions {
        match &self.command {
            Some(
                Command::Train(RunOptions { view, .. })
                | Command::Discover(RunOptions { view, .. })
                | Command::Resume { view, .. },
            ) => view.over(self.view),
            _ => self.view,
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
