//! `plugin check`, and `plugin probe`, the child process that does the dangerous part.

use super::arguments::CommonOptions;
use super::prepare;
use crate::contract::Depth;
use crate::engine::Engine;
use crate::exit::Coded;
use crate::plugins::probe::{Line, Outcome, Transcript};
use crate::plugins::search::is_path;
use crate::plugins::{Catalogue, HostVersion, Place, PluginFile, Refusal};
use serde::Serialize;
use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What was found out about one file.
#[derive(Debug, Serialize)]
struct Report {
    path: PathBuf,
    #[serde(skip_serializing_if = "Option::is_none")]
    plugin: Option<PluginFile>,
    passed: usize,
    failed: usize,
    skipped: usize,
    checks: Vec<Entry>,
}

#[derive(Debug, Serialize)]
struct Entry {
    check: String,
    #[serde(flatten)]
    outcome: Outcome,
}

/// Tries plugins and prints what each check found.
pub(super) fn run(
    plugins: &[PathBuf],
    patience: Duration,
    common: &CommonOptions,
    engine: &dyn Engine,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let mut catalogue = prepare::catalogue(&common.plugin_dir, engine);
    let mut reports = Vec::new();
    for plugin in plugins {
        for (path, read) in files(plugin, &mut catalogue, &engine.host_version())? {
            let report = check(path, read, patience, common, engine)?;
            if !common.json {
                print(&report, out)?;
            }
            reports.push(report);
        }
    }
    if common.json {
        writeln!(out, "{}", serde_json::to_string_pretty(&reports)?)?;
    }
    let bad: Vec<String> = reports
        .iter()
        .filter(|report| report.failed > 0)
        .map(|report| report.path.display().to_string())
        .collect();
    if bad.is_empty() {
        return Ok(());
    }
    let count: usize = reports.iter().map(|report| report.failed).sum();
    let checks = if count == 1 { "check" } else { "checks" };
    Err(Coded::refused(format!("{count} {checks} failed: {}", bad.join(", "))).into())
}

type Read = (PathBuf, Result<PluginFile, Refusal>);

/// The files that an argument means: a plugin by name, a file, every plugin file of a directory.
fn files(plugin: &Path, catalogue: &mut Catalogue, host: &HostVersion) -> anyhow::Result<Vec<Read>> {
    let shown = plugin.display();
    if plugin.is_dir() {
        let place = Place { origin: crate::plugins::Origin::Explicit, dir: plugin.to_owned() };
        let inside = Catalogue::scan(&[place], host);
        let found = inside.found.into_iter().map(|found| (found.file.path.clone(), Ok(found.file)));
        let refused = inside
            .refused
            .into_iter()
            .map(|refused| (refused.refusal.path().to_owned(), Err(refused.refusal)));
        let mut files: Vec<Read> = found.chain(refused).collect();
        files.sort_by(|a, b| a.0.cmp(&b.0));
        if files.is_empty() {
            return Err(Coded::usage(format!(
                "there is no *.so file in {shown}; name a directory with plugins"
            ))
            .into());
        }
        return Ok(files);
    }
    match plugin.to_str().filter(|name| !is_path(name)) {
        Some(name) => {
            let file = catalogue.find(name)?.clone();
            Ok(vec![(file.path.clone(), Ok(file))])
        }
        None if plugin.exists() => Ok(vec![(plugin.to_owned(), PluginFile::read(plugin, host))]),
        None => Err(crate::plugins::FindError::NoFile { path: plugin.to_owned() }.into()),
    }
}

fn check(
    path: PathBuf,
    read: Result<PluginFile, Refusal>,
    patience: Duration,
    common: &CommonOptions,
    engine: &dyn Engine,
) -> anyhow::Result<Report> {
    let manifest = |outcome| Entry { check: "manifest".into(), outcome };
    let (plugin, checks) = match read {
        Err(refusal) => (None, vec![manifest(Outcome::Failed(refusal.to_string()))]),
        Ok(file) => {
            let components: Vec<String> = file.components.iter().map(ToString::to_string).collect();
            let mut checks = vec![manifest(Outcome::Passed(components.join(", ")))];
            let options: Vec<OsString> =
                common.plugin_dir.iter().flat_map(|dir| ["--plugin-dir".into(), dir.into()]).collect();
            let transcript = engine.check(&file, &options, patience)?;
            checks.extend(entries(&transcript));
            (Some(file), checks)
        }
    };
    let count = |wanted: fn(&Outcome) -> bool| checks.iter().filter(|entry| wanted(&entry.outcome)).count();
    Ok(Report {
        path,
        plugin,
        passed: count(|outcome| matches!(outcome, Outcome::Passed(_))),
        failed: count(|outcome| matches!(outcome, Outcome::Failed(_))),
        skipped: count(|outcome| matches!(outcome, Outcome::Skipped(_))),
        checks,
    })
}

/// What the child wrote down; a check that it did not survive has failed.
fn entries(transcript: &Transcript) -> Vec<Entry> {
    let ended = |line: &Line| match line {
        Line::Ended { check, outcome } => Some(Entry { check: check.clone(), outcome: outcome.clone() }),
        _ => None,
    };
    let mut entries: Vec<Entry> = transcript.lines.iter().filter_map(ended).collect();
    if let Some(reason) = transcript.death() {
        let check = transcript.last_begun().unwrap_or("load").to_owned();
        entries.push(Entry { check, outcome: Outcome::Failed(reason) });
    }
    entries
}

fn print(report: &Report, out: &mut dyn Write) -> std::io::Result<()> {
    let title = report.plugin.as_ref().map_or_else(
        || report.path.display().to_string(),
        |file| format!("{} {}  {}", file.id, file.version, report.path.display()),
    );
    writeln!(out, "{title}")?;
    for entry in &report.checks {
        let (word, detail) = match &entry.outcome {
            Outcome::Passed(detail) => ("passed", detail),
            Outcome::Failed(detail) => ("FAILED", detail),
            Outcome::Skipped(detail) => ("skipped", detail),
        };
        let separator = if detail.is_empty() { "" } else { ": " };
        writeln!(out, "  {word:<7}  {}{separator}{detail}", entry.check)?;
    }
    writeln!(out, "  {} passed, {} failed, {} skipped\n", report.passed, report.failed, report.skipped)
}

/// Loads the plugin here and writes down how far that goes. Succeeds whenever it comes to its end: what was found is
/// in the report.
pub(super) fn probe(
    file: &Path,
    report: &Path,
    depth: Depth,
    common: &CommonOptions,
    engine: &dyn Engine,
) -> anyhow::Result<()> {
    let mut catalogue = prepare::catalogue(&common.plugin_dir, engine);
    let file = catalogue.add(file)?.clone();
    let mut written = Ok(());
    engine.probe(&file, &catalogue, depth, &mut |line| {
        if written.is_ok() {
            written = line.append(report);
        }
    });
    Ok(written?)
}
