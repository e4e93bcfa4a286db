//! goose: its spans are its own, after the functions that make them.
//!
//! `reply` is one prompt of a person; a subagent replies in a session of its own, below another
//! span. A tool's extension stands before its name (`developer__shell`), and every extension is
//! an MCP server. Log records are ordinary lines: `kind` stays `other`.
//!
//! Source: `crates/goose/src/agents` (the fields of `reply` and `dispatch_tool_call`).

use serde_json::Value;

use crate::agents::genai::keys::{self, content, text};
use crate::agents::genai::{messages, took, tool, tool_kind, trouble};
use crate::event::{EventColumns, Text};
use crate::normalise::attributes::SentAttributes;
use crate::vocabulary::{FailureReason, Kind, Outcome, PromptOrigin, ToolKind};

/// Whether goose makes spans by this name that mean something.
pub(super) fn knows(name: &str) -> bool {
    matches!(name, "reply" | "dispatch_tool_call" | "complete" | "stream_response_from_provider")
}

/// Maps one of them.
pub(super) fn map<'a>(sent: &SentAttributes<'a>, columns: &mut EventColumns<'a>) {
    match columns.name.as_deref().unwrap_or_default() {
        "reply" => {
            if columns.prompt.is_none() {
                columns.prompt = text(sent, &["trace_input"]);
            }
            columns.kind =
                Some(if columns.prompt.is_some() { Kind::Prompt } else { Kind::Session });
            let human = columns.prompt.is_some() && columns.parent_span_id.is_none();
            columns.prompt_origin = human.then_some(PromptOrigin::Human);
            columns.outcome = trouble(sent, columns);
        }
        "dispatch_tool_call" => map_call(sent, columns),
        _ => {
            columns.kind = Some(Kind::ModelRequest);
            columns.duration_ms = took(columns);
            keys::usage(sent, columns);
            columns.outcome = trouble(sent, columns);
            if columns.outcome.is_some() {
                columns.kind = Some(Kind::Error);
            }
        }
    }
}

/// A tool call: `input` is `{"tool", "arguments"}`.
fn map_call<'a>(sent: &SentAttributes<'a>, columns: &mut EventColumns<'a>) {
    columns.kind = Some(Kind::ToolCall);
    columns.duration_ms = took(columns);
    if let Some(input) = content(sent, &["input"]).and_then(|input| messages::parse(&input)) {
        let named = input.get("tool").or_else(|| input.get("name")).and_then(Value::as_str);
        columns.tool = named.map(|tool| Text::Owned(tool.to_owned()));
        let arguments = input.get("arguments").filter(|arguments| !arguments.is_null());
        columns.arguments = arguments.map(|arguments| Text::Owned(arguments.to_string()));
    }
    if columns.output.is_none() {
        columns.output = content(sent, &["output"]);
    }
    if let Some(tool) = columns.tool.as_deref().map(str::to_owned) {
        extension(&tool, columns);
    }
    tool::called_with(columns);
    let failed = columns.output.as_deref().is_some_and(tool::is_mcp_error);
    let answered = columns.output.as_ref().map(|_| Outcome::Succeeded);
    let ended = if failed { Some(Outcome::Failed) } else { answered };
    columns.outcome = trouble(sent, columns).or(ended).or(Some(Outcome::Unknown));
    columns.failure_reason =
        (columns.outcome == Some(Outcome::Failed)).then_some(FailureReason::ToolError);
}

/// The extension before a tool's name.
fn extension(tool: &str, columns: &mut EventColumns<'_>) {
    let kind = tool_kind::of(tool);
    columns.tool_kind = Some(kind);
    if let Some((server, name)) = tool.split_once("__") {
        columns.mcp_server = Some(Text::Owned(server.to_owned()));
        columns.mcp_tool = Some(Text::Owned(name.to_owned()));
        if kind == ToolKind::Other {
            columns.tool_kind = Some(ToolKind::Mcp);
        }
    }
}
