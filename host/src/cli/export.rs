//! `export`: what a run has found, for use elsewhere.

use super::arguments::CommonOptions;
use crate::exit::Coded;
use crate::report::{Summary, export, kept_checkpoint};
use anyhow::Context;
use std::io::Write;
use std::path::Path;

/// Writes the files of a finished run into a new directory.
pub(super) fn run(
    run: &Path,
    directory: &Path,
    checkpoint: &str,
    common: &CommonOptions,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let to = directory.display();
    let summary = Summary::of_finished(run)?;
    let taken = directory.read_dir().is_ok_and(|mut entries| entries.next().is_some());
    if taken || directory.is_file() {
        return Err(
            Coded::usage(format!("{to} exists and is not empty: choose another --out or remove it")).into()
        );
    }
    // Of `discover` there is none, and nothing is asked of it.
    let checkpoint = summary.metrics.is_some().then(|| kept_checkpoint(run, checkpoint)).transpose()?;
    std::fs::create_dir_all(directory).with_context(|| format!("cannot make {to}"))?;
    let files = export::write(run, &summary, checkpoint.as_deref(), directory)?;
    if common.json {
        writeln!(out, "{}", serde_json::json!({ "directory": directory, "files": files }))?;
    } else {
        files.iter().try_for_each(|file| writeln!(out, "{}", directory.join(file).display()))?;
    }
    Ok(())
}
