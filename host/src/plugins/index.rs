//! A static list of plugins that can be installed by name: a TOML file on disk, published by whoever likes to.
//!
//! ```toml
//! [[plugin]]
//! id = "rings"
//! version = "0.3.1"
//! abi = "1.0"                  # major and the lowest minor
//! sha256 = "9f86d081…"
//! path = "librings.so"         # relative to this file; or url = "https://…"
//! signature = "librings.so.minisig"
//! ```

use super::HostVersion;
use semver::Version;
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// One build of a plugin.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Its id.
    pub id: String,
    /// Its version.
    pub version: Version,
    /// ABI major and lowest minor, "1.0".
    pub abi: String,
    /// SHA-256 of the file, hexadecimal.
    pub sha256: String,
    /// The file, relative to the index.
    #[serde(default)]
    pub path: Option<PathBuf>,
    /// Where it can be had.
    #[serde(default)]
    pub url: Option<String>,
    /// The file's minisign signature, relative to the index.
    #[serde(default)]
    pub signature: Option<PathBuf>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Index {
    #[serde(default, rename = "plugin")]
    plugins: Vec<Entry>,
}

/// The newest build of a plugin that this host can load; paths are made absolute.
///
/// # Errors
/// The index can't be read; has no such plugin; none for this host: a sentence.
pub fn look_up(index: &Path, id: &str, host: &HostVersion) -> Result<Entry, String> {
    let shown = index.display();
    let text = std::fs::read_to_string(index).map_err(|error| {
        format!(
            "cannot read the index of plugins {shown}: {error}; name one with --index, or the plugin's file"
        )
    })?;
    let Index { plugins } = toml::from_str(&text).map_err(|error: toml::de::Error| {
        let message = error.message().lines().next().unwrap_or_default().to_owned();
        format!("{shown} is no index of plugins: {message}")
    })?;
    let of_id: Vec<Entry> = plugins.into_iter().filter(|entry| entry.id == id).collect();
    if of_id.is_empty() {
        return Err(format!("{shown} lists no plugin named {id}"));
    }
    let fits = |entry: &Entry| {
        let numbers = entry.abi.split_once('.').and_then(|(a, b)| Some((a.parse().ok()?, b.parse().ok()?)));
        numbers.is_some_and(|(major, minor): (u16, u16)| major == host.abi.0 && minor <= host.abi.1)
    };
    let needs: Vec<String> = of_id.iter().map(|entry| entry.abi.clone()).collect();
    let newest = of_id.into_iter().filter(fits).max_by(|a, b| a.version.cmp(&b.version));
    let (major, minor) = host.abi;
    let mut entry = newest.ok_or_else(|| {
        format!(
            "{shown} lists {id} for plugin ABI {} only, this host speaks {major}.{minor}",
            needs.join(", ")
        )
    })?;
    let directory = index.parent().unwrap_or(Path::new("."));
    entry.path = entry.path.map(|path| directory.join(path));
    entry.signature = entry.signature.map(|path| directory.join(path));
    Ok(entry)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_build_that_fits_is_taken() {
        let root = tempfile::tempdir().expect("a temporary directory");
        let path = root.path().join("index.toml");
        let entry = |version: &str, abi: &str| {
            format!(
                "[[plugin]]\nid = 'rings'\nversion = '{version}'\nabi = '{abi}'\nsha256 = '00'\npath = 'r.so'\n"
            )
        };
        let host = HostVersion { abi: (1, 3), libtorch: "2.13.0".into() };
        let text =
            [entry("0.9.0", "1.0"), entry("0.10.0", "1.3"), entry("0.11.0", "1.4"), entry("2.0.0", "2.0")];
        std::fs::write(&path, text.concat()).expect("writable");
        let found = look_up(&path, "rings", &host).expect("one fits");
        assert_eq!(
            (found.version.to_string(), found.path),
            ("0.10.0".into(), Some(root.path().join("r.so")))
        );
        assert!(look_up(&path, "bells", &host).expect_err("none").contains("lists no plugin named bells"));

        std::fs::write(&path, entry("2.0.0", "2.0")).expect("writable");
        let problem = look_up(&path, "rings", &host).expect_err("none fits");
        assert!(problem.contains("for plugin ABI 2.0 only, this host speaks 1.3"), "{problem}");
        std::fs::write(&path, "plugin = 1").expect("writable");
        assert!(look_up(&path, "rings", &host).expect_err("no index").contains("is no index of plugins"));
        assert!(look_up(&root.path().join("no"), "rings", &host).expect_err("no file").contains("--index"));
    }
}
