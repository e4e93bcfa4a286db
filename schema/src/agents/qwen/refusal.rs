//! Who refused a call and why: by the word of its span, or by the agent's own texts.
//!
//! Source: `telemetry/constants.ts` (the words), `core/coreToolScheduler.ts` and
//! `permissions/autoMode.ts` (the texts).

use crate::vocabulary::{DecidedBy, DenialReason};

/// Who refused a call and why.
pub(super) type Refusal = (DecidedBy, DenialReason);

/// What the automatic classifier of the mode `auto` writes; its reason follows.
const CLASSIFIER: &str = "Permission for this action has been denied. Reason: ";
/// What is written where it gave no answer.
const CLASSIFIER_UNAVAILABLE: &str = "Auto mode classifier unavailable";
/// What a hook that answers a question in a person's place is said to have done.
const PERMISSION_HOOK: &str = "Permission denied by hook";
/// What the mode that plans writes.
const PLAN_MODE: &[&str] = &["Tool blocked by plan mode", "Plan mode blocked"];
/// In what is written where nobody can be asked.
const NOBODY_TO_ASK: &str = "non-interactive mode cannot prompt";
/// The same in an agent in the background.
const BACKGROUND: &str = "background agents cannot prompt";

/// Reads the error of a refused call; every text that is none of these comes from a rule.
pub(super) fn of_text(error: &str) -> Refusal {
    if error.starts_with(CLASSIFIER) {
        (DecidedBy::AiReviewer, DenialReason::ReviewerDenied)
    } else if error.starts_with(CLASSIFIER_UNAVAILABLE) {
        (DecidedBy::AiReviewer, DenialReason::ReviewerUnavailable)
    } else if error.starts_with(PERMISSION_HOOK) {
        (DecidedBy::Hook, DenialReason::HookDenied)
    } else if PLAN_MODE.iter().any(|text| error.starts_with(text)) {
        (DecidedBy::Policy, DenialReason::PlanModeBlocked)
    } else if error.contains(NOBODY_TO_ASK) {
        (DecidedBy::Policy, DenialReason::NonInteractiveDenied)
    } else if error.contains(BACKGROUND) {
        (DecidedBy::Policy, DenialReason::BackgroundAgentDenied)
    } else {
        (DecidedBy::Policy, DenialReason::PolicyDenied)
    }
}

/// Reads `tool.failure_kind`; `None` for a call that was not refused. A denied permission may be
/// the classifier's: the message of the span tells.
pub(super) fn of_failure_kind(kind: &str, message: &str) -> Option<Refusal> {
    Some(match kind {
        "permission_denied" => of_text(message),
        "pre_hook_blocked" | "permission_hook_denied" => {
            (DecidedBy::Hook, DenialReason::HookDenied)
        }
        "invocation_guard_denied" => (DecidedBy::Policy, DenialReason::InvocationGuardDenied),
        "plan_mode_blocked" => (DecidedBy::Policy, DenialReason::PlanModeBlocked),
        "non_interactive_denied" => (DecidedBy::Policy, DenialReason::NonInteractiveDenied),
        "background_agent_denied" => (DecidedBy::Policy, DenialReason::BackgroundAgentDenied),
        _ => return None,
    })
}

/// The classifier's own words in the error of a call.
pub(super) fn rationale(error: &str) -> Option<&str> {
    error.strip_prefix(CLASSIFIER)?.lines().next().filter(|reason| !reason.is_empty())
}
