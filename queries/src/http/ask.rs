//! Reading a request: the statement, and how its rows are wanted.

use axum::body::Bytes;
use axum::http::header::{ACCEPT, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use serde::Deserialize;

use super::refuse::Refusal;
use crate::format::Format;

/// What is asked.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Ask {
    pub(crate) sql: String,
    pub(crate) format: Format,
}

/// The JSON form of a request.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    sql: String,
    format: Option<String>,
}

impl Ask {
    /// Reads a request; `format` is the one after the `?`.
    pub(crate) fn read(
        format: Option<&str>,
        headers: &HeaderMap,
        body: &Bytes,
    ) -> Result<Self, Refusal> {
        let body = read_body(headers, body)?;
        let format = match format.or(body.format.as_deref()) {
            Some(name) => Format::parse(name).ok_or_else(|| unknown_format(name))?,
            None => accepted(headers)?,
        };
        Ok(Self { sql: body.sql, format })
    }
}

fn read_body(headers: &HeaderMap, body: &Bytes) -> Result<Body, Refusal> {
    let content_type = headers.get(CONTENT_TYPE).map(|value| value.to_str().unwrap_or("?"));
    let media_type = content_type.map(bare);
    match media_type.as_deref() {
        Some("application/json") => serde_json::from_slice(body).map_err(|error| {
            let message = format!(
                "cannot read the body as JSON: {error}; send {{\"sql\": \"…\", \"format\": \"json\"}}"
            );
            Refusal::new(StatusCode::BAD_REQUEST, "invalid_body", message)
        }),
        // What curl says unless it is told otherwise is not what its user means.
        None | Some("text/plain" | "application/sql" | "application/x-www-form-urlencoded") => {
            let sql = std::str::from_utf8(body).map_err(|error| {
                let message = format!("cannot read the statement as UTF-8: {error}");
                Refusal::new(StatusCode::BAD_REQUEST, "invalid_body", message)
            })?;
            Ok(Body { sql: sql.to_owned(), format: None })
        }
        Some(_) => {
            let message = "cannot read this content type: send application/json, text/plain or application/sql";
            Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "content_type", message))
        }
    }
}

/// A media type without parameters, in lower case.
fn bare(value: &str) -> String {
    value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

fn unknown_format(name: &str) -> Refusal {
    let known: Vec<&str> = Format::ALL.iter().map(|format| format.name()).collect();
    let name: String = name.chars().take(32).flat_map(char::escape_default).collect();
    let message = format!("cannot write rows as `{name}`; the formats are {}", known.join(", "));
    Refusal::new(StatusCode::BAD_REQUEST, "unknown_format", message)
}

/// The best format that the `Accept` header names; JSON where it takes anything.
fn accepted(headers: &HeaderMap) -> Result<Format, Refusal> {
    let ranges = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let ranges = ranges.flat_map(|value| value.split(','));
    let mut is_asked = false;
    let mut best: Option<(u16, Format)> = None;
    for range in ranges.filter(|range| !range.trim().is_empty()) {
        is_asked = true;
        let weight = weight(range);
        let format = match bare(range).as_str() {
            "*/*" | "application/*" => Some(Format::Json),
            "text/*" => Some(Format::Csv),
            media_type => Format::of_content_type(media_type),
        };
        let Some(format) = format.filter(|_| weight > 0) else { continue };
        if best.is_none_or(|(least, _)| weight > least) {
            best = Some((weight, format));
        }
    }
    match best {
        Some((_, format)) => Ok(format),
        None if !is_asked => Ok(Format::default()),
        None => {
            let known: Vec<&str> = Format::ALL.iter().map(|format| format.content_type()).collect();
            let message =
                format!("cannot write a type that is accepted; there are {}", known.join(", "));
            Err(Refusal::new(StatusCode::NOT_ACCEPTABLE, "not_acceptable", message))
        }
    }
}

/// The `q` of a media range in thousandths; 1000 where there is none.
fn weight(range: &str) -> u16 {
    let q = range.split(';').skip(1).find_map(|parameter| parameter.trim().strip_prefix("q="));
    let Some(q) = q else { return 1000 };
    let (whole, part) = q.trim().split_once('.').unwrap_or((q.trim(), ""));
    let thousandths: String = part.chars().chain("000".chars()).take(3).collect();
    match (whole, thousandths.parse::<u16>()) {
        ("0", Ok(thousandths)) => thousandths,
        _ => 1000,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    /// The format comes from the address, then the body, then `Accept`, then it is JSON.
    #[test]
    fn format_has_an_order_of_precedence() {
        let json = ("content-type", "application/json");
        let accept = ("accept", "text/html, text/csv;q=0.5, application/x-ndjson;q=0.9");
        let body = Bytes::from_static(br#"{"sql": "select 1", "format": "arrow"}"#);
        let plain = Bytes::from_static(b"select 1");
        let read = |format, pairs: &[_], body: &Bytes| {
            Ask::read(format, &headers(pairs), body).unwrap().format
        };
        assert_eq!(read(Some("csv"), &[json, accept], &body), Format::Csv);
        assert_eq!(read(None, &[json, accept], &body), Format::Arrow);
        assert_eq!(read(None, &[accept], &plain), Format::Ndjson);
        assert_eq!(read(None, &[("accept", "*/*")], &plain), Format::Json);
        assert_eq!(read(None, &[], &plain), Format::Json);
    }

    /// What cannot be read or written is said with a status of its own.
    #[test]
    fn strange_requests_are_refused() {
        let read = |format, pairs: &[_], body: &'static [u8]| {
            Ask::read(format, &headers(pairs), &Bytes::from_static(body)).unwrap_err().status()
        };
        let json = ("content-type", "application/json; charset=utf-8");
        assert_eq!(read(None, &[("content-type", "image/png")], b"x"), 415);
        assert_eq!(read(None, &[("accept", "image/png, text/csv;q=0")], b"select 1"), 406);
        assert_eq!(read(Some("xml"), &[], b"select 1"), 400);
        assert_eq!(read(None, &[json], b"{\"sql\": 1}"), 400);
        assert_eq!(read(None, &[json], b"{\"sql\": \"select 1\", \"tenant\": \"x\"}"), 400);
        assert_eq!(read(None, &[], b"\xff\xfe"), 400);
    }
}
