//! Where plugins are looked for, and which file an id means.
//!
//! Places have a rank (see [`super::place`]); the earlier rank wins. What is found is never passed over in silence:
//! a file that is named like the plugin but was refused is an error instead of a reason to look further, two
//! files of one id in the same rank are an error that names both, a miss tells every place and what was there.
//! Files are only read (see [`super::manifest`]); loading is not done here.

use super::manifest::{HostVersion, PluginFile};
use super::place::{Origin, Place};
use super::refusal::Refusal;
use serde::Serialize;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// A plugin that was found.
#[derive(Clone, Debug, Serialize)]
pub struct Found {
    /// The rank of its place.
    pub origin: Origin,
    /// The plugin.
    #[serde(flatten)]
    pub file: PluginFile,
}

/// A file that was found and refused.
#[derive(Clone, Debug)]
pub struct Refused {
    /// The rank of its place.
    pub origin: Origin,
    /// Why.
    pub refusal: Refusal,
}

/// Everything that the places hold.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    /// Plugins, in search order; within a directory by file name.
    pub found: Vec<Found>,
    /// Refused files, likewise.
    pub refused: Vec<Refused>,
    places: Vec<(Place, Option<String>)>,
    host: Option<HostVersion>,
    /// Ids whose hidden files have been told.
    told: Arc<Mutex<BTreeSet<String>>>,
}

/// Why there is no plugin to use.
#[derive(Clone, Debug, thiserror::Error)]
pub enum FindError {
    /// No such plugin. Prints every place.
    #[error("no plugin named {id}{hint}; searched, in this order:{searched}")]
    Unknown {
        /// What was asked for.
        id: String,
        /// ", did you mean …?" or nothing.
        hint: String,
        /// One indented line a place, and one a refused file.
        searched: String,
    },
    /// Two plugins of the same id and rank.
    #[error(
        "plugin {id} is there twice: {} and {}; remove one, or name the file: --plugin {}",
        first.display(), second.display(), first.display()
    )]
    Ambiguous {
        /// The id.
        id: String,
        /// One file.
        first: PathBuf,
        /// The other.
        second: PathBuf,
    },
    /// The file that was named does not exist.
    #[error("there is no plugin file {}: give the path of a plugin's .so file or the name of a plugin", path.display())]
    NoFile {
        /// The path.
        path: PathBuf,
    },
    /// The plugin is there but can't be used.
    #[error(transparent)]
    Refused(#[from] Refusal),
}

/// Whether what was given for `--plugin` is a path rather than an id.
pub fn is_path(plugin: &str) -> bool {
    plugin.contains('/') || plugin.ends_with(".so")
}

impl Catalogue {
    /// Reads the `*.so` files directly in the places. A directory that is reached twice counts once, in its
    /// first rank.
    pub fn scan(places: &[Place], host: &HostVersion) -> Self {
        let mut catalogue = Self { host: Some(host.clone()), ..Self::default() };
        let mut seen: Vec<PathBuf> = Vec::new();
        for place in places {
            let problem = match list(&place.dir) {
                Ok(files) => {
                    for path in files {
                        let real = path.canonicalize().unwrap_or_else(|_| path.clone());
                        if !seen.contains(&real) {
                            seen.push(real);
                            catalogue.read(&path, place.origin, host);
                        }
                    }
                    None
                }
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                    Some("no such directory".into())
                }
                Err(error) => Some(error.to_string()),
            };
            catalogue.places.push((place.clone(), problem));
        }
        catalogue
    }

    fn read(&mut self, path: &Path, origin: Origin, host: &HostVersion) {
        match PluginFile::read(path, host) {
            Ok(file) => self.found.push(Found { origin, file }),
            Err(Refusal::NotAPlugin { .. }) if origin.holds_other_libraries() => {}
            Err(refusal) => self.refused.push(Refused { origin, refusal }),
        }
    }

    /// Adds the file at a path; from now on it is what its id means.
    ///
    /// # Errors
    /// [`FindError::NoFile`], [`FindError::Refused`].
    pub fn add(&mut self, path: &Path) -> Result<&PluginFile, FindError> {
        if !path.exists() {
            return Err(FindError::NoFile { path: path.to_owned() });
        }
        let host = self.host.clone().unwrap_or_else(|| HostVersion::current(""));
        let file = PluginFile::read(path, &host)?;
        let named = |found: &Found| found.origin == Origin::Explicit && found.file.id == file.id;
        self.found.retain(|found| !named(found));
        self.found.insert(0, Found { origin: Origin::Explicit, file });
        Ok(&self.found[0].file)
    }

    /// The plugin with this id. Warns, the first time, of files that it hides.
    ///
    /// # Errors
    /// [`FindError::Unknown`] with every place; [`FindError::Ambiguous`]; [`FindError::Refused`] when a file
    /// that is named like the plugin, or says it is the plugin, was refused before a good one turned up.
    pub fn find(&self, id: &str) -> Result<&PluginFile, FindError> {
        let (file, hidden) = self.standing(id)?;
        let first = self.told.lock().unwrap_or_else(PoisonError::into_inner).insert(id.to_owned());
        for other in hidden.into_iter().filter(|_| first) {
            tracing::warn!(plugin = id, used = %file.path.display(), hidden = %other.path.display(),
                "a plugin is installed twice; the earlier place wins");
        }
        Ok(file)
    }

    /// What [`Catalogue::find`] answers, with the files of later ranks that it hides.
    ///
    /// # Errors
    /// As [`Catalogue::find`].
    pub fn standing(&self, id: &str) -> Result<(&PluginFile, Vec<&PluginFile>), FindError> {
        let mut matches: Vec<&Found> = self.found.iter().filter(|found| found.file.id == id).collect();
        matches.sort_by_key(|found| found.origin); // stable: search order within a rank
        let limit = matches.first().map_or(Origin::System, |found| found.origin);
        let refused = self.refused.iter().find(|refused| refused.origin <= limit && refused.is_for(id));
        if let Some(refused) = refused {
            return Err(refused.refusal.clone().into());
        }
        let Some((first, others)) = matches.split_first() else {
            return Err(self.unknown(id));
        };
        if let Some(second) = others.iter().find(|other| other.origin == limit) {
            let (first, second) = (first.file.path.clone(), second.file.path.clone());
            return Err(FindError::Ambiguous { id: id.into(), first, second });
        }
        Ok((&first.file, others.iter().map(|other| &other.file).collect()))
    }

    /// Every place and what was there: one indented line each, and one for each refused file.
    pub fn searched(&self) -> String {
        let mut searched = String::new();
        for (place, problem) in &self.places {
            let inside: Vec<&str> = self
                .found
                .iter()
                .filter(|found| lies_in(&found.file.path, &place.dir))
                .map(|found| found.file.id.as_str())
                .collect();
            let what = match problem {
                Some(problem) => problem.clone(),
                None if inside.is_empty() => "no plugins".into(),
                None => format!("no plugin of that name (found: {})", inside.join(", ")),
            };
            let (dir, origin) = (place.dir.display(), place.origin.name());
            let _ = write!(searched, "\n  {dir} ({origin}): {what}");
            for refused in self.refused.iter().filter(|refused| lies_in(refused.refusal.path(), &place.dir)) {
                let _ = write!(searched, "\n    refused: {}", refused.refusal);
            }
        }
        searched
    }

    fn unknown(&self, id: &str) -> FindError {
        let score = |candidate: &str| strsim::normalized_damerau_levenshtein(id, candidate);
        let nearest = self
            .found
            .iter()
            .map(|found| found.file.id.as_str())
            .max_by(|a, b| score(a).total_cmp(&score(b)))
            .filter(|nearest| score(nearest) >= 0.6);
        let hint = nearest.map_or_else(String::new, |nearest| format!(" (did you mean {nearest}?)"));
        FindError::Unknown { id: id.into(), hint, searched: self.searched() }
    }
}

impl Refused {
    /// Whether the file calls itself so, or is named as that plugin's file usually is.
    fn is_for(&self, id: &str) -> bool {
        let id_of = |name: &str| name.replace('-', "_");
        let wanted = id_of(id);
        let stem = self.refusal.path().file_stem().and_then(|stem| stem.to_str()).map(id_of);
        let usual = [wanted.clone(), format!("lib{wanted}"), format!("libsemola_plugin_{wanted}")];
        self.refusal.plugin_id() == Some(id) || stem.is_some_and(|stem| usual.contains(&stem))
    }
}

fn lies_in(path: &Path, dir: &Path) -> bool {
    path.parent() == Some(dir)
}

/// The `*.so` files of a directory, by name. A dangling link counts (it will be refused), a directory or
/// pipe of such a name does not.
fn list(dir: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(dir)? {
        let path = entry?.path();
        let plausible = std::fs::metadata(&path).map_or(true, |metadata| metadata.is_file());
        if plausible && path.extension().is_some_and(|extension| extension == "so") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests;
