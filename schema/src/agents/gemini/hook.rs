//! A hook's answer: `gemini_cli.hook_call`.
//!
//! A hook says no with exit code 2, with `decision` `deny` or `block`, or with `continue` false.
//! Its exit code then is its answer, not a failure. A hook after the fact (`AfterTool` and its
//! like) can refuse nothing any more: it takes back what the agent would have seen. The record
//! has no call id; tool and arguments stand in `hook_input`, if prompts are logged.
//!
//! Source: `packages/core/src/hooks/types.ts`.

use serde_json::Value;

use crate::agents::gemini::{json, log, tool};
use crate::event::{EventColumns, Text};
use crate::normalise::attributes::SentAttributes;
use crate::vocabulary::{DecidedBy, Decision, DenialReason, FailureReason, Outcome};

/// The exit code with which a hook says no.
const BLOCKS: i64 = 2;
/// How the events begin of which a hook hears afterwards.
const LATE: &str = "After";

/// Reads what the hook was asked and what it answered.
pub(super) fn map<'a>(sent: &SentAttributes<'a>, columns: &mut EventColumns<'a>) {
    let value = |key: &str| -> Value { sent.text(key).and_then(json::read).unwrap_or_default() };
    map_input(&value("hook_input"), columns);
    let output = value("hook_output");
    columns.outcome = sent.bool("success").map(log::succeeded_or_failed);
    let blocks = columns.exit_code == Some(BLOCKS);
    let decision = if blocks { Some(Decision::Deny) } else { answer(&output) };
    let Some(decision) = decision else { return };
    columns.decided_by = Some(DecidedBy::Hook);
    let said = output.get("stopReason").or_else(|| output.get("reason")).and_then(Value::as_str);
    columns.rationale = said.map(|said| Text::Owned(said.to_owned()));
    if decision == Decision::Deny && columns.rationale.is_none() {
        columns.rationale = sent.text("stderr").map(|said| Text::Borrowed(said.trim_end()));
    }
    let is_late = sent.text("hook_event_name").is_some_and(|name| name.starts_with(LATE));
    match (decision, is_late) {
        (Decision::Deny, true) => {
            columns.failure_reason = Some(FailureReason::HookStopped);
            columns.outcome = Some(Outcome::Succeeded);
        }
        (Decision::Deny, false) => {
            columns.decision = Some(decision);
            columns.denial_reason = Some(DenialReason::HookDenied);
            columns.outcome = Some(Outcome::Denied);
        }
        _ => columns.decision = Some(decision),
    }
}

fn map_input(input: &Value, columns: &mut EventColumns<'_>) {
    let Some(name) = input.get("tool_name").and_then(Value::as_str) else { return };
    columns.tool = Some(Text::Owned(name.to_owned()));
    tool::map_tool(columns);
    if let Some(arguments) = input.get("tool_input").filter(|arguments| arguments.is_object()) {
        let arguments = arguments.to_string();
        tool::map_arguments(&arguments, columns);
        columns.arguments = Some(Text::Owned(arguments));
    }
}

fn answer(output: &Value) -> Option<Decision> {
    if output.get("continue").and_then(Value::as_bool) == Some(false) {
        return Some(Decision::Deny);
    }
    Some(match output.get("decision")?.as_str()? {
        "deny" | "block" => Decision::Deny,
        "ask" => Decision::Ask,
        "allow" | "approve" => Decision::Allow,
        _ => return None,
    })
}
