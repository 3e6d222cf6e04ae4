//! `--profile`: where a run's time goes, as a table and as a Chrome trace.

use semola_tests::{Desk, Outcome};
use serde_json::Value;

const SHORT: &str = "--plugin dynamics --threads 1 --set training.steps=200 --set dataset.trajectories=50";

fn run(desk: &Desk, arguments: &str) -> Outcome {
    desk.run(&arguments.split(' ').collect::<Vec<_>>())
}

fn read(desk: &Desk, name: &str) -> String {
    std::fs::read_to_string(desk.path(name)).expect("a file of the run")
}

#[test]
fn a_run_says_where_its_time_went() {
    let desk = Desk::new();
    let outcome = run(&desk, &format!("train -q --profile {SHORT} --out run")).done();
    let table = read(&desk, "run/profile.txt");
    assert!(outcome.stdout.ends_with(&table), "the table is printed, too:\n{}", outcome.stdout);
    for work in [
        "stage warm_up",
        "step",
        "forward",
        "operator linear",
        "backward",
        "update",
        "spectrum",
        "evaluation",
    ] {
        assert!(table.lines().any(|line| line.trim_start().starts_with(work)), "no {work} in\n{table}");
    }

    let trace: Value = serde_json::from_str(&read(&desk, "run/profile.json")).expect("JSON");
    let events = trace["traceEvents"].as_array().expect("events");
    let number = |event: &Value, key: &str| event[key].as_f64().expect("a number");
    let steps: Vec<&Value> = events.iter().filter(|event| event["name"] == "step").collect();
    assert!(steps.len() >= 200, "{} steps", steps.len());
    for forward in events.iter().filter(|event| event["name"] == "backward") {
        let within = steps.iter().any(|step| {
            number(step, "ts") <= number(forward, "ts")
                && number(forward, "ts") + number(forward, "dur")
                    <= number(step, "ts") + number(step, "dur") + 1.0
        });
        assert!(within, "a backward pass outside of every step: {forward}");
    }
}

#[test]
fn nobody_is_measured_unasked() {
    let desk = Desk::new();
    run(&desk, &format!("discover -q {SHORT} --out run")).done();
    assert!(!desk.path("run/profile.json").exists());
    let outcome = desk.run(&["--profile", "doctor"]);
    assert!(outcome.sentence(2).starts_with("--profile measures a run at work"), "{}", outcome.stderr);
}
