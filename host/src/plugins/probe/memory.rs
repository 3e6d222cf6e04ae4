//! What probing has shown, kept on disk by the sha256 of the plugin file: one small file each, so that processes
//! which probe side by side cannot spoil each other's.

use semola_plugin_api::abi::{ABI_MAJOR, ABI_MINOR};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// What is known about a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum Verdict {
    /// It can be loaded.
    Sound,
    /// Loading it takes the process down.
    Deadly {
        /// "it aborted the process (SIGABRT)"
        reason: String,
    },
}

/// Where verdicts are kept.
#[derive(Clone, Debug)]
pub struct Memory {
    directory: Option<PathBuf>,
}

impl Memory {
    /// Below a cache directory. Another host, ABI or libtorch may fare differently with the same file, so each has
    /// a memory of its own.
    pub fn below(cache: &Path, libtorch: &str) -> Self {
        let host = env!("CARGO_PKG_VERSION");
        let name = format!("host-{host}-abi-{ABI_MAJOR}.{ABI_MINOR}-libtorch-{libtorch}");
        Self { directory: Some(cache.join("probed").join(name)) }
    }

    /// Keeps nothing.
    pub fn nowhere() -> Self {
        Self { directory: None }
    }

    pub(super) fn recall(&self, sha256: &str) -> Option<Verdict> {
        let text = std::fs::read_to_string(self.path(sha256)?).ok()?;
        // A file that does not parse is as good as none: the plugin is probed again.
        serde_json::from_str(&text).ok()
    }

    /// Keeps a verdict. Where that can't be done, the plugin will be probed again.
    pub(super) fn keep(&self, sha256: &str, verdict: &Verdict) {
        let Some(path) = self.path(sha256) else {
            return;
        };
        if let Err(error) = keep(&path, verdict) {
            tracing::debug!("cannot remember that a plugin was tried, in {}: {error}", path.display());
        }
    }

    fn path(&self, sha256: &str) -> Option<PathBuf> {
        Some(self.directory.as_ref()?.join(format!("{sha256}.json")))
    }
}

/// Whole or not at all: another process may be reading.
fn keep(path: &Path, verdict: &Verdict) -> std::io::Result<()> {
    let directory = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(directory)?;
    let file = tempfile::NamedTempFile::new_in(directory)?;
    serde_json::to_writer(&file, verdict)?;
    file.persist(path)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verdicts_come_back_and_damaged_ones_count_as_none() {
        let root = tempfile::tempdir().expect("a temporary directory");
        let memory = Memory::below(root.path(), "2.13.0");
        assert_eq!(memory.recall("ab"), None);
        let deadly = Verdict::Deadly { reason: "it aborted".into() };
        memory.keep("ab", &deadly);
        memory.keep("cd", &Verdict::Sound);
        assert_eq!(memory.recall("ab"), Some(deadly));
        assert_eq!(memory.recall("cd"), Some(Verdict::Sound));
        assert_eq!(Memory::below(root.path(), "2.14.0").recall("ab"), None, "another libtorch, another try");

        std::fs::write(memory.path("cd").expect("a place"), "{\"state\":").expect("writable");
        assert_eq!(memory.recall("cd"), None);
    }

    #[test]
    fn a_memory_that_cannot_be_written_forgets() {
        let root = tempfile::tempdir().expect("a temporary directory");
        std::fs::write(root.path().join("probed"), "in the way").expect("writable");
        let memory = Memory::below(root.path(), "2.13.0");
        memory.keep("ab", &Verdict::Sound);
        assert_eq!(memory.recall("ab"), None);
        Memory::nowhere().keep("ab", &Verdict::Sound);
    }
}
