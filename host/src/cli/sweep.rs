//! `sweep`: many runs of one experiment with some of its settings varied.

use super::arguments::{CommonOptions, ExperimentOptions, SweepOptions};
use super::{logging, prepare};
use crate::config::{Experiment, Layers, to_toml};
use crate::engine::Engine;
use crate::exit::{Coded, code_of};
use crate::interrupt;
use crate::plugins::Catalogue;
use crate::plugins::search::is_path;
use crate::sweep::{
    Conductor, Halving, Local, Method, Parameters, Plan, Space, State, Sweep, SweepDirectory, table,
};
use anyhow::Context;
use std::io::Write;
use std::path::Path;

/// Trials of a sweep that draws, unless it is told otherwise.
const TRIALS: usize = 20;

/// Begins a sweep or goes on with one, and prints its table.
pub(super) fn run(
    options: &SweepOptions,
    common: &CommonOptions,
    experiment: &ExperimentOptions,
    engine: &dyn Engine,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let (directory, mut sweep) = match &options.resume {
        Some(path) => resume(path, options, common, experiment)?,
        None => begin(options, common, experiment, engine)?,
    };
    let place = directory.path();
    logging::attach(&place.join("log.jsonl"))
        .with_context(|| format!("cannot write into {}", place.display()))?;
    interrupt::watch_signals();
    let local = Local {
        prefix: options.prefix(),
        program: std::env::current_exe().context("cannot find this program's file")?,
        directory: sweep.plan.directory.clone(),
    };
    let conductor = Conductor {
        directory: &directory,
        launcher: &local,
        jobs: options.jobs.unwrap_or(1) as usize,
        quiet: common.quiet,
        end_requested: &interrupt::requested,
    };
    conductor.conduct(&mut sweep)?;
    if sweep.count(State::Finished) == 0 {
        return Err(nothing_finished(&sweep, place));
    }
    if common.json {
        writeln!(out, "{}", serde_json::to_string_pretty(&sweep)?)?;
    } else {
        write!(out, "{}", table::text(&sweep, place))?;
    }
    Ok(())
}

/// Resolves the experiment at every corner of the space, then makes the directory: a mistake leaves nothing behind.
fn begin(
    options: &SweepOptions,
    common: &CommonOptions,
    experiment: &ExperimentOptions,
    engine: &dyn Engine,
) -> anyhow::Result<(SweepDirectory, Sweep)> {
    let mut space = Space::parse(&options.vary).map_err(|error| Coded::usage(error.to_string()))?;
    if space.parameters.is_empty() {
        let message = "there is nothing to vary; add --vary KEY=[A, B, …] or --vary 'KEY=LOW..HIGH', as often as you like";
        return Err(Coded::usage(message).into());
    }
    let mut catalogue = prepare::catalogue(&common.plugin_dir, engine);
    let base = prepare::experiment(experiment, &mut catalogue, engine)?;
    prepare::require_plugins(&base, &catalogue)?;
    let base = engine.complete(base, &catalogue)?;
    prepare::lock(&base, &catalogue, experiment.locked.as_deref())?;
    let text = to_toml(&base);
    space.fit(&text.parse().context("an experiment is a TOML table")?);

    let (method, wanted) = method_and_trials(options, &space)?;
    let seeds = u64::from(options.seeds.unwrap_or(1));
    if let Some(parameter) = space.parameters.iter().find(|parameter| parameter.key == "seed" && seeds > 1) {
        let message = format!(
            "`--vary {}` and --seeds {seeds} both say which seeds there are; leave out one of the two",
            parameter.given
        );
        return Err(Coded::usage(message).into());
    }
    let plugin_default = match &base.plugin {
        Some(id) => engine.default_experiment(catalogue.find(id)?)?,
        None => None,
    };
    let source = Source { base: &base, text: &text, plugin_default: plugin_default.as_deref() };
    for corner in space.corners() {
        source.resolve(&corner, &space, &catalogue, engine)?;
    }

    let plan = Plan {
        method,
        seed: base.seed,
        wanted,
        seeds,
        metric: options.metric.clone().unwrap_or_default(),
        halving: options.halving.map(|factor| Halving { factor }),
        space,
        directory: std::env::current_dir().context("there is no working directory")?,
        options: passed_on(common, experiment),
        threads_given: base.threads != 0,
    };
    let dataset = base.dataset.parts().map_or("run", |(plugin, _)| plugin);
    let name = base.plugin.as_deref().unwrap_or(dataset);
    let directory = SweepDirectory::create(experiment.out.as_deref(), name, base.seed, &text)?;
    Ok((directory, Sweep::new(plan)))
}

/// Takes over a sweep that was begun.
fn resume(
    path: &Path,
    options: &SweepOptions,
    common: &CommonOptions,
    experiment: &ExperimentOptions,
) -> anyhow::Result<(SweepDirectory, Sweep)> {
    if *experiment != ExperimentOptions::default() || !common.plugin_dir.is_empty() {
        let message = "--resume goes on with an experiment as it was; leave out its options (--plugin, --set, --out, \
                       --plugin-dir, …)";
        return Err(Coded::usage(message).into());
    }
    let (directory, mut sweep) = SweepDirectory::open(path)?;
    if let Some(trials) = options.trials.map(|trials| trials as usize) {
        let most = if sweep.plan.method == Method::Grid { sweep.plan.space.size() } else { None };
        let begun = sweep.trials.len();
        if trials < begun || most.is_some_and(|most| trials > most) {
            let most = most.map_or_else(String::new, |most| format!(" and at most {most}, the whole grid"));
            let message = format!("--trials is {trials}, expected at least {begun}, which have begun{most}");
            return Err(Coded::usage(message).into());
        }
        sweep.plan.wanted = trials;
    }
    Ok((directory, sweep))
}

fn method_and_trials(options: &SweepOptions, space: &Space) -> Result<(Method, usize), Coded> {
    let default = if space.size().is_some() && options.trials.is_none() { Method::Grid } else { Method::Tpe };
    let method = options.method.map_or(default, Method::from);
    let asked = options.trials.map(|trials| trials as usize);
    if method != Method::Grid {
        return Ok((method, asked.unwrap_or(TRIALS)));
    }
    let Some(size) = space.size() else {
        let given = space.unlisted().map_or("", |parameter| &parameter.given);
        return Err(Coded::usage(format!(
            "the grid takes listed values, and `--vary {given}` is a range; write `{given} in N` for N of its values, or \
             choose --method random or tpe"
        )));
    };
    match asked {
        Some(asked) if asked > size => Err(Coded::usage(format!(
            "--trials is {asked}, and the grid has {size} points; leave it out, or list more values"
        ))),
        asked => Ok((method, asked.unwrap_or(size))),
    }
}

/// What every run is given besides the experiment.
fn passed_on(common: &CommonOptions, experiment: &ExperimentOptions) -> Vec<String> {
    let mut options = Vec::new();
    for directory in &common.plugin_dir {
        options.extend(["--plugin-dir".to_owned(), directory.display().to_string()]);
    }
    // A name is in the experiment; a file is not.
    if let Some(path) = experiment.plugin.as_ref().filter(|plugin| is_path(plugin)) {
        options.extend(["--plugin".to_owned(), path.clone()]);
    }
    if let Some(path) = &experiment.locked {
        options.extend(["--locked".to_owned(), path.display().to_string()]);
    }
    options
}

/// The experiment that trials start from.
struct Source<'a> {
    base: &'a Experiment,
    text: &'a str,
    plugin_default: Option<&'a str>,
}

impl Source<'_> {
    /// Resolves it with these values, as a run would.
    fn resolve(
        &self,
        values: &Parameters,
        space: &Space,
        catalogue: &Catalogue,
        engine: &dyn Engine,
    ) -> anyhow::Result<()> {
        let sets: Vec<String> = values.iter().map(|(key, value)| format!("{key}={value}")).collect();
        let resolve = || -> anyhow::Result<()> {
            let layers = Layers {
                plugin: self.base.plugin.as_deref(),
                plugin_default: self.plugin_default,
                file: Some((Path::new("the experiment"), self.text)),
                sets: &sets,
            };
            let experiment = layers.resolve()?;
            prepare::require_plugins(&experiment, catalogue)?;
            engine.complete(experiment, catalogue).map(drop)
        };
        resolve().map_err(|error| {
            let code = code_of(&error);
            Coded { code, message: blamed(&format!("{error:#}"), values, space) }.into()
        })
    }
}

/// The sentence about a setting, told as one about the `--vary` that it came from.
fn blamed(sentence: &str, values: &Parameters, space: &Space) -> String {
    for parameter in &space.parameters {
        let Some(value) = values.get(&parameter.key) else { continue };
        let place = format!("`--set {}={value}`", parameter.key);
        if sentence.contains(&place) {
            return sentence.replace(&place, &format!("`--vary {}`", parameter.given));
        }
    }
    let last = |key: &str| key.rsplit('.').next().unwrap_or_default().to_owned();
    let named = space.parameters.iter().find(|parameter| {
        sentence.contains(&format!("`{}`", parameter.key))
            || sentence.contains(&format!("`{}`", last(&parameter.key)))
    });
    match named {
        Some(parameter) => format!("cannot use `--vary {}`: {sentence}", parameter.given),
        None => {
            let values: Vec<String> = values.iter().map(|(key, value)| format!("{key}={value}")).collect();
            format!("cannot run the experiment with {}, which --vary asks for: {sentence}", values.join(" "))
        }
    }
}

fn nothing_finished(sweep: &Sweep, place: &Path) -> anyhow::Error {
    let failed = sweep.trials.iter().find(|trial| trial.state == State::Failed);
    let why = failed.map_or_else(String::new, |trial| {
        let reason = trial.reason.as_deref().unwrap_or("it did not say why");
        format!(", trial {} because: {reason}", trial.number)
    });
    let count = sweep.trials.len();
    let all = if count == 1 { "the only trial".to_owned() } else { format!("all {count} trials") };
    anyhow::anyhow!("{all} failed{why}; {} has every reason", place.join("sweep.json").display())
}
