//! Ctrl-C and SIGTERM end a run between two steps, with a checkpoint; a second one ends it at once.

use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

static REQUESTED: AtomicBool = AtomicBool::new(false);

/// Watches the signals from now on. Without a handler (in a library use of this crate) they end the process.
pub fn watch_signals() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let handler = || {
            if REQUESTED.swap(true, Ordering::Relaxed) {
                crate::report::live::terminal::release();
                std::process::exit(crate::exit::ExitCode::Interrupted as i32);
            }
        };
        if let Err(error) = ctrlc::set_handler(handler) {
            tracing::warn!("signals are not watched, Ctrl-C ends the run without a checkpoint: {error}");
        }
    });
}

/// Whether the run, or the sweep, should end.
pub fn requested() -> bool {
    REQUESTED.load(Ordering::Relaxed)
}
