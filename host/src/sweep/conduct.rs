//! A sweep at work: trials are begun, run some at a time, watched, and noted down, until all have ended or somebody
//! interrupts.
//!
//! What has been noted down is on disk before the next trial is asked for. A run that was interrupted or killed is gone on
//! with; one that ended well while nobody looked is taken as it is.

use super::directory::SweepDirectory;
use super::halving::{Halving, Trace};
use super::launcher::{Ended, Job, Launcher};
use super::record::Sweep;
use super::trial::State;
use crate::exit::{Coded, ExitCode};
use crate::report::live::Counter;
use crate::report::{RunDirectory, RunDirectoryError, Summary};
use anyhow::Context;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Between two looks at the processes.
const LOOK: Duration = Duration::from_millis(50);

/// Between two looks at the metrics of runs that may fall behind.
const LOOK_AT_METRICS: Duration = Duration::from_millis(250);

/// How long a run of a killed sweep may take to end, before it is gone on with.
const PATIENCE: Duration = Duration::from_secs(60);

/// A sweep's directory, its launcher and how much goes on at a time.
pub struct Conductor<'a> {
    /// Its directory.
    pub directory: &'a SweepDirectory,
    /// Starts runs.
    pub launcher: &'a dyn Launcher,
    /// Runs at a time, at least 1.
    pub jobs: usize,
    /// No progress bar.
    pub quiet: bool,
    /// Whether the sweep should end.
    pub end_requested: &'a dyn Fn() -> bool,
}

/// A run at work.
struct Active {
    trial: usize,
    run: usize,
    job: Box<dyn Job>,
    /// Why it was told to stop, where it fell behind.
    dismissed: Option<String>,
    /// The run's own steps, once known.
    steps: Option<u64>,
}

impl Conductor<'_> {
    /// Goes on until every trial wanted has ended.
    ///
    /// # Errors
    /// Interruption; the directory cannot be written; processes cannot be started. Whatever was at work has been told to
    /// write a checkpoint and has ended.
    pub fn conduct(&self, sweep: &mut Sweep) -> anyhow::Result<()> {
        for run in sweep.trials.iter_mut().flat_map(|trial| &mut trial.runs) {
            if run.state == State::Running {
                run.state = State::Interrupted;
            }
        }
        self.note(sweep)?;
        let mut active = Vec::new();
        let outcome = self.work(sweep, &mut active);
        let stopped = self.stop(sweep, &mut active);
        outcome?;
        stopped?;
        let over = over(sweep);
        if !(self.end_requested)() || over >= sweep.plan.wanted {
            return Ok(());
        }
        let place = self.directory.path().display();
        let message = format!(
            "interrupted after {over} of {} trials; `semola-host sweep --resume {place}` goes on from there",
            sweep.plan.wanted
        );
        Err(Coded { code: ExitCode::Interrupted, message }.into())
    }

    fn work(&self, sweep: &mut Sweep, active: &mut Vec<Active>) -> anyhow::Result<()> {
        let progress = Counter::new("trials", sweep.plan.wanted as u64, self.quiet);
        let mut looked = Instant::now();
        loop {
            while active.len() < self.jobs && !(self.end_requested)() {
                let Some((trial, run)) = next_run(sweep) else { break };
                self.launch(sweep, trial, run, active)?;
            }
            if active.is_empty() || (self.end_requested)() {
                return Ok(());
            }
            std::thread::sleep(LOOK);
            self.collect(sweep, active)?;
            if looked.elapsed() >= LOOK_AT_METRICS {
                self.halve(sweep, active)?;
                looked = Instant::now();
            }
            progress.set(over(sweep) as u64);
        }
    }

    /// Begins a run, goes on with it, or takes its result where it has ended already.
    fn launch(
        &self,
        sweep: &mut Sweep,
        trial: usize,
        run: usize,
        active: &mut Vec<Active>,
    ) -> anyhow::Result<()> {
        let path = self.path(sweep, trial, run)?;
        let begun = path.join("run.json").is_file() && path.join("config.toml").is_file();
        if begun {
            wait_for_others(&path)?;
            if path.join("summary.json").is_file() {
                self.take_result(sweep, trial, run, &path);
                return self.note(sweep);
            }
        } else if path.exists() {
            // It was killed before there was anything to keep.
            std::fs::remove_dir_all(&path).with_context(|| format!("cannot remove {}", path.display()))?;
        }
        let arguments = if begun { resume(&path) } else { self.train(sweep, trial, run, &path)? };
        let Some(trial_run) = run_mut(sweep, trial, run) else { return Ok(()) };
        trial_run.state = State::Running;
        // Noted first: a trial that nobody knows of must not be at work.
        self.note(sweep)?;
        tracing::info!(run = %path.display(), resumed = begun, "starting");
        let job = self.launcher.start(&arguments).context("cannot start a run")?;
        active.push(Active { trial, run, job, dismissed: None, steps: None });
        Ok(())
    }

    fn train(&self, sweep: &Sweep, trial: usize, run: usize, path: &Path) -> anyhow::Result<Vec<OsString>> {
        let trial = &sweep.trials[trial];
        let experiment = std::path::absolute(self.directory.experiment())?;
        let mut arguments: Vec<OsString> = ["-q", "train", "--config"].map(OsString::from).into();
        arguments.push(experiment.into());
        arguments.extend(sweep.plan.options.iter().map(OsString::from));
        if self.jobs > 1 && !sweep.plan.threads_given {
            arguments.push("--set=threads=1".into());
        }
        arguments.extend(trial.parameters.iter().map(|(key, value)| format!("--set={key}={value}").into()));
        arguments.push(format!("--seed={}", trial.runs[run].seed).into());
        arguments.extend([OsString::from("--out"), path.into()]);
        Ok(arguments)
    }

    /// Notes the runs that have ended.
    fn collect(&self, sweep: &mut Sweep, active: &mut Vec<Active>) -> anyhow::Result<()> {
        let mut index = 0;
        while index < active.len() {
            let Some(ended) = active[index].job.ended().context("cannot tell whether a run has ended")?
            else {
                index += 1;
                continue;
            };
            let ended_run = active.swap_remove(index);
            self.settle(sweep, ended_run, ended)?;
        }
        Ok(())
    }

    fn settle(&self, sweep: &mut Sweep, active: Active, ended: Ended) -> anyhow::Result<()> {
        let Active { trial, run, dismissed, .. } = active;
        let path = self.path(sweep, trial, run)?;
        if ended.code == Some(ExitCode::Interrupted as i32) && dismissed.is_none() {
            // Whoever interrupts all processes at once may reach the run before the sweep.
            std::thread::sleep(Duration::from_millis(300));
        }
        if ended.code == Some(0) {
            self.take_result(sweep, trial, run, &path);
        } else if let Some(trial_run) = run_mut(sweep, trial, run) {
            match dismissed {
                Some(reason) => trial_run.end(State::Pruned, reason),
                None if (self.end_requested)() => trial_run.state = State::Interrupted,
                None => trial_run.end(State::Failed, failure(&ended, &path)),
            }
        }
        self.note(sweep)
    }

    /// Reads what a run that has ended well has left.
    fn take_result(&self, sweep: &mut Sweep, trial: usize, run: usize, path: &Path) {
        let result = Summary::of_finished(path).map_err(|error| error.message).and_then(|summary| {
            let measured = sweep.plan.metric.of(&summary)?;
            sweep.measure(&measured.name)?;
            Ok((summary, measured))
        });
        let Some(run) = run_mut(sweep, trial, run) else { return };
        match result {
            Ok((summary, measured)) => run.finish(&summary, &measured),
            Err(reason) => run.end(State::Failed, reason),
        }
    }

    /// Looks at the rungs that runs have reached since, and dismisses those that fall behind.
    fn halve(&self, sweep: &mut Sweep, active: &mut [Active]) -> anyhow::Result<()> {
        let Some(halving) = sweep.plan.halving else { return Ok(()) };
        // Further seeds of a trial that held its own are run to the end.
        for active in active.iter_mut().filter(|active| active.run == 0 && active.dismissed.is_none()) {
            let path = self.path(sweep, active.trial, active.run)?;
            if active.steps.is_none() {
                active.steps = steps(&path);
            }
            let Some(steps) = active.steps else { continue };
            let trace = Trace::read(&path.join("metrics.jsonl"));
            if let Some(reason) = climb(sweep, active.trial, halving, steps, &trace) {
                tracing::info!(run = %path.display(), "pruned: {reason}");
                active.dismissed = Some(reason);
                active.job.interrupt();
            }
        }
        Ok(())
    }

    /// Interrupts what is at work and waits for its end.
    fn stop(&self, sweep: &mut Sweep, active: &mut Vec<Active>) -> anyhow::Result<()> {
        active
            .iter_mut()
            .filter(|active| active.dismissed.is_none())
            .for_each(|active| active.job.interrupt());
        while let Some(mut last) = active.pop() {
            let ended = loop {
                match last.job.ended().context("cannot tell whether a run has ended")? {
                    Some(ended) => break ended,
                    None => std::thread::sleep(LOOK),
                }
            };
            self.settle(sweep, last, ended)?;
        }
        Ok(())
    }

    fn note(&self, sweep: &mut Sweep) -> anyhow::Result<()> {
        sweep.trials.iter_mut().for_each(super::trial::Trial::settle);
        self.directory.keep(sweep)
    }

    fn path(&self, sweep: &Sweep, trial: usize, run: usize) -> anyhow::Result<PathBuf> {
        let directory = &sweep.trials[trial].runs[run].directory;
        Ok(std::path::absolute(self.directory.path().join(directory))?)
    }
}

/// Trials of which nothing more will come.
fn over(sweep: &Sweep) -> usize {
    sweep.trials.iter().filter(|trial| trial.state.is_over()).count()
}

fn run_mut(sweep: &mut Sweep, trial: usize, run: usize) -> Option<&mut super::trial::TrialRun> {
    sweep.trials.get_mut(trial)?.runs.get_mut(run)
}

/// A run that is to be begun or gone on with; of a new trial where all others are at work or over.
fn next_run(sweep: &mut Sweep) -> Option<(usize, usize)> {
    let open = |sweep: &Sweep| {
        sweep.trials.iter().enumerate().filter(|(_, trial)| !trial.state.is_over()).find_map(
            |(index, trial)| {
                let waits = |state| matches!(state, State::Waiting | State::Interrupted);
                Some((index, trial.runs.iter().position(|run| waits(run.state))?))
            },
        )
    };
    open(sweep).or_else(|| Some((sweep.begin_trial()?, 0)))
}

fn resume(path: &Path) -> Vec<OsString> {
    vec!["-q".into(), "resume".into(), path.into()]
}

fn failure(ended: &Ended, run: &Path) -> String {
    // Which run it was is told already.
    let named = format!("the run in {} failed: ", run.display());
    match (ended.said.strip_prefix(&named).unwrap_or(&ended.said), ended.code) {
        ("", Some(code)) => format!("it ended with exit code {code} and said nothing"),
        ("", None) => "a signal ended it".into(),
        (said, _) => said.to_owned(),
    }
}

/// `training.steps` of a run that has begun.
fn steps(run: &Path) -> Option<u64> {
    let table: toml::Table = std::fs::read_to_string(run.join("config.toml")).ok()?.parse().ok()?;
    u64::try_from(table.get("training")?.get("steps")?.as_integer()?).ok()
}

/// Takes a trial over the rungs that it has reached; why it may not go on, if so.
fn climb(sweep: &mut Sweep, trial: usize, halving: Halving, steps: u64, trace: &Trace) -> Option<String> {
    let rungs = halving.rungs();
    while let Some(part) = rungs.get(sweep.trials[trial].rungs.len()) {
        let rung = sweep.trials[trial].rungs.len();
        let step = ((steps as f64 * part).ceil() as u64).max(1);
        let loss = trace.at(step)?;
        let others = sweep.trials.iter().enumerate().filter(|(index, _)| *index != trial);
        let others: Vec<Option<f64>> =
            others.filter_map(|(_, other)| other.rungs.get(rung).copied()).collect();
        sweep.trials[trial].rungs.push(loss);
        if !halving.goes_on(loss, &others) {
            let shown = loss.map_or_else(|| "not finite".into(), |loss| format!("{loss:.3e}"));
            return Some(format!(
                "its task loss after {step} of {steps} steps is {shown}, behind those of other trials"
            ));
        }
    }
    None
}

/// The run of a sweep that was killed ends a moment after it.
fn wait_for_others(run: &Path) -> anyhow::Result<()> {
    let patience = Instant::now() + PATIENCE;
    loop {
        match RunDirectory::open(run) {
            Err(RunDirectoryError::Busy { .. }) if Instant::now() < patience => std::thread::sleep(LOOK),
            Err(error) => return Err(error.into()),
            Ok(_) => return Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
