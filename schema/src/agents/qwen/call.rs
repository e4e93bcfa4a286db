//! How a call was decided and how it ended: `qwen-code.tool_call`.
//!
//! `execution_denied` where the tool had been allowed is a hook's: before the tool ran it blocked
//! the call, after that it stopped the agent, and the call did what it did. A command that failed
//! has its exit code in the text of the error only.

use crate::agents::gemini::tool;
use crate::agents::qwen::refusal::{self, Refusal};
use crate::event::{EventColumns, Text};
use crate::normalise::attributes::SentAttributes;
use crate::vocabulary::{
    DecidedBy, Decision, DenialReason, FailureReason, GrantScope, Outcome, ToolKind,
};

/// Before the exit code, in the lines that follow a command's output.
const EXIT_CODE: &str = "Exit Code: ";
/// Before the output, in those lines.
const OUTPUT: &str = "\nOutput: ";
/// After it.
const AFTER_OUTPUT: &str = "\nError: ";
/// In place of an output that is not there.
const NO_OUTPUT: &str = "(empty)";

/// Reads a call. The word of the decision stays among the attributes.
pub(super) fn map<'a>(sent: &SentAttributes<'a>, columns: &mut EventColumns<'a>) {
    tool::map_tool(columns);
    tool::map_type(sent.text("tool_type"), columns);
    let arguments = columns.arguments.clone();
    let in_background = arguments.as_deref().is_some_and(|text| tool::map_arguments(text, columns));
    if columns.error.is_none() {
        columns.error = sent.text("error.message").map(Text::Borrowed);
    }
    let error = columns.error.clone().unwrap_or_default();
    let call = Call {
        word: sent.text("decision").unwrap_or_default(),
        status: sent.text("status").or_else(|| status(sent)).unwrap_or_default(),
        execution: sent.text("execution_status").unwrap_or_default(),
        error_type: sent.text("error_type").or_else(|| sent.text("error.type")).unwrap_or_default(),
        error: &error,
        is_command: columns.tool_kind == Some(ToolKind::Shell),
        in_background,
    };
    call.fill(columns);
}

/// The older flag for the same.
fn status(sent: &SentAttributes<'_>) -> Option<&'static str> {
    sent.bool("success").map(|success| if success { "success" } else { "error" })
}

struct Call<'c> {
    word: &'c str,
    status: &'c str,
    execution: &'c str,
    error_type: &'c str,
    error: &'c str,
    is_command: bool,
    in_background: bool,
}

impl Call<'_> {
    fn fill(&self, columns: &mut EventColumns<'_>) {
        let (decision, by, scope) = answer(self.word);
        columns.decision = decision;
        columns.decided_by = by;
        columns.grant_scope = scope;
        if let Some((by, reason)) = self.refusal() {
            columns.decision = Some(Decision::Deny);
            columns.decided_by = Some(by);
            columns.grant_scope = None;
            columns.denial_reason = Some(reason);
            columns.rationale = refusal::rationale(self.error).map(|text| Text::Owned(text.into()));
            columns.outcome = Some(Outcome::Denied);
            return;
        }
        if self.is_command {
            columns.exit_code = exit_code(self.error);
            columns.output = output(self.error).map(|text| Text::Owned(text.into()));
        }
        let (outcome, failure) = self.ending(columns.exit_code.is_some());
        columns.outcome = outcome;
        columns.failure_reason = failure;
    }

    fn refusal(&self) -> Option<Refusal> {
        if self.word == "reject" {
            return Some(if self.status == "error" {
                // A person's answer ends as `cancelled`.
                (DecidedBy::Hook, DenialReason::HookDenied)
            } else {
                (DecidedBy::User, DenialReason::UserDenied)
            });
        }
        let has_run = matches!(self.execution, "success" | "error" | "cancelled");
        if self.error_type != "execution_denied" || has_run {
            return None;
        }
        let was_allowed = matches!(self.word, "accept" | "auto_accept" | "modify");
        Some(if was_allowed {
            (DecidedBy::Hook, DenialReason::HookDenied)
        } else {
            refusal::of_text(self.error)
        })
    }

    fn ending(&self, has_exit_code: bool) -> (Option<Outcome>, Option<FailureReason>) {
        let failed = |reason| (Some(Outcome::Failed), reason);
        match self.status {
            "success" if self.is_command && self.in_background => (Some(Outcome::Unknown), None),
            "success" => (Some(Outcome::Succeeded), None),
            "cancelled" => (Some(Outcome::Cancelled), None),
            "error" => match (self.error_type, self.execution) {
                // A hook stopped the agent once the tool had ended.
                ("execution_denied", "success") => (Some(Outcome::Succeeded), None),
                ("tool_not_registered", _) => failed(Some(FailureReason::NoSuchTool)),
                ("execution_timeout", _) => (Some(Outcome::TimedOut), None),
                _ if has_exit_code => failed(None),
                _ => failed(Some(FailureReason::ToolError)),
            },
            _ => (None, None),
        }
    }
}

/// Source: `telemetry/tool-call-decision.ts`.
fn answer(word: &str) -> (Option<Decision>, Option<DecidedBy>, Option<GrantScope>) {
    match word {
        "accept" | "modify" => {
            (Some(Decision::Allow), Some(DecidedBy::User), Some(GrantScope::Once))
        }
        "auto_accept" => (Some(Decision::Allow), Some(DecidedBy::Policy), None),
        _ => (None, None, None),
    }
}

/// The exit code, from the last such line: a command can print anything before it.
fn exit_code(error: &str) -> Option<i64> {
    error.lines().rev().find_map(|line| line.strip_prefix(EXIT_CODE)?.trim().parse().ok())
}

/// What the command printed.
fn output(error: &str) -> Option<&str> {
    let (_, rest) = error.split_once(OUTPUT)?;
    let (output, _) = rest.rsplit_once(AFTER_OUTPUT)?;
    (output != NO_OUTPUT && !output.is_empty()).then_some(output)
}
