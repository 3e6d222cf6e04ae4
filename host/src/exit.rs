//! Exit codes: which kind of failure an error is, decided in one place from the types in its chain.

use crate::config::ConfigError;
use crate::plugins::{FindError, LoadError, Refusal};
use crate::report::RunDirectoryError;

/// How the program ends. The numbers are documented in `--help` and relied upon by scripts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum ExitCode {
    /// Everything was done.
    Done = 0,
    /// The run failed.
    Failed = 1,
    /// The command line or the configuration can't be used.
    Usage = 2,
    /// A plugin was refused.
    Refused = 3,
    /// Interrupted by a signal; a checkpoint was written.
    Interrupted = 130,
}

impl From<ExitCode> for std::process::ExitCode {
    fn from(code: ExitCode) -> Self {
        Self::from(code as u8)
    }
}

/// An error that says its own exit code.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{message}")]
pub struct Coded {
    /// The code.
    pub code: ExitCode,
    /// One sentence.
    pub message: String,
}

impl Coded {
    /// A mistake on the command line or in the configuration.
    pub fn usage(message: impl Into<String>) -> Self {
        Self { code: ExitCode::Usage, message: message.into() }
    }

    /// Something that went wrong at work.
    pub fn failed(message: impl Into<String>) -> Self {
        Self { code: ExitCode::Failed, message: message.into() }
    }

    /// A plugin that can't be used.
    pub fn refused(message: impl Into<String>) -> Self {
        Self { code: ExitCode::Refused, message: message.into() }
    }
}

/// The user ended the run.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("interrupted after step {step}; a checkpoint was written")]
pub struct Interrupted {
    /// Steps done.
    pub step: u64,
}

/// The code of the outermost error in the chain that has one; [`ExitCode::Failed`] when none has.
pub fn code_of(error: &anyhow::Error) -> ExitCode {
    error.chain().find_map(own_code).unwrap_or(ExitCode::Failed)
}

fn own_code(error: &(dyn std::error::Error + 'static)) -> Option<ExitCode> {
    if let Some(coded) = error.downcast_ref::<Coded>() {
        return Some(coded.code);
    }
    if let Some(find) = error.downcast_ref::<FindError>() {
        return Some(if matches!(find, FindError::Refused(_)) { ExitCode::Refused } else { ExitCode::Usage });
    }
    if error.is::<Refusal>() || error.is::<LoadError>() {
        return Some(ExitCode::Refused);
    }
    if error.is::<Interrupted>() {
        return Some(ExitCode::Interrupted);
    }
    (error.is::<ConfigError>() || error.is::<RunDirectoryError>()).then_some(ExitCode::Usage)
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::{Context, anyhow};

    #[test]
    fn codes_are_found_under_context() {
        let refusal = || Refusal::Empty { path: "x.so".into() };
        let cases = [
            (anyhow!("anything"), ExitCode::Failed),
            (ConfigError::Missing { what: "dataset" }.into(), ExitCode::Usage),
            (RunDirectoryError::NotEmpty { path: "runs".into() }.into(), ExitCode::Usage),
            (FindError::NoFile { path: "x.so".into() }.into(), ExitCode::Usage),
            (FindError::Refused(refusal()).into(), ExitCode::Refused),
            (refusal().into(), ExitCode::Refused),
            (Interrupted { step: 7 }.into(), ExitCode::Interrupted),
            (Coded::usage("so").into(), ExitCode::Usage),
            (Coded::refused("so").into(), ExitCode::Refused),
        ];
        for (error, code) in cases {
            assert_eq!(code_of(&error), code, "{error}");
            let wrapped = Err::<(), _>(error).context("while running").expect_err("it is an error");
            assert_eq!(code_of(&wrapped), code, "{wrapped:#}");
        }
    }
}
