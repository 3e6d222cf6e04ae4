//! The host of SEMoLA plugins: finds the continuous symmetries in a data set and trains any model to respect
//! them. See the crate's README for the command line.

pub mod cli;
pub mod config;
pub mod exit;
pub mod plugins;
pub mod report;
