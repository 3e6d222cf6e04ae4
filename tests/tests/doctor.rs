//! What the program says of a machine, and what it prints for shells and for man.

use semola_tests::Desk;
use serde_json::Value;

fn finding<'a>(findings: &'a Value, what: &str) -> &'a Value {
    let mut all = findings.as_array().expect("a list").iter();
    all.find(|finding| finding["what"] == what).unwrap_or_else(|| panic!("{what} in {findings:#}"))
}

#[test]
fn a_machine_in_order_has_no_problem() {
    let desk = Desk::new();
    let findings: Value = desk.run(&["doctor", "--json"]).done().json();
    assert_eq!(finding(&findings, "libtorch")["found"], "2.13.0");
    assert!(finding(&findings, "devices")["found"].as_str().expect("a text").starts_with("cpu"));
    assert!(finding(&findings, "plugins")["found"].as_str().expect("a text").contains("dynamics"));
    // Set by these tests for every run.
    assert_eq!(finding(&findings, "threads")["state"], "note");
    assert!(finding(&findings, "threads")["remedy"].as_str().expect("a text").contains("OMP_NUM_THREADS"));
    assert_eq!(finding(&findings, "real data")["found"], "none imported");
}

#[test]
fn each_problem_has_a_remedy_and_ends_with_exit_code_1() {
    let desk = Desk::without_plugins();
    let none = desk.run(&["doctor"]);
    assert_eq!(none.code, Some(1), "{none:?}");
    assert!(none.stderr.contains("1 problem, see above"), "{none:?}");
    assert!(
        none.stdout.contains("PROBLEM  plugins") && none.stdout.contains("--plugin-dir"),
        "{}",
        none.stdout
    );

    desk.write("plugins/broken.so", "no library");
    let broken = desk.run(&["doctor", "--plugin-dir", "plugins", "--json"]);
    assert_eq!(broken.code, Some(1), "{broken:?}");
    let findings: Value = serde_json::from_str(&broken.stdout).expect("JSON");
    let refused = finding(&findings, "plugin");
    assert!(refused["found"].as_str().expect("a text").contains("broken.so"), "{refused:#}");
    assert!(refused["remedy"].is_string());
}

#[test]
fn shells_and_man_know_every_verb() {
    let desk = Desk::new();
    for shell in ["bash", "fish", "zsh"] {
        let script = desk.run(&["completions", shell]).done().stdout;
        for verb in ["discover", "resume", "predict", "doctor"] {
            assert!(script.contains(verb), "{shell}: {verb}");
        }
    }
    desk.run(&["man", "--out", "man1"]).done();
    let page = desk.read("man1/semola-host-resume.1");
    assert!(page.contains("bit by bit"), "{page}");
    assert!(desk.path("man1/semola-host.1").is_file());
}
