//! A user's own file and no plugin of theirs: from a CSV to so(2), and a data set that is not sound.

use semola_tests::Desk;
use std::fmt::Write;

const SPEC: &str = "
n = 2
inputs = [{ name = 'x', columns = ['x1', 'x2'], representation = 'vector' }]
targets = [{ name = 'y', columns = ['y1', 'y2'], representation = 'vector' }]
";

/// 800 points of a disk (the golden angle's spiral) and y = (1 + |x|²) x + J x / 2, J the quarter turn.
fn rotated() -> String {
    let mut text = String::from("x1,x2,y1,y2\n");
    for k in 0..800 {
        let (radius, angle) = (1.5 * ((f64::from(k) + 0.5) / 800.0).sqrt(), f64::from(k) * 2.399_963);
        let (a, b) = (radius * angle.cos(), radius * angle.sin());
        let factor = 1.0 + radius * radius;
        writeln!(text, "{a},{b},{},{}", factor * a - b / 2.0, factor * b + a / 2.0).expect("memory suffices");
    }
    text
}

#[test]
fn a_file_and_a_spec_are_enough_for_a_verdict() {
    let desk = Desk::new();
    desk.write("my.csv", rotated());
    desk.write("my.toml", SPEC);
    let outcome = desk.run(&["discover", "--data", "my.csv", "--threads", "1", "--out", "run"]).done();
    assert!(outcome.stdout.starts_with("Symmetric under so(2): 1 generator."), "{}", outcome.stdout);
    let symmetry = &desk.summary("run")["symmetry"];
    let matrix: Vec<f64> =
        serde_json::from_value::<Vec<Vec<f64>>>(symmetry["generators"][0]["matrix"].clone())
            .expect("a matrix")
            .concat();
    // Cosine with the quarter turn.
    let norm = matrix.iter().map(|entry| entry * entry).sum::<f64>().sqrt();
    assert!((matrix[2] - matrix[1]).abs() / (norm * 2_f64.sqrt()) > 0.999, "{matrix:?}");
}

#[test]
fn data_without_a_spec_are_answered_with_one() {
    let desk = Desk::new();
    desk.write("my.csv", rotated());
    let outcome = desk.run(&["discover", "--data", "my.csv", "--out", "run"]);
    assert_eq!((outcome.code, &outcome.stdout[..]), (Some(2), ""), "{outcome:?}");
    let (sentence, proposed) = outcome.stderr.split_once("\n\n").expect("a sentence and a spec");
    let start = "error: dataset tensors/arrays: my.csv: there is no spec my.toml";
    assert!(sentence.starts_with(start) && !sentence.contains('\n'), "{sentence}");
    assert!(!desk.path("run").exists(), "nothing is left behind");
    // Saved as it is, it is right for these data.
    desk.write("my.toml", proposed);
    let outcome = desk.run(&["config", "show", "--data", "my.csv"]).done();
    assert!(outcome.stdout.contains("data = \"my.csv\"\n"), "{}", outcome.stdout);
    let quick = ["--set", "training.steps=40", "--set", "symmetry.samples=100", "--threads", "1"];
    desk.run(&[&["discover", "--data", "my.csv", "--out", "run"][..], &quick].concat()).done();
    assert!(desk.summary("run")["symmetry"]["verdict"].is_string(), "forty steps give some verdict");
}

#[test]
fn two_sources_of_data_are_one_too_many() {
    let desk = Desk::new();
    let sentence = desk.run(&["--plugin", "dynamics", "--data", "my.npz"]);
    assert!(sentence.sentence(2).contains("the plugin dynamics was chosen; leave out one of the two"));
}

#[test]
fn data_that_are_not_sound_end_in_one_sentence() {
    let desk = Desk::new();
    desk.write("my.csv", rotated().replacen("\n0.0", "\nnone", 1));
    desk.write("my.toml", SPEC);
    let outcome = desk.run(&["--plugin", "tensors", "--set", "dataset.data=my.csv", "--out", "run"]);
    let sentence = outcome.sentence(2);
    for part in ["tensors/arrays: my.csv: line 2, column `x1` holds \"none", "expected a finite number"] {
        assert!(sentence.contains(part), "{part} in {sentence}");
    }
}

#[test]
fn labels_have_no_representation_to_be_learned() {
    let desk = Desk::new();
    let mut rows = String::from("x1,x2,label\n");
    for k in 0..200 {
        writeln!(rows, "{},{},{}", f64::from(k) / 100.0, 1.0 - f64::from(k) / 70.0, k % 2)
            .expect("memory suffices");
    }
    desk.write("my.csv", rows);
    let spec = "
n = 2
task = 'classification'
classes = 2
inputs = [{ name = 'x', columns = ['x1', 'x2'], representation = 'vector' }]
targets = [{ name = 'label' }]
";
    desk.write("my.toml", spec);
    let learned = ["--set", "dataset.data=my.csv", "--set", "symmetry.output=learned", "--out", "run"];
    let outcome = desk.run(&[&["discover", "--plugin", "tensors"][..], &learned].concat());
    let sentence = outcome.sentence(2);
    assert!(sentence.contains("symmetry.output") && sentence.contains("regression"), "{sentence}");
    assert!(!desk.path("run").exists(), "nothing is left behind");
}
