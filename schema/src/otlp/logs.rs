//! Views of `ExportLogsServiceRequest`.

use super::descriptor;
use super::elements::{Element, Elements, UnknownFields};
use super::message::{Message, Singular};
use super::resource::{Resource, Scope};
use super::text::Text;
use super::value::{AnyValue, Attributes};
use super::wire::{Reader, Value, int32, uint32};

/// The request of the logs signal.
#[derive(Clone, Copy)]
pub struct LogsRequest<'a>(Message<'a>);

impl<'a> LogsRequest<'a> {
    /// A view over the bytes of a request that passed the check.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self(Message::whole(bytes))
    }

    /// The log records, grouped by who sent them.
    pub fn resource_logs(self) -> Elements<'a, ResourceLogs<'a>> {
        self.0.elements(1)
    }
}

/// What one resource sent.
#[derive(Clone, Copy)]
pub struct ResourceLogs<'a> {
    message: Message<'a>,
    /// Who sent it; empty if not said.
    pub resource: Resource<'a>,
    /// Schema of the resource's attributes.
    pub schema_url: Text<'a>,
}

impl<'a> ResourceLogs<'a> {
    /// The log records, grouped by what made them.
    pub fn scope_logs(self) -> Elements<'a, ScopeLogs<'a>> {
        self.message.elements(2)
    }

    /// Fields beyond those of this version of OTLP.
    pub fn unknown_fields(self) -> UnknownFields<'a> {
        self.message.unknown_fields(&descriptor::RESOURCE_LOGS)
    }
}

impl<'a> Element<'a> for ResourceLogs<'a> {
    fn from_bytes(bytes: &'a [u8]) -> Self {
        let message = Message::whole(bytes);
        let (resource, schema_url) = message.origin();
        Self { message, resource: resource.map(Resource::read).unwrap_or_default(), schema_url }
    }
}

/// What one scope made.
#[derive(Clone, Copy)]
pub struct ScopeLogs<'a> {
    message: Message<'a>,
    /// What made it; empty if not said.
    pub scope: Scope<'a>,
    /// Schema of the scope's and the records' attributes.
    pub schema_url: Text<'a>,
}

impl<'a> ScopeLogs<'a> {
    /// The log records.
    pub fn log_records(self) -> Elements<'a, LogRecord<'a>> {
        self.message.elements(2)
    }

    /// Fields beyond those of this version of OTLP.
    pub fn unknown_fields(self) -> UnknownFields<'a> {
        self.message.unknown_fields(&descriptor::SCOPE_LOGS)
    }
}

impl<'a> Element<'a> for ScopeLogs<'a> {
    fn from_bytes(bytes: &'a [u8]) -> Self {
        let message = Message::whole(bytes);
        let (scope, schema_url) = message.origin();
        Self { message, scope: scope.map(Scope::read).unwrap_or_default(), schema_url }
    }
}

/// One log record. Times are nanoseconds since 1970, 0 if not sent.
#[derive(Clone, Copy, Default)]
pub struct LogRecord<'a> {
    bytes: &'a [u8],
    /// When it happened.
    pub time_unix_nano: u64,
    /// When it was observed.
    pub observed_time_unix_nano: u64,
    /// Severity from 1 (trace) to 24 (fatal); 0 if not sent; other numbers are legal.
    pub severity_number: i32,
    /// Severity as the sender calls it.
    pub severity_text: Text<'a>,
    /// The body; `None` if not sent, which is not the same as an empty value.
    pub body: Option<AnyValue<'a>>,
    /// How many attributes the sender left out.
    pub dropped_attributes_count: u32,
    /// W3C trace flags in the low eight bits.
    pub flags: u32,
    /// Trace id as sent: 16 bytes, or none, or whatever.
    pub trace_id: &'a [u8],
    /// Span id as sent: 8 bytes, or none, or whatever.
    pub span_id: &'a [u8],
    /// Name of the event, if the record is one.
    pub event_name: Text<'a>,
}

impl<'a> LogRecord<'a> {
    /// The attributes as sent.
    #[inline]
    pub fn attributes(&self) -> Attributes<'a> {
        Message::whole(self.bytes).elements(6)
    }

    /// Fields beyond those of this version of OTLP.
    pub fn unknown_fields(&self) -> UnknownFields<'a> {
        Message::whole(self.bytes).unknown_fields(&descriptor::LOG_RECORD)
    }

    /// The encoded record.
    pub const fn bytes(&self) -> &'a [u8] {
        self.bytes
    }
}

impl<'a> Element<'a> for LogRecord<'a> {
    fn from_bytes(bytes: &'a [u8]) -> Self {
        let message = Message::whole(bytes);
        let mut record = Self { bytes, ..Self::default() };
        let mut body = Singular::default();
        for field in Reader::new(bytes) {
            match field {
                (1, Value::Fixed64(time)) => record.time_unix_nano = time,
                (2, Value::Varint(number)) => record.severity_number = int32(number),
                (3, Value::Bytes(text)) => record.severity_text = Text::new(text),
                (5, Value::Bytes(piece)) => body.add(piece),
                (7, Value::Varint(count)) => record.dropped_attributes_count = uint32(count),
                (8, Value::Fixed32(flags)) => record.flags = flags,
                (9, Value::Bytes(id)) => record.trace_id = id,
                (10, Value::Bytes(id)) => record.span_id = id,
                (11, Value::Fixed64(time)) => record.observed_time_unix_nano = time,
                (12, Value::Bytes(name)) => record.event_name = Text::new(name),
                _ => {}
            }
        }
        record.body = body.message(message, 5).map(AnyValue::from_message);
        record
    }
}
