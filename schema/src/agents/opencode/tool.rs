//! Tools and how their calls ended.
//!
//! A call has two spans: `Tool.execute` says how it ended, `ai.toolCall` what it was called with
//! and what it gave back. Nothing marks the tools of an MCP server: they are called
//! `<server>_<tool>`, with `_` for what is no letter, digit, `-` or `_`. So a name that is not
//! built in and has a `_` is taken for one, and the server's name ends before the first.

use serde::Deserialize;
use serde_json::Value;

use crate::agents::arguments::Arguments;
use crate::event::{EventColumns, Text};
use crate::vocabulary::{DecidedBy, DenialReason, FailureReason, Outcome, StatusCode, ToolKind};

/// Results longer than this are not searched; they are stored all the same.
const SEARCH_LIMIT_BYTES: usize = 4 << 20;
/// The tool that stands in for a call that could not be made: of a tool that is not there, or
/// with arguments that do not fit.
const INVALID: &str = "invalid";
/// How the arguments of that tool say that the tool is not there.
const UNAVAILABLE: &str = "Model tried to call unavailable tool";
/// What a shell tool writes under the output of a command that it stopped.
const STOPPED: (&str, &str) =
    ("terminated command after exceeding timeout", "User aborted the command");

/// The tools that opencode brings, over its versions.
fn built_in(tool: &str) -> Option<ToolKind> {
    Some(match tool {
        "bash" | "shell" => ToolKind::Shell,
        "read" | "write" | "edit" | "multiedit" | "patch" | "apply_patch" | "glob" | "grep"
        | "list" | "ls" => ToolKind::File,
        "webfetch" | "websearch" | "codesearch" => ToolKind::Web,
        "task" | "task_status" => ToolKind::Subagent,
        "todowrite"
        | "todoread"
        | "skill"
        | "question"
        | "plan_enter"
        | "plan_exit"
        | "lsp"
        | "batch"
        | "list_mcp_resources"
        | "list_mcp_resource_templates"
        | "read_mcp_resource"
        | "external_directory"
        | "doom_loop"
        | "StructuredOutput"
        | INVALID => ToolKind::Other,
        _ => return None,
    })
}

/// Fills what a tool's name says of it.
pub(super) fn fill_kind(columns: &mut EventColumns<'_>) {
    let Some(tool) = columns.tool.as_deref() else { return };
    columns.tool_kind = Some(match (built_in(tool), tool.split_once('_')) {
        (Some(kind), _) => kind,
        (None, Some((server, name))) if !server.is_empty() && !name.is_empty() => {
            columns.mcp_server = Some(Text::Owned(server.to_owned()));
            columns.mcp_tool = Some(Text::Owned(name.to_owned()));
            ToolKind::Mcp
        }
        (None, _) => ToolKind::Other,
    });
}

/// Reads `Tool.execute`. Of a command it does not show the exit code, so not the outcome.
pub(super) fn map_execution(columns: &mut EventColumns<'_>) {
    fill_kind(columns);
    let tool = columns.tool.as_deref().unwrap_or_default();
    let untold = columns.tool_kind == Some(ToolKind::Shell);
    let invalid = tool == INVALID;
    if columns.status_code == Some(StatusCode::Error) {
        fill_failure(columns);
    } else if invalid {
        columns.outcome = Some(Outcome::Failed);
    } else if !untold {
        columns.outcome = Some(Outcome::Succeeded);
    }
}

/// What the result of a call says, besides its output.
#[derive(Debug, Default, Deserialize)]
struct Answer {
    #[serde(default)]
    output: Value,
    #[serde(default)]
    metadata: Metadata,
}

#[derive(Debug, Default, Deserialize)]
struct Metadata {
    #[serde(default)]
    exit: Option<Value>,
    #[serde(default)]
    truncated: Option<Value>,
}

impl Answer {
    fn read(result: &str) -> Option<Self> {
        if result.len() > SEARCH_LIMIT_BYTES {
            return None;
        }
        serde_json::from_str(result).ok()
    }

    fn exit_code(&self) -> Option<i64> {
        let exit = self.metadata.exit.as_ref()?;
        exit.as_i64().or_else(|| exit.as_str()?.parse().ok())
    }

    /// Whether what the tool itself wrote under the output says that it stopped the command.
    fn stopped(&self) -> Option<Outcome> {
        let note = self.output.as_str()?.trim_end().strip_suffix("_metadata>")?;
        let (_, note) = note.rsplit_once("_metadata>")?;
        if note.contains(STOPPED.0) {
            return Some(Outcome::TimedOut);
        }
        note.contains(STOPPED.1).then_some(Outcome::Cancelled)
    }
}

/// Reads `ai.toolCall`.
pub(super) fn map_call(columns: &mut EventColumns<'_>) {
    fill_kind(columns);
    let arguments = columns.arguments.clone().unwrap_or_default();
    fill_arguments(&arguments, columns);
    let answer = columns.output.as_deref().and_then(Answer::read).unwrap_or_default();
    columns.exit_code = answer.exit_code();
    columns.content_truncated = answer.metadata.truncated.as_ref().and_then(Value::as_bool);
    if columns.status_code == Some(StatusCode::Error) {
        fill_failure(columns);
    } else if columns.tool.as_deref() == Some(INVALID) {
        columns.outcome = Some(Outcome::Failed);
        if arguments.contains(UNAVAILABLE) {
            columns.failure_reason = Some(FailureReason::NoSuchTool);
        }
    } else if columns.output.is_some() {
        columns.outcome = answer.stopped().or(Some(match columns.exit_code {
            Some(0) => Outcome::Succeeded,
            Some(_) => Outcome::Failed,
            None if columns.tool_kind == Some(ToolKind::Shell) => Outcome::Unknown,
            None => Outcome::Succeeded,
        }));
    }
}

fn fill_arguments(arguments: &str, columns: &mut EventColumns<'_>) {
    let read = Arguments::read(arguments);
    let own = |text: Option<Text<'_>>| text.map(|text| Text::Owned(text.into_owned()));
    match columns.tool_kind {
        Some(ToolKind::Shell) => columns.command = own(read.command),
        Some(ToolKind::File) => columns.path = own(read.path),
        Some(ToolKind::Web) => columns.url = own(read.url),
        _ => {}
    }
}

/// Fills how a call ended whose span failed.
fn fill_failure(columns: &mut EventColumns<'_>) {
    let text = columns.status_message.clone();
    let failure = Failure::of(text.as_deref().unwrap_or_default());
    failure.fill(columns);
    columns.error = text;
}

/// What a failure was, by the texts that opencode itself writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Failure {
    /// A rule forbade it.
    Rule,
    /// The question was answered with no. `opencode run` says so itself where nobody can be
    /// asked, in the same words as for a person.
    Rejected,
    /// A person said no and what to do instead.
    Corrected,
    /// It was called off.
    Cancelled,
    /// The tool reported an error.
    Tool,
}

impl Failure {
    /// Reads the text of an error.
    pub(super) fn of(text: &str) -> Self {
        const TEXTS: &[(&str, Failure)] = &[
            ("The user has specified a rule which prevents you from using", Failure::Rule),
            (
                "The user rejected permission to use this specific tool call with the following feedback",
                Failure::Corrected,
            ),
            ("The user rejected permission to use this specific tool call", Failure::Rejected),
            ("The user dismissed this question", Failure::Cancelled),
            ("Tool execution aborted", Failure::Cancelled),
            ("The operation was aborted", Failure::Cancelled),
            ("All fibers interrupted without error", Failure::Cancelled),
        ];
        TEXTS.iter().find(|(start, _)| text.starts_with(start)).map_or(Self::Tool, |(_, it)| *it)
    }

    /// Reads the type of an exception; `None` for one that is not about permission.
    pub(super) fn of_type(name: &str) -> Option<Self> {
        Some(match name {
            "PermissionDeniedError" => Self::Rule,
            "PermissionRejectedError" => Self::Rejected,
            "PermissionCorrectedError" => Self::Corrected,
            "QuestionRejectedError" => Self::Cancelled,
            _ => return None,
        })
    }

    /// Who said no, and why; `None` if nobody did.
    pub(super) const fn refusal(self) -> Option<(DecidedBy, Option<DenialReason>)> {
        match self {
            Self::Rule => Some((DecidedBy::Policy, Some(DenialReason::PolicyDenied))),
            Self::Rejected => Some((DecidedBy::Unknown, None)),
            Self::Corrected => Some((DecidedBy::User, Some(DenialReason::UserDenied))),
            Self::Cancelled | Self::Tool => None,
        }
    }

    /// Fills the columns of an outcome.
    pub(super) fn fill(self, columns: &mut EventColumns<'_>) {
        if let Some((by, reason)) = self.refusal() {
            columns.outcome = Some(Outcome::Denied);
            columns.decided_by = Some(by);
            columns.denial_reason = reason;
        } else if self == Self::Cancelled {
            columns.outcome = Some(Outcome::Cancelled);
        } else {
            columns.outcome = Some(Outcome::Failed);
            columns.failure_reason = Some(FailureReason::ToolError);
        }
    }
}
