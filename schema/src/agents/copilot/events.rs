//! What happens during a span: messages, hooks, servers, the sandbox, the session's own events.

use crate::agents::copilot::refusal::{self, Refusal};
use crate::agents::copilot::tool::Ending;
use crate::agents::copilot::{messages, tables};
use crate::agents::measures::{seconds_as_ms, whole_ms};
use crate::agents::{Record, exact};
use crate::event::{Event, EventColumns, Text};
use crate::normalise::attributes::SentAttributes;
use crate::vocabulary::{DecidedBy, Decision, DenialReason, Kind, Outcome, PromptOrigin};

/// Reads a span event; gives what [`exact::fill`] gave.
pub(super) fn map<'a>(name: &str, record: &Record<'_, 'a>, event: &mut Event<'a>) -> u64 {
    let held = exact::fill(Some(tables::span_event(name)), record.sent, event);
    let (sent, columns) = (record.sent, &mut event.columns);
    match name {
        "github.copilot.user.message" | "user_message" => map_user_message(sent, columns),
        "github.copilot.hook.start" => fill_hook(sent, columns),
        "github.copilot.hook.end" => {
            fill_hook(sent, columns);
            let word = columns.decision_source.clone().unwrap_or_default();
            refusal::fill_hook(&word, columns);
            columns.outcome = Some(Outcome::Succeeded);
        }
        "github.copilot.hook.error" => {
            fill_hook(sent, columns);
            columns.outcome = Some(Outcome::Failed);
        }
        "gen_ai.client.operation.exception" | "exception" => {
            map_exception(record.span_name.unwrap_or_default(), sent, columns);
        }
        "github.copilot.mcp.server.lifecycle" => map_mcp_server(sent, columns),
        "github.copilot.session.abort" => map_abort(sent, columns),
        "github.copilot.session.compaction_complete" => {
            columns.kind = Some(Kind::Session);
            columns.outcome = sent
                .bool("github.copilot.success")
                .map(|done| if done { Outcome::Succeeded } else { Outcome::Failed });
        }
        "github.copilot.skill.invoked" | "github.copilot.system.notification" => {
            columns.kind = Some(Kind::Session);
        }
        "github.copilot.sandbox.access_denied" => map_access_denied(sent, columns),
        _ if name.starts_with("github.copilot.session.") => columns.kind = Some(Kind::Session),
        _ if name.starts_with("github.copilot.sandbox.") => map_sandbox(name, sent, columns),
        _ => {}
    }
    held
}

/// A message to the agent. Its source says who wrote it; a source that is not listed says nothing.
fn map_user_message<'a>(sent: &SentAttributes<'a>, columns: &mut EventColumns<'a>) {
    columns.kind = Some(Kind::Prompt);
    let source = sent.text("github.copilot.user.message.source").unwrap_or_default();
    columns.prompt_origin = match source {
        "user" => Some(PromptOrigin::Human),
        "autopilot" | "system" => Some(PromptOrigin::System),
        _ if source.starts_with("agent-") => Some(PromptOrigin::SubagentTask),
        _ if ["skill-", "schedule-", "system-", "instruction-", "hook-"]
            .iter()
            .any(|start| source.starts_with(start)) =>
        {
            Some(PromptOrigin::System)
        }
        _ => columns.prompt.as_deref().map(|prompt| {
            if messages::is_machinery(prompt) { PromptOrigin::System } else { PromptOrigin::Human }
        }),
    };
}

/// A hook, and the tool that it looked at, if it was one.
fn fill_hook<'a>(sent: &SentAttributes<'a>, columns: &mut EventColumns<'a>) {
    columns.kind = Some(Kind::Hook);
    columns.duration_ms = seconds_as_ms(sent, "github.copilot.hook.duration");
    let names = sent.text("github.copilot.hook.tool_names").unwrap_or_default();
    let names: Vec<String> = serde_json::from_str(names).unwrap_or_default();
    if let [one] = names.as_slice() {
        columns.tool = Some(Text::Owned(one.clone()));
    }
}

/// Something failed; in a tool's span it says how the call ended.
fn map_exception<'a>(span: &str, sent: &SentAttributes<'a>, columns: &mut EventColumns<'a>) {
    columns.kind = Some(Kind::Error);
    if columns.error.is_none() {
        columns.error = sent.text("github.copilot.message").map(Text::Borrowed);
    }
    if tables::operation(span) == "execute_tool" {
        let text = columns.error.clone().unwrap_or_default();
        let code = sent.text("github.copilot.error_code").unwrap_or_default();
        Ending::of_error(code, &text).fill(columns);
    } else {
        columns.outcome = Some(Outcome::Failed);
    }
}

/// An MCP server's state; without content capture its name is a SHA-256 sum.
fn map_mcp_server<'a>(sent: &SentAttributes<'a>, columns: &mut EventColumns<'a>) {
    columns.kind = Some(Kind::McpServer);
    if columns.mcp_server.is_none() {
        columns.mcp_server = sent.text("github.copilot.mcp.server.name_hash").map(Text::Borrowed);
    }
    columns.outcome = match sent.text("github.copilot.mcp.server.state").unwrap_or_default() {
        "initialized" | "connected" => Some(Outcome::Succeeded),
        "failed" | "error" => Some(Outcome::Failed),
        _ => None,
    };
}

/// The work on a message was called off. The reasons are those of the session-event schema.
fn map_abort<'a>(sent: &SentAttributes<'a>, columns: &mut EventColumns<'a>) {
    columns.kind = Some(Kind::Session);
    columns.outcome = Some(Outcome::Cancelled);
    columns.decision = Some(Decision::Cancel);
    columns.decided_by = Some(match sent.text("github.copilot.abort_reason").unwrap_or_default() {
        "user_initiated" | "user initiated" | "remote_command" => DecidedBy::User,
        "autopilot_credit_limit" => DecidedBy::Policy,
        _ => DecidedBy::Unknown,
    });
}

/// The sandbox's own state, and what was decided about leaving it.
fn map_sandbox<'a>(name: &str, sent: &SentAttributes<'a>, columns: &mut EventColumns<'a>) {
    columns.kind = Some(Kind::Config);
    columns.duration_ms = whole_ms(sent, "github.copilot.sandbox.duration_ms");
    let word = sent.text("github.copilot.sandbox.outcome");
    if name.ends_with("_decided") {
        columns.kind = Some(Kind::Approval);
        map_escape(word.unwrap_or_default(), columns);
    } else if name.ends_with(".enforcement_state") || name.ends_with(".policy_resolved") {
        columns.sandbox_policy = word.map(Text::Borrowed);
    }
}

/// Somebody, or nobody, was asked whether a command may run outside the sandbox.
fn map_escape(word: &str, columns: &mut EventColumns<'_>) {
    columns.decision = match word {
        "approved" => Some(Decision::Allow),
        "declined" => Some(Decision::Deny),
        _ => None,
    };
    let (by, refusal) = match columns.decision_source.as_deref() {
        Some("user_prompted") => (DecidedBy::User, Refusal::USER.reason),
        Some("prompt_unavailable") => (DecidedBy::Policy, Some(DenialReason::NonInteractiveDenied)),
        _ => (DecidedBy::Unknown, None),
    };
    columns.decided_by = Some(by);
    columns.denial_reason = refusal.filter(|_| columns.decision == Some(Decision::Deny));
}

/// The sandbox refused one access of a command, which may have gone on without it: so this is a
/// decision and no outcome.
fn map_access_denied<'a>(sent: &SentAttributes<'a>, columns: &mut EventColumns<'a>) {
    let class = sent.text("github.copilot.sandbox.denial_class").unwrap_or_default();
    let resource = sent.text("github.copilot.sandbox.denied_resource").map(Text::Borrowed);
    if class.starts_with("network_") {
        columns.kind = Some(Kind::Network);
        columns.net_verdict = Some(Decision::Deny);
        columns.net_reason = Some(Text::Owned(class.to_owned()));
        columns.net_host = resource;
    } else {
        columns.kind = Some(Kind::Approval);
        columns.decision = Some(Decision::Deny);
        columns.decided_by = Some(DecidedBy::Policy);
        columns.denial_reason = Some(DenialReason::PolicyDenied);
        columns.path = resource.filter(|_| class.starts_with("filesystem_"));
    }
}
