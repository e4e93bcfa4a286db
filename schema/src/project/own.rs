//! What neither OCSF nor ECS has a field for: OCSF's `unmapped`, and `seam.*` in ECS.
//!
//! The members are the columns of the tables under their own names. [`FIELDS`] says of which type
//! each is, for the templates of Elasticsearch and `OpenSearch`.

use crate::derived::actions::ActionRow;
use crate::event::{Event, EventColumns};
use crate::project::attributes;
use crate::project::columns::columns;
use crate::project::content::Body;
use crate::project::fields::FieldType::{
    self, Boolean, Date, Double, Flattened, Keyword, Long, Stored,
};
use crate::project::json::Json;
use crate::project::member::{Member, Wide};
use crate::project::seam::{ACTION, SUPERSEDES};
use crate::project::told::{Source, Told};

/// Every member and its type, in the order of the alphabet.
pub(super) const FIELDS: &[(&str, FieldType)] = &[
    ("action_id", Keyword),
    ("agent_path", Keyword),
    ("approval_policy", Keyword),
    ("arguments", Stored),
    ("arguments_bytes", Long),
    ("arguments_hash", Keyword),
    ("attributes", Flattened),
    ("body", Stored),
    ("body_bytes", Long),
    ("body_hash", Keyword),
    ("cached_tokens", Long),
    ("call_id", Keyword),
    ("cancelled_by", Keyword),
    ("caused_by_log", Keyword),
    ("caused_by_sequence", Keyword),
    ("caused_by_index", Keyword),
    ("client", Keyword),
    ("confidence", Keyword),
    ("content_truncated", Boolean),
    ("cost_usd", Double),
    ("decided_at", Date),
    ("decided_by", Keyword),
    ("decision", Keyword),
    ("decision_source", Keyword),
    ("denial_reason", Keyword),
    ("ended_at", Date),
    ("error", Stored),
    ("error_bytes", Long),
    ("error_hash", Keyword),
    ("event_name", Keyword),
    ("evidence", Keyword),
    ("execution_id", Keyword),
    ("failure_reason", Keyword),
    ("flags", Long),
    ("grant_scope", Keyword),
    ("host_source", Keyword),
    ("input_tokens", Long),
    ("intent", Stored),
    ("intent_bytes", Long),
    ("intent_event_id", Keyword),
    ("intent_hash", Keyword),
    ("intent_session_id", Keyword),
    ("kind", Keyword),
    ("log_id", Keyword),
    ("long_attributes", Stored),
    ("mcp_server", Keyword),
    ("mcp_tool", Keyword),
    ("meaning", Keyword),
    ("mode", Keyword),
    ("net_allowed", Long),
    ("net_denied", Long),
    ("net_hosts", Keyword),
    ("net_override", Boolean),
    ("net_reason", Keyword),
    ("net_source", Keyword),
    ("net_verdict", Keyword),
    ("observed_at", Date),
    ("offset_index", Long),
    ("offset_sequence", Keyword),
    ("outcome", Keyword),
    ("output", Stored),
    ("output_bytes", Long),
    ("output_hash", Keyword),
    ("output_tokens", Long),
    ("parent_session_id", Keyword),
    ("parent_span_id", Keyword),
    ("principal", Keyword),
    ("prompt", Stored),
    ("prompt_bytes", Long),
    ("prompt_hash", Keyword),
    ("prompt_origin", Keyword),
    ("rationale", Stored),
    ("rationale_bytes", Long),
    ("rationale_hash", Keyword),
    ("reasoning_tokens", Long),
    ("received_at", Date),
    ("record_id", Keyword),
    ("redactions", Flattened),
    ("repository", Keyword),
    ("request_id", Keyword),
    ("requested_at", Date),
    ("resource", Flattened),
    ("response", Stored),
    ("response_bytes", Long),
    ("response_hash", Keyword),
    ("retracted", Boolean),
    ("revision", Keyword),
    ("risk_level", Keyword),
    ("role", Keyword),
    ("root_session_id", Keyword),
    ("sandbox_policy", Keyword),
    ("schema_version", Long),
    ("scope_name", Keyword),
    ("scope_version", Keyword),
    ("session_id", Keyword),
    ("settled", Boolean),
    ("severity_number", Long),
    ("severity_text", Keyword),
    ("signal", Keyword),
    ("source_sequence", Keyword),
    ("span_kind", Keyword),
    ("span_links", Stored),
    ("span_links_bytes", Long),
    ("span_links_hash", Keyword),
    ("started_at", Date),
    ("status_code", Keyword),
    ("status_message", Stored),
    ("status_message_bytes", Long),
    ("status_message_hash", Keyword),
    (SUPERSEDES, Keyword),
    ("tenant", Keyword),
    ("time_source", Keyword),
    ("time_unix_nano", Keyword),
    ("tool_kind", Keyword),
    ("turn_id", Keyword),
    ("wait_ms", Long),
];

/// Writes the members.
pub(super) fn own(told: &Told<'_>, json: &mut Json<'_>) {
    match told.source {
        Source::Event(event) => of_event(event, told, json),
        Source::Action(action) => of_action(action, told, json),
    }
}

fn of_event(event: &Event<'_>, told: &Told<'_>, json: &mut Json<'_>) {
    let policy = told.policy;
    json.word("meaning", told.meaning().as_str());
    columns! { json, policy, EventColumns = &event.columns;
        none event_id, plain kind, none time, plain received_at, plain tenant, plain principal,
        none peer_address, plain log_id, wide offset_sequence, plain offset_index, none day,
        wide time_unix_nano, plain time_source, plain observed_at, none end_time,
        none agent, none agent_version, plain client, plain signal, none name,
        none host, plain host_source, none user_id, none user_email, none org_id,
        plain repository, none cwd,
        none body, plain severity_number, plain severity_text, plain scope_name,
        plain scope_version, plain event_name, plain span_kind, plain status_code,
        content status_message, plain flags, content span_links,
        plain session_id, plain parent_session_id, plain turn_id, plain call_id,
        plain execution_id, plain request_id, plain agent_path, none trace_id, none span_id,
        plain parent_span_id, wide source_sequence,
        none provider, none model, plain input_tokens, plain output_tokens, plain cached_tokens,
        plain reasoning_tokens, plain cost_usd,
        none tool, plain tool_kind, plain mcp_server, plain mcp_tool, none command, none path,
        none url,
        plain decision, plain decided_by, plain decision_source, plain grant_scope,
        plain risk_level, content rationale, plain denial_reason,
        none net_host, none net_port, none net_protocol, none net_method, plain net_verdict,
        plain net_reason, plain net_source, plain net_override,
        plain outcome, plain failure_reason, content error, none exit_code, none duration_ms,
        plain approval_policy, plain sandbox_policy, plain mode,
        plain prompt_origin, content prompt, content response, content arguments, content output,
        plain content_truncated, plain redactions, plain schema_version,
    }
    let body = Body::of(&event.columns);
    if !body.is_name {
        policy.text("body", "body_bytes", "body_hash", body.text, json);
    }
    attributes::searchable(event, policy, json);
}

fn of_action(action: &ActionRow<'_>, told: &Told<'_>, json: &mut Json<'_>) {
    let policy = told.policy;
    json.word("kind", ACTION);
    json.word("meaning", told.meaning().as_str());
    columns! { json, policy, ActionRow = action;
        plain action_id, wide revision, plain retracted, plain settled, plain tenant, none day,
        plain caused_by_log, wide caused_by_sequence, wide caused_by_index,
        plain session_id, plain root_session_id, plain role, plain turn_id, none agent,
        plain agent_path, plain principal, none user_email, none host, plain call_id,
        none tool, plain tool_kind, plain mcp_server, plain mcp_tool, none command, none path,
        none url,
        content intent, plain intent_event_id, plain intent_session_id, plain prompt_origin,
        plain requested_at, plain decided_at, plain decision, plain decided_by,
        plain decision_source, plain grant_scope, plain risk_level, content rationale,
        plain denial_reason, plain wait_ms, plain started_at, plain ended_at, none duration_ms,
        plain outcome, plain failure_reason, none exit_code, plain net_allowed, plain net_denied,
        plain net_hosts, plain approval_policy, plain sandbox_policy, plain mode,
        plain confidence, none evidence, content error, plain cancelled_by, none supersedes,
    }
    if let Some(replaced) = action.supersedes {
        json.numbered_id(SUPERSEDES, &action.action_id, replaced);
    }
    let evidence = action.evidence.iter().flat_map(|evidence| &evidence.0);
    json.array("evidence", |json| {
        // Texts, since not every search engine takes a list of objects with free keys.
        evidence.for_each(|(event, role)| json.marked_id(role.as_str(), event));
    });
}
