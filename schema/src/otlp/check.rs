//! The check of a request before it is stored: whole, not too deep, not too costly.
//!
//! One walk over the bytes, driven by the [`descriptor`] tables, decodes nothing and
//! allocates nothing. It refuses what no reader could read, and estimates what the
//! rows will take in memory, so that a small request that becomes a huge table (an
//! empty log record is two bytes on the wire) is refused before anything is built.

use thiserror::Error;

use super::Signal;
use super::descriptor::{self, Field, Kind, Message, Presence, Record, Role};
use super::wire::{Reader, Value, WireError, read_fixed64, read_varint};

/// Bytes a row takes in the tables' builders however empty it is: about eighty columns
/// of offsets, some fixed-width ones, position and ids.
pub const ROW_BYTES: u64 = 640;

/// Bytes an embedded message (an attribute, a link, an exemplar) takes beside its
/// content: offsets and type in the map columns, names and brackets in JSON text.
const PART_BYTES: u64 = 32;

/// Bytes a value takes beside its content, mostly in lists: quotes and commas.
const VALUE_BYTES: u64 = 8;

/// Bytes an element of a packed scalar takes at most as text.
const SCALAR_BYTES: u64 = 24;

/// What a request may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Length of the request; JSON: of the text.
    pub request_bytes: usize,
    /// Memory that its rows may take.
    pub estimated_bytes: u64,
    /// How deep values may nest; a plain string is 1 deep.
    pub value_depth: u32,
}

impl Default for Limits {
    /// 64 MiB as OTLP recommends, rows of 512 MiB, values 32 deep.
    fn default() -> Self {
        Self { request_bytes: 64 << 20, estimated_bytes: 512 << 20, value_depth: 32 }
    }
}

/// What the check counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Checked {
    /// Rows: log records, or spans and span events, or data points.
    pub records: u64,
    /// Log records among them.
    pub log_records: u64,
    /// Spans among them.
    pub spans: u64,
    /// Span events among them.
    pub span_events: u64,
    /// Data points among them.
    pub data_points: u64,
    /// Memory the rows will take, roughly and rather too high.
    pub estimated_bytes: u64,
}

/// Why a request is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum CheckError {
    /// The bytes are not a protobuf message.
    #[error("cannot read {message} at byte {offset}: {source}; send a valid OTLP request")]
    Wire {
        /// The innermost message that could not be read.
        message: &'static str,
        /// Where its broken field starts, in bytes from the start of the request.
        offset: usize,
        /// What is wrong.
        source: WireError,
    },
    /// A field has another type on the wire than OTLP says.
    #[error(
        "cannot read {message}.{field} at byte {offset}: wrong wire type; send a valid OTLP request"
    )]
    WrongType {
        /// The message.
        message: &'static str,
        /// Its field, as the `.proto` file calls it.
        field: &'static str,
        /// Where the field starts, in bytes from the start of the request.
        offset: usize,
    },
    /// An `AnyValue` nests too deep.
    #[error("an AnyValue nests deeper than {limit} levels; flatten it or send it as text")]
    TooDeep {
        /// The limit.
        limit: u32,
    },
    /// The request itself is too long.
    #[error("the request is longer than {limit} bytes; send smaller batches")]
    TooLarge {
        /// The limit.
        limit: usize,
    },
    /// The rows of the request would take too much memory.
    #[error("the request would take more than {limit} bytes of memory; send smaller batches")]
    TooCostly {
        /// The limit.
        limit: u64,
    },
}

impl CheckError {
    /// Whether a smaller request of the same kind would do (413, `RESOURCE_EXHAUSTED`);
    /// otherwise it can never be read (400, `INVALID_ARGUMENT`).
    pub const fn is_too_large(&self) -> bool {
        matches!(self, Self::TooLarge { .. } | Self::TooCostly { .. })
    }
}

/// Checks the bytes of one request.
pub fn check(signal: Signal, bytes: &[u8], limits: &Limits) -> Result<Checked, CheckError> {
    if bytes.len() > limits.request_bytes {
        return Err(CheckError::TooLarge { limit: limits.request_bytes });
    }
    let mut walk = Walk { request: bytes, limits, checked: Checked::default(), spent: 0 };
    let total = walk.message(descriptor::request(signal), bytes, 0)?;
    if total.bytes > limits.estimated_bytes {
        return Err(CheckError::TooCostly { limit: limits.estimated_bytes });
    }
    Ok(Checked { estimated_bytes: total.bytes, ..walk.checked })
}

/// What one message adds up to.
#[derive(Clone, Copy, Default)]
struct Sum {
    records: u64,
    bytes: u64,
}

struct Walk<'a> {
    request: &'a [u8],
    limits: &'a Limits,
    checked: Checked,
    /// What all that was walked so far costs at least. Looked at as it grows, so that
    /// a costly request is refused early.
    spent: u64,
}

impl Walk<'_> {
    /// Recursive, but never deeper than values may nest: nothing else in OTLP recurs.
    fn message(
        &mut self,
        message: &'static Message,
        bytes: &[u8],
        depth: u32,
    ) -> Result<Sum, CheckError> {
        let depth = depth + u32::from(message.role == Role::Value);
        if depth > self.limits.value_depth {
            return Err(CheckError::TooDeep { limit: self.limits.value_depth });
        }
        let mut sum = self.enter(message.role)?;
        // What stands beside the records of a group stands in the row of each.
        let mut beside = 0_u64;
        let mut reader = Reader::new(bytes);
        loop {
            let start = reader.rest();
            let (number, value) = match reader.next_field() {
                Ok(Some(field)) => field,
                Ok(None) => break,
                Err(source) => return Err(self.broken(message, start, source)),
            };
            let length = (start.len() - reader.rest().len()) as u64;
            let Some(field) = message.field(number) else {
                beside += length;
                continue;
            };
            if let (Kind::Message(inner), Value::Bytes(piece)) = (field.kind, value) {
                let part = self.message(inner, piece, depth)?;
                sum.records += part.records;
                if matches!(inner.role, Role::Group | Role::Record(_)) {
                    sum.bytes = sum.bytes.saturating_add(part.bytes);
                } else {
                    beside = beside.saturating_add(part.bytes);
                }
            } else {
                let elements = match scalars(field, value) {
                    Some(Ok(elements)) => elements,
                    Some(Err(source)) => return Err(self.broken(message, start, source)),
                    None => return Err(self.wrong_type(message, field, start)),
                };
                beside += length + self.spend(elements * SCALAR_BYTES)?;
            }
        }
        let copies = if message.role == Role::Group { sum.records } else { 1 };
        sum.bytes = sum.bytes.saturating_add(beside.saturating_mul(copies));
        Ok(sum)
    }

    /// Counts a message and says what it costs beside its content.
    fn enter(&mut self, role: Role) -> Result<Sum, CheckError> {
        let checked = &mut self.checked;
        match role {
            Role::Group => return Ok(Sum::default()),
            Role::Value => return Ok(Sum { records: 0, bytes: self.spend(VALUE_BYTES)? }),
            Role::Part => return Ok(Sum { records: 0, bytes: self.spend(PART_BYTES)? }),
            Role::Record(Record::Log) => checked.log_records += 1,
            Role::Record(Record::Span) => checked.spans += 1,
            Role::Record(Record::SpanEvent) => checked.span_events += 1,
            Role::Record(Record::DataPoint) => checked.data_points += 1,
        }
        checked.records += 1;
        Ok(Sum { records: 1, bytes: self.spend(ROW_BYTES)? })
    }

    fn spend(&mut self, bytes: u64) -> Result<u64, CheckError> {
        self.spent += bytes;
        let limit = self.limits.estimated_bytes;
        if self.spent > limit { Err(CheckError::TooCostly { limit }) } else { Ok(bytes) }
    }

    #[cold]
    fn broken(&self, message: &'static Message, start: &[u8], source: WireError) -> CheckError {
        CheckError::Wire { message: message.name, offset: self.offset(start), source }
    }

    #[cold]
    fn wrong_type(
        &self,
        message: &'static Message,
        field: &'static Field,
        start: &[u8],
    ) -> CheckError {
        CheckError::WrongType {
            message: message.name,
            field: field.name,
            offset: self.offset(start),
        }
    }

    /// Where in the request this part of it begins.
    fn offset(&self, part: &[u8]) -> usize {
        part.as_ptr().addr().saturating_sub(self.request.as_ptr().addr())
    }
}

/// How many scalars a packed field holds (0 if it is not packed); `None` if the value
/// is not of the field's type.
fn scalars(field: &Field, value: Value<'_>) -> Option<Result<u64, WireError>> {
    let packed = field.presence == Presence::Repeated;
    match (field.kind, value) {
        (Kind::String | Kind::Bytes | Kind::HexId, Value::Bytes(_))
        | (Kind::Double | Kind::Fixed64 | Kind::Sfixed64, Value::Fixed64(_))
        | (Kind::Fixed32, Value::Fixed32(_))
        | (
            Kind::Int32
            | Kind::Int64
            | Kind::Uint32
            | Kind::Uint64
            | Kind::Sint32
            | Kind::Bool
            | Kind::Enum(_),
            Value::Varint(_),
        ) => Some(Ok(0)),
        (Kind::Double | Kind::Fixed64 | Kind::Sfixed64, Value::Bytes(bytes)) if packed => {
            Some(count_packed(bytes, read_fixed64))
        }
        (Kind::Uint64, Value::Bytes(bytes)) if packed => Some(count_packed(bytes, read_varint)),
        _ => None,
    }
}

fn count_packed(
    mut bytes: &[u8],
    read: impl Fn(&mut &[u8]) -> Result<u64, WireError>,
) -> Result<u64, WireError> {
    let mut elements = 0;
    while !bytes.is_empty() {
        read(&mut bytes)?;
        elements += 1;
    }
    Ok(elements)
}

#[cfg(test)]
mod tests;
