//! An event as the event collector takes it: an envelope around the document.
//!
//! Format: Splunk, "Format events for HTTP Event Collector". Objects are concatenated, never put in
//! an array: Splunk takes both, others only the first.

use serde::de::IgnoredAny;

use super::Options;
use crate::record::Record;

/// What an envelope adds to its document at most, texts that come from outside left out: used to
/// cut batches before they are encoded.
pub(crate) const ENVELOPE_BYTES: usize = 512;

/// Whether the event collector can take a document at all. One that it cannot would spoil the
/// request for all the events around it.
pub(crate) fn refusal(document: &[u8], document_bytes: usize) -> Option<&'static str> {
    if document.len() > document_bytes {
        return Some("the document is larger than the destination takes");
    }
    if document.first() != Some(&b'{') {
        return Some("the document is not a JSON object");
    }
    // What is skipped is not checked for its encoding by the parser.
    let text = std::str::from_utf8(document);
    if text.map_or(true, |text| serde_json::from_str::<IgnoredAny>(text).is_err()) {
        return Some("the document is not valid JSON");
    }
    None
}

/// Appends one event. `again` says that the request before may have brought it.
pub(crate) fn write(
    record: &Record,
    index: Option<&str>,
    options: &Options,
    again: bool,
    out: &mut Vec<u8>,
) {
    out.extend_from_slice(b"{\"time\":");
    write_time(record.time_us, out);
    let host = record.host.as_deref().or(options.host.as_deref());
    let sourcetype = options.sourcetypes.get(record.kind).unwrap_or(&options.sourcetype);
    for (key, value) in [
        ("host", host),
        ("source", Some(options.source.as_str())),
        ("sourcetype", Some(sourcetype.as_str())),
        ("index", index),
    ] {
        write_pair(key, value, out);
    }
    // Flat, and in front of the event: what events are found and folded by must not be cut off.
    out.extend_from_slice(b",\"fields\":{\"event_id\":");
    write_text(&record.id, out);
    for (key, value) in [
        ("session_id", Some(&*record.session_id)),
        ("kind", Some(record.kind)),
        ("agent", Some(record.agent)),
        ("tenant", Some(&*record.tenant)),
        ("redelivery", (record.redelivery || again).then_some("true")),
    ] {
        write_pair(key, value, out);
    }
    out.extend_from_slice(b"},\"event\":");
    out.extend_from_slice(&record.document);
    out.extend_from_slice(b"}\n");
}

/// Seconds since 1970 with three decimals, by whole numbers: a float would lose the milliseconds.
/// What is below a millisecond is cut towards the past.
fn write_time(time_us: i64, out: &mut Vec<u8>) {
    let millis = time_us.div_euclid(1000);
    if millis < 0 {
        out.push(b'-');
    }
    let millis = millis.unsigned_abs();
    out.extend_from_slice(itoa::Buffer::new().format(millis / 1000).as_bytes());
    let part = millis % 1000;
    out.push(b'.');
    for place in [100, 10, 1] {
        let digit = u8::try_from(part / place % 10).unwrap_or_default();
        out.push(b'0' + digit);
    }
}

fn write_pair(key: &str, value: Option<&str>, out: &mut Vec<u8>) {
    let Some(value) = value.filter(|value| !value.is_empty()) else { return };
    out.extend_from_slice(b",\"");
    out.extend_from_slice(key.as_bytes());
    out.extend_from_slice(b"\":");
    write_text(value, out);
}

fn write_text(text: &str, out: &mut Vec<u8>) {
    // Writing text to a vector cannot fail.
    let written = serde_json::to_writer(&mut *out, text);
    debug_assert!(written.is_ok(), "a vector refused a text");
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
    use std::sync::Arc;

    use bytes::Bytes;
    use proptest::prelude::*;
    use seam_schema::ids::{LogId, Offset, Sequence};
    use serde_json::{Value, json};

    use super::*;
    use crate::http;

    fn record(time_us: i64) -> Record {
        Record {
            id: "0a-1".into(),
            offset: Offset { log_id: LogId::default(), sequence: Sequence(1), index: 0 },
            time_us,
            tenant: "default".into(),
            session_id: "s\"1\n".into(),
            kind: "tool_call",
            agent: "claude_code",
            host: Some(Arc::from("laptop")),
            document: Bytes::from_static(b"{\"a\":1}"),
            redelivery: false,
        }
    }

    fn time(time_us: i64) -> String {
        let mut out = Vec::new();
        write_time(time_us, &mut out);
        String::from_utf8(out).unwrap()
    }

    /// The borders of time: zero, below zero, and both ends.
    #[test]
    fn time_has_three_decimals() {
        assert_eq!(time(0), "0.000");
        assert_eq!(time(1_700_000_000_123_456), "1700000000.123");
        assert_eq!(time(999), "0.000");
        assert_eq!(time(-1), "-0.001");
        assert_eq!(time(-1_000_000), "-1.000");
        assert_eq!(time(-1_500_001), "-1.501");
        assert_eq!(time(i64::MAX), "9223372036854.775");
        assert_eq!(time(i64::MIN), "-9223372036854.776");
    }

    proptest! {
        /// The printed time, read as a decimal number, is the millisecond at or before the time.
        #[test]
        fn time_is_exact(time_us: i64) {
            let text = time(time_us);
            let (seconds, decimals) = text.split_once('.').unwrap();
            prop_assert_eq!(decimals.len(), 3);
            let sign = if text.starts_with('-') { -1 } else { 1 };
            let whole: i128 = seconds.trim_start_matches('-').parse().unwrap();
            let millis = sign * (whole * 1000 + decimals.parse::<i128>().unwrap());
            let below = i128::from(time_us) - millis * 1000;
            prop_assert!((0..1000).contains(&below), "{} for {}", text, time_us);
        }

        /// Whatever stands in the texts, an envelope is one JSON object with flat fields.
        #[test]
        fn an_envelope_is_json(id in ".*", session in ".*", host in ".*", index in ".*", again: bool) {
            let mut record = record(5);
            record.id = id.as_str().into();
            record.session_id = session.as_str().into();
            record.host = Some(host.as_str().into());
            let options = Options::new(http::Options::new("https://h"), http::Secret::value("t"));
            let mut out = Vec::new();
            write(&record, Some(&index), &options, again, &mut out);
            let envelope: Value = serde_json::from_slice(&out).unwrap();
            prop_assert_eq!(&envelope["fields"]["event_id"], &json!(id));
            prop_assert!(envelope["fields"].as_object().unwrap().values().all(Value::is_string));
            prop_assert_eq!(envelope["fields"].get("redelivery").is_some(), again);
        }
    }

    /// One envelope, byte for byte.
    #[test]
    fn an_envelope_in_full() {
        let mut options = Options::new(http::Options::new("https://h"), http::Secret::value("t"));
        options.sourcetypes.insert("tool_call".to_owned(), "seam:tool".to_owned());
        let mut out = Vec::new();
        write(&record(1_700_000_000_123_456), Some("main"), &options, true, &mut out);
        assert_eq!(
            String::from_utf8(out).unwrap(),
            concat!(
                r#"{"time":1700000000.123,"host":"laptop","source":"seam","sourcetype":"seam:tool","index":"main","#,
                r#""fields":{"event_id":"0a-1","session_id":"s\"1\n","kind":"tool_call","agent":"claude_code","#,
                r#""tenant":"default","redelivery":"true"},"event":{"a":1}}"#,
                "\n"
            )
        );
    }

    /// What would spoil a request is found before it is sent.
    #[test]
    fn unsendable_documents_are_found() {
        assert_eq!(refusal(b"{\"a\":1}", 7), None);
        assert!(refusal(b"{\"a\":1}", 6).is_some());
        for bad in [&b""[..], b"null", b"[]", b"\"\"", b"{\"a\":1", b"{} {}", b"{\"a\":\"\xff\"}"] {
            assert!(refusal(bad, 100).is_some(), "{bad:?}");
        }
    }
}
