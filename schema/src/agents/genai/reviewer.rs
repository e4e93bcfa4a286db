//! Guardrails and evaluations.
//!
//! The conventions warn against one verdict for all: a result is read as a decision only where
//! its word leaves no doubt.

use crate::agents::genai::keys::text;
use crate::agents::genai::{took, trouble};
use crate::event::EventColumns;
use crate::normalise::attributes::SentAttributes;
use crate::vocabulary::{DecidedBy, Decision, DenialReason, Kind};

/// The keys of a guardrail's name.
const NAME: &[&str] =
    &["gen_ai.guardrail.component.name", "gen_ai.guardrail.name", "guardrail.name"];
/// The keys of its result, a word or a flag.
const RESULT: &[&str] = &["gen_ai.guardrail.result.value", "output.value"];
/// The keys of the reason.
const REASON: &[&str] = &["gen_ai.guardrail.result.reason", "gen_ai.evaluation.explanation"];

/// Reads the span of a guardrail or of an evaluation.
pub(super) fn map_span<'a>(sent: &SentAttributes<'a>, columns: &mut EventColumns<'a>) {
    map(sent, columns);
    columns.duration_ms = took(columns);
    columns.outcome = trouble(sent, columns);
}

/// Reads what spans and events of them have in common.
pub(super) fn map<'a>(sent: &SentAttributes<'a>, columns: &mut EventColumns<'a>) {
    columns.kind = Some(Kind::Reviewer);
    if columns.decision_source.is_none() {
        columns.decision_source = text(sent, NAME);
    }
    if columns.rationale.is_none() {
        columns.rationale = text(sent, REASON);
    }
    columns.decision = decision(sent);
    if columns.decision.is_some() {
        columns.decided_by = Some(DecidedBy::AiReviewer);
    }
    if columns.decision == Some(Decision::Deny) {
        columns.denial_reason = Some(DenialReason::ReviewerDenied);
    }
}

fn decision(sent: &SentAttributes<'_>) -> Option<Decision> {
    let triggered = |flag| if flag { Decision::Deny } else { Decision::Allow };
    if let Some(flag) = sent.bool("gen_ai.guardrail.triggered") {
        return Some(triggered(flag));
    }
    let word = RESULT.iter().find_map(|key| sent.text(key));
    let flag = RESULT.iter().find_map(|key| sent.bool(key));
    if let Some(flag) = flag {
        let tripwire = sent.text("gen_ai.guardrail.result.type") == Some("tripwire_triggered");
        return tripwire.then(|| triggered(flag));
    }
    Some(match word?.to_ascii_lowercase().as_str() {
        "allow" | "allowed" | "pass" | "passed" => Decision::Allow,
        "block"
        | "blocked"
        | "deny"
        | "denied"
        | "reject"
        | "rejected"
        | "guardrail_intervened" => Decision::Deny,
        _ => return None,
    })
}
