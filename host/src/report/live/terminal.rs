//! The terminal on stderr, while a screen has it to itself, and how it is given back: at the end, on an error, in a panic,
//! and before the process exits.
//!
//! The program carries a run out in a child process in a group of its own (see `cli::supervise`), to which the terminal's
//! keys do not go: taking the terminal includes making that group the one in the foreground. The parent remembers the
//! terminal with [`Remembered`] and mends it after a child that was killed.

use super::log_lines;
use nix::sys::signal::{SigSet, SigmaskHow, Signal};
use nix::sys::termios::{SetArg, Termios, tcgetattr, tcsetattr};
use nix::unistd::{Pid, getpgid, getpgrp, getppid, tcgetpgrp, tcsetpgrp};
use ratatui::crossterm::cursor::Show;
use ratatui::crossterm::execute;
use ratatui::crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use std::io::{self, IsTerminal, Write};
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

static TAKEN: AtomicBool = AtomicBool::new(false);

/// Why there is no screen to be had, if so.
pub fn missing() -> Option<&'static str> {
    if !io::stderr().is_terminal() {
        return Some("stderr is no terminal");
    }
    if !io::stdin().is_terminal() {
        return Some("stdin is no terminal, so there are no keys");
    }
    let front = tcgetpgrp(io::stderr());
    let before = getpgid(Some(getppid()));
    if front.is_ok_and(|front| front != getpgrp() && before != Ok(front)) {
        return Some("this program runs in the background");
    }
    let simple = std::env::var_os("TERM").is_none_or(|term| term.is_empty() || term == "dumb");
    simple.then_some("$TERM says that the terminal shows plain lines only")
}

/// Whether a screen has the terminal.
pub fn is_taken() -> bool {
    TAKEN.load(Ordering::SeqCst)
}

/// Takes the terminal: this process in the foreground, keys one by one, a screen of our own.
///
/// # Errors
/// The terminal does not take part.
pub(super) fn take() -> io::Result<()> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            release();
            before(panic);
        }));
    });
    to_foreground(getpgrp())?;
    TAKEN.store(true, Ordering::SeqCst);
    enable_raw_mode().and_then(|()| execute!(io::stderr(), EnterAlternateScreen)).inspect_err(|_| release())
}

/// Gives it back as it was, if it is taken, and prints what had to wait. Whoever ends the process has to call this before.
pub fn release() {
    if TAKEN.swap(false, Ordering::SeqCst) {
        // Nothing can be done about a terminal that is gone.
        let _ = execute!(io::stderr(), LeaveAlternateScreen, Show);
        let _ = disable_raw_mode();
        let _ = io::stderr().write_all(&log_lines::take_held());
    }
}

/// Makes a process group the one that the terminal's keys go to. Whoever asks from the background is stopped for it, unless
/// the signal is blocked.
fn to_foreground(group: Pid) -> io::Result<()> {
    let terminal = io::stderr();
    if tcgetpgrp(&terminal)? == group {
        return Ok(());
    }
    let signals = SigSet::from(Signal::SIGTTOU);
    let before = signals.thread_swap_mask(SigmaskHow::SIG_BLOCK)?;
    let done = tcsetpgrp(&terminal, group);
    before.thread_set_mask()?;
    Ok(done?)
}

/// How the terminal was before a child process took it.
#[derive(Debug)]
pub struct Remembered {
    modes: Termios,
}

impl Remembered {
    /// The terminal on stderr; nothing where there is none, or it is not ours to use.
    pub fn now() -> Option<Self> {
        let terminal = io::stderr();
        let ours = terminal.is_terminal() && tcgetpgrp(&terminal).is_ok_and(|group| group == getpgrp());
        ours.then(|| tcgetattr(&terminal).ok().map(|modes| Self { modes })).flatten()
    }

    /// The child has ended: the keys are ours again, and the terminal is as it was, whatever the child came to.
    pub fn restore(self) {
        let _ = to_foreground(getpgrp());
        let mut terminal = io::stderr();
        if tcgetattr(&terminal).is_ok_and(|now| now != self.modes) {
            let _ = execute!(terminal, LeaveAlternateScreen, Show);
            let _ = tcsetattr(&terminal, SetArg::TCSADRAIN, &self.modes);
        }
    }
}
