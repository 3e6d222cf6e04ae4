//! `plugin list` and `plugin inspect`, and which file a name means.

use semola_plugin_api::abi::Manifest;
use semola_tests::{Desk, built, find, patch};
use serde_json::json;
use std::mem::offset_of;
use std::process::Command;

const MLP: &str = "libsemola_plugin_mlp.so";

fn mlp() -> Vec<u8> {
    std::fs::read(built(MLP)).expect("the plugin can be read")
}

fn run(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn list_and_inspect_tell_what_the_manifest_says() {
    let desk = Desk::new();
    let listed = desk.run(&["plugin", "list"]).done().stdout;
    let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    for line in [
        "jets 0.1.0 dataset top-tagging, model set-transformer",
        "mlp 0.1.0 model mlp",
        "tensors 0.1.0 dataset arrays",
    ] {
        assert!(listed.lines().any(|found| words(found) == line), "{line} in {listed}");
    }
    let json = desk.run(&["plugin", "list", "--json"]).done().json();
    let ids: Vec<&str> =
        json["plugins"].as_array().expect("a list").iter().filter_map(|p| p["id"].as_str()).collect();
    for id in [
        "cells",
        "dynamics",
        "images",
        "jets",
        "mlp",
        "molecules",
        "pointnet",
        "synthetic",
        "tensors",
        "faulty",
        "zoo",
    ] {
        assert!(ids.contains(&id), "{id} in {ids:?}");
    }
    assert_eq!(json["refused"], json!([]));

    let inspected = desk.run(&["plugin", "inspect", "mlp", "--json"]).done().json();
    assert_eq!(inspected["id"], "mlp");
    assert_eq!(inspected["components"], json!([{"kind": "model", "name": "mlp"}]));
    assert_eq!(inspected["libtorch"], json!(null));
    assert_eq!(inspected["path"], built(MLP).display().to_string());
    let text = desk.run(&["plugin", "inspect", "mlp"]).done().stdout;
    let sha = inspected["sha256"].as_str().expect("a text");
    assert!(text.contains(sha) && text.contains("any (links none)"), "{text}");
}

#[test]
fn looking_at_a_plugin_runs_none_of_it() {
    let desk = Desk::without_plugins();
    let manifest = patch(&mlp(), offset_of!(Manifest, id), b"aborts\0");
    let start = find(&manifest);
    let manifest = desk.write("manifest", &manifest[start..start + size_of::<Manifest>()]);
    let source = desk.write(
        "aborts.c",
        "#include <stdlib.h>\n__attribute__((constructor)) static void start(void) { abort(); }\n",
    );
    let plugin = desk.path("plugins/aborts.so");
    run(Command::new("cc").args(["-shared", "-fPIC", "-o"]).arg(&plugin).arg(&source));
    let section = format!(".semola={}", manifest.display());
    run(Command::new("objcopy").args(["--add-section", &section]).arg(&plugin));

    let listed = desk.run(&["plugin", "list", "--plugin-dir", "plugins", "--json"]).done().json();
    assert_eq!(listed["plugins"][0]["id"], "aborts", "{listed:#}");
    let inspected = desk.run(&["plugin", "inspect", "aborts", "--plugin-dir", "plugins"]).done().stdout;
    assert!(inspected.starts_with("id            aborts\n"), "{inspected}");

    let loaded = desk.run(&["--plugin", "aborts", "--plugin-dir", "plugins", "--out", "run"]);
    assert!(loaded.sentence(3).contains("SIGABRT"), "loading it would have aborted: {loaded:?}");
}

#[test]
fn refused_files_are_listed_with_the_reason() {
    let desk = Desk::without_plugins();
    desk.write("plugins/junk.so", "junk");
    desk.write("plugins/mlp.so", mlp());
    desk.write("plugins/notes.txt", "not a plugin");
    let text = desk.run(&["plugin", "list", "--plugin-dir", "plugins"]).done().stdout;
    assert!(text.contains("\nRefused:\n  plugins/junk.so is not a plugin"), "{text}");
    assert!(!text.contains("notes.txt"), "{text}");
    let json = desk.run(&["plugin", "list", "--plugin-dir", "plugins", "--json"]).done().json();
    assert_eq!(json["refused"][0]["path"], "plugins/junk.so");
    let outcome = desk.run(&["plugin", "inspect", "junk", "--plugin-dir", "plugins"]);
    assert!(outcome.sentence(3).contains("not an ELF file"));
}

#[test]
fn without_plugins_the_list_tells_where_it_looked() {
    let desk = Desk::without_plugins();
    let text = desk.run(&["plugin", "list"]).done().stdout;
    let place = desk.path("data/semola/plugins").display().to_string();
    assert!(text.starts_with("No plugins found. Looked in") && text.contains(&place), "{text}");
}

#[test]
fn plugins_of_the_user_data_directory_run() {
    let desk = Desk::without_plugins();
    desk.write("data/semola/plugins/mlp.so", mlp());
    let faulty = std::fs::read(built("libsemola_test_faulty.so")).expect("the plugin can be read");
    desk.write("data/semola/plugins/faulty.so", faulty);
    let listed = desk.run(&["plugin", "list", "--json"]).done().json();
    assert_eq!(listed["plugins"][0]["origin"], "user_data");
    desk.run(&["--plugin", "faulty", "--out", "run"]).done();
}

#[test]
fn two_files_of_one_name_in_one_place_are_an_error_and_a_path_decides() {
    let desk = Desk::new();
    desk.write("plugins/one.so", mlp());
    desk.write("plugins/two.so", mlp());
    let arguments = ["--plugin", "faulty", "--plugin-dir", "plugins", "--out", "run"];
    let outcome = desk.run(&arguments);
    let sentence = outcome.sentence(2);
    for part in ["plugin mlp is there twice", "plugins/one.so", "plugins/two.so", "--plugin plugins/one.so"] {
        assert!(sentence.contains(part), "{part} in {sentence}");
    }
    assert!(!desk.path("run").exists());

    let path = ["plugin", "inspect", "plugins/two.so", "--plugin-dir", "plugins", "--json"];
    assert_eq!(desk.run(&path).done().json()["path"], "plugins/two.so");
    let path =
        ["--plugin", "plugins/two.so", "--plugin-dir", "plugins", "--set", "dataset.component=faulty/tiny"];
    let outcome = desk.run(&[&path[..], &["--set", "training.steps=20", "--out", "run"]].concat());
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert!(outcome.stderr.contains("installed twice"), "what is hidden is told: {}", outcome.stderr);
    assert!(outcome.stdout.ends_with("Run directory: run\n"), "{}", outcome.stdout);
}

#[test]
fn the_earlier_place_wins_and_a_warning_names_both() {
    let desk = Desk::new();
    desk.write("plugins/mine.so", mlp());
    let arguments = ["plugin", "inspect", "mlp", "--plugin-dir", "plugins", "--json"];
    let outcome = desk.run(&arguments);
    assert_eq!(outcome.json()["path"], "plugins/mine.so");
    assert!(outcome.stderr.contains("installed twice") && outcome.stderr.contains(MLP), "{}", outcome.stderr);
    let text = desk.run(&["plugin", "list", "--plugin-dir", "plugins"]).stdout;
    assert!(text.contains("hidden by plugins/mine.so"), "{text}");
}
