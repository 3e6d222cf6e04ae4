//! Plugins that load and then go wrong: exit code 1, one sentence with plugin and component, and what had been
//! learned is on disk.

use semola_tests::Desk;

/// Forward passes that go well: the fault strikes after some steps of joint training.
const AFTER: &str = "model.after=25";

/// Runs a faulty model until it strikes, and checks what is left.
#[track_caller]
fn assert_strikes(component: &str, parts: &[&str]) {
    let desk = Desk::new();
    let model = format!("model.component=faulty/{component}");
    let outcome = desk.run(&["--plugin", "faulty", "--set", &model, "--set", AFTER, "--out", "run"]);
    let sentence = outcome.sentence(1);
    for part in parts.iter().copied().chain(["the run in run failed", "run/checkpoints/last.safetensors"]) {
        assert!(sentence.contains(part), "{part} in {sentence}");
    }
    let checkpoint = desk.checkpoint("run", "last");
    let step: u64 = checkpoint.facts["step"].parse().expect("a number");
    assert!(sentence.contains(&format!("after {step} steps of {}", checkpoint.facts["stage"])), "{sentence}");
    assert_eq!(checkpoint.facts["stage"], "joint", "it struck after the warm-up");
    assert!(checkpoint.tensors.contains_key("model.hidden.weight"), "{:?}", checkpoint.tensors.keys());

    let metrics = desk.metrics("run");
    assert!(metrics.iter().any(|line| line["stage"] == "warm_up"), "the metrics of the good steps are there");
    assert!(metrics.iter().all(|line| line["loss"]["task"].is_f64()), "{metrics:?}");
    assert!(!desk.path("run/summary.json").exists(), "a failed run has no summary");
    assert!(desk.read("run/log.jsonl").lines().count() > 0);

    // A fault of the first forward pass leaves nothing but fresh parameters, which are kept too.
    let early = desk.run(&["--plugin", "faulty", "--set", &model, "--out", "early"]);
    for part in parts {
        assert!(early.sentence(1).contains(part), "{part} in {}", early.sentence(1));
    }
    assert_eq!(desk.checkpoint("early", "last").facts["step"], "0");
}

#[test]
fn a_panic_is_told_with_its_place() {
    let place = "tests/plugins/faulty/src/model.rs:";
    assert_strikes("panics", &["model faulty/panics", "it panicked at", place, "deliberate"]);
}

#[test]
fn an_operator_error_is_told_in_one_line() {
    let parts = ["model faulty/operator-error", "mat1 and mat2 shapes cannot be multiplied", "model.rs:"];
    assert_strikes("operator-error", &parts);
}

#[test]
fn a_wrong_shape_is_told_with_the_right_one() {
    let parts = ["model faulty/wrong-shape", "the prediction of `y` has shape [", ", 1, 4], expected ["];
    assert_strikes("wrong-shape", &parts);
}

#[test]
fn a_wrong_number_of_predictions_is_told() {
    assert_strikes(
        "wrong-count",
        &["model faulty/wrong-count", "returned 0 tensors, the data has 1 targets"],
    );
}

#[test]
fn a_wrong_type_is_told_with_the_right_one() {
    assert_strikes("wrong-dtype", &["model faulty/wrong-dtype", "has type Int64, expected Float"]);
}

#[test]
fn a_prediction_that_is_not_a_number_stops_the_run_with_the_loss_term() {
    assert_strikes("nan", &["the loss is not finite at step", "task = NaN"]);
}

#[test]
fn a_prediction_without_a_graph_is_told() {
    assert_strikes("detached", &["model faulty/detached", "is detached", "nothing can be learned"]);
}

#[test]
fn an_error_of_the_model_is_told_in_its_words() {
    assert_strikes("error", &["model faulty/error", "the deliberate error of this model"]);
}

#[test]
fn a_model_that_leaves_the_gradient_mode_off_learns_as_if_it_had_not() {
    let desk = Desk::new();
    for (out, after) in [("off", "model.after=3"), ("never", "model.after=1000000")] {
        let model = "model.component=faulty/grad-off";
        let steps = "training.steps=300";
        let sets = ["--set", model, "--set", after, "--set", steps];
        desk.run(&[&["--plugin", "faulty", "--out", out], &sets[..]].concat()).done();
    }
    let losses = |run: &str| -> Vec<f64> {
        let of_run = |stage: &serde_json::Value| stage == "warm_up" || stage == "joint";
        let lines = desk.metrics(run).into_iter().filter(|line| of_run(&line["stage"]));
        lines.map(|line| line["loss"]["task"].as_f64().expect("a loss is a number")).collect()
    };
    let (off, never) = (losses("off"), losses("never"));
    assert!(off.last() < off.first().map(|first| first / 4.0).as_ref(), "the loss falls: {off:?}");
    assert_eq!(off, never);
    assert_eq!(desk.checkpoint("off", "last"), desk.checkpoint("never", "last"));
}

/// Runs on a faulty data set and gives the sentence.
#[track_caller]
fn assert_unusable(component: &str, parts: &[&str]) {
    let desk = Desk::new();
    let dataset = format!("dataset.component=faulty/{component}");
    let outcome = desk.run(&["--plugin", "faulty", "--set", &dataset, "--out", "run"]);
    let sentence = outcome.sentence(1);
    for part in parts {
        assert!(sentence.contains(part), "{part} in {sentence}");
    }
    assert!(!desk.path("run/summary.json").exists());
}

#[test]
fn data_of_another_shape_than_the_spec_are_told() {
    let parts = ["dataset faulty/wrong-spec", "split train, field `x` has shape [256, 4]", "[256, 2, 2]"];
    assert_unusable("wrong-spec", &parts);
}

#[test]
fn data_that_are_not_numbers_are_told_with_the_sample() {
    let parts = ["dataset faulty/nan-data", "split train, field `x`", "1 of 256 samples", "sample 1"];
    assert_unusable("nan-data", &parts);
}

#[test]
fn data_without_a_training_split_are_told() {
    assert_unusable("no-train", &["dataset faulty/no-train", "no train split"]);
}
