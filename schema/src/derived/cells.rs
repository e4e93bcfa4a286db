//! Cells that only derived tables have: ids, lists of texts, evidence, money.

use std::fmt;
use std::sync::Arc;

use arrow_array::builder::{
    BooleanBuilder, Float64Builder, ListBuilder, StringBuilder, StructBuilder,
};
use arrow_array::cast::AsArray;
use arrow_array::types::Float64Type;
use arrow_array::{Array, ArrayRef};
use arrow_schema::{DataType, Field, Fields};

use crate::event::Text;
use crate::ids::{EventId, WriteId};
use crate::table::cell::Cell;
use crate::table::id_cell::push_text;
use crate::vocabulary::LinkRelation;

/// The id of a derived row: 128 bits of a BLAKE3 hash, written as 32 hex digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Id([u8; 16]);

impl Id {
    /// Hashes the native ids that make a row what it is. `what` keeps the tables apart.
    pub fn of(what: &str, parts: &[&str]) -> Self {
        const ABOUT: usize = 256;
        let mut bytes = Vec::with_capacity(ABOUT);
        bytes.extend_from_slice(b"seam derived 1\0");
        bytes.extend_from_slice(what.as_bytes());
        for part in parts {
            bytes.push(0);
            // Lengths keep parts apart that hold a zero byte themselves.
            bytes.extend_from_slice(&(part.len() as u64).to_le_bytes());
            bytes.extend_from_slice(part.as_bytes());
        }
        // In one piece: most are too short for a hasher to be worth its state.
        let mut id = [0; 16];
        for (to, from) in id.iter_mut().zip(blake3::hash(&bytes).as_bytes()) {
            *to = *from;
        }
        Self(id)
    }

    /// Reads 32 lower-case hex digits.
    pub fn parse(text: &str) -> Option<Self> {
        crate::ids::parse_hex(text).map(Self)
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write_to(f)
    }
}

impl WriteId for Id {
    fn write_to(&self, to: &mut impl fmt::Write) -> fmt::Result {
        crate::ids::write_hex(to, &self.0)
    }
}

/// A list of texts: a List<String>.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Texts<'a>(pub Vec<Text<'a>>);

/// The events a row was made from, and what each shows: a `List<Struct<event_id, role>>`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Evidence(pub Vec<(EventId, LinkRelation)>);

/// Money in billionths of a US dollar, so that sums do not depend on their order. Stands in a
/// column of floating-point dollars.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Usd {
    /// Billionths of a dollar.
    pub nano: i64,
}

impl Usd {
    const NANO: f64 = 1e9;

    /// Rounds an amount in dollars; nothing for what is no amount.
    pub fn of_dollars(dollars: f64) -> Option<Self> {
        let nano = (dollars * Self::NANO).round();
        #[expect(clippy::cast_possible_truncation, reason = "checked against a bound far inside")]
        (nano.abs() < 9e18).then_some(Self { nano: nano as i64 })
    }

    /// The amount in dollars.
    pub fn dollars(self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "a column of dollars is a float")]
        let nano = self.nano as f64;
        nano / Self::NANO
    }
}

impl<'a> Cell<'a> for Option<Texts<'a>> {
    type Builder = ListBuilder<StringBuilder>;
    const NULLABLE: bool = true;

    fn data_type() -> DataType {
        DataType::List(Arc::new(Field::new("item", DataType::Utf8, true)))
    }

    fn push(&self, column: &mut ListBuilder<StringBuilder>) {
        for text in self.iter().flat_map(|texts| &texts.0) {
            column.values().append_value(text);
        }
        column.append(self.is_some());
    }

    fn finish(column: &mut ListBuilder<StringBuilder>) -> ArrayRef {
        Arc::new(column.finish())
    }

    fn read(column: &'a dyn Array, row: usize) -> Self {
        let lists = column.as_list_opt::<i32>()?;
        if row >= lists.len() || lists.is_null(row) {
            return None;
        }
        let values = lists.value(row);
        let texts = values.as_string_opt::<i32>()?;
        Some(Texts(texts.iter().flatten().map(|text| Text::Owned(text.to_owned())).collect()))
    }
}

/// Collects evidence.
#[derive(Debug)]
pub struct EvidenceBuilder(ListBuilder<StructBuilder>);

fn evidence_fields() -> Fields {
    ["event_id", "role"].map(|name| Field::new(name, DataType::Utf8, true)).into_iter().collect()
}

impl Default for EvidenceBuilder {
    fn default() -> Self {
        Self(ListBuilder::new(StructBuilder::from_fields(evidence_fields(), 0)))
    }
}

impl<'a> Cell<'a> for Option<Evidence> {
    type Builder = EvidenceBuilder;
    const NULLABLE: bool = true;

    fn data_type() -> DataType {
        let item = Field::new("item", DataType::Struct(evidence_fields()), true);
        DataType::List(Arc::new(item))
    }

    fn push(&self, column: &mut EvidenceBuilder) {
        for (event, role) in self.iter().flat_map(|evidence| &evidence.0) {
            let item = column.0.values();
            if let Some(ids) = item.field_builder::<StringBuilder>(0) {
                push_text(ids, event);
            }
            if let Some(roles) = item.field_builder::<StringBuilder>(1) {
                roles.append_value(role.as_str());
            }
            item.append(true);
        }
        column.0.append(self.is_some());
    }

    fn finish(column: &mut EvidenceBuilder) -> ArrayRef {
        Arc::new(column.0.finish())
    }

    fn read(column: &'a dyn Array, row: usize) -> Self {
        let lists = column.as_list_opt::<i32>()?;
        if row >= lists.len() || lists.is_null(row) {
            return None;
        }
        let items = lists.value(row);
        let items = items.as_struct_opt()?;
        let ids = items.column(0).as_string_opt::<i32>()?;
        let roles = items.column(1).as_string_opt::<i32>()?;
        let pairs = ids.iter().zip(roles.iter());
        let read = |(id, role): (Option<&str>, Option<&str>)| {
            Some((EventId::parse(id?)?, LinkRelation::parse(role?)?))
        };
        Some(Evidence(pairs.filter_map(read).collect()))
    }
}

impl<'a> Cell<'a> for Option<Usd> {
    type Builder = Float64Builder;
    const NULLABLE: bool = true;

    fn data_type() -> DataType {
        DataType::Float64
    }

    fn push(&self, column: &mut Float64Builder) {
        column.append_option(self.map(Usd::dollars));
    }

    fn finish(column: &mut Float64Builder) -> ArrayRef {
        Arc::new(column.finish())
    }

    fn read(column: &'a dyn Array, row: usize) -> Self {
        let values = column.as_primitive_opt::<Float64Type>()?;
        let value = (row < values.len() && values.is_valid(row)).then(|| values.value(row))?;
        Usd::of_dollars(value)
    }
}

impl<'a> Cell<'a> for bool {
    type Builder = BooleanBuilder;
    const NULLABLE: bool = false;

    fn data_type() -> DataType {
        DataType::Boolean
    }

    fn push(&self, column: &mut BooleanBuilder) {
        column.append_value(*self);
    }

    fn finish(column: &mut BooleanBuilder) -> ArrayRef {
        Arc::new(column.finish())
    }

    fn read(column: &'a dyn Array, row: usize) -> Self {
        <Option<bool> as Cell<'_>>::read(column, row).unwrap_or_default()
    }
}
