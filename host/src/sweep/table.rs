//! A sweep's trials for people: a table for the terminal, the best first, and one for spreadsheets.

use super::record::Sweep;
use super::trial::{State, Trial};
use crate::report::text::{columns, number, with_error};
use std::fmt::Write;
use std::path::Path;

/// The table, several lines, the last one ended: what came out, then the command that repeats the best trial. `place`: how
/// the sweep's directory is told.
pub fn text(sweep: &Sweep, place: &Path) -> String {
    let mut rows = vec![header(sweep)];
    rows.extend(sweep.ranked().into_iter().map(|trial| row(sweep, trial)));
    let mut text = columns(&rows, |_| false);
    for trial in sweep.trials.iter().filter(|trial| trial.state == State::Failed) {
        let reason = trial.reason.as_deref().unwrap_or("it did not say why");
        let _ = writeln!(text, "Trial {} failed: {reason}.", trial.number);
    }
    if let Some(best) = sweep.best() {
        let finding = best
            .finding
            .as_ref()
            .map_or_else(String::new, |finding| format!(", verdict {}", finding.words()));
        let _ = writeln!(
            text,
            "\nBest of {}: trial {}, {} {}{finding}. Everything is in {}.",
            sweep.trials.len(),
            best.number,
            measure(sweep),
            figure(best),
            place.display()
        );
        let _ = writeln!(text, "Again: {}", again(sweep, best, place));
    }
    text
}

/// The command that repeats a trial.
fn again(sweep: &Sweep, trial: &Trial, place: &Path) -> String {
    let directory = trial.runs.first().map_or("", |run| &run.directory);
    let config = place.join(directory).join("config.toml");
    let options = sweep.plan.options.iter().map(|option| format!(" {option}")).collect::<String>();
    format!("semola-host train --config {}{options}", config.display())
}

fn measure(sweep: &Sweep) -> String {
    sweep.measured.clone().unwrap_or_else(|| sweep.plan.metric.to_string())
}

fn header(sweep: &Sweep) -> Vec<String> {
    let keys = sweep.plan.space.parameters.iter().map(|parameter| parameter.key.clone());
    ["trial".into(), measure(sweep), "verdict".into()]
        .into_iter()
        .chain(keys)
        .chain(["seconds".into()])
        .collect()
}

fn row(sweep: &Sweep, trial: &Trial) -> Vec<String> {
    let verdict = match &trial.finding {
        Some(finding) if trial.runs.len() > 1 => {
            format!("{} ({} of {})", finding.words(), trial.agreeing.unwrap_or(0), trial.runs.len())
        }
        Some(finding) => finding.words(),
        None => trial.state.name().to_owned(),
    };
    let value = |key: &str| trial.parameters.get(key).map_or_else(|| "-".into(), shown);
    let values = sweep.plan.space.parameters.iter().map(|parameter| value(&parameter.key));
    let seconds = trial.wall_s.map_or_else(|| "-".into(), |seconds| format!("{seconds:.1}"));
    [trial.number.to_string(), figure(trial), verdict].into_iter().chain(values).chain([seconds]).collect()
}

fn figure(trial: &Trial) -> String {
    trial.metric.map_or_else(|| "-".into(), |mean| with_error(mean, trial.standard_error))
}

fn shown(value: &toml::Value) -> String {
    match value {
        toml::Value::Float(float) => number(*float),
        toml::Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// All trials in the order of their numbers, figures in full.
///
/// # Errors
/// None, but those of the writer.
pub fn csv(sweep: &Sweep) -> anyhow::Result<Vec<u8>> {
    const COLUMNS: [&str; 10] = [
        "trial",
        "state",
        "metric",
        "standard_error",
        "verdict",
        "dimension",
        "algebra",
        "wall_s",
        "run",
        "reason",
    ];
    let keys: Vec<&str> =
        sweep.plan.space.parameters.iter().map(|parameter| parameter.key.as_str()).collect();
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(COLUMNS.iter().chain(&keys))?;
    let optional = |value: Option<f64>| value.map(|value| value.to_string()).unwrap_or_default();
    for trial in &sweep.trials {
        let finding = trial.finding.as_ref();
        let directories: Vec<&str> = trial.runs.iter().map(|run| run.directory.as_str()).collect();
        let fixed = [
            trial.number.to_string(),
            trial.state.name().to_owned(),
            optional(trial.metric),
            optional(trial.standard_error),
            finding.map(|finding| finding.verdict.name().to_owned()).unwrap_or_default(),
            finding.map(|finding| finding.dimension.to_string()).unwrap_or_default(),
            finding.and_then(|finding| finding.algebra.clone()).unwrap_or_default(),
            optional(trial.wall_s),
            directories.join(" "),
            trial.reason.clone().unwrap_or_default(),
        ];
        let value = |key: &&str| match trial.parameters.get(*key) {
            Some(toml::Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
            None => String::new(),
        };
        writer.write_record(fixed.into_iter().chain(keys.iter().map(value)))?;
    }
    writer.into_inner().map_err(|error| anyhow::anyhow!("{error}"))
}

#[cfg(test)]
mod tests {
    use super::super::record::sample;
    use super::*;

    #[test]
    fn the_best_trial_is_first_and_the_last_line_repeats_it() {
        let text = text(&sample(), Path::new("runs/s"));
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[0].starts_with("trial  validation.rmse  verdict "), "{text}");
        assert!(lines[0].ends_with("training.learning_rate  model.activation  seconds"), "{text}");
        let words = |line: usize| lines[line].split_whitespace().take(4).collect::<Vec<_>>();
        assert_eq!(words(1), ["3", "0.250", "symmetric", "so(2)"]);
        assert_eq!(words(2), ["1", "0.500", "symmetric", "so(2)"]);
        assert_eq!(words(3)[..3], ["2", "-", "failed"]);
        assert_eq!(words(4)[..3], ["4", "-", "pruned"]);
        assert!(text.contains("Trial 2 failed: the loss is not finite at step 3.\n"), "{text}");
        assert!(
            text.contains("Best of 5: trial 3, validation.rmse 0.250, verdict symmetric so(2)."),
            "{text}"
        );
        assert_eq!(
            lines[lines.len() - 1],
            "Again: semola-host train --config runs/s/trials/0003/config.toml"
        );
    }

    #[test]
    fn spreadsheets_get_every_trial() {
        let sweep = sample();
        let bytes = csv(&sweep).expect("memory is writable");
        let mut reader = csv::Reader::from_reader(&bytes[..]);
        let header = reader.headers().expect("a header").clone();
        assert_eq!(header.iter().next_back(), Some("model.activation"));
        let rows: Vec<csv::StringRecord> = reader.records().map(|row| row.expect("a row")).collect();
        assert_eq!(rows.len(), 5);
        assert_eq!(
            (&rows[2][1], &rows[2][2], &rows[2][4], &rows[2][6]),
            ("finished", "0.25", "symmetric", "so(2)")
        );
        let rate = sweep.trials[2].parameters["training.learning_rate"].as_float().expect("real");
        assert_eq!(rows[2][10].parse::<f64>().ok(), Some(rate));
        assert_eq!((&rows[1][1], &rows[1][9]), ("failed", "the loss is not finite at step 3"));
    }
}
