//! Requests of the Model Context Protocol: spans of a client or of a server.

use crate::agents::Record;
use crate::agents::genai::keys::{self, content, text};
use crate::agents::genai::{took, tool, trouble};
use crate::event::{EventColumns, Text};
use crate::normalise::attributes::SentAttributes;
use crate::vocabulary::{FailureReason, Kind, Outcome, SpanKind, ToolKind};

/// The method of a tool call.
const CALL: &str = "tools/call";
/// The keys of the server's name, best first. The conventions know only its address.
const SERVER: &[&str] =
    &["mcp.server.name", "fastmcp.server.name", "rpc.service", "server.address"];

/// Reads the span of a request: a tool call, or something about the server.
pub(super) fn map<'a>(record: &Record<'_, 'a>, columns: &mut EventColumns<'a>) {
    let sent = record.sent;
    columns.duration_ms = took(columns);
    columns.mcp_server = server(record, columns);
    columns.tool_kind = None;
    let trouble = trouble(sent, columns);
    columns.outcome = Some(trouble.unwrap_or(Outcome::Succeeded));
    if sent.text("mcp.method.name") == Some(CALL) {
        map_call(sent, columns);
    } else {
        columns.kind = Some(Kind::McpServer);
        columns.url = text(sent, &["mcp.resource.uri"]);
    }
}

fn map_call<'a>(sent: &SentAttributes<'a>, columns: &mut EventColumns<'a>) {
    columns.kind = Some(Kind::ToolCall);
    if columns.tool.is_none() {
        columns.tool = text(sent, keys::TOOL);
    }
    columns.mcp_tool.clone_from(&columns.tool);
    columns.tool_kind = Some(ToolKind::Mcp);
    if columns.call_id.is_none() {
        columns.call_id = text(sent, keys::CALL);
    }
    if columns.arguments.is_none() {
        columns.arguments = content(sent, keys::ARGUMENTS);
    }
    if columns.output.is_none() {
        columns.output = content(sent, keys::RESULT);
    }
    let output = columns.output.as_deref().unwrap_or_default();
    if tool::is_mcp_error(output) {
        columns.outcome = Some(Outcome::Failed);
    }
    if columns.outcome == Some(Outcome::Failed) {
        let texts = [output, columns.error.as_deref().unwrap_or_default()];
        let found: FailureReason = tool::why(&texts);
        columns.failure_reason = Some(found);
    }
}

/// The server: as named, or, in a span of the server itself, the service that sent it.
fn server<'a>(record: &Record<'_, 'a>, columns: &EventColumns<'a>) -> Option<Text<'a>> {
    let named = text(record.sent, SERVER);
    let served = columns.span_kind == Some(SpanKind::Server);
    named.or_else(|| served.then(|| record.service_name.cloned()).flatten())
}
