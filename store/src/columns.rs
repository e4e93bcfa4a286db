//! Which columns are looked up how.
//!
//! Bounds and bloom filters are written beside the data, into the Delta log and into the
//! footers of the files, where people look who may not see content. So only what is listed
//! here gets any.

use std::sync::Arc;

use arrow::datatypes::{DataType, Schema, SchemaRef};
use seam_schema::table::Table;

/// The columns whose bounds stand in the Delta log; every table has some of them.
///
/// `day` is a partition, which says more than a bound.
pub(crate) const SKIPPING: [&str; 10] = [
    "received_at",
    "time",
    "offset_sequence",
    "kind",
    "agent",
    "session_id",
    "revision",
    "caused_by_sequence",
    "started_at",
    "ended_at",
];

/// The columns with a bloom filter: what people look for.
pub(crate) const BLOOM: [&str; 6] =
    ["session_id", "call_id", "trace_id", "net_host", "user_email", "action_id"];

/// The partitions of every table, in the order of the folders.
pub(crate) const PARTITIONS: [&str; 2] = ["tenant", "day"];

/// The string columns with bounds inside the Parquet files: ids, enums and names.
const BOUNDED_TEXTS: [&str; 18] = [
    "log_id",
    "event_id",
    "principal",
    "agent",
    "agent_version",
    "signal",
    "name",
    "kind",
    "session_id",
    "root_session_id",
    "turn_id",
    "call_id",
    "trace_id",
    "tool",
    "mcp_server",
    "outcome",
    "role",
    "act",
];

/// Ids that hardly repeat within a file, for which a dictionary is wasted work.
pub(crate) const UNIQUE: [&str; 8] = [
    "event_id",
    "span_id",
    "call_id",
    "action_id",
    "turn_row_id",
    "session_row_id",
    "link_id",
    "gap_id",
];

/// The same inside a list of structs.
pub(crate) const UNIQUE_INSIDE: [&[&str]; 1] = [&["evidence", "list", "item", "event_id"]];

/// The listed columns that a table has, its partitions apart.
pub(crate) fn present<'a>(
    schema: &'a Schema,
    listed: &'a [&'static str],
) -> impl Iterator<Item = &'static str> + 'a {
    listed.iter().copied().filter(|name| schema.column_with_name(name).is_some())
}

/// What the files of a table hold: all columns but the partitions.
pub(crate) fn in_files(schema: &Schema) -> SchemaRef {
    let fields = schema.fields().iter();
    let fields = fields.filter(|field| !PARTITIONS.contains(&field.name().as_str())).cloned();
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

/// The columns that get bounds inside the Parquet files: numbers, times and listed texts.
pub(crate) fn bounded(schema: &Schema) -> impl Iterator<Item = &str> {
    schema.fields().iter().filter_map(|field| {
        let name = field.name().as_str();
        let plain = match field.data_type() {
            DataType::Utf8 => BOUNDED_TEXTS.contains(&name),
            DataType::Int64
            | DataType::Float64
            | DataType::Boolean
            | DataType::Date32
            | DataType::Timestamp(..) => true,
            _ => false,
        };
        plain.then_some(name)
    })
}

/// Whether the rows of a table have an offset and so an order.
pub(crate) fn has_offsets(table: Table) -> bool {
    table.schema().column_with_name("offset_sequence").is_some()
}
