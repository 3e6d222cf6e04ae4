//! `compare`: runs side by side.

use super::arguments::CommonOptions;
use crate::exit::Coded;
use crate::report::compare::{self, Run};
use crate::report::write_atomic;
use anyhow::Context;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Prints a line for each experiment among the runs; writes the table as CSV on request.
pub(super) fn run(
    runs: &[PathBuf],
    csv: Option<&Path>,
    common: &CommonOptions,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    if let Some(path) = csv.filter(|path| path.exists()) {
        return Err(
            Coded::usage(format!("{} exists: choose another --csv or remove it", path.display())).into()
        );
    }
    let lines = compare::compare(&runs.iter().map(|run| Run::read(run)).collect::<anyhow::Result<Vec<_>>>()?);
    if let Some(path) = csv {
        write_atomic(path, &compare::csv(&lines)?)
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    if common.json {
        writeln!(out, "{}", serde_json::to_string_pretty(&lines)?)?;
    } else {
        write!(out, "{}", compare::text(&lines))?;
    }
    Ok(())
}
