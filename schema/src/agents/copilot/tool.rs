//! Tool calls: which tool, with what, and how the call ended.
//!
//! Copilot calls a command that exits with 1 a success, and without an exit code nothing says how
//! a command ended. With content capture off an MCP tool's name is two SHA-256 sums, of the
//! server and of the tool, and the texts of refusals and errors are withheld.

use crate::agents::arguments::Arguments;
use crate::agents::copilot::refusal::{self, Refusal};
use crate::event::{EventColumns, Text};
use crate::normalise::attributes::SentAttributes;
use crate::vocabulary::{Decision, FailureReason, Outcome, StatusCode, ToolKind};

/// Hex digits of a SHA-256 sum.
const SUM_DIGITS: usize = 64;
/// What an aborted operation ends with.
const ABORTED: &str = "Operation aborted";
/// What a call ends with whose question was taken back.
const CANCELLED: &str = "The pending permission request was cancelled";
/// In the last line of a command's output, before the exit code.
const EXIT_CODE: &str = " completed with exit code ";

/// Reads an `execute_tool` span.
pub(super) fn map_call<'a>(sent: &SentAttributes<'a>, columns: &mut EventColumns<'a>) {
    fill_tool(sent, columns);
    fill_arguments(sent, columns);
    if columns.exit_code.is_none() && is_command(columns.tool.as_deref().unwrap_or_default()) {
        columns.exit_code = columns.output.as_deref().and_then(exit_code);
    }
    let message = columns.status_message.clone();
    let code = sent.text("error.type");
    let failed = code.is_some() || columns.status_code == Some(StatusCode::Error);
    if failed {
        let text = message.as_deref().unwrap_or_default();
        Ending::of_error(code.unwrap_or_default(), text).fill(columns);
        columns.error = message.or_else(|| code.map(Text::Borrowed));
    } else {
        columns.outcome = Some(match columns.exit_code {
            Some(0) => Outcome::Succeeded,
            Some(_) => Outcome::Failed,
            None if is_command(columns.tool.as_deref().unwrap_or_default()) => Outcome::Unknown,
            None => Outcome::Succeeded,
        });
    }
}

/// Reads which tool it was, and whose.
pub(super) fn fill_tool<'a>(sent: &SentAttributes<'a>, columns: &mut EventColumns<'a>) {
    if columns.mcp_server.is_none() {
        let hash = "github.copilot.tool.parameters.mcp_server_name_hash";
        columns.mcp_server = sent.text(hash).map(Text::Borrowed);
    }
    let Some(tool) = columns.tool.clone() else { return };
    if let Some((server, name)) = tool.split_once('/').filter(|(a, b)| is_sum(a) && is_sum(b)) {
        columns.mcp_server.get_or_insert_with(|| Text::Owned(server.to_owned()));
        columns.mcp_tool.get_or_insert_with(|| Text::Owned(name.to_owned()));
    }
    let is_mcp = columns.mcp_server.is_some()
        || columns.mcp_tool.is_some()
        || sent.find("github.copilot.mcp.server.transport").is_some();
    columns.tool_kind = Some(if is_mcp { ToolKind::Mcp } else { tool_kind(&tool) });
    if is_mcp && columns.mcp_tool.is_none() {
        columns.mcp_tool = Some(tool);
    }
}

fn is_sum(text: &str) -> bool {
    text.len() == SUM_DIGITS && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The tools of the command line and of the chat extension, by name.
fn tool_kind(tool: &str) -> ToolKind {
    match tool {
        "bash"
        | "powershell"
        | "read_bash"
        | "write_bash"
        | "stop_bash"
        | "list_bash"
        | "read_powershell"
        | "write_powershell"
        | "stop_powershell"
        | "list_powershell"
        | "local_shell"
        | "run_in_terminal"
        | "get_terminal_output"
        | "send_to_terminal"
        | "kill_terminal"
        | "create_and_run_task" => ToolKind::Shell,
        "view"
        | "edit"
        | "create"
        | "glob"
        | "grep"
        | "rg"
        | "apply_patch"
        | "str_replace_editor"
        | "read_file"
        | "readFile"
        | "create_file"
        | "create_directory"
        | "replace_string_in_file"
        | "multi_replace_string_in_file"
        | "insert_edit_into_file"
        | "list_dir"
        | "file_search"
        | "grep_search"
        | "edit_notebook_file"
        | "view_image" => ToolKind::File,
        "web_fetch" | "web_search" | "fetch_webpage" | "fetch" | "open_simple_browser" => {
            ToolKind::Web
        }
        "task" | "read_agent" | "list_agents" | "write_agent" | "runSubagent"
        | "search_subagent" => ToolKind::Subagent,
        _ if tool.starts_with("mcp_") => ToolKind::Mcp,
        _ => ToolKind::Other,
    }
}

/// Whether a tool runs a command and ends with it.
fn is_command(tool: &str) -> bool {
    matches!(tool, "bash" | "powershell" | "local_shell" | "run_in_terminal")
}

/// Reads the command, the file and the address. The attributes beside the arguments are cut by
/// some versions, so the arguments come first.
fn fill_arguments<'a>(sent: &SentAttributes<'a>, columns: &mut EventColumns<'a>) {
    let read = sent.text("gen_ai.tool.call.arguments").map(Arguments::read).unwrap_or_default();
    let also = |key: &str| sent.text(key).map(Text::Borrowed);
    match columns.tool_kind {
        Some(ToolKind::Shell) => {
            let cut = || also("github.copilot.tool.parameters.command");
            columns.command = read.command.or_else(cut);
        }
        Some(ToolKind::File) => {
            let beside = || also("github.copilot.tool.parameters.file_path");
            columns.path = read.path.or_else(beside);
        }
        Some(ToolKind::Web) => columns.url = read.url,
        _ => {}
    }
}

/// The exit code, from the line that Copilot writes under a command's output.
fn exit_code(output: &str) -> Option<i64> {
    let last = output.trim_end().lines().next_back()?;
    let inside = last.strip_prefix("<shellId: ")?.strip_suffix('>')?;
    inside.rsplit_once(EXIT_CODE)?.1.parse().ok()
}

/// How a call ended that did not succeed.
#[derive(Debug, PartialEq)]
pub(super) struct Ending {
    outcome: Outcome,
    failure: Option<FailureReason>,
    refusal: Refusal,
}

impl Ending {
    /// By the kind of error (`error.type` of the span, `github.copilot.error_code` of its event)
    /// and its text.
    pub(super) fn of_error(code: &str, text: &str) -> Self {
        let plain = |outcome| Self { outcome, failure: None, refusal: Refusal::UNEXPLAINED };
        let refused = |refusal| Self { refusal, ..plain(Outcome::Denied) };
        if text.starts_with(ABORTED) || text.starts_with(CANCELLED) {
            return plain(Outcome::Cancelled);
        }
        match (code, refusal::of_text(text)) {
            ("cancelled" | "aborted" | "AbortError", _) => plain(Outcome::Cancelled),
            ("timeout" | "timed_out" | "TimeoutError", _) => plain(Outcome::TimedOut),
            ("rejected", None) => refused(Refusal::USER),
            ("denied" | "rejected", found) => refused(found.unwrap_or(Refusal::UNEXPLAINED)),
            (_, Some(refusal)) => refused(refusal),
            _ => {
                let missing = text.starts_with("Tool '") && text.ends_with("' does not exist.");
                let failure =
                    if missing { FailureReason::NoSuchTool } else { FailureReason::ToolError };
                Self { failure: Some(failure), ..plain(Outcome::Failed) }
            }
        }
    }

    /// Fills the columns of an ending.
    pub(super) fn fill(self, columns: &mut EventColumns<'_>) {
        columns.outcome = Some(self.outcome);
        columns.failure_reason = self.failure;
        columns.decided_by = self.refusal.by;
        columns.denial_reason = self.refusal.reason;
        if self.outcome == Outcome::Denied {
            // A rule refuses without a permission span: this is where its decision shows.
            columns.decision = Some(Decision::Deny);
        }
    }
}
