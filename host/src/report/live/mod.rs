//! A run as it is seen while it trains: whatever a trainer tells reaches every [`Observer`] of the run, and there is no
//! other way out of the training loop.
//!
//! Observers that only show something: [`Bar`] on a terminal or [`Screen`] on the whole of it, [`Lines`] where there is
//! none. Those that keep something are files of the run directory: [`super::MetricsLog`] and [`super::EventLog`]. None of them changes a number of the run,
//! and none is asked in a step that nobody logs.

mod bar;
mod lines;
pub mod log_lines;
mod observer;
mod observers;
mod schedule;
mod screen;
pub mod terminal;

pub use bar::{Bar, Counter};
pub use lines::{Lines, TARGET};
pub use observer::{Observer, Rows, SpectrumReport, StageReport, StepReport};
pub use observers::Observers;
pub use schedule::{Planned, Schedule};
pub use screen::Screen;
