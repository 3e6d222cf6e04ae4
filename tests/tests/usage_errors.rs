//! Mistakes of the user: exit code 2, one message, nothing written. The shell's side of the program: pipes and
//! JSON.

use semola_tests::Desk;
use std::process::Stdio;

/// Exit code 2, these texts in one sentence, and nothing but what was there.
#[track_caller]
fn assert_usage(desk: &Desk, arguments: &[&str], parts: &[&str]) {
    let before = desk.contents(".");
    let outcome = desk.run(&[arguments, &["--out", "run"]].concat());
    let sentence = outcome.sentence(2);
    for part in parts {
        assert!(sentence.contains(part), "{part} in {sentence}");
    }
    assert!(!desk.path("run").exists() && !desk.path("runs").exists(), "no run directory is left");
    assert_eq!(desk.contents("."), before);
}

#[test]
fn mistakes_in_a_configuration_file() {
    let desk = Desk::new();
    desk.write("key.toml", "plugin = \"dynamics\"\n[training]\nstpes = 3\n");
    let hint = "did you mean `training.steps`?";
    assert_usage(&desk, &["--config", "key.toml"], &["unknown key `training.stpes`", "key.toml", hint]);
    desk.write("type.toml", "plugin = \"dynamics\"\n[training]\nsteps = \"many\"\n");
    let parts = ["`training.steps`", "type.toml, line 3", "found string \"many\"", "a whole number"];
    assert_usage(&desk, &["--config", "type.toml"], &parts);
    desk.write("syntax.toml", "plugin = \"dynamics\"\n[training\nsteps = 3\n");
    assert_usage(&desk, &["--config", "syntax.toml"], &["syntax.toml", "not valid TOML at line 2"]);
    assert_usage(&desk, &["--config", "missing.toml"], &["missing.toml", "No such file"]);
    desk.write("range.toml", "plugin = \"dynamics\"\n[training]\nwarm_up = 2.0\n");
    assert_usage(&desk, &["--config", "range.toml"], &["`training.warm_up` is 2.0", "0 to 1"]);
}

#[test]
fn mistakes_in_settings() {
    let desk = Desk::new();
    let set = |setting| ["--plugin", "dynamics", "--set", setting];
    assert_usage(&desk, &set("training.steps"), &["`--set training.steps`", "key=value"]);
    assert_usage(&desk, &set("training.stpes=1"), &["did you mean `training.steps`?"]);
    assert_usage(&desk, &set("training.steps=-1"), &["training.steps", "a whole number"]);
    assert_usage(&desk, &set("training.learning_rate=nan"), &["training.learning_rate", "a finite number"]);
    let hint = "did you mean `trajectories`?";
    assert_usage(&desk, &set("dataset.trajectorys=1"), &["dynamics/two-body has no option", hint]);
    assert_usage(
        &desk,
        &set("dataset.trajectories=lots"),
        &["dynamics/two-body", "\"lots\"", "whole number"],
    );
    assert_usage(&desk, &set("model.depth=deep"), &["mlp/mlp", "\"deep\"", "whole number"]);
}

#[test]
fn plugins_and_components_that_do_not_exist() {
    let desk = Desk::new();
    let component = |component| ["--plugin", "dynamics", "--set", component];
    assert_usage(&desk, &component("model.component=mlp/net"), &["no model named `net`", "it has: mlp"]);
    let parts = ["no dataset named `one-body`", "two-body, three-body, n-body"];
    assert_usage(&desk, &component("dataset.component=dynamics/one-body"), &parts);
    assert_usage(&desk, &component("model.component=mlp"), &["`model.component` is \"mlp\""]);
    assert_usage(&desk, &["--plugin", "./no/such.so"], &["there is no plugin file ./no/such.so"]);
    assert_usage(&desk, &["train"], &["no dataset was chosen", "--plugin NAME"]);
}

#[test]
fn an_unknown_plugin_is_told_with_every_place() {
    let desk = Desk::without_plugins().with("SEMOLA_PLUGIN_PATH", "/first:/second");
    desk.write("plugins/junk.so", "junk");
    let outcome = desk.run(&["--plugin", "dynamics", "--plugin-dir", "plugins", "--out", "run"]);
    assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(2), ""), "{outcome:?}");
    let lines: Vec<&str> = outcome.stderr.lines().collect();
    assert_eq!(lines[0], "error: no plugin named dynamics; searched, in this order:");
    let places = [
        "plugins (--plugin-dir)".to_owned(),
        "refused: plugins/junk.so".to_owned(),
        "/first ($SEMOLA_PLUGIN_PATH)".to_owned(),
        "/second ($SEMOLA_PLUGIN_PATH)".to_owned(),
        format!("{} (next to the program)", desk.path("bin").display()),
        format!("{} (next to the program)", desk.path("bin/plugins").display()),
        format!("{} (user data)", desk.path("data/semola/plugins").display()),
        "/usr/lib/semola/plugins (system)".to_owned(),
        "/usr/local/lib/semola/plugins (system)".to_owned(),
    ];
    for (index, place) in places.iter().enumerate() {
        assert!(lines[1 + index].trim_start().starts_with(place), "{place} in {}", lines[1 + index]);
    }
    assert!(!desk.path("run").exists());

    let outcome = Desk::new().run(&["--plugin", "dynamcis"]);
    assert!(outcome.stderr.contains("did you mean dynamics?"), "{}", outcome.stderr);
}

#[test]
fn devices_seeds_and_threads_that_do_not_exist() {
    let desk = Desk::new();
    let with = |option, value| ["--plugin", "dynamics", option, value];
    assert_usage(&desk, &with("--device", "gpu"), &["`device` is \"gpu\"", "\"cuda:N\""]);
    assert_usage(&desk, &with("--device", "cuda:99"), &["cuda:99"]);
    assert_usage(&desk, &with("--threads", "5000"), &["`threads` is 5000", "4096"]);
    // The command line's own parser adds its usage line.
    for (option, value) in [("--seed", "x"), ("--seed", "9223372036854775808"), ("--threads", "many")] {
        let outcome = desk.run(&[&with(option, value)[..], &["--out", "run"]].concat());
        assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(2), ""), "{outcome:?}");
        let expected = format!("error: invalid value '{value}' for '{option} <N>'");
        assert!(outcome.stderr.starts_with(&expected), "{}", outcome.stderr);
        assert!(!desk.path("run").exists());
    }
}

#[test]
fn places_that_can_not_be_written() {
    let desk = Desk::new();
    desk.write("file", "precious");
    for out in ["file/run", "/proc/semola", "file"] {
        let outcome = desk.run(&["--plugin", "faulty", "--out", out]);
        let sentence = outcome.sentence(2);
        assert!(sentence.contains(out) && sentence.contains("choose another --out"), "{sentence}");
        assert_eq!(desk.read("file"), "precious");
    }
}

#[test]
fn an_existing_run_is_never_touched() {
    let desk = Desk::new();
    desk.run(&["--plugin", "faulty", "--out", "run"]).done();
    let before = desk.contents("run");
    for verb in ["train", "discover"] {
        let outcome = desk.run(&[verb, "--plugin", "faulty", "--seed", "1", "--out", "run"]);
        assert_eq!(outcome.sentence(2), "run exists and is not empty: choose another --out or remove it");
        assert_eq!(desk.contents("run"), before);
    }
}

#[test]
fn runs_without_out_go_side_by_side() {
    let desk = Desk::new();
    for _ in 0..2 {
        desk.run(&["discover", "--plugin", "faulty"]).done();
    }
    let runs = std::fs::read_dir(desk.path("runs")).expect("runs is there");
    let names: Vec<String> =
        runs.map(|run| run.expect("readable").file_name().to_string_lossy().into_owned()).collect();
    assert_eq!(names.len(), 2, "{names:?}");
    assert!(names.iter().all(|name| name.starts_with("faulty-")), "{names:?}");
}

#[test]
fn json_is_all_that_json_prints() {
    let desk = Desk::new();
    let summary = desk.run(&["--plugin", "faulty", "--out", "run", "--json"]).done().json();
    assert_eq!(summary, desk.summary("run"));
    let shown = desk.run(&["config", "show", "--plugin", "faulty", "--json"]).done().json();
    assert_eq!(shown["training"]["steps"], 60);
}

#[test]
fn stderr_speaks_when_asked_only() {
    let desk = Desk::new();
    desk.run(&["--plugin", "faulty", "--out", "silent"]).done();
    desk.run(&["--plugin", "faulty", "-q", "--out", "quiet"]).done();
    let outcome = desk.run(&["--plugin", "faulty", "-v", "--out", "verbose"]);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert!(outcome.stderr.contains("spectrum"), "{}", outcome.stderr);
    let outcome = desk.run(&["--plugin", "faulty", "-v", "--log-format", "json", "--out", "lines"]);
    let lines: Vec<serde_json::Value> =
        outcome.stderr.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect();
    assert!(lines.iter().any(|line| line["fields"]["message"] == "spectrum"), "{lines:?}");
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let desk = Desk::new();
    for arguments in [&["plugin", "list"][..], &["--plugin", "faulty", "--out", "run"]] {
        let mut child = desk
            .command(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        drop(child.stdout.take());
        let output = child.wait_with_output().expect("the program ends");
        assert_eq!(output.status.code(), Some(0), "{arguments:?}");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{arguments:?}");
    }
    assert_eq!(desk.summary("run")["schema"], 1);
}
