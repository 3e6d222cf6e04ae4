//! `sweep.json`: everything that is known of a sweep, enough to go on with it.
//!
//! Fields are only ever added within a version. Trials are only ever appended, each with what the sampler gives after those
//! before it, so that a sweep which is read back goes on as it would have gone.

use super::halving::Halving;
use super::metric::{Metric, larger_is_better};
use super::sampler::{self, Method, Seen};
use super::space::{Parameters, Space};
use super::trial::{State, Trial};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Version of its schema.
pub(super) const SCHEMA: u32 = 1;

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
    fn seeds_follow_each_other_and_may_vary() {
        let mut sweep = sample();
        sweep.plan.seeds = 3;
        assert_eq!(sweep.seeds(&Parameters::new()), [4, 5, 6]);
        sweep.plan.seeds = 1;
        assert_eq!(sweep.seeds(&Parameters::from([("seed".into(), 9.into())])), [9]);
    }
}
