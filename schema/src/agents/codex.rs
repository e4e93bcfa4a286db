//! Codex, the coding agent: its log records, spans and span events.
//!
//! The event's name is the attribute `event.name`; the field `event_name` holds a place in the
//! source and changes with every build. The time of a log record is 0, so `event.timestamp`
//! counts. Many numbers and truth values come as strings. Records are told apart by their name,
//! never by their scope: what a remote executor forwards comes under another one.
//!
//! Choices: `user.account_id` is the workspace and becomes `org_id`; `originator` is the
//! front end and becomes `client`; the model provider's own request id (`auth.request_id`)
//! becomes `request_id`.
//!
//! Source: `codex-rs/otel`, `codex-rs/network-proxy` and the wire of 0.169.

pub(super) mod catalogue;
mod decision;
mod model;
mod noise;
mod prompt;
mod span;
mod span_tables;
mod tables;
mod tool;

use crate::agents::exact::{self, Table};
use crate::agents::{EVENT_NAME, Record, finish};
use crate::event::Event;
use crate::vocabulary::{Decision, IgnoreRule, Kind, RecordSignal};

pub(super) use span::{map_span, map_span_event};

/// The attributes that the columns of a record of Codex hold.
pub(super) fn table_of(signal: RecordSignal, name: Option<&str>) -> Option<&'static Table> {
    match signal {
        RecordSignal::Logs => Some(tables::log(name)),
        RecordSignal::Traces => Some(span_tables::span(name)),
        RecordSignal::SpanEvent => Some(span_tables::span_event(name)),
        RecordSignal::Metrics => None,
    }
}

/// Maps a log record.
pub(super) fn map_log<'a>(record: &Record<'_, 'a>, event: &mut Event<'a>) -> Option<IgnoreRule> {
    let name = record.sent.text(EVENT_NAME);
    let table = tables::log(name);
    let held = exact::fill(Some(table), record.sent, event);
    let columns = &mut event.columns;
    columns.kind = Some(kind(name.unwrap_or_default()));
    if columns.agent_version.is_none() {
        columns.agent_version = record.service_version.cloned();
    }
    match name.unwrap_or_default() {
        "codex.user_prompt" => prompt::map_origin(columns),
        "codex.tool_decision" => decision::map_tool_decision(record.sent, columns),
        "codex.guardian_assessment" => decision::map_assessment(record.sent, columns),
        "codex.tool_result" => tool::map_result(record.sent, columns),
        "codex.sandbox_outcome" => tool::map_sandbox_outcome(record.sent, columns),
        "codex.api_request" | "codex.websocket_connect" | "codex.websocket_request" => {
            model::map_request(record.sent, columns);
        }
        "codex.sse_event" => model::map_stream_event(columns),
        "codex.auth_recovery" => model::map_auth_recovery(record.sent, columns),
        "codex.turn_cost" => {
            let usd = record.sent.text("usage.estimated_usd");
            columns.cost_usd =
                usd.and_then(|usd| usd.parse().ok()).filter(|usd: &f64| usd.is_finite());
        }
        "codex.network_proxy.policy_decision" if columns.net_verdict.is_none() => {
            // The table holds only the very words; another spelling is read here and kept.
            let sent = record.sent.text("network.policy.decision").unwrap_or_default();
            columns.net_verdict = Decision::parse(&sent.to_ascii_lowercase());
        }
        _ => {}
    }
    finish(table, held, record, event);
    noise::log(name.unwrap_or_default(), record.sent, &event.columns)
}

/// What a log record is about.
fn kind(name: &str) -> Kind {
    match name {
        "codex.user_prompt" => Kind::Prompt,
        "codex.agent_response" => Kind::Response,
        "codex.tool_decision" | "codex.guardian_assessment" => Kind::Approval,
        "codex.tool_result" | "codex.sandbox_outcome" => Kind::ToolResult,
        "codex.network_proxy.policy_decision" => Kind::Network,
        "codex.api_request"
        | "codex.websocket_connect"
        | "codex.websocket_request"
        | "codex.websocket_event"
        | "codex.sse_event" => Kind::ModelRequest,
        "codex.openai_file_blob_upload_failed" | "codex.http_client.custom_ca_fallback" => {
            Kind::Error
        }
        "codex.conversation_starts"
        | "codex.skill_invocation"
        | "codex.auth_recovery"
        | "codex.turn_ttft"
        | "codex.turn_cost"
        | "codex.startup_phase"
        | "codex.plugin_install_elicitation_sent"
        | "codex.plugin_install_suggestion"
        | "codex.agent_communication" => Kind::Session,
        _ => Kind::Other,
    }
}

#[cfg(test)]
mod tests;
