//! What the tests of all mappers share: one record in, what its row says out.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::collections::BTreeMap;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type};
use arrow_array::{Array, RecordBatch};
use arrow_schema::DataType;

use crate::event::{AttributeValue, Event};
use crate::otlp::Signal;
use crate::otlp::writer::Writer;
use crate::record::tests::{assert_round_trip, rows};

/// The value of an attribute of a test.
#[derive(Clone, Copy)]
pub(in crate::agents) enum Is {
    /// A string.
    S(&'static str),
    /// An integer.
    I(i64),
    /// A truth value.
    B(bool),
    /// A floating point number.
    D(f64),
    /// A list of strings.
    A(&'static [&'static str]),
    /// No value.
    Null,
}

/// What a row says: every column that is filled, and the keys it keeps.
pub(in crate::agents) struct Row {
    columns: BTreeMap<String, String>,
    pub(in crate::agents) kept: Vec<String>,
}

impl Row {
    /// The text of a column; an empty one is a null.
    pub(in crate::agents) fn get(&self, column: &str) -> &str {
        self.columns.get(column).map_or("", String::as_str)
    }

    /// The texts of all columns that are filled.
    pub(in crate::agents) fn texts(&self) -> Vec<&str> {
        self.columns.values().map(String::as_str).collect()
    }

    /// Checks columns; an empty text is a null.
    #[track_caller]
    pub(in crate::agents) fn has(&self, expected: &[(&str, &str)]) -> &Self {
        for (column, value) in expected {
            assert_eq!(self.get(column), *value, "{column}");
        }
        self
    }

    /// Checks which attributes are kept, besides some that all records share.
    #[track_caller]
    pub(in crate::agents) fn keeps_beside(&self, common: &[&str], expected: &[&str]) -> &Self {
        let kept: Vec<&str> = self.kept.iter().map(String::as_str).collect();
        let own: Vec<&str> = kept.iter().copied().filter(|key| !common.contains(key)).collect();
        assert_eq!(own, expected);
        self
    }
}

/// Writes an attribute into field `number` of a record.
pub(in crate::agents) fn attribute(out: &mut Writer, number: u32, key: &str, value: Is) {
    out.message_field(number, |out| {
        out.bytes_field(1, key.as_bytes());
        out.message_field(2, |out| match value {
            Is::S(text) => out.bytes_field(1, text.as_bytes()),
            Is::B(flag) => out.varint_field(2, flag.into()),
            Is::I(number) => out.varint_field(3, number.cast_unsigned()),
            Is::D(number) => out.fixed64_field(4, number.to_bits()),
            Is::A(texts) => out.message_field(5, |out| {
                for text in texts {
                    out.message_field(1, |out| out.bytes_field(1, text.as_bytes()));
                }
            }),
            Is::Null => {}
        });
    });
}

/// Who sends the records of a test.
#[derive(Clone, Copy)]
pub(in crate::agents) struct Sender {
    pub resource: &'static [(&'static str, Is)],
    pub scope: &'static str,
    /// When its records happened, in nanoseconds; 0 as some send it.
    pub time_unix_nano: u64,
}

impl Sender {
    /// A request of one record: `record` writes its fields.
    pub(in crate::agents) fn request(&self, record: impl FnOnce(&mut Writer)) -> Vec<u8> {
        let mut out = Writer::new();
        out.message_field(1, |out| {
            out.message_field(1, |out| {
                for (key, value) in self.resource {
                    attribute(out, 1, key, *value);
                }
            });
            out.message_field(2, |out| {
                out.message_field(1, |out| out.bytes_field(1, self.scope.as_bytes()));
                out.message_field(2, record);
            });
        });
        out.into_bytes()
    }

    /// Maps a log record with this body (none where it is empty) and these attributes.
    pub(in crate::agents) fn log(&self, body: &str, attributes: &[(&str, Is)]) -> Row {
        let payload = self.request(|out| {
            if self.time_unix_nano != 0 {
                out.fixed64_field(1, self.time_unix_nano);
            }
            if !body.is_empty() {
                out.message_field(5, |out| out.bytes_field(1, body.as_bytes()));
            }
            for (key, value) in attributes {
                attribute(out, 6, key, *value);
            }
            out.fixed64_field(11, 1_795_174_413_222_000_000);
        });
        map(Signal::Logs, &payload, 0)
    }

    /// Maps a span of 1.5 seconds with these attributes.
    pub(in crate::agents) fn span(&self, name: &str, attributes: &[(&str, Is)]) -> Row {
        self.span_with(name, attributes, |_| {})
    }

    /// The same; `more` writes further fields.
    pub(in crate::agents) fn span_with(
        &self,
        name: &str,
        attributes: &[(&str, Is)],
        more: impl FnOnce(&mut Writer),
    ) -> Row {
        let payload = self.request(|out| {
            out.bytes_field(5, name.as_bytes());
            out.fixed64_field(7, 1_795_174_413_222_009_489);
            out.fixed64_field(8, 1_795_174_414_722_009_000);
            for (key, value) in attributes {
                attribute(out, 9, key, *value);
            }
            more(out);
        });
        map(Signal::Traces, &payload, 0)
    }

    /// Maps an event of a span with these attributes.
    pub(in crate::agents) fn span_event(
        &self,
        span: &str,
        name: &str,
        attributes: &[(&str, Is)],
    ) -> Row {
        let payload = self.request(|out| {
            out.bytes_field(5, span.as_bytes());
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

/// Maps a request, noise too, checks that nothing of it is lost, and gives one row.
#[track_caller]
pub(in crate::agents) fn map(signal: Signal, payload: &[u8], row: usize) -> Row {
    assert_round_trip(signal, payload, "a record of a test");
    read_row(&rows(signal, payload).events.finish().unwrap(), row)
}

/// What one row of a batch says.
#[track_caller]
pub(in crate::agents) fn read_row(batch: &RecordBatch, row: usize) -> Row {
    let batch = batch.slice(row, 1);
    let event = Event::read(&batch, 0);
    let text = |value: &AttributeValue<'_>| matches!(value, AttributeValue::Column(..));
    assert!(event.attributes.iter().all(|kept| text(&kept.value)));
    let kept = event.attributes.iter().map(|kept| kept.key.to_string()).collect();
    let schema = batch.schema();
    let names = schema.fields().iter().map(|field| field.name().clone()).enumerate();
    let columns = names.filter_map(|(index, name)| Some((name, cell(&batch, index)?))).collect();
    Row { columns, kept }
}
