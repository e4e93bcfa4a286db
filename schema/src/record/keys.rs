//! Which attributes a record was sent with, told from its row.

use crate::agents::exact::{self, DERIVED, Given};
use crate::agents::table_of;
use crate::event::{AttributeValue, Event};
use crate::normalise::attributes::Prefix;
use crate::otlp::{AnyValue, ValueType};

/// The keys of the record's own attributes, each once, with the type of the first value.
///
/// What stands in a column is told as well as what stands in `attributes`; what redaction or the
/// capture policy replaced has the type of what stands in its place.
pub fn keys_of(event: &Event<'_>) -> Vec<(String, ValueType)> {
    let mut keys: Vec<(String, ValueType)> = Vec::new();
    let mut derived = "";
    for kept in &event.attributes {
        match Prefix::RECORD.parse(&kept.key) {
            Some((key, 1)) => keys.push((key.to_owned(), type_of(&kept.value))),
            Some(_) => {}
            None => {
                if let (DERIVED, AttributeValue::Column(_, text)) = (kept.key.as_ref(), &kept.value)
                {
                    derived = text;
                }
            }
        }
    }
    let mut columns = event.columns.clone();
    let name = columns.name.clone();
    if let Some(table) = table_of(columns.agent, columns.signal, name.as_deref()) {
        let stands = |key: &str| keys.iter().any(|(found, _)| found == key);
        let given = exact::give(table, &mut columns, derived, stands);
        keys.extend(given.into_iter().map(|(key, given)| {
            let kind = match given {
                Given::Text(_) => ValueType::String,
                Given::Int(_) => ValueType::Int,
                Given::Bool(_) => ValueType::Bool,
                Given::Double(_) => ValueType::Double,
            };
            (key.to_owned(), kind)
        }));
    }
    keys
}

fn type_of(value: &AttributeValue<'_>) -> ValueType {
    match value {
        AttributeValue::Column(kind, _) => *kind,
        AttributeValue::Number(_) => ValueType::Int,
        AttributeValue::Wire(value) => match value {
            AnyValue::Text(_) => ValueType::String,
            AnyValue::Bool(_) => ValueType::Bool,
            AnyValue::Int(_) => ValueType::Int,
            AnyValue::Double(_) => ValueType::Double,
            AnyValue::Array(_) => ValueType::Array,
            AnyValue::KvList(_) => ValueType::KvList,
            AnyValue::Bytes(_) => ValueType::Bytes,
            AnyValue::Empty => ValueType::Empty,
        },
    }
}
