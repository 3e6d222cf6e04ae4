//! A trial: one point of the space, run once for each seed, and what came of it.
//!
//! Owns the record, not the process. What a trial says (its state, its figure, its verdict) is always derived from its runs
//! by [`Trial::settle`].

use super::metric::Measured;
use super::space::Parameters;
use crate::report::Summary;
use crate::report::compare::Mean;
use crate::report::summary::Verdict;
use serde::{Deserialize, Serialize};

/// How far a trial or a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Not begun.
    Waiting,
    /// A process is at work on it.
    Running,
    /// Begun, and to be gone on with.
    Interrupted,
    /// Ended well.
    Finished,
    /// Stopped, because it fell behind the others.
    Pruned,
    /// Ended with an error.
    Failed,
}

impl State {
    /// As sweep.json has it: "finished".
    pub fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Interrupted => "interrupted",
            Self::Finished => "finished",
            Self::Pruned => "pruned",
            Self::Failed => "failed",
        }
    }

    /// Whether nothing more will come of it.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Finished | Self::Pruned | Self::Failed)
    }
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// The verdict.
    pub verdict: Verdict,
    /// Number of exact generators.
    pub dimension: usize,
    /// What they span; absent when there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub algebra: Option<String>,
}

impl Finding {
    fn of(summary: &Summary) -> Self {
        let symmetry = &summary.symmetry;
        Self {
            verdict: symmetry.verdict,
            dimension: symmetry.dimension,
            algebra: symmetry.algebra.as_ref().map(|algebra| algebra.name.clone()),
        }
    }

    /// In words: "symmetric so(2)".
    pub fn words(&self) -> String {
        self.verdict.with_algebra(self.algebra.as_deref())
    }
}

/// A run of a trial.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrialRun {
    /// Its seed.
    pub seed: u64,
    /// Its run directory, below that of the sweep.
    pub directory: String,
    /// How far it is.
    pub state: State,
    /// The figure by which trials are ranked; present when it finished.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub metric: Option<f64>,
    /// What it found; present when it finished.
    #[serde(flatten)]
    pub finding: Option<Finding>,
    /// Seconds, present when it finished.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub wall_s: Option<f64>,
    /// Why it failed or was pruned, in a sentence.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
}

impl TrialRun {
    /// Takes the result of a run that has ended well.
    pub fn finish(&mut self, summary: &Summary, measured: &Measured) {
        self.state = State::Finished;
        self.metric = Some(measured.value);
        self.finding = Some(Finding::of(summary));
        self.wall_s = Some(summary.wall_s);
    }

    /// Notes that it ended otherwise.
    pub fn end(&mut self, state: State, reason: impl Into<String>) {
        self.state = state;
        self.reason = Some(reason.into());
    }
}

/// One point of the space.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trial {
    /// From 1, in the order in which the sampler gave them.
    pub number: usize,
    /// Its values, by their dotted keys.
    pub parameters: Parameters,
    /// That of its runs together.
    pub state: State,
    /// The figure by which trials are ranked, mean over its runs; present when all finished.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub metric: Option<f64>,
    /// Standard error of that mean; absent for one run.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub standard_error: Option<f64>,
    /// What most of its runs found, the first of several; present when all finished.
    #[serde(flatten)]
    pub finding: Option<Finding>,
    /// How many runs found that.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub agreeing: Option<usize>,
    /// Seconds of its runs together; present when all finished.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub wall_s: Option<f64>,
    /// Why it failed or was pruned, in a sentence.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
    /// What it was compared by at each rung that it has reached; `null` for what is not finite.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub rungs: Vec<Option<f64>>,
    /// One for each seed.
    pub runs: Vec<TrialRun>,
}

impl Trial {
    /// A trial that waits, with these seeds; at least one.
    pub fn new(number: usize, parameters: Parameters, seeds: &[u64]) -> Self {
        let run = |&seed: &u64| TrialRun {
            seed,
            directory: if seeds.len() == 1 {
                format!("trials/{number:04}")
            } else {
                format!("trials/{number:04}-s{seed}")
            },
            state: State::Waiting,
            metric: None,
            finding: None,
            wall_s: None,
            reason: None,
        };
        Self {
            number,
            parameters,
            state: State::Waiting,
            metric: None,
            standard_error: None,
            finding: None,
            agreeing: None,
            wall_s: None,
            reason: None,
            rungs: Vec::new(),
            runs: seeds.iter().map(run).collect(),
        }
    }

    /// Puts together what its runs say.
    pub fn settle(&mut self) {
        let states: Vec<State> = self.runs.iter().map(|run| run.state).collect();
        let all = |state: State| states.iter().all(|other| *other == state);
        let order = [State::Failed, State::Pruned, State::Running, State::Interrupted];
        self.state = match order.into_iter().find(|state| states.contains(state)) {
            Some(state) => state,
            None if all(State::Finished) => State::Finished,
            None => State::Waiting,
        };
        let several = self.runs.len() > 1;
        let ended = self.runs.iter().find(|run| run.state == self.state && run.reason.is_some());
        self.reason = ended.and_then(|run| {
            let reason = run.reason.as_ref()?;
            Some(if several { format!("seed {}: {reason}", run.seed) } else { reason.clone() })
        });
        if self.state != State::Finished {
            return;
        }
        let figures: Vec<f64> = self.runs.iter().filter_map(|run| run.metric).collect();
        let Mean { mean, error } = Mean::of(&figures);
        (self.metric, self.standard_error) = (Some(mean), error);
        self.wall_s = Some(self.runs.iter().filter_map(|run| run.wall_s).sum());
        let findings: Vec<&Finding> = self.runs.iter().filter_map(|run| run.finding.as_ref()).collect();
        let times = |finding: &Finding| findings.iter().filter(|other| **other == finding).count();
        // The last of equals is what `max_by_key` gives.
        let most =
            findings.iter().rev().max_by_key(|finding| times(finding)).map(|finding| (*finding).clone());
        self.agreeing = most.as_ref().map(times);
        self.finding = most;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::summary::sample;

    fn finished(values: &[(f64, Verdict)]) -> Trial {
        let seeds: Vec<u64> = (0..values.len() as u64).collect();
        let mut trial = Trial::new(3, Parameters::new(), &seeds);
        for (run, (value, verdict)) in trial.runs.iter_mut().zip(values) {
            let mut summary = sample();
            summary.symmetry.verdict = *verdict;
            run.finish(&summary, &Measured { name: "validation.rmse".into(), value: *value });
        }
        trial.settle();
        trial
    }

    /// Mean and standard error of 1, 2, 6 by hand: 3 and √(14/2/3).
    #[test]
    fn runs_are_put_together() {
        let trial = finished(&[(1.0, Verdict::None), (2.0, Verdict::Symmetric), (6.0, Verdict::Symmetric)]);
        assert_eq!((trial.state, trial.metric), (State::Finished, Some(3.0)));
        let error = trial.standard_error.expect("three runs");
        assert!((error - (7.0_f64 / 3.0).sqrt()).abs() < 1e-12, "{error}");
        assert_eq!(trial.finding.as_ref().map(Finding::words).as_deref(), Some("symmetric so(2)"));
        assert_eq!(trial.agreeing, Some(2));
        assert_eq!(trial.runs[1].directory, "trials/0003-s1");

        let one = finished(&[(0.5, Verdict::Partial)]);
        assert_eq!((one.metric, one.standard_error, one.agreeing), (Some(0.5), None, Some(1)));
        assert_eq!(one.runs[0].directory, "trials/0003");
        let tie = finished(&[(1.0, Verdict::Partial), (1.0, Verdict::None)]);
        assert_eq!(tie.finding.expect("all finished").verdict, Verdict::Partial, "the first of equals");
    }

    #[test]
    fn one_run_that_failed_fails_the_trial() {
        let mut trial = finished(&[(1.0, Verdict::None), (2.0, Verdict::None)]);
        trial.runs[1].end(State::Failed, "the loss is not finite");
        trial.settle();
        assert_eq!(trial.state, State::Failed);
        assert_eq!(trial.reason.as_deref(), Some("seed 1: the loss is not finite"));
    }

    #[test]
    fn a_trial_is_read_back() {
        for mut trial in [finished(&[(0.125, Verdict::Symmetric)]), Trial::new(1, Parameters::new(), &[5])] {
            trial.rungs = vec![Some(0.5), None];
            let text = serde_json::to_string(&trial).expect("plain data");
            assert_eq!(serde_json::from_str::<Trial>(&text).expect("the same"), trial, "{text}");
        }
    }
}
