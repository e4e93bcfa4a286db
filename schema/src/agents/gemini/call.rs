//! How a call was decided and how it ended, from a log record or from the JSON of a span.
//!
//! Refusals are known by the texts that Gemini itself writes, so that they are read even where
//! the type of the error is not sent. A flag of success does not count against an exit code, and
//! an exit code that is withheld (`logPrompts` off) leaves the outcome of a command unknown.
//!
//! Source: `scheduler.ts`, `policy.ts`, `hook-utils.ts`, `tool-executor.ts`, `tool-error.ts`.

use serde_json::Value;

use crate::agents::gemini::answer::Answer;
use crate::agents::gemini::{json, tool};
use crate::event::EventColumns;
use crate::normalise::attributes::SentAttributes;
use crate::otlp::AnyValue;
use crate::vocabulary::{
    DecidedBy, Decision, DenialReason, FailureReason, GrantScope, Outcome, ToolKind,
};

/// How the error of a call begins that a hook blocked.
const BLOCKED_BY_HOOK: &str = "Tool execution blocked";
/// How that of a call begins that a hook stopped together with the agent.
const STOPPED_BY_HOOK: &str = "Agent execution stopped by hook";
/// How that of a call begins that the policy denies; the rule's own words follow.
const DENIED_BY_POLICY: &str = "Tool execution denied by policy.";
/// How the shipped rules of plan mode go on.
const PLAN_MODE: &str = " You are in Plan Mode";
/// In the error of a call that a person should have been asked about.
const NOBODY_TO_ASK: &str = "requires user confirmation, which is not supported in non-interactive";

/// Tools that the shipped policy (`read-only.toml`) always allows: nobody is asked about them.
const NEVER_ASKED: &[&str] = &[
    "glob",
    "grep_search",
    "list_directory",
    "read_file",
    "google_web_search",
    "codebase_investigator",
    "cli_help",
    "get_internal_docs",
    "tracker_create_task",
    "tracker_update_task",
    "tracker_get_task",
    "tracker_list_tasks",
    "tracker_add_dependency",
    "tracker_visualize",
    "update_topic",
    "complete_task",
    "read_mcp_resource",
    "list_mcp_resources",
];

/// In what state a call ended, by the agent's own flag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// The tool gave a result.
    Success,
    /// It gave an error, or never ran.
    Error,
    /// It was called off.
    Cancelled,
}

/// What a record says of a call that ended.
#[derive(Debug, Default)]
pub(super) struct Call<'c> {
    /// What was answered, if anything.
    pub answer: Option<Answer>,
    /// Whether the session had a person in front of it; `None` where the record does not say.
    pub interactive: Option<bool>,
    /// How it ended.
    pub state: Option<State>,
    /// The type of its error; empty without one.
    pub error_type: &'c str,
    /// Its error; empty without one.
    pub error: &'c str,
    /// The exit code of a command.
    pub exit_code: Option<i64>,
    /// A command of which the record cannot tell the end.
    pub end_is_unseen: bool,
}

/// Who refused a call and why.
type Refusal = (DecidedBy, Option<DenialReason>);

impl Call<'_> {
    /// Fills the columns of the decision and of the result.
    pub(super) fn fill(&self, columns: &mut EventColumns<'_>) {
        columns.exit_code = self.exit_code;
        if let Some((by, reason)) = self.refusal() {
            columns.decision = Some(Decision::Deny);
            columns.decided_by = Some(by);
            columns.denial_reason = reason;
            columns.outcome = Some(Outcome::Denied);
            return;
        }
        if let Some(answer) = self.answer.map(Answer::of_a_call_that_ran) {
            let tool = columns.tool.as_deref().unwrap_or_default();
            columns.decision = Some(Decision::Allow);
            columns.decided_by = self.allowed_by(answer, tool);
            columns.grant_scope = grant_scope(answer, columns.decided_by);
        }
        let is_command = columns.tool_kind == Some(ToolKind::Shell);
        let (outcome, failure) = self.ending(is_command);
        columns.outcome = outcome;
        columns.failure_reason = failure;
    }

    fn refusal(&self) -> Option<Refusal> {
        if self.error.starts_with(BLOCKED_BY_HOOK) {
            return Some((DecidedBy::Hook, Some(DenialReason::HookDenied)));
        }
        if self.error.contains(NOBODY_TO_ASK) {
            return Some((DecidedBy::Policy, Some(DenialReason::NonInteractiveDenied)));
        }
        if let Some(rule) = self.error.strip_prefix(DENIED_BY_POLICY) {
            let is_plan_mode = rule.starts_with(PLAN_MODE);
            let reason = if is_plan_mode {
                DenialReason::PlanModeBlocked
            } else {
                DenialReason::PolicyDenied
            };
            return Some((DecidedBy::Policy, Some(reason)));
        }
        match (self.error_type, self.answer) {
            ("policy_violation", _) => Some((DecidedBy::Policy, Some(DenialReason::PolicyDenied))),
            ("stop_execution", None) => Some((DecidedBy::Hook, Some(DenialReason::HookDenied))),
            (_, None) if self.error.starts_with(STOPPED_BY_HOOK) => {
                Some((DecidedBy::Hook, Some(DenialReason::HookDenied)))
            }
            (_, Some(Answer::No)) if matches!(self.state, Some(State::Cancelled) | None) => {
                Some(if self.interactive == Some(true) {
                    (DecidedBy::User, Some(DenialReason::UserDenied))
                } else {
                    (DecidedBy::Unknown, None)
                })
            }
            _ => None,
        }
    }

    /// A person can have been asked only in an interactive session, and about some tools only.
    fn allowed_by(&self, answer: Answer, tool: &str) -> Option<DecidedBy> {
        let always_allowed = answer == Answer::Once && NEVER_ASKED.contains(&tool);
        Some(if self.interactive? && !always_allowed { DecidedBy::User } else { DecidedBy::Policy })
    }

    fn ending(&self, is_command: bool) -> (Option<Outcome>, Option<FailureReason>) {
        let failed = |reason| (Some(Outcome::Failed), reason);
        match self.state {
            Some(State::Success) if self.exit_code.is_some_and(|code| code != 0) => failed(None),
            Some(State::Success)
                if is_command && self.exit_code.is_none() && self.end_is_unseen =>
            {
                (Some(Outcome::Unknown), None)
            }
            Some(State::Success) => (Some(Outcome::Succeeded), None),
            Some(State::Cancelled) => (Some(Outcome::Cancelled), None),
            Some(State::Error) => match self.error_type {
                "tool_not_registered" => failed(Some(FailureReason::NoSuchTool)),
                "" if is_unknown_tool(self.error) => failed(Some(FailureReason::NoSuchTool)),
                "execution_timeout" => (Some(Outcome::TimedOut), None),
                // It ran; what it did is not told.
                "stop_execution" => (Some(Outcome::Unknown), Some(FailureReason::HookStopped)),
                _ if self.exit_code.is_some() => failed(None),
                _ => failed(Some(FailureReason::ToolError)),
            },
            None => (None, None),
        }
    }
}

/// Whether this is the error of a call of a tool that is not there.
pub(super) fn is_unknown_tool(error: &str) -> bool {
    error.starts_with("Tool \"") && error.contains("\" not found")
}

/// How far a person's answer reaches; what the policy allows is its own.
fn grant_scope(answer: Answer, by: Option<DecidedBy>) -> Option<GrantScope> {
    if by != Some(DecidedBy::User) {
        return None;
    }
    Some(match answer {
        Answer::Once | Answer::Modified => GrantScope::Once,
        Answer::Always => GrantScope::Session,
        Answer::Saved => GrantScope::Permanent,
        Answer::No => return None,
    })
}

/// Reads `gemini_cli.tool_call`. The word of the decision stays among the attributes.
pub(super) fn map_log<'a>(sent: &SentAttributes<'a>, columns: &mut EventColumns<'a>) {
    tool::map_tool(columns);
    tool::map_type(sent.text("tool_type"), columns);
    let arguments = columns.arguments.clone();
    let in_background = arguments.as_deref().is_some_and(|text| tool::map_arguments(text, columns));
    let metadata = Metadata::read(sent);
    if columns.error.is_none() {
        columns.error = sent.text("error.message").map(Into::into);
    }
    let error = columns.error.clone().unwrap_or_default();
    let error_type =
        sent.text("error_type").or_else(|| sent.text("error.type")).unwrap_or_default();
    let state = sent.bool("success").map(|success| match success {
        true => State::Success,
        false if error.is_empty() && error_type.is_empty() => State::Cancelled,
        false => State::Error,
    });
    let call = Call {
        answer: sent.text("decision").and_then(Answer::of_decision),
        interactive: sent.bool("interactive"),
        state,
        error_type,
        error: &error,
        exit_code: metadata.exit_code,
        end_is_unseen: arguments.is_none() || in_background || metadata.is_in_background,
    };
    call.fill(columns);
}

/// What a tool adds to its result.
#[derive(Debug, Default)]
struct Metadata {
    exit_code: Option<i64>,
    is_in_background: bool,
}

impl Metadata {
    /// Sent as JSON text, by older versions as a list of pairs. A command that was moved to the
    /// background leaves its process id.
    fn read(sent: &SentAttributes<'_>) -> Self {
        let Some(sent) = sent.find("metadata") else { return Self::default() };
        match (sent.text, sent.value) {
            (Some(text), _) => {
                json::read(text).map(|value| Self::of_json(&value)).unwrap_or_default()
            }
            (None, AnyValue::KvList(list)) => {
                let mut found = Self::default();
                for entry in list.entries() {
                    match (entry.key.as_str(), entry.value) {
                        (Some("exitCode"), AnyValue::Int(code)) => found.exit_code = Some(code),
                        (Some("pid"), _) => found.is_in_background = true,
                        _ => {}
                    }
                }
                found
            }
            _ => Self::default(),
        }
    }

    fn of_json(value: &Value) -> Self {
        Self {
            exit_code: value.get("exitCode").and_then(Value::as_i64),
            is_in_background: value.get("pid").is_some(),
        }
    }
}

/// The exit code in the `data` of a result in the JSON of a span, and whether the command goes
/// on in the background.
pub(super) fn result_data(data: &Value) -> (Option<i64>, bool) {
    let found = Metadata::of_json(data);
    (found.exit_code, found.is_in_background)
}
