//! What is known of the run by now: all that the panels show.

use super::super::lines::seconds_left;
use super::super::observer::{Rows, SpectrumReport, StageReport, StepReport};
use std::time::{Duration, Instant};

/// Points of a curve; of a longer one, every second is kept.
const POINTS: usize = 512;

/// A term of the loss over the steps of a stage.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Curve {
    pub(super) term: String,
    /// Step and value, finite.
    pub(super) points: Vec<(f64, f64)>,
}

/// What the stage's last logged step said.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Pace {
    pub(super) step: u64,
    pub(super) steps_per_s: f64,
    pub(super) learning_rate: f64,
    /// Seconds left of the stage, and of the run.
    pub(super) left: (f64, f64),
    pub(super) when: Option<Instant>,
}

/// See the module.
#[derive(Clone, Debug)]
pub(super) struct Board {
    pub(super) run: String,
    pub(super) begun: Instant,
    pub(super) stage: StageReport,
    pub(super) pace: Pace,
    /// Of the stage that is named: the last one with a step.
    pub(super) curves: (String, Vec<Curve>),
    pub(super) spectrum: Option<SpectrumReport>,
    pub(super) generators: Vec<Rows>,
    pub(super) cosine: Option<f64>,
    /// Which generator is looked at.
    pub(super) looked_at: usize,
    /// The user wants the run to end.
    pub(super) ending: bool,
}

impl Board {
    pub(super) fn new(run: &str) -> Self {
        Self {
            run: run.to_owned(),
            begun: Instant::now(),
            stage: StageReport::default(),
            pace: Pace::default(),
            curves: Default::default(),
            spectrum: None,
            generators: Vec::new(),
            cosine: None,
            looked_at: 0,
            ending: false,
        }
    }

    pub(super) fn begin(&mut self, stage: &StageReport) {
        self.pace = Pace { step: stage.begun, ..Pace::default() };
        self.stage = stage.clone();
    }

    pub(super) fn step(&mut self, step: &StepReport<'_>) {
        let line = step.line;
        let name = self.stage.unique_name();
        if self.curves.0 != name {
            self.curves = (name, Vec::new());
        }
        for (&term, &value) in &line.loss {
            let at = self.curves.1.iter().position(|curve| curve.term == term).unwrap_or_else(|| {
                self.curves.1.push(Curve { term: term.to_owned(), points: Vec::new() });
                self.curves.1.len() - 1
            });
            let points = &mut self.curves.1[at].points;
            if value.is_finite() {
                points.push((line.step as f64, value));
            }
            if points.len() > POINTS {
                let mut keep = false;
                points.retain(|_| {
                    keep = !keep;
                    keep
                });
            }
        }
        let rest = self.stage.steps.saturating_sub(line.step) as f64;
        self.pace = Pace {
            step: line.step,
            steps_per_s: line.steps_per_s,
            learning_rate: line.learning_rate,
            left: (rest / line.steps_per_s, seconds_left(&self.stage, line)),
            when: Some(Instant::now()),
        };
        if !step.generators.is_empty() {
            self.generators = step.generators.to_vec();
        }
        self.cosine = line.cosine.or(self.cosine);
    }

    pub(super) fn spectrum(&mut self, spectrum: &SpectrumReport) {
        self.generators.clone_from(&spectrum.generators);
        self.spectrum = Some(spectrum.clone());
    }

    /// The next generator, round in a circle.
    pub(super) fn look_further(&mut self) {
        self.looked_at = (self.looked_at + 1) % self.generators.len().max(1);
    }

    /// Steps by now, between two that are logged by the pace of the last ones.
    pub(super) fn steps_by_now(&self) -> f64 {
        let since = self.pace.when.map_or(Duration::ZERO, |when| when.elapsed()).as_secs_f64();
        (self.pace.step as f64 + since * self.pace.steps_per_s).min(self.stage.steps as f64)
    }

    /// Seconds left by now of a time that was told with the last step.
    pub(super) fn left_by_now(&self, told: f64) -> f64 {
        let since = self.pace.when.map_or(Duration::ZERO, |when| when.elapsed()).as_secs_f64();
        if told.is_finite() { (told - since).max(0.0) } else { told }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::MetricsLine;
    use std::collections::BTreeMap;

    #[test]
    fn curves_are_of_the_last_stage_that_stepped_and_bounded() {
        let mut board = Board::new("run");
        let stage = |name: &str| StageReport { name: name.into(), steps: 4000, ..StageReport::default() };
        board.begin(&stage("warm_up"));
        for step in 1..=2000 {
            let loss = BTreeMap::from([("task", if step == 7 { f64::NAN } else { 1.0 / step as f64 })]);
            let line = MetricsLine {
                step,
                stage: "warm_up",
                loss,
                learning_rate: 0.1,
                steps_per_s: 10.0,
                cosine: Some(0.5),
            };
            board.step(&StepReport { line: &line, total: 0.0, generators: &[] });
        }
        board.begin(&stage("spectrum"));
        let (name, curves) = &board.curves;
        assert_eq!((name.as_str(), curves.len(), board.cosine), ("warm_up", 1, Some(0.5)));
        let points = &curves[0].points;
        assert!((POINTS / 2..=POINTS + 1).contains(&points.len()), "{}", points.len());
        assert_eq!(points[0], (1.0, 1.0), "the first one stays");
        assert!(points.is_sorted_by(|a, b| a.0 < b.0) && points.iter().all(|point| point.1.is_finite()));
    }

    #[test]
    fn generators_are_looked_at_in_turn() {
        let mut board = Board::new("run");
        board.look_further();
        assert_eq!(board.looked_at, 0);
        board.generators = vec![Vec::new(); 2];
        board.look_further();
        board.look_further();
        assert_eq!(board.looked_at, 0);
    }
}
