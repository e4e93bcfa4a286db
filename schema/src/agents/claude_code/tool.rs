//! Tool calls: which tool, and how the call ended.
//!
//! A refused call has no result, so a result is of a call that ran; it failed if `success` is
//! false. Why is told by the class of the error, without `OTEL_LOG_TOOL_DETAILS` by that alone,
//! and by texts that Claude Code itself writes, listed here word for word. A command that ends
//! with another code than 0 has failed (`ShellError`), but so has one that a person stopped:
//! this record does not tell them apart.

use crate::agents::claude_code::decision;
use crate::agents::claude_code::parameters::Parameters;
use crate::event::{EventColumns, Text};
use crate::normalise::attributes::SentAttributes;
use crate::vocabulary::{
    DecidedBy, Decision, DenialReason, FailureReason, Outcome, StatusCode, ToolKind,
};

/// What every tool of an MCP server is called in the logs.
pub(super) const MCP_TOOL: &str = "mcp_tool";
/// Before the server's name in the name of an MCP tool; the tool follows after `__`.
const MCP_PREFIX: &str = "mcp__";
/// The class of a command's failure.
const SHELL_ERROR: &str = "ShellError";

/// Reads which tool was called, and with what, as far as its kind makes that mean something.
pub(super) fn map_tool<'a>(sent: &SentAttributes<'a>, columns: &mut EventColumns<'a>) {
    let told = Parameters::read(sent.text("tool_parameters"));
    let input = Parameters::read(sent.text("tool_input"));
    map_server(sent, &told, columns);
    let own = |text: Option<String>| text.map(Text::Owned);
    match columns.tool_kind {
        Some(ToolKind::Shell) if columns.command.is_none() => {
            columns.command = own(told.full_command.or(input.command));
        }
        Some(ToolKind::File) if columns.path.is_none() => {
            columns.path = own(told.path.or(input.path));
        }
        Some(ToolKind::Web) if columns.url.is_none() => columns.url = own(told.url.or(input.url)),
        _ => {}
    }
    if columns.tool_kind == Some(ToolKind::Shell) && input.background {
        // The command was started, and may still run.
        columns.outcome = Some(Outcome::Unknown);
    }
}

/// Reads the tool's name, and of an MCP call the server's.
fn map_server<'a>(sent: &SentAttributes<'a>, told: &Parameters, columns: &mut EventColumns<'a>) {
    let source = sent.text("tool_source").unwrap_or_default();
    let is_mcp = source.ends_with("mcp")
        || sent.text("tool_name") == Some(MCP_TOOL)
        || sent.find("mcp_server_scope").is_some()
        || columns.mcp_server.is_some()
        || told.mcp_server.is_some();
    if !is_mcp {
        if let Some(tool) = columns.tool.clone() {
            map_name(&tool, columns);
        }
        return;
    }
    columns.tool_kind = Some(ToolKind::Mcp);
    let named = columns.tool.clone();
    let (server, tool) = named.as_deref().and_then(split).unzip();
    let own = |text: &str| Text::Owned(text.to_owned());
    columns.mcp_tool = told.mcp_tool.as_deref().or(tool).map(own);
    if columns.mcp_server.is_none() {
        columns.mcp_server = told.mcp_server.as_deref().or(server).map(own);
    }
    if columns.tool.is_none() {
        columns.tool = match (&columns.mcp_server, &columns.mcp_tool) {
            (Some(server), Some(tool)) => Some(Text::Owned(full_name(server, tool))),
            _ => Some(Text::Borrowed(MCP_TOOL)),
        };
    }
}

/// Reads a tool's name as the model calls it.
pub(super) fn map_name(name: &str, columns: &mut EventColumns<'_>) {
    if columns.tool.is_none() {
        columns.tool = Some(Text::Owned(name.to_owned()));
    }
    columns.tool_kind = Some(tool_kind(name));
    if let Some((server, tool)) = split(name) {
        columns.tool_kind = Some(ToolKind::Mcp);
        if columns.mcp_server.is_none() {
            columns.mcp_server = Some(Text::Owned(server.to_owned()));
        }
        columns.mcp_tool = Some(Text::Owned(tool.to_owned()));
    }
}

/// Server and tool of `mcp__server__tool`.
fn split(name: &str) -> Option<(&str, &str)> {
    let (server, tool) = name.strip_prefix(MCP_PREFIX)?.split_once("__")?;
    (!server.is_empty() && !tool.is_empty()).then_some((server, tool))
}

/// The name by which the model calls a tool: other characters than these become `_` in it.
fn full_name(server: &str, tool: &str) -> String {
    let plain = |name: &str| -> String {
        let keep = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        name.chars().map(|c| if keep(c) { c } else { '_' }).collect()
    };
    format!("{MCP_PREFIX}{}__{}", plain(server), plain(tool))
}

/// Builtin tools by name, over the versions.
fn tool_kind(tool: &str) -> ToolKind {
    match tool {
        "Bash" | "BashOutput" | "KillShell" | "KillBash" | "PowerShell" | "Monitor" => {
            ToolKind::Shell
        }
        "Read" | "Write" | "Edit" | "MultiEdit" | "NotebookEdit" | "NotebookRead" | "Glob"
        | "Grep" | "LS" | "LSP" => ToolKind::File,
        "WebFetch" | "WebSearch" => ToolKind::Web,
        "Agent" | "Task" => ToolKind::Subagent,
        MCP_TOOL => ToolKind::Mcp,
        _ => ToolKind::Other,
    }
}

/// Reads `tool_result`: the call, who had allowed it, and how it ended.
pub(super) fn map_result<'a>(sent: &SentAttributes<'a>, columns: &mut EventColumns<'a>) {
    map_tool(sent, columns);
    decision::map_repeated(sent, columns);
    map_end(sent, columns);
    if columns.error.is_none() {
        columns.error = sent.text("error_type").map(Text::Borrowed);
    }
    if columns.decision == Some(Decision::Deny) {
        columns.outcome = Some(Outcome::Denied);
    }
}

/// Reads how a call ended, from its result or from the span of its execution.
pub(super) fn map_end<'a>(sent: &SentAttributes<'a>, columns: &mut EventColumns<'a>) {
    let text = |key: &str| sent.text(key).unwrap_or_default();
    let class = [text("error_type"), text("error_class"), text("error.type")];
    let said = columns.error.as_deref().unwrap_or_default();
    let failed = columns.status_code == Some(StatusCode::Error)
        || !said.is_empty()
        || class.iter().any(|class| !class.is_empty());
    let ending = match sent.bool("success") {
        Some(true) if columns.outcome.is_none() => Ending::of(Outcome::Succeeded),
        Some(true) => return,
        None if !failed => return,
        _ => failure(columns.tool_kind, class, said),
    };
    columns.outcome = Some(ending.outcome);
    columns.failure_reason = ending.failure;
    columns.exit_code = ending.exit_code;
    if let Some((reason, by)) = ending.denial {
        columns.denial_reason = Some(reason);
        columns.decided_by = Some(by);
    }
}

/// How a call ended.
struct Ending {
    outcome: Outcome,
    failure: Option<FailureReason>,
    exit_code: Option<i64>,
    denial: Option<(DenialReason, DecidedBy)>,
}

impl Ending {
    fn of(outcome: Outcome) -> Self {
        Self { outcome, failure: None, exit_code: None, denial: None }
    }

    fn failed(reason: FailureReason) -> Self {
        Self { failure: Some(reason), ..Self::of(Outcome::Failed) }
    }

    fn denied(reason: DenialReason, by: DecidedBy) -> Self {
        Self { denial: Some((reason, by)), ..Self::of(Outcome::Denied) }
    }
}

/// Why a call that did not succeed did not.
fn failure(kind: Option<ToolKind>, class: [&str; 3], said: &str) -> Ending {
    let said = said.strip_prefix("<tool_use_error>").unwrap_or(said);
    let said = said.strip_prefix("Error: ").unwrap_or(said);
    if class.contains(&"AbortError") || said.starts_with("[Request interrupted by user") {
        return Ending::of(Outcome::Cancelled);
    }
    if said.starts_with("No such tool available") {
        return Ending::failed(FailureReason::NoSuchTool);
    }
    if said.starts_with("The user doesn't want to ") {
        return Ending::denied(DenialReason::UserDenied, DecidedBy::User);
    }
    if said.starts_with("Permission to use ") && said.contains(" has been denied") {
        return Ending::denied(DenialReason::PolicyDenied, DecidedBy::Policy);
    }
    if said.starts_with("Claude requested permissions to ") && said.contains("haven't granted") {
        return Ending::denied(DenialReason::NonInteractiveDenied, DecidedBy::Policy);
    }
    if said.starts_with("Command timed out") || said.starts_with("MCP error -32001") {
        return Ending::of(Outcome::TimedOut);
    }
    let shell = kind == Some(ToolKind::Shell)
        || class.contains(&SHELL_ERROR)
        || said.starts_with("Shell command failed");
    if shell {
        return Ending { exit_code: exit_code(said), ..Ending::of(Outcome::Failed) };
    }
    Ending::failed(FailureReason::ToolError)
}

/// The code that the first line of a command's error names; a command can print anything after.
fn exit_code(said: &str) -> Option<i64> {
    const MARK: &str = "exit code ";
    let line = said.lines().next()?.to_ascii_lowercase();
    let after = line.get(line.find(MARK)? + MARK.len()..)?;
    let end = after.find(|c: char| !c.is_ascii_digit()).unwrap_or(after.len());
    after.get(..end)?.parse().ok()
}
