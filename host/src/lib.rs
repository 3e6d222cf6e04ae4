//! The host of SEMoLA plugins: finds the continuous symmetries in a data set and trains any model to respect
//! them. See the crate's README for the command line.

pub mod cli;
pub mod collective;
pub mod config;
pub mod contract;
pub mod data;
pub mod engine;
pub mod evaluation;
pub mod exit;
pub mod interrupt;
pub mod objective;
pub mod plugins;
pub mod profile;
pub mod report;
pub mod sweep;
pub mod symmetry;
pub mod torch;
pub mod training;
