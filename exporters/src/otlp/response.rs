//! What a server says of a request that it took: the export response, alike for both signals.
//!
//! A status alone proves little: a load balancer or a login page answers 200 too. So an answer
//! counts only if it is empty or reads as the response; anything else leaves it open what became of
//! the records.

use seam_schema::otlp::wire::{Reader, Value};
use serde::Deserialize;

use super::class::{Class, Reply};
use crate::http::Answer;

/// The JSON form (OTLP/HTTP, "Full Success" and "Partial Success"). Nothing else may stand in it: an
/// object of something else would pass for a success.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Json {
    #[serde(alias = "partial_success")]
    #[serde(rename = "partialSuccess")]
    partial: Option<Partial>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Partial {
    #[serde(alias = "rejectedSpans", alias = "rejected_log_records", alias = "rejected_spans")]
    #[serde(rename = "rejectedLogRecords")]
    rejected: Option<Count>,
    #[serde(alias = "error_message")]
    #[serde(rename = "errorMessage")]
    _words: Option<serde::de::IgnoredAny>,
}

/// Numbers of 64 bits are texts in JSON; some write them as numbers all the same.
#[derive(Deserialize)]
#[serde(untagged)]
enum Count {
    Number(u64),
    Text(String),
}

/// Reads the body of a gRPC answer.
pub(super) fn of_grpc(body: &[u8]) -> Reply {
    rejected(body).map_or_else(|| unreadable("grpc Ok"), taken)
}

/// Reads an HTTP answer whose status is a success.
pub(super) fn of_http(answer: &Answer) -> Reply {
    let kind = answer.header("content-type").unwrap_or_default();
    let read = match answer.body.as_deref() {
        // Longer than the limit, which a response never is.
        None => None,
        Some([]) => Some(0),
        Some(body) if kind.starts_with("application/json") => rejected_in_json(body),
        Some(body) => rejected(body),
    };
    read.map_or_else(|| unreadable(&format!("http {}", answer.status)), taken)
}

fn taken(rejected: usize) -> Reply {
    Reply::Taken { rejected }
}

fn unreadable(status: &str) -> Reply {
    Reply::failed(Class::Ambiguous, format!("{status}, and the answer is not one of OTLP"))
}

/// How many records a server did not take: field 1 of `partial_success`, field 1 of the response.
/// Its words are not read. Nothing if it is no response.
fn rejected(response: &[u8]) -> Option<usize> {
    let mut rejected = 0;
    let mut response = Reader::new(response);
    while let Some((number, value)) = response.next_field().ok()? {
        match (number, value) {
            (1, Value::Bytes(partial)) => rejected = rejected_of(partial)?,
            (1, _) => return None,
            // A field that came later.
            _ => {}
        }
    }
    Some(rejected)
}

fn rejected_of(partial: &[u8]) -> Option<usize> {
    let mut rejected = 0;
    let mut partial = Reader::new(partial);
    while let Some((number, value)) = partial.next_field().ok()? {
        match (number, value) {
            // It is signed, and less than none is nonsense.
            (1, Value::Varint(count)) => {
                rejected = usize::try_from(i64::try_from(count).ok()?).ok()?;
            }
            (1, _) => return None,
            _ => {}
        }
    }
    Some(rejected)
}

fn rejected_in_json(body: &[u8]) -> Option<usize> {
    let response: Json = serde_json::from_slice(body).ok()?;
    match response.partial.and_then(|partial| partial.rejected) {
        None => Some(0),
        Some(Count::Number(count)) => usize::try_from(count).ok(),
        Some(Count::Text(count)) => count.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use reqwest::header::{HeaderMap, HeaderValue};

    use super::*;

    fn read(kind: Option<&'static str>, body: &[u8]) -> Option<usize> {
        let mut headers = HeaderMap::new();
        headers.extend(
            kind.map(|kind| (reqwest::header::CONTENT_TYPE, HeaderValue::from_static(kind))),
        );
        let answer = Answer { status: 200, headers, body: Some(body.to_vec()), peer: None };
        match of_http(&answer) {
            Reply::Taken { rejected } => Some(rejected),
            Reply::Failed { class, .. } => {
                assert_eq!(class, Class::Ambiguous);
                None
            }
        }
    }

    /// Guarantees: only a response of OTLP, in either form, is a success.
    #[test]
    fn a_success_is_a_response() {
        let partial: &[u8] = &[0x0a, 2, 0x08, 3];
        let json = Some("application/json; charset=utf-8");
        assert_eq!(read(None, b""), Some(0));
        assert_eq!(read(Some("text/plain"), b""), Some(0));
        assert_eq!(read(Some("application/x-protobuf"), &[0x0a, 0]), Some(0));
        assert_eq!(read(None, partial), Some(3));
        for (text, expected) in [
            ("{}", 0),
            (r#"{"partialSuccess":{}}"#, 0),
            (r#"{"partialSuccess":null}"#, 0),
            (r#"{"partialSuccess":{"rejectedLogRecords":"2","errorMessage":"hush"}}"#, 2),
            (r#"{"partialSuccess":{"rejectedSpans":7}}"#, 7),
        ] {
            assert_eq!(read(json, text.as_bytes()), Some(expected), "{text}");
        }
        for text in ["200 ok", "ok", "OK\n", "Success", "<html>", "{}", r#"{"status":"ok"}"#] {
            assert_eq!(read(Some("text/plain"), text.as_bytes()), None, "{text}");
            assert_eq!(read(None, text.as_bytes()), None, "{text}");
        }
        for text in ["ok", "[]", r#"{"status":"ok"}"#, r#"{"partialSuccess":{"code":1}}"#] {
            assert_eq!(read(json, text.as_bytes()), None, "{text}");
        }
        // A count below none; a count that is a text; a message that is cut.
        let mut negative = vec![0x0a, 11, 0x08];
        negative.extend([0xff; 9]);
        negative.push(1);
        for body in [&*negative, &[0x0a, 3, 0x0a, 1, b'x'], &[0x0a, 5, 0x08], &[0x08, 1]] {
            assert_eq!(read(None, body), None, "{body:?}");
        }
    }

    /// An answer that was too long to be read says nothing, nor does a message of gRPC that is none.
    #[test]
    fn what_cannot_be_read_says_nothing() {
        assert!(matches!(of_grpc(b""), Reply::Taken { rejected: 0 }));
        assert!(matches!(of_grpc(b"200 ok"), Reply::Failed { class: Class::Ambiguous, .. }));
        let answer = Answer { status: 200, headers: HeaderMap::new(), body: None, peer: None };
        assert!(matches!(of_http(&answer), Reply::Failed { class: Class::Ambiguous, .. }));
    }
}
