//! Hooks: what ran, and what it forbade.
//!
//! A hook's record has no call id: turn, name and time lead to the call. `num_blocking` forbids
//! only before something happens; after a tool ran, or when the agent wants to stop, it is a
//! remark to the model. Whether the hook *ran* well is its `outcome`; a hook that blocks did.

use crate::agents::claude_code::tool;
use crate::event::EventColumns;
use crate::normalise::attributes::SentAttributes;
use crate::vocabulary::{DecidedBy, Decision, DenialReason, Outcome};

/// The hook events about one tool call: their name goes on with the tool's.
const OF_A_CALL: &[&str] =
    &["PreToolUse", "PostToolUse", "PostToolUseFailure", "PermissionRequest", "PermissionDenied"];
/// The hook events in which blocking forbids something.
const CAN_FORBID: &[&str] = &[
    "PreToolUse",
    "PermissionRequest",
    "UserPromptSubmit",
    "UserPromptExpansion",
    "PreCompact",
    "ConfigChange",
    "Elicitation",
];

/// Reads for which tool a hook ran, from `PreToolUse:Bash`.
pub(super) fn map_hook<'a>(sent: &SentAttributes<'a>, columns: &mut EventColumns<'a>) {
    let Some((event, tool)) = sent.text("hook_name").and_then(|name| name.split_once(':')) else {
        return;
    };
    if OF_A_CALL.contains(&event) && !tool.is_empty() {
        tool::map_name(tool, columns);
    }
}

/// Reads how its hooks ended.
pub(super) fn map_end<'a>(sent: &SentAttributes<'a>, columns: &mut EventColumns<'a>) {
    let some = |key: &str| sent.int(key).is_some_and(|count| count > 0);
    columns.outcome = if some("num_cancelled") {
        Some(Outcome::Cancelled)
    } else if some("num_non_blocking_error") {
        Some(Outcome::Failed)
    } else {
        (some("num_success") || some("num_blocking")).then_some(Outcome::Succeeded)
    };
    let hooked = sent.text("hook_event").is_some_and(|event| CAN_FORBID.contains(&event));
    if hooked && some("num_blocking") {
        columns.decision = Some(Decision::Deny);
        columns.decided_by = Some(DecidedBy::Hook);
        columns.denial_reason = Some(DenialReason::HookDenied);
    }
}
