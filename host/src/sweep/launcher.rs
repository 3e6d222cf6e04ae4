//! Where runs are carried out. The sweep decides what is run; a launcher starts it, tells when it has ended, and can ask it
//! to stop.
//!
//! There is one, [`Local`]: child processes of this program, or of `srun` or `mpirun` that start it elsewhere and pass on its end.

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Read, Seek};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

/// Set in children: they are to stop in good order when the sweep goes.
pub const CHILD: &str = "SEMOLA_SWEEP_CHILD";

/// Starts runs.
pub trait Launcher {
    /// Starts this program with these arguments.
    ///
    /// # Errors
    /// It cannot be started.
    fn start(&self, arguments: &[OsString]) -> io::Result<Box<dyn Job>>;
}

/// A run at work.
pub trait Job {
    /// How it ended; `None` while it goes on.
    ///
    /// # Errors
    /// It cannot be told.
    fn ended(&mut self) -> io::Result<Option<Ended>>;

    /// Asks it to write a checkpoint and end. A second time it may end without.
    fn interrupt(&mut self);
}

/// How a run's process ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Its exit code; `None` where a signal ended it.
    pub code: Option<i32>,
    /// Its last sentence, without "error: ".
    pub said: String,
}

/// Child processes on this machine.
#[derive(Clone, Debug)]
pub struct Local {
    /// What stands in front of the program: nothing, or the command that starts it on another machine.
    pub prefix: Vec<OsString>,
    /// This program.
    pub program: PathBuf,
    /// Their working directory: that of the sweep's start, where relative paths of the experiment begin.
    pub directory: PathBuf,
}

impl Launcher for Local {
    fn start(&self, arguments: &[OsString]) -> io::Result<Box<dyn Job>> {
        let stderr = tempfile::tempfile()?;
        let words: Vec<&OsStr> =
            self.prefix.iter().map(OsString::as_os_str).chain([self.program.as_os_str()]).collect();
        let child = Command::new(words[0])
            .args(&words[1..])
            .args(arguments)
            .current_dir(&self.directory)
            .env(CHILD, "1")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(stderr.try_clone()?)
            // The terminal's Ctrl-C reaches the sweep alone, which passes it on once.
            .process_group(0)
            .spawn()?;
        Ok(Box::new(LocalJob { child, stderr }))
    }
}

#[derive(Debug)]
struct LocalJob {
    child: Child,
    stderr: File,
}

impl Job for LocalJob {
    fn ended(&mut self) -> io::Result<Option<Ended>> {
        let Some(status) = self.child.try_wait()? else { return Ok(None) };
        let mut bytes = Vec::new();
        self.stderr.rewind()?;
        self.stderr.read_to_end(&mut bytes)?;
        Ok(Some(Ended { code: status.code(), said: last_sentence(&String::from_utf8_lossy(&bytes)) }))
    }

    fn interrupt(&mut self) {
        if let Ok(pid) = i32::try_from(self.child.id()) {
            // Not SIGINT, which processes started in the background of a script ignore. It may have ended in this moment.
            let _ = kill(Pid::from_raw(pid), Signal::SIGTERM);
        }
    }
}

impl Drop for LocalJob {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            self.interrupt();
        }
    }
}

/// The error in what a process wrote to stderr, which may be several lines; otherwise its last line.
fn last_sentence(stderr: &str) -> String {
    let text = match stderr.rfind("error: ") {
        Some(start) if start == 0 || stderr[..start].ends_with('\n') => &stderr[start + "error: ".len()..],
        _ => stderr.lines().last().unwrap_or(""),
    };
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, Instant};

    fn outcome(arguments: &[&str], interrupted: bool) -> Ended {
        // A prefix that changes nothing.
        let prefix = vec!["env".into(), "SOMETHING=1".into()];
        let local = Local { prefix, program: "/bin/sh".into(), directory: "/".into() };
        let arguments: Vec<OsString> = arguments.iter().map(OsString::from).collect();
        let mut job = local.start(&arguments).expect("there is a shell");
        let patience = Instant::now() + Duration::from_secs(20);
        if interrupted {
            std::thread::sleep(Duration::from_millis(200));
            job.interrupt();
        }
        loop {
            assert!(Instant::now() < patience, "it ends");
            if let Some(ended) = job.ended().expect("it can be told") {
                return ended;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    #[test]
    fn a_job_ends_with_its_code_and_sentence() {
        let done = outcome(&["-c", "exit 0"], false);
        assert_eq!(done, Ended { code: Some(0), said: String::new() });
        let failed = outcome(&["-c", "echo warning >&2; echo 'error: no such  thing' >&2; exit 3"], false);
        assert_eq!(failed, Ended { code: Some(3), said: "no such thing".into() });
        let told = outcome(&["-c", "echo first >&2; echo second >&2; exit 1"], false);
        assert_eq!(told.said, "second");
        assert_eq!(
            outcome(&["-c", "trap 'exit 130' TERM; while :; do sleep 0.05; done"], true).code,
            Some(130)
        );
        assert_eq!(outcome(&["-c", "sleep 30"], true).code, None);
    }
}
