//! Log lines while a screen has the terminal: the last ones are shown on it, and those for stderr wait until it is gone.

use super::{bar, terminal};
use std::collections::VecDeque;
use std::io::{self, Write};
use std::sync::{Mutex, PoisonError};

/// Lines that a screen can show at most.
const SHOWN: usize = 64;
/// Bytes that wait at most; log.jsonl has them all.
const HELD: usize = 1 << 16;

static LAST: Mutex<VecDeque<String>> = Mutex::new(VecDeque::new());
static WAITING: Mutex<Vec<u8>> = Mutex::new(Vec::new());

/// Keeps a line for a screen.
pub fn remember(line: &str) {
    let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
    if last.len() == SHOWN {
        last.pop_front();
    }
    // What a plugin says could hold sequences that the terminal obeys.
    let plain = line.trim_end().chars().map(|char| if char.is_control() { ' ' } else { char });
    last.push_back(plain.collect());
}

/// The last lines, at most so many.
pub(super) fn last(count: usize) -> Vec<String> {
    let last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
    last.iter().skip(last.len().saturating_sub(count)).cloned().collect()
}

/// Writes whole lines to stderr, past bars and screens.
///
/// # Errors
/// stderr can't be written.
pub fn to_stderr(lines: &[u8]) -> io::Result<()> {
    if terminal::is_taken() {
        let mut waiting = WAITING.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() + lines.len() <= HELD {
            waiting.extend(lines);
        }
        return Ok(());
    }
    bar::aside(|| io::stderr().write_all(lines))
}

/// What had to wait.
pub(super) fn take_held() -> Vec<u8> {
    std::mem::take(&mut *WAITING.lock().unwrap_or_else(PoisonError::into_inner))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_lines_stay_without_what_a_terminal_would_obey() {
        for number in 0..SHOWN + 3 {
            remember(&format!("line {number}\u{1b}[2J\n"));
        }
        let last = last(2);
        assert_eq!(last, [format!("line {} [2J", SHOWN + 1), format!("line {} [2J", SHOWN + 2)]);
    }
}
