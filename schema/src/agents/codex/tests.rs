//! Tests of `codex`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests fail by panicking"
)]

//! Every event and every attribute: in which column it stands, or that it is kept as sent.

use std::collections::BTreeMap;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type};
use arrow_array::{Array, RecordBatch};
use arrow_schema::DataType;

use crate::event::{AttributeValue, Event};
use crate::otlp::Signal;
use crate::otlp::writer::Writer;
use crate::record::tests::{assert_round_trip, rows};

mod calls;
mod models;
mod sessions;

/// The value of an attribute of a test.
#[derive(Clone, Copy)]
pub(super) enum Is {
    S(&'static str),
    I(i64),
    B(bool),
}

pub(super) use Is::{B, I, S};

/// The attributes that nearly every record has.
pub(super) const COMMON: &[(&str, Is)] = &[
    ("event.timestamp", S("2026-11-20T11:33:33.221Z")),
    ("conversation.id", S("01a1f8bb")),
    ("app.version", S("0.169.0")),
    ("auth_mode", S("Chatgpt")),
    ("originator", S("codex_exec")),
    ("user.account_id", S("acc-1")),
    ("user.email", S("a@example.org")),
    ("terminal.type", S("xterm")),
    ("model", S("gpt-5.4")),
    ("slug", S("gpt-5.4")),
];

/// What a row says: every column that is filled, and the keys it keeps.
pub(super) struct Row {
    columns: BTreeMap<String, String>,
    pub(super) kept: Vec<String>,
}

impl Row {
    pub(super) fn get(&self, column: &str) -> &str {
        self.columns.get(column).map_or("", String::as_str)
    }

    /// Checks columns; an empty text is a null.
    #[track_caller]
    pub(super) fn has(&self, expected: &[(&str, &str)]) -> &Self {
        for (column, value) in expected {
            assert_eq!(self.get(column), *value, "{column}");
        }
        self
    }

    /// Checks which attributes are kept, besides those that all records share.
    #[track_caller]
    pub(super) fn keeps(&self, expected: &[&str]) -> &Self {
        let common = ["auth_mode", "terminal.type", "slug"];
        let kept: Vec<&str> = self.kept.iter().map(String::as_str).collect();
        let own: Vec<&str> = kept.iter().copied().filter(|key| !common.contains(key)).collect();
        assert_eq!(own, expected);
        self
    }
}

fn attribute(out: &mut Writer, number: u32, key: &str, value: Is) {
    out.message_field(number, |out| {
        out.bytes_field(1, key.as_bytes());
        out.message_field(2, |out| match value {
            S(text) => out.bytes_field(1, text.as_bytes()),
            B(flag) => out.varint_field(2, flag.into()),
            I(number) => out.varint_field(3, number.cast_unsigned()),
        });
    });
}

/// A request of one record in a scope: `record` writes its fields.
pub(super) fn request(scope: &str, record: impl FnOnce(&mut Writer)) -> Vec<u8> {
    let mut out = Writer::new();
    out.message_field(1, |out| {
        out.message_field(1, |out| {
            attribute(out, 1, "service.name", S("codex_exec"));
            attribute(out, 1, "service.version", S("0.169.0"));
        });
        out.message_field(2, |out| {
            out.message_field(1, |out| out.bytes_field(1, scope.as_bytes()));
            out.message_field(2, record);
        });
    });
    out.into_bytes()
}

fn cell(batch: &RecordBatch, column: usize) -> Option<String> {
    let array = batch.column(column);
    if array.is_null(0) {
        return None;
    }
    Some(match array.data_type() {
        DataType::Utf8 => array.as_string::<i32>().value(0).to_owned(),
        DataType::Int64 => array.as_primitive::<Int64Type>().value(0).to_string(),
        DataType::Float64 => array.as_primitive::<Float64Type>().value(0).to_string(),
        DataType::Boolean => array.as_boolean().value(0).to_string(),
        _ => return None,
    })
}

/// Maps a request of one record and checks that nothing of it is lost.
pub(super) fn map(signal: Signal, payload: &[u8], row: usize) -> Row {
    assert_round_trip(signal, payload, "a record of codex");
    let batch = rows(signal, payload).events.finish().unwrap().slice(row, 1);
    let event = Event::read(&batch, 0);
    let text = |value: &AttributeValue<'_>| matches!(value, AttributeValue::Column(..));
    assert!(event.attributes.iter().all(|kept| text(&kept.value)));
    let kept = event.attributes.iter().map(|kept| kept.key.to_string()).collect();
    let schema = batch.schema();
    let names = schema.fields().iter().map(|field| field.name().clone()).enumerate();
    let columns = names.filter_map(|(index, name)| Some((name, cell(&batch, index)?))).collect();
    Row { columns, kept }
}

/// Maps a log record with exactly these attributes.
pub(super) fn bare_log(attributes: &[(&str, Is)]) -> Row {
    let payload = request("codex_otel.log_only", |out| {
        for (key, value) in attributes {
            attribute(out, 6, key, *value);
        }
        out.fixed64_field(11, 1_795_174_413_222_000_000);
        out.bytes_field(12, b"event otel/src/events/session_telemetry.rs:1200");
    });
    map(Signal::Logs, &payload, 0)
}

/// Maps a log record with this name, the common attributes and its own.
pub(super) fn log(name: &'static str, own: &[(&str, Is)]) -> Row {
    bare_log(&[&[("event.name", S(name))], COMMON, own].concat())
}

/// Maps a span with these attributes.
pub(super) fn span(name: &str, attributes: &[(&str, Is)]) -> Row {
    let payload = request("codex_exec", |out| {
        out.bytes_field(5, name.as_bytes());
        out.fixed64_field(7, 1_795_174_413_222_009_489);
        for (key, value) in attributes {
            attribute(out, 9, key, *value);
        }
    });
    map(Signal::Traces, &payload, 0)
}

/// Maps an event of a span with these attributes.
pub(super) fn span_event(name: &str, attributes: &[(&str, Is)]) -> Row {
    let payload = request("codex_exec", |out| {
        out.message_field(11, |out| {
            out.fixed64_field(1, 1_795_174_413_222_009_489);
            out.bytes_field(2, name.as_bytes());
            for (key, value) in attributes {
                attribute(out, 3, key, *value);
            }
        });
    });
    map(Signal::Traces, &payload, 1)
}
