//! A run goes on in a child process, so that a plugin that crashes, aborts or exits ends the run and not the program:
//! this process waits and tells what happened.

use super::arguments::{Cli, Command};
use crate::collective;
use crate::exit::ExitCode;
use crate::plugins::probe::{self, Ending, Line};
use crate::report::live::terminal::Remembered;
use crate::sweep;

/// Set to run in one process, for debuggers and profilers.
const ONE_PROCESS: &str = "SEMOLA_ONE_PROCESS";

/// Carries the command out in a child process where it runs code of plugins at length; returns its exit code. `None`:
/// it is to be carried out here.
pub fn supervise(cli: &Cli) -> Option<std::process::ExitCode> {
    let runs = matches!(
        cli.command,
        None | Some(
            Command::Train(_)
                | Command::Discover(_)
                | Command::Resume { .. }
                | Command::Eval { .. }
                | Command::Predict { .. }
        )
    );
    if !runs {
        return None;
    }
    // A run of a sweep stops in good order when the sweep goes, however that went.
    if std::env::var_os(sweep::CHILD).is_some() {
        probe::stop_with_parent();
    }
    // MPI knows the process that it has started, and ends all when one ends.
    if std::env::var_os(ONE_PROCESS).is_some() || collective::launched().is_some() {
        return None;
    }
    // The child may be killed while it has the terminal to itself.
    let terminal = if cli.view().watch { Remembered::now() } else { None };
    let attended = probe::attend();
    if let (Some(terminal), Ok(Some(_))) = (terminal, &attended) {
        terminal.restore();
    }
    let transcript = match attended {
        Ok(Some(transcript)) => transcript,
        Ok(None) => return None,
        Err(error) => {
            tracing::warn!("a run without a process of its own: {error}");
            return None;
        }
    };
    if transcript.lines.contains(&Line::Finished)
        && let Ending::Exited(code) = transcript.ending
    {
        return Some(u8::try_from(code).unwrap_or(ExitCode::Failed as u8).into());
    }
    let stage = transcript.last_begun().map_or_else(String::new, |what| format!(" during: {what}"));
    let cause = match transcript.ending {
        _ if transcript.killed_from_outside() => {
            "something ended the process from outside, the system for want of memory perhaps".to_owned()
        }
        _ => transcript.death().unwrap_or_else(|| "the process ended early".into()).replacen(
            "it ",
            "a plugin ",
            1,
        ),
    };
    eprintln!(
        "error: the run ended abruptly{stage}: {cause}; what it wrote before is in its run directory, from \
         which `semola-host resume` goes on; `semola-host plugin check` tries its plugins one by one"
    );
    Some(ExitCode::Failed.into())
}
