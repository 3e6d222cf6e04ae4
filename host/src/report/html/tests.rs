//! The whole report of a run directory.

use super::*;
use crate::report::summary::{Component, sample};
use roxmltree::{Document, Node, ParsingOptions};

/// A run directory with everything in it that a run writes before its report.
fn run() -> tempfile::TempDir {
    let run = tempfile::tempdir().expect("a temporary directory");
    let write = |name: &str, text: &str| std::fs::write(run.path().join(name), text).expect("writable");
    write("config.toml", "seed = 3\n[dataset]\ncomponent = \"a<b>&c\"\n");
    write("plugins.lock", "[[plugin]]\nid = \"dynamics\"\n");
    let line = |stage: &str, step: u64| {
        format!("{{\"step\":{step},\"stage\":\"{stage}\",\"loss\":{{\"task\":{}}}}}\n", 1.0 / step as f64)
    };
    let stages = [("warm_up", 20), ("warm_up", 40), ("replica", 20), ("replica", 40), ("joint", 20)];
    write("metrics.jsonl", &stages.map(|(stage, step)| line(stage, step)).concat());
    write(
        "orbits.json",
        r#"{"schema":1,"still":[],"orbits":[{"exact":true,"index":0,"matrix":[[0,-1],[1,0]],"moved":[
            {"field":{"name":"q","representation":"vector","shape":[1,2]},
             "t":[-1,0,1],"values":[[[0,-1]],[[1,0]],[[0,1]]]}]}]}"#,
    );
    run
}

fn summary() -> Summary {
    let mut summary = sample();
    summary.symmetry.group = Some("SO(2)".into());
    summary.symmetry.components.push(Component {
        name: "reflection of x1".into(),
        matrix: vec![vec![-1.0, 0.0], vec![0.0, 1.0]],
        ratio: 15.0,
        lower: 12.0,
        upper: 18.0,
        distance: 1.0,
        supported: true,
        accepted: false,
    });
    summary.plugins.push(crate::report::summary::PluginRecord {
        id: "dynamics".into(),
        version: "0.1.0".into(),
        sha256: "ab".repeat(32),
    });
    summary
}

#[track_caller]
fn parsed(text: &str) -> Document<'_> {
    let options = ParsingOptions { allow_dtd: true, ..ParsingOptions::default() };
    Document::parse_with_options(text, options).unwrap_or_else(|error| panic!("{error}"))
}

fn words(node: Node<'_, '_>) -> String {
    node.descendants().filter_map(|node| node.text().filter(|_| node.is_text())).collect()
}

#[test]
fn the_page_is_well_formed_and_complete_in_itself() {
    let run = run();
    let written = write(run.path(), &summary()).expect("drawn");
    let text = std::fs::read_to_string(&written.report).expect("written");
    let page = parsed(&text);
    for word in ["http", "<script", "url(", "@import", "NaN", "<img", "<link"] {
        assert!(!text.contains(word), "{word} in {text}");
    }
    let all = |name: &str| page.descendants().filter(|node| node.has_tag_name(name)).collect::<Vec<_>>();
    let figures = all("svg");
    assert!(figures.len() >= 7, "{} figures", figures.len());
    for figure in &figures {
        assert_eq!(figure.attribute("role"), Some("img"));
        for id in figure.attribute("aria-labelledby").expect("labelled").split(' ') {
            let labels = page.descendants().filter(|node| node.attribute("id") == Some(id)).count();
            assert_eq!(labels, 1, "{id}");
        }
    }
    assert!(all("th").iter().all(|cell| matches!(cell.attribute("scope"), Some("row" | "col"))));
    assert!(all("table").iter().all(|table| table.children().any(|node| node.has_tag_name("caption"))));
    for link in all("a") {
        let target = link.attribute("href").and_then(|href| href.strip_prefix('#')).expect("within the page");
        assert!(page.descendants().any(|node| node.attribute("id") == Some(target)), "{target}");
    }
    assert_eq!(all("h1").len(), 1);
}

#[test]
fn the_page_says_what_the_summary_says() {
    let run = run();
    let written = write(run.path(), &summary()).expect("drawn");
    let text = std::fs::read_to_string(written.report).expect("written");
    let page = words(parsed(&text).root_element());
    for part in [
        "Symmetric under so(2): 1 generator, and 1 that holds approximately.",
        "same count in 98 % of 200 resamples",
        "so(2); least principal cosine 0.9999",
        "X₁ = −x₂ ∂₁ + x₁ ∂₂",
        "0 positive, 0 negative, 1 zero",
        "The group with its components is SO(2)",
        "12.0 to 18.0",
        "q along X₁",
        "0.0169 with the generators found, and 0.0994 without: 5.88 times as large.",
        "semola-host --config config.toml --locked plugins.lock",
        "component = \"a<b>&c\"",
        "abababab",
    ] {
        assert!(page.contains(part), "{part} in {page}");
    }
}

#[test]
fn every_figure_is_a_file_with_its_numbers_and_a_report_made_again_is_the_same() {
    let run = run();
    let summary = summary();
    let written = write(run.path(), &summary).expect("drawn");
    let text = std::fs::read_to_string(&written.report).expect("written");
    assert_eq!(text.matches("<svg").count(), written.plots.len());
    for plot in &written.plots {
        assert!(std::fs::read_to_string(plot).expect("written").contains("http://www.w3.org/2000/svg"));
        let csv = std::fs::read_to_string(plot.with_extension("csv")).expect("written");
        assert!(csv.lines().count() > 1, "{csv}");
        assert!(std::fs::read(plot.with_extension("png")).expect("written").starts_with(b"\x89PNG"));
    }
    std::fs::write(run.path().join("summary.json"), serde_json::to_string(&summary).expect("JSON"))
        .expect("writable");
    std::fs::remove_file(&written.report).expect("it is there");
    let again = remake(run.path()).expect("drawn");
    assert_eq!(std::fs::read_to_string(again.report).expect("written"), text);
    let left = std::fs::read_dir(run.path().join(PLOTS)).expect("there").count();
    assert_eq!(left, 3 * written.plots.len(), "no temporary file stays");
}

#[test]
fn a_run_that_found_nothing_and_one_that_only_looked_have_reports() {
    let run = run();
    let mut summary = summary();
    summary.metrics = None;
    summary.baselines.clear();
    let text = |summary: &Summary| {
        let written = write(run.path(), summary).expect("drawn");
        std::fs::read_to_string(written.report).expect("written")
    };
    let discovered = text(&summary);
    parsed(&discovered);
    assert!(discovered.contains("semola-host discover --config"), "{discovered}");
    for name in ["orbits.json", "metrics.jsonl", "plugins.lock"] {
        std::fs::remove_file(run.path().join(name)).expect("it is there");
    }
    summary.symmetry.verdict = crate::report::summary::Verdict::None;
    summary.symmetry.generators.clear();
    summary.symmetry.approximate.clear();
    summary.symmetry.components.clear();
    (summary.symmetry.algebra, summary.symmetry.group) = (None, None);
    summary.symmetry.note = Some("the data say nothing".into());
    let nothing = text(&summary);
    let page = parsed(&nothing);
    assert!(words(page.root_element()).contains("Note. the data say nothing."));
    assert!(!nothing.contains("id=\"generators\"") && nothing.contains("id=\"spectrum\""));
    summary.symmetry.candidates.clear();
    parsed(&text(&summary));
}

#[test]
fn what_cannot_be_drawn_is_an_error() {
    let run = run();
    std::fs::write(run.path().join("orbits.json"), "{").expect("writable");
    let error = write(run.path(), &summary()).expect_err("half a file");
    assert!(format!("{error:#}").contains("orbits.json"), "{error:#}");
    assert!(!run.path().join(FILE).exists());
}

/// Relative luminance of "#rrggbb" (WCAG 2.2).
fn luminance(colour: &str) -> f64 {
    let channel = |place: usize| {
        let value = u8::from_str_radix(&colour[place..place + 2], 16).expect("hexadecimal");
        let value = f64::from(value) / 255.0;
        if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
}

#[test]
fn words_and_marks_stand_out_on_light_and_dark_pages() {
    let (light, dark) = figure::STYLE.split_once("prefers-color-scheme: dark").expect("there are both");
    for style in [light, dark] {
        let colour = |name: &str| {
            let start = style.find(&format!("--{name}: #")).unwrap_or_else(|| panic!("--{name}"));
            &style[start + name.len() + 4..][..7]
        };
        let contrast = |a: &str, b: &str| {
            let (a, b) = (luminance(colour(a)) + 0.05, luminance(colour(b)) + 0.05);
            a.max(b) / a.min(b)
        };
        // Level AA: 4.5 for words, 3 for marks.
        for words in ["ink", "muted", "link"] {
            for ground in ["paper", "wash"] {
                assert!(contrast(words, ground) >= 4.5, "{words} on {ground}: {}", contrast(words, ground));
            }
        }
        for cell in ["positive", "negative"] {
            assert!(contrast("ink", cell) >= 4.5, "numbers on {cell}: {}", contrast("ink", cell));
        }
        for mark in ["exact", "approximate", "rest", "s1", "s2", "s3", "s4", "s5", "s6"] {
            for ground in ["paper", "wash"] {
                assert!(contrast(mark, ground) >= 3.0, "{mark} on {ground}: {}", contrast(mark, ground));
            }
        }
    }
}
