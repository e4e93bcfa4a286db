//! From a row back to the OTLP record it came from.
//!
//! [`of_event`] and [`of_point`] give the canonical bytes of the record a row was made of,
//! [`of_request`] those of the records of a request as it was sent. The two are equal: that is
//! how a test knows that a row has lost nothing, and what an integrity proof hashes.
//!
//! **The canonical form** of a record is an export request of its signal that holds it alone, in
//! protobuf, with its resource and its scope:
//! - fields by ascending number, defaults left out, scalars packed, unknown fields last as sent;
//! - attributes by the bytes of their keys, those with the same key in the order they were sent;
//! - U+FFFD for what is not UTF-8, one NaN for all, no negative zero where 0 is left out;
//! - a message with nothing in it is left out, except values, buckets and the body of a record;
//! - a span is without its events; a span event stands in a span that has nothing but its ids; a
//!   data point stands alone in its metric.
//!
//! Not kept: unknown fields inside values, links, exemplars, quantiles, buckets and entities.

mod canonical;
mod events;
pub(crate) mod json;
mod kept;
mod keys;
mod parts;
mod points;

use thiserror::Error;

use crate::otlp::ColumnTextError;

pub(crate) use canonical::entity;
pub use canonical::of_request;
pub use events::of_event;
pub use keys::keys_of;
pub use points::of_point;

/// Why a row is not the record it should be: another program wrote or changed it.
#[derive(Debug, Error)]
pub enum RecordError {
    /// A value in a column is not of its type.
    #[error(
        "cannot make a record of a row: the value of `{key}` is not of its type; the row was changed"
    )]
    Value {
        /// The key in `attributes` or `resource`.
        key: String,
        /// What is wrong with it.
        source: ColumnTextError,
    },
    /// A reserved key holds what no mapper writes.
    #[error("cannot make a record of a row: `{key}` cannot be read; the row was changed")]
    Reserved {
        /// The reserved key, or the column.
        key: &'static str,
    },
    /// The row is no record.
    #[error("cannot make a record of a row of kind undecoded: its request is in quarantine")]
    Undecoded,
}

#[cfg(test)]
pub(crate) mod tests;
