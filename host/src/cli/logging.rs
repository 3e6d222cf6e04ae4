//! Where log lines go: to stderr as much as was asked for, and into the run directory's `log.jsonl`.
//!
//! The file is known only once the experiment is resolved; lines before that are kept and written first.

use super::arguments::{CommonOptions, LogFormat, ViewOptions};
use crate::profile;
use crate::report::live::{TARGET as PROGRESS, log_lines};
use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, fmt};

/// The log of the run: lines that wait for it, or the file.
enum Sink {
    Waiting(Vec<u8>),
    File(File),
}

/// A command without a run keeps no more than this.
const MOST_WAITING: usize = 1 << 20;

static SINK: Mutex<Sink> = Mutex::new(Sink::Waiting(Vec::new()));

/// Starts logging for the process. A second call changes nothing.
///
/// With `--watch`, the last lines are kept for a screen; with `--profile`, the process measures itself from now on.
pub fn start(options: CommonOptions, view: ViewOptions) {
    let (stderr_level, file_level) = levels(&options);
    // Where there is a terminal nobody sends these lines.
    let progress = if options.quiet { LevelFilter::OFF } else { LevelFilter::INFO };
    let stderr = fmt::layer().with_writer(|| Stderr).with_target(false);
    let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let stderr = match options.log_format.unwrap_or_default() {
        LogFormat::Json => stderr.json().boxed(),
        LogFormat::Text => stderr.without_time().with_ansi(io::stderr().is_terminal() && !plain).boxed(),
    };
    let file = fmt::layer().json().with_writer(|| RunLog);
    let screen = fmt::layer().with_writer(|| OnScreen).with_target(false).without_time().with_ansi(false);
    let layers = tracing_subscriber::registry()
        .with(stderr.with_filter(with_progress(stderr_level, progress)))
        .with(file.with_filter(with_progress(file_level, LevelFilter::OFF)))
        .with(view.profile.then(profile::layer))
        .with(view.watch.then(|| screen.with_filter(with_progress(LevelFilter::INFO, LevelFilter::OFF))));
    if view.profile {
        profile::enable();
    }
    // It fails only when a subscriber is installed already, which then stays.
    let _ = layers.try_init();
}

/// From now on the log of the run goes to this file.
///
/// # Errors
/// The file can't be opened or written.
pub fn attach(path: &Path) -> io::Result<()> {
    let mut file = File::options().append(true).create(true).open(path)?;
    let mut sink = SINK.lock().unwrap_or_else(PoisonError::into_inner);
    if let Sink::Waiting(lines) = &*sink {
        file.write_all(lines)?;
    }
    *sink = Sink::File(file);
    Ok(())
}

/// Levels on stderr and in the file.
fn levels(options: &CommonOptions) -> (LevelFilter, LevelFilter) {
    match (options.quiet, options.verbose) {
        (true, _) => (LevelFilter::ERROR, LevelFilter::INFO),
        (false, 0) => (LevelFilter::WARN, LevelFilter::INFO),
        (false, 1) => (LevelFilter::INFO, LevelFilter::INFO),
        (false, _) => (LevelFilter::DEBUG, LevelFilter::DEBUG),
    }
}

/// A level, and another one for the lines about progress, which are in metrics.jsonl already.
fn with_progress(level: LevelFilter, progress: LevelFilter) -> Targets {
    Targets::new().with_default(level).with_target(PROGRESS, progress)
}

/// What a screen shows of the log. One write is one whole line.
struct OnScreen;

impl Write for OnScreen {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        log_lines::remember(&String::from_utf8_lossy(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// stderr, past bars and screens. One write is one whole line.
struct Stderr;

impl Write for Stderr {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        log_lines::to_stderr(bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

/// The log of the run. One write is one whole line.
struct RunLog;

impl Write for RunLog {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut *SINK.lock().unwrap_or_else(PoisonError::into_inner) {
            Sink::Waiting(lines) if lines.len() + bytes.len() <= MOST_WAITING => lines.extend(bytes),
            Sink::Waiting(_) => {}
            Sink::File(file) => file.write_all(bytes)?,
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verbosity() {
        let options = |verbose, quiet| CommonOptions { verbose, quiet, ..CommonOptions::default() };
        assert_eq!(levels(&options(0, false)).0, LevelFilter::WARN);
        assert_eq!(levels(&options(1, false)).0, LevelFilter::INFO);
        assert_eq!(levels(&options(2, false)), (LevelFilter::DEBUG, LevelFilter::DEBUG));
        assert_eq!(levels(&options(0, true)), (LevelFilter::ERROR, LevelFilter::INFO));
    }
}
