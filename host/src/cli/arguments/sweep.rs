//! What `sweep` is told: what varies, how values are chosen, by what trials are ranked.

use crate::sweep::{Method, Metric};
use clap::{Args, ValueEnum};
use std::ffi::OsString;
use std::path::PathBuf;

/// A sweep.
#[derive(Args, Clone, Debug, Default)]
pub struct SweepOptions {
    /// Vary one setting, over a list `[A, B, …]` or a range `LOW..HIGH log in N`, whose words are optional; may be repeated
    ///
    /// KEY is dotted, as for --set. `log` makes equal factors equally likely. `in N` takes N evenly spaced values, which the
    /// grid needs. Quote it: shells read spaces and brackets.
    #[arg(long = "vary", value_name = "KEY=VALUES", help_heading = "Sweep")]
    pub vary: Vec<String>,
    /// How values are chosen [default: grid if each --vary lists its values, otherwise tpe]
    #[arg(long, value_name = "METHOD", help_heading = "Sweep")]
    pub method: Option<MethodName>,
    /// Run N trials [default: 20; for the grid all]. With --resume: as many in all
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000), help_heading = "Sweep")]
    pub trials: Option<u32>,
    /// Run N at a time; with more than one, each on one thread unless the experiment says how many [default: 1]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1024), help_heading = "Sweep")]
    pub jobs: Option<u32>,
    /// Start runs by this [default: local]
    ///
    /// `slurm`: each as a step of the allocation that the sweep runs in, on whichever of its machines has room (give as many
    /// --jobs as fit); `mpi`: each by mpirun. All machines see the sweep's directory under the same path.
    #[arg(long, value_name = "LAUNCHER", help_heading = "Sweep")]
    pub launcher: Option<LauncherName>,
    /// Train each run in N processes, with --launcher slurm or mpi and a program that has MPI [default: 1]
    #[arg(long, value_name = "N", requires = "launcher", value_parser = clap::value_parser!(u32).range(1..=65_536),
        help_heading = "Sweep")]
    pub ranks: Option<u32>,
    /// Repeat each trial with N seeds and rank it by the mean [default: 1]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000), help_heading = "Sweep")]
    pub seeds: Option<u32>,
    /// Rank trials by this figure of summary.json [default: validation]
    ///
    /// validation, test or shifted, alone (the main figure) or with .rmse, .loss, .accuracy or .auc behind it;
    /// equivariance_error; lie_derivative. Accuracy and auc are maximised, the others minimised. Who picks the best of many by
    /// test data has fitted them: leave those for the one that was picked.
    #[arg(long, value_name = "FIGURE", help_heading = "Sweep")]
    pub metric: Option<Metric>,
    /// Stop trials that fall behind: at 1/F² and 1/F of its steps, one of F trials goes on [F: 3]
    ///
    /// Asynchronous successive halving, by the task loss on training batches. A trial that was stopped keeps its checkpoint.
    #[arg(long, value_name = "F", num_args = 0..=1, require_equals = true, default_missing_value = "3",
        value_parser = clap::value_parser!(u32).range(2..=100), help_heading = "Sweep")]
    pub halving: Option<u32>,
    /// Go on with the sweep in this directory: options of the experiment and its space are as they were
    #[arg(long, value_name = "DIR", conflicts_with_all = ["vary", "method", "seeds", "metric", "halving"],
        help_heading = "Sweep")]
    pub resume: Option<PathBuf>,
}

impl SweepOptions {
    /// The command that starts a run, in front of the program.
    pub fn prefix(&self) -> Vec<OsString> {
        let ranks = self.ranks.unwrap_or(1);
        let words = match self.launcher.unwrap_or_default() {
            LauncherName::Local => String::new(),
            // Steps share the allocation's processors, each its own.
            LauncherName::Slurm => format!("srun --quiet --exact --ntasks={ranks}"),
            LauncherName::Mpi => format!("mpirun -n {ranks}"),
        };
        words.split_whitespace().map(OsString::from).collect()
    }
}

/// `--launcher`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum LauncherName {
    /// Child processes on this machine
    #[default]
    Local,
    /// Steps of the Slurm allocation
    Slurm,
    /// mpirun
    Mpi,
}

/// `--method`
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum MethodName {
    /// Every combination of the values listed
    Grid,
    /// Independent draws, uniform on each scale
    Random,
    /// Draws where results were good so far (tree of Parzen estimators), after ten random ones
    Tpe,
}

impl From<MethodName> for Method {
    fn from(name: MethodName) -> Self {
        match name {
            MethodName::Grid => Self::Grid,
            MethodName::Random => Self::Random,
            MethodName::Tpe => Self::Tpe,
        }
    }
}
