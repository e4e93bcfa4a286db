//! Tool calls: which tool, with what, and how the call ended.
//!
//! The span's status and `error.type` say it, and LangGraph's message of the tool. Otherwise the
//! result does: a command's exit code in its first line, an MCP result that is marked as an
//! error, and the very words in which the OpenAI Agents SDK reports an error or a refusal.

use serde_json::Value;

use crate::agents::arguments::Arguments;
use crate::agents::genai::keys::{self, content, text};
use crate::agents::genai::openinference::{self, tool_message};
use crate::agents::genai::{messages, took, tool_kind, trouble};
use crate::event::{EventColumns, Text};
use crate::normalise::attributes::SentAttributes;
use crate::vocabulary::{Agent, DenialReason, FailureReason, Kind, Outcome, ToolKind};

/// Before the server's name in a tool's, as some programs join them.
const MCP_PREFIX: &str = "mcp__";
/// Before the exit code, in the first line of a command's output.
const EXIT_CODES: &[&str] = &["exit code: ", "process exited with code ", "exit status: "];
/// How errors begin that the OpenAI Agents SDK, and FastMCP below it, hand to the model.
const ERRORS: &[&str] = &["Error executing tool", "An error occurred while running the tool"];
/// What the SDK hands to the model for a call that somebody refused.
const REFUSAL: &str = "Tool execution was not approved.";
/// The words of a tool that does not exist: LangGraph, Pydantic AI, FastMCP.
const NO_SUCH_TOOL: &[&str] = &["is not a valid tool, try one of", "Unknown tool"];

/// Reads the span of a tool call.
pub(super) fn map<'a>(agent: Agent, sent: &SentAttributes<'a>, columns: &mut EventColumns<'a>) {
    columns.kind = Some(Kind::ToolCall);
    columns.duration_ms = took(columns);
    let mut failed = None;
    let answered = keys::first(sent, keys::RESULT).is_some();
    if sent.find("openinference.span.kind").is_some() {
        failed = map_openinference(sent, columns);
    }
    name(sent, columns);
    if columns.call_id.is_none() {
        columns.call_id = text(sent, keys::CALL);
    }
    if columns.arguments.is_none() {
        columns.arguments = content(sent, keys::ARGUMENTS);
    }
    if columns.output.is_none() {
        columns.output = content(sent, keys::RESULT);
    }
    called_with(columns);
    let trouble = trouble(sent, columns);
    let ending = ending(agent, columns, trouble, failed, answered);
    columns.outcome = Some(ending.outcome);
    columns.failure_reason = ending.failure;
    columns.denial_reason = ending.denial;
    columns.exit_code = columns.exit_code.or(ending.exit_code);
}

/// Reads what LangGraph hides in the values; says whether its message is marked as an error.
fn map_openinference<'a>(
    sent: &SentAttributes<'a>,
    columns: &mut EventColumns<'a>,
) -> Option<bool> {
    if openinference::is_tool_node(sent)
        && let Some(call) = sent.text("input.value").and_then(openinference::node_call)
    {
        columns.call_id = call.call_id.map(Text::Owned);
        columns.tool = call.tool.map(Text::Owned);
        columns.arguments = call.arguments.map(Text::Owned);
    }
    let message = sent.text("output.value").and_then(tool_message)?;
    if columns.call_id.is_none() {
        columns.call_id = message.call_id.map(Text::Owned);
    }
    columns.output = message.content.map(Text::Owned);
    message.failed
}

/// Which tool: its name, and its server where the name says it. OpenInference names the span
/// like the tool.
pub(super) fn name<'a>(sent: &SentAttributes<'a>, columns: &mut EventColumns<'a>) {
    if columns.tool.is_none() {
        columns.tool = text(sent, keys::TOOL);
    }
    if columns.tool.is_none() && sent.text("openinference.span.kind").is_some() {
        columns.tool.clone_from(&columns.name);
    }
    let Some(tool) = columns.tool.as_deref() else { return };
    columns.tool_kind = Some(tool_kind::of(tool));
    let joined = tool.strip_prefix(MCP_PREFIX).and_then(|rest| rest.split_once("__"));
    if let Some((server, tool)) = joined {
        let (server, tool) = (server.to_owned(), tool.to_owned());
        columns.mcp_server = Some(Text::Owned(server));
        columns.mcp_tool = Some(Text::Owned(tool));
        columns.tool_kind = Some(ToolKind::Mcp);
    }
}

/// The command, the file or the address: LangChain sends a single argument without its name.
pub(super) fn called_with(columns: &mut EventColumns<'_>) {
    let Some(arguments) = columns.arguments.as_deref() else { return };
    let bare = !arguments.trim_start().starts_with(['{', '[']);
    let read = Arguments::read(arguments);
    let pick = |named: Option<Text<'_>>| {
        let found = named.map(Text::into_owned);
        found.or_else(|| bare.then(|| arguments.to_owned())).map(Text::Owned)
    };
    match columns.tool_kind {
        Some(ToolKind::Shell) => columns.command = pick(read.command),
        Some(ToolKind::File) => columns.path = pick(read.path),
        Some(ToolKind::Web) => columns.url = pick(read.url),
        _ => {}
    }
}

/// How a call ended.
#[derive(Debug, PartialEq)]
struct Ending {
    outcome: Outcome,
    failure: Option<FailureReason>,
    denial: Option<DenialReason>,
    exit_code: Option<i64>,
}

impl Ending {
    fn of(outcome: Outcome) -> Self {
        Self { outcome, failure: None, denial: None, exit_code: None }
    }

    fn failed(failure: Option<FailureReason>) -> Self {
        Self { failure, ..Self::of(Outcome::Failed) }
    }
}

/// `failed` is what LangGraph's message says; `answered`, whether a result was sent at all.
fn ending(
    agent: Agent,
    columns: &EventColumns<'_>,
    trouble: Option<Outcome>,
    failed: Option<bool>,
    answered: bool,
) -> Ending {
    let output = columns.output.as_deref().unwrap_or_default();
    if columns.tool_kind == Some(ToolKind::Shell)
        && let Some(code) = columns.exit_code.or_else(|| exit_code(output))
    {
        let outcome = if code == 0 { Outcome::Succeeded } else { Outcome::Failed };
        return Ending { exit_code: Some(code), ..Ending::of(outcome) };
    }
    match trouble {
        Some(Outcome::Failed) => {
            return Ending::failed(Some(why(&[output, columns.error.as_deref().unwrap_or("")])));
        }
        Some(other) => return Ending::of(other),
        None => {}
    }
    match failed {
        Some(true) => return Ending::failed(Some(why(&[output]))),
        Some(false) => return Ending::of(Outcome::Succeeded),
        None => {}
    }
    if is_mcp_error(output) {
        return Ending::failed(Some(FailureReason::ToolError));
    }
    if agent == Agent::OpenaiAgents {
        let said = mcp_text(output);
        if said == REFUSAL {
            let denial = Some(DenialReason::UserDenied);
            return Ending { denial, ..Ending::of(Outcome::Denied) };
        }
        if ERRORS.iter().any(|error| said.starts_with(error)) {
            return Ending::failed(Some(FailureReason::ToolError));
        }
    }
    let silent = columns.arguments.is_none() && agent != Agent::OpenaiAgents;
    Ending::of(if answered || silent { Outcome::Succeeded } else { Outcome::Unknown })
}

/// Why a tool failed, by what it says.
pub(super) fn why(texts: &[&str]) -> FailureReason {
    let none = |text: &&str| NO_SUCH_TOOL.iter().any(|words| text.contains(words));
    if texts.iter().any(none) { FailureReason::NoSuchTool } else { FailureReason::ToolError }
}

/// Whether an output is the result of an MCP call that is marked as an error.
pub(super) fn is_mcp_error(output: &str) -> bool {
    let marked = output.contains("\"isError\"") || output.contains("\"is_error\"");
    let value = if marked { messages::parse(output) } else { None };
    let flag =
        |key: &str| value.as_ref().is_some_and(|value| value.get(key) == Some(&Value::Bool(true)));
    flag("isError") || flag("is_error")
}

/// The text of an MCP content block, where an output is one.
fn mcp_text(output: &str) -> String {
    let block = if output.starts_with(['{', '[']) { messages::parse(output) } else { None };
    let text = block.as_ref().and_then(|block| match block {
        Value::Array(_) => messages::plain(block),
        block => block.get("text")?.as_str().map(str::to_owned),
    });
    text.unwrap_or_else(|| output.to_owned())
}

/// The exit code: from the first line, because a command can print anything after it, or from a
/// field of a JSON object.
fn exit_code(output: &str) -> Option<i64> {
    if output.starts_with('{') {
        let value = messages::parse(output)?;
        let codes = ["exit_code", "exitCode", "returncode"];
        return codes.iter().find_map(|key| value.get(key)?.as_i64());
    }
    let line = output.lines().next()?.to_ascii_lowercase();
    EXIT_CODES.iter().find_map(|words| line.strip_prefix(words)?.trim_end().parse().ok())
}
