//! The document of a record for OTLP: a byte that names the signal, then an export request that
//! holds this record alone.
//!
//! Requests of one signal put one after the other are a request again (that is how protobuf merges
//! them), so a batch is made of documents without looking into them.

use bytes::Bytes;
use seam_schema::otlp::writer::Writer;

/// What a request carries. Metrics are no events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// `ExportLogsServiceRequest`.
    Logs,
    /// `ExportTraceServiceRequest`.
    Traces,
}

impl Signal {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Logs, Self::Traces];

    pub(super) const fn tag(self) -> u8 {
        match self {
            Self::Logs => b'L',
            Self::Traces => b'T',
        }
    }
}

/// The signal and the request of a document; nothing if it is none of ours. Copies nothing.
pub fn split(document: &Bytes) -> Option<(Signal, Bytes)> {
    let tag = document.first()?;
    let signal = Signal::ALL.into_iter().find(|signal| signal.tag() == *tag)?;
    Some((signal, document.slice(1..)))
}

/// What is told of a settled action.
#[derive(Debug, Clone, Copy)]
pub struct Action<'a> {
    /// `<action_id>.<revision>`.
    pub id: &'a str,
    /// Whose it is.
    pub tenant: &'a str,
    /// The conversation.
    pub session_id: &'a str,
    /// When it happened: microseconds since 1970.
    pub time_us: i64,
    /// The action as one JSON object.
    pub json: &'a str,
}

/// Appends the document of an action: a log record called `seam.action`, with the JSON as its body
/// and the id under `seam.action_revision`.
pub fn action(action: &Action<'_>, out: &mut Vec<u8>) {
    out.push(Signal::Logs.tag());
    let attributes = [
        ("seam.action_revision", action.id),
        ("seam.tenant", action.tenant),
        ("session.id", action.session_id),
    ];
    out.extend_from_slice(&request("seam.action", action.time_us, &attributes, Some(action.json)));
}

/// A request of one log record that Seam makes itself: a canary, or what stands in the place of a
/// record. Without a tag in front.
pub(crate) fn note(event_name: &str, time_us: i64, attributes: &[(&str, &str)]) -> Bytes {
    request(event_name, time_us, attributes, None)
}

fn request(
    event_name: &str,
    time_us: i64,
    attributes: &[(&str, &str)],
    body: Option<&str>,
) -> Bytes {
    let mut out = Writer::new();
    out.message_field(1, |out| {
        out.message_field(1, |out| attribute(out, 1, "service.name", "seam"));
        out.message_field(2, |out| {
            out.message_field(1, |out| out.bytes_field(1, b"seam"));
            out.message_field(2, |out| {
                let nanos = time_us.max(0).cast_unsigned().saturating_mul(1000);
                out.fixed64_field(1, nanos);
                if let Some(body) = body {
                    out.message_field(5, |out| out.bytes_field(1, body.as_bytes()));
                }
                for (key, value) in attributes {
                    attribute(out, 6, key, value);
                }
                out.fixed64_field(11, nanos);
                out.bytes_field(12, event_name.as_bytes());
            });
        });
    });
    out.into_bytes().into()
}

/// A `KeyValue` with a string.
pub(super) fn attribute(out: &mut Writer, number: u32, key: &str, value: &str) {
    out.message_field(number, |out| {
        out.bytes_field(1, key.as_bytes());
        out.message_field(2, |out| out.bytes_field(1, value.as_bytes()));
    });
}
