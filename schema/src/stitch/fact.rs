//! What of an event the stitcher needs.
//!
//! A [`Fact`] owns what it holds, and holds as little as it can: of arguments and outputs only
//! which hosts and which conversations they name, of a span without a meaning of its own only
//! where it hangs.

use super::messages::Exchange;
use super::near::Mark;
use super::witness::Hosts;
use crate::derived::Usd;
use crate::ids::{EventId, LogId, ReceivedAt, Sequence, SpanId, TraceId};
use crate::vocabulary::{
    Agent, DecidedBy, Decision, DenialReason, FailureReason, GrantScope, Kind, Outcome,
    PromptOrigin, RecordSignal, ToolKind,
};

/// A text that many facts share. There are a few dozen places for one in a fact, most of them
/// empty: it is one pointer wide.
pub type Name = arcstr::ArcStr;

/// One event, cut down to what stitching needs.
#[derive(Debug, Clone)]
pub struct Fact {
    /// The event.
    pub event_id: EventId,
    /// The log of its frame.
    pub log_id: LogId,
    /// Its frame.
    pub sequence: Sequence,
    /// The record in its frame.
    pub index: i64,
    /// When its frame was received.
    pub received_at: ReceivedAt,
    /// The same, in one process, for two copies of one record that came in different requests.
    pub same: u64,
    /// Whose it is.
    pub tenant: Name,
    /// Who sent it.
    pub principal: Name,
    /// The agent.
    pub agent: Agent,
    /// What it was.
    pub signal: RecordSignal,
    /// What it is about.
    pub kind: Kind,
    /// The event's name, or the span's.
    pub name: Name,
    /// When it happened, in microseconds since 1970.
    pub time_us: i64,
    /// When a span ended.
    pub end_us: Option<i64>,
    /// The conversation, as the agent names it.
    pub session_id: Option<Name>,
    /// The turn, as the agent names it.
    pub turn_id: Option<Name>,
    /// The call, as the agent names it.
    pub call_id: Option<Name>,
    /// Which agent of the conversation.
    pub agent_path: Option<Name>,
    /// The trace.
    pub trace: Option<TraceId>,
    /// A span's own id, or the span that a record stands in.
    pub span: Option<SpanId>,
    /// The parent of a span.
    pub parent: Option<SpanId>,
    /// The rest; a span without a meaning of its own has none.
    pub detail: Option<Box<Detail>>,
    /// What finds it a conversation that has nothing in common with its own.
    pub(super) mark: Option<Mark>,
}

/// What an event with a meaning of its own says.
#[derive(Debug, Clone, Default)]
pub struct Detail {
    /// The sender's own counter.
    pub source_sequence: Option<i64>,
    /// The conversation that this one serves, as the agent says.
    pub parent_session_id: Option<Name>,
    /// The execution that network attempts belong to.
    pub execution_id: Option<Name>,
    /// The agent's version.
    pub agent_version: Option<Name>,
    /// Its front end.
    pub client: Option<Name>,
    /// The machine.
    pub host: Option<Name>,
    /// The user's e-mail address.
    pub user_email: Option<Name>,
    /// The repository.
    pub repository: Option<Name>,
    /// The folder.
    pub cwd: Option<Name>,
    /// Tokens read.
    pub input_tokens: Option<i64>,
    /// Tokens written.
    pub output_tokens: Option<i64>,
    /// What it cost.
    pub cost: Option<Usd>,
    /// The tool.
    pub tool: Option<Name>,
    /// What kind of tool it is.
    pub tool_kind: Option<ToolKind>,
    /// The MCP server.
    pub mcp_server: Option<Name>,
    /// The tool on it.
    pub mcp_tool: Option<Name>,
    /// The MCP servers that the conversation began with.
    pub mcp_servers: Option<Name>,
    /// The command.
    pub command: Option<Name>,
    /// The file.
    pub path: Option<Name>,
    /// The address.
    pub url: Option<Name>,
    /// What was decided.
    pub decision: Option<Decision>,
    /// Who decided.
    pub decided_by: Option<DecidedBy>,
    /// Who decided, as sent.
    pub decision_source: Option<Name>,
    /// How far the permission reaches.
    pub grant_scope: Option<GrantScope>,
    /// The risk the reviewer saw.
    pub risk_level: Option<Name>,
    /// Why it was decided so.
    pub rationale: Option<Name>,
    /// Why it was denied.
    pub denial_reason: Option<DenialReason>,
    /// The host of a network attempt.
    pub net_host: Option<Name>,
    /// What became of the attempt.
    pub net_verdict: Option<Decision>,
    /// Somebody allowed what the list did not.
    pub net_override: bool,
    /// Somebody was asked about the attempt.
    pub net_asked: bool,
    /// How it ended.
    pub outcome: Option<Outcome>,
    /// Why it failed.
    pub failure_reason: Option<FailureReason>,
    /// The error's text.
    pub error: Option<Name>,
    /// The exit code.
    pub exit_code: Option<i64>,
    /// How long it took.
    pub duration_ms: Option<i64>,
    /// When the agent has to ask.
    pub approval_policy: Option<Name>,
    /// What its sandbox allows.
    pub sandbox_policy: Option<Name>,
    /// The mode it is in.
    pub mode: Option<Name>,
    /// Who wrote the prompt.
    pub prompt_origin: Option<PromptOrigin>,
    /// The prompt.
    pub prompt: Option<Name>,
    /// The answer.
    pub response: Option<Name>,
    /// The arguments without white space, hashed: two records of one call have the same.
    pub arguments: Option<u64>,
    /// The result says that the command goes on in the background.
    pub runs_on: bool,
    /// The hosts that stand in the arguments.
    pub asked_hosts: Hosts,
    /// The hosts that stand in the output.
    pub told_hosts: Hosts,
    /// The conversations that a call of another agent names.
    pub mentions: Vec<Name>,
    /// The calls that a request to a model tells of.
    pub exchange: Option<Box<Exchange>>,
}

impl Fact {
    /// Where it stands in its log: what the passing of frames is measured by.
    pub(super) fn position(&self) -> (i64, LogId, i64, i64) {
        (self.received_at.0, self.log_id, self.sequence.0, self.index)
    }

    /// Whether it is a span itself, not a record inside one.
    pub(super) fn is_span(&self) -> bool {
        self.signal == RecordSignal::Traces
    }

    /// When what it tells of had ended.
    pub(super) fn ended_us(&self) -> i64 {
        self.end_us.unwrap_or(self.time_us)
    }

    /// When what it tells of began: a result's own time is its end.
    pub(super) fn began_us(&self) -> i64 {
        let took = self.detail.as_ref().and_then(|detail| detail.duration_ms);
        match (self.kind, took) {
            (Kind::ToolResult | Kind::Approval, Some(took)) if !self.is_span() => {
                self.time_us.saturating_sub(took.saturating_mul(1000))
            }
            _ => self.time_us,
        }
    }

    /// About how much memory it takes.
    pub(super) fn bytes(&self) -> usize {
        const SHARED: usize = 24;
        let mut bytes = size_of::<Self>() + SHARED;
        if let Some(detail) = &self.detail {
            bytes += size_of::<Detail>();
            let texts = [
                &detail.prompt,
                &detail.response,
                &detail.command,
                &detail.path,
                &detail.url,
                &detail.error,
                &detail.rationale,
            ];
            bytes += texts.into_iter().flatten().map(|text| text.len() + SHARED).sum::<usize>();
            bytes += detail.mentions.len() * 64;
            bytes += detail.asked_hosts.bytes() + detail.told_hosts.bytes();
            bytes += detail.exchange.as_ref().map_or(0, |told| told.bytes());
        }
        bytes
    }
}
