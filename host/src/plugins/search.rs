//! Where plugins are looked for, and which file an id means.
//!
//! Places have a rank (see [`Origin`]); the earlier rank wins. What is found is never passed over in silence:
//! a file that is named like the plugin but was refused is an error instead of a reason to look further, two
//! files of one id in the same rank are an error that names both, a miss tells every place and what was there.
//! Files are only read (see [`super::manifest`]); loading is not done here.

use super::manifest::{HostVersion, PluginFile};
use super::refusal::Refusal;
use serde::Serialize;
use std::ffi::OsString;
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// Why a directory is searched; earlier ones win over later ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// The file itself was named: `--plugin ./x.so`.
    Explicit,
    /// `--plugin-dir`.
    PluginDir,
    /// `$SEMOLA_PLUGIN_PATH`.
    PluginPath,
    /// The directory of the program, and `plugins` in it.
    BesideBinary,
    /// `$XDG_DATA_HOME/semola/plugins`.
    UserData,
    /// `/usr/lib/semola/plugins` and `/usr/local/lib/semola/plugins`.
    System,
}

impl Origin {
    /// How messages name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Explicit => "named",
            Self::PluginDir => "--plugin-dir",
            Self::PluginPath => "$SEMOLA_PLUGIN_PATH",
            Self::BesideBinary => "next to the program",
            Self::UserData => "user data",
            Self::System => "system",
        }
    }

    /// Whether a shared library without a manifest is to be expected there.
    fn holds_other_libraries(self) -> bool {
        matches!(self, Self::BesideBinary | Self::System)
    }
}

/// A directory to search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Why.
    pub origin: Origin,
    /// The directory; need not exist.
    pub dir: PathBuf,
}

/// What of the process decides the places, apart from the command line.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    /// `$SEMOLA_PLUGIN_PATH`: directories, separated by colons.
    pub plugin_path: Option<OsString>,
    /// The running program.
    pub executable: Option<PathBuf>,
    /// `$XDG_DATA_HOME`; relative values are ignored, as the XDG base directory specification asks.
    pub data_home: Option<PathBuf>,
    /// `$HOME`.
    pub home: Option<PathBuf>,
}

impl Environment {
    /// That of this process.
    pub fn current() -> Self {
        Self {
            plugin_path: std::env::var_os("SEMOLA_PLUGIN_PATH"),
            executable: std::env::current_exe().ok(),
            data_home: std::env::var_os("XDG_DATA_HOME").map(PathBuf::from),
            home: std::env::var_os("HOME").map(PathBuf::from),
        }
    }

    /// The places in their order, `plugin_dirs` (of the command line) first.
    pub fn places(&self, plugin_dirs: &[PathBuf]) -> Vec<Place> {
        let mut places: Vec<Place> = Vec::new();
        let mut add = |origin, dir: PathBuf| places.push(Place { origin, dir });
        for dir in plugin_dirs {
            add(Origin::PluginDir, dir.clone());
        }
        for dir in self.plugin_path.iter().flat_map(std::env::split_paths) {
            if !dir.as_os_str().is_empty() {
                add(Origin::PluginPath, dir);
            }
        }
        if let Some(dir) = self.executable.as_deref().and_then(Path::parent) {
            add(Origin::BesideBinary, dir.to_owned());
            add(Origin::BesideBinary, dir.join("plugins"));
        }
        let data_home = self.data_home.clone().filter(|dir| dir.is_absolute());
        if let Some(dir) = data_home.or_else(|| Some(self.home.as_ref()?.join(".local/share"))) {
            add(Origin::UserData, dir.join("semola/plugins"));
        }
        add(Origin::System, "/usr/lib/semola/plugins".into());
        add(Origin::System, "/usr/local/lib/semola/plugins".into());
        places
    }
}

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
        let mut catalogue = Self {
            host: Some(host.clone()),
            ..Self::default()
        };
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
            return Err(FindError::NoFile {
                path: path.to_owned(),
            });
        }
        let host = self.host.clone().unwrap_or_else(|| HostVersion::current(""));
        let file = PluginFile::read(path, &host)?;
        let named = |found: &Found| found.origin == Origin::Explicit && found.file.id == file.id;
        self.found.retain(|found| !named(found));
        self.found.insert(
            0,
            Found {
                origin: Origin::Explicit,
                file,
            },
        );
        Ok(&self.found[0].file)
    }

    /// The plugin with this id. Warns of files that it hides.
    ///
    /// # Errors
    /// [`FindError::Unknown`] with every place; [`FindError::Ambiguous`]; [`FindError::Refused`] when a file
    /// that is named like the plugin, or says it is the plugin, was refused before a good one turned up.
    pub fn find(&self, id: &str) -> Result<&PluginFile, FindError> {
        let (file, hidden) = self.standing(id)?;
        for other in hidden {
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
        let refused = self
            .refused
            .iter()
            .find(|refused| refused.origin <= limit && refused.is_for(id));
        if let Some(refused) = refused {
            return Err(refused.refusal.clone().into());
        }
        let Some((first, others)) = matches.split_first() else {
            return Err(self.unknown(id));
        };
        if let Some(second) = others.iter().find(|other| other.origin == limit) {
            let (first, second) = (first.file.path.clone(), second.file.path.clone());
            return Err(FindError::Ambiguous {
                id: id.into(),
                first,
                second,
            });
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
            for refused in self
                .refused
                .iter()
                .filter(|refused| lies_in(refused.refusal.path(), &place.dir))
            {
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
        FindError::Unknown {
            id: id.into(),
            hint,
            searched: self.searched(),
        }
    }
}

impl Refused {
    /// Whether the file calls itself so, or is named as that plugin's file usually is.
    fn is_for(&self, id: &str) -> bool {
        let id_of = |name: &str| name.replace('-', "_");
        let wanted = id_of(id);
        let stem = self
            .refusal
            .path()
            .file_stem()
            .and_then(|stem| stem.to_str())
            .map(id_of);
        let usual = [
            wanted.clone(),
            format!("lib{wanted}"),
            format!("libsemola_plugin_{wanted}"),
        ];
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
mod tests {
    use super::super::fixture::Fixture;
    use super::*;

    /// Directories of each rank in one temporary directory.
    struct Site {
        root: tempfile::TempDir,
        places: Vec<Place>,
    }

    impl Site {
        fn new(places: &[(Origin, &str)]) -> Self {
            let root = tempfile::tempdir().expect("a temporary directory");
            let places = places.iter().map(|(origin, dir)| Place {
                origin: *origin,
                dir: root.path().join(dir),
            });
            Self {
                places: places.collect(),
                root,
            }
        }

        fn write(&self, path: &str, bytes: &[u8]) -> PathBuf {
            let path = self.root.path().join(path);
            std::fs::create_dir_all(path.parent().expect("it lies in the root")).expect("writable");
            std::fs::write(&path, bytes).expect("writable");
            path
        }

        fn plugin(&self, path: &str, id: &str) -> PathBuf {
            self.write(path, &Fixture::new(id).elf())
        }

        fn scan(&self) -> Catalogue {
            Catalogue::scan(&self.places, &HostVersion::current("2.13.0"))
        }
    }

    const RANKS: [(Origin, &str); 3] = [
        (Origin::PluginDir, "a"),
        (Origin::BesideBinary, "bin"),
        (Origin::System, "system"),
    ];

    #[test]
    fn places_come_in_the_documented_order() {
        let environment = Environment {
            plugin_path: Some("/p:/q:".into()),
            executable: Some("/opt/bin/semola-host".into()),
            data_home: Some("relative".into()),
            home: Some("/home/me".into()),
        };
        let dirs: Vec<String> = environment
            .places(&["/cli".into()])
            .iter()
            .map(|place| format!("{:?} {}", place.origin, place.dir.display()))
            .collect();
        assert_eq!(
            dirs,
            [
                "PluginDir /cli",
                "PluginPath /p",
                "PluginPath /q",
                "BesideBinary /opt/bin",
                "BesideBinary /opt/bin/plugins",
                "UserData /home/me/.local/share/semola/plugins",
                "System /usr/lib/semola/plugins",
                "System /usr/local/lib/semola/plugins",
            ]
        );
        let environment = Environment {
            data_home: Some("/data".into()),
            ..Environment::default()
        };
        assert_eq!(environment.places(&[])[0].dir, Path::new("/data/semola/plugins"));
    }

    #[test]
    fn the_earlier_rank_wins() {
        let site = Site::new(&RANKS);
        let first = site.plugin("a/libx.so", "x");
        site.plugin("bin/libx.so", "x");
        site.plugin("a/deeper/liby.so", "y");
        let catalogue = site.scan();
        assert_eq!(catalogue.find("x").expect("found").path, first);
        assert_eq!(catalogue.found.len(), 2, "the search does not descend");
    }

    #[test]
    fn twice_in_one_rank_is_an_error_when_used() {
        let site = Site::new(&[(Origin::PluginDir, "a"), (Origin::PluginDir, "b")]);
        let first = site.plugin("a/libx.so", "x");
        let second = site.plugin("b/other.so", "x");
        site.plugin("b/y.so", "y");
        let mut catalogue = site.scan();
        catalogue.find("y").expect("the other id is not concerned");
        let message = catalogue.find("x").expect_err("twice").to_string();
        assert!(
            message.contains(&format!("{} and {}", first.display(), second.display())),
            "{message}"
        );
        catalogue.add(&second).expect("a good file");
        assert_eq!(catalogue.find("x").expect("an explicit path wins").path, second);
    }

    #[test]
    fn links_and_repeated_directories_are_no_duplicates() {
        let site = Site::new(&[(Origin::PluginDir, "a"), (Origin::PluginDir, "a/../a")]);
        let file = site.plugin("a/libx.so", "x");
        std::os::unix::fs::symlink(&file, site.root.path().join("a/liby.so")).expect("links work");
        assert_eq!(site.scan().find("x").expect("found once").path, file);
    }

    #[test]
    fn a_miss_tells_every_place() {
        let site = Site::new(&RANKS);
        site.plugin("a/libpointnet.so", "pointnet");
        site.write("a/junk.so", b"junk");
        site.write("a/readme.txt", b"junk");
        site.write("bin/plain.so", b"");
        let message = site
            .scan()
            .find("pointnot")
            .expect_err("no such plugin")
            .to_string();
        let root = site.root.path().display();
        let expected = format!(
            "no plugin named pointnot (did you mean pointnet?); searched, in this order:\
             \n  {root}/a (--plugin-dir): no plugin of that name (found: pointnet)\
             \n    refused: {root}/a/junk.so is not a plugin: it is not an ELF file (the format of shared libraries)\
             \n  {root}/bin (next to the program): no plugins\
             \n    refused: {root}/bin/plain.so is empty: copy the plugin again\
             \n  {root}/system (system): no such directory"
        );
        assert_eq!(message, expected);
    }

    #[test]
    fn a_refused_file_is_never_passed_over() {
        for name in ["my-net.so", "libmy_net.so", "libsemola_plugin_my_net.so"] {
            let site = Site::new(&RANKS);
            site.write(&format!("a/{name}"), b"junk");
            site.plugin("system/libmy_net.so", "my-net");
            let error = site.scan().find("my-net").expect_err("refused");
            assert!(
                matches!(error, FindError::Refused(Refusal::NotElf { .. })),
                "{name}: {error}"
            );
        }
        let site = Site::new(&RANKS);
        site.write("a/whatever.so", &Fixture::new("my-net").abi(2, 0).elf());
        let error = site.scan().find("my-net").expect_err("refused");
        assert!(
            matches!(error, FindError::Refused(Refusal::AbiMajor { .. })),
            "by the id that it tells: {error}"
        );
    }

    #[test]
    fn a_refused_file_behind_the_match_does_not_matter() {
        let site = Site::new(&RANKS);
        let good = site.plugin("a/libx.so", "x");
        site.write("system/libx.so", b"junk");
        assert_eq!(site.scan().find("x").expect("found").path, good);
    }

    #[test]
    fn other_libraries_are_skipped_where_they_belong() {
        let mut library = Fixture::new("x").elf();
        let at = library
            .windows(7)
            .rposition(|window| window == b".semola")
            .expect("its section has a name");
        library[at..at + 7].copy_from_slice(b".plain\0");
        let site = Site::new(&RANKS);
        site.write("a/libc.so", &library);
        site.write("bin/libc.so", &library);
        site.write("system/libc.so", &library);
        let refused: Vec<Origin> = site.scan().refused.iter().map(|refused| refused.origin).collect();
        assert_eq!(refused, [Origin::PluginDir]);
    }

    #[test]
    fn paths_and_names_are_told_apart() {
        for path in ["./x", "/a/x.so", "x.so", "dir/x"] {
            assert!(is_path(path), "{path}");
        }
        assert!(!is_path("pointnet"));
        let error = Catalogue::default()
            .add(Path::new("no/such.so"))
            .expect_err("missing");
        assert!(matches!(error, FindError::NoFile { .. }));
    }

    #[test]
    fn what_is_named_so_but_no_file_is_left_alone() {
        let site = Site::new(&RANKS);
        std::fs::create_dir_all(site.root.path().join("a/dir.so")).expect("writable");
        std::os::unix::fs::symlink("nowhere", site.root.path().join("a/gone.so")).expect("links work");
        let catalogue = site.scan();
        assert_eq!(catalogue.refused.len(), 1, "a dangling link is refused");
        assert!(catalogue.refused[0].refusal.to_string().contains("gone.so"));
    }
}
