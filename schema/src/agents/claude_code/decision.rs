//! Who allowed what: `tool_decision`, `safety_event`, the end of a call and the permission span.
//!
//! `source` says where a decision came from: `hook`; `config`, a bucket of rules, modes, flags,
//! grants of earlier and prompts that failed; or `user_…`. In the interactive terminal `user_…`
//! is a click. In print mode and under the SDK every match of a stored grant is reported as
//! `user_permanent` too, so it counts as a person only if somebody can have been asked:
//!
//! - the front end (`app.entrypoint`, off by default) is an SDK's: nobody. An accept is then
//!   `policy`; a reject came from the program that hosts the agent, which no record explains:
//!   `unknown`.
//! - the permission mode asks nobody (`bypassPermissions`, `dontAsk`): the same.
//! - a permission span that waited less than a tenth of a second: the same.
//! - `tool_result` has a `decision_source` in interactive sessions only: a person.
//! - otherwise the record cannot tell, and its word is taken: `user`. The session can: its model
//!   requests say `sdk` or `repl_main_thread` in `query_source`.
//!
//! `user_temporary` is this call or this session: the least that is certain is `once`.

use crate::event::EventColumns;
use crate::normalise::attributes::SentAttributes;
use crate::vocabulary::{DecidedBy, Decision, DenialReason, GrantScope};

/// How the front ends begin that ask nobody.
const SDK: &str = "sdk";
/// The permission modes that ask nobody.
const MODES_WITHOUT_QUESTIONS: &[&str] = &["bypassPermissions", "dontAsk"];
/// No person reads a question and answers it faster.
const FASTEST_ANSWER_MS: i64 = 100;

/// Reads `tool_decision`: the word as sent stays among the attributes.
pub(super) fn map_decision<'a>(sent: &SentAttributes<'a>, columns: &mut EventColumns<'a>) {
    let asked = can_ask(sent, columns.mode.as_deref());
    decide(sent.text("decision"), asked, columns);
}

/// Reads the decision that the end of a call repeats.
pub(super) fn map_repeated<'a>(sent: &SentAttributes<'a>, columns: &mut EventColumns<'a>) {
    let word = sent.text("decision_type");
    if word.is_some() || columns.decision_source.is_some() {
        decide(word, can_ask(sent, None), columns);
    }
}

/// Reads the span of a permission check. Old versions end it as `unknown` where no question was
/// put: what the log says is then better.
pub(super) fn map_wait<'a>(sent: &SentAttributes<'a>, columns: &mut EventColumns<'a>) {
    let waited = columns.duration_ms.is_none_or(|waited| waited >= FASTEST_ANSWER_MS);
    decide(sent.text("decision"), can_ask(sent, None) && waited, columns);
}

/// Reads what the safety check of a call said; the classifier is a reviewer.
pub(super) fn map_safety<'a>(sent: &SentAttributes<'a>, columns: &mut EventColumns<'a>) {
    let asked = can_ask(sent, columns.mode.as_deref());
    decide(sent.text("decision"), asked, columns);
    let classified = columns.decision_source.as_deref() == Some("classifier")
        || sent.text("reason_type") == Some("classifier");
    if classified {
        columns.decided_by = Some(DecidedBy::AiReviewer);
        columns.denial_reason = denial_reason(columns.decision, columns.decided_by);
    }
}

/// Whether a person can have been asked, as far as the record says.
fn can_ask(sent: &SentAttributes<'_>, mode: Option<&str>) -> bool {
    let batch = sent.text("app.entrypoint").is_some_and(|client| client.starts_with(SDK));
    !batch && !mode.is_some_and(|mode| MODES_WITHOUT_QUESTIONS.contains(&mode))
}

fn decide(word: Option<&str>, asked: bool, columns: &mut EventColumns<'_>) {
    let source = columns.decision_source.as_deref().unwrap_or_default();
    let decision = match word.unwrap_or_default() {
        "accept" | "allow" => Some(Decision::Allow),
        "reject" if source == "user_abort" => Some(Decision::Cancel),
        "reject" | "deny" | "block" => Some(Decision::Deny),
        "ask" => Some(Decision::Ask),
        _ => None,
    };
    let by = match source {
        "hook" => DecidedBy::Hook,
        "config" => DecidedBy::Policy,
        "user_permanent" | "user_temporary" if !asked => DecidedBy::Policy,
        "user_reject" | "user_abort" if !asked => DecidedBy::Unknown,
        "user_permanent" | "user_temporary" | "user_reject" | "user_abort" => DecidedBy::User,
        _ => DecidedBy::Unknown,
    };
    columns.grant_scope = match source {
        "user_permanent" => Some(GrantScope::Permanent),
        "user_temporary" => Some(GrantScope::Once),
        _ => None,
    }
    .filter(|_| decision == Some(Decision::Allow));
    columns.decision = decision;
    columns.decided_by = Some(by);
    columns.denial_reason = denial_reason(decision, Some(by));
}

/// Why, as far as who decided tells it.
fn denial_reason(decision: Option<Decision>, by: Option<DecidedBy>) -> Option<DenialReason> {
    match (decision?, by?) {
        (Decision::Deny, DecidedBy::User) => Some(DenialReason::UserDenied),
        (Decision::Deny, DecidedBy::Policy) => Some(DenialReason::PolicyDenied),
        (Decision::Deny, DecidedBy::Hook) => Some(DenialReason::HookDenied),
        (Decision::Deny, DecidedBy::AiReviewer) => Some(DenialReason::ReviewerDenied),
        _ => None,
    }
}
