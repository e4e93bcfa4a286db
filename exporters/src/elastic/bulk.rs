//! The body of a `_bulk` request: for each document a line that says what to do with it, and itself.

use memchr::memchr;
use serde::de::IgnoredAny;

use super::Targets;
use crate::record::Record;

/// What a line about a document takes at most, texts that come from outside left out.
pub(crate) const ACTION_BYTES: usize = 256;
/// Bytes of an `_id`, by Lucene.
const ID_BYTES_MAX: usize = 512;

/// Whether the cluster can take a record at all. One that it cannot would spoil the request.
pub(crate) fn refusal(record: &Record, document_bytes: usize) -> Option<&'static str> {
    let document = &record.document;
    if document.len() > document_bytes {
        return Some("the document is larger than the destination takes");
    }
    if record.id.len() > ID_BYTES_MAX || record.id.is_empty() {
        return Some("the id is longer than 512 bytes, or there is none");
    }
    if document.first() != Some(&b'{') || document.last() != Some(&b'}') {
        return Some("the document is not a JSON object");
    }
    if memchr(b'\n', document).is_some() {
        return Some("the document has a line end");
    }
    // What is skipped is not checked for its encoding by the parser.
    let text = std::str::from_utf8(document);
    if text.map_or(true, |text| serde_json::from_str::<IgnoredAny>(text).is_err()) {
        return Some("the document is not valid JSON");
    }
    None
}

/// Appends one document.
pub(crate) fn write(record: &Record, targets: &Targets, add_timestamp: bool, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"create\":{\"_index\":");
    write_text(targets.of(record.kind), out);
    out.extend_from_slice(b",\"_id\":");
    write_text(&record.id, out);
    out.extend_from_slice(b"}}\n");
    match record.document.strip_prefix(b"{") {
        Some(rest) if add_timestamp => {
            // Milliseconds since 1970, one of the two forms that a date field takes unless told
            // otherwise.
            out.extend_from_slice(b"{\"@timestamp\":");
            let millis = record.time_us.div_euclid(1000);
            out.extend_from_slice(itoa::Buffer::new().format(millis).as_bytes());
            let empty = rest.trim_ascii_start().first() == Some(&b'}');
            if !empty {
                out.push(b',');
            }
            out.extend_from_slice(rest);
        }
        _ => out.extend_from_slice(&record.document),
    }
    out.push(b'\n');
}

fn write_text(text: &str, out: &mut Vec<u8>) {
    // Writing text to a vector cannot fail.
    let written = serde_json::to_writer(&mut *out, text);
    debug_assert!(written.is_ok(), "a vector refused a text");
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
    use bytes::Bytes;
    use proptest::prelude::*;
    use seam_schema::ids::{LogId, Offset, Sequence};
    use serde_json::{Value, json};

    use super::*;

    fn record(id: &str, kind: &'static str, document: &str) -> Record {
        Record {
            id: id.into(),
            offset: Offset { log_id: LogId::default(), sequence: Sequence(1), index: 0 },
            time_us: -1,
            tenant: "default".into(),
            session_id: "".into(),
            kind,
            agent: "codex",
            host: None,
            document: Bytes::copy_from_slice(document.as_bytes()),
            redelivery: false,
        }
    }

    fn targets() -> Targets {
        Targets { event: "logs-seam.event-x".to_owned(), action: "logs-seam.action-x".to_owned() }
    }

    fn lines(record: &Record, add_timestamp: bool) -> Vec<Value> {
        let mut out = Vec::new();
        write(record, &targets(), add_timestamp, &mut out);
        assert_eq!(out.pop(), Some(b'\n'));
        let text = String::from_utf8(out).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Each kind goes to its stream, and a time is put in where it is asked for, before 1970 too.
    #[test]
    fn documents_go_to_their_stream() {
        let event = lines(&record("a-1", "tool_call", r#"{"a":1}"#), true);
        assert_eq!(event[0], json!({"create": {"_index": "logs-seam.event-x", "_id": "a-1"}}));
        assert_eq!(event[1], json!({"@timestamp": -1, "a": 1}));
        let action = lines(&record("b.2", "action", "{ }"), true);
        assert_eq!(action[0]["create"]["_index"], "logs-seam.action-x");
        assert_eq!(action[1], json!({"@timestamp": -1}));
        assert_eq!(lines(&record("a", "x", r#"{"a":1}"#), false)[1], json!({"a": 1}));
    }

    proptest! {
        /// Whatever the id and the document hold, a document is two lines, and comes out as it went
        /// in.
        #[test]
        fn a_document_is_two_lines(id in "[^\u{0}]{1,50}", key in ".*", value in ".*") {
            let document = json!({ key: value });
            let record = record(&id, "tool_call", &document.to_string());
            prop_assert_eq!(refusal(&record, 10_000), None);
            let lines = lines(&record, false);
            prop_assert_eq!(lines.len(), 2);
            prop_assert_eq!(&lines[0]["create"]["_id"], &json!(id));
            prop_assert_eq!(&lines[1], &document);
        }
    }

    /// What would spoil a request is found before it is sent.
    #[test]
    fn unsendable_documents_are_found() {
        assert_eq!(refusal(&record("a", "x", "{}"), 2), None);
        assert!(refusal(&record("a", "x", "{} "), 1).is_some());
        assert!(refusal(&record(&"x".repeat(513), "x", "{}"), 9).is_some());
        assert!(refusal(&record("", "x", "{}"), 9).is_some());
        for bad in ["", "[]", "{", "{}{}", "{\n}", "{\"a\":}"] {
            assert!(refusal(&record("a", "x", bad), 100).is_some(), "{bad}");
        }
    }
}
