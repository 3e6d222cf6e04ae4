//! Sweeps through the real program: what is tried, what is kept, what is told.

use semola_tests::{Desk, Outcome};
use serde_json::Value;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// An experiment of a second.
const QUICK: &str = "sweep -q --plugin faulty --set training.steps=40 --set symmetry.generators=0 --set symmetry.bootstrap=0 \
    --set evaluation.components=false";

/// Runs of some seconds, with checkpoints.
const SLOW: &str = "sweep -q --plugin faulty --set training.steps=600 --set training.checkpoint_every=20 \
    --set symmetry.generators=1 --set symmetry.bootstrap=0 --set evaluation.components=false --method random --trials 3 --vary";

const RATE: &str = "training.learning_rate=1e-4..1e-2 log";

fn words<'a>(options: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    options.split_whitespace().chain(more.iter().copied()).collect()
}

fn sweep(desk: &Desk, options: &[&str]) -> Outcome {
    desk.run(&words(QUICK, options))
}

fn record(desk: &Desk, out: &str) -> Value {
    serde_json::from_str(&desk.read(&format!("{out}/sweep.json"))).expect("sweep.json is JSON")
}

/// What a sweep says apart from time and place.
fn results(desk: &Desk, out: &str) -> Vec<Value> {
    let mut trials = record(desk, out)["trials"].as_array().expect("an array").clone();
    for trial in &mut trials {
        trial.as_object_mut().expect("an object").remove("wall_s").expect("each finished");
        for run in trial["runs"].as_array_mut().expect("an array") {
            run.as_object_mut().expect("an object").remove("wall_s").expect("each finished");
        }
    }
    trials
}

/// An `srun` that says what it was asked for and does it here.
#[test]
fn runs_are_started_through_a_batch_system() {
    use std::os::unix::fs::PermissionsExt;
    let desk = Desk::new();
    let srun = desk.write("bin/srun", "#!/bin/sh\necho \"$@\" >> \"$SRUN_LOG\"\nwhile [ \"${1#--}\" != \"$1\" ]; do shift; done\nexec \"$@\"\n");
    std::fs::set_permissions(&srun, std::fs::Permissions::from_mode(0o755)).expect("writable");
    let path = format!("{}:{}", desk.path("bin").display(), std::env::var("PATH").unwrap_or_default());
    let desk = desk.with("PATH", &path);
    let log = desk.path("srun.log").display().to_string();
    let desk = desk.with("SRUN_LOG", &log);
    let vary = "training.learning_rate=[1e-3, 2e-3]";
    sweep(&desk, &["--vary", vary, "--launcher", "slurm", "--out", "steps"]).done();
    assert_eq!(record(&desk, "steps")["trials"].as_array().expect("an array").len(), 2);
    let asked = desk.read("srun.log");
    assert_eq!(asked.lines().count(), 2, "{asked}");
    assert!(
        asked.lines().all(|line| line.starts_with("--quiet --exact --ntasks=1 ") && line.contains(" train ")),
        "{asked}"
    );
}

fn each<'a>(trials: &'a Value, field: &str) -> Vec<&'a Value> {
    trials["trials"].as_array().expect("an array").iter().map(|trial| &trial[field]).collect()
}

fn started(desk: &Desk, options: &[&str]) -> Child {
    let mut command = desk.command(&words(SLOW, options));
    command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("the program starts")
}

#[track_caller]
fn wait_for(what: &str, holds: impl Fn() -> bool) {
    let patience = Instant::now() + Duration::from_secs(90);
    while !holds() {
        assert!(Instant::now() < patience, "{what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill").arg(name).arg(child.id().to_string()).status();
    assert!(sent.expect("kill runs").success());
}

#[test]
fn a_grid_is_run_point_by_point_and_ranked_by_validation_data() {
    let desk = Desk::new();
    let grid = ["--vary", "training.learning_rate=[1e-6, 1e-2]", "--vary", "model.width=8..16 in 2"];
    let outcome = sweep(&desk, &[&grid[..], &["--out", "s"]].concat()).done();
    let lines: Vec<&str> = outcome.stdout.lines().collect();
    let header: Vec<&str> = lines[0].split_whitespace().collect();
    let columns = ["trial", "validation.rmse", "verdict", "training.learning_rate", "model.width", "seconds"];
    assert_eq!(header, columns);
    assert_eq!(lines.len(), 8, "{}", outcome.stdout);

    let record = record(&desk, "s");
    assert_eq!((&record["method"], &record["wanted"]), (&"grid".into(), &4.into()));
    let parameters = each(&record, "parameters");
    assert_eq!(parameters[1]["training.learning_rate"], 1e-6);
    assert_eq!(parameters[1]["model.width"], 16, "the last parameter varies fastest");
    // The figure is that of the run, and the run had these settings.
    for (index, trial) in record["trials"].as_array().expect("an array").iter().enumerate() {
        let run = format!("s/trials/{:04}", index + 1);
        let summary = desk.summary(&run);
        assert_eq!(trial["metric"], summary["metrics"]["validation"]["rmse"]);
        assert_eq!(trial["verdict"], summary["symmetry"]["verdict"]);
        let config: toml::Table = desk.read(&format!("{run}/config.toml")).parse().expect("TOML");
        assert_eq!(config["model"]["width"].as_integer(), trial["parameters"]["model.width"].as_i64());
    }
    let best = record["best"].as_u64().expect("a number");
    assert!(best > 2, "a rate of 1e-6 learns nothing in 40 steps: {record:#}");
    assert!(lines[1].starts_with(&format!("{best} ")), "the best is first: {}", outcome.stdout);
    let command =
        lines[lines.len() - 1].strip_prefix("Again: semola-host ").expect("the last line is a command");
    assert_eq!(command, format!("train --config s/trials/000{best}/config.toml"));
    let again: Vec<&str> = command.split_whitespace().chain(["-q", "--out", "again"]).collect();
    desk.run(&again).done();
    let metrics = |run: &str| desk.summary(run)["metrics"].clone();
    assert_eq!(metrics("again"), metrics(&format!("s/trials/000{best}")));

    assert_eq!(desk.read("s/trials.csv").lines().count(), 5);
    let compared = desk.run(&["compare", "s/trials/0001", "s/trials/0004"]).done();
    assert!(compared.stdout.contains("model.width=16 training.learning_rate=0.01"), "{}", compared.stdout);
    let shown = desk.run(&["sweep", "--resume", "s", "--json"]).done().json();
    assert_eq!(shown["trials"], record["trials"], "a sweep that is over is shown");
}

#[test]
fn draws_depend_on_the_seed_alone_and_more_may_follow() {
    let desk = Desk::new();
    let draw = |out: &str, more: &[&str]| {
        let vary = ["--vary", RATE, "--vary", "model.width=[8, 16]", "--method", "random", "--out", out];
        sweep(&desk, &[&vary[..], more].concat()).done();
        results(&desk, out)
    };
    let four = draw("four", &["--trials", "4", "--jobs", "2", "--threads", "1"]);
    let two = draw("two", &["--trials", "2"]);
    assert_eq!(four[..2], two, "and so do the results, however many run at a time");
    desk.run(&["sweep", "-q", "--resume", "two", "--trials", "4"]).done();
    assert_eq!(results(&desk, "two"), four);
    let other = draw("other", &["--trials", "1", "--seed", "9"]);
    assert_ne!(other[0]["parameters"], four[0]["parameters"]);
}

#[test]
fn several_seeds_are_runs_of_one_trial() {
    let desk = Desk::new();
    let vary =
        ["--vary", "model.width=[8]", "--seeds", "2", "--seed", "3", "--metric", "test.rmse", "--out", "s"];
    sweep(&desk, &vary).done();
    let trial = &record(&desk, "s")["trials"][0];
    let figures = [3, 4].map(|seed| {
        let summary = desk.summary(&format!("s/trials/0001-s{seed}"));
        assert_eq!(summary["seed"], seed);
        summary["metrics"]["test"]["rmse"].as_f64().expect("a number")
    });
    let mean = trial["metric"].as_f64().expect("a number");
    assert!((mean - (figures[0] + figures[1]) / 2.0).abs() < 1e-12);
    // Of two values the standard error is half their distance.
    let error = trial["standard_error"].as_f64().expect("a number");
    assert!((error - (figures[0] - figures[1]).abs() / 2.0).abs() < 1e-12);
}

#[test]
fn a_trial_that_fails_is_noted_and_the_others_go_on() {
    let desk = Desk::new();
    let outcome = sweep(&desk, &["--vary", "training.learning_rate=[1e30, 1e-2]", "--out", "s"]).done();
    assert!(
        outcome.stdout.contains("Trial 1 failed: the loss is not finite at step 1 of warm_up"),
        "{}",
        outcome.stdout
    );
    let record = record(&desk, "s");
    assert_eq!(each(&record, "state"), ["failed", "finished"]);
    assert_eq!(record["best"], 2);

    let none = sweep(&desk, &["--vary", "training.learning_rate=[1e30, 2e30]", "--out", "t"]);
    let sentence = none.sentence(1);
    for part in
        ["all 2 trials failed, trial 1 because: ", "the loss is not finite", "t/sweep.json has every reason"]
    {
        assert!(sentence.contains(part), "{part} in {sentence}");
    }
    let figure = sweep(&desk, &["--vary", "model.width=[8]", "--metric", "validation.auc", "--out", "u"]);
    let sentence = figure.sentence(1);
    assert!(sentence.contains("it has no validation.auc; it has validation.rmse, test.rmse"), "{sentence}");
}

/// Exit code 2 and nothing but what was there.
#[track_caller]
fn assert_refused(desk: &Desk, options: &[&str], parts: &[&str]) {
    let before = desk.contents(".");
    let outcome = sweep(desk, &[options, &["--out", "s"]].concat());
    let sentence = outcome.sentence(2);
    for part in parts {
        assert!(sentence.contains(part), "{part} in {sentence}");
    }
    assert_eq!(desk.contents("."), before, "nothing is written");
}

#[test]
fn a_bad_space_is_refused_before_anything_is_run() {
    let desk = Desk::new();
    let vary = |given: &'static str, parts: &[&str]| assert_refused(&desk, &["--vary", given], parts);
    assert_refused(&desk, &[], &["there is nothing to vary", "add --vary KEY=[A, B, …]"]);
    vary("training.stpes=[10]", &["`--vary training.stpes=[10]`", "did you mean `training.steps`?"]);
    vary("model.widht=[8]", &["`--vary model.widht=[8]`", "mlp/mlp", "did you mean `width`?"]);
    vary("model.width=[8, \"wide\"]", &["`--vary model.width=", "\"wide\"", "expected a whole number"]);
    vary("training.steps=1.5..9.0", &["`--vary training.steps=1.5..9.0`", "1.5", "a whole number"]);
    vary("training.steps=0..9", &["`training.steps` is 0: expected a whole number, at least 1"]);
    vary("training.warm_up=0.5..1.5", &["`--vary training.warm_up=", "is 1.5", "0 to 1"]);
    vary("training.steps=9..3", &["its lower end is 9 and its upper end 3", "write it as"]);
    vary("training.learning_rate=0..1 log", &["above 0 for a logarithmic scale"]);
    vary("model.width=[]", &["its list is empty"]);
    vary("dataset.component=[\"faulty/tiny\", \"faulty/none\"]", &["no dataset named `none`"]);
    let twice = ["--vary", "model.width=[8]", "--vary", "model.width=[9]"];
    assert_refused(
        &desk,
        &twice,
        &["`--vary model.width=[9]`", "is varied by `--vary model.width=[8]` already"],
    );
    let grid = ["--vary", "model.width=8..16", "--method", "grid"];
    assert_refused(&desk, &grid, &["the grid takes listed values", "`model.width=8..16 in N`"]);
    let many = ["--vary", "model.width=[8, 9]", "--method", "grid", "--trials", "3"];
    assert_refused(&desk, &many, &["--trials is 3, and the grid has 2 points"]);
    let seeds = ["--vary", "seed=[1, 2]", "--seeds", "2"];
    assert_refused(&desk, &seeds, &["`--vary seed=[1, 2]` and --seeds 2"]);
    let base = ["--vary", "model.width=[8]", "--set", "training.steps=0"];
    assert_refused(&desk, &base, &["`training.steps` is 0"]);
    // The command line's own parser adds its usage line.
    let metric = sweep(&desk, &["--vary", "model.width=[8]", "--metric", "rmse"]);
    assert_eq!(metric.code, Some(2));
    assert!(metric.stderr.contains("expected validation, test or shifted"), "{}", metric.stderr);
    let none = desk.run(&["sweep", "--resume", "nowhere"]);
    assert!(none.sentence(2).contains("nowhere is no sweep: it has no sweep.json"), "{none:?}");
    let other = desk.run(&["sweep", "--resume", "s", "--plugin", "faulty"]);
    assert!(other.sentence(2).contains("goes on with an experiment as it was"), "{other:?}");
}

#[test]
fn an_interrupted_or_killed_sweep_goes_on_to_the_same_results() {
    let desk = Desk::new();
    desk.run(&words(SLOW, &[RATE, "--out", "whole"])).done();
    for (name, out) in [("-INT", "stopped"), ("-KILL", "killed")] {
        let child = started(&desk, &[RATE, "--out", out]);
        let stage = desk.path(out).join("trials/0002/checkpoints/stages/00-warm_up.safetensors");
        wait_for("the second trial has a checkpoint", || stage.exists());
        signal(&child, name);
        let output = child.wait_with_output().expect("the program ends");
        if name != "-KILL" {
            let stderr = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(130), "{stderr}");
            let said = format!(
                "error: interrupted after 1 of 3 trials; `semola-host sweep --resume {out}` goes on from there\n"
            );
            assert_eq!(stderr, said);
            assert_eq!(each(&record(&desk, out), "state"), ["finished", "interrupted"]);
        }
        let there = desk.run(&words(SLOW, &[RATE, "--out", out]));
        let sentence = there.sentence(2);
        assert!(
            sentence.contains(&format!("`semola-host sweep --resume {out}` goes on with it")),
            "{sentence}"
        );
        desk.run(&["sweep", "-q", "--resume", out]).done();
        assert_eq!(results(&desk, out), results(&desk, "whole"), "{name}");
        let log = desk.read(&format!("{out}/trials/0002/log.jsonl"));
        assert_eq!(log.matches("\"message\":\"starting\"").count(), 2, "it was resumed and not run anew");
    }
}

#[test]
fn two_sweeps_do_not_share_a_directory() {
    let desk = Desk::new();
    let endless = [RATE, "--set", "training.steps=100000000", "--out", "s"];
    let child = started(&desk, &endless);
    wait_for("the first trial trains", || desk.path("s/trials/0001/metrics.jsonl").exists());
    for options in [vec!["sweep", "--resume", "s"], words(SLOW, &[RATE, "--out", "s"])] {
        let busy = desk.run(&options);
        assert!(busy.sentence(2).contains("another process is at work in s"), "{busy:?}");
    }
    signal(&child, "-TERM");
    assert_eq!(child.wait_with_output().expect("the program ends").status.code(), Some(130));
}

#[test]
fn trials_that_fall_behind_are_stopped() {
    let desk = Desk::new();
    let rates = "training.learning_rate=[1e-2, 1e-7, 1e-8]";
    let options = ["--set", "training.steps=6000", "--vary", rates, "--halving=2", "--out", "s"];
    let outcome = sweep(&desk, &options).done();
    let record = record(&desk, "s");
    assert_eq!(each(&record, "state"), ["finished", "pruned", "pruned"], "{}", outcome.stdout);
    let reason = record["trials"][1]["reason"].as_str().expect("a sentence");
    assert!(reason.starts_with("its task loss after 1500 of 6000 steps is "), "{reason}");
    desk.checkpoint("s/trials/0002", "last");
    assert!(!desk.path("s/trials/0002/summary.json").exists());
}

/// Half of the range learns nothing in so few steps.
#[test]
fn tpe_finds_where_results_are_good() {
    let desk = Desk::new();
    let rate = "training.learning_rate=1e-9..1e-1 log";
    sweep(&desk, &["--vary", rate, "--method", "tpe", "--trials", "16", "--jobs", "2", "--out", "s"]).done();
    let record = record(&desk, "s");
    let figures: Vec<f64> =
        each(&record, "metric").into_iter().map(|figure| figure.as_f64().expect("a number")).collect();
    let mean = |figures: &[f64]| figures.iter().sum::<f64>() / figures.len() as f64;
    let (random, guided) = (mean(&figures[..11]), mean(&figures[11..]));
    assert!(guided < 0.7 * random, "{guided} against {random}: {figures:?}");
}
