//! The ways of the method beside the default one, through the program: starts, objectives, augmenter, extents, outputs.

use semola_tests::{Desk, Outcome, config};
use serde_json::Value;

/// Two-body orbits, trained shortly, with one generator whatever the verdict.
fn short(desk: &Desk, sets: &[&str]) -> Outcome {
    let mut arguments = vec!["--plugin", "dynamics", "--threads", "1", "--json", "--out", "run"];
    let common =
        ["training.steps=600", "dataset.trajectories=100", "symmetry.generators=1", "evaluation.average=4"];
    for set in common.iter().chain(sets) {
        arguments.extend(["--set", set]);
    }
    desk.run(&arguments)
}

fn number(value: &Value, pointer: &str) -> f64 {
    value.pointer(pointer).and_then(Value::as_f64).unwrap_or_else(|| panic!("{pointer} in {value:#}"))
}

/// The terms of the losses that a stage logged.
fn terms(desk: &Desk, stage: &str) -> Vec<String> {
    let line = desk.metrics("run").into_iter().find(|line| line["stage"] == stage);
    let line = line.unwrap_or_else(|| panic!("no stage {stage}"));
    line["loss"].as_object().expect("terms by name").keys().cloned().collect()
}

#[test]
fn a_random_start_follows_the_backbone_and_then_trains_with_it() {
    let desk = Desk::new();
    let summary = short(&desk, &["symmetry.start=random", "training.steps=2400"]).done().json();
    assert!(number(&summary, "/symmetry/reference/min_cosine") > 0.9, "{summary:#}");
    let stages: Vec<Value> = desk.metrics("run").iter().map(|line| line["stage"].clone()).collect();
    let first = |name: &str| stages.iter().position(|stage| *stage == name).expect("the stage ran");
    assert!(first("warm_up") < first("basis") && first("basis") < first("joint"));
}

#[test]
fn the_paper_s_terms_are_logged_and_can_be_left_out() {
    let desk = Desk::new();
    short(&desk, &["objective.mode=paper", "objective.paper.sparsity=0", "symmetry.augmentations=2"]).done();
    let expected = ["augmented", "equivariance", "orthogonality", "regulariser", "task"];
    let mut found = terms(&desk, "joint");
    found.sort();
    assert_eq!(found, expected);
    assert_eq!(terms(&desk, "warm_up"), ["task"]);
}

#[test]
fn other_distributions_objectives_and_ranges_train() {
    for sets in [
        &["objective.mode=constrained", "objective.tolerance=1e-4"][..],
        &["symmetry.distribution=normal", "symmetry.exponentials=product", "symmetry.generators=2"],
        &["symmetry.range=learned", "symmetry.extent_tolerance=0.1"],
        &["symmetry.range=1.5"],
    ] {
        let desk = Desk::new();
        let summary = short(&desk, sets).done().json();
        let test = number(&summary, "/metrics/test/rmse");
        assert!(test < 1.0, "{sets:?}: no better than the mean, {test}");
        assert!(summary["metrics"]["averaged"]["test"]["rmse"]["value"].is_number(), "{summary:#}");
        if sets.contains(&"symmetry.range=1.5") {
            assert_eq!(number(&summary, "/symmetry/generators/0/range"), 1.5);
        }
    }
}

#[test]
fn a_known_algebra_is_taken_as_it_is_from_a_name_or_a_run() {
    let desk = Desk::new();
    let given = ["symmetry.start=given", "symmetry.basis=so(2)"];
    let by_name = short(&desk, &given).done().json();
    assert_eq!(number(&by_name, "/symmetry/reference/min_cosine"), 1.0, "{by_name:#}");

    let file = format!("symmetry.basis={}", desk.path("run/generators.json").display());
    let other = Desk::new();
    let by_file = short(&other, &["symmetry.start=given", &file]).done().json();
    let (a, b) =
        (&by_name["symmetry"]["generators"][0]["matrix"], &by_file["symmetry"]["generators"][0]["matrix"]);
    for (row, other) in [0, 1].iter().flat_map(|i| [(i, 0), (i, 1)]).map(|(&i, j)| (&a[i][j], &b[i][j])) {
        let difference = row.as_f64().expect("a number") - other.as_f64().expect("a number");
        assert!(difference.abs() < 1e-4, "{a} {b}");
    }
}

#[test]
fn a_basis_that_does_not_fit_is_a_usage_error() {
    for (basis, named) in [("so(3)", "so(3)"), ("rotations", "so(2)"), ("nowhere.json", "nowhere.json")] {
        let desk = Desk::new();
        let outcome = short(&desk, &["symmetry.start=given", &format!("symmetry.basis={basis}")]);
        let sentence = outcome.sentence(2);
        assert!(sentence.contains("symmetry.basis") && sentence.contains(named), "{sentence}");
        assert!(!desk.path("run").exists(), "a mistake leaves nothing behind");
    }
    let desk = Desk::new();
    let outcome = short(&desk, &["symmetry.start=given"]);
    assert!(outcome.sentence(2).contains("symmetry.basis"));
}

#[test]
fn a_rotation_that_holds_for_a_part_of_the_circle_has_an_extent() {
    let desk = Desk::new();
    let config = config("synthetic-partial-rotation.toml");
    let arguments = ["--config", &config, "--threads", "1", "--json", "--out", "run"];
    let summary = desk.run(&arguments).done().json();
    assert_eq!(summary["symmetry"]["verdict"], "partial", "{summary:#}");
    assert_eq!(number(&summary, "/symmetry/extent_tolerance"), 0.05);
    let extent = number(&summary, "/symmetry/generators/0/extent");
    let truth = std::f64::consts::FRAC_PI_4;
    assert!((extent / truth - 1.0).abs() < 0.2, "{extent}");
}

#[test]
fn a_learned_output_moves_vectors_as_the_inputs_do() {
    let desk = Desk::new();
    let config = config("synthetic-vector.toml");
    let learned = "symmetry.output=learned";
    let arguments =
        ["discover", "--config", &config, "--threads", "1", "--json", "--out", "run", "--set", learned];
    let summary = desk.run(&arguments).done().json();
    let symmetry = &summary["symmetry"];
    assert_eq!(symmetry["algebra"]["name"], "so(3)", "{symmetry:#}");
    let generators = symmetry["generators"].as_array().expect("a list");
    for (generator, image) in generators.iter().zip(symmetry["output"].as_array().expect("a list")) {
        for place in ["0/1", "0/2", "1/2", "1/0", "2/0", "2/1"] {
            let (l, m) =
                (number(&generator["matrix"], &format!("/{place}")), number(image, &format!("/{place}")));
            assert!((l - m).abs() < 0.1, "{generator} {image}");
        }
    }
}

#[test]
fn the_verdict_has_a_confidence() {
    let desk = Desk::new();
    let arguments =
        ["discover", "--plugin", "dynamics", "--threads", "1", "--json", "--set", "symmetry.bootstrap=50"];
    let summary = desk.run(&arguments).done().json();
    let confidence = &summary["symmetry"]["confidence"];
    assert_eq!(confidence["resamples"], 50, "{summary:#}");
    assert!(number(confidence, "/agreement") > 0.9);
    assert_eq!(confidence["dimensions"]["1"].as_u64().map(|count| count > 45), Some(true), "{confidence}");
}

#[test]
fn short_numbers_cost_the_training_little() {
    let desk = Desk::new();
    let losses = |sets: &[&str]| -> Vec<f64> {
        let _ = std::fs::remove_dir_all(desk.path("run"));
        short(&desk, &[&["training.steps=200", "training.log_every=1"], sets].concat()).done();
        desk.metrics("run").iter().map(|line| number(line, "/loss/task")).collect()
    };
    let (long, brief) = (losses(&[]), losses(&["training.precision=bfloat16"]));
    assert_eq!(long.len(), brief.len());
    // The same step from the same start, with three digits a product.
    let relative = (brief[0] / long[0] - 1.0).abs();
    assert!(relative > 0.0 && relative < 0.02, "{} {}", brief[0], long[0]);
    let last = long.len() - 1;
    assert!(brief[last] < 1.5 * long[last], "{} {}", brief[last], long[last]);
    // What is kept are 32-bit floats.
    let file = std::fs::read(desk.path("run/checkpoints/last.safetensors")).expect("a checkpoint");
    let tensors = safetensors::SafeTensors::deserialize(&file).expect("safetensors");
    let weights = tensors.iter().filter(|(name, _)| name.starts_with("model."));
    assert!(weights.count() > 0);
    assert!(tensors.iter().all(|(_, tensor)| tensor.dtype() != safetensors::Dtype::BF16));
}
