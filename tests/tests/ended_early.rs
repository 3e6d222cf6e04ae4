//! Runs that end before their last step by no fault of a plugin: nothing that was learned is lost.

use semola_tests::Desk;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

#[test]
fn a_loss_that_is_not_finite_ends_the_run_with_the_term_and_the_last_good_checkpoint() {
    let desk = Desk::new();
    let arguments = ["--plugin", "faulty", "--set", "training.learning_rate=1e30", "--out", "run"];
    let outcome = desk.run(&arguments);
    let sentence = outcome.sentence(1);
    for part in
        ["the loss is not finite at step", "task = ", "lower training.learning_rate", "last.safetensors"]
    {
        assert!(sentence.contains(part), "{part} in {sentence}");
    }
    desk.checkpoint("run", "last");
    assert!(!desk.path("run/summary.json").exists());
}

#[test]
fn an_interrupted_run_leaves_a_checkpoint() {
    for signal in ["-INT", "-TERM"] {
        let desk = Desk::new();
        let child = desk
            .command(&["--plugin", "faulty", "--set", "training.steps=100000000", "--out", "run"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let patience = Instant::now() + Duration::from_secs(60);
        let metrics = desk.path("run/metrics.jsonl");
        while std::fs::metadata(&metrics).map_or(0, |file| file.len()) < 1000 {
            assert!(Instant::now() < patience, "training starts within a minute");
            std::thread::sleep(Duration::from_millis(20));
        }
        let sent = Command::new("kill").arg(signal).arg(child.id().to_string()).status();
        assert!(sent.expect("kill runs").success());
        let output = child.wait_with_output().expect("the program ends");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(130), "{signal}: {stderr}");
        assert_eq!(stderr.lines().count(), 1, "{stderr}");
        let checkpoint = desk.checkpoint("run", "last");
        let said = format!("interrupted after step {}; a checkpoint was written", checkpoint.facts["step"]);
        assert!(stderr.contains(&said), "{stderr}");
        assert!(!desk.metrics("run").is_empty());
    }
}
