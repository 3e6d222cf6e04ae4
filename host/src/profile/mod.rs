//! Where a run's time goes (`--profile`): spans of the target [`TARGET`], added up in a table and kept as a Chrome trace.
//!
//! Code that does work names it by `span!`; nested spans make a tree. Without `--profile` no subscriber asks for them, and a
//! span costs one comparison. Knows nothing of training: only names, calls and times.

mod layer;
mod table;
mod trace;

pub use layer::layer;

use layer::Spans;
use std::path::Path;
use std::sync::{Mutex, OnceLock, PoisonError};

/// The target of all spans that are measured.
pub const TARGET: &str = "profile";

/// Work by its name, until the result is dropped; a label tells works of one name apart.
macro_rules! span {
    ($name:literal) => {
        tracing::trace_span!(target: $crate::profile::TARGET, $name).entered()
    };
    ($name:literal, $label:expr) => {
        tracing::trace_span!(target: $crate::profile::TARGET, $name, label = $label).entered()
    };
}
pub(crate) use span;

/// The measurements of this process, if it measures.
static PROFILE: OnceLock<Mutex<Spans>> = OnceLock::new();

/// From now on the process measures; to be called before plugins are loaded.
pub fn enable() {
    PROFILE.get_or_init(Mutex::default);
}

/// Whether the process measures.
pub fn enabled() -> bool {
    PROFILE.get().is_some()
}

fn with_spans<T>(body: impl FnOnce(&mut Spans) -> T) -> Option<T> {
    PROFILE.get().map(|spans| body(&mut spans.lock().unwrap_or_else(PoisonError::into_inner)))
}

/// Writes `profile.json` (Chrome's trace format) and `profile.txt` (the table) into a directory; returns the table. `None` if
/// nothing is measured.
///
/// # Errors
/// They cannot be written.
pub fn write(
    directory: &Path,
    write: impl Fn(&Path, &[u8]) -> std::io::Result<()>,
) -> std::io::Result<Option<String>> {
    let Some((trace, table)) = with_spans(|spans| (trace::json(spans), table::render(spans))) else {
        return Ok(None);
    };
    write(&directory.join("profile.json"), trace.as_bytes())?;
    write(&directory.join("profile.txt"), table.as_bytes())?;
    Ok(Some(table))
}
