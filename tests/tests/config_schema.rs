//! The schema that editors are given knows every setting of every configuration that we ship, and of a complete one.

use semola_tests::{Desk, config};
use serde_json::Value;

/// The schema behind a reference, if it is one.
fn resolved<'a>(root: &'a Value, schema: &'a Value) -> &'a Value {
    match schema["$ref"].as_str() {
        Some(reference) => {
            root.pointer(reference.trim_start_matches('#')).expect("references lead somewhere")
        }
        None => match schema["anyOf"].as_array() {
            Some(choices) => resolved(root, &choices[0]),
            None => schema,
        },
    }
}

#[track_caller]
fn assert_known(root: &Value, schema: &Value, value: &toml::Value, place: &str) {
    let toml::Value::Table(table) = value else { return };
    let schema = resolved(root, schema);
    for (key, value) in table {
        match schema["properties"].get(key) {
            Some(property) => assert_known(root, property, value, &format!("{place}.{key}")),
            // Components have options of their own.
            None => assert_ne!(schema["additionalProperties"], false, "{place} has no {key}"),
        }
    }
}

#[test]
fn every_setting_is_in_the_schema() {
    let desk = Desk::new();
    let schema: Value = desk.run(&["config", "schema"]).done().json();
    assert_eq!(schema["title"], "Experiment");
    let mut seen = 0;
    for entry in std::fs::read_dir(config("")).expect("configs/ is there").flatten() {
        let text = std::fs::read_to_string(entry.path()).expect("a configuration can be read");
        let value: toml::Table = text.parse().expect("TOML");
        assert_known(&schema, &schema, &value.into(), &entry.path().display().to_string());
        seen += 1;
    }
    assert!(seen > 20, "{seen}");
    let complete: toml::Table =
        desk.run(&["config", "show", "--plugin", "dynamics"]).done().stdout.parse().expect("TOML");
    assert_known(&schema, &schema, &complete.into(), "config show");
    // What is not known is refused, and what can be chosen is listed.
    assert_eq!(schema["$defs"]["Training"]["additionalProperties"], false);
    let modes = schema["$defs"]["Mode"].to_string();
    assert!(["default", "paper", "constrained"].iter().all(|mode| modes.contains(mode)), "{modes}");
}

#[test]
fn a_difference_is_told_by_its_keys() {
    let desk = Desk::new();
    desk.write("a.toml", "seed = 1\n[training]\nsteps = 5\nbatch_size = 2\n");
    desk.write("b.toml", "seed = 1\n[training]\nsteps = 7\n[dataset]\ncomponent = \"x/y\"\n");
    let text = desk.run(&["config", "diff", "a.toml", "b.toml"]).done().stdout;
    let expected = "dataset.component: (not set) -> \"x/y\"\ntraining.batch_size: 2 -> (not set)\ntraining.steps: 5 -> 7\n";
    assert_eq!(text, expected);
    assert_eq!(desk.run(&["config", "diff", "a.toml", "a.toml"]).done().stdout, "");
    let none = desk.run(&["config", "diff", "a.toml", "c.toml"]);
    assert!(none.sentence(2).contains("c.toml is no configuration of an experiment"), "{none:?}");
}
