//! GitHub Copilot: the command line, and the chat extension of VS Code.
//!
//! The command line sends spans and span events, no log records; the extension sends both, under
//! the same names. A message of the user is an `invoke_agent` span; below it lie `chat` (requests
//! to the model), `execute_tool` (calls), below those `permission` (a question that arose) and,
//! for a subagent, another `invoke_agent` of the same conversation. No span event carries the
//! ids of its span: a later stage joins them by trace and span. Nothing of it is noise.
//!
//! Choices: `github.copilot.interaction_id` is the prompt and what follows from it and becomes
//! `turn_id`; `github.copilot.turn_id` counts rounds within it and stays an attribute.
//! `github.copilot.cost` counts premium requests and stays one too; `cost_usd` comes from
//! `github.copilot.nano_aiu`, at the list price of an AI credit. The service is the front end.
//!
//! Who wrote a prompt: of a `github.copilot.user.message` its source says it (`user` a person,
//! `agent-…` a parent agent, the listed others Copilot itself). The prompt of an `invoke_agent`
//! that names an agent and has a parent is a subagent's task; one that begins with
//! `<system_notification>` is Copilot's own; else it is a person's. A `chat` goes by its
//! initiator. Left to a later stage: a subagent's prompt, which stands only in the arguments of
//! the `task` call above it; why a call was refused whose text is withheld, which its permission
//! span or its hook says; which call a hook looked at.
//!
//! Source: the OpenTelemetry page of the command line's reference, its session-event schema, the
//! monitoring page of the chat extension, and the wire of 1.0.102.

mod agent;
pub(in crate::agents) mod catalogue;
mod events;
mod logs;
mod messages;
mod refusal;
mod tables;
pub(super) use tables::operation;
mod tool;

use crate::agents::exact::{self, Table};
use crate::agents::measures::{seconds_as_ms, span_ms};
use crate::agents::{EVENT_NAME, Record, finish, identity};
use crate::event::{Event, EventColumns, Text};
use crate::normalise::attributes::SentAttributes;
use crate::vocabulary::{IgnoreRule, Kind, Outcome, RecordSignal, StatusCode};

/// The attributes that the columns of a record hold.
pub(super) fn table_of(signal: RecordSignal, name: Option<&str>) -> Option<&'static Table> {
    let name = name.unwrap_or_default();
    match signal {
        RecordSignal::Logs => Some(tables::log(name)),
        RecordSignal::Traces => Some(tables::span(name)),
        RecordSignal::SpanEvent => Some(tables::span_event(name)),
        RecordSignal::Metrics => None,
    }
}

/// Maps a log record.
pub(super) fn map_log<'a>(record: &Record<'_, 'a>, event: &mut Event<'a>) -> Option<IgnoreRule> {
    let named = record.sent.text(EVENT_NAME).map(Text::Borrowed);
    let name = named.or_else(|| event.columns.event_name.clone()).unwrap_or_default();
    let table = tables::log(&name);
    let held = exact::fill(Some(table), record.sent, event);
    if event.columns.name.is_none() && !name.is_empty() {
        event.columns.name = Some(name.clone());
    }
    logs::map(&name, record.sent, &mut event.columns);
    end(table, held, record, event);
    None
}

/// Maps a span.
pub(super) fn map_span<'a>(record: &Record<'_, 'a>, event: &mut Event<'a>) -> Option<IgnoreRule> {
    let name = event.columns.name.clone().unwrap_or_default();
    let table = tables::span(&name);
    let held = exact::fill(Some(table), record.sent, event);
    let (sent, columns) = (record.sent, &mut event.columns);
    if columns.model.is_none() {
        columns.model = sent.text("gen_ai.request.model").map(Text::Borrowed);
    }
    columns.duration_ms = span_ms(columns);
    match sent.text("gen_ai.operation.name").unwrap_or_else(|| tables::operation(&name)) {
        "invoke_agent" => agent::map_invocation(sent, columns),
        "chat" => agent::map_request(sent, columns),
        "execute_tool" => {
            columns.kind = Some(Kind::ToolCall);
            tool::map_call(sent, columns);
        }
        "external_tool" => {
            columns.kind = Some(Kind::ToolCall);
            tool::fill_tool(sent, columns);
        }
        "permission" => map_permission(sent, columns),
        "execute_hook" => map_hook(sent, columns),
        "invoke_workflow" => columns.kind = Some(Kind::Session),
        _ => {}
    }
    end(table, held, record, event);
    None
}

/// A question whether a call may run; its length is the time until the answer.
fn map_permission<'a>(sent: &SentAttributes<'a>, columns: &mut EventColumns<'a>) {
    columns.kind = Some(Kind::Approval);
    tool::fill_tool(sent, columns);
    let result = columns.decision_source.clone().unwrap_or_default();
    if let Some(verdict) = refusal::of_permission(&result) {
        verdict.fill(columns);
    }
}

/// A hook of the chat extension.
fn map_hook<'a>(sent: &SentAttributes<'a>, columns: &mut EventColumns<'a>) {
    columns.kind = Some(Kind::Hook);
    let word = columns.decision_source.clone().unwrap_or_default();
    refusal::fill_hook(&word, columns);
    columns.duration_ms =
        seconds_as_ms(sent, "github.copilot.hook.duration").or(columns.duration_ms);
    columns.outcome = match sent.text("copilot_chat.hook_result_kind") {
        Some("success" | "blocked") => Some(Outcome::Succeeded),
        Some("error" | "non_blocking_error") => Some(Outcome::Failed),
        _ if columns.status_code == Some(StatusCode::Error) => Some(Outcome::Failed),
        _ => None,
    };
}

/// Maps a span event.
pub(super) fn map_span_event<'a>(
    record: &Record<'_, 'a>,
    event: &mut Event<'a>,
) -> Option<IgnoreRule> {
    let name = event.columns.name.clone().unwrap_or_default();
    let held = events::map(&name, record, event);
    end(tables::span_event(&name), held, record, event);
    None
}

/// Ends a mapping: the version and the front end, then whose it is. What the launcher claims
/// comes first, then the account, which GitHub may have replaced by a pseudonym.
fn end<'a>(table: &Table, held: u64, record: &Record<'_, 'a>, event: &mut Event<'a>) {
    let columns = &mut event.columns;
    columns.agent_version = record.service_version.cloned();
    columns.client = record.service_name.cloned();
    identity::fill(record, columns);
    if columns.user_id.is_none() {
        let claimed = |key: &&str| record.sent.text(key).or_else(|| record.resource.text(key));
        columns.user_id = ["user.name", "enduser.pseudo.id", "process.user.name"]
            .iter()
            .find_map(claimed)
            .map(Text::Borrowed);
    }
    finish(table, held, record, event);
}

#[cfg(test)]
mod tests;
