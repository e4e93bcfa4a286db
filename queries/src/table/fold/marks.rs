//! The columns that say of which row which revision a row is.

use arrow::array::{
    Array, ArrayRef, BooleanArray, Int64Array, PrimitiveArray, RecordBatch, StringArray,
};
use arrow::datatypes::{ArrowPrimitiveType, Int64Type};
use datafusion::common::cast::{as_boolean_array, as_primitive_array, as_string_array};
use datafusion::common::{Result, exec_datafusion_err};
use seam_schema::derived::Id;

/// Whether the newest revision of an id means that there is no such row.
pub(super) const RETRACTED: &str = "retracted";

/// What orders the revisions of an id, the most telling first.
pub(super) const REVISION: [&str; 3] = ["revision", "caused_by_sequence", "caused_by_index"];

/// Which revision of its id a row is: of two the greater is the newer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Revision([i64; 3]);

/// Ids, and what is retracted.
pub(super) struct Marks<'a> {
    ids: &'a StringArray,
    retracted: &'a BooleanArray,
}

impl<'a> Marks<'a> {
    /// The marks of a batch whose ids are in column `id`.
    pub(super) fn of(batch: &'a RecordBatch, id: &str) -> Result<Self> {
        let ids = as_string_array(column(batch, id)?)?;
        let retracted = as_boolean_array(column(batch, RETRACTED)?)?;
        Ok(Self { ids, retracted })
    }

    /// Of which row it is a revision.
    pub(super) fn id(&self, row: usize) -> Id {
        let text = self.ids.value(row);
        // What another writer put there keeps an identity all the same.
        Id::parse(text).unwrap_or_else(|| Id::of("id", &[text]))
    }

    /// Whether it says that there is no such row.
    pub(super) fn is_retracted(&self, row: usize) -> bool {
        self.retracted.is_valid(row) && self.retracted.value(row)
    }
}

/// Revisions.
pub(super) struct Revisions<'a>([&'a Int64Array; 3]);

impl<'a> Revisions<'a> {
    /// The revisions of a batch.
    pub(super) fn of(batch: &'a RecordBatch) -> Result<Self> {
        let [revision, sequence, index] = REVISION.map(|name| primitive::<Int64Type>(batch, name));
        Ok(Self([revision?, sequence?, index?]))
    }

    /// Which revision it is.
    pub(super) fn at(&self, row: usize) -> Revision {
        Revision(self.0.map(|column| column.value(row)))
    }
}

/// A column by its name.
pub(super) fn column<'a>(batch: &'a RecordBatch, name: &str) -> Result<&'a ArrayRef> {
    batch.column_by_name(name).ok_or_else(|| exec_datafusion_err!("a batch lacks column `{name}`"))
}

/// A column of numbers, days or times by its name.
pub(super) fn primitive<'a, T: ArrowPrimitiveType>(
    batch: &'a RecordBatch,
    name: &str,
) -> Result<&'a PrimitiveArray<T>> {
    as_primitive_array::<T>(column(batch, name)?)
}
