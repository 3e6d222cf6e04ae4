//! Configuration of an experiment: what it says, where it comes from, whether it makes sense.
//!
//! [`experiment`] owns the structure ([`method`] the part about symmetry and objective), [`layers`] stacks the sources (plugin default < file < `--set`) and
//! refuses unknown keys, [`options`] checks the free options of a plugin's components against their
//! defaults, [`validation`] checks ranges. Nothing here loads a plugin or touches the file system beyond
//! reading the one file that it is given. Callers may rely on an [`Experiment`] that came out of
//! [`Layers::resolve`] having passed [`Experiment::validate`].

mod error;
pub mod experiment;
pub mod layers;
pub mod method;
mod nearest;
pub mod options;
pub mod validation;

pub use error::ConfigError;
pub use experiment::{Baseline, ComponentConfig, Evaluation, Experiment, Precision, Training};
pub use layers::{Layers, read_file, to_toml};
pub use method::{
    Auto, Distribution, Exponentials, Generators, Mode, Objective, Output, PaperWeights, Range, RangeRule,
    Start, Symmetry,
};
pub use options::check_options;
