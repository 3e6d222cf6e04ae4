//! `train` and `discover`: resolve, make the run directory, run, report.

use super::arguments::{CommonOptions, ExperimentOptions};
use super::{logging, prepare};
use crate::config::to_toml;
use crate::engine::{Engine, Task};
use crate::exit::{ExitCode, code_of};
use crate::report::{RunDirectory, html, text};
use anyhow::Context;
use std::io::Write;

/// Carries out an experiment and prints its result. Nothing is written before everything that can be checked
/// has been.
pub(super) fn run(
    task: Task,
    common: &CommonOptions,
    options: &ExperimentOptions,
    engine: &dyn Engine,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let mut catalogue = prepare::catalogue(common, engine);
    let experiment = prepare::experiment(options, &mut catalogue, engine)?;
    prepare::require_plugins(&experiment, &catalogue)?;
    let experiment = engine.complete(experiment, &catalogue)?;

    let lock = prepare::lock(&experiment, &catalogue, options.locked.as_deref())?;
    let dataset = experiment.dataset.parts().map_or("run", |(plugin, _)| plugin);
    let name = experiment.plugin.as_deref().unwrap_or(dataset);
    let run = RunDirectory::create(options.out.as_deref(), name, experiment.seed, &to_toml(&experiment))?;
    let place = run.path().display();
    run.write("plugins.lock", lock.to_toml().as_bytes())
        .with_context(|| format!("cannot write into {place}"))?;
    let in_run = || format!("the run in {place} failed");
    logging::attach(&run.log()).with_context(in_run)?;
    tracing::info!(run = %place, seed = experiment.seed, "starting");

    let summary = engine.run(task, &experiment, &catalogue, &run, common.quiet).inspect_err(|error| {
        tracing::info!("the run ends here: {error:#}");
    });
    let summary = match summary {
        // Options that only the data can judge: as with any other mistake, nothing is left behind.
        Err(error) if code_of(&error) == ExitCode::Usage => {
            run.discard();
            return Err(error);
        }
        summary => summary.with_context(in_run)?,
    };
    if let Err(error) = html::write(run.path(), &summary) {
        tracing::warn!("there is no report: {error:#}; the run's results are kept");
    }
    run.write_results(&summary).with_context(|| format!("cannot write the results into {place}"))?;

    if common.json {
        writeln!(out, "{}", serde_json::to_string_pretty(&summary)?)?;
    } else {
        write!(out, "{}", text::render(&summary, Some(run.path()), text::colour_on_stdout()))?;
    }
    Ok(())
}
