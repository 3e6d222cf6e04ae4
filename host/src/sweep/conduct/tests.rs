//! The conductor with runs that take no time: what they leave is the sample summary with another figure.

use super::super::record::Plan;
use super::super::sampler::Method;
use super::super::space::Space;
use super::*;
use crate::report::summary;
use std::cell::{Cell, RefCell};
use std::io;

/// Runs end as their parameter `x` says: well, unless it is 3.
#[derive(Default)]
struct Fake {
    started: RefCell<Vec<Vec<String>>>,
    /// The user interrupts once so many runs have been started.
    interrupt_after: Option<usize>,
    interrupted: Cell<bool>,
}

struct Done(Ended);

impl Job for Done {
    fn ended(&mut self) -> io::Result<Option<Ended>> {
        Ok(Some(self.0.clone()))
    }

    fn interrupt(&mut self) {}
}

impl Launcher for Fake {
    fn start(&self, arguments: &[OsString]) -> io::Result<Box<dyn Job>> {
        let arguments: Vec<String> =
            arguments.iter().map(|argument| argument.to_string_lossy().into_owned()).collect();
        self.started.borrow_mut().push(arguments.clone());
        let run = PathBuf::from(arguments.last().expect("a path"));
        if self.interrupt_after == Some(self.started.borrow().len()) {
            self.interrupted.set(true);
            std::fs::create_dir_all(&run)?;
            std::fs::write(run.join("config.toml"), "")?;
            std::fs::write(run.join("run.json"), "{}")?;
            return Ok(Box::new(Done(Ended { code: Some(130), said: "interrupted".into() })));
        }
        let told = arguments.iter().find_map(|argument| argument.strip_prefix("--set=x="));
        let x: f64 = told.map_or(7.0, |text| text.parse().expect("a number"));
        if x == 3.0 {
            return Ok(Box::new(Done(Ended { code: Some(1), said: "three is too many".into() })));
        }
        let mut summary = summary::sample();
        summary.metrics.as_mut().expect("the sample has some").validation = [("rmse".to_owned(), x)].into();
        std::fs::create_dir_all(&run)?;
        std::fs::write(run.join("config.toml"), "")?;
        std::fs::write(run.join("summary.json"), serde_json::to_string(&summary)?)?;
        Ok(Box::new(Done(Ended { code: Some(0), said: String::new() })))
    }
}

fn plan(seeds: u64) -> Plan {
    Plan {
        method: Method::Grid,
        seed: 5,
        wanted: 4,
        seeds,
        metric: super::super::metric::Metric::default(),
        halving: None,
        space: Space::parse(&["x=[2.0, 1.0, 3.0, 4.0]".into()]).expect("a space"),
        directory: "/".into(),
        options: vec!["--plugin-dir".into(), "there".into()],
        threads_given: false,
    }
}

fn conduct(fake: &Fake, directory: &SweepDirectory, sweep: &mut Sweep, jobs: usize) -> anyhow::Result<()> {
    let end_requested = || fake.interrupted.get();
    Conductor { directory, launcher: fake, jobs, quiet: true, end_requested: &end_requested }.conduct(sweep)
}

fn states(sweep: &Sweep) -> Vec<State> {
    sweep.trials.iter().map(|trial| trial.state).collect()
}

#[test]
fn every_trial_is_run_and_one_that_fails_stops_nothing() {
    let root = tempfile::tempdir().expect("a temporary directory");
    let directory = SweepDirectory::create(Some(&root.path().join("s")), "x", 0, "").expect("writable");
    let (fake, mut sweep) = (Fake::default(), Sweep::new(plan(1)));
    conduct(&fake, &directory, &mut sweep, 1).expect("it ends");
    assert_eq!(states(&sweep), [State::Finished, State::Finished, State::Failed, State::Finished]);
    assert_eq!(sweep.trials[2].reason.as_deref(), Some("three is too many"));
    assert_eq!((sweep.best, sweep.measured.as_deref()), (Some(2), Some("validation.rmse")));
    let first = fake.started.borrow()[0].join(" ");
    let expected = "--plugin-dir there --set=x=2.0 --seed=5 --out ";
    assert!(first.starts_with("-q train --config /") && first.contains(expected), "{first}");
    let path = directory.path().to_owned();
    drop(directory);
    let (_, kept) = SweepDirectory::open(&path).expect("it was kept");
    assert_eq!((kept.trials, kept.best), (sweep.trials, sweep.best));
}

#[test]
fn several_at_a_time_have_one_thread_each_and_seeds_are_runs_of_one_trial() {
    let root = tempfile::tempdir().expect("a temporary directory");
    let directory = SweepDirectory::create(Some(&root.path().join("s")), "x", 0, "").expect("writable");
    let (fake, mut sweep) = (Fake::default(), Sweep::new(plan(2)));
    conduct(&fake, &directory, &mut sweep, 3).expect("it ends");
    let started = fake.started.borrow();
    assert!(started.iter().all(|arguments| arguments.contains(&"--set=threads=1".to_owned())));
    let seeds = |seed: &str| started.iter().filter(|run| run.contains(&format!("--seed={seed}"))).count();
    assert_eq!((seeds("5"), sweep.trials[0].runs.len()), (4, 2));
    assert_eq!((sweep.trials[1].metric, sweep.trials[1].standard_error), (Some(1.0), Some(0.0)));
}

#[test]
fn an_interrupted_sweep_goes_on_with_the_run_that_was_at_work() {
    let root = tempfile::tempdir().expect("a temporary directory");
    let path = root.path().join("s");
    let directory = SweepDirectory::create(Some(&path), "x", 0, "").expect("writable");
    let (fake, mut sweep) = (Fake { interrupt_after: Some(2), ..Fake::default() }, Sweep::new(plan(1)));
    let error = conduct(&fake, &directory, &mut sweep, 1).expect_err("interrupted");
    assert_eq!(crate::exit::code_of(&error), ExitCode::Interrupted);
    let said = error.to_string();
    assert!(said.starts_with("interrupted after 1 of 4 trials; `semola-host sweep --resume "), "{said}");
    assert_eq!(states(&sweep), [State::Finished, State::Interrupted]);
    drop(directory);

    let (directory, mut sweep) = SweepDirectory::open(&path).expect("it was kept");
    // A kill -9 in place of the signal would have left this.
    sweep.trials[1].runs[0].state = State::Running;
    let fake = Fake::default();
    conduct(&fake, &directory, &mut sweep, 1).expect("it ends");
    assert_eq!(states(&sweep), [State::Finished, State::Finished, State::Failed, State::Finished]);
    assert_eq!(fake.started.borrow()[0][..2], ["-q", "resume"]);
    assert_eq!(fake.started.borrow().len(), 3, "what had ended is not run again");
}

#[test]
fn a_run_that_ended_while_nobody_looked_is_taken_as_it_is() {
    let root = tempfile::tempdir().expect("a temporary directory");
    let directory = SweepDirectory::create(Some(&root.path().join("s")), "x", 0, "").expect("writable");
    let (fake, mut sweep) = (Fake::default(), Sweep::new(plan(1)));
    conduct(&fake, &directory, &mut sweep, 1).expect("it ends");
    sweep.trials[0].runs[0].state = State::Running;
    std::fs::write(directory.path().join("trials/0001/run.json"), "{}").expect("writable");
    let fake = Fake::default();
    conduct(&fake, &directory, &mut sweep, 1).expect("it ends");
    assert_eq!(sweep.trials[0].state, State::Finished);
    assert!(fake.started.borrow().is_empty());
}

#[test]
fn rungs_are_climbed_until_one_is_too_high() {
    let mut sweep = Sweep::new(plan(1));
    while sweep.begin_trial().is_some() {}
    let root = tempfile::tempdir().expect("a temporary directory");
    let trace = |losses: &[f64]| {
        let line = |(index, loss): (usize, &f64)| {
            format!("{{\"step\":{},\"stage\":\"joint\",\"loss\":{{\"task\":{loss}}}}}\n", 10 * (index + 1))
        };
        let path = root.path().join("metrics.jsonl");
        std::fs::write(&path, losses.iter().enumerate().map(line).collect::<String>()).expect("writable");
        Trace::read(&path)
    };
    let halving = Halving { factor: 2 };
    // Of 40 steps the rungs are at 10 and 20.
    assert_eq!(climb(&mut sweep, 0, halving, 40, &trace(&[1.0, 0.5])), None);
    assert_eq!(sweep.trials[0].rungs, [Some(1.0), Some(0.75)]);
    assert_eq!(climb(&mut sweep, 1, halving, 40, &trace(&[0.9])), None, "the better half");
    let reason = climb(&mut sweep, 1, halving, 40, &trace(&[0.9, 9.0])).expect("behind");
    assert!(reason.starts_with("its task loss after 20 of 40 steps is 4.950e0, behind"), "{reason}");
    assert_eq!(climb(&mut sweep, 2, halving, 40, &trace(&[])), None, "not there yet");
}
