//! Runs side by side: experiments that differ in more than the seed are lines, runs that differ in the seed alone are
//! repetitions of one.
//!
//! A figure is the mean over seeds with its standard error. Models are compared seed by seed (a paired t-test: both have seen the
//! same data in the same order), so that what varies between seeds for all of them does not hide a difference.

use super::summary::{Metrics, Summary};
use super::text::{columns, number, with_error};
use anyhow::Context;
use serde::Serialize;
use statrs::distribution::{ContinuousCDF, StudentsT};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// What is compared of a run.
#[derive(Clone, Debug)]
pub struct Run {
    /// Every setting but the seed, by its dotted key.
    settings: BTreeMap<String, String>,
    summary: Summary,
}

/// An experiment: its runs together.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Line {
    /// The settings in which it differs from the others; the plugin where there are no others.
    pub name: String,
    /// Seeds of its runs, ascending.
    pub seeds: Vec<u64>,
    /// How many runs gave each verdict: "symmetric so(2)".
    pub verdicts: BTreeMap<String, usize>,
    /// Smallest principal cosine with the known algebra over all runs; absent where none is known.
    pub min_cosine: Option<f64>,
    /// What the figures are: `rmse`, `accuracy`, …
    pub measure: String,
    /// By model ("plain", "oracle", "ours") and split ("test", "shifted").
    pub figures: BTreeMap<String, BTreeMap<String, Mean>>,
    /// For each split the model with the generators found against the plain one.
    pub against_plain: BTreeMap<String, Paired>,
}

/// A mean over seeds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Mean {
    /// The mean.
    pub mean: f64,
    /// Its standard error; absent for one seed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<f64>,
}

/// Differences seed by seed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Paired {
    /// Mean of ours minus plain.
    pub difference: f64,
    /// Probability of a difference as large by chance (two-sided paired t-test); absent for fewer than two seeds, or where all
    /// differences are the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p: Option<f64>,
    /// Seeds that both have.
    pub seeds: usize,
}

impl Run {
    /// Reads a finished run.
    ///
    /// # Errors
    /// As [`Summary::of_finished`]; the configuration is damaged.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let summary = Summary::of_finished(path)?;
        let mut settings = settings(&path.join("config.toml"))?;
        settings.remove("seed");
        Ok(Self { settings, summary })
    }
}

/// Every setting of a configuration file, as TOML, by its dotted key.
///
/// # Errors
/// The file cannot be read, or is no TOML.
pub fn settings(file: &Path) -> anyhow::Result<BTreeMap<String, String>> {
    let unusable = || format!("{} is no configuration of an experiment", file.display());
    let text = std::fs::read_to_string(file).with_context(unusable)?;
    let table: toml::Table = text.parse().with_context(unusable)?;
    let mut settings = BTreeMap::new();
    flatten(&mut settings, "", toml::Value::Table(table));
    Ok(settings)
}

fn flatten(into: &mut BTreeMap<String, String>, prefix: &str, value: toml::Value) {
    match value {
        toml::Value::Table(table) => {
            for (key, value) in table {
                let key = if prefix.is_empty() { key } else { format!("{prefix}.{key}") };
                flatten(into, &key, value);
            }
        }
        value => drop(into.insert(prefix.to_owned(), value.to_string())),
    }
}

/// A line for each experiment, in the order in which they come.
pub fn compare(runs: &[Run]) -> Vec<Line> {
    let mut experiments: Vec<(&BTreeMap<String, String>, Vec<&Summary>)> = Vec::new();
    for run in runs {
        match experiments.iter_mut().find(|(settings, _)| **settings == run.settings) {
            Some((_, summaries)) => summaries.push(&run.summary),
            None => experiments.push((&run.settings, vec![&run.summary])),
        }
    }
    let keys: BTreeSet<&String> = experiments.iter().flat_map(|(settings, _)| settings.keys()).collect();
    let first = experiments.first().map(|(settings, _)| *settings);
    let differing: Vec<&String> = keys
        .into_iter()
        .filter(|key| {
            experiments
                .iter()
                .any(|(settings, _)| settings.get(*key) != first.and_then(|first| first.get(*key)))
        })
        .collect();
    let name = |settings: &BTreeMap<String, String>, summary: &Summary| -> String {
        let told = differing.iter().filter_map(|key| Some(format!("{key}={}", settings.get(*key)?)));
        let told: Vec<String> = told.collect();
        if told.is_empty() { summary.plugin.clone() } else { told.join(" ") }
    };
    experiments.iter().map(|(settings, summaries)| line(name(settings, summaries[0]), summaries)).collect()
}

fn line(name: String, summaries: &[&Summary]) -> Line {
    let mut summaries = summaries.to_vec();
    summaries.sort_by_key(|summary| summary.seed);
    let mut verdicts = BTreeMap::new();
    for summary in &summaries {
        *verdicts.entry(verdict(summary)).or_insert(0) += 1;
    }
    let references = summaries.iter().filter_map(|summary| summary.symmetry.reference.as_ref());
    let cosines = references.map(|reference| reference.min_cosine);
    let ours = summaries.iter().find_map(|summary| summary.metrics.as_ref());
    let measure = ours.map_or("rmse", Metrics::measure);
    // model → split → seed → value
    let mut values: BTreeMap<String, BTreeMap<String, BTreeMap<u64, f64>>> = BTreeMap::new();
    for summary in &summaries {
        for (model, metrics) in summary.models() {
            for (split, value) in splits(metrics, measure) {
                let splits = values.entry(model.to_owned()).or_default();
                splits.entry(split.to_owned()).or_default().insert(summary.seed, value);
            }
        }
    }
    let against_plain = ["test", "shifted"].into_iter().filter_map(|split| {
        let (ours, plain) = (values.get("ours")?.get(split)?, values.get("plain")?.get(split)?);
        let differences: Vec<f64> =
            ours.iter().filter_map(|(seed, ours)| Some(ours - plain.get(seed)?)).collect();
        Some((split.to_owned(), paired(&differences)?))
    });
    let against_plain = against_plain.collect();
    let mean_of = |seeds: BTreeMap<u64, f64>| Mean::of(&seeds.into_values().collect::<Vec<_>>());
    Line {
        name,
        seeds: summaries.iter().map(|summary| summary.seed).collect(),
        verdicts,
        min_cosine: cosines.reduce(f64::min),
        measure: measure.to_owned(),
        against_plain,
        figures: values
            .into_iter()
            .map(|(model, splits)| {
                (model, splits.into_iter().map(|(split, seeds)| (split, mean_of(seeds))).collect())
            })
            .collect(),
    }
}

fn splits<'a>(metrics: &'a Metrics, measure: &str) -> impl Iterator<Item = (&'static str, f64)> + use<'a> {
    let value = |of: &BTreeMap<String, f64>| of.get(measure).copied();
    let (test, shifted) = (value(&metrics.test), value(&metrics.shifted));
    [("test", test), ("shifted", shifted)].into_iter().filter_map(|(split, value)| Some((split, value?)))
}

fn verdict(summary: &Summary) -> String {
    let algebra = summary.symmetry.algebra.as_ref();
    summary.symmetry.verdict.with_algebra(algebra.map(|algebra| algebra.name.as_str()))
}

impl Mean {
    /// Of at least one value.
    pub fn of(values: &[f64]) -> Self {
        let count = values.len() as f64;
        let mean = values.iter().sum::<f64>() / count;
        Self { mean, error: deviation(values, mean).map(|deviation| deviation / count.sqrt()) }
    }
}

/// Of a sample; `None` for fewer than two values.
fn deviation(values: &[f64], mean: f64) -> Option<f64> {
    let square: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (values.len() > 1).then(|| (square / (values.len() - 1) as f64).sqrt())
}

fn paired(differences: &[f64]) -> Option<Paired> {
    if differences.is_empty() {
        return None;
    }
    let seeds = differences.len();
    let Mean { mean: difference, error } = Mean::of(differences);
    let p = error.filter(|error| *error > 0.0).and_then(|error| {
        let distribution = StudentsT::new(0.0, 1.0, (seeds - 1) as f64).ok()?;
        Some(2.0 * distribution.cdf(-(difference / error).abs()))
    });
    Some(Paired { difference, p, seeds })
}

const COLUMNS: [&str; 12] = [
    "experiment",
    "seeds",
    "verdict",
    "cosine",
    "measure",
    "plain test",
    "oracle test",
    "ours test",
    "plain shifted",
    "oracle shifted",
    "ours shifted",
    "p against plain",
];

/// Columns of words; the others hold numbers.
const WORDS: [&str; 3] = ["experiment", "verdict", "measure"];

/// One row a line; figures as "mean ± error".
fn rows(lines: &[Line]) -> Vec<Vec<String>> {
    let figure = |line: &Line, model: &str, split: &str| {
        line.figures
            .get(model)
            .and_then(|splits| splits.get(split))
            .map_or_else(|| "-".into(), |mean| with_error(mean.mean, mean.error))
    };
    let row = |line: &Line| {
        let verdicts: Vec<String> = line
            .verdicts
            .iter()
            .map(
                |(verdict, count)| {
                    if line.seeds.len() > 1 { format!("{verdict} ({count})") } else { verdict.clone() }
                },
            )
            .collect();
        let mut row = vec![
            line.name.clone(),
            line.seeds.len().to_string(),
            verdicts.join(", "),
            line.min_cosine.map_or_else(|| "-".into(), |cosine| format!("{cosine:.4}")),
            line.measure.clone(),
        ];
        for split in ["test", "shifted"] {
            row.extend(["plain", "oracle", "ours"].map(|model| figure(line, model, split)));
        }
        let against = line.against_plain.get("shifted").or(line.against_plain.get("test"));
        row.push(against.and_then(|against| against.p).map_or_else(|| "-".into(), number));
        row
    };
    lines.iter().map(row).collect()
}

/// The header and a row for each line; columns that say nothing are left out.
pub(super) fn table(lines: &[Line]) -> Vec<Vec<String>> {
    let rows = rows(lines);
    let says = |column: &usize| rows.iter().any(|row| row[*column] != "-");
    let kept: Vec<usize> = (0..COLUMNS.len()).filter(says).collect();
    let header = kept.iter().map(|&column| COLUMNS[column].to_owned()).collect();
    let rows = rows.iter().map(|row| kept.iter().map(|&column| row[column].clone()).collect());
    std::iter::once(header).chain(rows).collect()
}

/// The table for the terminal.
pub fn text(lines: &[Line]) -> String {
    let table = table(lines);
    columns(&table, |column| !WORDS.contains(&table[0][column].as_str()))
}

/// The same for spreadsheets: means and errors in columns of their own.
///
/// # Errors
/// None, but those of the writer.
pub fn csv(lines: &[Line]) -> anyhow::Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record([
        "experiment",
        "seeds",
        "verdicts",
        "min_cosine",
        "measure",
        "model",
        "split",
        "mean",
        "standard_error",
        "p_against_plain",
    ])?;
    let optional = |value: Option<f64>| value.map(|value| value.to_string()).unwrap_or_default();
    for line in lines {
        let verdicts: Vec<String> =
            line.verdicts.iter().map(|(verdict, count)| format!("{verdict}: {count}")).collect();
        for (model, splits) in &line.figures {
            for (split, mean) in splits {
                let p =
                    line.against_plain.get(split).filter(|_| model == "ours").and_then(|against| against.p);
                writer.write_record([
                    line.name.clone(),
                    line.seeds.len().to_string(),
                    verdicts.join("; "),
                    optional(line.min_cosine),
                    line.measure.clone(),
                    model.clone(),
                    split.clone(),
                    mean.mean.to_string(),
                    optional(mean.error),
                    optional(p),
                ])?;
            }
        }
    }
    writer.into_inner().map_err(|error| anyhow::anyhow!("{error}"))
}

#[cfg(test)]
mod tests {
    use super::super::summary::sample;
    use super::*;

    fn run(seed: u64, steps: &str, ours: f64, plain: f64) -> Run {
        let mut summary = Summary { seed, ..sample() };
        let set = |metrics: &mut Metrics, value: f64| {
            metrics.shifted.insert("rmse".into(), value);
        };
        set(summary.metrics.as_mut().expect("the sample has some"), ours);
        set(summary.baselines.get_mut("plain").expect("the sample has it"), plain);
        let settings = [("training.steps", steps), ("model.component", "\"mlp/mlp\"")];
        let settings = settings.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
        Run { settings, summary }
    }

    #[test]
    fn seeds_of_one_experiment_are_one_line() {
        let runs = [
            run(2, "100", 0.3, 0.5),
            run(0, "100", 0.1, 0.5),
            run(1, "100", 0.2, 0.4),
            run(0, "900", 0.05, 0.5),
        ];
        let lines = compare(&runs);
        assert_eq!(
            lines.iter().map(|line| line.name.as_str()).collect::<Vec<_>>(),
            ["training.steps=100", "training.steps=900"]
        );
        assert_eq!(lines[0].seeds, [0, 1, 2]);
        assert_eq!(lines[0].verdicts, BTreeMap::from([("symmetric so(2)".to_owned(), 3)]));
        let ours = lines[0].figures["ours"]["shifted"];
        assert!((ours.mean - 0.2).abs() < 1e-12);
        assert!((ours.error.expect("three seeds") - 0.1 / 3.0_f64.sqrt()).abs() < 1e-12);
        assert_eq!(lines[1].figures["ours"]["shifted"].error, None);
        assert_eq!(lines[1].against_plain["shifted"].p, None);
    }

    #[test]
    fn the_paired_test_is_student_s() {
        // scipy.stats.ttest_1samp([-0.4, -0.2, -0.2], 0): t = -4, p = 0.057190958.
        let paired = paired(&[-0.4, -0.2, -0.2]).expect("three pairs");
        assert!((paired.difference + 0.8 / 3.0).abs() < 1e-12);
        assert!((paired.p.expect("they vary") - 0.057_190_958).abs() < 1e-6, "{paired:?}");
        assert_eq!(super::paired(&[-0.1, -0.1]).and_then(|paired| paired.p), None, "no variation, no test");
        assert_eq!(super::paired(&[]), None);
    }

    #[test]
    fn one_experiment_goes_by_its_plugin_and_empty_columns_are_left_out() {
        let lines = compare(&[run(0, "100", 0.1, 0.5), run(1, "100", 0.2, 0.4)]);
        assert_eq!(lines[0].name, sample().plugin);
        let text = text(&lines);
        assert!(text.starts_with("experiment  seeds  verdict"), "{text}");
        assert!(text.contains("symmetric so(2) (2)") && text.contains("0.150 ± 0.0500"), "{text}");
        let csv = String::from_utf8(csv(&lines).expect("written")).expect("UTF-8");
        assert!(csv.lines().count() >= 5 && csv.contains(",ours,shifted,0.15"), "{csv}");
        let none = compare(&[Run {
            summary: Summary { metrics: None, baselines: BTreeMap::new(), ..sample() },
            ..run(0, "1", 0.0, 0.0)
        }]);
        assert!(!super::text(&none).contains("plain"), "{}", super::text(&none));
    }
}
