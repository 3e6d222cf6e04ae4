//! Progress where stderr is no terminal: a log line now and then, for files and for the logs of clusters.

use super::observer::{Observer, StageReport, StepReport};
use crate::report::MetricsLine;
use crate::report::text::number;
use std::fmt::Write;
use std::time::{Duration, Instant};

/// The target of these lines, by which the log tells them from its own.
pub const TARGET: &str = "progress";

/// Seconds between two lines, if it is set; 0 for none.
const SECONDS: &str = "SEMOLA_PROGRESS_SECONDS";
const USUAL: Duration = Duration::from_secs(10);

/// A line every ten seconds, or as often as `SEMOLA_PROGRESS_SECONDS` says.
#[derive(Debug)]
pub struct Lines {
    /// `None`: never.
    every: Option<Duration>,
    last: Instant,
}

impl Lines {
    /// The first line comes after the first interval, so that a short run says nothing.
    pub fn new() -> Self {
        Self { every: interval(std::env::var(SECONDS).ok().as_deref()), last: Instant::now() }
    }
}

impl Default for Lines {
    fn default() -> Self {
        Self::new()
    }
}

impl Observer for Lines {
    fn step(&mut self, stage: &StageReport, step: &StepReport<'_>) -> anyhow::Result<()> {
        if self.every.is_some_and(|every| self.last.elapsed() >= every) {
            self.last = Instant::now();
            tracing::info!(target: TARGET, "{}", describe(stage, step.line));
        }
        Ok(())
    }
}

fn interval(text: Option<&str>) -> Option<Duration> {
    let seconds = text.and_then(|text| text.parse().ok()).filter(|seconds: &f64| seconds.is_finite());
    match seconds {
        None => Some(USUAL),
        Some(seconds) if seconds <= 0.0 => None,
        Some(seconds) => Some(Duration::from_secs_f64(seconds.min(1e9))),
    }
}

fn describe(stage: &StageReport, line: &MetricsLine<'_>) -> String {
    let (run, rest) = (seconds_left(stage, line), stage.steps.saturating_sub(line.step));
    format!(
        "{} ({}): step {} of {}, {:.1} steps/s, {} left of the stage, about {} of the run; {}",
        stage.title(),
        stage.place(),
        line.step,
        stage.steps,
        line.steps_per_s,
        clock(rest as f64 / line.steps_per_s),
        clock(run),
        figures(line)
    )
}

/// Until the run's last step, if all steps take as long as the last ones.
pub(super) fn seconds_left(stage: &StageReport, line: &MetricsLine<'_>) -> f64 {
    (stage.steps.saturating_sub(line.step) + stage.steps_after) as f64 / line.steps_per_s
}

/// The terms of the loss, and the cosine with the known algebra: "task 0.01234, cosine 0.9988".
pub(super) fn figures(line: &MetricsLine<'_>) -> String {
    let mut text = String::new();
    for (name, value) in &line.loss {
        let comma = if text.is_empty() { "" } else { ", " };
        let _ = write!(text, "{comma}{name} {}", number(*value));
    }
    if let Some(cosine) = line.cosine {
        let _ = write!(text, ", cosine {cosine:.4}");
    }
    text
}

/// "47 s", "3:05 min", "2:05 h"; "?" for what is no time.
pub(super) fn clock(seconds: f64) -> String {
    if !seconds.is_finite() || seconds < 0.0 {
        return "?".into();
    }
    let seconds = seconds.round() as u64;
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{}:{:02} min", seconds / 60, seconds % 60),
        _ => format!("{}:{:02} h", seconds / 3600, seconds / 60 % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn line(cosine: Option<f64>) -> MetricsLine<'static> {
        MetricsLine {
            step: 400,
            stage: "joint",
            loss: BTreeMap::from([("augmented", 0.25), ("task", 1.25e-5)]),
            learning_rate: 0.004,
            steps_per_s: 50.0,
            cosine,
        }
    }

    #[test]
    fn a_line_says_where_the_run_is_and_how_it_does() {
        let stage = StageReport {
            name: "joint".into(),
            number: 4,
            of: 6,
            steps: 1000,
            steps_after: 9000,
            ..StageReport::default()
        };
        assert_eq!(
            describe(&stage, &line(Some(0.99876))),
            "joint (stage 4 of 6): step 400 of 1000, 50.0 steps/s, 12 s left of the stage, about 3:12 min of the run; \
             augmented 0.250, task 1.25e-5, cosine 0.9988"
        );
        assert_eq!(figures(&line(None)), "augmented 0.250, task 1.25e-5");
    }

    #[test]
    fn the_interval_is_as_asked_for() {
        assert_eq!(interval(None), Some(USUAL));
        assert_eq!(interval(Some("soon")), Some(USUAL));
        assert_eq!(interval(Some("0.5")), Some(Duration::from_millis(500)));
        assert_eq!(interval(Some("0")), None);
    }

    #[test]
    fn times_are_short() {
        let clocks = [0.4, 59.4, 185.0, 7512.0, f64::INFINITY, f64::NAN].map(clock);
        assert_eq!(clocks, ["0 s", "59 s", "3:05 min", "2:05 h", "?", "?"]);
    }
}
