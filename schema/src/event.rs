//! One normalised record, column by column: the row of `events` before it is Arrow.
//!
//! The list of columns below is the table's definition: its Arrow schema, its builder and its
//! reader are made from it.
//!
//! An [`Event`] borrows from the request it was read from. It is filled by a mapper,
//! appended to [`EventsBuilder`], cleared and filled again:
//! nothing is allocated per record.

use std::borrow::Cow;
use std::sync::{Arc, LazyLock};

use arrow_array::RecordBatch;
use arrow_schema::{ArrowError, Schema, SchemaRef};

use crate::ids::{EventId, SpanId, TraceId};
use crate::otlp::{AnyValue, ValueType};
use crate::table::cell::{Collects as _, Counts, Day, TimeUs, columns};
use crate::table::maps::{self, Maps, MapsBuilder};
use crate::vocabulary::{
    Agent, DecidedBy, Decision, DenialReason, FailureReason, GrantScope, HostSource, Kind, Outcome,
    PromptOrigin, RecordSignal, SpanKind, StatusCode, TimeSource, ToolKind,
};

/// The version of the mapping from records to columns, written into every row.
pub const SCHEMA_VERSION: i64 = 1;

/// A text that is borrowed from the request wherever that is possible.
pub type Text<'a> = Cow<'a, str>;

/// One attribute that a row keeps as it was sent.
#[derive(Debug, Clone)]
pub struct Attribute<'a> {
    /// The key as sent, or a reserved key under `otlp.`.
    pub key: Text<'a>,
    /// The value.
    pub value: AttributeValue<'a>,
}

/// The value of a kept attribute.
#[derive(Debug, Clone)]
pub enum AttributeValue<'a> {
    /// As it stands on the wire.
    Wire(AnyValue<'a>),
    /// As it stands in a table: the text, and what it was.
    Column(ValueType, Text<'a>),
    /// A number under a reserved key: stands as its decimal text, without a type.
    Number(u64),
}

impl<'a> Attribute<'a> {
    /// An attribute as it was sent.
    pub fn wire(key: Text<'a>, value: AnyValue<'a>) -> Self {
        Self { key, value: AttributeValue::Wire(value) }
    }

    /// A string, usually under a reserved key.
    pub fn text(key: impl Into<Text<'a>>, value: impl Into<Text<'a>>) -> Self {
        Self { key: key.into(), value: AttributeValue::Column(ValueType::String, value.into()) }
    }

    /// A number under a reserved key.
    pub fn number(key: impl Into<Text<'a>>, value: u64) -> Self {
        Self { key: key.into(), value: AttributeValue::Number(value) }
    }
}

/// One record and everything a row of `events` says of it.
#[derive(Debug, Clone, Default)]
pub struct Event<'a> {
    /// The plain columns.
    pub columns: EventColumns<'a>,
    /// What no column holds exactly: the columns `attributes` and `attribute_types`.
    pub attributes: Vec<Attribute<'a>>,
    /// The attributes of the resource: the column `resource`.
    pub resource: Vec<Attribute<'a>>,
    /// What the body was, where it was sent and is no string.
    pub body_type: Option<ValueType>,
}

impl<'a> Event<'a> {
    /// Forgets the record and keeps the resource, for the next record of the same resource.
    pub fn clear_record(&mut self) {
        self.columns = EventColumns::default();
        self.attributes.clear();
        self.body_type = None;
    }

    /// Reads a row of `events` back.
    pub fn read(batch: &'a RecordBatch, row: usize) -> Self {
        EventReader::new(batch).read(row)
    }
}

/// Reads rows of one batch of `events`: its columns are looked up once.
#[derive(Debug)]
pub struct EventReader<'a> {
    batch: &'a RecordBatch,
    places: Vec<Option<usize>>,
    maps: Maps<'a>,
}

impl<'a> EventReader<'a> {
    /// Looks the columns of a batch up.
    pub fn new(batch: &'a RecordBatch) -> Self {
        Self { batch, places: EventColumns::places(batch), maps: Maps::of(batch) }
    }

    /// Reads a row: the same as [`Event::read`].
    pub fn read(&self, row: usize) -> Event<'a> {
        Event {
            columns: EventColumns::read_at(self.batch, &self.places, row),
            attributes: self.maps.attributes(row),
            resource: self.maps.resource(row),
            body_type: self.maps.body_type(row),
        }
    }
}

/// The Arrow schema of `events`.
pub fn schema() -> SchemaRef {
    static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
        let mut fields = EventColumns::fields();
        fields.extend(maps::fields());
        Arc::new(Schema::new(fields))
    });
    Arc::clone(&SCHEMA)
}

/// Collects rows of `events`.
#[derive(Debug, Default)]
pub struct EventsBuilder {
    columns: EventColumnsBuilder<'static>,
    maps: MapsBuilder,
    rows: usize,
}

impl EventsBuilder {
    /// Adds a row.
    pub fn append(&mut self, event: &Event<'_>) {
        self.columns.append(&event.columns);
        self.maps.append(&event.attributes, &event.resource, event.body_type);
        self.rows += 1;
    }

    /// Makes room for about so many times as much as the last batch held. No row may wait.
    pub fn expect(&mut self, times: f64) {
        self.columns.expect(times);
        self.maps.expect(times);
    }

    /// How many rows wait.
    pub fn len(&self) -> usize {
        self.rows
    }

    /// Whether no row waits.
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// Takes the rows out as one batch of [`schema`].
    pub fn finish(&mut self) -> Result<RecordBatch, ArrowError> {
        self.rows = 0;
        let mut arrays = self.columns.finish();
        arrays.extend(self.maps.finish());
        RecordBatch::try_new(schema(), arrays)
    }
}

columns! {
    lifetime 'a;
    /// The plain columns of one row of `events`.
    row EventColumns;
    /// Collects the plain columns of `events`.
    builder EventColumnsBuilder;
    // position
    /// The log the frame stands in, 32 hex digits.
    log_id: Text<'a>,
    /// The frame in its log.
    offset_sequence: i64,
    /// The record in its frame, from 0, in message order; a span before its span events.
    offset_index: i64,
    /// The record's id: the same after a resend, a replay, or on another node.
    event_id: EventId,
    /// Whose it is, from the credential. Partition.
    tenant: Text<'a>,
    /// Who sent it, from the credential.
    principal: Text<'a>,
    /// The address it came from, without the port.
    peer_address: Option<Text<'a>>,
    /// When its frame was received.
    received_at: TimeUs,
    /// The day of `received_at`. Partition.
    day: Day,
    /// When it happened, as the record says; see `time_source`.
    time: TimeUs,
    /// `time` in nanoseconds, where an Int64 can hold it.
    time_unix_nano: i64,
    /// Which clock `time` was taken from.
    time_source: Option<TimeSource>,
    /// When the sender's SDK observed it.
    observed_at: Option<TimeUs>,
    /// When a span ended.
    end_time: Option<TimeUs>,
    // origin
    /// Which agent sent it.
    agent: Option<Agent>,
    /// The agent's version.
    agent_version: Option<Text<'a>>,
    /// The front end of the agent: its terminal UI, its editor plug-in, its batch mode.
    client: Option<Text<'a>>,
    /// What kind of record it is.
    signal: Option<RecordSignal>,
    /// The event's name, or the span's.
    name: Option<Text<'a>>,
    /// What it is about.
    kind: Option<Kind>,
    /// The machine it happened on.
    host: Option<Text<'a>>,
    /// How `host` is known.
    host_source: Option<HostSource>,
    /// The user's id, as claimed.
    user_id: Option<Text<'a>>,
    /// The user's e-mail address, as claimed.
    user_email: Option<Text<'a>>,
    /// The user's organisation, as claimed.
    org_id: Option<Text<'a>>,
    /// The repository the agent worked in, as claimed.
    repository: Option<Text<'a>>,
    /// The folder the agent worked in, as claimed.
    cwd: Option<Text<'a>>,
    // record
    /// The body of a log record.
    body: Option<Text<'a>>,
    /// The severity, 1 to 24; null where it is 0.
    severity_number: Option<i64>,
    /// The severity's text.
    severity_text: Option<Text<'a>>,
    /// The instrumentation scope.
    scope_name: Option<Text<'a>>,
    /// The scope's version.
    scope_version: Option<Text<'a>>,
    /// The field `event_name` of the log record, whatever stands in it.
    event_name: Option<Text<'a>>,
    /// The kind of a span.
    span_kind: Option<SpanKind>,
    /// The status of a span.
    status_code: Option<StatusCode>,
    /// The message beside the status.
    status_message: Option<Text<'a>>,
    /// The W3C trace flags; null where they are 0.
    flags: Option<i64>,
    /// The links of a span, as an OTLP/JSON array.
    span_links: Option<Text<'a>>,
    // correlation
    /// The conversation, as the agent names it; derived only where it names none.
    session_id: Option<Text<'a>>,
    /// The conversation this one serves.
    parent_session_id: Option<Text<'a>>,
    /// The prompt and what followed from it.
    turn_id: Option<Text<'a>>,
    /// The tool call.
    call_id: Option<Text<'a>>,
    /// The execution that network attempts belong to.
    execution_id: Option<Text<'a>>,
    /// The request to the model.
    request_id: Option<Text<'a>>,
    /// Which agent of the conversation: the root, or a subagent.
    agent_path: Option<Text<'a>>,
    /// The trace, 32 hex digits.
    trace_id: Option<TraceId>,
    /// The span, 16 hex digits.
    span_id: Option<SpanId>,
    /// The parent span, 16 hex digits.
    parent_span_id: Option<SpanId>,
    /// The sender's own counter.
    source_sequence: Option<i64>,
    // model
    /// Who serves the model.
    provider: Option<Text<'a>>,
    /// The model.
    model: Option<Text<'a>>,
    /// Tokens read.
    input_tokens: Option<i64>,
    /// Tokens written.
    output_tokens: Option<i64>,
    /// Tokens read from a cache.
    cached_tokens: Option<i64>,
    /// Tokens spent on reasoning.
    reasoning_tokens: Option<i64>,
    /// What it cost, in US dollars.
    cost_usd: Option<f64>,
    // tool
    /// The tool's name.
    tool: Option<Text<'a>>,
    /// What kind of tool it is.
    tool_kind: Option<ToolKind>,
    /// The MCP server; set on every row of an MCP call.
    mcp_server: Option<Text<'a>>,
    /// The tool's name on its MCP server.
    mcp_tool: Option<Text<'a>>,
    /// The command.
    command: Option<Text<'a>>,
    /// The file.
    path: Option<Text<'a>>,
    /// The address.
    url: Option<Text<'a>>,
    // decision
    /// What was decided.
    decision: Option<Decision>,
    /// Who decided.
    decided_by: Option<DecidedBy>,
    /// Who decided, as sent.
    decision_source: Option<Text<'a>>,
    /// How far the permission reaches.
    grant_scope: Option<GrantScope>,
    /// The risk the reviewer saw.
    risk_level: Option<Text<'a>>,
    /// Why it was decided so.
    rationale: Option<Text<'a>>,
    /// Why it was denied.
    denial_reason: Option<DenialReason>,
    // network
    /// The host of a network attempt.
    net_host: Option<Text<'a>>,
    /// Its port.
    net_port: Option<i64>,
    /// Its protocol.
    net_protocol: Option<Text<'a>>,
    /// Its HTTP method.
    net_method: Option<Text<'a>>,
    /// What the proxy decided.
    net_verdict: Option<Decision>,
    /// Why, as sent.
    net_reason: Option<Text<'a>>,
    /// Which part of the policy decided, as sent.
    net_source: Option<Text<'a>>,
    /// Somebody allowed what the list did not.
    net_override: Option<bool>,
    // result
    /// How it ended.
    outcome: Option<Outcome>,
    /// Why it failed.
    failure_reason: Option<FailureReason>,
    /// The error's text.
    error: Option<Text<'a>>,
    /// The command's exit code.
    exit_code: Option<i64>,
    /// How long it took.
    duration_ms: Option<i64>,
    // posture
    /// When the agent has to ask.
    approval_policy: Option<Text<'a>>,
    /// What its sandbox allows.
    sandbox_policy: Option<Text<'a>>,
    /// The mode the agent is in.
    mode: Option<Text<'a>>,
    // content
    /// Who wrote the prompt.
    prompt_origin: Option<PromptOrigin>,
    /// The prompt.
    prompt: Option<Text<'a>>,
    /// The answer.
    response: Option<Text<'a>>,
    /// What the tool was called with.
    arguments: Option<Text<'a>>,
    /// What the tool gave back.
    output: Option<Text<'a>>,
    /// The sender cut the content.
    content_truncated: Option<bool>,
    // rest
    /// How often each redaction rule replaced something.
    redactions: Option<Counts>,
    /// The version of the mapping that made the row.
    schema_version: i64,
}
