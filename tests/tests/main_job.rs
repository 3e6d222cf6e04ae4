//! The main job: from orbits to so(2), from orbits in a field to "none", and the same numbers every time.

use semola_tests::{Desk, config};
use serde_json::Value;

const SEEDS: [&str; 5] = ["0", "1", "2", "3", "4"];

/// The dynamics experiment, short: reproducibility does not depend on how well it went.
const SHORT: [&str; 8] = [
    "--plugin",
    "dynamics",
    "--threads",
    "1",
    "--set",
    "training.steps=400",
    "--set",
    "dataset.trajectories=50",
];

fn number(value: &Value, pointer: &str) -> f64 {
    value.pointer(pointer).and_then(Value::as_f64).unwrap_or_else(|| panic!("{pointer} in {value:#}"))
}

/// What a summary says apart from how long it took and how much memory.
fn results(mut summary: Value) -> Value {
    let fields = summary.as_object_mut().expect("a summary is an object");
    for name in ["wall_s", "steps_per_s", "peak_rss_mib"] {
        assert!(fields.remove(name).is_some(), "{name}");
    }
    summary
}

fn losses(desk: &Desk, run: &str) -> Vec<Value> {
    let mut lines = desk.metrics(run);
    for line in &mut lines {
        line.as_object_mut().expect("a line is an object").remove("steps_per_s");
    }
    assert!(!lines.is_empty());
    lines
}

fn assert_same_run(desk: &Desk, first: &str, second: &str) {
    assert_eq!(results(desk.summary(first)), results(desk.summary(second)));
    assert_eq!(losses(desk, first), losses(desk, second));
    for name in ["last", "replica", "plain", "oracle"] {
        assert!(desk.checkpoint(first, name) == desk.checkpoint(second, name), "checkpoint {name}");
    }
    assert_eq!(desk.read(&format!("{first}/config.toml")), desk.read(&format!("{second}/config.toml")));
}

#[test]
fn two_body_orbits_are_found_symmetric_under_rotations_and_extrapolate() {
    let desk = Desk::new();
    let arguments = ["--plugin", "dynamics", "--seed", "0", "--threads", "1", "--baselines", "--out", "run"];
    let outcome = desk.run(&arguments).done();
    assert!(outcome.stdout.starts_with("Symmetric under so(2): 1 generator"), "{}", outcome.stdout);

    let summary = desk.summary("run");
    let symmetry = &summary["symmetry"];
    assert_eq!(symmetry["verdict"], "symmetric");
    assert_eq!(symmetry["dimension"], 1);
    assert_eq!(symmetry["algebra"]["name"], "so(2)");
    assert!(number(&summary, "/symmetry/reference/min_cosine") >= 0.999, "{symmetry:#}");
    let ours = number(&summary, "/metrics/shifted/rmse");
    let plain = number(&summary, "/baselines/plain/shifted/rmse");
    let oracle = number(&summary, "/baselines/oracle/shifted/rmse");
    assert!(ours <= 0.25 * plain, "ours {ours}, plain {plain}");
    assert!(ours <= 2.0 * oracle, "ours {ours}, oracle {oracle}");
}

#[test]
fn every_seed_discovers_so2() {
    let desk = Desk::new();
    for seed in SEEDS {
        let arguments = ["discover", "--plugin", "dynamics", "--threads", "1", "--seed", seed, "--json"];
        let summary = desk.run(&arguments).done().json();
        let symmetry = &summary["symmetry"];
        assert_eq!(symmetry["verdict"], "symmetric", "seed {seed}: {symmetry:#}");
        assert_eq!(symmetry["dimension"], 1, "seed {seed}: {symmetry:#}");
        assert_eq!(symmetry["algebra"]["name"], "so(2)", "seed {seed}: {symmetry:#}");
        assert!(summary.get("metrics").is_none(), "discover stops at the verdict");
    }
}

#[test]
fn no_seed_discovers_a_symmetry_in_a_field() {
    let desk = Desk::new();
    let control = config("dynamics-control.toml");
    for seed in SEEDS {
        let arguments = ["discover", "--config", &control, "--threads", "1", "--seed", seed, "--json"];
        let symmetry = desk.run(&arguments).done().json()["symmetry"].take();
        assert_eq!(symmetry["verdict"], "none", "seed {seed}: {symmetry:#}");
        assert_eq!(symmetry["dimension"], 0, "seed {seed}: {symmetry:#}");
        assert_eq!(symmetry["generators"], serde_json::json!([]), "seed {seed}: {symmetry:#}");
    }
}

#[test]
fn without_a_symmetry_nothing_is_forced_on_the_model() {
    let desk = Desk::new();
    let control = config("dynamics-control.toml");
    let arguments =
        ["--config", &control, "--threads", "1", "--seed", "0", "--baselines=plain", "--out", "run"];
    desk.run(&arguments).done();
    let summary = desk.summary("run");
    assert_eq!(summary["symmetry"]["verdict"], "none");
    let ours = number(&summary, "/metrics/test/rmse");
    let plain = number(&summary, "/baselines/plain/test/rmse");
    assert!(ours <= 1.1 * plain, "ours {ours}, plain {plain}");
}

#[test]
fn a_group_is_named_by_the_components_that_held_out_data_accept() {
    let desk = Desk::new();
    let arguments = ["--config", &config("synthetic-permutation.toml"), "--threads", "1", "--seed", "0"];
    desk.run(&[&arguments[..], &["--set", "training.steps=3000", "--out", "run"]].concat()).done();
    let symmetry = desk.summary("run")["symmetry"].take();
    assert_eq!(symmetry["verdict"], "none", "{symmetry:#}");
    assert_eq!(symmetry["dimension"], 0, "{symmetry:#}");
    assert_eq!(symmetry["group"], "S_4", "{symmetry:#}");
    let components = symmetry["components"].as_array().expect("a list");
    // Four reflections, the inversion, three exchanges; only the latter leave symmetric functions alone.
    assert_eq!(components.len(), 8, "{components:#?}");
    for component in components {
        let exchange = component["name"].as_str().is_some_and(|name| name.starts_with("exchange"));
        assert_eq!(component["accepted"], exchange, "{component:#}");
    }
}

#[test]
fn averages_and_components_are_made_on_request() {
    let desk = Desk::new();
    let set = ["--set", "evaluation.average=4", "--set", "evaluation.components=false", "--baselines"];
    desk.run(&[&SHORT[..], &set, &["--set", "symmetry.generators=1", "--out", "run"]].concat()).done();
    let summary = desk.summary("run");
    assert_eq!(summary["metrics"]["averaged"]["draws"], 4, "{summary:#}");
    for key in [
        "/metrics/averaged/test/rmse/value",
        "/metrics/averaged/shifted/rmse/error",
        "/metrics/lie_derivative",
        "/baselines/oracle/averaged/test/rmse/value",
        "/baselines/plain/lie_derivative",
    ] {
        assert!(number(&summary, key) > 0.0, "{key}");
    }
    assert!(summary.pointer("/baselines/plain/averaged").is_none(), "plain knows no group to average over");
    assert!(
        summary.pointer("/symmetry/group").is_none() && summary.pointer("/symmetry/components").is_none()
    );
}

#[test]
fn one_seed_gives_one_result_and_another_seed_another() {
    let desk = Desk::new();
    for (seed, out) in [("7", "first"), ("7", "second"), ("8", "other")] {
        desk.run(&[&SHORT[..], &["--baselines", "--seed", seed, "--out", out]].concat()).done();
    }
    assert_same_run(&desk, "first", "second");
    assert_ne!(results(desk.summary("first"))["metrics"], results(desk.summary("other"))["metrics"]);
    assert!(desk.checkpoint("first", "last") != desk.checkpoint("other", "last"));
}

#[test]
fn the_config_of_a_run_repeats_it() {
    let desk = Desk::new();
    let changed = ["--baselines", "--seed", "5", "--set", "model.width=24", "--out", "first"];
    desk.run(&[&SHORT[..], &changed].concat()).done();
    desk.run(&["--config", "first/config.toml", "--out", "second"]).done();
    assert_same_run(&desk, "first", "second");
}

#[test]
fn the_checked_abi_gives_the_same_numbers() {
    let desk = Desk::new();
    let quick = |desk: &Desk, out: &str| {
        let outcome = desk.run(&[&SHORT[..], &["--baselines", "--out", out]].concat()).done();
        assert!(!desk.read(&format!("{out}/log.jsonl")).contains("ABI violation"), "{}", outcome.stdout);
    };
    quick(&desk, "plain");
    let desk = desk.with("SEMOLA_ABI_CHECK", "1");
    quick(&desk, "checked");
    assert_same_run(&desk, "plain", "checked");
}

#[test]
fn a_run_leaves_the_documented_files_and_keys() {
    let desk = Desk::new();
    let printed = desk.run(&[&SHORT[..], &["--baselines", "--out", "run", "--json"]].concat()).done().json();
    for name in
        ["config.toml", "summary.json", "metrics.jsonl", "log.jsonl", "generators.npz", "generators.json"]
    {
        assert!(desk.path("run").join(name).is_file(), "{name}");
    }
    let summary = desk.summary("run");
    assert_eq!(printed, summary, "--json prints summary.json");
    assert_eq!(summary["schema"], 1);
    assert_eq!(summary["plugin"], "dynamics");
    assert_eq!(summary["steps"], 400);
    let keys = [
        "/seed",
        "/wall_s",
        "/steps_per_s",
        "/peak_rss_mib",
        "/symmetry/verdict",
        "/symmetry/dimension",
        "/symmetry/generators",
        "/symmetry/approximate",
        "/symmetry/candidates/0/rel",
        "/symmetry/candidates/0/s",
        "/symmetry/reference/name",
        "/symmetry/reference/min_cosine",
        "/metrics/test/rmse",
        "/metrics/shifted/rmse",
        "/metrics/equivariance_error",
        "/baselines/plain/test/rmse",
        "/baselines/oracle/shifted/rmse",
        "/libtorch",
        "/host",
        "/plugins/0/id",
        "/plugins/0/version",
        "/plugins/0/sha256",
    ];
    for key in keys {
        assert!(summary.pointer(key).is_some_and(|value| !value.is_null()), "{key} in {summary:#}");
    }
    for line in desk.metrics("run") {
        for key in ["/step", "/stage", "/loss/task", "/learning_rate", "/steps_per_s"] {
            assert!(line.pointer(key).is_some(), "{key} in {line}");
        }
    }
    let discovered =
        desk.run(&["discover", "--plugin", "dynamics", "--threads", "1", "--json"]).done().json();
    for key in ["algebra/name", "algebra/killing", "algebra/closure", "generators/0/matrix"]
        .into_iter()
        .chain(["generators/0/violation", "generators/0/range"])
    {
        assert!(discovered.pointer(&format!("/symmetry/{key}")).is_some(), "{key} in {discovered:#}");
    }
}
