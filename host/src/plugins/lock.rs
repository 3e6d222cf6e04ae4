//! Which plugin files a run has used, by hash: `plugins.lock` in its directory, for whoever repeats it.

use super::{Catalogue, FindError};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// The plugins of a run, in the order of their ids.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lock {
    /// One entry a plugin.
    #[serde(default, rename = "plugin")]
    pub plugins: Vec<Locked>,
}

/// A plugin file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Locked {
    /// Its id.
    pub id: String,
    /// Its version.
    pub version: String,
    /// SHA-256 of the file, hexadecimal.
    pub sha256: String,
}

impl Lock {
    /// The files that these ids mean now.
    ///
    /// # Errors
    /// As [`Catalogue::find`].
    pub fn of<'a>(ids: impl IntoIterator<Item = &'a str>, catalogue: &Catalogue) -> Result<Self, FindError> {
        let mut ids: Vec<&str> = ids.into_iter().collect();
        ids.sort_unstable();
        ids.dedup();
        let locked = |id: &str| {
            let file = catalogue.find(id)?;
            let (version, sha256) = (file.version.clone(), file.sha256.clone());
            Ok(Locked { id: id.to_owned(), version, sha256 })
        };
        Ok(Self { plugins: ids.into_iter().map(locked).collect::<Result<_, FindError>>()? })
    }

    /// As a file.
    pub fn to_toml(&self) -> String {
        let body = toml::to_string(self).expect("texts always have a TOML form");
        format!("# The plugin files of this run. Repeat it with the same ones: --locked THIS_FILE\n\n{body}")
    }

    /// Reads a lock file.
    ///
    /// # Errors
    /// It can't be read, or is none: a sentence.
    pub fn read(path: &Path) -> Result<Self, String> {
        let shown = path.display();
        let text = std::fs::read_to_string(path).map_err(|error| format!("cannot read {shown}: {error}"))?;
        toml::from_str(&text).map_err(|error| {
            let message = error.message().lines().next().unwrap_or_default().to_owned();
            format!("{shown} is no plugins.lock: {message}")
        })
    }

    /// The first plugin of `now` that is another one than here, or not here: a sentence.
    pub fn differs(&self, now: &Self, path: &Path) -> Option<String> {
        let shown = path.display();
        now.plugins.iter().find_map(|plugin| {
            let Some(locked) = self.plugins.iter().find(|locked| locked.id == plugin.id) else {
                return Some(format!("plugin {} is not in {shown}, and only what is there may be used", plugin.id));
            };
            (locked.sha256 != plugin.sha256).then(|| {
                format!(
                    "plugin {} {} is another file than in {shown} (sha256 {}, locked {} with {}): install that one, or \
                     leave out --locked",
                    plugin.id, plugin.version, plugin.sha256, locked.version, locked.sha256
                )
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_reads_back_and_tells_what_differs() {
        let plugin =
            |id: &str, sha: &str| Locked { id: id.into(), version: "1.0".into(), sha256: sha.into() };
        let lock = Lock { plugins: vec![plugin("a", "01"), plugin("b", "02")] };
        let root = tempfile::tempdir().expect("a temporary directory");
        let path = root.path().join("plugins.lock");
        std::fs::write(&path, lock.to_toml()).expect("writable");
        assert_eq!(Lock::read(&path), Ok(lock.clone()));
        assert_eq!(lock.differs(&Lock { plugins: vec![plugin("b", "02")] }, &path), None);
        let other = lock.differs(&Lock { plugins: vec![plugin("b", "03")] }, &path).expect("another file");
        assert!(other.contains("plugin b 1.0 is another file") && other.contains("02"), "{other}");
        let more = lock.differs(&Lock { plugins: vec![plugin("c", "01")] }, &path).expect("not locked");
        assert!(more.contains("plugin c is not in"), "{more}");
        std::fs::write(&path, "plugin = 3").expect("writable");
        assert!(Lock::read(&path).expect_err("no lock").contains("is no plugins.lock"));
    }
}
