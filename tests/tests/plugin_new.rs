//! `plugin new`: from a name to a plugin that keeps its contract and runs.

use semola_tests::{Desk, built};
use std::path::PathBuf;
use std::process::Command;

const KINDS: [&str; 4] = ["model", "dataset", "action", "modality"];

/// Where the new crates are built: the dependencies are the same for all.
fn target() -> PathBuf {
    built("semola-host").with_file_name("new-plugins")
}

fn cargo(desk: &Desk, name: &str, arguments: &[&str]) -> String {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).current_dir(desk.path(name)).env("CARGO_TARGET_DIR", target());
    // A plugin is built where there is no libtorch.
    command.env_remove("LIBTORCH").env("SEMOLA_HOST", built("semola-host"));
    let output = command.output().expect("cargo starts");
    let text =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{text}");
    assert!(!text.contains("warning"), "{text}");
    text
}

#[test]
fn a_new_plugin_of_each_kind_builds_keeps_its_contract_and_runs() {
    let desk = Desk::new();
    for kind in KINDS {
        let name = format!("my-{kind}");
        let written = desk.run(&["plugin", "new", &name, "--kind", kind]).done().stdout;
        assert!(written.starts_with(&format!("Wrote {name}. Go on with:\n")), "{written}");
        cargo(&desk, &name, &["build"]);
        let file = target().join(format!("debug/libmy_{kind}.so")).display().to_string();
        let checked = desk.run(&["plugin", "check", &file]).done().stdout;
        assert!(checked.contains(" 0 failed, 0 skipped"), "{checked}");
        // That it runs, in a moment; what it finds in full length is told in its README.
        let short = ["--set", "training.steps=40", "--set", "symmetry.samples=64", "--out"];
        let run = format!("run-{kind}");
        desk.run(&[&["--plugin", &file], &short[..], &[run.as_str()]].concat()).done();
        let plugins = desk.summary(&run)["plugins"].clone();
        let used = plugins.as_array().expect("a list").iter().any(|plugin| plugin["id"] == name);
        assert!(used, "{plugins:#}");
    }
    let tested = cargo(&desk, "my-dataset", &["test"]);
    assert!(tested.contains("test the_plugin_keeps_its_contract ... ok"), "{tested}");
}

#[test]
fn names_and_places_that_do_not_serve_are_refused() {
    let desk = Desk::new();
    for name in ["Mine", "9lives", "a b", "../up", "ä", "a/b", &"x".repeat(40)] {
        let outcome = desk.run(&["plugin", "new", name, "--kind", "model"]);
        assert!(outcome.sentence(2).contains("cannot name a plugin"), "{name}");
    }
    desk.write("taken/file", "precious");
    let outcome = desk.run(&["plugin", "new", "mine", "--kind", "model", "--out", "taken"]);
    assert!(outcome.sentence(2).contains("taken exists already"));
    assert_eq!(desk.read("taken/file"), "precious");
    let outcome = desk.run(&["plugin", "new", "mine", "--kind", "model", "--api", "taken"]);
    assert!(outcome.sentence(2).contains("there is no crate semola-plugin-api"));
    assert!(!desk.path("mine").exists());
}

#[test]
fn the_files_are_named_in_json() {
    let desk = Desk::new();
    let json = desk.run(&["plugin", "new", "mine", "--kind", "modality", "--json"]).done().json();
    assert_eq!(json["directory"], "mine");
    for file in json["files"].as_array().expect("a list") {
        let path = file.as_str().expect("a text");
        assert!(!desk.read(path).contains("{{"), "{path} has a placeholder left");
    }
}
