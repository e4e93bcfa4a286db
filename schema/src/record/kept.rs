//! What a row keeps in its maps, sorted by where it belongs.

use crate::event::{Attribute, AttributeValue};
use crate::normalise::attributes::Prefix;
use crate::otlp::writer::Writer;
use crate::otlp::{Limits, Signal, ValueType, from_column_text, transcode};
use crate::record::{RecordError, canonical};

/// A value on its way back into a record.
pub(super) struct Back<'r> {
    pub(super) key: &'r str,
    nth: u32,
    /// The encoded `AnyValue`.
    value: Vec<u8>,
}

/// The maps of a row.
#[derive(Default)]
pub(super) struct Kept<'r> {
    /// Attributes of the record.
    pub(super) record: Vec<Back<'r>>,
    /// Attributes of the scope.
    pub(super) scope: Vec<Back<'r>>,
    /// Attributes of the resource.
    pub(super) resource: Vec<Back<'r>>,
    /// The metadata of a metric.
    pub(super) metadata: Vec<Back<'r>>,
    /// What stands under reserved keys.
    reserved: Vec<(&'r str, String)>,
}

impl<'r> Kept<'r> {
    pub(super) fn read(
        attributes: &'r [Attribute<'_>],
        resource: &'r [Attribute<'_>],
    ) -> Result<Self, RecordError> {
        let mut kept = Self::default();
        for attribute in resource {
            if let Some(place) = Prefix::RECORD.parse(&attribute.key) {
                kept.resource.push(back(place, attribute)?);
            }
        }
        for attribute in attributes {
            let key = attribute.key.as_ref();
            if let Some(place) = Prefix::RECORD.parse(key) {
                kept.record.push(back(place, attribute)?);
            } else if let Some(place) = Prefix::SCOPE.parse(key) {
                kept.scope.push(back(place, attribute)?);
            } else if let Some(place) = Prefix::METADATA.parse(key) {
                kept.metadata.push(back(place, attribute)?);
            } else {
                let text = match &attribute.value {
                    AttributeValue::Column(_, text) => text.to_string(),
                    AttributeValue::Number(number) => number.to_string(),
                    AttributeValue::Wire(_) => String::new(),
                };
                kept.reserved.push((key, text));
            }
        }
        for list in [&mut kept.record, &mut kept.scope, &mut kept.resource, &mut kept.metadata] {
            list.sort_by_key(|back| back.nth);
        }
        Ok(kept)
    }

    /// Whether an attribute of the record stands in the map, the first with its key.
    pub(super) fn stands(&self, key: &str) -> bool {
        self.record.iter().any(|back| back.key == key && back.nth == 1)
    }

    /// The text under a reserved key.
    pub(super) fn text(&self, key: &str) -> Option<&str> {
        self.reserved.iter().find(|(found, _)| *found == key).map(|(_, text)| text.as_str())
    }

    /// The number under a reserved key.
    pub(super) fn number<N: std::str::FromStr>(
        &self,
        key: &'static str,
    ) -> Result<Option<N>, RecordError> {
        let read = |text: &str| text.parse().map_err(|_| RecordError::Reserved { key });
        self.text(key).map(read).transpose()
    }

    /// The bytes under a reserved key, of unknown fields.
    pub(super) fn bytes(&self, key: &'static str) -> Result<Vec<u8>, RecordError> {
        let Some(text) = self.text(key) else { return Ok(Vec::new()) };
        let encoded = from_column_text(ValueType::Bytes, text)
            .map_err(|source| RecordError::Value { key: key.to_owned(), source })?;
        match crate::otlp::AnyValue::new(&encoded) {
            crate::otlp::AnyValue::Bytes(bytes) => Ok(bytes.to_vec()),
            _ => Err(RecordError::Reserved { key }),
        }
    }
}

fn back<'r>(
    (key, nth): (&'r str, u32),
    attribute: &Attribute<'_>,
) -> Result<Back<'r>, RecordError> {
    let value = match &attribute.value {
        AttributeValue::Wire(value) => {
            let mut out = Writer::new();
            canonical::value(&mut out, *value, 0);
            out.into_bytes()
        }
        AttributeValue::Column(kind, text) => column(key, *kind, text)?,
        AttributeValue::Number(number) => column(key, ValueType::String, &number.to_string())?,
    };
    Ok(Back { key, nth, value })
}

/// The encoded value of a text in a column.
pub(super) fn column(key: &str, kind: ValueType, text: &str) -> Result<Vec<u8>, RecordError> {
    from_column_text(kind, text)
        .map_err(|source| RecordError::Value { key: key.to_owned(), source })
}

/// Writes attributes; those with the same key stand in the order of their numbers.
pub(super) fn write(out: &mut Writer, number: u32, attributes: &[Back<'_>]) {
    for attribute in attributes {
        out.message_field(number, |out| {
            out.bytes_field(1, attribute.key.as_bytes());
            out.bytes_field(2, &attribute.value);
        });
    }
}

/// Reads OTLP/JSON back: a part of a record, put where it stands in a request of one.
pub(super) fn request(
    signal: Signal,
    key: &'static str,
    path: &str,
    json: &str,
) -> Result<Vec<u8>, RecordError> {
    let mut text = String::with_capacity(path.len() * 2 + json.len());
    let mut close = String::new();
    for step in path.split('.') {
        let (name, list) = step.strip_suffix("[]").map_or((step, false), |name| (name, true));
        text.push_str("{\"");
        text.push_str(name);
        text.push_str(if list { "\":[" } else { "\":" });
        close.insert_str(0, if list { "]}" } else { "}" });
    }
    text.push_str(json);
    text.push_str(&close);
    let limits = Limits { request_bytes: usize::MAX, estimated_bytes: u64::MAX, value_depth: 64 };
    transcode(signal, text.as_bytes(), &limits).map_err(|_| RecordError::Reserved { key })
}
