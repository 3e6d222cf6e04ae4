//! The help of each verb is the manual: it works everywhere and names what can be said.

use semola_tests::Desk;

const COMMON: [&str; 5] = ["--plugin-dir", "--json", "--verbose", "--quiet", "--log-format"];
const EXPERIMENT: [&str; 11] = [
    "--plugin",
    "--data",
    "--spec",
    "--config",
    "--set",
    "--out",
    "--seed",
    "--device",
    "--threads",
    "--locked",
    "--baselines",
];

#[track_caller]
fn assert_help(verb: &[&str], parts: &[&str]) {
    let outcome = Desk::new().run(&[verb, &["--help"]].concat()).done();
    for part in parts {
        assert!(outcome.stdout.contains(part), "{part} in the help of {verb:?}: {}", outcome.stdout);
    }
}

#[test]
fn the_program_names_its_verbs_options_and_exit_codes() {
    assert_help(&[], &[&COMMON[..], &EXPERIMENT].concat());
    assert_help(
        &[],
        &[
            "train",
            "discover",
            "sweep",
            "report",
            "plugin",
            "config",
            "Exit codes: 0 done",
            "130 interrupted",
        ],
    );
}

#[test]
fn verbs_with_an_experiment_name_its_options() {
    for verb in [&["train"][..], &["discover"], &["sweep"], &["config", "show"]] {
        assert_help(verb, &[&COMMON[..], &EXPERIMENT, &["Examples:"]].concat());
    }
}

#[test]
fn the_report_says_what_it_needs_and_where_figures_go() {
    assert_help(&["report"], &[&COMMON[..], &["<RUN>", "plots/", "Examples:"]].concat());
}

#[test]
fn verbs_about_plugins_name_their_options() {
    assert_help(&["plugin"], &["list", "inspect", "check", "new", "install", "remove"]);
    assert_help(&["plugin", "check"], &[&COMMON[..], &["NAME|FILE|DIR", "--time-limit"]].concat());
    assert_help(&["plugin", "new"], &[&COMMON[..], &["--kind", "modality", "--api"]].concat());
    assert_help(&["plugin", "install"], &[&COMMON[..], &["FILE|NAME|URL", "--index", "--sha256"]].concat());
    assert_help(&["plugin", "remove"], &COMMON);
    assert_help(&["plugin", "list"], &COMMON);
    assert_help(&["plugin", "inspect"], &[&COMMON[..], &["NAME|FILE"]].concat());
    assert_help(&["config"], &["show"]);
}

#[test]
fn the_version_is_told() {
    let outcome = Desk::new().run(&["--version"]).done();
    assert_eq!(outcome.stdout, format!("semola-host {}\n", env!("CARGO_PKG_VERSION")));
}
