//! Tool calls: which tool, and how the call ended.
//!
//! `success` is no outcome: a command that exits with 1 was a success for Codex, and a refusal
//! shows only in the text of the output. What a text must look like to count is listed here,
//! word for word.

use crate::agents::arguments::Arguments;
use crate::event::{EventColumns, Text};
use crate::normalise::attributes::SentAttributes;
use crate::vocabulary::{DecidedBy, DenialReason, FailureReason, Outcome, ToolKind};

/// Before the server's name in the namespace of an MCP tool.
const MCP_NAMESPACE: &str = "mcp__";
/// Before the exit code, in the lines that Codex puts in front of a command's output.
const EXIT_CODE: &str = "Process exited with code ";
/// The last of those lines.
const OUTPUT_FOLLOWS: &str = "Output:";

/// Reads which tool was called. The namespace stays among the attributes.
pub(super) fn map_tool<'a>(sent: &SentAttributes<'a>, columns: &mut EventColumns<'a>) {
    let namespace = sent.text("tool_namespace").unwrap_or_default();
    let server = namespace.strip_prefix(MCP_NAMESPACE).map(|name| name.trim_end_matches('_'));
    if columns.mcp_server.is_none() {
        columns.mcp_server = server.filter(|name| !name.is_empty()).map(Text::Borrowed);
    }
    let Some(tool) = columns.tool.clone() else { return };
    let kind =
        if columns.mcp_server.is_some() { ToolKind::Mcp } else { tool_kind(namespace, &tool) };
    columns.tool_kind = Some(kind);
    if kind == ToolKind::Mcp {
        columns.mcp_tool = Some(tool);
    }
}

/// Builtin tools by name, over the versions of Codex.
pub(super) fn tool_kind(namespace: &str, tool: &str) -> ToolKind {
    match tool {
        "exec_command" | "write_stdin" | "unified_exec" | "shell" | "shell_command"
        | "local_shell" | "container.exec" => ToolKind::Shell,
        "apply_patch" | "read_file" | "list_dir" | "grep_files" | "view_image" => ToolKind::File,
        "web_search" | "web_fetch" | "network_access" => ToolKind::Web,
        "spawn_agent" | "wait_agent" | "send_input" | "close_agent" | "resume_agent" => {
            ToolKind::Subagent
        }
        _ if namespace.starts_with("multi_agent") => ToolKind::Subagent,
        _ => ToolKind::Other,
    }
}

/// Reads how a call ended.
pub(super) fn map_result<'a>(sent: &SentAttributes<'a>, columns: &mut EventColumns<'a>) {
    map_tool(sent, columns);
    let kind = columns.tool_kind.unwrap_or(ToolKind::Other);
    if let Some(arguments) = sent.text("arguments") {
        let read = Arguments::read(arguments);
        match kind {
            ToolKind::Shell => columns.command = read.command,
            ToolKind::File => columns.path = read.path,
            ToolKind::Web => columns.url = read.url,
            ToolKind::Mcp | ToolKind::Subagent | ToolKind::Other => {}
        }
    }
    let output = columns.output.as_deref().unwrap_or_default();
    let ending = ending(kind, sent.bool("success"), output);
    columns.exit_code = ending.exit_code;
    columns.outcome = ending.outcome;
    columns.failure_reason = ending.failure;
    if let Some((reason, by)) = ending.denial {
        columns.denial_reason = reason;
        columns.decided_by = by;
    }
}

/// How a call ended.
#[derive(Debug, Default, PartialEq)]
struct Ending {
    outcome: Option<Outcome>,
    exit_code: Option<i64>,
    failure: Option<FailureReason>,
    denial: Option<(Option<DenialReason>, Option<DecidedBy>)>,
}

impl Ending {
    fn failed(reason: Option<FailureReason>) -> Self {
        Self { outcome: Some(Outcome::Failed), failure: reason, ..Self::default() }
    }

    fn denied(reason: Option<DenialReason>, by: Option<DecidedBy>) -> Self {
        let denial = Some((reason, by));
        Self { outcome: Some(Outcome::Denied), denial, ..Self::default() }
    }
}

fn ending(kind: ToolKind, success: Option<bool>, output: &str) -> Ending {
    if kind == ToolKind::Shell
        && let Some(code) = exit_code(output)
    {
        let outcome = if code == 0 { Outcome::Succeeded } else { Outcome::Failed };
        return Ending { outcome: Some(outcome), exit_code: Some(code), ..Ending::default() };
    }
    match success {
        // A command without an exit code may still run.
        Some(true) if kind == ToolKind::Shell => {
            Ending { outcome: Some(Outcome::Unknown), ..Ending::default() }
        }
        Some(true) => Ending { outcome: Some(Outcome::Succeeded), ..Ending::default() },
        Some(false) => failure(kind, output),
        None => Ending::default(),
    }
}

/// Why a call that did not succeed did not: by the texts that Codex itself writes.
fn failure(kind: ToolKind, output: &str) -> Ending {
    let said = if kind == ToolKind::Mcp { mcp_answer(output) } else { output };
    if output.starts_with("approval policy is Never; reject command")
        || said == "MCP tool call requires approval, but approval policy is never"
    {
        return Ending::denied(Some(DenialReason::PolicyDenied), Some(DecidedBy::Policy));
    }
    if said == "user cancelled MCP tool call" {
        return Ending { outcome: Some(Outcome::Cancelled), ..Ending::default() };
    }
    let rejected = output
        .strip_prefix("exec_command failed: CreateProcess { message: \"")
        .unwrap_or(output)
        .strip_prefix("Rejected(");
    if let Some(reason) = rejected {
        let reviewer = "This action was rejected due to unacceptable risk.";
        if reason.trim_start_matches(['\\', '"']).starts_with(reviewer) {
            let reason = Some(DenialReason::ReviewerDenied);
            return Ending::denied(reason, Some(DecidedBy::AiReviewer));
        }
        // A policy, a hook or a person: the decision says which, not this text.
        return Ending::denied(None, None);
    }
    if output.starts_with("unsupported call: ") {
        return Ending::failed(Some(FailureReason::NoSuchTool));
    }
    if output
        .strip_prefix("exec_command failed: ProcessFailed { message: \"Network access to ")
        .is_some_and(|rest| rest.contains(" was blocked: "))
    {
        return Ending::failed(Some(FailureReason::NetworkBlocked));
    }
    Ending::failed((kind == ToolKind::Mcp).then_some(FailureReason::ToolError))
}

/// What an MCP tool answered, without the lines in front of it.
fn mcp_answer(output: &str) -> &str {
    output
        .strip_prefix("Wall time: ")
        .and_then(|rest| rest.split_once("\nOutput:\n"))
        .map_or(output, |(_, answer)| answer)
        .trim_end()
}

/// The exit code, from the lines in front of the output only: a command can print anything.
fn exit_code(output: &str) -> Option<i64> {
    let mut header = output.lines().take_while(|line| *line != OUTPUT_FOLLOWS);
    header.find_map(|line| line.strip_prefix(EXIT_CODE)?.parse().ok())
}

/// Reads what the sandbox did to a command; it is written only when something was wrong.
pub(super) fn map_sandbox_outcome<'a>(sent: &SentAttributes<'a>, columns: &mut EventColumns<'a>) {
    map_tool(sent, columns);
    columns.outcome = match sent.text("outcome").unwrap_or_default() {
        "denied" => Some(Outcome::Denied),
        "timed_out" => Some(Outcome::TimedOut),
        "signal" => Some(Outcome::Failed),
        _ => None,
    };
    if columns.outcome == Some(Outcome::Denied) {
        columns.denial_reason = Some(DenialReason::PolicyDenied);
        columns.decided_by = Some(DecidedBy::Policy);
    }
}
