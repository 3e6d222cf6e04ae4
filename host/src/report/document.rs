//! JSON files with a version: `summary.json`, `sweep.json`.

use anyhow::Context;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::path::Path;

/// Reads one. `what` ends the sentence about a damaged one: "is no summary of a run".
///
/// # Errors
/// It is missing, damaged, or of a version above `newest`.
pub(crate) fn read<T: DeserializeOwned>(file: &Path, newest: u32, what: &str) -> anyhow::Result<T> {
    #[derive(Deserialize)]
    struct Version {
        schema: u32,
    }
    let damaged = || format!("{} {what}", file.display());
    let text = std::fs::read_to_string(file).with_context(damaged)?;
    let Version { schema } = serde_json::from_str(&text).with_context(damaged)?;
    anyhow::ensure!(
        schema <= newest,
        "{} has schema {schema}, and this program knows {newest}: update semola-host",
        file.display()
    );
    serde_json::from_str(&text).with_context(damaged)
}
