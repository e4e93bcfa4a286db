//! Tests of `descriptor`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests fail by panicking"
)]

use std::collections::BTreeMap;
use std::fmt::Debug;

use super::*;
use opentelemetry_proto::tonic::{
    collector, common::v1 as common, logs::v1 as logs, metrics::v1 as metrics,
};
use opentelemetry_proto::tonic::{resource::v1 as resource, trace::v1 as trace};

/// All tables reachable from the three requests.
fn all() -> BTreeMap<&'static str, &'static Message> {
    let mut found = BTreeMap::new();
    let mut queue: Vec<&'static Message> = Signal::ALL.into_iter().map(request).collect();
    while let Some(message) = queue.pop() {
        if found.insert(message.name, message).is_none() {
            queue.extend(message.fields.iter().filter_map(|field| match field.kind {
                Kind::Message(inner) => Some(inner),
                _ => None,
            }));
        }
    }
    found
}

/// Names of the fields of a message, as its generated type shows them.
fn shown(message: &dyn Debug) -> Vec<String> {
    let text = format!("{message:?}");
    let fields =
        text.trim_end_matches('}').split_once('{').map(|(_, fields)| fields).unwrap_or_default();
    fields
        .split(',')
        .filter_map(|field| {
            Some(field.split_once(':')?.0.trim().trim_start_matches("r#").to_owned())
        })
        .collect()
}

/// Asserts that the table names exactly the fields that the generated type has; a oneof
/// stands in the generated type under its own name.
fn assert_names(name: &str, generated: &dyn Debug, oneof: &str) {
    let tables = all();
    let mut ours: Vec<String> = tables[name]
        .fields
        .iter()
        .map(|field| if field.presence == Presence::Oneof { oneof } else { field.name }.to_owned())
        .collect();
    ours.sort();
    ours.dedup();
    let mut theirs = shown(generated);
    theirs.sort();
    assert_eq!(ours, theirs, "{name}");
}

/// Every table names all fields of its message and no others.
#[test]
fn names_agree_with_the_generated_types() {
    assert_names(
        "ExportLogsServiceRequest",
        &collector::logs::v1::ExportLogsServiceRequest::default(),
        "",
    );
    assert_names("ResourceLogs", &logs::ResourceLogs::default(), "");
    assert_names("ScopeLogs", &logs::ScopeLogs::default(), "");
    assert_names("LogRecord", &logs::LogRecord::default(), "");
    assert_names(
        "ExportTraceServiceRequest",
        &collector::trace::v1::ExportTraceServiceRequest::default(),
        "",
    );
    assert_names("ResourceSpans", &trace::ResourceSpans::default(), "");
    assert_names("ScopeSpans", &trace::ScopeSpans::default(), "");
    assert_names("Span", &trace::Span::default(), "");
    assert_names("Event", &trace::span::Event::default(), "");
    assert_names("Link", &trace::span::Link::default(), "");
    assert_names("Status", &trace::Status::default(), "");
    assert_names(
        "ExportMetricsServiceRequest",
        &collector::metrics::v1::ExportMetricsServiceRequest::default(),
        "",
    );
    assert_names("ResourceMetrics", &metrics::ResourceMetrics::default(), "");
    assert_names("ScopeMetrics", &metrics::ScopeMetrics::default(), "");
    assert_names("Metric", &metrics::Metric::default(), "data");
    assert_names("Gauge", &metrics::Gauge::default(), "");
    assert_names("Sum", &metrics::Sum::default(), "");
    assert_names("Histogram", &metrics::Histogram::default(), "");
    assert_names("ExponentialHistogram", &metrics::ExponentialHistogram::default(), "");
    assert_names("Summary", &metrics::Summary::default(), "");
    assert_names("NumberDataPoint", &metrics::NumberDataPoint::default(), "value");
    assert_names("HistogramDataPoint", &metrics::HistogramDataPoint::default(), "");
    assert_names(
        "ExponentialHistogramDataPoint",
        &metrics::ExponentialHistogramDataPoint::default(),
        "",
    );
    assert_names("Buckets", &metrics::exponential_histogram_data_point::Buckets::default(), "");
    assert_names("SummaryDataPoint", &metrics::SummaryDataPoint::default(), "");
    assert_names("ValueAtQuantile", &metrics::summary_data_point::ValueAtQuantile::default(), "");
    assert_names("Exemplar", &metrics::Exemplar::default(), "value");
    assert_names("Resource", &resource::Resource::default(), "");
    assert_names("EntityRef", &common::EntityRef::default(), "");
    assert_names("InstrumentationScope", &common::InstrumentationScope::default(), "");
    assert_names("KeyValue", &common::KeyValue::default(), "");
    assert_names("KeyValueList", &common::KeyValueList::default(), "");
    assert_names("ArrayValue", &common::ArrayValue::default(), "");
    assert_names("AnyValue", &common::AnyValue::default(), "value");
    assert_eq!(all().len(), 34);
}

/// JSON names are the lowerCamelCase of the others, and numbers ascend and are found.
#[test]
fn tables_are_consistent() {
    for message in all().values() {
        assert!(message.fields.is_sorted_by_key(|field| field.number), "{}", message.name);
        for field in message.fields {
            let mut camel = String::new();
            for (index, word) in field.name.split('_').enumerate() {
                let (first, rest) = word.split_at(1);
                camel.push_str(&if index == 0 { first.to_owned() } else { first.to_uppercase() });
                camel.push_str(rest);
            }
            assert_eq!(field.json_name, camel);
            assert_eq!(message.field(field.number).unwrap().name, field.name);
            assert_eq!(
                message.field_by_json_name(field.name.as_bytes()).unwrap().number,
                field.number
            );
            assert_eq!(message.field_by_json_name(camel.as_bytes()).unwrap().number, field.number);
        }
        for unknown in [0, 17, 19, 20, 1000, u32::MAX] {
            assert!(message.field(unknown).is_none());
        }
    }
}

/// The names of enums are those of the generated types.
#[test]
fn enum_names_agree_with_the_generated_types() {
    for message in all().values() {
        for field in message.fields {
            let Kind::Enum(names) = field.kind else { continue };
            let generated = |number: i32| match field.name {
                "severity_number" => {
                    logs::SeverityNumber::try_from(number).ok().map(|value| value.as_str_name())
                }
                "kind" => {
                    trace::span::SpanKind::try_from(number).ok().map(|value| value.as_str_name())
                }
                "code" => trace::status::StatusCode::try_from(number)
                    .ok()
                    .map(|value| value.as_str_name()),
                _ => metrics::AggregationTemporality::try_from(number)
                    .ok()
                    .map(|value| value.as_str_name()),
            };
            let theirs: Vec<_> =
                (0..100).filter_map(|number| Some((generated(number)?, number))).collect();
            assert_eq!(names, theirs.as_slice(), "{}.{}", message.name, field.name);
        }
    }
}
