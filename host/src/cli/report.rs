//! `report`: makes the page of a finished run again.

use super::arguments::CommonOptions;
use crate::report::html;
use std::io::Write;
use std::path::Path;

/// Writes `report.html` and `plots/` into the run directory and says where they are.
pub(super) fn run(run: &Path, common: &CommonOptions, out: &mut dyn Write) -> anyhow::Result<()> {
    let html::Written { report, plots } = html::remake(run)?;
    if common.json {
        let value = serde_json::json!({ "report": report, "plots": plots });
        writeln!(out, "{}", serde_json::to_string_pretty(&value)?)?;
    } else {
        writeln!(out, "{}", report.display())?;
    }
    Ok(())
}
