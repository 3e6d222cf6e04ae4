//! Configuration of an experiment: what it says, where it comes from, whether it makes sense.
//!
//! [`experiment`] owns the structure, [`layers`] stacks the sources (plugin default < file < `--set`) and
//! refuses unknown keys, [`options`] checks the free options of a plugin's components against their
//! defaults, [`validation`] checks ranges. Nothing here loads a plugin or touches the file system beyond
//! reading the one file that it is given. Callers may rely on an [`Experiment`] that came out of
//! [`Layers::resolve`] having passed [`Experiment::validate`].

mod error;
pub mod experiment;
pub mod layers;
mod nearest;
pub mod options;
pub mod validation;

pub use error::ConfigError;
pub use experiment::{
    Auto, Baseline, ComponentConfig, Evaluation, Experiment, Generators, Objective, Symmetry, Training,
};
pub use layers::{Layers, read_file, to_toml};
pub use options::check_options;
