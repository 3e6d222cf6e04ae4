//! Which parameters a trial gets: the points of a grid, random ones, or such as the results so far favour.
//!
//! A trial's parameters are a function of the seed, the trial's number and the trials before it, so that a sweep that was
//! interrupted goes on as it would have gone. Each trial draws from a random stream of its own.

use super::space::{Domain, Parameter, Parameters, Space};
use crate::data::stream;
use rand::{Rng, RngExt};
use serde::{Deserialize, Serialize};
use tpe::{TpeOptimizer, categorical_range, histogram_estimator, parzen_estimator};

/// How parameters are chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// Every combination of the values listed.
    Grid,
    /// Independent draws, uniform on each parameter's scale.
    Random,
    /// Draws where results were good: a tree of Parzen estimators, after ten random trials.
    Tpe,
}

impl Method {
    /// As it is said on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Grid => "grid",
            Self::Random => "random",
            Self::Tpe => "tpe",
        }
    }
}

/// A trial that there has been, as the sampler sees it.
#[derive(Clone, Debug)]
pub struct Seen<'a> {
    /// What it was run with.
    pub parameters: &'a Parameters,
    /// Its result, the smaller the better; infinite where it failed or fell behind; `None` while it goes on.
    pub cost: Option<f64>,
}

/// Trials at random before the estimators have enough to go by, as in Optuna.
const AT_RANDOM: usize = 10;

/// Draws in search of parameters that no trial has had.
const DRAWS: usize = 64;

/// The parameters of the next trial, after those of `seen` in their order; `None` where the grid is through.
pub fn next(method: Method, space: &Space, seed: u64, seen: &[Seen<'_>]) -> Option<Parameters> {
    let number = seen.len();
    if method == Method::Grid {
        return space.grid()?.into_iter().nth(number);
    }
    let results: Vec<(&Parameters, f64)> =
        seen.iter().filter_map(|seen| Some((seen.parameters, seen.cost?))).collect();
    let guided = method == Method::Tpe && results.len() >= AT_RANDOM;
    let mut random = stream(seed, &format!("sweep/{number}"));
    let mut draw = || -> Parameters {
        let draw = |parameter: &Parameter| {
            let domain = &parameter.domain;
            let value = if guided {
                favoured(parameter, &results, &mut random)
            } else {
                uniform(domain, &mut random)
            };
            (parameter.key.clone(), value)
        };
        space.parameters.iter().map(draw).collect()
    };
    let mut parameters = draw();
    // The same experiment again would tell nothing new.
    for _ in 1..DRAWS {
        if seen.iter().all(|seen| *seen.parameters != parameters) {
            break;
        }
        parameters = draw();
    }
    Some(parameters)
}

fn uniform(domain: &Domain, random: &mut impl Rng) -> toml::Value {
    match domain.values() {
        Some(values) => values[random.random_range(0..values.len())].clone(),
        None => {
            let (low, high) = ends(domain);
            domain.value(random.random_range(low..high))
        }
    }
}

/// The ends of a range on its scale; for whole numbers half a step beyond, so that the outermost are as likely as the others.
fn ends(domain: &Domain) -> (f64, f64) {
    match *domain {
        Domain::Range { low, high, whole, .. } => {
            let beyond = if whole { 0.5 } else { 0.0 };
            (domain.coordinate(low - beyond), domain.coordinate(high + beyond))
        }
        Domain::Choice { .. } => (0.0, 1.0),
    }
}

/// A draw where the better results are denser than the others. Parameters are taken as independent of each other, as in
/// Bergstra et al. (2011).
fn favoured(parameter: &Parameter, results: &[(&Parameters, f64)], random: &mut impl Rng) -> toml::Value {
    let domain = &parameter.domain;
    let values = domain.values();
    let (low, high) = ends(domain);
    let (estimator, range) = match &values {
        Some(values) => (histogram_estimator(), categorical_range(values.len())),
        None => (parzen_estimator(), tpe::range(low, high)),
    };
    let Ok(range) = range else {
        return uniform(domain, random);
    };
    let mut optimiser = TpeOptimizer::new(estimator, range);
    for (parameters, cost) in results {
        let place = parameters.get(&parameter.key).and_then(|value| match &values {
            Some(values) => values.iter().position(|listed| listed == value).map(|index| index as f64),
            // The estimator's range is open above.
            None => number(value).map(|number| domain.coordinate(number).clamp(low, high.next_down())),
        });
        // Nothing is told of a value that is not of this space.
        let _ = optimiser.tell(place.unwrap_or(f64::NAN), *cost);
    }
    match (optimiser.ask(random), values) {
        (Ok(place), Some(values)) => values[(place as usize).min(values.len() - 1)].clone(),
        (Ok(place), None) => domain.value(place),
        (Err(never), _) => match never {},
    }
}

fn number(value: &toml::Value) -> Option<f64> {
    value.as_float().or_else(|| value.as_integer().map(|integer| integer as f64))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn space(given: &[&str]) -> Space {
        Space::parse(&given.iter().map(ToString::to_string).collect::<Vec<_>>()).expect("a space")
    }

    /// So many trials of a cost.
    fn trials(
        method: Method,
        space: &Space,
        seed: u64,
        count: usize,
        cost: impl Fn(&Parameters) -> f64,
    ) -> Vec<(Parameters, f64)> {
        let mut done: Vec<(Parameters, f64)> = Vec::new();
        for _ in 0..count {
            let seen: Vec<Seen<'_>> =
                done.iter().map(|(parameters, cost)| Seen { parameters, cost: Some(*cost) }).collect();
            let Some(parameters) = next(method, space, seed, &seen) else { break };
            let cost = cost(&parameters);
            done.push((parameters, cost));
        }
        done
    }

    fn real(parameters: &Parameters, key: &str) -> f64 {
        number(&parameters[key]).expect("a number")
    }

    #[test]
    fn a_grid_ends() {
        let space = space(&["a=[1, 2]", "b=[true, false]"]);
        let done = trials(Method::Grid, &space, 0, 100, |_| 0.0);
        assert_eq!(done.len(), 4);
        assert_eq!(done[1].0, Parameters::from([("a".into(), 1.into()), ("b".into(), false.into())]));
    }

    #[test]
    fn draws_are_a_function_of_the_seed_and_fill_the_range() {
        let space = space(&["a=1e-4..1.0 log", "b=1..3", "c=[\"x\", \"y\"]"]);
        let draws = |seed| trials(Method::Random, &space, seed, 200, |_| 0.0);
        let first = draws(7);
        assert_eq!(first, draws(7));
        assert_ne!(first, draws(8));
        let parameters = |trials: &[(Parameters, f64)]| -> Vec<Parameters> {
            trials.iter().map(|(parameters, _)| parameters.clone()).collect()
        };
        let fewer = trials(Method::Random, &space, 7, 50, |parameters| real(parameters, "a"));
        assert_eq!(parameters(&first[..50]), parameters(&fewer), "whatever the results are");
        // Of four decades each has a quarter, of three whole numbers each a third; three standard deviations.
        let part = |holds: &dyn Fn(&Parameters) -> bool| {
            first.iter().filter(|(parameters, _)| holds(parameters)).count() as f64 / 200.0
        };
        for decade in 0..4 {
            let low = 10_f64.powi(decade - 4);
            let found = part(&|parameters| (low..10.0 * low).contains(&real(parameters, "a")));
            assert!((found - 0.25).abs() < 0.095, "{decade}: {found}");
        }
        for whole in 1..=3 {
            let found = part(&|parameters| parameters["b"].as_integer() == Some(whole));
            assert!((found - 1.0 / 3.0).abs() < 0.1, "{whole}: {found}");
        }
    }

    #[test]
    fn no_trial_is_repeated_while_there_are_others() {
        let space = space(&["a=[1, 2, 3, 4]"]);
        for method in [Method::Random, Method::Tpe] {
            let done = trials(method, &space, 3, 4, |parameters| real(parameters, "a"));
            let mut values: Vec<f64> = done.iter().map(|(parameters, _)| real(parameters, "a")).collect();
            values.sort_by(f64::total_cmp);
            assert_eq!(values, [1.0, 2.0, 3.0, 4.0], "{method:?}");
        }
    }

    /// Over twenty seeds, so that it is the method and not the luck of one.
    #[test]
    fn tpe_comes_closer_than_chance() {
        let space = space(&["x=-5.0..5.0", "rate=1e-5..1.0 log", "kind=[\"a\", \"b\", \"c\"]"]);
        let cost = |parameters: &Parameters| {
            let kind = if parameters["kind"].as_str() == Some("b") { 0.0 } else { 2.0 };
            (real(parameters, "x") - 1.3).powi(2) + (real(parameters, "rate").log10() + 3.0).powi(2) + kind
        };
        let best = |method, seed| {
            trials(method, &space, seed, 40, cost)
                .into_iter()
                .map(|(_, cost)| cost)
                .fold(f64::INFINITY, f64::min)
        };
        let mean = |method| (0..20).map(|seed| best(method, seed)).sum::<f64>() / 20.0;
        let (guided, random) = (mean(Method::Tpe), mean(Method::Random));
        assert!(guided < 0.6 * random, "{guided} against {random}");
    }

    #[test]
    fn what_failed_is_avoided_and_nothing_panics() {
        let space = space(&["x=0..100", "y=0.0..1.0 in 3"]);
        let failing = |parameters: &Parameters| {
            if real(parameters, "x") > 50.0 { f64::INFINITY } else { real(parameters, "x") }
        };
        let done = trials(Method::Tpe, &space, 1, 60, failing);
        let late = done[30..].iter().filter(|(_, cost)| cost.is_infinite()).count();
        assert!(late < 10, "{late} of 30 where half would be chance");
        let all = trials(Method::Tpe, &space, 1, 15, |_| f64::INFINITY);
        assert_eq!(all.len(), 15);
    }
}
