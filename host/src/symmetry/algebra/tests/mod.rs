//! Tests across the files of the algebra; the matrices come from `fixtures`, closed-form values from textbooks.

mod fixtures;
mod recognition;
