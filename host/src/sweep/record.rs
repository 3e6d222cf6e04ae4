//! `sweep.json`: everything that is known of a sweep, enough to go on with it, and its directory.
//!
//! The directory is made new, or taken over empty, and is locked by its `experiment.toml` while a process is at work in it.
//! `sweep.json` and `trials.csv` are written whole after every change, so that a kill -9 leaves those of a moment before.

use super::halving::Halving;
use super::metric::{Metric, larger_is_better};
use super::sampler::{self, Method, Seen};
use super::space::{Parameters, Space};
use super::table;
use super::trial::{State, Trial};
use crate::exit::Coded;
use crate::report::run_directory::{claim, lock};
use crate::report::{RunDirectoryError, write_atomic};
use anyhow::Context;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The file's name.
const FILE: &str = "sweep.json";

/// The experiment that every trial starts from.
const EXPERIMENT: &str = "experiment.toml";

/// Version of its schema.
const SCHEMA: u32 = 1;

/// What is asked of a sweep; fixed once it has begun, but for the number of trials.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Plan {
    /// How parameters are chosen.
    pub method: Method,
    /// Seed of the draws, and of the first run of each trial.
    pub seed: u64,
    /// How many trials there will be.
    pub wanted: usize,
    /// Runs of each trial, with seeds from `seed` on.
    pub seeds: u64,
    /// By what trials are ranked.
    pub metric: Metric,
    /// Whether trials that fall behind are stopped.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub halving: Option<Halving>,
    /// What varies.
    pub space: Space,
    /// Where the sweep was started: relative paths of the experiment begin there.
    pub directory: PathBuf,
    /// Options of the command line that every run is given: `--plugin-dir`, `--plugin PATH`, `--locked`.
    pub options: Vec<String>,
    /// Whether the experiment says how many threads a run has.
    pub threads_given: bool,
}

/// A sweep: its plan and its trials.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Sweep {
    /// Version of the file's schema, 1.
    pub schema: u32,
    /// This program's version.
    pub host: String,
    /// What is asked.
    #[serde(flatten)]
    pub plan: Plan,
    /// What the metric turned out to be, "validation.rmse"; absent before the first result.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub measured: Option<String>,
    /// Whether more of it is better.
    pub larger_is_better: bool,
    /// Number of the best trial; absent before the first result.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub best: Option<usize>,
    /// In the order in which they were begun.
    pub trials: Vec<Trial>,
}

impl Sweep {
    /// A sweep that has not begun.
    pub fn new(plan: Plan) -> Self {
        Self {
            schema: SCHEMA,
            host: env!("CARGO_PKG_VERSION").into(),
            plan,
            measured: None,
            larger_is_better: false,
            best: None,
            trials: Vec::new(),
        }
    }

    /// Trials from the best to the worst; those without a result behind, in the order of their numbers.
    pub fn ranked(&self) -> Vec<&Trial> {
        let mut trials: Vec<&Trial> = self.trials.iter().collect();
        trials.sort_by(|a, b| self.cost(a).total_cmp(&self.cost(b)).then(a.number.cmp(&b.number)));
        trials
    }

    /// The best trial that has a result.
    pub fn best(&self) -> Option<&Trial> {
        self.ranked().into_iter().next().filter(|trial| trial.metric.is_some())
    }

    /// How many trials are in a state.
    pub fn count(&self, state: State) -> usize {
        self.trials.iter().filter(|trial| trial.state == state).count()
    }

    /// The smaller the better; infinite without a result.
    fn cost(&self, trial: &Trial) -> f64 {
        let sign = if self.larger_is_better { -1.0 } else { 1.0 };
        trial.metric.map_or(f64::INFINITY, |metric| sign * metric)
    }

    /// Takes a figure's name; all trials are ranked by the same.
    ///
    /// # Errors
    /// It is another one than before.
    pub(super) fn measure(&mut self, name: &str) -> Result<(), String> {
        let known = self.measured.get_or_insert_with(|| name.to_owned());
        if known != name {
            return Err(format!(
                "its figure is {name} and that of other trials {known}: name one with --metric"
            ));
        }
        self.larger_is_better = larger_is_better(name);
        Ok(())
    }

    /// Begins the next trial; `None` where all wanted ones have begun.
    pub(super) fn begin_trial(&mut self) -> Option<usize> {
        if self.trials.len() >= self.plan.wanted {
            return None;
        }
        let seen: Vec<Seen<'_>> = self
            .trials
            .iter()
            .map(|trial| Seen {
                parameters: &trial.parameters,
                cost: trial.state.is_over().then(|| self.cost(trial)),
            })
            .collect();
        let parameters = sampler::next(self.plan.method, &self.plan.space, self.plan.seed, &seen)?;
        let seeds = self.seeds(&parameters);
        self.trials.push(Trial::new(self.trials.len() + 1, parameters, &seeds));
        Some(self.trials.len() - 1)
    }

    /// A seed that varies is the trial's own.
    fn seeds(&self, parameters: &Parameters) -> Vec<u64> {
        let own = parameters.get("seed").and_then(toml::Value::as_integer);
        let first = own.and_then(|seed| u64::try_from(seed).ok()).unwrap_or(self.plan.seed);
        (first..first.saturating_add(self.plan.seeds)).collect()
    }
}

/// The directory of a sweep, locked.
#[derive(Clone, Debug)]
pub struct SweepDirectory {
    path: PathBuf,
    _lock: Arc<File>,
}

impl SweepDirectory {
    /// Makes it; without `out` it is `runs/sweep-PLUGIN-yyyymmdd-hhmmss-sSEED`.
    ///
    /// # Errors
    /// Something is in it, it cannot be written, or another process is at work in it: mistakes of usage.
    pub fn create(out: Option<&Path>, plugin: &str, seed: u64, experiment: &str) -> anyhow::Result<Self> {
        if let Some(out) = out.filter(|out| out.join(FILE).is_file()) {
            // Whoever is at work there is told first.
            lock(out, EXPERIMENT)?;
            let place = out.display();
            return Err(Coded::usage(format!(
                "{place} has a sweep already: `semola-host sweep --resume {place}` goes on with it; for a new one choose \
                 another --out"
            ))
            .into());
        }
        let (path, _) = claim(out, &format!("sweep-{plugin}"), seed)?;
        write_atomic(&path.join(EXPERIMENT), experiment.as_bytes())
            .map_err(|reason| RunDirectoryError::Unwritable { path: path.clone(), reason })?;
        let lock = lock(&path, EXPERIMENT)?;
        Ok(Self { path, _lock: lock })
    }

    /// Takes over that of a sweep that was begun, and reads how far it came.
    ///
    /// # Errors
    /// It is none, damaged, of a later version of this program, or another process is at work in it.
    pub fn open(path: &Path) -> anyhow::Result<(Self, Sweep)> {
        let file = path.join(FILE);
        if let Some(missing) = [FILE, EXPERIMENT].into_iter().find(|name| !path.join(name).is_file()) {
            return Err(Coded::usage(format!(
                "{} is no sweep: it has no {missing}; expected a directory that `sweep` has made",
                path.display()
            ))
            .into());
        }
        let lock = lock(path, EXPERIMENT)?;
        let sweep = read(&file).map_err(|error| Coded::usage(format!("{error:#}")))?;
        Ok((Self { path: path.to_owned(), _lock: lock }, sweep))
    }

    /// The directory.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where the experiment is that every trial starts from.
    pub fn experiment(&self) -> PathBuf {
        self.path.join(EXPERIMENT)
    }

    /// Writes `sweep.json` and `trials.csv`.
    ///
    /// # Errors
    /// As [`write_atomic`].
    pub fn keep(&self, sweep: &mut Sweep) -> anyhow::Result<()> {
        sweep.best = sweep.best().map(|trial| trial.number);
        let write = || -> io::Result<()> {
            let text = format!("{}\n", serde_json::to_string_pretty(sweep)?);
            write_atomic(&self.path.join("trials.csv"), &table::csv(sweep).map_err(io::Error::other)?)?;
            write_atomic(&self.path.join(FILE), text.as_bytes())
        };
        write().with_context(|| format!("cannot write into {}", self.path.display()))
    }
}

fn read(file: &Path) -> anyhow::Result<Sweep> {
    #[derive(Deserialize)]
    struct Version {
        schema: u32,
    }
    let damaged = || format!("{} does not say what the sweep is", file.display());
    let text = std::fs::read_to_string(file).with_context(damaged)?;
    let Version { schema } = serde_json::from_str(&text).with_context(damaged)?;
    anyhow::ensure!(
        schema <= SCHEMA,
        "{} has schema {schema}, and this program knows {SCHEMA}: update semola-host",
        file.display()
    );
    serde_json::from_str(&text).with_context(damaged)
}

/// A sweep with a trial in every state, for tests.
#[cfg(test)]
pub(super) fn sample() -> Sweep {
    use super::metric::Measured;
    use crate::report::summary;
    let given = ["training.learning_rate=1e-4..1e-2 log", "model.activation=[\"relu\", \"silu\"]"];
    let plan = Plan {
        method: Method::Random,
        seed: 4,
        wanted: 5,
        seeds: 1,
        metric: Metric::default(),
        halving: Some(Halving { factor: 3 }),
        space: Space::parse(&given.map(str::to_owned)).expect("a space"),
        directory: "/there".into(),
        options: Vec::new(),
        threads_given: false,
    };
    let mut sweep = Sweep::new(plan);
    while sweep.begin_trial().is_some() {}
    for (index, value) in [(0, 0.5), (2, 0.25)] {
        let measured = Measured { name: "validation.rmse".into(), value };
        sweep.trials[index].runs[0].finish(&summary::sample(), &measured);
    }
    sweep.trials[1].runs[0].end(State::Failed, "the loss is not finite at step 3");
    sweep.trials[3].runs[0].end(State::Pruned, "behind at step 20");
    sweep.trials.iter_mut().for_each(Trial::settle);
    sweep.measure("validation.rmse").expect("the first");
    sweep
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(trials: &[&Trial]) -> Vec<usize> {
        trials.iter().map(|trial| trial.number).collect()
    }

    #[test]
    fn the_best_is_first_whichever_way_is_better() {
        let mut sweep = sample();
        assert_eq!(numbers(&sweep.ranked()), [3, 1, 2, 4, 5]);
        assert_eq!(sweep.best().map(|trial| trial.number), Some(3));
        sweep.larger_is_better = true;
        assert_eq!(numbers(&sweep.ranked()), [1, 3, 2, 4, 5]);
        let mut empty = sample();
        empty.trials.retain(|trial| trial.metric.is_none());
        assert!(empty.best().is_none());
        let mixed = sample().measure("validation.accuracy").expect_err("another figure");
        assert!(mixed.contains("its figure is validation.accuracy and that of other trials validation.rmse"));
    }

    #[test]
    fn a_sweep_is_read_back_and_goes_on_with_the_same_trials() {
        let root = tempfile::tempdir().expect("a temporary directory");
        let path = root.path().join("sweep");
        let directory = SweepDirectory::create(Some(&path), "x", 0, "seed = 0\n").expect("writable");
        let mut sweep = sample();
        sweep.trials.truncate(3);
        directory.keep(&mut sweep).expect("writable");
        assert_eq!(sweep.best, Some(3));

        let busy = SweepDirectory::open(&path).expect_err("busy").to_string();
        assert!(busy.starts_with("another process is at work in "), "{busy}");
        let busy = SweepDirectory::create(Some(&path), "x", 0, "").expect_err("busy").to_string();
        assert!(busy.starts_with("another process is at work in "), "{busy}");
        drop(directory);
        let there = SweepDirectory::create(Some(&path), "x", 0, "").expect_err("there is one").to_string();
        assert!(there.contains("has a sweep already: `semola-host sweep --resume "), "{there}");

        let (_directory, mut again) = SweepDirectory::open(&path).expect("nobody is at work there");
        assert_eq!(again.trials, sweep.trials);
        while again.begin_trial().is_some() {}
        let parameters = |sweep: &Sweep| -> Vec<Parameters> {
            sweep.trials.iter().map(|trial| trial.parameters.clone()).collect()
        };
        assert_eq!(parameters(&again), parameters(&sample()));
    }

    #[test]
    fn what_is_no_sweep_is_told() {
        let root = tempfile::tempdir().expect("a temporary directory");
        let refused = |root: &Path| SweepDirectory::open(root).expect_err("no sweep").to_string();
        assert!(refused(root.path()).contains("is no sweep: it has no sweep.json"));
        std::fs::write(root.path().join(FILE), "{\"schema\": 1}").expect("writable");
        assert!(refused(root.path()).contains("it has no experiment.toml"));
        std::fs::write(root.path().join(EXPERIMENT), "").expect("writable");
        assert!(refused(root.path()).contains("does not say what the sweep is: missing field"));
        std::fs::write(root.path().join(FILE), "{\"schema\": 2}").expect("writable");
        assert!(refused(root.path()).contains("has schema 2, and this program knows 1: update semola-host"));
    }

    #[test]
    fn seeds_follow_each_other_and_may_vary() {
        let mut sweep = sample();
        sweep.plan.seeds = 3;
        assert_eq!(sweep.seeds(&Parameters::new()), [4, 5, 6]);
        sweep.plan.seeds = 1;
        assert_eq!(sweep.seeds(&Parameters::from([("seed".into(), 9.into())])), [9]);
    }
}
