//! How a command ends: its error and the exit code that goes with it.

use std::process::ExitCode;

/// Why a command did not do what it was asked.
#[derive(Debug)]
pub(crate) enum Failure {
    /// It failed. Exit code 1.
    Failed(anyhow::Error),
    /// It was asked wrongly. Exit code 2.
    Usage(String),
    /// Nobody answered at that address. Exit code 3.
    Unreachable(String),
    /// What was checked does not hold. Exit code 4.
    DoesNotHold(String),
}

impl Failure {
    pub(crate) fn code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::Failed(_) => 1,
            Self::Usage(_) => 2,
            Self::Unreachable(_) => 3,
            Self::DoesNotHold(_) => 4,
        })
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Failed(error) => write!(f, "{error:#}"),
            Self::Usage(what) | Self::Unreachable(what) | Self::DoesNotHold(what) => {
                f.write_str(what)
            }
        }
    }
}

impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// How a command ends.
pub(crate) type Outcome = Result<(), Failure>;
