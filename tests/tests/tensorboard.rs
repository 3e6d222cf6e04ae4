//! What TensorBoard shows of a run is what the run's other files say.

use semola_tests::{Desk, Event};
use serde_json::Value;
use std::collections::BTreeMap;

/// Stage, with a number where the name came before, and the line itself.
fn by_stage(lines: Vec<Value>) -> Vec<(String, Value)> {
    let mut stages: BTreeMap<String, u64> = BTreeMap::new();
    let mut last: Option<(String, u64)> = None;
    let mut found = Vec::new();
    for line in lines {
        let (stage, step) =
            (line["stage"].as_str().expect("a stage"), line["step"].as_u64().expect("a step"));
        // Within a stage steps ascend.
        if last.as_ref().is_none_or(|(before, done)| before != stage || *done >= step) {
            *stages.entry(stage.to_owned()).or_default() += 1;
        }
        last = Some((stage.to_owned(), step));
        let name = match stages[stage] {
            1 => stage.to_owned(),
            number => format!("{stage}-{number}"),
        };
        found.push((name, line));
    }
    found
}

fn scalars(events: &[Event]) -> BTreeMap<(&str, u64), f32> {
    let numbers = events.iter().filter_map(|event| Some((event, event.value.as_f64()?)));
    let found: BTreeMap<_, _> =
        numbers.clone().map(|(event, value)| ((event.tag.as_str(), event.step), value as f32)).collect();
    assert_eq!(found.len(), numbers.count(), "each step of a tag once");
    found
}

#[test]
fn scalars_are_those_of_the_metrics_and_the_summary() {
    let desk = Desk::new();
    let options = "-q --plugin dynamics --baselines --threads 1 --set training.steps=300 --set dataset.trajectories=50 \
        --set symmetry.generators=1 --out run";
    desk.run(&options.split_whitespace().collect::<Vec<_>>()).done();
    let (events, summary) = (desk.events("run"), desk.summary("run"));
    let scalars = scalars(&events);
    let single = |value: &Value| value.as_f64().expect("a finite number") as f32;

    let (mut expected, mut cosines) = (0, 0);
    for (stage, line) in by_stage(desk.metrics("run")) {
        let step = line["step"].as_u64().expect("a step");
        let rest = ["learning_rate", "steps_per_s", "cosine"].map(|name| (name.to_owned(), &line[name]));
        let terms = line["loss"].as_object().expect("terms").iter();
        let terms = terms.map(|(term, value)| (format!("loss/{term}"), value));
        for (name, value) in terms.chain(rest).filter(|(_, value)| !value.is_null()) {
            let tag = format!("{stage}/{name}");
            assert_eq!(scalars.get(&(tag.as_str(), step)), Some(&single(value)), "{tag} at {step}");
            expected += 1;
            cosines += u64::from(name == "cosine");
        }
    }
    let steps = ["warm_up", "replica", "joint", "plain", "oracle"];
    let of_steps =
        |tag: &str| steps.iter().any(|stage| tag.starts_with(stage) && tag.matches('/').count() > 0);
    let in_file = scalars
        .keys()
        .filter(|(tag, _)| of_steps(tag) && !tag.contains("-test/") && !tag.contains("-shifted/"));
    assert_eq!(in_file.count(), expected, "nothing else");
    assert!(cosines > 0, "the known algebra is so(2)");

    let steps = summary["steps"].as_u64().expect("a count");
    for split in ["test", "shifted"] {
        for (model, metrics) in [("", &summary["metrics"]), ("plain-", &summary["baselines"]["plain"])] {
            for (name, value) in metrics[split].as_object().expect("errors") {
                let tag = format!("{model}{split}/{name}");
                assert_eq!(scalars.get(&(tag.as_str(), steps)), Some(&single(value)), "{tag}");
            }
        }
    }
    for (direction, candidate) in (1..).zip(summary["symmetry"]["candidates"].as_array().expect("a list")) {
        assert_eq!(scalars[&("spectrum/violation", direction)], single(&candidate["rel"]));
    }
    let count = |tag: &str| events.iter().filter(|event| event.tag == tag).count();
    assert_eq!(count("images/generator-1"), 1);
    assert_eq!(count("images/orbit-1-q"), 1, "the report's own picture");
    let joint = scalars.keys().filter(|(tag, _)| *tag == "joint/loss/task").count();
    assert_eq!(count("joint/basis"), joint, "a histogram with each step of the joint stage");
}
