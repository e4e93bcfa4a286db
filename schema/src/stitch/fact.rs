//! What of an event the stitcher needs.
//!
//! A [`Fact`] owns what it holds, and holds as little as it can: of arguments and outputs only
//! which hosts and which conversations they name, of a span without a meaning of its own only
//! where it hangs.

use std::hash::{BuildHasher, Hash, Hasher};

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type, TimestampMicrosecondType};
use arrow_array::{Array, ArrayRef, RecordBatch};

use super::hash::FastMap;
use super::messages::{self, Exchange};
use super::witness::{self, Hosts};
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
    /// The same for two copies of one record that came in different requests.
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

/// Reads facts from a batch of `events` that has (at least) the columns of [`Facts::COLUMNS`].
#[derive(Debug)]
pub struct Facts<'a> {
    columns: FastMap<&'static str, &'a ArrayRef>,
    names: std::cell::RefCell<FastMap<&'a str, Name>>,
}

impl<'a> Facts<'a> {
    /// The columns that are read.
    pub const COLUMNS: &'static [&'static str] = &[
        "event_id",
        "log_id",
        "offset_sequence",
        "offset_index",
        "received_at",
        "tenant",
        "principal",
        "agent",
        "signal",
        "kind",
        "name",
        "time",
        "end_time",
        "observed_at",
        "session_id",
        "turn_id",
        "call_id",
        "agent_path",
        "trace_id",
        "span_id",
        "parent_span_id",
        "source_sequence",
        "parent_session_id",
        "execution_id",
        "agent_version",
        "client",
        "host",
        "user_email",
        "repository",
        "cwd",
        "input_tokens",
        "output_tokens",
        "cost_usd",
        "tool",
        "tool_kind",
        "mcp_server",
        "mcp_tool",
        "command",
        "path",
        "url",
        "decision",
        "decided_by",
        "decision_source",
        "grant_scope",
        "risk_level",
        "rationale",
        "denial_reason",
        "net_host",
        "net_verdict",
        "net_override",
        "net_source",
        "outcome",
        "failure_reason",
        "error",
        "exit_code",
        "duration_ms",
        "approval_policy",
        "sandbox_policy",
        "mode",
        "prompt_origin",
        "prompt",
        "response",
        "arguments",
        "output",
        "attributes",
    ];

    /// Prepares to read.
    pub fn new(batch: &'a RecordBatch) -> Self {
        let schema = batch.schema_ref();
        let column = |name: &&'static str| {
            let index = schema.index_of(name).ok()?;
            Some((*name, batch.columns().get(index)?))
        };
        Self {
            columns: Self::COLUMNS.iter().filter_map(column).collect(),
            names: std::cell::RefCell::default(),
        }
    }

    /// The fact of one row; none for a row without an id, or of a kind that says nothing about
    /// a conversation.
    pub fn read(&self, row: usize) -> Option<Fact> {
        let kind = self.text("kind", row).and_then(Kind::parse)?;
        if kind == Kind::Undecoded {
            return None;
        }
        let mut fact = Fact {
            event_id: EventId::parse(self.text("event_id", row)?)?,
            log_id: LogId::parse(self.text("log_id", row)?)?,
            sequence: Sequence(self.int("offset_sequence", row)?),
            index: self.int("offset_index", row)?,
            received_at: ReceivedAt(self.time("received_at", row)?),
            same: 0,
            tenant: self.name("tenant", row)?,
            principal: self.name("principal", row)?,
            agent: self.text("agent", row).and_then(Agent::parse).unwrap_or(Agent::Unknown),
            signal: self.text("signal", row).and_then(RecordSignal::parse)?,
            kind,
            name: self.name("name", row).unwrap_or_else(|| Name::from("")),
            time_us: self.time("time", row)?,
            end_us: self.time("end_time", row),
            session_id: self.name("session_id", row),
            turn_id: self.name("turn_id", row),
            call_id: self.name("call_id", row),
            agent_path: self.name("agent_path", row),
            trace: self.text("trace_id", row).and_then(TraceId::parse),
            span: self.text("span_id", row).and_then(SpanId::parse),
            parent: self.text("parent_span_id", row).and_then(SpanId::parse),
            detail: None,
        };
        let says = !matches!(kind, Kind::Span | Kind::Other)
            || self.text("approval_policy", row).is_some();
        if says {
            fact.detail = Some(Box::new(self.detail(&fact, row)));
        }
        fact.same = self.same(&fact, row);
        Some(fact)
    }

    fn detail(&self, fact: &Fact, row: usize) -> Detail {
        let mut detail = Detail {
            source_sequence: self.int("source_sequence", row),
            parent_session_id: self.name("parent_session_id", row),
            execution_id: self.name("execution_id", row),
            agent_version: self.name("agent_version", row),
            client: self.name("client", row),
            host: self.name("host", row),
            user_email: self.name("user_email", row),
            repository: self.name("repository", row),
            cwd: self.name("cwd", row),
            outcome: self.text("outcome", row).and_then(Outcome::parse),
            failure_reason: self.text("failure_reason", row).and_then(FailureReason::parse),
            error: self.owned("error", row),
            duration_ms: self.int("duration_ms", row),
            approval_policy: self.name("approval_policy", row),
            sandbox_policy: self.name("sandbox_policy", row),
            mode: self.name("mode", row),
            ..Detail::default()
        };
        self.call(fact, row, &mut detail);
        self.decision(row, &mut detail);
        if matches!(fact.kind, Kind::Prompt | Kind::Response | Kind::ModelRequest | Kind::Session) {
            detail.input_tokens = self.int("input_tokens", row);
            detail.output_tokens = self.int("output_tokens", row);
            detail.cost = self.float("cost_usd", row).and_then(Usd::of_dollars);
            detail.prompt_origin = self.text("prompt_origin", row).and_then(PromptOrigin::parse);
            detail.response = self.owned("response", row);
        }
        if fact.kind == Kind::Prompt {
            // What Codex sends in place of a text that it was told not to send.
            detail.prompt = self.owned("prompt", row).filter(|text| *text != "[REDACTED]");
        }
        if matches!(fact.kind, Kind::Session | Kind::Config) {
            detail.mcp_servers = self.attribute("mcp_servers", row).map(Name::from);
        }
        if fact.kind == Kind::ModelRequest && messages::tells(fact.agent) {
            let told = self.attribute(messages::INPUT, row).and_then(messages::read);
            detail.exchange = told.map(Box::new);
        }
        detail
    }

    /// What a record of a call says of it.
    fn call(&self, fact: &Fact, row: usize, detail: &mut Detail) {
        detail.tool = self.name("tool", row);
        detail.tool_kind = self.text("tool_kind", row).and_then(ToolKind::parse);
        detail.mcp_server = self.name("mcp_server", row);
        detail.mcp_tool = self.name("mcp_tool", row);
        if !matches!(fact.kind, Kind::ToolCall | Kind::ToolResult | Kind::Approval | Kind::Hook) {
            return;
        }
        detail.command = self.owned("command", row);
        detail.path = self.owned("path", row);
        detail.url = self.owned("url", row);
        detail.exit_code = self.int("exit_code", row);
        let (arguments, output) = (self.text("arguments", row), self.text("output", row));
        if fact.call_id.is_none() || fact.agent == Agent::Gemini {
            detail.arguments = arguments.map(witness::without_space);
        }
        if detail.tool_kind == Some(ToolKind::Subagent) {
            let texts = [output, arguments];
            witness::mentions(texts.into_iter().flatten(), &mut detail.mentions);
        }
        detail.runs_on = output.is_some_and(witness::runs_on);
        if witness::watches_network(fact.agent) {
            detail.asked_hosts = Hosts::of([arguments, self.text("command", row)]);
            detail.told_hosts = Hosts::of([output, self.text("error", row)]);
        }
    }

    /// What was decided about a call or a network attempt.
    fn decision(&self, row: usize, detail: &mut Detail) {
        detail.decision = self.text("decision", row).and_then(Decision::parse);
        detail.decided_by = self.text("decided_by", row).and_then(DecidedBy::parse);
        detail.decision_source = self.name("decision_source", row);
        detail.grant_scope = self.text("grant_scope", row).and_then(GrantScope::parse);
        detail.risk_level = self.name("risk_level", row);
        detail.rationale = self.owned("rationale", row);
        detail.denial_reason = self.text("denial_reason", row).and_then(DenialReason::parse);
        detail.net_host = self.name("net_host", row);
        detail.net_verdict = self.text("net_verdict", row).and_then(Decision::parse);
        detail.net_override = self.flag("net_override", row).unwrap_or_default();
        detail.net_asked = detail.net_override
            || detail.net_verdict == Some(Decision::Ask)
            || self.text("net_source", row) == Some("decider");
    }

    /// A hash that copies of a record have in common, whatever request they came in.
    fn same(&self, fact: &Fact, row: usize) -> u64 {
        let mut hasher = foldhash::quality::FixedState::default().build_hasher();
        fact.signal.hash(&mut hasher);
        fact.name.hash(&mut hasher);
        (fact.time_us, fact.end_us).hash(&mut hasher);
        (&fact.session_id, &fact.call_id, fact.trace, fact.span).hash(&mut hasher);
        self.time("observed_at", row).hash(&mut hasher);
        if let Some(detail) = &fact.detail {
            (detail.source_sequence, &detail.execution_id).hash(&mut hasher);
            (&detail.net_host, detail.decision, detail.arguments).hash(&mut hasher);
            (&detail.tool, &detail.prompt, &detail.response).hash(&mut hasher);
        }
        hasher.finish()
    }

    fn text(&self, column: &str, row: usize) -> Option<&'a str> {
        let texts = self.columns.get(column)?.as_string_opt::<i32>()?;
        (row < texts.len() && texts.is_valid(row)).then(|| texts.value(row))
    }

    /// A text that is likely to stand in many rows.
    fn name(&self, column: &str, row: usize) -> Option<Name> {
        let text = self.text(column, row)?;
        let mut names = self.names.borrow_mut();
        Some(Name::clone(names.entry(text).or_insert_with(|| Name::from(text))))
    }

    fn owned(&self, column: &str, row: usize) -> Option<Name> {
        self.text(column, row).map(Name::from)
    }

    fn int(&self, column: &str, row: usize) -> Option<i64> {
        let values = self.columns.get(column)?.as_primitive_opt::<Int64Type>()?;
        (row < values.len() && values.is_valid(row)).then(|| values.value(row))
    }

    fn float(&self, column: &str, row: usize) -> Option<f64> {
        let values = self.columns.get(column)?.as_primitive_opt::<Float64Type>()?;
        (row < values.len() && values.is_valid(row)).then(|| values.value(row))
    }

    fn time(&self, column: &str, row: usize) -> Option<i64> {
        let values = self.columns.get(column)?.as_primitive_opt::<TimestampMicrosecondType>()?;
        (row < values.len() && values.is_valid(row)).then(|| values.value(row))
    }

    fn flag(&self, column: &str, row: usize) -> Option<bool> {
        let values = self.columns.get(column)?.as_boolean_opt()?;
        (row < values.len() && values.is_valid(row)).then(|| values.value(row))
    }

    /// The text of one attribute that no column holds.
    fn attribute(&self, key: &str, row: usize) -> Option<&'a str> {
        let map = self.columns.get("attributes")?.as_map_opt()?;
        if row >= map.len() || map.is_null(row) {
            return None;
        }
        let offsets = map.value_offsets();
        let (from, to) = (*offsets.get(row)?, *offsets.get(row + 1)?);
        let keys = map.keys().as_string_opt::<i32>()?;
        let values = map.values().as_string_opt::<i32>()?;
        let at = (from..to).filter_map(|at| usize::try_from(at).ok());
        at.into_iter()
            .find(|at| keys.value(*at) == key)
            .and_then(|at| values.is_valid(at).then(|| values.value(at)))
    }
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
