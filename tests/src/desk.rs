use crate::{Checkpoint, Outcome, built};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A place to run the program in: a temporary directory that is its working directory, with a cache and a data
/// home of its own, and a directory `plugins` for `--plugin-dir`.
#[derive(Debug)]
pub struct Desk {
    dir: tempfile::TempDir,
    program: PathBuf,
    environment: Vec<(String, String)>,
}

impl Desk {
    /// Runs the program where it was built, with all plugins next to it.
    ///
    /// # Panics
    /// The program or a plugin was not built; no temporary directory can be made.
    #[expect(clippy::new_without_default, reason = "it makes a directory and panics where it can't")]
    pub fn new() -> Self {
        crate::PLUGINS.iter().for_each(|name| drop(built(name)));
        let desk = Self {
            dir: tempfile::tempdir().expect("a temporary directory can be made"),
            program: built("semola-host"),
            environment: Vec::new(),
        };
        std::fs::create_dir(desk.path("plugins")).expect("a new directory is writable");
        std::fs::create_dir_all(desk.path("cache/semola")).expect("a new directory is writable");
        // What is known about plugins is shared: otherwise every test would try each of them anew.
        let known = desk.program.with_file_name("probed-by-tests");
        std::fs::create_dir_all(&known)
            .and_then(|()| std::os::unix::fs::symlink(known, desk.path("cache/semola/probed")))
            .expect("the target directory is writable");
        desk
    }

    /// Forgets what other tests have found out about plugins.
    ///
    /// # Panics
    /// The desk is not writable.
    pub fn with_a_memory_of_its_own(self) -> Self {
        std::fs::remove_file(self.path("cache/semola/probed")).expect("a link on the desk can be removed");
        self
    }

    /// Runs a copy of the program in `bin`, with no plugins next to it.
    ///
    /// # Panics
    /// As [`Desk::new`].
    pub fn without_plugins() -> Self {
        let mut desk = Self::new();
        let program = desk.path("bin/semola-host");
        std::fs::create_dir(desk.path("bin")).expect("a new directory is writable");
        // A link costs nothing, but cannot leave the file system.
        std::fs::hard_link(&desk.program, &program)
            .or_else(|_| std::fs::copy(&desk.program, &program).map(drop))
            .expect("the program can be copied");
        desk.program = program;
        desk
    }

    /// Sets a variable for all runs.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }

    /// A path on the desk.
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Writes a file, making its directory.
    ///
    /// # Panics
    /// When that fails.
    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        let directory = path.parent().expect("a file on the desk is in a directory");
        std::fs::create_dir_all(directory)
            .and_then(|()| std::fs::write(&path, bytes))
            .expect("the desk is writable");
        path
    }

    /// The command, not yet started.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.args(arguments).current_dir(self.dir.path()).stdin(Stdio::null());
        for name in ["SEMOLA_PLUGIN_PATH", "SEMOLA_ABI_CHECK", "RUST_LOG"] {
            command.env_remove(name);
        }
        command
            .env("HOME", self.path("home"))
            .env("XDG_CACHE_HOME", self.path("cache"))
            .env("XDG_DATA_HOME", self.path("data"))
            .env("XDG_CONFIG_HOME", self.path("config"))
            // Two tests share a small machine.
            .env("OMP_NUM_THREADS", "1")
            // On a slow machine, runs would say how far they are where tests expect nothing to be said.
            .env("SEMOLA_PROGRESS_SECONDS", "0")
            // Whoever has this set must not get a backtrace in place of a sentence.
            .env("RUST_BACKTRACE", "1")
            .envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Runs the program to its end.
    ///
    /// # Panics
    /// It does not start, or prints something else than UTF-8.
    pub fn run(&self, arguments: &[&str]) -> Outcome {
        let output = self.command(arguments).output().expect("the program starts");
        let Output { status, stdout, stderr } = output;
        let text = |bytes| String::from_utf8(bytes).expect("the program prints UTF-8");
        Outcome { code: status.code(), stdout: text(stdout), stderr: text(stderr) }
    }

    /// What `doctor` says of the devices.
    ///
    /// # Panics
    /// It does not look for them.
    pub fn devices(&self) -> Value {
        let findings: Value =
            serde_json::from_str(&self.run(&["doctor", "--json"]).stdout).expect("doctor writes JSON");
        let mut findings = findings.as_array().into_iter().flatten();
        findings.find(|finding| finding["what"] == "devices").expect("doctor looks for devices").clone()
    }

    /// Whether the program finds a GPU; says that a test is skipped otherwise.
    pub fn has_gpu(&self) -> bool {
        let found = self.devices()["found"].as_str().is_some_and(|devices| devices.contains("cuda:0"));
        if !found {
            eprintln!("skipped: the program finds no GPU");
        }
        found
    }

    /// The summary of a run.
    ///
    /// # Panics
    /// There is none.
    #[track_caller]
    pub fn summary(&self, run: &str) -> Value {
        serde_json::from_str(&self.read(&format!("{run}/summary.json"))).expect("summary.json is JSON")
    }

    /// The lines of a run's `metrics.jsonl`.
    ///
    /// # Panics
    /// There is none, or a line is no JSON.
    #[track_caller]
    pub fn metrics(&self, run: &str) -> Vec<Value> {
        let text = self.read(&format!("{run}/metrics.jsonl"));
        assert!(text.is_empty() || text.ends_with('\n'), "the last line of metrics.jsonl is whole");
        text.lines()
            .map(|line| serde_json::from_str(line).expect("a line of metrics.jsonl is JSON"))
            .collect()
    }

    /// A checkpoint of a run, by the name of its file without ending.
    ///
    /// # Panics
    /// There is none, or it is damaged.
    #[track_caller]
    pub fn checkpoint(&self, run: &str, name: &str) -> Checkpoint {
        Checkpoint::read(&self.path(run).join(format!("checkpoints/{name}.safetensors")))
    }

    /// A text file.
    ///
    /// # Panics
    /// It can't be read.
    #[track_caller]
    pub fn read(&self, name: &str) -> String {
        let path = self.path(name);
        std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// Every file below a directory with its bytes, to see that nothing changed; links are passed over.
    ///
    /// # Panics
    /// Something can't be read.
    pub fn contents(&self, directory: &str) -> Vec<(PathBuf, Vec<u8>)> {
        let mut files = Vec::new();
        collect(&self.path(directory), &mut files);
        files.sort();
        files
    }
}

fn collect(directory: &Path, files: &mut Vec<(PathBuf, Vec<u8>)>) {
    for entry in std::fs::read_dir(directory).expect("the directory can be read") {
        let path = entry.expect("the directory can be read").path();
        if path.is_symlink() {
            // What is shared with other tests.
        } else if path.is_dir() {
            collect(&path, files);
        } else {
            let bytes = std::fs::read(&path).expect("the file can be read");
            files.push((path, bytes));
        }
    }
}
