//! A child process that does something dangerous and writes down, line by line, how far it came: it tries a plugin
//! ([`try_out`]), or it carries out a whole run for this process, which only waits ([`attend`]).

use nix::errno::Errno;
use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::{Signal, kill, killpg};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, fork, setpgid};
use serde::{Deserialize, Serialize};
use std::ffi::OsString;
use std::io::Write;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::OnceLock;
use std::time::Duration;
use wait_timeout::ChildExt;

/// How a check ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "outcome", content = "detail")]
pub enum Outcome {
    /// As it should be; a figure or nothing.
    Passed(String),
    /// Not as it should be: what was found and expected.
    Failed(String),
    /// Could not be tried, and why.
    Skipped(String),
}

/// What the child writes down.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "line")]
pub enum Line {
    /// It starts a check; if no end follows, this is what took it down.
    Begun {
        /// The check.
        check: String,
    },
    /// A check has ended.
    Ended {
        /// The check.
        check: String,
        /// How.
        #[serde(flatten)]
        outcome: Outcome,
    },
    /// All was tried.
    Finished,
}

impl Line {
    /// Appends it to the child's report, whole or not at all.
    ///
    /// # Errors
    /// The file can't be written.
    pub fn append(&self, report: &Path) -> std::io::Result<()> {
        let mut text = serde_json::to_string(self).map_err(std::io::Error::other)?;
        text.push('\n');
        std::fs::OpenOptions::new().append(true).open(report)?.write_all(text.as_bytes())
    }
}

/// How the child's process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It exited with this code.
    Exited(i32),
    /// This signal ended it.
    Signalled(i32),
    /// It did not end in time, and was killed.
    TimedOut(Duration),
}

/// What a child did.
#[derive(Clone, Debug)]
pub struct Transcript {
    /// What it wrote down.
    pub lines: Vec<Line>,
    /// How it ended.
    pub ending: Ending,
}

impl Transcript {
    /// How a check ended, if it did.
    pub fn outcome(&self, name: &str) -> Option<&Outcome> {
        self.lines.iter().find_map(|line| match line {
            Line::Ended { check, outcome } if check == name => Some(outcome),
            _ => None,
        })
    }

    /// What the loader said, where it refused the plugin in good order.
    pub fn refusal(&self) -> Option<String> {
        match self.outcome("load") {
            Some(Outcome::Failed(reason)) => Some(reason.clone()),
            _ => None,
        }
    }

    /// The check during which the process ended before its time.
    pub fn last_begun(&self) -> Option<&str> {
        let begun = self.lines.iter().rev().find_map(|line| match line {
            Line::Begun { check } => Some(check.as_str()),
            _ => None,
        })?;
        self.outcome(begun).is_none().then_some(begun)
    }

    /// How the process ended, where it ended before all was tried: "it aborted (SIGABRT)".
    pub fn death(&self) -> Option<String> {
        if self.lines.contains(&Line::Finished) {
            return None;
        }
        Some(match self.ending {
            Ending::Exited(code) => format!("it ended the process (exit code {code})"),
            Ending::Signalled(number) => match Signal::try_from(number) {
                Ok(signal @ Signal::SIGABRT) => format!("it aborted the process ({signal})"),
                Ok(signal @ (Signal::SIGSEGV | Signal::SIGBUS)) => {
                    format!("it crashed the process with an invalid memory access ({signal})")
                }
                Ok(signal) => format!("it ended the process by signal {signal}"),
                Err(_) => format!("it ended the process by signal {number}"),
            },
            Ending::TimedOut(limit) => format!("it did not come to an end within {} s", limit.as_secs_f64()),
        })
    }

    /// Whether something other than the plugin may have ended it: the kernel for want of memory, a person.
    pub fn killed_from_outside(&self) -> bool {
        let outside = [Signal::SIGKILL, Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP];
        outside.iter().any(|&signal| self.ending == Ending::Signalled(signal as i32))
    }
}

/// Where a child of [`attend`] writes what it does.
static JOURNAL: OnceLock<PathBuf> = OnceLock::new();

/// In a child of [`attend`]: writes down what begins now, or that all is done, so that the parent can tell what an
/// abrupt end has interrupted. Elsewhere: nothing.
pub fn note(line: &Line) {
    if let Some(path) = JOURNAL.get()
        && let Err(error) = line.append(path)
    {
        tracing::debug!("cannot write down what is done: {error}");
    }
}

/// Goes on in a child process, a copy of this one (`None`), and waits for its end here, with its transcript. SIGINT and SIGTERM
/// are passed on. The child goes when this process goes.
///
/// A copy and not the program once more: libtorch takes a third of a second to load.
///
/// # Errors
/// There can be no child, or this process has more than one thread, of which a copy would have but one.
pub fn attend() -> std::io::Result<Option<Transcript>> {
    let threads = std::fs::read_dir("/proc/self/task")?.count();
    if threads != 1 {
        return Err(std::io::Error::other(format!("it has {threads} threads already")));
    }
    let journal = tempfile::NamedTempFile::new()?;
    // SAFETY: this process has one thread, so nothing is lost in the copy: no lock is held by a thread that is not there.
    #[allow(unsafe_code)]
    let child = match unsafe { fork() }? {
        ForkResult::Parent { child } => child,
        ForkResult::Child => {
            let _ = JOURNAL.set(journal.path().to_owned());
            // The parent's to remove.
            std::mem::forget(journal);
            // The terminal's Ctrl-C reaches the parent alone, which passes it on once.
            setpgid(Pid::from_raw(0), Pid::from_raw(0))?;
            follow_parent(Signal::SIGKILL);
            return Ok(None);
        }
    };
    let pass_on = move || {
        let _ = kill(child, Signal::SIGTERM);
    };
    if let Err(error) = ctrlc::set_handler(pass_on) {
        tracing::warn!("signals are not watched: {error}");
    }
    transcript(journal.path(), wait(child)?).map(Some)
}

fn wait(child: Pid) -> std::io::Result<Ending> {
    loop {
        match waitpid(child, None) {
            Ok(WaitStatus::Exited(_, code)) => return Ok(Ending::Exited(code)),
            Ok(WaitStatus::Signaled(_, signal, _)) => return Ok(Ending::Signalled(signal as i32)),
            Ok(_) | Err(Errno::EINTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// In a process that another one of this program started: is interrupted when the parent ends.
pub fn stop_with_parent() {
    follow_parent(Signal::SIGTERM);
}

fn follow_parent(signal: Signal) {
    if let Err(error) = set_pdeathsig(signal) {
        tracing::debug!("this process may outlive the one that started it: {error}");
    }
}

fn ending(status: ExitStatus) -> Ending {
    match (status.code(), status.signal()) {
        (Some(code), _) => Ending::Exited(code),
        (None, signal) => Ending::Signalled(signal.unwrap_or(0)),
    }
}

fn transcript(report: &Path, ending: Ending) -> std::io::Result<Transcript> {
    // A damaged plugin says things that are no text.
    let text = String::from_utf8_lossy(&std::fs::read(report)?).into_owned();
    let lines = text.lines().map_while(|line| serde_json::from_str(line).ok()).collect();
    Ok(Transcript { lines, ending })
}

/// Runs `program plugin probe --report FILE arguments…` to its end, or kills it with all that it started.
pub(super) fn try_out(
    program: &Path,
    arguments: &[OsString],
    patience: Duration,
) -> std::io::Result<Transcript> {
    let report = tempfile::NamedTempFile::new()?;
    let mut child = Command::new(program)
        .args(["plugin", "probe", "--report"])
        .arg(report.path())
        .args(arguments)
        // What a plugin prints must not mix with our output, and a pipe could be kept open by what it starts.
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .env("SEMOLA_ABI_CHECK", "1")
        .process_group(0)
        .spawn()?;
    let status = child.wait_timeout(patience)?;
    // What the plugin has left running in the group goes, too; mostly there is nothing.
    let group = i32::try_from(child.id()).map(Pid::from_raw);
    if let Ok(group) = group {
        let _ = killpg(group, Signal::SIGKILL);
    }
    let ended = match status {
        None => {
            child.kill()?;
            child.wait()?;
            Ending::TimedOut(patience)
        }
        Some(status) => ending(status),
    };
    transcript(report.path(), ended)
}
