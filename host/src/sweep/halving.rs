//! Asynchronous successive halving (Li et al. 2020): a trial that falls behind is stopped early.
//!
//! Rungs stand at fixed parts of each run's own steps. What is compared there is the task loss on training batches, which
//! every run writes to its `metrics.jsonl`; of `factor` trials that have reached a rung about one goes on. As nothing waits
//! for slower trials, the first ones go on if they are the best so far.

use crate::report::MetricsRecord;
use std::path::Path;

/// How fast the field narrows: at each rung one of so many trials goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Halving {
    /// At least 2.
    pub factor: u32,
}

/// Rungs of a run.
const RUNGS: i32 = 2;

/// Lines of `metrics.jsonl` whose losses are averaged: one batch tells little.
const WINDOW: usize = 5;

impl Halving {
    /// The parts of a run at which it is looked at, ascending: 1/factor², 1/factor.
    pub fn rungs(self) -> Vec<f64> {
        (1..=RUNGS).rev().map(|rung| f64::from(self.factor).powi(-rung)).collect()
    }

    /// Whether a trial may go on, that has this loss (`None`: not finite) at a rung which `others` have reached before it.
    pub fn goes_on(self, loss: Option<f64>, others: &[Option<f64>]) -> bool {
        let cost = |loss: Option<f64>| loss.unwrap_or(f64::INFINITY);
        let mut all: Vec<f64> = others.iter().copied().chain([loss]).map(cost).collect();
        all.sort_by(f64::total_cmp);
        let places = (all.len() / self.factor as usize).max(1);
        cost(loss) <= all[places - 1]
    }
}

/// What `metrics.jsonl` has of a run's own model so far.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trace {
    /// Steps done and the loss there, ascending.
    points: Vec<(u64, Option<f64>)>,
}

impl Trace {
    /// Reads it; what is not there yet, or half written, is left out.
    pub fn read(metrics: &Path) -> Self {
        std::fs::read_to_string(metrics).map(|text| Self::of(&text)).unwrap_or_default()
    }

    fn of(text: &str) -> Self {
        let mut points = Vec::new();
        // Steps are counted from the start of each stage.
        let (mut before, mut stage, mut last) = (0, String::new(), 0);
        for line in MetricsRecord::of_text(text).into_iter().filter(MetricsRecord::is_own) {
            if line.stage != stage {
                (before, stage) = (last, line.stage);
            }
            last = before + line.step;
            points.push((last, line.loss.get("task").copied().flatten()));
        }
        Self { points }
    }

    /// The loss at a step, mean over the lines just before; the outer `None`: the run is not there yet, the inner one: it
    /// is not finite.
    pub fn at(&self, step: u64) -> Option<Option<f64>> {
        let reached = self.points.partition_point(|(done, _)| *done < step);
        if reached == self.points.len() {
            return None;
        }
        let window = &self.points[(reached + 1).saturating_sub(WINDOW)..=reached];
        let sum: Option<f64> = window.iter().map(|(_, loss)| *loss).sum();
        Some(sum.map(|sum| sum / window.len() as f64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_three_one_goes_on() {
        let halving = Halving { factor: 3 };
        let rungs = halving.rungs();
        assert!((rungs[0] - 1.0 / 9.0).abs() < 1e-12 && (rungs[1] - 1.0 / 3.0).abs() < 1e-12, "{rungs:?}");
        let others = [0.5, 0.4, 0.3, 0.2, 0.1].map(Some);
        assert!(halving.goes_on(Some(0.9), &[]), "the first is the best so far");
        assert!(!halving.goes_on(Some(0.9), &others[..1]));
        assert!(halving.goes_on(Some(0.15), &others), "second of six");
        assert!(!halving.goes_on(Some(0.25), &others), "third of six");
        assert!(!halving.goes_on(None, &others), "not finite is worst");
    }

    #[test]
    fn own_steps_are_counted_through_the_stages() {
        let line = |stage: &str, step: u64, task: &str| {
            format!(
                "{{\"step\":{step},\"stage\":\"{stage}\",\"loss\":{{\"task\":{task}}},\"learning_rate\":0.1}}\n"
            )
        };
        let text = [
            line("warm_up", 10, "4.0"),
            line("warm_up", 20, "2.0"),
            line("replica", 20, "99.0"),
            line("joint", 10, "1.0"),
            line("joint", 20, "null"),
            "{\"step\":3".into(),
        ];
        let trace = Trace::of(&text.concat());
        assert_eq!(trace.points, [(10, Some(4.0)), (20, Some(2.0)), (30, Some(1.0)), (40, None)]);
        assert_eq!(trace.at(10), Some(Some(4.0)));
        assert_eq!(trace.at(15), Some(Some(3.0)));
        assert_eq!(trace.at(30), Some(Some(7.0 / 3.0)));
        assert_eq!((trace.at(40), trace.at(41)), (Some(None), None));
        assert_eq!(Trace::read(Path::new("/nowhere")), Trace::default());
    }
}
