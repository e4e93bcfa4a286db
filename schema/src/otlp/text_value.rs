//! A value as text in a column, and back.
//!
//! Columns and maps of the tables hold text; beside it stands of which type the value
//! was. Both together give the value back as it was sent, invalid UTF-8 apart, which is
//! read as U+FFFD. Text that people search stays plain: a string is itself, lists are
//! ordinary JSON wherever that is faithful, and only what JSON cannot say (see
//! [`ValueType::Otlp`]) takes the longer OTLP/JSON form.

mod plain;
mod tagged;

use std::fmt::Write as _;

use thiserror::Error;

use super::base64;
use super::check::Limits;
use super::descriptor;
use super::json::reader::Syntax;
use super::json::{TranscodeError, transcode_message};
use super::value::AnyValue;
use super::writer::Writer;

/// Values are written this deep; the check admits none that is deeper.
const DEPTH_LIMIT: u32 = 64;

/// The type of a value whose text stands in a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ValueType {
    /// The text is the string.
    String,
    /// Decimal.
    Int,
    /// Decimal with a point or an exponent, `NaN`, `Infinity` or `-Infinity`.
    Double,
    /// `true` or `false`.
    Bool,
    /// Base64.
    Bytes,
    /// A JSON array.
    Array,
    /// A JSON object.
    KvList,
    /// No text.
    Empty,
    /// The OTLP/JSON form of a list that plain JSON cannot say: bytes, NaN, infinities
    /// or invalid UTF-8 within it, or a key that repeats.
    Otlp,
}

impl ValueType {
    /// Every type, in the order of declaration.
    pub const ALL: [Self; 9] = [
        Self::String,
        Self::Int,
        Self::Double,
        Self::Bool,
        Self::Bytes,
        Self::Array,
        Self::KvList,
        Self::Empty,
        Self::Otlp,
    ];

    /// The type's name in the tables.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Int => "int",
            Self::Double => "double",
            Self::Bool => "bool",
            Self::Bytes => "bytes",
            Self::Array => "array",
            Self::KvList => "kvlist",
            Self::Empty => "empty",
            Self::Otlp => "otlp",
        }
    }

    /// Reads the name; `None` for one this version does not know.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// Why a text is not a value of its type. Never quotes the text.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ColumnTextError {
    /// Not the text of a scalar of that type.
    #[error("cannot read a column's text as {}; the row was not written by this schema", kind.as_str())]
    Scalar {
        /// The type it should have.
        kind: ValueType,
    },
    /// Not the JSON of a list.
    #[error("cannot read a column's text as {} at byte {offset}: {reason}; the row was not written by this schema", kind.as_str())]
    Json {
        /// The type it should have.
        kind: ValueType,
        /// Where it stops making sense.
        offset: usize,
        /// What is wrong.
        reason: &'static str,
    },
    /// Not the OTLP/JSON form of a value.
    #[error("cannot read a column's text as otlp; the row was not written by this schema")]
    Otlp(#[from] TranscodeError),
}

/// The text of a value and its type. The text is borrowed from the value or written
/// into `scratch`, whose content is replaced.
pub fn column_text<'a>(value: AnyValue<'a>, scratch: &'a mut String) -> (ValueType, &'a str) {
    if let AnyValue::Text(text) = value
        && let Some(text) = text.as_str()
    {
        return (ValueType::String, text);
    }
    scratch.clear();
    let kind = append(value, scratch);
    (kind, scratch)
}

fn append(value: AnyValue<'_>, out: &mut String) -> ValueType {
    match value {
        AnyValue::Empty => ValueType::Empty,
        AnyValue::Text(text) => {
            out.push_str(&text.to_cow());
            ValueType::String
        }
        AnyValue::Bool(flag) => {
            out.push_str(if flag { "true" } else { "false" });
            ValueType::Bool
        }
        AnyValue::Int(number) => {
            append_int(number, out);
            ValueType::Int
        }
        AnyValue::Double(number) => {
            append_double(number, out);
            ValueType::Double
        }
        AnyValue::Bytes(bytes) => {
            base64::encode(bytes, out);
            ValueType::Bytes
        }
        AnyValue::Array(_) => append_list(value, ValueType::Array, out),
        AnyValue::KvList(_) => append_list(value, ValueType::KvList, out),
    }
}

fn append_list(value: AnyValue<'_>, kind: ValueType, out: &mut String) -> ValueType {
    let start = out.len();
    if plain::append(value, out, 0).is_some() {
        return kind;
    }
    out.truncate(start);
    tagged::append(value, out, 0);
    ValueType::Otlp
}

fn append_int(number: i64, out: &mut String) {
    // Writing to a string cannot fail.
    write!(out, "{number}").ok();
}

/// Shortest text that reads back as the same number, always with a point or exponent.
fn append_double(number: f64, out: &mut String) {
    if number.is_nan() {
        out.push_str("NaN");
    } else if number.is_infinite() {
        out.push_str(if number > 0.0 { "Infinity" } else { "-Infinity" });
    } else {
        write!(out, "{number:?}").ok();
    }
}

/// The encoded `AnyValue` that [`column_text`] made this text of.
pub fn from_column_text(kind: ValueType, text: &str) -> Result<Vec<u8>, ColumnTextError> {
    let not_scalar = || ColumnTextError::Scalar { kind };
    let mut writer = Writer::new();
    match kind {
        ValueType::Empty if text.is_empty() => {}
        ValueType::Empty => return Err(not_scalar()),
        ValueType::String => writer.bytes_field(1, text.as_bytes()),
        ValueType::Bool => {
            writer.varint_field(2, text.parse::<bool>().map_err(|_| not_scalar())?.into());
        }
        ValueType::Int => {
            writer.varint_field(3, text.parse::<i64>().map_err(|_| not_scalar())?.cast_unsigned());
        }
        ValueType::Double => {
            writer.fixed64_field(4, text.parse::<f64>().map_err(|_| not_scalar())?.to_bits());
        }
        ValueType::Bytes => {
            writer.bytes_field(7, &base64::decode(text.as_bytes()).ok_or_else(not_scalar)?);
        }
        ValueType::Array | ValueType::KvList => {
            plain::read(kind, text, &mut writer).map_err(|Syntax { offset, reason }| {
                ColumnTextError::Json { kind, offset, reason }
            })?;
        }
        ValueType::Otlp => {
            let limits =
                Limits { request_bytes: usize::MAX, value_depth: DEPTH_LIMIT, ..Limits::default() };
            return Ok(transcode_message(&descriptor::ANY_VALUE, text.as_bytes(), &limits)?);
        }
    }
    Ok(writer.into_bytes())
}

/// Appends a JSON string with its quotes.
fn append_quoted(text: &str, out: &mut String) {
    out.push('"');
    let mut rest = text;
    while let Some(at) =
        rest.find(|character: char| character < ' ' || character == '"' || character == '\\')
    {
        let (plain, tail) = rest.split_at(at);
        out.push_str(plain);
        let mut characters = tail.chars();
        match characters.next() {
            Some('\n') => out.push_str("\\n"),
            Some('\r') => out.push_str("\\r"),
            Some('\t') => out.push_str("\\t"),
            Some(character @ ('"' | '\\')) => out.extend(['\\', character]),
            Some(control) => {
                write!(out, "\\u{:04x}", u32::from(control)).ok();
            }
            None => {}
        }
        rest = characters.as_str();
    }
    out.push_str(rest);
    out.push('"');
}

#[cfg(test)]
mod tests;
