//! Events as documents.
//!
//! The record is the one that was received, attribute by attribute (`seam_schema::record`), and
//! attributes under `seam.` say where it came from:
//!
//! | attribute | what |
//! |---|---|
//! | `seam.event_id` | its id here; the 24 digits before the `-` are the digest of the request it came in |
//! | `seam.tenant`, `seam.principal` | whose it is and who sent it, from the credential it came with |
//! | `seam.received_at` | when its frame was received here: RFC 3339, microseconds |
//!
//! What a record brings under `seam.` itself is a claim of its sender: another Seam tells by it
//! where the record was before, an agent could tell anything. It is kept under `seam.origin.`, so
//! what stands right under `seam.` is always the word of the Seam that sent it on. A Seam that
//! receives it treats it as any record: all this stands in the column `attributes`, the columns
//! `tenant` and `principal` come from the credential of that connection, and its event ids are its
//! own.
//!
//! A span event goes as a log record with the ids of its span, since its span is a row of its own.

use chrono::{DateTime, SecondsFormat};
use seam_schema::event::Event;
use seam_schema::otlp::wire::{Reader, Value};
use seam_schema::otlp::writer::Writer;
use seam_schema::record::{self, RecordError};
use seam_schema::vocabulary::{Kind, RecordSignal};

use super::document::{Signal, attribute, note};

/// What Seam says of a record stands under this.
const OURS: &str = "seam.";
/// What the sender said stands under this.
const THEIRS: &str = "seam.origin.";

/// Fields of `LogRecord`, `Span` and `Span.Event` (opentelemetry-proto 1.x) that are moved or
/// looked for.
mod field {
    pub(super) const LOG_ATTRIBUTES: u32 = 6;
    pub(super) const LOG_DROPPED_ATTRIBUTES: u32 = 7;
    pub(super) const LOG_TRACE_ID: u32 = 9;
    pub(super) const LOG_SPAN_ID: u32 = 10;
    pub(super) const LOG_OBSERVED: u32 = 11;
    pub(super) const LOG_EVENT_NAME: u32 = 12;
    pub(super) const SPAN_ATTRIBUTES: u32 = 9;
    pub(super) const SPAN_EVENTS: u32 = 11;
}

/// Appends the document of an event: a tag and a request of one record. Gives its signal.
///
/// # Errors
/// If another program changed the row, so that it is no record any more.
pub fn event(event: &Event<'_>, out: &mut Vec<u8>) -> Result<Signal, RecordError> {
    let said = Said::of(event);
    if event.columns.kind == Some(Kind::Undecoded) {
        out.push(Signal::Logs.tag());
        out.extend_from_slice(&note("seam.undecoded", event.columns.received_at.0, &said.pairs()));
        return Ok(Signal::Logs);
    }
    let request = record::of_event(event)?;
    let signal = match event.columns.signal {
        Some(RecordSignal::Traces) => Signal::Traces,
        _ => Signal::Logs,
    };
    out.push(signal.tag());
    let mut writer = Writer::new();
    around(&request, &mut writer, |record, writer| match event.columns.signal {
        Some(RecordSignal::Traces) => span(record, &said, writer),
        Some(RecordSignal::SpanEvent) => span_event(record, &said, writer),
        _ => log(record, &said, writer),
    });
    out.extend_from_slice(writer.bytes());
    Ok(signal)
}

/// What Seam says of a record.
struct Said {
    event_id: String,
    tenant: String,
    principal: String,
    received_at: String,
    received_nanos: u64,
}

impl Said {
    fn of(event: &Event<'_>) -> Self {
        let columns = &event.columns;
        let received = DateTime::from_timestamp_micros(columns.received_at.0).unwrap_or_default();
        Self {
            event_id: columns.event_id.to_string(),
            tenant: columns.tenant.to_string(),
            principal: columns.principal.to_string(),
            received_at: received.to_rfc3339_opts(SecondsFormat::Micros, true),
            received_nanos: columns.received_at.0.max(0).cast_unsigned().saturating_mul(1000),
        }
    }

    fn pairs(&self) -> [(&str, &str); 4] {
        [
            ("seam.event_id", &self.event_id),
            ("seam.tenant", &self.tenant),
            ("seam.principal", &self.principal),
            ("seam.received_at", &self.received_at),
        ]
    }

    fn write(&self, number: u32, out: &mut Writer) {
        for (key, value) in self.pairs() {
            attribute(out, number, key, value);
        }
    }
}

/// Writes a request of one record again, with another record in it.
fn around(request: &[u8], out: &mut Writer, record: impl Fn(&[u8], &mut Writer)) {
    // The record is field 2 of field 2 of field 1, in all signals.
    inside(request, 1, out, &|group, out| {
        inside(group, 2, out, &|scope, out| {
            inside(scope, 2, out, &|bytes, out| record(bytes, out));
        });
    });
}

/// Copies a message; `change` writes the content of the embedded messages `number`.
fn inside(message: &[u8], number: u32, out: &mut Writer, change: &dyn Fn(&[u8], &mut Writer)) {
    each(message, |found, value, raw| match value {
        Value::Bytes(bytes) if found == number => {
            out.message_field(number, |out| change(bytes, out));
        }
        _ => out.put_raw(raw),
    });
}

/// Walks the fields of a message: number, value, and the field as it stands.
fn each<'a>(message: &'a [u8], mut field: impl FnMut(u32, Value<'a>, &'a [u8])) {
    let mut reader = Reader::new(message);
    loop {
        let before = reader.rest();
        let Some((number, value)) = reader.next() else { return };
        let length = before.len() - reader.rest().len();
        field(number, value, before.get(..length).unwrap_or_default());
    }
}

fn log(record: &[u8], said: &Said, out: &mut Writer) {
    let mut observed = false;
    each(record, |number, value, raw| {
        observed |= number == field::LOG_OBSERVED;
        match (number, value) {
            (field::LOG_ATTRIBUTES, Value::Bytes(pair)) => theirs(number, pair, raw, out),
            _ => out.put_raw(raw),
        }
    });
    if !observed {
        out.fixed64_field(field::LOG_OBSERVED, said.received_nanos);
    }
    said.write(field::LOG_ATTRIBUTES, out);
}

fn span(record: &[u8], said: &Said, out: &mut Writer) {
    each(record, |number, value, raw| match (number, value) {
        (field::SPAN_ATTRIBUTES, Value::Bytes(pair)) => theirs(number, pair, raw, out),
        _ => out.put_raw(raw),
    });
    said.write(field::SPAN_ATTRIBUTES, out);
}

/// A span that has nothing but its ids and one event.
fn span_event(span: &[u8], said: &Said, out: &mut Writer) {
    each(span, |number, value, _| match (number, value) {
        (1, Value::Bytes(id)) => out.bytes_field(field::LOG_TRACE_ID, id),
        (2, Value::Bytes(id)) => out.bytes_field(field::LOG_SPAN_ID, id),
        (field::SPAN_EVENTS, Value::Bytes(event)) => each(event, |number, value, _| {
            match (number, value) {
                (1, Value::Fixed64(time)) => out.fixed64_field(1, time),
                (2, Value::Bytes(name)) => out.bytes_field(field::LOG_EVENT_NAME, name),
                (3, Value::Bytes(pair)) => theirs(field::LOG_ATTRIBUTES, pair, &[], out),
                (4, Value::Varint(count)) => out.varint_field(field::LOG_DROPPED_ATTRIBUTES, count),
                // Fields of a later OTLP keep their numbers in a span event only.
                _ => {}
            }
        }),
        _ => {}
    });
    out.fixed64_field(field::LOG_OBSERVED, said.received_nanos);
    said.write(field::LOG_ATTRIBUTES, out);
}

/// An attribute of the sender. `raw` is the field as it stands, where its number stays.
fn theirs(number: u32, pair: &[u8], raw: &[u8], out: &mut Writer) {
    let mut key: &[u8] = &[];
    each(pair, |number, value, _| {
        if let (1, Value::Bytes(bytes)) = (number, value) {
            key = bytes;
        }
    });
    let Some(rest) = key.strip_prefix(OURS.as_bytes()) else {
        return if raw.is_empty() { out.bytes_field(number, pair) } else { out.put_raw(raw) };
    };
    out.message_field(number, |out| {
        out.bytes_field(1, &[THEIRS.as_bytes(), rest].concat());
        each(pair, |number, _, raw| {
            if number != 1 {
                out.put_raw(raw);
            }
        });
    });
}
