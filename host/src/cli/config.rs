//! `config show`, `schema`, `diff`: the experiment that the options stand for, complete and re-runnable; what can be said in
//! one; how two differ.

use super::arguments::{CommonOptions, ExperimentOptions};
use super::prepare;
use crate::config::{Experiment, to_toml};
use crate::engine::Engine;
use crate::exit::Coded;
use crate::report::compare::settings;
use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};

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

/// Prints the JSON Schema of an experiment, for editors.
pub(super) fn schema(out: &mut dyn Write) -> anyhow::Result<()> {
    let schema = schemars::schema_for!(Experiment);
    Ok(writeln!(out, "{}", serde_json::to_string_pretty(&schema)?)?)
}

/// Prints the settings in which two experiments differ, files or runs.
pub(super) fn diff(
    first: &Path,
    second: &Path,
    common: &CommonOptions,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let read = |path: &Path| {
        let file: PathBuf = if path.is_dir() { path.join("config.toml") } else { path.to_owned() };
        settings(&file).map_err(|error| Coded::usage(format!("{error:#}")))
    };
    let (first, second) = (read(first)?, read(second)?);
    let keys: BTreeSet<&String> = first.keys().chain(second.keys()).collect();
    let differing = keys.into_iter().map(|key| (key, first.get(key), second.get(key)));
    let differing: Vec<_> = differing.filter(|(_, first, second)| first != second).collect();
    if common.json {
        let values =
            differing.iter().map(|(key, first, second)| ((*key).clone(), serde_json::json!([first, second])));
        let values: serde_json::Map<String, serde_json::Value> = values.collect();
        return Ok(writeln!(out, "{}", serde_json::to_string_pretty(&values)?)?);
    }
    let shown = |value: Option<&String>| value.map_or_else(|| "(not set)".to_owned(), Clone::clone);
    for (key, first, second) in differing {
        writeln!(out, "{key}: {} -> {}", shown(first), shown(second))?;
    }
    Ok(())
}
