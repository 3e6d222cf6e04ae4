//! Why a file is not accepted as a plugin: one sentence each, with the remedy. Exit code 3.

use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Why a file is not accepted as a plugin.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Refusal {
    /// The file can't be read.
    #[error("cannot read the plugin file {}: {reason}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why. Shared, because refusals are kept and repeated.
        reason: Arc<std::io::Error>,
    },
    /// Nothing in it.
    #[error("{} is empty: copy the plugin again", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// Something else than a binary.
    #[error("{} is not a plugin: it is not an ELF file (the format of shared libraries)", path.display())]
    NotElf {
        /// The file.
        path: PathBuf,
    },
    /// Its end is missing; mapping it would crash the process.
    #[error(
        "{} is truncated: its {what} would end at byte {expected} but the file has {found} bytes; copy or \
         build the plugin again", path.display()
    )]
    Truncated {
        /// The file.
        path: PathBuf,
        /// "header", "segment 2", "section table", "section .semola".
        what: String,
        /// Where it would end.
        expected: u64,
        /// Length of the file.
        found: u64,
    },
    /// Structures that contradict each other.
    #[error("{} is damaged: {reason}; copy or build the plugin again", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// For another processor.
    #[error(
        "{} was built for {found}, this host runs on {expected}: install a build of the plugin for {expected}",
        path.display()
    )]
    Architecture {
        /// The file.
        path: PathBuf,
        /// What the file is for.
        found: String,
        /// This machine.
        expected: String,
    },
    /// An executable or object file.
    #[error(
        "{} is {found}, not a shared library: build the plugin with crate-type = [\"cdylib\"]",
        path.display()
    )]
    NotSharedLibrary {
        /// The file.
        path: PathBuf,
        /// "an executable", "an object file", ….
        found: &'static str,
    },
    /// A shared library without a manifest.
    #[error(
        "{} is not a semola plugin: it has no `.semola` section, which export_plugin! of semola-plugin-api \
         writes", path.display()
    )]
    NotAPlugin {
        /// The file.
        path: PathBuf,
    },
    /// A manifest that breaks the rules.
    #[error("{} has a malformed plugin manifest: {reason}; ask its vendor for a proper build", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// Another major of the ABI.
    #[error(
        "plugin {id} ({}) was built for plugin ABI {found}, this host speaks ABI {expected}: install a build \
         of {id} for ABI {expected} or {direction} host", path.display()
    )]
    AbiMajor {
        /// The file.
        path: PathBuf,
        /// The plugin's id as far as it can be told.
        id: String,
        /// The plugin's major.
        found: u16,
        /// The host's major.
        expected: u16,
        /// "a newer" or "an older".
        direction: &'static str,
    },
    /// It needs a younger host of the same major.
    #[error(
        "plugin {id} ({}) needs plugin ABI {major}.{found}, this host speaks {major}.{expected}: update the \
         host or install an older build of {id}", path.display()
    )]
    AbiMinor {
        /// The file.
        path: PathBuf,
        /// The plugin's id.
        id: String,
        /// The common major.
        major: u16,
        /// The minor that it needs.
        found: u16,
        /// The host's minor.
        expected: u16,
    },
    /// It links another libtorch.
    #[error(
        "plugin {id} ({}) links libtorch {found}, this host runs libtorch {expected}: install a build of {id} \
         for libtorch {expected}", path.display()
    )]
    Libtorch {
        /// The file.
        path: PathBuf,
        /// The plugin's id.
        id: String,
        /// What it links.
        found: String,
        /// The host's libtorch.
        expected: String,
    },
}

impl Refusal {
    /// The file that was refused.
    pub fn path(&self) -> &Path {
        match self {
            Self::Read { path, .. }
            | Self::Empty { path }
            | Self::NotElf { path }
            | Self::Truncated { path, .. }
            | Self::Damaged { path, .. }
            | Self::Architecture { path, .. }
            | Self::NotSharedLibrary { path, .. }
            | Self::NotAPlugin { path }
            | Self::Malformed { path, .. }
            | Self::AbiMajor { path, .. }
            | Self::AbiMinor { path, .. }
            | Self::Libtorch { path, .. } => path,
        }
    }

    /// The plugin's id, where the file got as far as telling it.
    pub fn plugin_id(&self) -> Option<&str> {
        match self {
            Self::AbiMajor { id, .. } | Self::AbiMinor { id, .. } | Self::Libtorch { id, .. } => Some(id),
            _ => None,
        }
    }
}
