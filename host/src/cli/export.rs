//! `export`: what a run has found, for use elsewhere.

use super::arguments::CommonOptions;
use crate::exit::Coded;
use crate::report::{Summary, export};
use anyhow::Context;
use std::io::Write;
use std::path::Path;

/// Writes the files of a finished run into a new directory.
pub(super) fn run(
    run: &Path,
    directory: &Path,
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
    std::fs::create_dir_all(directory).with_context(|| format!("cannot make {to}"))?;
    let files = export::write(run, &summary, directory)?;
    if common.json {
        writeln!(out, "{}", serde_json::json!({ "directory": directory, "files": files }))?;
    } else {
        files.iter().try_for_each(|file| writeln!(out, "{}", directory.join(file).display()))?;
    }
    Ok(())
}
