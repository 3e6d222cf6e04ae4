//! The page about a run: written at its end, made again on request, complete in itself.

use roxmltree::{Document, ParsingOptions};
use semola_tests::{Desk, config};

/// Two-body orbits, short, with the number of generators given so that there is one to draw.
const SHORT: [&str; 10] = [
    "--plugin",
    "dynamics",
    "--threads",
    "1",
    "--set",
    "training.steps=200",
    "--set",
    "dataset.trajectories=40",
    "--set",
    "symmetry.generators=1",
];

#[track_caller]
fn assert_complete_in_itself(page: &str) {
    let options = ParsingOptions { allow_dtd: true, ..ParsingOptions::default() };
    let document = Document::parse_with_options(page, options).expect("the page is well-formed");
    for word in ["http", "<script", "url(", "@import", "NaN"] {
        assert!(!page.contains(word), "{word}");
    }
    let figures: Vec<_> = document.descendants().filter(|node| node.has_tag_name("svg")).collect();
    assert!(!figures.is_empty());
    for figure in figures {
        assert_eq!(figure.attribute("role"), Some("img"));
        let title = figure.children().find(|node| node.has_tag_name("title")).and_then(|title| title.text());
        assert!(title.is_some_and(|title| !title.is_empty()), "every figure is labelled");
    }
}

#[test]
fn a_finished_run_has_a_report_and_made_again_it_is_the_same() {
    let desk = Desk::new();
    desk.run(&[&SHORT[..], &["--baselines", "--out", "run"]].concat()).done();
    let page = desk.read("run/report.html");
    assert_complete_in_itself(&page);
    assert!(page.len() < 2 << 20, "{} bytes", page.len());
    for part in ["Symmetric under", "q along X₁", "p along X₁", "id=\"errors\"", "warm-up"] {
        assert!(page.contains(part), "{part}");
    }
    for name in ["spectrum", "generator-1", "orbit-1-q", "errors", "losses", "losses-beside"] {
        assert!(desk.read(&format!("run/plots/{name}.svg")).starts_with("<?xml"), "{name}");
        assert!(
            desk.path(&format!("run/plots/{name}.png")).metadata().expect("it is there").len() > 1000,
            "{name}"
        );
        assert!(desk.read(&format!("run/plots/{name}.csv")).lines().count() > 1, "{name}");
    }
    // Whoever sees summary.json finds everything else there.
    let age = |name: &str| desk.path(name).metadata().and_then(|file| file.modified()).expect("there");
    assert!(age("run/summary.json") >= age("run/report.html"));

    std::fs::remove_file(desk.path("run/report.html")).expect("it is there");
    std::fs::remove_dir_all(desk.path("run/plots")).expect("it is there");
    let outcome = desk.run(&["report", "run"]).done();
    assert_eq!(outcome.stdout, "run/report.html\n");
    assert!(desk.read("run/report.html") == page, "a function of the run's files");
    let told = desk.run(&["report", "run", "--json"]).done().json();
    let plots = told["plots"].as_array().expect("a list");
    assert_eq!(plots.len(), page.matches("<svg").count());
    assert!(plots.iter().all(|plot| desk.path(plot.as_str().expect("a path")).is_file()));
}

#[test]
fn a_run_that_found_nothing_has_a_report_without_orbits() {
    let desk = Desk::new();
    let set = ["--set", "training.steps=120", "--set", "dataset.trajectories=40", "--threads", "1"];
    let control = config("dynamics-control.toml");
    desk.run(&[&["discover", "--config", &control, "--out", "run"], &set[..]].concat()).done();
    let page = desk.read("run/report.html");
    assert_complete_in_itself(&page);
    assert!(page.contains("id=\"spectrum\"") && page.contains("semola-host discover --config"), "{page}");
    if desk.summary("run")["symmetry"]["verdict"] == "none" {
        assert!(!desk.path("run/orbits.json").exists() && !page.contains("id=\"orbits\""));
    }
}

#[test]
fn a_run_that_has_not_ended_has_none() {
    let desk = Desk::new();
    desk.write("run/config.toml", "seed = 0\n");
    let outcome = desk.run(&["report", "run"]);
    assert!(outcome.sentence(2).contains("run has not ended"), "{outcome:?}");
    let outcome = desk.run(&["report", "nowhere"]);
    assert!(outcome.sentence(2).contains("is no run directory"), "{outcome:?}");
    let outcome = desk.run(&["--seed", "3", "report", "run"]);
    assert!(outcome.sentence(2).contains("mean nothing to `report`"), "{outcome:?}");
    assert!(!desk.path("run/report.html").exists());
}
