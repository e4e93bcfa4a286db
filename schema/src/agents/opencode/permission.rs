//! Who may call what: the lines `evaluated` and `asking`, and the span around them.
//!
//! A permission is a tool's name, or the name of a group of tools (`edit` for all that write).
//! Its pattern is the command, the file or the address. A line stands in its `Permission.ask`
//! span, whose ancestor `Tool.execute` has the call's id.

use serde_json::Value;

use crate::agents::opencode::line::Line;
use crate::agents::opencode::tool::{self, Failure};
use crate::event::{EventColumns, Text};
use crate::vocabulary::{DecidedBy, Decision, DenialReason, Kind, StatusCode, ToolKind};

/// The pattern that stands for everything.
const ANYTHING: &str = "*";

/// Reads `evaluated`: a rule was found for a call, or none, which means to ask.
pub(super) fn map_evaluated(line: &Line, columns: &mut EventColumns<'_>) {
    columns.kind = Some(Kind::Approval);
    fill_subject(line.text("permission"), line.text("pattern"), columns);
    let rule = line.field("action");
    let part = |key: &str| rule.and_then(|rule| rule.get(key)).and_then(Value::as_str);
    let word = part("action").or_else(|| rule.and_then(Value::as_str)).unwrap_or_default();
    columns.decision = Decision::parse(word);
    if matches!(columns.decision, Some(Decision::Allow | Decision::Deny)) {
        columns.decided_by = Some(DecidedBy::Policy);
    }
    if columns.decision == Some(Decision::Deny) {
        columns.denial_reason = Some(DenialReason::PolicyDenied);
    }
    if let (Some(permission), Some(pattern)) = (part("permission"), part("pattern")) {
        columns.rationale = Some(Text::Owned(format!("rule {permission} {pattern}: {word}")));
    }
}

/// Reads `asking`: somebody is asked now.
pub(super) fn map_asking(line: &Line, columns: &mut EventColumns<'_>) {
    columns.kind = Some(Kind::Approval);
    columns.decision = Some(Decision::Ask);
    let patterns = line.field("patterns").and_then(Value::as_array);
    let pattern = patterns.and_then(|patterns| patterns.first()?.as_str());
    fill_subject(line.text("permission"), pattern, columns);
}

/// Fills the tool and what it is to be called with.
fn fill_subject(permission: Option<&str>, pattern: Option<&str>, columns: &mut EventColumns<'_>) {
    columns.tool = permission.map(|name| Text::Owned(name.to_owned()));
    tool::fill_kind(columns);
    let pattern = pattern.filter(|pattern| *pattern != ANYTHING);
    let pattern = pattern.map(|pattern| Text::Owned(pattern.to_owned()));
    match columns.tool_kind {
        Some(ToolKind::Shell) => columns.command = pattern,
        Some(ToolKind::File) => columns.path = pattern,
        Some(ToolKind::Web) => columns.url = pattern,
        _ => {}
    }
}

/// Reads `Permission.ask`: it ends well where the call may go on, by a rule or after a question;
/// its lines say which.
pub(super) fn map_span(columns: &mut EventColumns<'_>) {
    columns.kind = Some(Kind::Approval);
    if columns.status_code != Some(StatusCode::Error) {
        columns.decision = columns.status_code.map(|_| Decision::Allow);
        return;
    }
    let text = columns.status_message.clone();
    let failure = Failure::of(text.as_deref().unwrap_or_default());
    columns.decision = match failure {
        Failure::Cancelled => Some(Decision::Cancel),
        _ => failure.refusal().map(|_| Decision::Deny),
    };
    if let Some((by, reason)) = failure.refusal() {
        columns.decided_by = Some(by);
        columns.denial_reason = reason;
    }
    columns.error = text;
}
