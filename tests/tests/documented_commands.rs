//! Commands that READMEs, guides and `--help` tell people to type are understood, down to every setting.
//!
//! Those that start an experiment are resolved, with the real plugins, as far as the complete configuration; of the others verb
//! and options must exist. `documented_runs` runs those of the README, the guide and the plugins' pages.

use semola_tests::Desk;
use std::path::{Path, PathBuf};

const VERBS: [&str; 23] = [
    "train",
    "discover",
    "resume",
    "report",
    "eval",
    "predict",
    "export",
    "compare",
    "sweep",
    "doctor",
    "completions",
    "man",
    "config show",
    "config schema",
    "config diff",
    "plugin list",
    "plugin inspect",
    "plugin check",
    "plugin new",
    "plugin install",
    "plugin remove",
    "config",
    "plugin",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The Markdown files that tell commands.
fn pages() -> Vec<PathBuf> {
    let mut pages = vec![root().join("README.md"), root().join("python/README.md")];
    for (directory, name) in
        [("docs", None), ("plugins", Some("README.md")), ("tests/plugins", Some("README.md"))]
    {
        for entry in std::fs::read_dir(root().join(directory)).expect("a folder of the project").flatten() {
            let page = name.map_or_else(|| entry.path(), |name| entry.path().join(name));
            if page.is_file() && page.extension().is_some_and(|ending| ending == "md") {
                pages.push(page);
            }
        }
    }
    pages
}

/// What a text says to type, without comments, pipes and redirections.
fn commands(text: &str) -> Vec<Vec<String>> {
    let joined = text.replace("\\\n", " ");
    let lines = joined.lines().map(|line| line.trim_start());
    let lines = lines.filter_map(|line| {
        line.strip_prefix("target/release/semola-host ").or_else(|| line.strip_prefix("semola-host "))
    });
    lines
        .map(|line| {
            let words = shlex::split(line).unwrap_or_else(|| panic!("a shell would not read {line}"));
            let end = |word: &String| ["|", ">", "#", "&&"].contains(&word.as_str());
            words.iter().take_while(|word| !end(word)).cloned().collect()
        })
        .collect()
}

/// Code blocks of a page.
fn code(page: &str) -> String {
    page.split("```sh\n").skip(1).filter_map(|rest| rest.split("```").next()).collect()
}

fn assert_understood(desk: &Desk, command: &[String], place: &str) {
    let words: Vec<&str> = command.iter().map(String::as_str).collect();
    let two = words[..words.len().min(2)].join(" ");
    let verb = VERBS.iter().find(|verb| **verb == two || **verb == words[0]).copied();
    if let None | Some("train" | "discover" | "config show") = verb {
        // Plugins that the reader builds are not here.
        if words.iter().any(|word| word.contains(".so") || word.ends_with("target/release")) {
            return;
        }
        let options = &words[verb.map_or(0, |verb| verb.split(' ').count())..];
        let options: Vec<String> = options
            .iter()
            // How a run is shown is no part of its configuration.
            .filter(|word| **word != "--watch")
            .map(|word| word.replace("configs/", &format!("{}/", root().join("configs").display())))
            .collect();
        if options.iter().any(|word| word == "my.toml") {
            return;
        }
        let arguments: Vec<&str> =
            ["config", "show"].into_iter().chain(options.iter().map(String::as_str)).collect();
        let outcome = desk.run(&arguments);
        let missing_data = outcome.stderr.contains("my.npz");
        assert!(outcome.code == Some(0) || missing_data, "{place}: {words:?}: {outcome:?}");
        return;
    }
    let verb: Vec<&str> = verb.expect("the others were handled").split(' ').collect();
    let help = desk.run(&[&verb[..], &["--help"]].concat()).done().stdout;
    for option in words.iter().filter(|word| word.starts_with("--")) {
        assert!(help.contains(option), "{place}: {words:?}: no {option}");
    }
}

#[test]
fn those_of_readmes_and_guides() {
    let desk = Desk::new();
    let mut seen = 0;
    for page in pages() {
        let text = std::fs::read_to_string(&page).expect("a page can be read");
        for command in commands(&code(&text)) {
            assert_understood(&desk, &command, &page.display().to_string());
            seen += 1;
        }
    }
    assert!(seen > 25, "{seen} commands");
}

#[test]
fn those_of_the_help() {
    let desk = Desk::new();
    let mut seen = 0;
    for verb in VERBS.iter().chain([&""]) {
        let arguments: Vec<&str> = verb.split_whitespace().chain(["--help"]).collect();
        let help = desk.run(&arguments).done().stdout;
        let examples = help.split("Examples:").nth(1).unwrap_or_default();
        for command in commands(examples) {
            assert_understood(&desk, &command, &format!("help of {verb:?}"));
            seen += 1;
        }
    }
    assert!(seen > 30, "{seen} commands");
}

/// `SEMOLA_UPDATE_HELP=1` writes them anew; read the difference before you commit it.
#[test]
fn the_help_of_each_verb_is_as_it_was() {
    let desk = Desk::new();
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/help");
    for verb in VERBS.iter().chain([&""]) {
        let arguments: Vec<&str> = verb.split_whitespace().chain(["--help"]).collect();
        let help = desk.run(&arguments).done().stdout;
        let name = if verb.is_empty() { "semola-host".to_owned() } else { verb.replace(' ', "-") };
        let path = directory.join(format!("{name}.txt"));
        if std::env::var_os("SEMOLA_UPDATE_HELP").is_some() {
            std::fs::create_dir_all(&directory)
                .and_then(|()| std::fs::write(&path, &help))
                .expect("writable");
            continue;
        }
        let before = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            help == before,
            "the help of `{verb}` differs from {}; if it is meant, run this test with SEMOLA_UPDATE_HELP=1\n{help}",
            path.display()
        );
    }
}
