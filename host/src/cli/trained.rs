//! `eval` and `predict`: the model of a finished run at work again.

use super::arguments::{CommonOptions, ExperimentOptions, TrainedOptions};
use super::prepare;
use crate::config::Experiment;
use crate::engine::{Answer, Engine, Request, Task};
use crate::exit::Coded;
use crate::plugins::Catalogue;
use crate::report::arrays::Format;
use crate::report::{Invocation, Summary, kept_checkpoint, text, write_atomic};
use anyhow::Context;
use semola_plugin_api::Split;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Measures the model of a run anew, on other data perhaps.
pub(super) fn eval(
    options: &TrainedOptions,
    common: &CommonOptions,
    engine: &dyn Engine,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let answer = ask(options, None, common, engine)?;
    if common.json {
        writeln!(out, "{}", serde_json::to_string_pretty(&answer.metrics)?)?;
    } else {
        write!(out, "{}", text::metrics(&answer.metrics))?;
    }
    Ok(())
}

/// Writes the predictions of a run's model for a split into a file.
pub(super) fn predict(
    options: &TrainedOptions,
    split: Split,
    file: &Path,
    common: &CommonOptions,
    engine: &dyn Engine,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let place = file.display();
    let format = Format::of(file).ok_or_else(|| {
        Coded::usage(format!(
            "--out {place} is of no format that is known; expected a name that ends in .npz or .safetensors"
        ))
    })?;
    if file.exists() {
        return Err(Coded::usage(format!("{place} exists: choose another --out or remove it")).into());
    }
    // The working directory changes on the way.
    let file = std::path::absolute(file).with_context(|| format!("{place} is no path"))?;
    let answer = ask(options, Some(split), common, engine)?;
    write_atomic(&file, &format.bytes(&answer.predictions)?)
        .with_context(|| format!("cannot write {place}"))?;
    let shapes: Vec<_> =
        answer.predictions.iter().map(|array| (array.name.as_str(), array.shape.as_slice())).collect();
    if common.json {
        let arrays = shapes.iter().map(|(name, shape)| ((*name).to_owned(), serde_json::json!(shape)));
        let arrays: serde_json::Map<String, serde_json::Value> = arrays.collect();
        writeln!(out, "{}", serde_json::json!({ "file": file, "split": split.name(), "arrays": arrays }))?;
    } else {
        for (name, shape) in shapes {
            writeln!(out, "{name} {shape:?}")?;
        }
        writeln!(out, "written to {place}")?;
    }
    Ok(())
}

fn ask(
    options: &TrainedOptions,
    predictions: Option<Split>,
    common: &CommonOptions,
    engine: &dyn Engine,
) -> anyhow::Result<Answer> {
    if let Some(set) = options.sets.iter().find(|set| !set.starts_with("dataset.")) {
        let message = format!(
            "--set {set} would change the model's training; expected a key that begins with `dataset.`"
        );
        return Err(Coded::usage(message).into());
    }
    let run =
        std::path::absolute(&options.run).with_context(|| format!("{} is no path", options.run.display()))?;
    let summary = Summary::of_finished(&run)?;
    let invocation = Invocation::read(&run)?;
    if Task::of_verb(&invocation.verb) != Some(Task::Train) {
        let message = format!(
            "{} was made by `{}`, which trains no model to the end; run `train`",
            run.display(),
            invocation.verb
        );
        return Err(Coded::usage(message).into());
    }
    let data = options.data.as_deref().map(std::path::absolute).transpose()?;
    let (mut catalogue, trained) = reopen(&run, &invocation, &common.plugin_dir, engine)?;

    let mut changed = ExperimentOptions {
        config: Some(run.join("config.toml")),
        sets: options.sets.clone(),
        data,
        ..Default::default()
    };
    changed.sets.extend(options.average.map(|draws| format!("evaluation.average={draws}")));
    let asked = prepare::experiment(&changed, &mut catalogue, engine)?;
    let asked = engine.complete(asked, &catalogue)?;
    let checkpoint = kept_checkpoint(&run, &options.checkpoint)?;
    let request =
        Request { checkpoint: &checkpoint, summary: &summary, trained: &trained, asked: &asked, predictions };
    engine.ask(&request, &catalogue)
}

/// The experiment of a run and the plugins that it was made with, from where it was started: relative paths mean what they
/// meant then.
pub(super) fn reopen(
    run: &Path,
    invocation: &Invocation,
    plugin_dir: &[PathBuf],
    engine: &dyn Engine,
) -> anyhow::Result<(Catalogue, Experiment)> {
    let (here, there) = (std::env::current_dir().ok(), &invocation.directory);
    let plugin_dir: Vec<PathBuf> = plugin_dir
        .iter()
        .map(|dir| here.as_ref().map_or_else(|| dir.clone(), |here| here.join(dir)))
        .chain(invocation.plugin_dir.iter().cloned())
        .collect();
    std::env::set_current_dir(there).with_context(|| {
        format!("the run was started in {}, which cannot be entered any more", there.display())
    })?;
    let mut catalogue = prepare::catalogue(&plugin_dir, engine);
    let config = ExperimentOptions { config: Some(run.join("config.toml")), ..Default::default() };
    let experiment = prepare::experiment(&config, &mut catalogue, engine)?;
    prepare::require_plugins(&experiment, &catalogue)?;
    let experiment = engine.complete(experiment, &catalogue)?;
    prepare::lock(&experiment, &catalogue, Some(&run.join("plugins.lock")))?;
    Ok((catalogue, experiment))
}
