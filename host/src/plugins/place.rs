//! The directories in which plugins are looked for, in their order.
//!
//! Pure: what of the process matters is gathered once in [`Environment`], the rest follows from it.

use serde::Serialize;
use std::ffi::OsString;
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
    pub(super) fn holds_other_libraries(self) -> bool {
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

/// `$XDG_CONFIG_HOME/semola`, or below `~/.config`.
pub fn config_directory() -> Option<PathBuf> {
    let from = |name: &str| std::env::var_os(name).map(PathBuf::from);
    let base = from("XDG_CONFIG_HOME").filter(|dir| dir.is_absolute());
    Some(base.or_else(|| Some(from("HOME")?.join(".config")))?.join("semola"))
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

#[cfg(test)]
mod tests {
    use super::*;

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
        let environment = Environment { data_home: Some("/data".into()), ..Environment::default() };
        assert_eq!(environment.places(&[])[0].dir, Path::new("/data/semola/plugins"));
    }
}
