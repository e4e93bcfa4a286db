//! Rows as text: the same text whoever asks, over HTTP or on a store without a server.
//!
//! An [`Encoder`] takes batches as they come and gives bytes as it goes; it holds one batch at
//! most (a table: its first [`table::WIDTHS_FROM_ROWS`] rows).
//!
//! What the values look like, in JSON, NDJSON and CSV alike: times as RFC 3339 in UTC with six
//! digits and `Z`, a time without a zone taken as UTC; days as `YYYY-MM-DD`; 64-bit integers as
//! numbers; lists as JSON arrays, maps and structs as JSON objects; NaN and the infinities as
//! null; bytes as hex. In JSON every column is in every row, null where there is no value; in
//! CSV null is the empty field and the empty text is `""`.

mod arrow_stream;
mod cells;
mod csv;
mod json;
mod plain_types;
pub mod table;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;

use crate::error::QueryError;

/// How rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// One array of row objects, a row to a line.
    #[default]
    Json,
    /// A row object to a line.
    Ndjson,
    /// RFC 4180 with a header, lines ended by CR LF.
    Csv,
    /// The streaming format of Arrow IPC.
    Arrow,
    /// For people.
    Table,
}

impl Format {
    /// Every format.
    pub const ALL: &[Self] = &[Self::Json, Self::Ndjson, Self::Csv, Self::Arrow, Self::Table];

    /// The name in `?format=` and in `--output`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Ndjson => "ndjson",
            Self::Csv => "csv",
            Self::Arrow => "arrow",
            Self::Table => "table",
        }
    }

    /// The format of a name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|format| format.name() == name)
    }

    /// The media type.
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Ndjson => "application/x-ndjson",
            Self::Csv => "text/csv; charset=utf-8; header=present",
            Self::Arrow => "application/vnd.apache.arrow.stream",
            Self::Table => "text/plain; charset=utf-8",
        }
    }

    /// The format of a media type, without its parameters.
    pub fn of_content_type(media_type: &str) -> Option<Self> {
        let bare = |format: &Self| format.content_type().split(';').next() == Some(media_type);
        Self::ALL.iter().copied().find(bare)
    }

    /// What writes rows of these columns.
    pub fn encoder(self, schema: &SchemaRef) -> Result<Box<dyn Encoder>, QueryError> {
        Ok(match self {
            Self::Json => Box::new(json::Json::array(schema)),
            Self::Ndjson => Box::new(json::Json::lines(schema)),
            Self::Csv => Box::new(csv::Csv::new(schema)),
            Self::Arrow => Box::new(arrow_stream::ArrowStream::new(schema)?),
            Self::Table => Box::new(table::Table::new(schema)),
        })
    }
}

/// Writes rows. The order of calls: `encode` for each batch, then `finish` once.
pub trait Encoder: std::fmt::Debug + Send {
    /// Appends a batch.
    fn encode(&mut self, batch: &RecordBatch, out: &mut Vec<u8>) -> Result<(), QueryError>;

    /// Appends what stands at the end. What lacks it is not whole.
    fn finish(&mut self, out: &mut Vec<u8>) -> Result<(), QueryError>;
}

#[cfg(test)]
mod tests;
