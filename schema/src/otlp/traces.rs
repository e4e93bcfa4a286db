//! Views of `ExportTraceServiceRequest`.

use super::descriptor;
use super::elements::{Element, Elements, UnknownFields};
use super::message::{Message, Singular};
use super::resource::{Resource, Scope};
use super::text::Text;
use super::value::Attributes;
use super::wire::{Reader, Value, int32, uint32};

/// The request of the traces signal.
#[derive(Clone, Copy)]
pub struct TracesRequest<'a>(Message<'a>);

impl<'a> TracesRequest<'a> {
    /// A view over the bytes of a request that passed the check.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self(Message::whole(bytes))
    }

    /// The spans, grouped by who sent them.
    pub fn resource_spans(self) -> Elements<'a, ResourceSpans<'a>> {
        self.0.elements(1)
    }
}

/// What one resource sent.
#[derive(Clone, Copy)]
pub struct ResourceSpans<'a> {
    message: Message<'a>,
    /// Who sent it; empty if not said.
    pub resource: Resource<'a>,
    /// Schema of the resource's attributes.
    pub schema_url: Text<'a>,
}

impl<'a> ResourceSpans<'a> {
    /// The spans, grouped by what made them.
    pub fn scope_spans(self) -> Elements<'a, ScopeSpans<'a>> {
        self.message.elements(2)
    }

    /// Fields beyond those of this version of OTLP.
    pub fn unknown_fields(self) -> UnknownFields<'a> {
        self.message.unknown_fields(&descriptor::RESOURCE_SPANS)
    }
}

impl<'a> Element<'a> for ResourceSpans<'a> {
    fn from_bytes(bytes: &'a [u8]) -> Self {
        let message = Message::whole(bytes);
        let (resource, schema_url) = message.origin();
        Self { message, resource: resource.map(Resource::read).unwrap_or_default(), schema_url }
    }
}

/// What one scope made.
#[derive(Clone, Copy)]
pub struct ScopeSpans<'a> {
    message: Message<'a>,
    /// What made it; empty if not said.
    pub scope: Scope<'a>,
    /// Schema of the scope's and the spans' attributes.
    pub schema_url: Text<'a>,
}

impl<'a> ScopeSpans<'a> {
    /// The spans.
    pub fn spans(self) -> Elements<'a, Span<'a>> {
        self.message.elements(2)
    }

    /// Fields beyond those of this version of OTLP.
    pub fn unknown_fields(self) -> UnknownFields<'a> {
        self.message.unknown_fields(&descriptor::SCOPE_SPANS)
    }
}

impl<'a> Element<'a> for ScopeSpans<'a> {
    fn from_bytes(bytes: &'a [u8]) -> Self {
        let message = Message::whole(bytes);
        let (scope, schema_url) = message.origin();
        Self { message, scope: scope.map(Scope::read).unwrap_or_default(), schema_url }
    }
}

/// One span. Times are nanoseconds since 1970, 0 if not sent.
#[derive(Clone, Copy, Default)]
pub struct Span<'a> {
    bytes: &'a [u8],
    /// Trace id as sent.
    pub trace_id: &'a [u8],
    /// Span id as sent.
    pub span_id: &'a [u8],
    /// W3C trace state.
    pub trace_state: Text<'a>,
    /// Id of the parent as sent; empty for a root.
    pub parent_span_id: &'a [u8],
    /// W3C trace flags in the low eight bits; above them whether the parent is remote.
    pub flags: u32,
    /// Name of the operation.
    pub name: Text<'a>,
    /// `SpanKind`, 0 if not sent; other numbers are legal.
    pub kind: i32,
    /// When the span began.
    pub start_time_unix_nano: u64,
    /// When it ended.
    pub end_time_unix_nano: u64,
    /// How many attributes the sender left out.
    pub dropped_attributes_count: u32,
    /// How many events the sender left out.
    pub dropped_events_count: u32,
    /// How many links the sender left out.
    pub dropped_links_count: u32,
    /// How it went; `None` if not sent.
    pub status: Option<Status<'a>>,
}

impl<'a> Span<'a> {
    /// The attributes as sent.
    #[inline]
    pub fn attributes(&self) -> Attributes<'a> {
        Message::whole(self.bytes).elements(9)
    }

    /// What happened during the span.
    pub fn events(&self) -> Elements<'a, SpanEvent<'a>> {
        Message::whole(self.bytes).elements(11)
    }

    /// Spans this one has to do with.
    pub fn links(&self) -> Elements<'a, SpanLink<'a>> {
        Message::whole(self.bytes).elements(13)
    }

    /// Fields beyond those of this version of OTLP.
    pub fn unknown_fields(&self) -> UnknownFields<'a> {
        Message::whole(self.bytes).unknown_fields(&descriptor::SPAN)
    }

    /// The encoded span, events and links included.
    pub const fn bytes(&self) -> &'a [u8] {
        self.bytes
    }
}

impl<'a> Element<'a> for Span<'a> {
    fn from_bytes(bytes: &'a [u8]) -> Self {
        let message = Message::whole(bytes);
        let mut span = Self { bytes, ..Self::default() };
        let mut status = Singular::default();
        for field in Reader::new(bytes) {
            match field {
                (1, Value::Bytes(id)) => span.trace_id = id,
                (2, Value::Bytes(id)) => span.span_id = id,
                (3, Value::Bytes(state)) => span.trace_state = Text::new(state),
                (4, Value::Bytes(id)) => span.parent_span_id = id,
                (5, Value::Bytes(name)) => span.name = Text::new(name),
                (6, Value::Varint(kind)) => span.kind = int32(kind),
                (7, Value::Fixed64(time)) => span.start_time_unix_nano = time,
                (8, Value::Fixed64(time)) => span.end_time_unix_nano = time,
                (10, Value::Varint(count)) => span.dropped_attributes_count = uint32(count),
                (12, Value::Varint(count)) => span.dropped_events_count = uint32(count),
                (14, Value::Varint(count)) => span.dropped_links_count = uint32(count),
                (15, Value::Bytes(piece)) => status.add(piece),
                (16, Value::Fixed32(flags)) => span.flags = flags,
                _ => {}
            }
        }
        span.status = status.message(message, 15).map(Status::read);
        span
    }
}

/// How a span went.
#[derive(Clone, Copy, Default)]
pub struct Status<'a> {
    message_fields: Message<'a>,
    /// What the developer said about it.
    pub message: Text<'a>,
    /// 0 unset, 1 ok, 2 error; other numbers are legal.
    pub code: i32,
}

impl<'a> Status<'a> {
    fn read(message: Message<'a>) -> Self {
        let mut status = Self { message_fields: message, ..Self::default() };
        for field in message {
            match field {
                (2, Value::Bytes(text)) => status.message = Text::new(text),
                (3, Value::Varint(code)) => status.code = int32(code),
                _ => {}
            }
        }
        status
    }

    /// Fields beyond those of this version of OTLP.
    pub fn unknown_fields(&self) -> UnknownFields<'a> {
        self.message_fields.unknown_fields(&descriptor::STATUS)
    }
}

/// Something that happened during a span.
#[derive(Clone, Copy, Default)]
pub struct SpanEvent<'a> {
    bytes: &'a [u8],
    /// When it happened, in nanoseconds since 1970.
    pub time_unix_nano: u64,
    /// What happened.
    pub name: Text<'a>,
    /// How many attributes the sender left out.
    pub dropped_attributes_count: u32,
}

impl<'a> SpanEvent<'a> {
    /// The attributes as sent.
    pub fn attributes(&self) -> Attributes<'a> {
        Message::whole(self.bytes).elements(3)
    }

    /// Fields beyond those of this version of OTLP.
    pub fn unknown_fields(&self) -> UnknownFields<'a> {
        Message::whole(self.bytes).unknown_fields(&descriptor::SPAN_EVENT)
    }

    /// The encoded event.
    pub const fn bytes(&self) -> &'a [u8] {
        self.bytes
    }
}

impl<'a> Element<'a> for SpanEvent<'a> {
    fn from_bytes(bytes: &'a [u8]) -> Self {
        let mut event = Self { bytes, ..Self::default() };
        for field in Reader::new(bytes) {
            match field {
                (1, Value::Fixed64(time)) => event.time_unix_nano = time,
                (2, Value::Bytes(name)) => event.name = Text::new(name),
                (4, Value::Varint(count)) => event.dropped_attributes_count = uint32(count),
                _ => {}
            }
        }
        event
    }
}

/// A span that this one has to do with.
#[derive(Clone, Copy, Default)]
pub struct SpanLink<'a> {
    bytes: &'a [u8],
    /// Trace id of the linked span as sent.
    pub trace_id: &'a [u8],
    /// Span id of the linked span as sent.
    pub span_id: &'a [u8],
    /// W3C trace state of the link.
    pub trace_state: Text<'a>,
    /// How many attributes the sender left out.
    pub dropped_attributes_count: u32,
    /// W3C trace flags in the low eight bits; above them whether the link is remote.
    pub flags: u32,
}

impl<'a> SpanLink<'a> {
    /// The attributes as sent.
    pub fn attributes(&self) -> Attributes<'a> {
        Message::whole(self.bytes).elements(4)
    }

    /// Fields beyond those of this version of OTLP.
    pub fn unknown_fields(&self) -> UnknownFields<'a> {
        Message::whole(self.bytes).unknown_fields(&descriptor::SPAN_LINK)
    }

    /// The encoded link.
    pub const fn bytes(&self) -> &'a [u8] {
        self.bytes
    }
}

impl<'a> Element<'a> for SpanLink<'a> {
    fn from_bytes(bytes: &'a [u8]) -> Self {
        let mut link = Self { bytes, ..Self::default() };
        for field in Reader::new(bytes) {
            match field {
                (1, Value::Bytes(id)) => link.trace_id = id,
                (2, Value::Bytes(id)) => link.span_id = id,
                (3, Value::Bytes(state)) => link.trace_state = Text::new(state),
                (5, Value::Varint(count)) => link.dropped_attributes_count = uint32(count),
                (6, Value::Fixed32(flags)) => link.flags = flags,
                _ => {}
            }
        }
        link
    }
}
