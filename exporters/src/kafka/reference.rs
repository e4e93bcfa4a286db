//! What stands in the place of a document that is too large for a message: who, what and when, and
//! where the document is to be had. Nothing is ever cut or split.

use bytes::Bytes;
use chrono::{DateTime, SecondsFormat};
use seam_schema::event::SCHEMA_VERSION;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::options::Encoding;
use crate::otlp;
use crate::record::Record;

/// The JSON of a reference.
#[derive(Serialize)]
struct Reference<'a> {
    schema_version: i64,
    event_id: &'a str,
    time: Option<String>,
    tenant: &'a str,
    session_id: &'a str,
    kind: &'a str,
    agent: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    host: Option<&'a str>,
    truncated: bool,
    original_len: usize,
    body_ref: BodyRef,
}

/// Where the document is.
#[derive(Serialize)]
struct BodyRef {
    /// SHA-256 of the document, in hex digits.
    sha256: String,
    /// Its bytes.
    len: usize,
    /// `seam:TENANT/TABLE/ID`: the row of that table in Seam.
    uri: String,
}

/// The reference to the document of a record.
pub(super) fn of(record: &Record, encoding: Encoding) -> Bytes {
    let document = match encoding {
        Encoding::Json => record.document.clone(),
        Encoding::OtlpProto => {
            otlp::split(&record.document).map_or_else(Bytes::new, |(_, request)| request)
        }
    };
    let time = DateTime::from_timestamp_micros(record.time_us);
    let reference = Reference {
        schema_version: SCHEMA_VERSION,
        event_id: &record.id,
        time: time.map(|time| time.to_rfc3339_opts(SecondsFormat::Micros, true)),
        tenant: &record.tenant,
        session_id: &record.session_id,
        kind: record.kind,
        agent: record.agent,
        host: record.host.as_deref(),
        truncated: true,
        original_len: document.len(),
        body_ref: BodyRef {
            sha256: hex(&Sha256::digest(&document)),
            len: document.len(),
            uri: uri(record),
        },
    };
    match encoding {
        // Serialising texts and numbers cannot fail.
        Encoding::Json => serde_json::to_vec(&reference).unwrap_or_default().into(),
        Encoding::OtlpProto => otlp::note(
            "seam.reference",
            record.time_us,
            &[
                ("seam.event_id", &record.id),
                ("seam.tenant", &record.tenant),
                ("session.id", &record.session_id),
                ("seam.kind", record.kind),
                ("seam.agent", record.agent),
                ("seam.body_ref.sha256", &reference.body_ref.sha256),
                ("seam.body_ref.len", &reference.body_ref.len.to_string()),
                ("seam.body_ref.uri", &reference.body_ref.uri),
            ],
        ),
    }
}

fn hex(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from_digit(u32::from(value), 16).unwrap_or('0');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 0xf)]).collect()
}

fn uri(record: &Record) -> String {
    let table = if record.kind == "action" { "actions" } else { "events" };
    format!("seam:{}/{table}/{}", record.tenant, record.id)
}
