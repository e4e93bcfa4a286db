//! What really happened, and what of it the records that were sent can show.
//!
//! Each fact stands beside a word on whether the delivered records show it: a scorer counts a
//! miss only where they do. "Shown" is worked out from what was emitted and delivered, by rules of
//! this crate ([`crate::judge`]); no code of the product takes part.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::chance::Occurrence;

/// The truth of a scenario.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Truth {
    /// Every conversation, in the order of their clients.
    pub conversations: Vec<Conversation>,
    /// Every network attempt.
    pub network_links: Vec<NetworkLink>,
    /// The holes that should be noticed.
    pub gaps: Vec<ExpectedGap>,
    /// Every record that was written by an agent and never arrived.
    pub lost: Vec<LostRecord>,
    /// How often each knob was asked and said yes.
    #[serde(skip)]
    pub occurrences: BTreeMap<&'static str, Occurrence>,
}

/// What a conversation is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// A person leads it.
    Main,
    /// It does a part of another's work.
    Subagent,
    /// It judges the calls of another.
    Reviewer,
    /// It makes the title of another.
    Title,
}

/// One conversation. Claude Code's subagents share that of their parent and have none.
#[derive(Debug, Clone, Serialize)]
pub struct Conversation {
    /// As the agent names it.
    pub id: String,
    /// `codex` or `claude-code`.
    pub agent: &'static str,
    /// Who sent its records.
    pub principal: String,
    /// Whether the principal is not the one that sent the first records under this id.
    pub foreign: bool,
    /// What it is for.
    pub role: Role,
    /// Whether any delivered record shows the role.
    pub role_shown: bool,
    /// The conversation it serves: a subagent's parent, whom a reviewer judges, whose title is made.
    pub parent: Option<String>,
    /// What shows the parent: `spawn_result`, `wait_arguments`, `agent_response`, `span`, `trace`
    /// (the two have a trace for themselves), `title_text`; empty if only the times do.
    pub parent_shown_by: Vec<&'static str>,
    /// Whether any record of it arrived.
    pub visible: bool,
    /// Its prompts in order.
    pub prompts: Vec<Prompt>,
    /// Its calls by start.
    pub calls: Vec<Call>,
}

/// One prompt.
#[derive(Debug, Clone, Serialize)]
pub struct Prompt {
    /// As it was written, even if it was sent without its text.
    pub text: String,
    /// `human`, `subagent_task`, `reviewer` or `system`.
    pub origin: &'static str,
    /// Which person wrote it; a conversation can have several.
    pub person: Option<String>,
    /// Claude Code's `prompt.id`.
    pub prompt_id: Option<String>,
    /// Whether the text was kept back.
    pub redacted: bool,
    /// Whether its record arrived.
    pub visible: bool,
    /// When, by the clock of the client, in microseconds.
    pub at_us: i64,
}

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It did what was asked.
    Succeeded,
    /// It ran and failed.
    Failed,
    /// It was refused before it ran.
    Denied,
    /// A person stopped it.
    Cancelled,
    /// No delivered record tells.
    Unknown,
}

/// One tool call.
#[derive(Debug, Clone, Serialize)]
pub struct Call {
    /// As the agent names it.
    pub call_id: String,
    /// `exec_command`, `mcp__<server>/<tool>`, `multi_agent_v1/spawn_agent`, `Bash`, ….
    pub tool: String,
    /// Its arguments, JSON.
    pub arguments: String,
    /// Whether any delivered record shows it.
    pub visible: bool,
    /// What follows from the delivered records.
    pub outcome: Outcome,
    /// What really happened.
    pub happened: Outcome,
    /// Why it failed, where the delivered records say.
    pub failure_reason: Option<&'static str>,
    /// Who decided, where the delivered records say: `policy`, `user`, `ai_reviewer`, `hook`. The
    /// last sourced decision counts; the approval of a host is none.
    pub decided_by: Option<&'static str>,
    /// Why it was refused, where the delivered records say.
    pub denial_reason: Option<&'static str>,
    /// The exit code, where its result was delivered and has one.
    pub exit_code: Option<i64>,
    /// Who stopped a call that was already allowed.
    pub cancelled_by: Option<&'static str>,
    /// A subagent made it that shares the conversation of its parent (Claude Code): its id.
    pub agent_id: Option<String>,
    /// The prompt of the person who led to it.
    pub intent: Option<Intent>,
    /// When it began and ended, by the clock of the client, in microseconds.
    pub started_us: i64,
    /// See `started_us`; the end of a cancelled call is when it was stopped.
    pub ended_us: i64,
}

/// Whose wish a call served.
#[derive(Debug, Clone, Serialize)]
pub struct Intent {
    /// The prompt as it was written.
    pub text: String,
    /// The conversation in which it stands.
    pub conversation: String,
    /// Its place among that conversation's prompts.
    pub prompt: usize,
    /// Whether the text was kept back.
    pub redacted: bool,
    /// Whether the delivered records lead from the call to this prompt: it arrived, and so did
    /// every parent on the way to it.
    pub shown: bool,
}

/// One decision of the network proxy, and whose call it was.
///
/// `client_address` is its own for every record of a conversation.
#[derive(Debug, Clone, Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is one thing a scorer asks")]
pub struct NetworkLink {
    /// Who sent it.
    pub principal: String,
    /// In which conversation.
    pub conversation: String,
    /// The attribute `client.address`.
    pub client_address: String,
    /// The field `observedTimeUnixNano`.
    pub observed_ns: u64,
    /// The attribute `event.timestamp`, in milliseconds.
    pub time_ms: i64,
    /// The attribute `server.address`.
    pub host: String,
    /// `allow`, `deny` or `ask`.
    pub verdict: &'static str,
    /// The attribute `execution.id`.
    pub execution_id: Option<String>,
    /// The call that made the attempt.
    pub owner: String,
    /// Whether the attempt was delivered.
    pub visible: bool,
    /// Whether any delivered record shows the owner.
    pub owner_visible: bool,
    /// Whether it was made after the result of its call.
    pub after_result: bool,
    /// Whether the delivered records determine the owner by the rules of the design, and
    /// determine it rightly.
    pub determined: bool,
    /// By what: `anchor`, `only_open`, `host_in_arguments`, `host_in_output`,
    /// `denied_then_failed`, and the same with `group:` where another attempt of the same
    /// `execution.id` has it.
    pub determined_by: Vec<String>,
    /// The rules determine a call that was not the owner: its own records were lost, or it runs on
    /// in the background and its records do not say so.
    pub misled: bool,
    /// The calls that were open by the delivered records.
    pub candidates: Vec<String>,
}

/// One hole that the delivered records have.
#[derive(Debug, Clone, Serialize)]
pub struct ExpectedGap {
    /// `missing_sequence`, `request_without_result`, `result_without_request`,
    /// `prompt_without_text`, `missing_prompt` or `foreign_principal`.
    pub kind: &'static str,
    /// Where; a process's counter runs over all conversations of the process.
    pub conversations: Vec<String>,
    /// Of whom.
    pub principal: String,
    /// The first missing number.
    pub from_sequence: Option<i64>,
    /// The last one.
    pub to_sequence: Option<i64>,
    /// A call's id, a prompt's id.
    pub detail: Option<String>,
}

/// One record that never arrived.
#[derive(Debug, Clone, Serialize)]
pub struct LostRecord {
    /// Whose.
    pub principal: String,
    /// In which conversation, where it has one.
    pub conversation: Option<String>,
    /// `logs` or `traces`.
    pub signal: &'static str,
    /// The name of the event or span.
    pub name: String,
    /// When it was written, by the clock of the client, in microseconds.
    pub at_us: i64,
}
