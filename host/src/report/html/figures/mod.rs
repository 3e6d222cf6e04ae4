//! The figures of a report, one file a kind. Each is a function of the summary, the metrics or the orbits.

pub(super) mod along;
pub(super) mod components;
pub(super) mod errors;
pub(super) mod extent;
pub(super) mod heat_map;
pub(super) mod losses;
pub(super) mod means;
pub(super) mod orbits;
pub(super) mod spectrum;
