//! `run.json`: how a run was started, so that it can be gone on with from anywhere.

use super::RunDirectory;
use anyhow::Context;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// The file's name.
pub const FILE: &str = "run.json";

/// Version of its schema.
const SCHEMA: u32 = 1;

/// How a run was started.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invocation {
    /// Version of the file's schema, 1.
    pub schema: u32,
    /// "train" or "discover".
    pub verb: String,
    /// The working directory: relative paths in `config.toml` begin there.
    pub directory: PathBuf,
    /// `--plugin-dir`, in order.
    pub plugin_dir: Vec<PathBuf>,
    /// This program's version.
    pub host: String,
    /// When, RFC 3339, UTC.
    pub started: String,
}

impl Invocation {
    /// Of a run that starts now.
    ///
    /// # Errors
    /// There is no working directory (any more).
    pub fn now(verb: &str, plugin_dir: &[PathBuf]) -> anyhow::Result<Self> {
        Ok(Self {
            schema: SCHEMA,
            verb: verb.into(),
            directory: std::env::current_dir().context("there is no working directory")?,
            plugin_dir: plugin_dir.to_vec(),
            host: env!("CARGO_PKG_VERSION").into(),
            started: OffsetDateTime::now_utc().format(&Rfc3339)?,
        })
    }

    /// Writes it into the directory of the run.
    ///
    /// # Errors
    /// As [`super::write_atomic`].
    pub fn write(&self, run: &RunDirectory) -> std::io::Result<()> {
        run.write(FILE, format!("{}\n", serde_json::to_string_pretty(self)?).as_bytes())
    }

    /// Reads that of a run.
    ///
    /// # Errors
    /// It is missing, damaged, or of a later version of this program.
    pub fn read(run: &Path) -> anyhow::Result<Self> {
        let path = run.join(FILE);
        let damaged = || format!("{} does not say how the run was started", path.display());
        let text = std::fs::read_to_string(&path).with_context(damaged)?;
        let invocation: Self = serde_json::from_str(&text).with_context(damaged)?;
        anyhow::ensure!(
            invocation.schema <= SCHEMA,
            "{} has schema {}, and this program knows {SCHEMA}: update semola-host",
            path.display(),
            invocation.schema
        );
        Ok(invocation)
    }
}
