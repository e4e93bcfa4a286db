//! A hook's answer: the span `qwen-code.hook`, a child of the call's.
//!
//! `should_proceed` false before a tool is a no, unless `block_type` says that a person is to be
//! asked. `should_stop` true after it stops the agent; the call has run.

use crate::agents::gemini::{log, tool};
use crate::event::EventColumns;
use crate::normalise::attributes::SentAttributes;
use crate::vocabulary::{DecidedBy, Decision, DenialReason, FailureReason, Kind, Outcome};

/// Reads a hook's answer. A hook that was not there has no outcome.
pub(super) fn map<'a>(sent: &SentAttributes<'a>, columns: &mut EventColumns<'a>) {
    columns.kind = Some(Kind::Hook);
    tool::map_tool(columns);
    let is_absent = sent.text("error").is_some() && columns.error.is_none();
    if !is_absent {
        columns.outcome = sent.bool("success").map(log::succeeded_or_failed);
    }
    if sent.bool("should_stop") == Some(true) {
        columns.decided_by = Some(DecidedBy::Hook);
        columns.failure_reason = Some(FailureReason::HookStopped);
    }
    if sent.bool("should_proceed") != Some(false) {
        return;
    }
    columns.decided_by = Some(DecidedBy::Hook);
    if sent.text("block_type") == Some("ask") {
        columns.decision = Some(Decision::Ask);
        return;
    }
    columns.decision = Some(Decision::Deny);
    columns.denial_reason = Some(DenialReason::HookDenied);
    columns.outcome = Some(Outcome::Denied);
}
