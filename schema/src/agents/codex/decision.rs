//! Who allowed what: `codex.tool_decision` and `codex.guardian_assessment`.

use crate::agents::codex::tool;
use crate::event::EventColumns;
use crate::normalise::attributes::SentAttributes;
use crate::vocabulary::{DecidedBy, Decision, DenialReason, GrantScope};

/// Front ends that can ask nobody. They refuse a call of an MCP tool that needs a permission, and
/// the record says `User` all the same.
const UNATTENDED: &[&str] = &["codex_exec", "codex_sdk_ts"];

/// Reads a decision about a tool call; the word as sent stays among the attributes.
pub(super) fn map_tool_decision<'a>(sent: &SentAttributes<'a>, columns: &mut EventColumns<'a>) {
    tool::map_tool(sent, columns);
    let word = sent.text("decision").unwrap_or_default();
    columns.decision = decision(word);
    columns.grant_scope = grant_scope(word);
    let by = decided_by(columns.decision_source.as_deref());
    let asked = !columns.client.as_deref().is_some_and(|client| UNATTENDED.contains(&client));
    columns.decided_by = Some(if by == DecidedBy::User && !asked { DecidedBy::Policy } else { by });
    columns.denial_reason = denial_reason(columns.decision, columns.decided_by);
}

/// Source: `codex-rs/protocol/src/protocol.rs`, `ReviewDecision`.
fn decision(word: &str) -> Option<Decision> {
    Some(match word {
        "approved"
        | "approved_for_session"
        | "approved_with_amendment"
        | "approved_mcp_policy_amendment"
        | "approved_with_network_policy_allow" => Decision::Allow,
        "denied" | "denied_with_network_policy_deny" => Decision::Deny,
        "abort" => Decision::Cancel,
        "timed_out" => Decision::Timeout,
        _ => return None,
    })
}

/// How far a permission reaches: an amendment changes the policy for good.
fn grant_scope(word: &str) -> Option<GrantScope> {
    Some(match word {
        "approved" => GrantScope::Once,
        "approved_for_session" => GrantScope::Session,
        "approved_with_amendment"
        | "approved_mcp_policy_amendment"
        | "approved_with_network_policy_allow" => GrantScope::Permanent,
        _ => return None,
    })
}

/// The wire says `User`, the documentation `user`; a prompted network approval says nothing.
/// A hook's answer comes as `Config`: only a span shows the hook.
fn decided_by(source: Option<&str>) -> DecidedBy {
    let is = |word: &str| source.is_some_and(|source| source.eq_ignore_ascii_case(word));
    if is("User") {
        DecidedBy::User
    } else if is("Config") {
        DecidedBy::Policy
    } else if is("AutomatedReviewer") {
        DecidedBy::AiReviewer
    } else {
        DecidedBy::Unknown
    }
}

/// Why, as far as who decided tells it.
fn denial_reason(decision: Option<Decision>, by: Option<DecidedBy>) -> Option<DenialReason> {
    match (decision?, by?) {
        (Decision::Deny, DecidedBy::User) => Some(DenialReason::UserDenied),
        (Decision::Deny, DecidedBy::Policy) => Some(DenialReason::PolicyDenied),
        (Decision::Deny, DecidedBy::AiReviewer) => Some(DenialReason::ReviewerDenied),
        (Decision::Timeout, DecidedBy::AiReviewer) => Some(DenialReason::ReviewerUnavailable),
        _ => None,
    }
}

/// Reads the verdict of the automatic reviewer. `outcome` is absent where the review itself
/// failed, so `status` counts.
pub(super) fn map_assessment<'a>(sent: &SentAttributes<'a>, columns: &mut EventColumns<'a>) {
    columns.decision = match sent.text("status").unwrap_or_default() {
        "approved" => Some(Decision::Allow),
        "denied" => Some(Decision::Deny),
        "timed_out" => Some(Decision::Timeout),
        "aborted" => Some(Decision::Cancel),
        _ => None,
    };
    columns.decided_by = Some(DecidedBy::AiReviewer);
    columns.denial_reason = denial_reason(columns.decision, columns.decided_by);
    let span = (sent.int("started_at_ms"), sent.int("completed_at_ms"));
    if let (Some(started), Some(completed)) = span {
        columns.duration_ms = completed.checked_sub(started).filter(|took| *took >= 0);
    }
}
