//! `compare`: runs side by side.

use super::arguments::CommonOptions;
use crate::exit::Coded;
use crate::report::compare::{self, Run};
use crate::report::{html, write_atomic};
use anyhow::Context;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Prints a line for each experiment among the runs; writes the table as CSV and as a page on request.
pub(super) fn run(
    runs: &[PathBuf],
    csv: Option<&Path>,
    page: Option<&Path>,
    common: &CommonOptions,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    for (option, path) in [("--csv", csv), ("--html", page)] {
        if let Some(path) = path.filter(|path| path.exists()) {
            let message = format!("{} exists: choose another {option} or remove it", path.display());
            return Err(Coded::usage(message).into());
        }
    }
    let lines = compare::compare(&runs.iter().map(|run| Run::read(run)).collect::<anyhow::Result<Vec<_>>>()?);
    let write = |path: &Path, bytes: &[u8]| {
        write_atomic(path, bytes).with_context(|| format!("cannot write {}", path.display()))
    };
    if let Some(path) = csv {
        write(path, &compare::csv(&lines)?)?;
    }
    if let Some(path) = page {
        write(path, html::comparison(&lines)?.as_bytes())?;
    }
    if common.json {
        writeln!(out, "{}", serde_json::to_string_pretty(&lines)?)?;
    } else {
        write!(out, "{}", compare::text(&lines))?;
    }
    Ok(())
}
