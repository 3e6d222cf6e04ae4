//! The directory of one run. It is made new, or taken over empty: a run never writes over another one. While a process is
//! at work in it, its `config.toml` is locked, so that no second one is.
//!
//! Files: `config.toml` (written first), `run.json` (how it was started), `plugins.lock`, `log.jsonl`, `metrics.jsonl`,
//! `checkpoints/`, `profile.txt` and `.json` (on request), `orbits.json`, `report.html` and `plots/`, `generators.npz` and `.json`, `summary.json` (written last: its
//! presence means that the run ended well).

use super::summary::Summary;
use crate::exit::Coded;
use std::fs::{File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use time::OffsetDateTime;
use time::macros::format_description;

/// The experiment, by whose file the directory is locked.
const CONFIG: &str = "config.toml";

/// The directory of one run.
#[derive(Clone, Debug)]
pub struct RunDirectory {
    path: PathBuf,
    /// Whether it was made for this run, or was there, empty.
    made: bool,
    /// Holds the lock until the last copy is dropped.
    _lock: Arc<File>,
    /// One that goes with the last copy.
    _scratch: Option<Arc<tempfile::TempDir>>,
}

/// Why there is no directory to write the run into, or to go on in; a usage error (exit code 2).
#[derive(Debug, thiserror::Error)]
pub enum RunDirectoryError {
    /// Something is in it.
    #[error("{} exists and is not empty: choose another --out or remove it", path.display())]
    NotEmpty {
        /// The directory.
        path: PathBuf,
    },
    /// A file has that name.
    #[error("{} exists and is not a directory: choose another --out", path.display())]
    NotADirectory {
        /// The file.
        path: PathBuf,
    },
    /// It can't be made or written.
    #[error("cannot write the run directory {}: {reason}; choose another --out", path.display())]
    Unwritable {
        /// The directory.
        path: PathBuf,
        /// Why.
        reason: io::Error,
    },
    /// Not what a run leaves behind.
    #[error("{} is no run directory: it has no {missing}; expected one that `train` or `discover` has made", path.display())]
    NoRun {
        /// The directory.
        path: PathBuf,
        /// The file that is not there.
        missing: &'static str,
    },
    /// Another process is at work in it.
    #[error("another process is at work in {}: wait until it has ended, or stop it", path.display())]
    Busy {
        /// The directory.
        path: PathBuf,
    },
}

impl RunDirectory {
    /// Makes the directory and writes `config.toml` into it.
    ///
    /// Without `out` it is `runs/PLUGIN-yyyymmdd-hhmmss-sSEED` (UTC) in the current directory, with a number
    /// behind it if that exists.
    ///
    /// # Errors
    /// [`RunDirectoryError`]: not empty, not a directory, not writable.
    pub fn create(
        out: Option<&Path>,
        plugin: &str,
        seed: u64,
        config: &str,
    ) -> Result<Self, RunDirectoryError> {
        let (path, made) = claim(out, plugin, seed)?;
        write_atomic(&path.join(CONFIG), config.as_bytes())
            .map_err(|reason| RunDirectoryError::Unwritable { path: path.clone(), reason })?;
        let lock = lock(&path, CONFIG)?;
        Ok(Self { path, made, _lock: lock, _scratch: None })
    }

    /// Takes over the directory of a run that was begun, to go on.
    ///
    /// # Errors
    /// [`RunDirectoryError`]: not that of a run, or of one that another process is at work in.
    pub fn open(path: &Path) -> Result<Self, RunDirectoryError> {
        if let Some(missing) =
            [CONFIG, super::invocation::FILE].into_iter().find(|file| !path.join(file).is_file())
        {
            return Err(RunDirectoryError::NoRun { path: path.to_owned(), missing });
        }
        let lock = lock(path, CONFIG)?;
        let run = Self { path: path.to_owned(), made: false, _lock: lock, _scratch: None };
        // Whoever was killed while it wrote a checkpoint has left its half; nobody but the holder of the lock writes there.
        for directory in [run.join("checkpoints"), run.stages()] {
            for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
                if entry.file_name().to_string_lossy().starts_with(UNFINISHED) {
                    let _ = std::fs::remove_file(entry.path());
                }
            }
        }
        Ok(run)
    }

    /// A directory to throw away, for a process that trains with the one that writes. With `of` it is one to go on from, as that
    /// run's.
    ///
    /// # Errors
    /// [`RunDirectoryError`]; nothing can be copied.
    pub fn scratch(config: &str, of: Option<&Path>) -> anyhow::Result<Self> {
        let scratch = Arc::new(tempfile::Builder::new().prefix("semola-").tempdir()?);
        let run = Self::create(Some(scratch.path()), "", 0, config)?;
        if let Some(of) = of {
            std::fs::create_dir_all(run.stages())?;
            let stages = of.join("checkpoints/stages");
            for entry in std::fs::read_dir(&stages).into_iter().flatten() {
                let path = entry?.path();
                std::fs::copy(&path, run.stages().join(path.file_name().unwrap_or_default()))?;
            }
        }
        Ok(Self { _scratch: Some(scratch), ..run })
    }

    /// Takes it back, after a mistake that showed before anything was done: configuration and log go, and the
    /// directory with them if it was made for this run. Anything else in it stays.
    pub fn discard(self) {
        for file in [CONFIG, super::invocation::FILE, "plugins.lock", "log.jsonl"] {
            let _ = std::fs::remove_file(self.join(file));
        }
        if self.made {
            let _ = std::fs::remove_dir(&self.path);
        }
    }

    /// The directory.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A path in it.
    pub fn join(&self, name: impl AsRef<Path>) -> PathBuf {
        self.path.join(name)
    }

    /// Where the log of the run goes, one JSON object a line.
    pub fn log(&self) -> PathBuf {
        self.join("log.jsonl")
    }

    /// Where the metrics go, see [`super::MetricsLog`].
    pub fn metrics(&self) -> PathBuf {
        self.join("metrics.jsonl")
    }

    /// The file of a checkpoint: "last", "best", "plain".
    pub fn checkpoint(&self, name: &str) -> PathBuf {
        checkpoint(&self.path, name)
    }

    /// Where the stages of a run that goes on have their checkpoints.
    pub fn stages(&self) -> PathBuf {
        self.join("checkpoints/stages")
    }

    /// Whether the run has ended well.
    pub fn is_finished(&self) -> bool {
        self.join("summary.json").is_file()
    }

    /// Writes a whole file, see [`write_atomic`].
    ///
    /// # Errors
    /// As [`write_atomic`].
    pub fn write(&self, name: impl AsRef<Path>, bytes: &[u8]) -> io::Result<()> {
        write_atomic(&self.join(name), bytes)
    }

    /// Writes the last files of a run: generators, then `summary.json`; there is nothing to resume any more then.
    ///
    /// # Errors
    /// As [`write_atomic`].
    pub fn write_results(&self, summary: &Summary) -> io::Result<()> {
        super::generators::write(self, &summary.symmetry)?;
        let mut text = serde_json::to_string_pretty(summary)?;
        text.push('\n');
        self.write("summary.json", text.as_bytes())?;
        match std::fs::remove_dir_all(self.stages()) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

fn checkpoint(run: &Path, name: &str) -> PathBuf {
    run.join(format!("checkpoints/{name}.safetensors"))
}

/// The file of a checkpoint that a run has kept, by name.
///
/// # Errors
/// There is none of that name: a mistake of usage, which tells those that there are.
pub fn kept_checkpoint(run: &Path, name: &str) -> Result<PathBuf, Coded> {
    let path = checkpoint(run, name);
    if path.is_file() {
        return Ok(path);
    }
    let entries = std::fs::read_dir(run.join("checkpoints")).into_iter().flatten().flatten();
    let files = entries.map(|entry| entry.path());
    let files = files.filter(|path| path.extension().is_some_and(|ending| ending == "safetensors"));
    let mut names: Vec<String> =
        files.filter_map(|path| Some(path.file_stem()?.to_string_lossy().into_owned())).collect();
    names.sort();
    let names = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
    let message = format!("{} has no checkpoint `{name}`; there are: {names}", run.display());
    Err(Coded::usage(message))
}

/// How the names of files begin that are being written.
pub(super) const UNFINISHED: &str = ".writing-";

/// Writes a file so that it is there complete or not at all, even after a power cut: a temporary file beside
/// it, synchronised, renamed over it, and the directory synchronised.
///
/// # Errors
/// The directory is missing or not writable, or the disk is full; the old file, if any, is untouched then.
pub fn write_atomic(path: &Path, bytes: &[u8]) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // Temporary files are private by default; results are as readable as any other new file.
    let mut file = tempfile::Builder::new()
        .prefix(UNFINISHED)
        .permissions(std::fs::Permissions::from_mode(0o666))
        .tempfile_in(dir)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    File::open(dir)?.sync_all()
}

/// Makes a directory, or takes it over empty; without `out` it is `runs/NAME-yyyymmdd-hhmmss-sSEED`. Returns whether it was made.
pub(crate) fn claim(out: Option<&Path>, name: &str, seed: u64) -> Result<(PathBuf, bool), RunDirectoryError> {
    match out {
        Some(path) => {
            let made = !path.exists();
            take(path)?;
            Ok((path.to_owned(), made))
        }
        None => {
            let name = default_name(name, seed, OffsetDateTime::now_utc());
            Ok((make_default(Path::new("runs"), &name)?, true))
        }
    }
}

/// Locks a directory by a file in it that is never replaced, until the file is dropped.
pub(crate) fn lock(path: &Path, file: &str) -> Result<Arc<File>, RunDirectoryError> {
    let unwritable = |reason| RunDirectoryError::Unwritable { path: path.to_owned(), reason };
    let file = File::open(path.join(file)).map_err(unwritable)?;
    match file.try_lock() {
        Ok(()) => Ok(Arc::new(file)),
        Err(TryLockError::WouldBlock) => Err(RunDirectoryError::Busy { path: path.to_owned() }),
        // A file system without locks (some network ones): better unlocked than not at all.
        Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => Ok(Arc::new(file)),
        Err(TryLockError::Error(error)) => Err(unwritable(error)),
    }
}

fn default_name(plugin: &str, seed: u64, now: OffsetDateTime) -> String {
    let format = format_description!("[year][month][day]-[hour][minute][second]");
    let stamp = now.format(&format).expect("every component of the format exists in a date with time");
    format!("{plugin}-{stamp}-s{seed}")
}

/// Makes the first of `name`, `name-2`, … that does not exist. Making it is the test, so that runs that start
/// in the same second do not share one.
fn make_default(parent: &Path, name: &str) -> Result<PathBuf, RunDirectoryError> {
    let unwritable = |path: &Path, reason| RunDirectoryError::Unwritable { path: path.to_owned(), reason };
    std::fs::create_dir_all(parent).map_err(|reason| unwritable(parent, reason))?;
    let mut path = parent.join(name);
    for number in 2_u32.. {
        match std::fs::create_dir(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(reason) => return Err(unwritable(&path, reason)),
            Ok(()) => break,
        }
        path = parent.join(format!("{name}-{number}"));
    }
    Ok(path)
}

/// Makes the directory, or accepts it when it is there and empty.
fn take(path: &Path) -> Result<(), RunDirectoryError> {
    if path.exists() && !path.is_dir() {
        return Err(RunDirectoryError::NotADirectory { path: path.to_owned() });
    }
    let unwritable = |reason| RunDirectoryError::Unwritable { path: path.to_owned(), reason };
    std::fs::create_dir_all(path).map_err(unwritable)?;
    match std::fs::read_dir(path).map_err(unwritable)?.next() {
        Some(_) => Err(RunDirectoryError::NotEmpty { path: path.to_owned() }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root() -> tempfile::TempDir {
        tempfile::tempdir().expect("a temporary directory")
    }

    #[test]
    fn the_default_name_tells_plugin_time_and_seed() {
        let moment = OffsetDateTime::from_unix_timestamp(1_700_000_000).expect("a valid time");
        assert_eq!(default_name("dynamics", 3, moment), "dynamics-20231114-221320-s3");
    }

    #[test]
    fn runs_of_one_second_get_different_directories() {
        let root = root();
        let names: Vec<PathBuf> =
            (0..3).map(|_| make_default(&root.path().join("runs"), "x-s0").expect("writable")).collect();
        let expected = ["x-s0", "x-s0-2", "x-s0-3"].map(|name| root.path().join("runs").join(name));
        assert_eq!(names, expected);
    }

    #[test]
    fn a_new_or_empty_directory_is_taken_with_the_config_inside() {
        let root = root();
        let out = root.path().join("deep/er");
        let run = RunDirectory::create(Some(&out), "x", 0, "seed = 0\n").expect("writable");
        assert_eq!(std::fs::read_to_string(run.join("config.toml")).expect("written"), "seed = 0\n");
        let empty = root.path().join("empty");
        std::fs::create_dir(&empty).expect("writable");
        RunDirectory::create(Some(&empty), "x", 0, "").expect("an empty directory is fine");
    }

    #[test]
    fn nothing_is_written_over() {
        let root = root();
        std::fs::write(root.path().join("result"), "precious").expect("writable");
        let message = RunDirectory::create(Some(root.path()), "x", 0, "").expect_err("not empty").to_string();
        assert!(message.ends_with("exists and is not empty: choose another --out or remove it"), "{message}");
        assert_eq!(std::fs::read_dir(root.path()).expect("readable").count(), 1);
        let file = root.path().join("result");
        let message = RunDirectory::create(Some(&file), "x", 0, "").expect_err("a file").to_string();
        assert!(message.contains("is not a directory"), "{message}");
        let message =
            RunDirectory::create(Some(&file.join("y")), "x", 0, "").expect_err("below a file").to_string();
        assert!(message.starts_with("cannot write the run directory "), "{message}");
        assert_eq!(std::fs::read_to_string(&file).expect("still there"), "precious");
    }

    #[test]
    fn a_second_process_is_kept_out() {
        let root = root();
        let path = root.path().join("run");
        let first = RunDirectory::create(Some(&path), "x", 0, "").expect("writable");
        let message = RunDirectory::open(&path).expect_err("no record").to_string();
        assert!(message.contains("has no run.json; expected one that"), "{message}");
        first.write("run.json", b"{}").expect("writable");
        let message = RunDirectory::open(&path).expect_err("busy").to_string();
        assert!(message.starts_with("another process is at work in "), "{message}");
        drop(first);
        let stages = path.join("checkpoints/stages");
        std::fs::create_dir_all(&stages).expect("writable");
        for name in [".writing-AbCdEf", "00.safetensors"] {
            std::fs::write(stages.join(name), "half").expect("writable");
        }
        RunDirectory::open(&path).expect("nobody is at work there");
        // What a killed process was writing goes, what it had written stays.
        assert!(!stages.join(".writing-AbCdEf").exists() && stages.join("00.safetensors").exists());
    }

    #[test]
    fn atomic_writes_replace_and_leave_nothing_behind() {
        use std::os::unix::fs::PermissionsExt;
        let root = root();
        let path = root.path().join("file");
        write_atomic(&path, b"one").expect("writable");
        write_atomic(&path, b"two").expect("writable");
        assert_eq!(std::fs::read(&path).expect("written"), b"two");
        assert_eq!(std::fs::read_dir(root.path()).expect("readable").count(), 1);
        let plain = root.path().join("plain");
        std::fs::write(&plain, "").expect("writable");
        let mode = |path: &Path| std::fs::metadata(path).expect("there").permissions().mode();
        assert_eq!(mode(&path), mode(&plain), "as readable as any other file");
        write_atomic(&root.path().join("no/file"), b"").expect_err("no such directory");
    }
}
