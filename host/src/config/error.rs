//! What can be wrong with a configuration. Each variant prints as one sentence that says what, where,
//! what was found and what would be right; all of them are usage errors (exit code 2).

use std::path::PathBuf;

/// A configuration that can't be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file can't be read.
    #[error("cannot read the configuration file {}: {reason}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: std::io::Error,
    },
    /// Not TOML.
    #[error("{place} is not valid TOML at line {line}, column {column}: {message}")]
    Syntax {
        /// The file, or "the default experiment of plugin X".
        place: String,
        /// From 1.
        line: usize,
        /// From 1, in characters.
        column: usize,
        /// The parser's message.
        message: String,
    },
    /// A `--set` that is not `key=value`.
    #[error("cannot use `--set {given}`: {reason}; write it as key=value, e.g. --set training.steps=500")]
    Set {
        /// What was given.
        given: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A key that no version of this program knows.
    #[error("unknown key `{key}` in {place}; {hint}")]
    UnknownKey {
        /// Dotted.
        key: String,
        /// Where it was written.
        place: String,
        /// "did you mean …?" or the list of valid keys.
        hint: String,
    },
    /// A value of the wrong type.
    #[error("`{key}` in {place} is of the wrong type: found {found}, expected {expected}")]
    Type {
        /// Dotted.
        key: String,
        /// Where it was written, with the line where there is one.
        place: String,
        /// What was found.
        found: String,
        /// What is expected.
        expected: String,
    },
    /// A value out of its range.
    #[error("`{key}` is {found}: expected {expected}")]
    Value {
        /// Dotted.
        key: String,
        /// The value.
        found: String,
        /// What is expected.
        expected: String,
    },
    /// An option that the component does not have.
    #[error("{component} has no option `{option}`; {hint}")]
    UnknownOption {
        /// "plugin/component", possibly with its kind in front.
        component: String,
        /// The option.
        option: String,
        /// "did you mean …?" or the list of valid options.
        hint: String,
    },
    /// An option of the wrong type.
    #[error("option `{option}` of {component} is of the wrong type: found {found}, expected {expected}")]
    OptionType {
        /// "plugin/component", possibly with its kind in front.
        component: String,
        /// The option.
        option: String,
        /// What was found.
        found: String,
        /// What is expected.
        expected: String,
    },
    /// Nothing says what to train.
    #[error(
        "no {what} was chosen: name a plugin whose default experiment has one (--plugin NAME) \
         or set `{what}.component` (--set {what}.component=PLUGIN/COMPONENT)"
    )]
    Missing {
        /// "dataset" or "model".
        what: &'static str,
    },
}
