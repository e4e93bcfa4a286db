//! `trace.proto` and its request.

use super::resource::{KEY_VALUE, RESOURCE, SCOPE};
use super::{Field, Kind, Message, Presence, Record, Role, message, slots};

message! {
    /// `ExportTraceServiceRequest`.
    TRACES_REQUEST = "ExportTraceServiceRequest", Role::Group;
    1 "resource_spans" "resourceSpans" Kind::Message(&RESOURCE_SPANS), Repeated;
}

message! {
    /// `ResourceSpans`.
    RESOURCE_SPANS = "ResourceSpans", Role::Group;
    1 "resource" "resource" Kind::Message(&RESOURCE), Implicit;
    2 "scope_spans" "scopeSpans" Kind::Message(&SCOPE_SPANS), Repeated;
    3 "schema_url" "schemaUrl" Kind::String, Implicit;
}

message! {
    /// `ScopeSpans`.
    SCOPE_SPANS = "ScopeSpans", Role::Group;
    1 "scope" "scope" Kind::Message(&SCOPE), Implicit;
    2 "spans" "spans" Kind::Message(&SPAN), Repeated;
    3 "schema_url" "schemaUrl" Kind::String, Implicit;
}

message! {
    /// `Span`.
    SPAN = "Span", Role::Record(Record::Span);
    1 "trace_id" "traceId" Kind::HexId, Implicit;
    2 "span_id" "spanId" Kind::HexId, Implicit;
    3 "trace_state" "traceState" Kind::String, Implicit;
    4 "parent_span_id" "parentSpanId" Kind::HexId, Implicit;
    5 "name" "name" Kind::String, Implicit;
    6 "kind" "kind" Kind::Enum(SPAN_KIND), Implicit;
    7 "start_time_unix_nano" "startTimeUnixNano" Kind::Fixed64, Implicit;
    8 "end_time_unix_nano" "endTimeUnixNano" Kind::Fixed64, Implicit;
    9 "attributes" "attributes" Kind::Message(&KEY_VALUE), Repeated;
    10 "dropped_attributes_count" "droppedAttributesCount" Kind::Uint32, Implicit;
    11 "events" "events" Kind::Message(&SPAN_EVENT), Repeated;
    12 "dropped_events_count" "droppedEventsCount" Kind::Uint32, Implicit;
    13 "links" "links" Kind::Message(&SPAN_LINK), Repeated;
    14 "dropped_links_count" "droppedLinksCount" Kind::Uint32, Implicit;
    15 "status" "status" Kind::Message(&STATUS), Implicit;
    16 "flags" "flags" Kind::Fixed32, Implicit;
}

message! {
    /// `Event`.
    SPAN_EVENT = "Event", Role::Record(Record::SpanEvent);
    1 "time_unix_nano" "timeUnixNano" Kind::Fixed64, Implicit;
    2 "name" "name" Kind::String, Implicit;
    3 "attributes" "attributes" Kind::Message(&KEY_VALUE), Repeated;
    4 "dropped_attributes_count" "droppedAttributesCount" Kind::Uint32, Implicit;
}

message! {
    /// `Link`.
    SPAN_LINK = "Link", Role::Part;
    1 "trace_id" "traceId" Kind::HexId, Implicit;
    2 "span_id" "spanId" Kind::HexId, Implicit;
    3 "trace_state" "traceState" Kind::String, Implicit;
    4 "attributes" "attributes" Kind::Message(&KEY_VALUE), Repeated;
    5 "dropped_attributes_count" "droppedAttributesCount" Kind::Uint32, Implicit;
    6 "flags" "flags" Kind::Fixed32, Implicit;
}

message! {
    /// `Status`.
    STATUS = "Status", Role::Part;
    2 "message" "message" Kind::String, Implicit;
    3 "code" "code" Kind::Enum(STATUS_CODE), Implicit;
}

/// `SpanKind`.
const SPAN_KIND: &[(&str, i32)] = &[
    ("SPAN_KIND_UNSPECIFIED", 0),
    ("SPAN_KIND_INTERNAL", 1),
    ("SPAN_KIND_SERVER", 2),
    ("SPAN_KIND_CLIENT", 3),
    ("SPAN_KIND_PRODUCER", 4),
    ("SPAN_KIND_CONSUMER", 5),
];

/// `StatusCode`.
const STATUS_CODE: &[(&str, i32)] =
    &[("STATUS_CODE_UNSET", 0), ("STATUS_CODE_OK", 1), ("STATUS_CODE_ERROR", 2)];
