//! The columns `attributes`, `attribute_types` and `resource`.
//!
//! Each is a Map<String, String>. A string stands as it is, any other value as JSON text;
//! what it was on the wire stands in `attribute_types` under the same key, for an attribute
//! of the resource under `otlp.resource.` and the key. The prefix `otlp.` is reserved:
//! an attribute that begins with it is kept under `otlp.attribute.` and its key. Each key stands
//! once: what repeats is kept under `otlp.duplicate.`, its number from 2, a dot and the key.

use std::fmt::Write as _;
use std::sync::Arc;

use arrow_array::builder::{ArrayBuilder as _, MapBuilder, StringBuilder};
use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, MapArray, RecordBatch, StringArray};
use arrow_schema::{DataType, Field};

use crate::event::{Attribute, AttributeValue};
use crate::otlp::{self, ValueType};
use crate::table::cell::{Sizes, map_names, map_type};

/// The prefix of keys that Seam itself writes into a map.
pub const RESERVED: &str = "otlp.";
/// Where the types of a resource's attributes stand in `attribute_types`.
pub const RESOURCE_TYPE: &str = "otlp.resource.";
/// Where the type of a body stands in `attribute_types`, if it is not a string.
pub const BODY_TYPE: &str = "otlp.body";

/// The three columns, in order.
pub(crate) fn fields() -> Vec<Field> {
    ["attributes", "attribute_types", "resource"]
        .map(|name| Field::new(name, map_type(DataType::Utf8), false))
        .to_vec()
}

type Column = MapBuilder<StringBuilder, StringBuilder>;

/// Collects the three columns.
#[derive(Debug)]
pub(crate) struct MapsBuilder {
    attributes: Column,
    types: Column,
    resource: Column,
    scratch: String,
    key: String,
    last: [Sizes; 3],
}

impl Default for MapsBuilder {
    fn default() -> Self {
        Self {
            attributes: column(0, [0; 3]),
            types: column(0, [0; 3]),
            resource: column(0, [0; 3]),
            scratch: String::new(),
            key: String::new(),
            last: Default::default(),
        }
    }
}

/// Collects so many rows: entries, bytes of the keys and of the values.
fn column(rows: usize, [entries, keys, values]: [usize; 3]) -> Column {
    let texts = |bytes| StringBuilder::with_capacity(entries, bytes);
    MapBuilder::with_capacity(Some(map_names()), texts(keys), texts(values), rows)
}

impl MapsBuilder {
    /// Makes room for about so many times what there was last time. No row may wait.
    pub(crate) fn expect(&mut self, times: f64) {
        let columns = [&mut self.attributes, &mut self.types, &mut self.resource];
        for (to, last) in columns.into_iter().zip(&self.last) {
            let Some((rows, mut sizes)) = last.times(times) else { continue };
            *to = column(rows, std::array::from_fn(|_| sizes.next().unwrap_or_default()));
        }
    }

    pub(crate) fn append(
        &mut self,
        attributes: &[Attribute<'_>],
        resource: &[Attribute<'_>],
        body: Option<ValueType>,
    ) {
        if let Some(kind) = body {
            put(&mut self.types, BODY_TYPE, kind.as_str());
        }
        for attribute in attributes {
            let (kind, text) = column_text(&attribute.value, &mut self.scratch);
            put(&mut self.attributes, &attribute.key, text);
            if kind != ValueType::String {
                put(&mut self.types, &attribute.key, kind.as_str());
            }
        }
        for attribute in resource {
            let (kind, text) = column_text(&attribute.value, &mut self.scratch);
            put(&mut self.resource, &attribute.key, text);
            if kind != ValueType::String {
                self.key.clear();
                self.key.push_str(RESOURCE_TYPE);
                self.key.push_str(&attribute.key);
                put(&mut self.types, &self.key, kind.as_str());
            }
        }
        let columns = [&mut self.attributes, &mut self.types, &mut self.resource];
        for (column, last) in columns.into_iter().zip(&mut self.last) {
            end_row(column);
            last.row();
        }
    }

    pub(crate) fn finish(&mut self) -> Vec<ArrayRef> {
        let columns = [&mut self.attributes, &mut self.types, &mut self.resource];
        let mut arrays = Vec::with_capacity(columns.len());
        for (column, last) in columns.into_iter().zip(&mut self.last) {
            let (keys, values) = column.entries();
            let sizes = [keys.len(), keys.values_slice().len(), values.values_slice().len()];
            last.end(sizes);
            arrays.push(Arc::new(column.finish()) as ArrayRef);
        }
        arrays
    }
}

fn put(column: &mut Column, key: &str, value: &str) {
    column.keys().append_value(key);
    column.values().append_value(value);
}

/// Ends a row. Keys and values are always appended in pairs, so this cannot fail.
fn end_row(column: &mut Column) {
    let ended = column.append(true);
    debug_assert!(ended.is_ok(), "a map column lost a key or a value");
}

fn column_text<'s>(value: &'s AttributeValue<'_>, scratch: &'s mut String) -> (ValueType, &'s str) {
    match value {
        AttributeValue::Wire(value) => otlp::column_text(*value, scratch),
        AttributeValue::Column(kind, text) => (*kind, text),
        AttributeValue::Number(number) => {
            scratch.clear();
            // Writing to a string cannot fail.
            let written = write!(scratch, "{number}");
            debug_assert!(written.is_ok(), "a string refused a number");
            (ValueType::String, scratch)
        }
    }
}

/// Reads `attributes` of a row back, with their types.
pub fn read_attributes(batch: &RecordBatch, row: usize) -> Vec<Attribute<'_>> {
    Maps::of(batch).attributes(row)
}

/// Reads `resource` of a row back, with their types.
pub fn read_resource(batch: &RecordBatch, row: usize) -> Vec<Attribute<'_>> {
    Maps::of(batch).resource(row)
}

/// The three columns of a batch, looked up.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Maps<'a> {
    attributes: Entries<'a>,
    types: Entries<'a>,
    resource: Entries<'a>,
}

impl<'a> Maps<'a> {
    /// Looks them up.
    pub(crate) fn of(batch: &'a RecordBatch) -> Self {
        Self {
            attributes: Entries::of(batch, "attributes"),
            types: Entries::of(batch, "attribute_types"),
            resource: Entries::of(batch, "resource"),
        }
    }

    /// The attributes of a row, with their types.
    pub(crate) fn attributes(&self, row: usize) -> Vec<Attribute<'a>> {
        self.read(self.attributes, "", row)
    }

    /// The attributes of a row's resource, with their types.
    pub(crate) fn resource(&self, row: usize) -> Vec<Attribute<'a>> {
        self.read(self.resource, RESOURCE_TYPE, row)
    }

    /// The type of a row's body; `None` if it is a string or absent.
    pub(crate) fn body_type(&self, row: usize) -> Option<ValueType> {
        let (_, kind) = self.types.row(row).find(|(key, _)| *key == BODY_TYPE)?;
        ValueType::parse(kind)
    }

    fn read(&self, entries: Entries<'a>, prefix: &str, row: usize) -> Vec<Attribute<'a>> {
        // Sorted, since a sender may send as many as a body holds.
        let types = self.types.row(row);
        let mut types: Vec<(&str, &str)> =
            types.filter_map(|(key, kind)| Some((key.strip_prefix(prefix)?, kind))).collect();
        types.sort_unstable();
        let type_of = |key: &str| {
            let found = types.binary_search_by_key(&key, |(typed, _)| typed).ok();
            let kind = found.and_then(|at| types.get(at)).map(|(_, kind)| *kind);
            kind.and_then(ValueType::parse).unwrap_or(ValueType::String)
        };
        let pairs = entries.row(row);
        let mut attributes = Vec::with_capacity(entries.len(row));
        attributes.extend(pairs.map(|(key, value)| Attribute {
            key: key.into(),
            value: AttributeValue::Column(type_of(key), value.into()),
        }));
        attributes
    }
}

/// The keys and values of one column; nothing where it is missing or of another type.
#[derive(Debug, Clone, Copy)]
struct Entries<'a>(Option<(&'a MapArray, &'a StringArray, &'a StringArray)>);

impl<'a> Entries<'a> {
    fn of(batch: &'a RecordBatch, column: &str) -> Self {
        let found = batch.column_by_name(column).and_then(|column| {
            let map = column.as_map_opt()?;
            Some((map, map.keys().as_string_opt()?, map.values().as_string_opt()?))
        });
        Self(found)
    }

    /// How many pairs a row has.
    fn len(self, row: usize) -> usize {
        self.0
            .filter(|(map, ..)| row < map.len())
            .map_or(0, |(map, ..)| usize::try_from(map.value_length(row)).unwrap_or_default())
    }

    /// The pairs of a row.
    fn row(self, row: usize) -> impl Iterator<Item = (&'a str, &'a str)> {
        let found = self.0.filter(|(map, ..)| row < map.len() && map.is_valid(row));
        found.into_iter().flat_map(move |(map, keys, values)| {
            let offsets = map.value_offsets();
            let at = |index: usize| {
                offsets.get(index).and_then(|offset| usize::try_from(*offset).ok()).unwrap_or(0)
            };
            (at(row)..at(row + 1)).map(move |entry| (keys.value(entry), values.value(entry)))
        })
    }
}
