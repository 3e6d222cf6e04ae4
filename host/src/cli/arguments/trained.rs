//! What `eval` and `predict` are told: a finished run, and other data for its model.

use clap::{Args, ValueEnum};
use semola_plugin_api::Split;
use std::path::PathBuf;

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
    /// Take what the run had learned at another of its checkpoints, by its name in checkpoints/: best, plain, oracle, …
    #[arg(long, value_name = "NAME", default_value = LAST)]
    pub checkpoint: String,
}

/// The checkpoint at the end of a run.
pub const LAST: &str = "last";

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
