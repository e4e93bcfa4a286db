//! Why a statement got no answer, or no whole one.

use std::time::Duration;

use arrow::error::ArrowError;
use datafusion::error::DataFusionError;
use thiserror::Error;

/// Why a statement failed.
#[derive(Debug, Error)]
pub enum QueryError {
    /// There was no statement.
    #[error("cannot run an empty statement: send one SQL statement")]
    Empty,
    /// The text is too long.
    #[error("cannot read a statement of {bytes} bytes: the limit is {limit} bytes")]
    TooLong {
        /// Its length.
        bytes: usize,
        /// The longest that is read.
        limit: usize,
    },
    /// There were several statements.
    #[error("cannot run several statements at once: send one statement per request")]
    Several,
    /// Planning the statement would take too much.
    #[error("cannot plan this statement: it has more than {limit} {what}; split it or simplify it")]
    TooComplex {
        /// What it has too many of.
        what: &'static str,
        /// The most it may have.
        limit: usize,
    },
    /// The statement would change something.
    #[error(
        "cannot run {what}: this door is read-only, it takes select, explain, show and describe"
    )]
    ReadOnly {
        /// What it would do.
        what: String,
    },
    /// The statement does not fit the grammar or the tables.
    #[error("{0}")]
    Invalid(String),
    /// The statement met a value that it cannot work with.
    #[error("the statement failed: {0}")]
    Failed(String),
    /// The statement needs more memory or disk than there is for it.
    #[error(
        "the statement needs more than it may use: {0}; narrow it, for example by day or session_id"
    )]
    OverLimit(String),
    /// Too many statements are running.
    #[error("cannot run another statement: {running} are running; try again in a moment")]
    Busy {
        /// How many run.
        running: usize,
    },
    /// The statement took too long.
    #[error("the statement was stopped after {} seconds; narrow it, for example by day or session_id", .after.as_secs_f32())]
    Deadline {
        /// How long it was allowed to run.
        after: Duration,
    },
    /// The stored data could not be read, or the engine broke.
    #[error("cannot answer: {0}")]
    Internal(String),
}

/// What kind of answer an error gives over HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blame {
    /// The statement is wrong or refused: sending it again will not help.
    Statement,
    /// The statement is too long.
    Size,
    /// The server has too much to do.
    Load,
    /// The statement took too long.
    Time,
    /// The server.
    Server,
}

impl QueryError {
    /// The word for programs.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Empty => "empty_statement",
            Self::TooLong { .. } => "statement_too_long",
            Self::Several => "several_statements",
            Self::TooComplex { .. } => "statement_too_complex",
            Self::ReadOnly { .. } => "read_only",
            Self::Invalid(_) => "invalid_statement",
            Self::Failed(_) => "statement_failed",
            Self::OverLimit(_) => "over_limit",
            Self::Busy { .. } => "busy",
            Self::Deadline { .. } => "deadline",
            Self::Internal(_) => "internal",
        }
    }

    /// Whose fault it is.
    pub const fn blame(&self) -> Blame {
        match self {
            Self::TooLong { .. } => Blame::Size,
            Self::Busy { .. } => Blame::Load,
            Self::Deadline { .. } => Blame::Time,
            Self::Internal(_) => Blame::Server,
            _ => Blame::Statement,
        }
    }

    /// Whether the statement was turned away before it ran.
    pub const fn is_refusal(&self) -> bool {
        !matches!(
            self,
            Self::Failed(_) | Self::OverLimit(_) | Self::Deadline { .. } | Self::Internal(_)
        )
    }
}

impl From<DataFusionError> for QueryError {
    fn from(error: DataFusionError) -> Self {
        let text = || plain(&error.find_root().strip_backtrace());
        match error.find_root() {
            DataFusionError::SQL(..)
            | DataFusionError::Plan(_)
            | DataFusionError::SchemaError(..)
            | DataFusionError::NotImplemented(_)
            | DataFusionError::Configuration(_)
            | DataFusionError::Collection(_)
            | DataFusionError::Diagnostic(..) => Self::Invalid(text()),
            DataFusionError::ResourcesExhausted(_) => Self::OverLimit(text()),
            DataFusionError::Execution(_) => Self::Failed(text()),
            DataFusionError::ArrowError(cause, _) => match cause.as_ref() {
                ArrowError::IoError(..) | ArrowError::ExternalError(_) => Self::Internal(text()),
                _ => Self::Failed(text()),
            },
            _ => Self::Internal(text()),
        }
    }
}

impl From<ArrowError> for QueryError {
    fn from(error: ArrowError) -> Self {
        DataFusionError::from(error).into()
    }
}

/// What the engine says of itself before it says what is wrong.
const PREFIXES: &[&str] = &[
    "Error during planning: ",
    "Schema error: ",
    "SQL error: ",
    "This feature is not implemented: ",
    "Execution error: ",
    "Resources exhausted: ",
    "Arrow error: ",
    "Invalid or Unsupported Configuration: ",
    "External error: ",
];

/// Takes the engine's decoration off a message: our style is lower case, without a full stop.
fn plain(message: &str) -> String {
    let mut text = message;
    while let Some(rest) = PREFIXES.iter().find_map(|prefix| text.strip_prefix(prefix)) {
        text = rest;
    }
    let parser =
        text.strip_prefix("ParserError(\"").or_else(|| text.strip_prefix("TokenizerError(\""));
    let text = parser.and_then(|rest| rest.strip_suffix("\")")).unwrap_or(text);
    let mut letters = text.trim_end_matches(['.', '\n', ' ']).chars();
    let Some(first) = letters.next() else { return String::new() };
    let rest = letters.as_str();
    // A word in capitals is a keyword or a type and stays as it is.
    if rest.starts_with(|next: char| next.is_ascii_uppercase()) {
        return format!("{first}{rest}");
    }
    first.to_lowercase().chain(rest.chars()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Messages of the engine lose their decoration and keep what they say.
    #[test]
    fn messages_are_plain() {
        assert_eq!(
            plain("Error during planning: Invalid function 'nope'."),
            "invalid function 'nope'"
        );
        assert_eq!(
            plain("SQL error: ParserError(\"Expected: an expression\")"),
            "expected: an expression"
        );
        assert_eq!(plain("Execution error: DROP is odd"), "DROP is odd");
        assert_eq!(plain(""), "");
    }
}
