//! Whether a plugin survives being loaded, found out in a child process before this process maps it.
//!
//! Reading a manifest says nothing about what a library does when it is loaded: it may crash, exit or hang. The first time
//! that a file (by its sha256) is to be loaded, a child of this program loads it, tries its models and actions on a few random
//! numbers, and writes down how far it came. What it ended with is kept on disk: a sound file is not probed again, one that
//! took its process down is refused without another try until `plugin check` finds it sound.

mod child;
mod memory;

pub use child::{Ending, Line, Outcome, Transcript, attend, note, stop_with_parent};
pub use memory::{Memory, Verdict};

use super::loader::LoadError;
use super::manifest::PluginFile;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

/// How long a plugin may take to load, unless `SEMOLA_PROBE_SECONDS` says otherwise.
const PATIENCE: Duration = Duration::from_secs(30);

/// Probes plugins and remembers the result.
#[derive(Clone, Debug)]
pub struct Prober {
    /// This program; none in tests that load plugins into their own process.
    program: Option<PathBuf>,
    memory: Memory,
    patience: Duration,
}

impl Prober {
    /// Probes with `program`, which has the verb `plugin probe`.
    pub fn new(program: PathBuf, memory: Memory) -> Self {
        let seconds = std::env::var("SEMOLA_PROBE_SECONDS").ok().and_then(|text| text.parse().ok());
        let patience = seconds
            .filter(|seconds: &f64| seconds.is_finite() && *seconds > 0.0)
            .map_or(PATIENCE, Duration::from_secs_f64);
        Self { program: Some(program), memory, patience }
    }

    /// Believes every plugin.
    pub fn none() -> Self {
        Self { program: None, memory: Memory::nowhere(), patience: PATIENCE }
    }

    /// What is known about the file, without probing it.
    pub fn known(&self, file: &PluginFile) -> Option<Verdict> {
        self.memory.recall(&file.sha256)
    }

    /// Lets a plugin pass that a child process has loaded, now or earlier.
    ///
    /// # Errors
    /// It took its process down, did not load in time, or refused to load.
    pub fn admit(&self, file: &PluginFile) -> Result<(), LoadError> {
        let Some(program) = &self.program else {
            return Ok(());
        };
        let refuse = |reason: String| LoadError { id: file.id.clone(), path: file.path.clone(), reason };
        let remedy = "see `semola-host plugin check`, install another build of it, or remove the file";
        match self.known(file) {
            Some(Verdict::Sound) => return Ok(()),
            Some(Verdict::Deadly { reason }) => {
                return Err(refuse(format!("{reason} when it was tried; {remedy}")));
            }
            None => {}
        }
        let arguments = [OsString::from(&file.path), "--depth".into(), "components".into()];
        let transcript = child::try_out(program, &arguments, self.patience)
            .map_err(|error| refuse(format!("it could not be tried in a process of its own: {error}")))?;
        if let Some(reason) = transcript.refusal() {
            return Err(refuse(reason));
        }
        match transcript.death() {
            None => {
                self.memory.keep(&file.sha256, &Verdict::Sound);
                Ok(())
            }
            Some(reason) => {
                self.remember(file, &transcript);
                Err(refuse(format!("{reason}; {remedy}")))
            }
        }
    }

    /// Runs the contract tests in a child process and remembers whether the file is sound.
    ///
    /// # Errors
    /// The child can't be started.
    pub fn check(
        &self,
        file: &PluginFile,
        more: &[OsString],
        patience: Duration,
    ) -> std::io::Result<Transcript> {
        let Some(program) = &self.program else {
            return Err(std::io::Error::other("this program cannot start itself"));
        };
        let mut arguments = vec![OsString::from(&file.path), "--depth".into(), "contract".into()];
        arguments.extend_from_slice(more);
        let transcript = child::try_out(program, &arguments, patience)?;
        self.remember(file, &transcript);
        Ok(transcript)
    }

    /// Keeps what the file did to its process. A process that was killed from outside says nothing.
    fn remember(&self, file: &PluginFile, transcript: &Transcript) {
        let loaded = transcript.outcome("load").is_some();
        match transcript.death() {
            None if transcript.refusal().is_none() => self.memory.keep(&file.sha256, &Verdict::Sound),
            Some(reason) if !loaded && !transcript.killed_from_outside() => {
                self.memory.keep(&file.sha256, &Verdict::Deadly { reason });
            }
            _ => {}
        }
    }
}
