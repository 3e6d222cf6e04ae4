//! `train`, `discover` and `resume`: resolve, make the run directory or take it over, run, report.

use super::arguments::{CommonOptions, ExperimentOptions, ViewOptions};
use super::trained::reopen;
use super::{logging, prepare};
use crate::collective;
use crate::config::{Experiment, to_toml};
use crate::engine::{Engine, Task};
use crate::exit::{Coded, ExitCode, Interrupted, code_of};
use crate::plugins::Catalogue;
use crate::profile;
use crate::report::live::{Bar, Lines, Observer, Observers, Screen, terminal};
use crate::report::{EventLog, Invocation, MetricsLog, RunDirectory, Summary, html, text, write_atomic};
use anyhow::Context;
use std::io::{IsTerminal, Write};
use std::path::Path;

/// Carries out an experiment and prints its result. Nothing is written before everything that can be checked
/// has been.
pub(super) fn run(
    task: Task,
    common: &CommonOptions,
    options: &ExperimentOptions,
    view: ViewOptions,
    engine: &dyn Engine,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let show = Show::new(common, view)?;
    let mut catalogue = prepare::catalogue(&common.plugin_dir, engine);
    let experiment = prepare::experiment(options, &mut catalogue, engine)?;
    prepare::require_plugins(&experiment, &catalogue)?;
    let experiment = engine.complete(experiment, &catalogue)?;

    let lock = prepare::lock(&experiment, &catalogue, options.locked.as_deref())?;
    let invocation = Invocation::now(task.verb(), &common.plugin_dir)?;
    let dataset = experiment.dataset.parts().map_or("run", |(plugin, _)| plugin);
    let name = experiment.plugin.as_deref().unwrap_or(dataset);
    collective::join()?;
    let config = to_toml(&experiment);
    if !collective::group().is_first() {
        return assist(task, &experiment, &catalogue, &RunDirectory::scratch(&config, None)?, engine);
    }
    let run = RunDirectory::create(options.out.as_deref(), name, experiment.seed, &config)?;
    run.write("plugins.lock", lock.to_toml().as_bytes())
        .and_then(|()| invocation.write(&run))
        .with_context(|| format!("cannot write into {}", run.path().display()))?;
    match carry_out(task, &experiment, &catalogue, &run, show, engine) {
        // Options that only the data can judge: as with any other mistake, nothing is left behind.
        Err(error) if code_of(&error) == ExitCode::Usage => {
            run.discard();
            Err(error)
        }
        summary => finish(&summary?, &run, common, out),
    }
}

/// Goes on with a run that was interrupted, to the same numbers as if it had not been.
pub(super) fn resume(
    path: &Path,
    common: &CommonOptions,
    view: ViewOptions,
    engine: &dyn Engine,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let show = Show::new(common, view)?;
    let path = std::path::absolute(path).with_context(|| format!("{} is no path", path.display()))?;
    collective::join()?;
    let group = collective::group();
    if !group.is_first() {
        // Its result is the first process's to print, and nobody waits for anybody.
        if Summary::of_finished(&path).is_ok() {
            return Ok(());
        }
        let invocation = Invocation::read(&path)?;
        let task = Task::of_verb(&invocation.verb).context("it is no run that can be resumed")?;
        let (catalogue, experiment) = reopen(&path, &invocation, &common.plugin_dir, engine)?;
        let run = RunDirectory::scratch(&to_toml(&experiment), Some(&path))?;
        // The first process changes nothing before all have copied what they go on from.
        group.any(false)?;
        return assist(task, &experiment, &catalogue, &run, engine);
    }
    let run = RunDirectory::open(&path)?;
    if run.is_finished() {
        tracing::warn!(
            "the run in {} has ended well: there is nothing to resume, and this is its result",
            path.display()
        );
        return print(&Summary::of_finished(&path)?, &run, common, out);
    }
    let invocation = Invocation::read(&path)?;
    let task = Task::of_verb(&invocation.verb)
        .with_context(|| format!("{} cannot be resumed: it is of `{}`", path.display(), invocation.verb))?;
    let (catalogue, experiment) = reopen(&path, &invocation, &common.plugin_dir, engine)?;
    group.any(false)?;
    finish(&carry_out(task, &experiment, &catalogue, &run, show, engine)?, &run, common, out)
}

/// Takes part in a run that another process writes and tells about.
fn assist(
    task: Task,
    experiment: &Experiment,
    catalogue: &Catalogue,
    scratch: &RunDirectory,
    engine: &dyn Engine,
) -> anyhow::Result<()> {
    engine.run(task, experiment, catalogue, scratch, &Observers::default()).map(drop)
}

/// From the completed experiment to the results on disk.
fn carry_out(
    task: Task,
    experiment: &Experiment,
    catalogue: &Catalogue,
    run: &RunDirectory,
    show: Show,
    engine: &dyn Engine,
) -> anyhow::Result<Summary> {
    let place = run.path().display();
    let in_run = || format!("the run in {place} failed");
    logging::attach(&run.log()).with_context(in_run)?;
    tracing::info!(run = %place, seed = experiment.seed, "starting");
    let observers = observers(run, show)?;
    let summary = engine.run(task, experiment, catalogue, run, &observers).inspect_err(|error| {
        tracing::info!("the run ends here: {error:#}");
    });
    let summary = summary.map_err(|error| match error.downcast::<Interrupted>() {
        Ok(interrupted) => Coded {
            code: ExitCode::Interrupted,
            message: format!("{interrupted}; `semola-host resume {place}` goes on from there"),
        }
        .into(),
        Err(error) if code_of(&error) == ExitCode::Usage => error,
        Err(error) => error.context(in_run()),
    })?;
    if let Err(error) = html::write(run.path(), &summary) {
        tracing::warn!("there is no report: {error:#}; the run's results are kept");
    }
    observers.result(run, &summary).with_context(in_run)?;
    run.write_results(&summary).with_context(|| format!("cannot write the results into {place}"))?;
    Ok(summary)
}

/// How a run is shown.
#[derive(Clone, Copy)]
enum Show {
    Nothing,
    Lines,
    Bar,
    Screen,
}

impl Show {
    /// What was asked for, as far as stderr is up to it.
    fn new(common: &CommonOptions, view: ViewOptions) -> Result<Self, Coded> {
        match terminal::missing() {
            Some(missing) if view.watch => Err(Coded::usage(format!(
                "--watch paints on a terminal and reads its keys, and {missing}; leave it out, or look at the run with \
                 TensorBoard"
            ))),
            None if view.watch => Ok(Self::Screen),
            _ if common.quiet => Ok(Self::Nothing),
            _ => Ok(if std::io::stderr().is_terminal() { Self::Bar } else { Self::Lines }),
        }
    }
}

/// Who is told what the run does: its own files, and whoever is looking.
fn observers(run: &RunDirectory, show: Show) -> anyhow::Result<Observers> {
    let mut observers: Vec<Box<dyn Observer>> = vec![
        Box::new(MetricsLog::at(run.metrics())),
        Box::new(EventLog::in_directory(run.join("tensorboard"))),
    ];
    match show {
        Show::Nothing => {}
        Show::Lines => observers.push(Box::new(Lines::new())),
        Show::Bar => observers.push(Box::new(Bar::default())),
        Show::Screen => observers.push(Box::new(Screen::open(&run.path().display().to_string())?)),
    }
    Ok(Observers::new(observers))
}

/// Prints the result, and where the time went, if that was measured.
fn finish(
    summary: &Summary,
    run: &RunDirectory,
    common: &CommonOptions,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    print(summary, run, common, out)?;
    let table = profile::write(run.path(), write_atomic)
        .with_context(|| format!("cannot write the profile into {}", run.path().display()))?;
    match table {
        Some(table) if !common.json => Ok(write!(out, "\n{table}")?),
        _ => Ok(()),
    }
}

fn print(
    summary: &Summary,
    run: &RunDirectory,
    common: &CommonOptions,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    if common.json {
        writeln!(out, "{}", serde_json::to_string_pretty(summary)?)?;
    } else {
        write!(out, "{}", text::render(summary, Some(run.path()), text::colour_on_stdout()))?;
    }
    Ok(())
}
