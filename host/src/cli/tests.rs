//! The commands, with an engine that trains nothing.

use super::*;
use crate::config::Experiment;
use crate::contract::Depth;
use crate::exit::{Coded, ExitCode, Interrupted, code_of};
use crate::plugins::fixture::Fixture;
use crate::plugins::probe::{Ending, Line, Transcript, Verdict};
use crate::plugins::trust::Signed;
use crate::plugins::{Catalogue, HostVersion, LoadError, PluginFile};
use crate::report::live::Observers;
use crate::report::summary::sample;
use crate::report::{RunDirectory, Summary};
use clap::{CommandFactory, Parser};
use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

/// Every plugin has the same default experiment; training returns the sample, or fails as it is told.
#[derive(Default)]
struct Fake {
    fails: Option<fn() -> anyhow::Error>,
    /// Leaves a file where the figures of the report go.
    spoils: bool,
}

impl Engine for Fake {
    fn host_version(&self) -> HostVersion {
        HostVersion::current("2.13.0")
    }

    fn devices(&self) -> Result<Vec<String>, String> {
        Ok(vec!["cpu".into()])
    }

    fn cache_directory(&self) -> Option<std::path::PathBuf> {
        None
    }

    fn signature(&self, _: &PluginFile) -> Signed {
        Signed::No
    }

    fn admit(&self, _: &PluginFile) -> Result<(), LoadError> {
        Ok(())
    }

    fn known(&self, _: &PluginFile) -> Option<Verdict> {
        None
    }

    fn check(&self, _: &PluginFile, _: &[OsString], _: Duration) -> std::io::Result<Transcript> {
        Ok(Transcript { lines: vec![Line::Finished], ending: Ending::Exited(0) })
    }

    fn probe(&self, _: &PluginFile, _: &Catalogue, _: Depth, write: &mut dyn FnMut(Line)) {
        write(Line::Finished);
    }

    fn default_experiment(&self, file: &PluginFile) -> anyhow::Result<Option<String>> {
        let dataset = if file.id == "tensors" { "tensors/arrays" } else { "orbits/two" };
        Ok(Some(format!(
            "dataset.component = '{dataset}'\nmodel.component = 'orbits/net'\n[training]\nsteps = 70"
        )))
    }

    fn complete(&self, mut experiment: Experiment, _: &Catalogue) -> anyhow::Result<Experiment> {
        if experiment.dataset.options.contains_key("proposed") {
            return Err(
                Coded::usage("there is no spec; save these lines\u{2028}\u{2028}n = 2\u{2028}").into()
            );
        }
        if experiment.dataset.options.contains_key("wrong") {
            return Err(Coded::usage("dataset orbits/two has no option `wrong`").into());
        }
        experiment.dataset.options.entry("noise".into()).or_insert(toml::Value::from(0.5));
        Ok(experiment)
    }

    fn ask(&self, _: &crate::engine::Request<'_>, _: &Catalogue) -> anyhow::Result<crate::engine::Answer> {
        anyhow::bail!("this engine has no models")
    }

    fn run(
        &self,
        task: Task,
        experiment: &Experiment,
        _: &Catalogue,
        run: &RunDirectory,
        _: &Observers,
    ) -> anyhow::Result<Summary> {
        if self.spoils {
            run.write("plots", b"")?;
        }
        if let Some(error) = self.fails {
            return Err(error());
        }
        let mut summary = Summary { seed: experiment.seed, ..sample() };
        if task == Task::Discover {
            summary.metrics = None;
        }
        Ok(summary)
    }
}

/// A temporary directory with one good plugin, `orbits`, in `plugins`.
struct Desk {
    root: tempfile::TempDir,
}

impl Desk {
    fn new() -> Self {
        let desk = Self { root: tempfile::tempdir().expect("a temporary directory") };
        std::fs::create_dir(desk.path("plugins")).expect("writable");
        desk.plugin("liborbits.so", &Fixture::new("orbits").component(2, "two").elf());
        desk
    }

    fn path(&self, name: &str) -> String {
        self.root.path().join(name).display().to_string()
    }

    fn plugin(&self, name: &str, bytes: &[u8]) {
        std::fs::write(self.root.path().join("plugins").join(name), bytes).expect("writable");
    }

    fn run_with(&self, engine: &Fake, arguments: &[&str]) -> Result<String, (String, ExitCode)> {
        let dir = self.path("plugins");
        let arguments = [&["semola-host", "--plugin-dir", &dir], arguments].concat();
        let cli = Cli::try_parse_from(arguments).expect("the arguments are well-formed");
        let mut out = Vec::new();
        run(cli, engine, &mut out).map_err(|error| (format!("{error:#}"), code_of(&error)))?;
        Ok(String::from_utf8(out).expect("commands print text"))
    }

    fn run(&self, arguments: &[&str]) -> Result<String, (String, ExitCode)> {
        self.run_with(&Fake::default(), arguments)
    }
}

#[test]
fn the_command_line_is_consistent() {
    Cli::command().debug_assert();
}

#[test]
fn nothing_said_prints_the_help_and_fails() {
    let error = Cli::try_parse_from(["semola-host"]).expect_err("help");
    assert_eq!(error.exit_code(), 2);
    assert!(error.to_string().contains("--plugin <NAME|PATH>"), "{error}");
    for wrong in [
        &["--nonsense"][..],
        &["fly"],
        &["--seed", "-1"],
        &["-q", "-v"],
        &["--data", ""],
        &["plugin"],
        &["--baselines", "x"],
    ] {
        let error = Cli::try_parse_from(["semola-host"].iter().chain(wrong)).expect_err("usage");
        assert_eq!(error.exit_code(), 2, "{wrong:?}");
    }
}

#[test]
fn options_before_and_behind_the_verb_add_up() {
    let desk = Desk::new();
    let text = desk
        .run(&[
            "--set",
            "training.steps=1",
            "--set",
            "seed=9",
            "-v",
            "config",
            "show",
            "--set",
            "training.steps=2",
        ])
        .expect("shown");
    assert!(text.contains("steps = 2\n") && text.contains("seed = 9\n"), "{text}");
    let text =
        desk.run(&["--seed", "4", "config", "show", "--set", "seed=9", "--device", "cuda:1"]).expect("shown");
    assert!(text.contains("seed = 4\n") && text.contains("device = \"cuda:1\"\n"), "{text}");
}

#[test]
fn baselines_may_be_listed_or_not() {
    let desk = Desk::new();
    let baselines = |argument: &str| {
        let text = desk.run(&["config", "show", argument]).expect("shown");
        text.lines().find(|line| line.starts_with("baselines")).map(str::to_owned)
    };
    assert_eq!(baselines("--baselines").as_deref(), Some("baselines = [\"plain\", \"oracle\"]"));
    assert_eq!(baselines("--baselines=oracle").as_deref(), Some("baselines = [\"oracle\"]"));
    assert_eq!(baselines("--baselines=oracle,plain").as_deref(), Some("baselines = [\"oracle\", \"plain\"]"));
}

#[test]
fn data_and_spec_are_short_for_a_plugin_and_two_settings() {
    let desk = Desk::new();
    desk.plugin("libtensors.so", &Fixture::new("tensors").component(2, "arrays").elf());
    let long = ["--plugin", "tensors", "--set", "dataset.data=my.npz", "--set", "dataset.spec=a 'b'.toml"];
    let short = ["--data", "my.npz", "--spec", "a 'b'.toml"];
    let shown = |arguments: &[&str]| desk.run(&[&["config", "show"], arguments].concat());
    let text = shown(&short).expect("shown");
    assert_eq!(text, shown(&long).expect("shown"));
    assert!(text.contains("data = \"my.npz\"\n") && text.contains("steps = 70\n"), "{text}");
    // On both sides of the verb, and with the plugin named as well.
    let around = desk.run(&["--data", "my.npz", "config", "show", "--spec", "a 'b'.toml"]).expect("shown");
    assert_eq!(around, text);
    assert_eq!(shown(&[&["--plugin", "tensors"], &short[..]].concat()).expect("shown"), text);
    assert!(!shown(&["--data", "my.npz"]).expect("shown").contains("\nspec ="));

    std::fs::write(desk.path("other.toml"), "plugin = 'orbits'").expect("writable");
    std::fs::write(desk.path("set.toml"), "dataset.component = 'orbits/two'").expect("writable");
    for (arguments, part) in [
        (&["--plugin", "orbits", "--data", "my.npz"][..], "and the plugin orbits was chosen; leave out one"),
        (&["--config", &desk.path("other.toml"), "--data", "my.npz"], "and the plugin orbits was chosen"),
        (&["--config", &desk.path("set.toml"), "--data", "my.npz"], "chose the data set orbits/two"),
        (&["--plugin", "tensors", "--spec", "my.toml"], "and there is no --data; add --data FILE"),
    ] {
        let (message, code) = desk.run(arguments).expect_err(part);
        assert_eq!(code, ExitCode::Usage, "{message}");
        assert!(message.contains(part) && !message.contains('\n'), "{message}");
    }
}

#[test]
fn line_separators_of_a_plugin_are_lines() {
    let (message, code) =
        Desk::new().run(&["--plugin", "orbits", "--set", "dataset.proposed=1"]).expect_err("proposed");
    assert_eq!((&message[..], code), ("there is no spec; save these lines\n\nn = 2\n", ExitCode::Usage));
}

#[test]
fn config_show_completes_and_reads_back() {
    let desk = Desk::new();
    let text = desk.run(&["config", "show", "--plugin", "orbits"]).expect("shown");
    for line in ["plugin = \"orbits\"", "steps = 70", "noise = 0.5", "component = \"orbits/two\""] {
        assert!(text.lines().any(|found| found == line), "{line} in {text}");
    }
    let file = desk.path("my.toml");
    std::fs::write(&file, &text).expect("writable");
    assert_eq!(desk.run(&["config", "show", "--config", &file]).expect("shown"), text);
    let json = desk.run(&["config", "show", "--plugin", "orbits", "--json"]).expect("shown");
    let value: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(value["training"]["steps"], 70);
}

#[test]
fn a_run_leaves_its_files_and_prints_the_verdict() {
    let desk = Desk::new();
    let out = desk.path("run");
    let text = desk.run(&["--plugin", "orbits", "--out", &out, "--seed", "5"]).expect("done");
    assert!(text.starts_with("Symmetric under so(2): 1 generator"), "{text}");
    assert!(text.ends_with(&format!("Run directory: {out}\n")), "{text}");
    for name in ["config.toml", "log.jsonl", "summary.json", "generators.npz", "generators.json"] {
        assert!(Path::new(&out).join(name).is_file(), "{name}");
    }
    let config = std::fs::read_to_string(Path::new(&out).join("config.toml")).expect("written");
    assert!(config.contains("seed = 5\n") && config.contains("noise = 0.5\n"), "{config}");

    let (message, code) = desk.run(&["--plugin", "orbits", "--out", &out]).expect_err("not twice");
    assert_eq!(code, ExitCode::Usage);
    assert!(message.ends_with("exists and is not empty: choose another --out or remove it"), "{message}");

    let out = desk.path("other");
    let json = desk.run(&["discover", "--plugin", "orbits", "--out", &out, "--json"]).expect("done");
    let value: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!((&value["symmetry"]["verdict"], value.get("metrics")), (&"symmetric".into(), None));
}

#[test]
fn mistakes_leave_no_run_directory() {
    let desk = Desk::new();
    let out = desk.path("run");
    let cases: [(&[&str], ExitCode, &str); 6] = [
        (&["train"], ExitCode::Usage, "no dataset was chosen"),
        (&["--plugin", "orbit"], ExitCode::Usage, "no plugin named orbit (did you mean orbits?); searched"),
        (&["--plugin", "./no/such.so"], ExitCode::Usage, "there is no plugin file ./no/such.so"),
        (&["--plugin", "orbits", "--set", "stpes=1"], ExitCode::Usage, "did you mean `training.steps`?"),
        (&["--plugin", "orbits", "--set", "dataset.wrong=1"], ExitCode::Usage, "has no option `wrong`"),
        (
            &["--plugin", "orbits", "--set", "model.component=none/net"],
            ExitCode::Usage,
            "no plugin named none",
        ),
    ];
    for (arguments, expected, part) in cases {
        let (message, code) = desk.run(&[arguments, &["--out", &out]].concat()).expect_err(part);
        assert_eq!(code, expected, "{message}");
        assert!(message.contains(part), "{message}");
        assert!(!Path::new(&out).exists(), "{message}");
    }
}

#[test]
fn a_failed_run_tells_where_it_is() {
    let desk = Desk::new();
    let out = desk.path("run");
    let failing =
        Fake { fails: Some(|| anyhow::anyhow!("the loss term task is NaN at step 7")), ..Fake::default() };
    let (message, code) =
        desk.run_with(&failing, &["--plugin", "orbits", "--out", &out]).expect_err("failed");
    assert_eq!(code, ExitCode::Failed);
    assert_eq!(message, format!("the run in {out} failed: the loss term task is NaN at step 7"));
    assert!(Path::new(&out).join("config.toml").is_file());
    assert!(!Path::new(&out).join("summary.json").exists());

    let out = desk.path("again");
    let interrupted = Fake { fails: Some(|| Interrupted { step: 7 }.into()), ..Fake::default() };
    let (message, code) =
        desk.run_with(&interrupted, &["--plugin", "orbits", "--out", &out]).expect_err("stopped");
    assert_eq!(code, ExitCode::Interrupted);
    assert!(message.contains("interrupted after step 7"), "{message}");
}

#[test]
fn a_report_that_cannot_be_written_costs_nothing_else() {
    let desk = Desk::new();
    let out = desk.path("run");
    let spoiling = Fake { spoils: true, ..Fake::default() };
    desk.run_with(&spoiling, &["--plugin", "orbits", "--out", &out]).expect("the run is done");
    assert!(Path::new(&out).join("summary.json").is_file() && !Path::new(&out).join("report.html").exists());
    let (message, code) = desk.run(&["report", &out]).expect_err("the file is still there");
    assert_eq!(code, ExitCode::Failed);
    assert!(message.contains("cannot write into") && message.contains("plots"), "{message}");
    std::fs::remove_file(Path::new(&out).join("plots")).expect("it is there");
    let told = desk.run(&["report", &out]).expect("written");
    assert_eq!(told, format!("{out}/report.html\n"));
    assert!(Path::new(&out).join("plots/spectrum.svg").is_file());
}

#[test]
fn broken_plugins_are_refused_with_code_3() {
    let desk = Desk::new();
    let good = Fixture::new("orbits").elf();
    desk.plugin("junk.so", b"junk");
    desk.plugin("short.so", &good[..good.len() / 2]);
    desk.plugin("major.so", &Fixture::new("major").abi(2, 0).elf());
    for (name, part) in [("junk", "not an ELF file"), ("short", "truncated"), ("major", "plugin ABI 2")] {
        for plugin in [name.to_owned(), desk.path(&format!("plugins/{name}.so"))] {
            let (message, code) = desk.run(&["--plugin", &plugin]).expect_err(part);
            assert_eq!(code, ExitCode::Refused, "{message}");
            assert!(message.contains(part) && !message.contains('\n'), "{message}");
        }
    }
}

#[test]
fn plugin_list_shows_what_is_there() {
    let desk = Desk::new();
    desk.plugin("junk.so", b"junk");
    let text = desk.run(&["plugin", "list"]).expect("listed");
    let first = text.lines().next().unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(first, "orbits 1.2.3 model net, dataset two", "{text}");
    assert!(text.contains("\nRefused:\n  ") && text.contains("junk.so is not a plugin"), "{text}");
    let json = desk.run(&["plugin", "list", "--json"]).expect("listed");
    let value: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(
        (&value["plugins"][0]["id"], &value["plugins"][0]["origin"]),
        (&"orbits".into(), &"plugin_dir".into())
    );
    assert_eq!(value["refused"][0]["path"], desk.path("plugins/junk.so"));

    desk.plugin("copy.so", &Fixture::new("orbits").elf());
    let text = desk.run(&["plugin", "list"]).expect("listed");
    assert!(text.contains("unusable: plugin orbits is there twice"), "{text}");
}

#[test]
fn plugin_inspect_shows_the_manifest() {
    let desk = Desk::new();
    let file = desk.path("plugins/liborbits.so");
    let text = desk.run(&["plugin", "inspect", "orbits"]).expect("shown");
    assert_eq!(text, desk.run(&["plugin", "inspect", &file]).expect("shown"));
    for line in ["licence       MIT", "components    model net, dataset two", "entry points  Rust and C"] {
        assert!(text.lines().any(|found| found == line), "{line} in {text}");
    }
    let json = desk.run(&["plugin", "inspect", "orbits", "--json"]).expect("shown");
    let value: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(
        (&value["libtorch"], &value["components"][1]["kind"]),
        (&serde_json::Value::Null, &"dataset".into())
    );
    let (message, code) = desk.run(&["--seed", "1", "plugin", "inspect", "orbits"]).expect_err("no use");
    assert_eq!(code, ExitCode::Usage, "{message}");
}
