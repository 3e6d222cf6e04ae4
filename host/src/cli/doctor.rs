//! `doctor`: what the program finds on this machine, and for each problem the one thing to do.

use super::arguments::CommonOptions;
use super::prepare;
use crate::collective;
use crate::engine::Engine;
use crate::exit::{Coded, ExitCode};
use crate::plugins::probe::Verdict;
use crate::report::available_memory;
use nix::sys::statvfs::statvfs;
use semola_plugin_api::abi::{ABI_MAJOR, ABI_MINOR};
use serde::Serialize;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Free bytes below which a run may not find room.
const SCARCE: u64 = 1 << 30;

/// How it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum State {
    Fine,
    /// Works, but may not be meant so.
    Note,
    Problem,
}

/// One thing that was looked at.
#[derive(Clone, Debug, Serialize)]
struct Finding {
    what: &'static str,
    state: State,
    found: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    remedy: Option<String>,
}

impl Finding {
    fn fine(what: &'static str, found: impl Into<String>) -> Self {
        Self { what, state: State::Fine, found: found.into(), remedy: None }
    }

    fn but(self, state: State, remedy: impl Into<String>) -> Self {
        Self { state, remedy: Some(remedy.into()), ..self }
    }
}

/// Looks at everything and prints it.
///
/// # Errors
/// There is a problem: exit code 1.
pub(super) fn run(common: &CommonOptions, engine: &dyn Engine, out: &mut dyn Write) -> anyhow::Result<()> {
    let mut findings = vec![
        Finding::fine(
            "program",
            format!("semola-host {}, plugin ABI {ABI_MAJOR}.{ABI_MINOR}", env!("CARGO_PKG_VERSION")),
        ),
        Finding::fine("libtorch", engine.host_version().libtorch),
        devices(engine),
        Finding::fine(
            "several processes",
            if collective::BUILT_IN { "by MPI" } else { "not built in (feature mpi)" },
        ),
        threads(),
        memory(),
    ];
    findings.extend(plugins(common, engine));
    findings.push(directory(
        "runs",
        Path::new("."),
        "start the program in a directory of yours, or choose --out",
    ));
    if let Some(cache) = engine.cache_directory() {
        findings.push(directory("data and cache", &cache, "make it writable, or set XDG_CACHE_HOME"));
        findings.push(sets(&cache.join("data")));
    }
    let problems = findings.iter().filter(|finding| finding.state == State::Problem).count();
    if common.json {
        writeln!(out, "{}", serde_json::to_string_pretty(&findings)?)?;
    } else {
        for Finding { what, state, found, remedy } in &findings {
            let mark = match state {
                State::Fine => "ok",
                State::Note => "note",
                State::Problem => "PROBLEM",
            };
            writeln!(out, "{mark:<8} {what:<15} {found}")?;
            if let Some(remedy) = remedy {
                writeln!(out, "{:<8} {:<15} -> {remedy}", "", "")?;
            }
        }
    }
    if problems == 0 {
        return Ok(());
    }
    let message = format!("{problems} problem{}, see above", if problems == 1 { "" } else { "s" });
    Err(Coded { code: ExitCode::Failed, message }.into())
}

fn devices(engine: &dyn Engine) -> Finding {
    match engine.devices() {
        Ok(devices) => Finding::fine("devices", devices.join(", ")),
        Err(problem) => Finding::fine("devices", format!("cpu; {problem}"))
            .but(State::Note, "install the library that is named there"),
    }
}

fn threads() -> Finding {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let set = ["OMP_NUM_THREADS", "MKL_NUM_THREADS"]
        .iter()
        .find_map(|name| Some((*name, std::env::var(name).ok()?)));
    match set {
        Some((name, value)) => Finding::fine("threads", format!("{cores} cores, and {name}={value}"))
            .but(State::Note, format!("unset {name} unless it is meant: --threads says how many a run uses")),
        None => Finding::fine("threads", format!("{cores} cores")),
    }
}

/// What the kernel says is available; nothing where it says nothing.
fn memory() -> Finding {
    let Some(bytes) = available_memory() else {
        return Finding::fine("memory", "not told by the system");
    };
    let finding = Finding::fine("memory", format!("{} free", gigabytes(bytes)));
    if bytes < SCARCE {
        finding.but(State::Note, "end other programs, or take a smaller training.batch_size")
    } else {
        finding
    }
}

fn plugins(common: &CommonOptions, engine: &dyn Engine) -> Vec<Finding> {
    let catalogue = prepare::catalogue(&common.plugin_dir, engine);
    let ids: Vec<&str> = catalogue.found.iter().map(|found| found.file.id.as_str()).collect();
    let mut findings = vec![if ids.is_empty() {
        Finding::fine("plugins", "none").but(
            State::Problem,
            format!(
                "put plugins into one of these, or name another with --plugin-dir:{}",
                catalogue.searched()
            ),
        )
    } else {
        Finding::fine("plugins", format!("{}: {}", ids.len(), ids.join(", ")))
    }];
    for refused in &catalogue.refused {
        let found = refused.refusal.to_string();
        findings.push(Finding::fine("plugin", found).but(State::Problem, "do so, or remove the file"));
    }
    for found in &catalogue.found {
        if let Some(Verdict::Deadly { reason }) = engine.known(&found.file) {
            let finding =
                Finding::fine("plugin", format!("{} is refused: {reason}", found.file.path.display()));
            let remedy = format!(
                "install a build that works, or `semola-host plugin check {}` to try it again",
                found.file.id
            );
            findings.push(finding.but(State::Problem, remedy));
        }
    }
    findings
}

/// Whether it, or the nearest directory above that there is, can be written, and how much room there is.
fn directory(what: &'static str, path: &Path, remedy: &str) -> Finding {
    let there = path.ancestors().find(|path| path.is_dir()).unwrap_or(Path::new("."));
    let place = path.display();
    if let Err(error) = tempfile::tempfile_in(there) {
        return Finding::fine(what, format!("{place} cannot be written: {error}"))
            .but(State::Problem, remedy);
    }
    let Ok(system) = statvfs(there) else { return Finding::fine(what, format!("{place}")) };
    let free = system.blocks_available() * system.fragment_size();
    let finding = Finding::fine(what, format!("{place}, {} free", gigabytes(free)));
    if free < SCARCE {
        finding.but(State::Note, "make room: a full disk ends a run (`resume` goes on with it)")
    } else {
        finding
    }
}

/// Data sets that were imported.
fn sets(directory: &PathBuf) -> Finding {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries
        .filter(|entry| entry.path().join("card.json").is_file())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    match names.is_empty() {
        true => Finding::fine("real data", "none imported")
            .but(State::Note, "scripts/import-data --list shows what there is"),
        false => Finding::fine("real data", names.join(", ")),
    }
}

fn gigabytes(bytes: u64) -> String {
    format!("{:.1} GB", bytes as f64 / 1e9)
}
