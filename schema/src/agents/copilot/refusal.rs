//! Who refused a call, and why: by the words and texts that Copilot itself writes.
//!
//! Source: the session-event schema and the message texts of Copilot CLI 1.0.102, and the
//! monitoring page of the chat extension.

use crate::event::EventColumns;
use crate::vocabulary::{DecidedBy, Decision, DenialReason, GrantScope};

/// Who said no and why, as far as it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Refusal {
    pub by: Option<DecidedBy>,
    pub reason: Option<DenialReason>,
}

impl Refusal {
    /// Nothing says who.
    pub(super) const UNEXPLAINED: Self = Self { by: None, reason: None };
    /// A rule of the configuration.
    const POLICY: Self = Self::new(DecidedBy::Policy, DenialReason::PolicyDenied);
    /// A question that nobody could answer.
    const NOBODY_THERE: Self = Self::new(DecidedBy::Policy, DenialReason::NonInteractiveDenied);
    /// A hook.
    const HOOK: Self = Self::new(DecidedBy::Hook, DenialReason::HookDenied);
    /// A person.
    pub(super) const USER: Self = Self::new(DecidedBy::User, DenialReason::UserDenied);
    /// The model that judges requests in place of a person.
    const REVIEWER: Self = Self::new(DecidedBy::AiReviewer, DenialReason::ReviewerDenied);

    const fn new(by: DecidedBy, reason: DenialReason) -> Self {
        Self { by: Some(by), reason: Some(reason) }
    }
}

/// How the texts of refused calls begin; the first that fits counts.
const TEXTS: &[(&str, Refusal)] = &[
    ("Permission to run this tool was denied due to the following rules", Refusal::POLICY),
    ("Permission denied by rules", Refusal::POLICY),
    ("Permission denied by host policy", Refusal::POLICY),
    ("Permission denied because no interactive user response was available", Refusal::NOBODY_THERE),
    ("Permission denied because no permission response path was available", Refusal::NOBODY_THERE),
    ("Permission denied and could not request permission from user", Refusal::NOBODY_THERE),
    ("Copilot needed the user's approval and no one could answer", Refusal::NOBODY_THERE),
    ("Permission denied because the assisted approval check", Refusal::REVIEWER),
    ("The user rejected this tool call", Refusal::USER),
    ("Denied by user via preToolUse hook prompt", Refusal::USER),
    ("Denied by preToolUse hook (unable to ask user for confirmation)", Refusal::NOBODY_THERE),
    ("Denied by preToolUse hook", Refusal::HOOK),
    ("Denied by permission request hook", Refusal::HOOK),
    ("Permission denied by a PermissionRequest hook", Refusal::HOOK),
    ("Denied while resolving preToolUse hook prompt", Refusal::HOOK),
    ("Prompt blocked by hook", Refusal::HOOK),
    ("Permission denied", Refusal::UNEXPLAINED),
];

/// A file that the organisation keeps from the model.
const EXCLUDED: (&str, &str) = ("Access denied: ", "is excluded by organization content policy");

/// What a text says of a refusal; `None` if it speaks of none.
pub(super) fn of_text(text: &str) -> Option<Refusal> {
    if text.starts_with(EXCLUDED.0) && text.contains(EXCLUDED.1) {
        return Some(Refusal::POLICY);
    }
    TEXTS.iter().find(|(start, _)| text.starts_with(start)).map(|(_, refusal)| *refusal)
}

/// What a permission span's result says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Verdict {
    decision: Decision,
    by: DecidedBy,
    reason: Option<DenialReason>,
    scope: Option<GrantScope>,
}

/// Reads a permission's result. A span of this kind exists only where a question arose, so an
/// approval is taken for a person's; a host program that answers in place of one says the same.
pub(super) fn of_permission(result: &str) -> Option<Verdict> {
    let allow = |by, scope| Verdict { decision: Decision::Allow, by, reason: None, scope };
    let deny = |by, reason| Verdict { decision: Decision::Deny, by, reason, scope: None };
    let user = DecidedBy::User;
    Some(match result {
        "approved" | "approve-once" => allow(user, Some(GrantScope::Once)),
        "approved-for-session" | "approve-for-session" | "approved-read-only-for-session" => {
            allow(user, Some(GrantScope::Session))
        }
        "approved-for-location" | "approve-for-location" | "approve-permanently" => {
            allow(user, Some(GrantScope::Permanent))
        }
        "denied-interactively-by-user" | "reject" => deny(user, Some(DenialReason::UserDenied)),
        "denied-by-rules" | "denied-by-content-exclusion-policy" => {
            deny(DecidedBy::Policy, Some(DenialReason::PolicyDenied))
        }
        "denied-no-approval-rule-and-could-not-request-from-user" | "user-not-available" => {
            deny(DecidedBy::Policy, Some(DenialReason::NonInteractiveDenied))
        }
        "denied-by-permission-request-hook" => {
            deny(DecidedBy::Hook, Some(DenialReason::HookDenied))
        }
        "cancelled" => Verdict {
            decision: Decision::Cancel,
            by: DecidedBy::Unknown,
            reason: None,
            scope: None,
        },
        _ if result.starts_with("approved") => allow(DecidedBy::Unknown, None),
        _ if result.starts_with("denied") => deny(DecidedBy::Unknown, None),
        _ => return None,
    })
}

impl Verdict {
    /// Fills the columns of a decision.
    pub(super) fn fill(self, columns: &mut EventColumns<'_>) {
        columns.decision = Some(self.decision);
        columns.decided_by = Some(self.by);
        columns.denial_reason = self.reason;
        columns.grant_scope = self.scope;
    }
}

/// Fills what a hook decided: `pass` and its like leave the call as it is.
pub(super) fn fill_hook(word: &str, columns: &mut EventColumns<'_>) {
    columns.decision = match word {
        "allow" | "approve" => Some(Decision::Allow),
        "deny" | "block" => Some(Decision::Deny),
        "ask" => Some(Decision::Ask),
        _ => None,
    };
    if columns.decision.is_some() {
        columns.decided_by = Some(DecidedBy::Hook);
    }
    if columns.decision == Some(Decision::Deny) {
        columns.denial_reason = Some(DenialReason::HookDenied);
    }
}
