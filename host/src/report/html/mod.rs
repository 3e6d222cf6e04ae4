//! `report.html`: a run on one page, and its figures as files in `plots/`.
//!
//! A function of the files of a run directory and of nothing else (no clock, no machine, no network), so that a report
//! made again is the same, byte for byte. The page is one file without scripts, for light and dark screens, for
//! telephones and for readers aloud. Computes no results: what is drawn stands in [`super::summary`], `metrics.jsonl` and
//! [`super::orbits`].

mod axis;
mod comparison;
mod figure;
mod figures;
mod page;
mod raster;
mod record;
mod svg;
mod tables;

pub use comparison::comparison;

use super::run_directory::{UNFINISHED, write_atomic};
use super::summary::Summary;
use anyhow::Context;
use figure::Figure;
use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

/// The page's name in a run directory.
pub const FILE: &str = "report.html";
/// Where the figures go.
pub const PLOTS: &str = "plots";

/// What was written.
#[derive(Clone, Debug)]
pub struct Written {
    /// The page.
    pub report: PathBuf,
    /// The figures: each an SVG file, with the same as PNG and its numbers as CSV beside it.
    pub plots: Vec<PathBuf>,
}

/// Writes the report of a run whose summary is at hand, and which need not be on disk yet.
///
/// # Errors
/// A file of the run can't be read, or the report not be written. A bug that makes drawing panic is an error as well:
/// it must not cost a run that took hours.
pub fn write(run: &Path, summary: &Summary) -> anyhow::Result<Written> {
    let record = record::Record::read(run)?;
    let (page, figures) = catch_unwind(AssertUnwindSafe(|| page::render(summary, &record)))
        .map_err(|_| anyhow::anyhow!("drawing the report failed, which is a bug of this program"))??;
    let directory = run.join(PLOTS);
    let in_directory = || format!("cannot write into {}", directory.display());
    std::fs::create_dir_all(&directory).with_context(in_directory)?;
    let mut plots = Vec::new();
    for figure in &figures {
        let picture = catch_unwind(AssertUnwindSafe(|| raster::png(figure))).map_err(|_| {
            anyhow::anyhow!("drawing {} failed, which is a bug of this program", figure.name)
        })??;
        plots.push(keep(&directory, figure, &picture).with_context(in_directory)?);
    }
    let report = run.join(FILE);
    write_atomic(&report, page.as_bytes()).with_context(|| format!("cannot write {}", report.display()))?;
    Ok(Written { report, plots })
}

/// Makes the report of a finished run again.
///
/// # Errors
/// As [`write()`]; there is no finished run (a mistake of usage).
pub fn remake(run: &Path) -> anyhow::Result<Written> {
    write(run, &Summary::of_finished(run)?)
}

/// Writes a figure, its picture and its numbers.
fn keep(directory: &Path, figure: &Figure, picture: &[u8]) -> io::Result<PathBuf> {
    let path = directory.join(format!("{}.svg", figure.name));
    replace(&path, figure.standalone().as_bytes())?;
    replace(&path.with_extension("png"), picture)?;
    replace(&path.with_extension("csv"), &figure.table.csv())?;
    Ok(path)
}

/// Complete or not at all to whoever reads; not waited for until it is on the disk, since `report` makes it again.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let directory = path.parent().expect("a figure lies in a directory");
    let mut file = tempfile::Builder::new()
        .prefix(UNFINISHED)
        .permissions(std::fs::Permissions::from_mode(0o666))
        .tempfile_in(directory)?;
    file.write_all(bytes)?;
    file.persist(path)?;
    Ok(())
}

#[cfg(test)]
mod tests;
