//! The format `seam`: the columns of the tables under their own names, nulls left out.
//!
//! Times are RFC 3339 with six decimals, positions and nanoseconds strings, since readers with
//! doubles would round them. Attributes are an object of texts, as the tables have them.

use crate::derived::actions::ActionRow;
use crate::event::{Event, EventColumns};
use crate::project::attributes;
use crate::project::columns::columns;
use crate::project::content::Body;
use crate::project::json::Json;
use crate::project::member::{Member, Wide};
use crate::project::severity::Severity;
use crate::project::told::Told;

/// What `kind` says of an action: events have other words.
pub(super) const ACTION: &str = "action";

/// The id under which the revision that this one replaces was sent.
pub(super) const SUPERSEDES: &str = "supersedes";

/// Writes the members of an event.
pub(super) fn event(event: &Event<'_>, told: &Told<'_>, json: &mut Json<'_>) {
    let policy = told.policy;
    json.id("record_id", &event.columns.event_id);
    head(told, json);
    columns! { json, policy, EventColumns = &event.columns;
        plain event_id, plain kind, none time, plain received_at, plain tenant, plain principal,
        plain peer_address, plain log_id, wide offset_sequence, plain offset_index, none day,
        wide time_unix_nano, plain time_source, plain observed_at, plain end_time,
        plain agent, plain agent_version, plain client, plain signal, plain name,
        plain host, plain host_source, plain user_id, plain user_email, plain org_id,
        plain repository, plain cwd,
        none body, plain severity_number, plain severity_text, plain scope_name,
        plain scope_version, plain event_name, plain span_kind, plain status_code,
        content status_message, plain flags, content span_links,
        plain session_id, plain parent_session_id, plain turn_id, plain call_id,
        plain execution_id, plain request_id, plain agent_path, plain trace_id, plain span_id,
        plain parent_span_id, wide source_sequence,
        plain provider, plain model, plain input_tokens, plain output_tokens, plain cached_tokens,
        plain reasoning_tokens, plain cost_usd,
        plain tool, plain tool_kind, plain mcp_server, plain mcp_tool, plain command, plain path,
        plain url,
        plain decision, plain decided_by, plain decision_source, plain grant_scope,
        plain risk_level, content rationale, plain denial_reason,
        plain net_host, plain net_port, plain net_protocol, plain net_method, plain net_verdict,
        plain net_reason, plain net_source, plain net_override,
        plain outcome, plain failure_reason, content error, plain exit_code, plain duration_ms,
        plain approval_policy, plain sandbox_policy, plain mode,
        plain prompt_origin, content prompt, content response, content arguments, content output,
        plain content_truncated, plain redactions, plain schema_version,
    }
    let body = Body::of(&event.columns);
    if body.is_name {
        body.text.put("body", json);
    } else {
        policy.text("body", "body_bytes", "body_hash", body.text, json);
    }
    attributes::whole(event, policy, json);
}

/// Writes the members of an action.
pub(super) fn action(action: &ActionRow<'_>, told: &Told<'_>, json: &mut Json<'_>) {
    let policy = told.policy;
    json.numbered_id("record_id", &action.action_id, action.revision);
    json.word("kind", ACTION);
    head(told, json);
    columns! { json, policy, ActionRow = action;
        plain action_id, wide revision, plain retracted, plain settled, plain tenant, none day,
        plain caused_by_log, wide caused_by_sequence, wide caused_by_index,
        plain session_id, plain root_session_id, plain role, plain turn_id, plain agent,
        plain agent_path, plain principal, plain user_email, plain host, plain call_id,
        plain tool, plain tool_kind, plain mcp_server, plain mcp_tool, plain command, plain path,
        plain url,
        content intent, plain intent_event_id, plain intent_session_id, plain prompt_origin,
        plain requested_at, plain decided_at, plain decision, plain decided_by,
        plain decision_source, plain grant_scope, plain risk_level, content rationale,
        plain denial_reason, plain wait_ms, plain started_at, plain ended_at, plain duration_ms,
        plain outcome, plain failure_reason, plain exit_code, plain net_allowed, plain net_denied,
        plain net_hosts, plain approval_policy, plain sandbox_policy, plain mode,
        plain confidence, plain evidence, content error, plain cancelled_by, none supersedes,
    }
    if let Some(replaced) = action.supersedes {
        json.numbered_id(SUPERSEDES, &action.action_id, replaced);
    }
}

/// What every document begins with: what it means, and when it was.
fn head(told: &Told<'_>, json: &mut Json<'_>) {
    let row = told.row();
    json.word("meaning", row.meaning.as_str());
    json.word("severity", Severity::as_str(told.severity(row)));
    json.time("time", told.time_us);
}
