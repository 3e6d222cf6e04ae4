//! `config show`: the experiment that the options stand for, complete and re-runnable.

use super::arguments::{CommonOptions, ExperimentOptions};
use super::prepare;
use crate::config::to_toml;
use crate::engine::Engine;
use std::io::Write;

/// Prints the experiment as TOML, or as JSON with `--json`. Options of components are completed once there is
/// a data set and a model; before that there is nothing to complete.
pub(super) fn show(
    common: &CommonOptions,
    options: &ExperimentOptions,
    engine: &dyn Engine,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let mut catalogue = prepare::catalogue(&common.plugin_dir, engine);
    let mut experiment = prepare::experiment(options, &mut catalogue, engine)?;
    if experiment.require_components().is_ok() {
        prepare::require_plugins(&experiment, &catalogue)?;
        experiment = engine.complete(experiment, &catalogue)?;
    }
    if common.json {
        writeln!(out, "{}", serde_json::to_string_pretty(&experiment)?)?;
    } else {
        write!(out, "{}", to_toml(&experiment))?;
    }
    Ok(())
}
