//! Tests of `bodies`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests fail by panicking"
)]

use std::collections::{HashMap, HashSet};

use super::*;

const SHAPES: [(usize, usize); 6] =
    [(300, 1), (300, 16), (300, 512), (2_300, 1), (2_300, 16), (2_300, 512)];

fn shapes() -> impl Iterator<Item = Shape> {
    SHAPES.into_iter().map(|(record_bytes, batch)| Shape { record_bytes, batch })
}

/// Enough records for a steady mean, few enough for a quick test.
fn some(shape: Shape) -> Bodies {
    Bodies::with_templates(shape, 2_000_usize.div_ceil(shape.batch)).unwrap()
}

fn records(body: &Bytes) -> Vec<LogRecord> {
    let length = u32::from_be_bytes(body[1..GRPC_PREFIX_BYTES].try_into().unwrap());
    assert_eq!(length as usize, body.len() - GRPC_PREFIX_BYTES);
    let request = ExportLogsServiceRequest::decode(&body[GRPC_PREFIX_BYTES..]).unwrap();
    request
        .resource_logs
        .into_iter()
        .flat_map(|r| r.scope_logs)
        .flat_map(|s| s.log_records)
        .collect()
}

/// The mean size of a record is the one asked for, within 3 %, so figures at 300 B and 2.3 KB mean that.
#[test]
fn records_have_the_mean_size_asked_for() {
    for shape in shapes() {
        let bodies = some(shape);
        let (mut bytes, mut count) = (0, 0);
        for template in &bodies.templates {
            for record in records(&Bytes::copy_from_slice(&template.framed)) {
                let length = record.encoded_len();
                bytes += 1 + prost::length_delimiter_len(length) + length;
                count += 1;
            }
        }
        let mean = bytes as f64 / f64::from(count);
        let wanted = shape.record_bytes as f64;
        assert!((mean / wanted - 1.0).abs() < 0.03, "{shape:?}: {mean}");
    }
}

/// Every body sent decodes to its whole batch, and no body or observed time is ever a repeat, nor a
/// call's decision or result, also when the templates come round a second time.
#[test]
fn no_body_is_a_repeat() {
    for shape in [Shape { record_bytes: 300, batch: 1 }, Shape { record_bytes: 2_300, batch: 512 }]
    {
        let bodies = some(shape);
        let (mut seen, mut times, mut calls) = (HashSet::new(), HashSet::new(), HashSet::new());
        for _ in 0..=bodies.templates.len() {
            let body = bodies.stamp();
            let records = records(&body);
            assert_eq!(records.len(), shape.batch);
            for record in records {
                assert!(times.insert(record.observed_time_unix_nano));
                if let Some(call) = text(&record, "call_id") {
                    assert!(calls.insert((call, text(&record, "event.name"))));
                }
            }
            assert!(seen.insert(body));
        }
        assert!(!calls.is_empty());
    }
}

fn text(record: &LogRecord, key: &str) -> Option<String> {
    let value = record.attributes.iter().find(|a| a.key == key)?.value.as_ref()?;
    match &value.value {
        Some(Value::StringValue(text)) => Some(text.clone()),
        _ => None,
    }
}

/// A conversation has all kinds of records, a decision has its result, and as many conversations
/// live at a time as there are templates, whatever the size of the bodies.
#[test]
fn conversations_are_like_an_agents() {
    for shape in shapes().filter(|shape| shape.record_bytes == 300) {
        let bodies = Bodies::with_templates(shape, 128).unwrap();
        let mut sessions: HashMap<String, Vec<(String, Option<String>)>> = HashMap::new();
        let live = bodies.templates.len();
        for _ in 0..live * RECORDS_PER_SESSION.div_ceil(shape.batch) * 2 {
            for record in records(&bodies.stamp()) {
                let id = text(&record, "conversation.id").unwrap();
                let name = text(&record, "event.name").unwrap();
                sessions.entry(id).or_default().push((name, text(&record, "call_id")));
            }
        }
        let whole: Vec<_> =
            sessions.values().filter(|of| of.len() >= RECORDS_PER_SESSION - 24).collect();
        assert!(whole.len() >= live, "{shape:?}: {} of {}", whole.len(), sessions.len());
        let kinds =
            |of: &[(String, _)]| of.iter().map(|(name, _)| name).collect::<HashSet<_>>().len();
        assert!(whole.iter().all(|of| of.len() <= RECORDS_PER_SESSION + 48 && kinds(of) >= 4));
        let calls: HashSet<_> =
            whole.iter().flat_map(|of| of.iter()).filter_map(|(_, call)| call.as_ref()).collect();
        let said = whole.iter().flat_map(|of| of.iter()).filter(|(_, call)| call.is_some()).count();
        assert!(said as f64 / calls.len() as f64 > 1.4, "{shape:?}: {said} of {}", calls.len());
    }
}

/// Two generators at work on one server do not send the same calls.
#[test]
fn two_generators_do_not_collide() {
    let shape = Shape { record_bytes: 300, batch: 512 };
    let (one, other) = (some(shape), some(shape));
    assert_ne!(one.stamp(), other.stamp());
}

/// Bodies compress as captured telemetry does: by 2.5 to 7: neither constant filler nor noise.
#[test]
fn bodies_have_real_entropy() {
    for shape in shapes().filter(|shape| shape.batch > 1) {
        let ratio = some(shape).describe().unwrap().gzip_ratio;
        assert!((2.5..7.0).contains(&ratio), "{shape:?}: {ratio}");
    }
}

/// The mix holds the kinds that make up an agent's traffic.
#[test]
fn the_mix_holds_every_kind() {
    let bodies = some(Shape { record_bytes: 300, batch: 512 });
    let mut names = HashSet::new();
    for record in records(&bodies.stamp()) {
        let name =
            record.attributes.iter().find(|a| a.key == "event.name").and_then(|a| a.value.clone());
        if let Some(AnyValue { value: Some(Value::StringValue(name)) }) = name {
            names.insert(name);
        }
        assert_eq!(record.time_unix_nano, 0, "Codex leaves the time empty");
    }
    let mut names: Vec<_> = names.into_iter().collect();
    names.sort();
    let wanted = ["api_request", "sse_event", "tool_decision", "tool_result", "user_prompt"];
    assert_eq!(names, wanted.map(|name| format!("codex.{name}")));
}
