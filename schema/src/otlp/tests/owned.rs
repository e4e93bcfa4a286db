//! Views turned into `prost`'s messages: logs and traces, and what all signals share.

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1 as common;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::logs::v1 as logs;
use opentelemetry_proto::tonic::resource::v1 as resource;
use opentelemetry_proto::tonic::trace::v1 as trace;
use opentelemetry_proto::tonic::trace::v1::span;

use crate::otlp::{
    AnyValue, Attributes, EntityRef, LogRecord, LogsRequest, Resource, Scope, Span, Text,
    TracesRequest,
};

pub(super) fn text(text: Text<'_>) -> String {
    text.as_str().unwrap().to_owned()
}

pub(super) fn any_value(value: AnyValue<'_>) -> common::AnyValue {
    let value = match value {
        AnyValue::Empty => None,
        AnyValue::Text(string) => Some(Value::StringValue(text(string))),
        AnyValue::Bool(flag) => Some(Value::BoolValue(flag)),
        AnyValue::Int(number) => Some(Value::IntValue(number)),
        AnyValue::Double(number) => Some(Value::DoubleValue(number)),
        AnyValue::Bytes(bytes) => Some(Value::BytesValue(bytes.to_vec())),
        AnyValue::Array(array) => Some(Value::ArrayValue(common::ArrayValue {
            values: array.values().map(any_value).collect(),
        })),
        AnyValue::KvList(list) => {
            Some(Value::KvlistValue(common::KeyValueList { values: key_values(list.entries()) }))
        }
    };
    common::AnyValue { value }
}

pub(super) fn key_values(attributes: Attributes<'_>) -> Vec<common::KeyValue> {
    attributes
        .map(|entry| common::KeyValue {
            key: text(entry.key),
            value: Some(any_value(entry.value)),
            key_strindex: 0,
        })
        .collect()
}

pub(super) fn resource(view: Resource<'_>) -> resource::Resource {
    resource::Resource {
        attributes: key_values(view.attributes()),
        dropped_attributes_count: view.dropped_attributes_count,
        entity_refs: view.entity_refs().map(|entity| entity_ref(&entity)).collect(),
    }
}

fn entity_ref(view: &EntityRef<'_>) -> common::EntityRef {
    common::EntityRef {
        schema_url: text(view.schema_url),
        r#type: text(view.entity_type),
        id_keys: view.id_keys().map(text).collect(),
        description_keys: view.description_keys().map(text).collect(),
    }
}

pub(super) fn scope(view: Scope<'_>) -> common::InstrumentationScope {
    common::InstrumentationScope {
        name: text(view.name),
        version: text(view.version),
        attributes: key_values(view.attributes()),
        dropped_attributes_count: view.dropped_attributes_count,
    }
}

pub(super) fn logs(view: LogsRequest<'_>) -> ExportLogsServiceRequest {
    let scope_logs = |view: crate::otlp::ScopeLogs<'_>| logs::ScopeLogs {
        scope: Some(scope(view.scope)),
        log_records: view.log_records().map(|record| log_record(&record)).collect(),
        schema_url: text(view.schema_url),
    };
    let resource_logs = view.resource_logs().map(|view| logs::ResourceLogs {
        resource: Some(resource(view.resource)),
        scope_logs: view.scope_logs().map(scope_logs).collect(),
        schema_url: text(view.schema_url),
    });
    ExportLogsServiceRequest { resource_logs: resource_logs.collect() }
}

fn log_record(view: &LogRecord<'_>) -> logs::LogRecord {
    logs::LogRecord {
        time_unix_nano: view.time_unix_nano,
        observed_time_unix_nano: view.observed_time_unix_nano,
        severity_number: view.severity_number,
        severity_text: text(view.severity_text),
        body: view.body.map(any_value),
        attributes: key_values(view.attributes()),
        dropped_attributes_count: view.dropped_attributes_count,
        flags: view.flags,
        trace_id: view.trace_id.to_vec(),
        span_id: view.span_id.to_vec(),
        event_name: text(view.event_name),
    }
}

pub(super) fn traces(view: TracesRequest<'_>) -> ExportTraceServiceRequest {
    let scope_spans = |view: crate::otlp::ScopeSpans<'_>| trace::ScopeSpans {
        scope: Some(scope(view.scope)),
        spans: view.spans().map(|span| owned_span(&span)).collect(),
        schema_url: text(view.schema_url),
    };
    let resource_spans = view.resource_spans().map(|view| trace::ResourceSpans {
        resource: Some(resource(view.resource)),
        scope_spans: view.scope_spans().map(scope_spans).collect(),
        schema_url: text(view.schema_url),
    });
    ExportTraceServiceRequest { resource_spans: resource_spans.collect() }
}

fn owned_span(view: &Span<'_>) -> trace::Span {
    let events = view.events().map(|event| span::Event {
        time_unix_nano: event.time_unix_nano,
        name: text(event.name),
        attributes: key_values(event.attributes()),
        dropped_attributes_count: event.dropped_attributes_count,
    });
    let links = view.links().map(|link| span::Link {
        trace_id: link.trace_id.to_vec(),
        span_id: link.span_id.to_vec(),
        trace_state: text(link.trace_state),
        attributes: key_values(link.attributes()),
        dropped_attributes_count: link.dropped_attributes_count,
        flags: link.flags,
    });
    trace::Span {
        trace_id: view.trace_id.to_vec(),
        span_id: view.span_id.to_vec(),
        trace_state: text(view.trace_state),
        parent_span_id: view.parent_span_id.to_vec(),
        flags: view.flags,
        name: text(view.name),
        kind: view.kind,
        start_time_unix_nano: view.start_time_unix_nano,
        end_time_unix_nano: view.end_time_unix_nano,
        attributes: key_values(view.attributes()),
        dropped_attributes_count: view.dropped_attributes_count,
        events: events.collect(),
        dropped_events_count: view.dropped_events_count,
        links: links.collect(),
        dropped_links_count: view.dropped_links_count,
        status: view
            .status
            .map(|status| trace::Status { message: text(status.message), code: status.code }),
    }
}

pub(super) fn normalise_key_values(entries: &mut [common::KeyValue]) {
    for entry in entries {
        entry.key_strindex = 0;
        normalise_value(entry.value.get_or_insert_default());
    }
}

fn normalise_value(value: &mut common::AnyValue) {
    match &mut value.value {
        Some(Value::ArrayValue(array)) => array.values.iter_mut().for_each(normalise_value),
        Some(Value::KvlistValue(list)) => normalise_key_values(&mut list.values),
        Some(Value::StringValueStrindex(_)) => value.value = None,
        _ => {}
    }
}

pub(super) fn normalise_resource(resource: &mut Option<resource::Resource>) {
    normalise_key_values(&mut resource.get_or_insert_default().attributes);
}

pub(super) fn normalise_scope(scope: &mut Option<common::InstrumentationScope>) {
    normalise_key_values(&mut scope.get_or_insert_default().attributes);
}

pub(super) fn normalise_logs(request: &mut ExportLogsServiceRequest) {
    for resource in &mut request.resource_logs {
        normalise_resource(&mut resource.resource);
        for scope in &mut resource.scope_logs {
            normalise_scope(&mut scope.scope);
            for record in &mut scope.log_records {
                normalise_key_values(&mut record.attributes);
                record.body.iter_mut().for_each(normalise_value);
            }
        }
    }
}

pub(super) fn normalise_traces(request: &mut ExportTraceServiceRequest) {
    for resource in &mut request.resource_spans {
        normalise_resource(&mut resource.resource);
        for scope in &mut resource.scope_spans {
            normalise_scope(&mut scope.scope);
            for span in &mut scope.spans {
                normalise_key_values(&mut span.attributes);
                span.events
                    .iter_mut()
                    .for_each(|event| normalise_key_values(&mut event.attributes));
                span.links.iter_mut().for_each(|link| normalise_key_values(&mut link.attributes));
            }
        }
    }
}
