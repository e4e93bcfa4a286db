//! Reads facts from batches of `events`.

use std::cell::RefCell;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{
    Array, ArrayAccessor, ArrayRef, BooleanArray, Float64Array, Int64Array, MapArray, RecordBatch,
    StringArray, TimestampMicrosecondArray,
};

use super::detail::{Detail, Name, OfCall, Origin, Part, Ruling, Talk};
use super::fact::Fact;
use super::hash;
use super::messages;
use super::names::Names;
use super::near::Mark;
use super::witness::{self, Hosts};
use crate::derived::Usd;
use crate::ids::{EventId, LogId, ReceivedAt, Sequence, SpanId, TraceId};
use crate::vocabulary::{
    Agent, DecidedBy, Decision, DenialReason, FailureReason, GrantScope, Kind, Outcome,
    PromptOrigin, RecordSignal, ToolKind,
};

/// Declares the columns that are read, by what they hold.
macro_rules! columns {
    ($($array:ident: $($name:ident)+;)+) => {
        /// The columns of a batch; one that it does not have, or that holds something else, is
        /// empty.
        #[derive(Debug)]
        struct Columns<'a> {
            $($($name: Option<&'a $array>,)+)+
        }

        impl<'a> Columns<'a> {
            const NAMES: &'static [&'static str] = &[$($(stringify!($name),)+)+];

            fn of(batch: &'a RecordBatch, names: &mut Names) -> Self {
                let mut places = names.places(Self::NAMES.len());
                Self {
                    $($($name: find(batch, stringify!($name), places.next())
                        .and_then(|column| column.as_any().downcast_ref()),)+)+
                }
            }
        }
    };
}
columns! {
    StringArray:
        event_id log_id tenant principal agent signal kind name session_id turn_id
        call_id agent_path trace_id span_id parent_span_id parent_session_id
        execution_id agent_version client host user_email repository cwd tool tool_kind
        mcp_server mcp_tool command path url decision decided_by decision_source
        grant_scope risk_level rationale denial_reason net_host net_verdict net_source
        outcome failure_reason error approval_policy sandbox_policy mode prompt_origin
        prompt response arguments output;
    Int64Array:
        offset_sequence offset_index source_sequence input_tokens output_tokens
        exit_code duration_ms;
    TimestampMicrosecondArray:
        received_at time end_time observed_at;
    Float64Array:
        cost_usd;
    BooleanArray:
        net_override;
    MapArray:
        attributes;
}

/// A column by its name, which most likely stands where it stood last time.
fn find<'a>(batch: &'a RecordBatch, name: &str, place: Option<&mut usize>) -> Option<&'a ArrayRef> {
    let fields = batch.schema_ref().fields();
    let is_here = |at: usize| fields.get(at).is_some_and(|field| field.name() == name);
    let guess = place.as_deref().copied().filter(|at| is_here(*at));
    let at = guess.or_else(|| fields.iter().position(|field| field.name() == name))?;
    if let Some(place) = place {
        *place = at;
    }
    batch.columns().get(at)
}

/// The value of a cell, if it has one.
fn value<'a, A>(column: Option<&'a A>, row: usize) -> Option<<&'a A as ArrayAccessor>::Item>
where
    A: Array,
    &'a A: ArrayAccessor,
{
    let column = column.filter(|column| row < column.len() && column.is_valid(row))?;
    Some(column.value(row))
}

fn owned(column: Option<&StringArray>, row: usize) -> Option<Name> {
    value(column, row).map(Name::from)
}

/// Reads facts from a batch of `events` that has (at least) the columns of [`Facts::COLUMNS`].
#[derive(Debug)]
pub struct Facts<'a> {
    columns: Columns<'a>,
    names: RefCell<&'a mut Names>,
}

impl<'a> Facts<'a> {
    /// The columns that are read.
    pub const COLUMNS: &'static [&'static str] = Columns::NAMES;

    /// Prepares to read; what was read with the same names shares its texts.
    pub fn new(batch: &'a RecordBatch, names: &'a mut Names) -> Self {
        Self { columns: Columns::of(batch, names), names: RefCell::new(names) }
    }

    /// All facts of the batch.
    pub fn all(batch: &'a RecordBatch, names: &'a mut Names) -> Vec<Fact> {
        let facts = Self::new(batch, names);
        (0..batch.num_rows()).filter_map(|row| facts.read(row)).collect()
    }

    /// The fact of one row; none for a row without an id, or of a kind that says nothing about
    /// a conversation.
    pub fn read(&self, row: usize) -> Option<Fact> {
        let kind = value(self.columns.kind, row).and_then(Kind::parse)?;
        if kind == Kind::Undecoded {
            return None;
        }
        let mut fact = Fact {
            event_id: EventId::parse(value(self.columns.event_id, row)?)?,
            log_id: LogId::parse(value(self.columns.log_id, row)?)?,
            sequence: Sequence(value(self.columns.offset_sequence, row)?),
            index: value(self.columns.offset_index, row)?,
            received_at: ReceivedAt(value(self.columns.received_at, row)?),
            same: 0,
            tenant: self.name(self.columns.tenant, row)?,
            principal: self.name(self.columns.principal, row)?,
            agent: value(self.columns.agent, row).and_then(Agent::parse).unwrap_or(Agent::Unknown),
            signal: value(self.columns.signal, row).and_then(RecordSignal::parse)?,
            kind,
            name: self.name(self.columns.name, row).unwrap_or_else(|| Name::from("")),
            time_us: value(self.columns.time, row)?,
            end_us: value(self.columns.end_time, row),
            session_id: self.name(self.columns.session_id, row),
            turn_id: self.name(self.columns.turn_id, row),
            call_id: self.name(self.columns.call_id, row),
            agent_path: self.name(self.columns.agent_path, row),
            trace: value(self.columns.trace_id, row).and_then(TraceId::parse),
            span: value(self.columns.span_id, row).and_then(SpanId::parse),
            parent: value(self.columns.parent_span_id, row).and_then(SpanId::parse),
            detail: None,
            mark: None,
        };
        let says = !matches!(kind, Kind::Span | Kind::Other)
            || value(self.columns.approval_policy, row).is_some();
        if says {
            fact.detail = Some(Box::new(self.detail(&fact, row)));
        }
        fact.same = self.same(&fact, row);
        fact.mark = Mark::of(&fact);
        Some(fact)
    }

    fn detail(&self, fact: &Fact, row: usize) -> Detail {
        let (call, ruling) = (self.call(fact, row), self.ruling(row));
        Detail {
            source_sequence: value(self.columns.source_sequence, row),
            parent_session_id: self.name(self.columns.parent_session_id, row),
            execution_id: self.name(self.columns.execution_id, row),
            tool: self.name(self.columns.tool, row),
            tool_kind: self.tool_kind(row),
            decision: value(self.columns.decision, row).and_then(Decision::parse),
            decided_by: value(self.columns.decided_by, row).and_then(DecidedBy::parse),
            outcome: value(self.columns.outcome, row).and_then(Outcome::parse),
            failure_reason: value(self.columns.failure_reason, row).and_then(FailureReason::parse),
            error: owned(self.columns.error, row),
            duration_ms: value(self.columns.duration_ms, row),
            origin: self.origin(row),
            call: Part::of(call),
            ruling: Part::of(ruling),
            talk: Part::of(self.talk(fact, row)),
        }
    }

    fn tool_kind(&self, row: usize) -> Option<ToolKind> {
        value(self.columns.tool_kind, row).and_then(ToolKind::parse)
    }

    fn origin(&self, row: usize) -> Arc<Origin> {
        let origin = Origin {
            agent_version: self.name(self.columns.agent_version, row),
            client: self.name(self.columns.client, row),
            host: self.name(self.columns.host, row),
            user_email: self.name(self.columns.user_email, row),
            repository: self.name(self.columns.repository, row),
            cwd: self.name(self.columns.cwd, row),
            approval_policy: self.name(self.columns.approval_policy, row),
            sandbox_policy: self.name(self.columns.sandbox_policy, row),
            mode: self.name(self.columns.mode, row),
        };
        self.names.borrow_mut().origin(origin)
    }

    /// What a record says of an exchange with people and models.
    fn talk(&self, fact: &Fact, row: usize) -> Talk {
        let mut talk = Talk::default();
        if matches!(fact.kind, Kind::Prompt | Kind::Response | Kind::ModelRequest | Kind::Session) {
            talk.input_tokens = value(self.columns.input_tokens, row);
            talk.output_tokens = value(self.columns.output_tokens, row);
            talk.cost = value(self.columns.cost_usd, row).and_then(Usd::of_dollars);
            talk.prompt_origin =
                value(self.columns.prompt_origin, row).and_then(PromptOrigin::parse);
            talk.response = owned(self.columns.response, row);
        }
        if fact.kind == Kind::Prompt {
            // What Codex sends in place of a text that it was told not to send.
            talk.prompt = owned(self.columns.prompt, row).filter(|text| *text != "[REDACTED]");
        }
        if matches!(fact.kind, Kind::Session | Kind::Config) {
            talk.mcp_servers = self.attribute("mcp_servers", row).map(Name::from);
        }
        if fact.kind == Kind::ModelRequest && messages::tells(fact.agent) {
            let told = self.attribute(messages::INPUT, row).and_then(messages::read);
            talk.exchange = told.map(Box::new);
        }
        talk
    }

    /// What a record of a call says of it.
    fn call(&self, fact: &Fact, row: usize) -> OfCall {
        let mut call = OfCall {
            mcp_server: self.name(self.columns.mcp_server, row),
            mcp_tool: self.name(self.columns.mcp_tool, row),
            ..OfCall::default()
        };
        if !matches!(fact.kind, Kind::ToolCall | Kind::ToolResult | Kind::Approval | Kind::Hook) {
            return call;
        }
        call.command = owned(self.columns.command, row);
        call.path = owned(self.columns.path, row);
        call.url = owned(self.columns.url, row);
        call.exit_code = value(self.columns.exit_code, row);
        let (arguments, output) =
            (value(self.columns.arguments, row), value(self.columns.output, row));
        if fact.call_id.is_none() || fact.agent == Agent::Gemini {
            call.arguments = arguments.map(witness::without_space);
        }
        if self.tool_kind(row) == Some(ToolKind::Subagent) {
            let texts = [output, arguments];
            witness::mentions(texts.into_iter().flatten(), &mut call.mentions);
        }
        call.runs_on = output.is_some_and(witness::runs_on);
        if witness::watches_network(fact.agent) {
            call.asked_hosts = Hosts::of([arguments, value(self.columns.command, row)]);
            call.told_hosts = Hosts::of([output, value(self.columns.error, row)]);
        }
        call
    }

    /// What was decided about a call or a network attempt.
    fn ruling(&self, row: usize) -> Ruling {
        let net_verdict = value(self.columns.net_verdict, row).and_then(Decision::parse);
        let net_override = value(self.columns.net_override, row).unwrap_or_default();
        Ruling {
            decision_source: self.name(self.columns.decision_source, row),
            grant_scope: value(self.columns.grant_scope, row).and_then(GrantScope::parse),
            risk_level: self.name(self.columns.risk_level, row),
            rationale: owned(self.columns.rationale, row),
            denial_reason: value(self.columns.denial_reason, row).and_then(DenialReason::parse),
            net_host: self.name(self.columns.net_host, row),
            net_verdict,
            net_override,
            net_asked: net_override
                || net_verdict == Some(Decision::Ask)
                || value(self.columns.net_source, row) == Some("decider"),
        }
    }

    /// A hash that copies of a record have in common, whatever request they came in.
    fn same(&self, fact: &Fact, row: usize) -> u64 {
        let mut hasher = hash::hasher();
        fact.signal.hash(&mut hasher);
        fact.name.hash(&mut hasher);
        (fact.time_us, fact.end_us).hash(&mut hasher);
        (&fact.session_id, &fact.call_id, fact.trace, fact.span).hash(&mut hasher);
        value(self.columns.observed_at, row).hash(&mut hasher);
        if let Some(detail) = &fact.detail {
            (detail.source_sequence, &detail.execution_id).hash(&mut hasher);
            let (call, talk) = (&detail.call, &detail.talk);
            (&detail.ruling.net_host, detail.decision, call.arguments).hash(&mut hasher);
            (&detail.tool, &talk.prompt, &talk.response).hash(&mut hasher);
        }
        hasher.finish()
    }

    /// A text that is likely to stand in many rows.
    fn name(&self, column: Option<&'a StringArray>, row: usize) -> Option<Name> {
        let text = value(column, row)?;
        Some(self.names.borrow_mut().name(text))
    }

    /// The text of one attribute that no column holds.
    fn attribute(&self, key: &str, row: usize) -> Option<&'a str> {
        let map = self.columns.attributes?;
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
