//! What a run leaves behind: the run directory and its files, the summary for programs and for people, the report with
//! its figures, what is to be seen while the run goes on.
//!
//! Nothing here computes results; it writes those that it is given. Files are written atomically (a reader,
//! or a kill -9, never meets half a file) except for the logs, which grow by whole lines and records.

pub mod arrays;
pub mod compare;
pub(crate) mod document;
pub mod export;
pub mod generators;
pub mod html;
pub mod invocation;
pub mod live;
pub mod metrics;
pub mod orbits;
pub mod process;
pub mod run_directory;
pub mod summary;
pub mod tensorboard;
pub mod text;

pub use arrays::{Array, Values};
pub use invocation::Invocation;
pub use metrics::{MetricsLine, MetricsLog, MetricsRecord};
pub use process::{available_memory, peak_rss_mib};
pub use run_directory::{RunDirectory, RunDirectoryError, kept_checkpoint, write_atomic};
pub use summary::Summary;
pub use tensorboard::EventLog;
