//! The canonical bytes of what was sent.

use std::borrow::Cow;

use crate::otlp::writer::Writer;
use crate::otlp::{
    self, AnyValue, Attributes, EntityRef, LogRecord, LogsRequest, MetricsRequest, Resource,
    ResourceLogs, ResourceSpans, Scope, ScopeLogs, ScopeSpans, Signal, Span, SpanEvent, SpanLink,
    TracesRequest, UnknownFields,
};
use crate::record::points::metric;

/// Values are written this deep; the check admits none that is deeper.
const DEPTH_LIMIT: u32 = 80;

/// The canonical forms of all records of a request, in message order: a span before its events.
pub fn of_request(signal: Signal, request: &[u8]) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    match signal {
        Signal::Logs => {
            for group in LogsRequest::new(request).resource_logs() {
                for inner in group.scope_logs() {
                    all.extend(inner.log_records().map(|one| log(&group, &inner, &one)));
                }
            }
        }
        Signal::Traces => {
            for group in TracesRequest::new(request).resource_spans() {
                for inner in group.scope_spans() {
                    for one in inner.spans() {
                        all.push(span(&group, &inner, &one));
                        let events = one.events();
                        all.extend(events.map(|event| span_event(&group, &inner, &one, &event)));
                    }
                }
            }
        }
        Signal::Metrics => {
            for group in MetricsRequest::new(request).resource_metrics() {
                for inner in group.scope_metrics() {
                    all.extend(inner.metrics().flat_map(|one| metric(&group, &inner, &one)));
                }
            }
        }
    }
    all
}

/// The canonical form of a log record.
fn log(resource: &ResourceLogs<'_>, scope: &ScopeLogs<'_>, record: &LogRecord<'_>) -> Vec<u8> {
    let group = Group::new(resource.resource, resource.schema_url, resource.unknown_fields());
    let inner = Group::new(scope.scope, scope.schema_url, scope.unknown_fields());
    envelope(group, inner, |out| write_log(record, out))
}

/// The canonical form of a span, without its events.
fn span(resource: &ResourceSpans<'_>, scope: &ScopeSpans<'_>, span: &Span<'_>) -> Vec<u8> {
    let group = Group::new(resource.resource, resource.schema_url, resource.unknown_fields());
    let inner = Group::new(scope.scope, scope.schema_url, scope.unknown_fields());
    envelope(group, inner, |out| write_span(span, out))
}

/// The canonical form of a span event, in a span that has nothing but its ids.
fn span_event(
    resource: &ResourceSpans<'_>,
    scope: &ScopeSpans<'_>,
    span: &Span<'_>,
    event: &SpanEvent<'_>,
) -> Vec<u8> {
    let group = Group::new(resource.resource, resource.schema_url, resource.unknown_fields());
    let inner = Group::new(scope.scope, scope.schema_url, scope.unknown_fields());
    envelope(group, inner, |out| {
        bytes(out, 1, span.trace_id);
        bytes(out, 2, span.span_id);
        out.message_field(11, |out| {
            fixed64(out, 1, event.time_unix_nano);
            text(out, 2, event.name);
            attributes(out, 3, event.attributes());
            varint(out, 4, event.dropped_attributes_count.into());
            unknown(out, event.unknown_fields());
        });
    })
}

/// A resource or a scope with what stands beside it.
pub(super) struct Group<'a, T> {
    origin: T,
    schema_url: otlp::Text<'a>,
    unknown: UnknownFields<'a>,
}

impl<'a, T> Group<'a, T> {
    pub(super) fn new(origin: T, schema_url: otlp::Text<'a>, unknown: UnknownFields<'a>) -> Self {
        Self { origin, schema_url, unknown }
    }
}

/// A request of one record: all three signals have the same numbers here.
pub(super) fn envelope(
    resource: Group<'_, Resource<'_>>,
    scope: Group<'_, Scope<'_>>,
    record: impl FnOnce(&mut Writer),
) -> Vec<u8> {
    let mut out = Writer::new();
    out.message_field(1, |out| {
        let mut part = Writer::new();
        write_resource(resource.origin, &mut part);
        bytes(out, 1, part.bytes());
        out.message_field(2, |out| {
            let mut part = Writer::new();
            write_scope(scope.origin, &mut part);
            bytes(out, 1, part.bytes());
            out.message_field(2, record);
            text(out, 3, scope.schema_url);
            unknown(out, scope.unknown);
        });
        text(out, 3, resource.schema_url);
        unknown(out, resource.unknown);
    });
    out.into_bytes()
}

fn write_resource(resource: Resource<'_>, out: &mut Writer) {
    attributes(out, 1, resource.attributes());
    varint(out, 2, resource.dropped_attributes_count.into());
    for entity in resource.entity_refs() {
        out.message_field(3, |out| write_entity(&entity, out));
    }
    unknown(out, resource.unknown_fields());
}

/// The bytes of a reference to an entity.
pub(crate) fn entity(entity: &EntityRef<'_>) -> Vec<u8> {
    let mut out = Writer::new();
    write_entity(entity, &mut out);
    out.into_bytes()
}

/// Writes a reference to an entity.
pub(super) fn write_entity(entity: &EntityRef<'_>, out: &mut Writer) {
    text(out, 1, entity.schema_url);
    text(out, 2, entity.entity_type);
    for key in entity.id_keys() {
        out.bytes_field(3, key.to_cow().as_bytes());
    }
    for key in entity.description_keys() {
        out.bytes_field(4, key.to_cow().as_bytes());
    }
}

fn write_scope(scope: Scope<'_>, out: &mut Writer) {
    text(out, 1, scope.name);
    text(out, 2, scope.version);
    attributes(out, 3, scope.attributes());
    varint(out, 4, scope.dropped_attributes_count.into());
    unknown(out, scope.unknown_fields());
}

fn write_log(record: &LogRecord<'_>, out: &mut Writer) {
    fixed64(out, 1, record.time_unix_nano);
    varint(out, 2, i64::from(record.severity_number).cast_unsigned());
    text(out, 3, record.severity_text);
    if let Some(body) = record.body {
        out.message_field(5, |out| value(out, body, 0));
    }
    attributes(out, 6, record.attributes());
    varint(out, 7, record.dropped_attributes_count.into());
    fixed32(out, 8, record.flags);
    bytes(out, 9, record.trace_id);
    bytes(out, 10, record.span_id);
    fixed64(out, 11, record.observed_time_unix_nano);
    text(out, 12, record.event_name);
    unknown(out, record.unknown_fields());
}

fn write_span(span: &Span<'_>, out: &mut Writer) {
    bytes(out, 1, span.trace_id);
    bytes(out, 2, span.span_id);
    text(out, 3, span.trace_state);
    bytes(out, 4, span.parent_span_id);
    text(out, 5, span.name);
    varint(out, 6, i64::from(span.kind).cast_unsigned());
    fixed64(out, 7, span.start_time_unix_nano);
    fixed64(out, 8, span.end_time_unix_nano);
    attributes(out, 9, span.attributes());
    varint(out, 10, span.dropped_attributes_count.into());
    varint(out, 12, span.dropped_events_count.into());
    for link in span.links() {
        out.message_field(13, |out| write_link(&link, out));
    }
    varint(out, 14, span.dropped_links_count.into());
    let mut part = Writer::new();
    if let Some(status) = span.status {
        text(&mut part, 2, status.message);
        varint(&mut part, 3, i64::from(status.code).cast_unsigned());
        unknown(&mut part, status.unknown_fields());
    }
    bytes(out, 15, part.bytes());
    fixed32(out, 16, span.flags);
    unknown(out, span.unknown_fields());
}

fn write_link(link: &SpanLink<'_>, out: &mut Writer) {
    bytes(out, 1, link.trace_id);
    bytes(out, 2, link.span_id);
    text(out, 3, link.trace_state);
    attributes(out, 4, link.attributes());
    varint(out, 5, link.dropped_attributes_count.into());
    fixed32(out, 6, link.flags);
}

/// Attributes by the bytes of their keys.
pub(super) fn attributes(out: &mut Writer, number: u32, attributes: Attributes<'_>) {
    let mut sorted: Vec<(Cow<'_, str>, AnyValue<'_>)> =
        attributes.map(|attribute| (attribute.key.to_cow(), attribute.value)).collect();
    sorted.sort_by(|one, other| one.0.cmp(&other.0));
    for (key, one) in sorted {
        out.message_field(number, |out| key_value(out, &key, one, 0));
    }
}

fn key_value(out: &mut Writer, key: &str, one: AnyValue<'_>, depth: u32) {
    bytes(out, 1, key.as_bytes());
    out.message_field(2, |out| value(out, one, depth));
}

/// The fields of an `AnyValue`; what is deeper than any checked value comes out empty.
pub(super) fn value(out: &mut Writer, one: AnyValue<'_>, depth: u32) {
    if depth > DEPTH_LIMIT {
        return;
    }
    match one {
        AnyValue::Empty => {}
        AnyValue::Text(text) => out.bytes_field(1, text.to_cow().as_bytes()),
        AnyValue::Bool(flag) => out.varint_field(2, flag.into()),
        AnyValue::Int(number) => out.varint_field(3, number.cast_unsigned()),
        AnyValue::Double(number) => out.fixed64_field(4, double_bits(number)),
        AnyValue::Array(array) => out.message_field(5, |out| {
            for element in array.values() {
                out.message_field(1, |out| value(out, element, depth + 1));
            }
        }),
        AnyValue::KvList(list) => out.message_field(6, |out| {
            for entry in list.entries() {
                out.message_field(1, |out| {
                    key_value(out, &entry.key.to_cow(), entry.value, depth + 1);
                });
            }
        }),
        AnyValue::Bytes(content) => out.bytes_field(7, content),
    }
}

/// The bits of a number; all NaN are one.
pub(super) fn double_bits(number: f64) -> u64 {
    if number.is_nan() { f64::NAN.to_bits() } else { number.to_bits() }
}

pub(super) fn text(out: &mut Writer, number: u32, text: otlp::Text<'_>) {
    bytes(out, number, text.to_cow().as_bytes());
}

pub(super) fn bytes(out: &mut Writer, number: u32, content: &[u8]) {
    if !content.is_empty() {
        out.bytes_field(number, content);
    }
}

pub(super) fn varint(out: &mut Writer, number: u32, value: u64) {
    if value != 0 {
        out.varint_field(number, value);
    }
}

pub(super) fn fixed64(out: &mut Writer, number: u32, value: u64) {
    if value != 0 {
        out.fixed64_field(number, value);
    }
}

pub(super) fn fixed32(out: &mut Writer, number: u32, value: u32) {
    if value != 0 {
        out.fixed32_field(number, value);
    }
}

pub(super) fn unknown(out: &mut Writer, fields: UnknownFields<'_>) {
    for field in fields {
        out.put_raw(field);
    }
}
