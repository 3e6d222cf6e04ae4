//! What a report is made of: the files of a run directory.

use crate::report::MetricsRecord;
use crate::report::orbits::Orbits;
use anyhow::Context;
use std::path::Path;

/// The files beside the summary.
#[derive(Debug, Default)]
pub(super) struct Record {
    pub(super) metrics: Vec<MetricsRecord>,
    pub(super) config: String,
    pub(super) lock: Option<String>,
    pub(super) orbits: Option<Orbits>,
}

impl Record {
    /// Reads the files of a run. Only the configuration has to be there; a line of metrics that can't be read is left
    /// out.
    ///
    /// # Errors
    /// A file can't be read.
    pub(super) fn read(run: &Path) -> anyhow::Result<Self> {
        let text = |name: &str| {
            let path = run.join(name);
            std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))
        };
        let optional = |name: &str| if run.join(name).exists() { text(name).map(Some) } else { Ok(None) };
        let metrics = optional("metrics.jsonl")?.unwrap_or_default();
        Ok(Self {
            metrics: MetricsRecord::of_text(&metrics),
            config: text("config.toml")?,
            lock: optional("plugins.lock")?,
            orbits: Orbits::read(run)
                .with_context(|| format!("cannot read {}", run.join("orbits.json").display()))?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broken_lines_of_metrics_are_left_out() {
        let run = tempfile::tempdir().expect("a temporary directory");
        Record::read(run.path()).expect_err("there is no configuration");
        std::fs::write(run.path().join("config.toml"), "seed = 0\n").expect("writable");
        let lines = "{\"step\":20,\"stage\":\"joint\",\"loss\":{\"task\":0.5,\"sparsity\":null}}\n{\"step\":";
        std::fs::write(run.path().join("metrics.jsonl"), lines).expect("writable");
        let record = Record::read(run.path()).expect("readable");
        assert_eq!(record.metrics.len(), 1);
        assert_eq!(record.metrics[0].loss["sparsity"], None);
        assert!(record.lock.is_none() && record.orbits.is_none());
    }
}
