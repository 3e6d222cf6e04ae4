//! Tests across the files of the algebra; the matrices come from `fixtures`, expected values from closed forms
//! and from `golden` (SymPy).

mod closed_forms;
mod fixtures;
mod identities;
mod reading;
mod recognition;
mod standard;
