//! Parts of a record as OTLP/JSON: span links, exemplars, buckets, quantiles, entities.
//!
//! The writer is driven by [`crate::otlp::descriptor`], as the reader in [`crate::otlp`] is; what
//! one writes the other reads. Fields that no descriptor names are left out.

use std::fmt::Write as _;

use crate::otlp::descriptor::{Field, Kind, Message, Presence, Role};
use crate::otlp::wire::{Reader, Value, read_fixed64, read_varint};
use crate::otlp::{AnyValue, column_text};

/// Messages are written this deep; the check admits none that is deeper.
const DEPTH_LIMIT: u32 = 80;

/// A JSON array of encoded messages; `None` if there are none.
pub(crate) fn array<B: AsRef<[u8]>>(
    message: &'static Message,
    elements: impl Iterator<Item = B>,
) -> Option<String> {
    let mut out = String::new();
    for element in elements {
        out.push(if out.is_empty() { '[' } else { ',' });
        write_message(message, element.as_ref(), &mut out, 0);
    }
    (!out.is_empty()).then(|| out + "]")
}

/// A JSON object of those fields of an encoded message that `wanted` names.
pub(crate) fn object(message: &'static Message, bytes: &[u8], wanted: &[u32]) -> String {
    let mut out = String::new();
    write_fields(message, bytes, &mut out, 0, |field| wanted.contains(&field.number));
    out
}

fn write_message(message: &'static Message, bytes: &[u8], out: &mut String, depth: u32) {
    write_fields(message, bytes, out, depth, |_| true);
}

/// Writes the fields in the order of the table; of a field that may stand once, the last.
fn write_fields(
    message: &'static Message,
    bytes: &[u8],
    out: &mut String,
    depth: u32,
    wanted: impl Fn(&Field) -> bool,
) {
    out.push('{');
    if depth > DEPTH_LIMIT {
        out.push('}');
        return;
    }
    let mut first = true;
    let member = last_member(message, bytes);
    for field in message.fields.iter().filter(|field| wanted(field)) {
        let mut values = Reader::new(bytes).filter(|(number, _)| *number == field.number);
        if field.presence == Presence::Repeated {
            let mut open = false;
            for (_, value) in values {
                each_scalar(field, value, &mut |value| {
                    if open {
                        out.push(',');
                    } else {
                        name(field, &mut first, out);
                        out.push('[');
                        open = true;
                    }
                    write_value(field, value, out, depth);
                });
            }
            if open {
                out.push(']');
            }
        } else if (field.presence != Presence::Oneof || member == Some(field.number))
            && let Some((_, value)) = values.by_ref().last()
        {
            name(field, &mut first, out);
            write_value(field, value, out, depth);
        }
    }
    out.push('}');
}

/// Which member of the oneof a message carries, if it has one.
fn last_member(message: &Message, bytes: &[u8]) -> Option<u32> {
    let member = |number: &u32| {
        message.field(*number).is_some_and(|field| field.presence == Presence::Oneof)
    };
    Reader::new(bytes).map(|(number, _)| number).filter(member).last()
}

/// Hands over the elements of a packed field, or the one value that it is.
fn each_scalar<'a>(field: &Field, value: Value<'a>, each: &mut impl FnMut(Value<'a>)) {
    let Value::Bytes(mut packed) = value else { return each(value) };
    match field.kind {
        Kind::String | Kind::Bytes | Kind::HexId | Kind::Message(_) => each(value),
        Kind::Double | Kind::Fixed64 | Kind::Sfixed64 => {
            while let Ok(bits) = read_fixed64(&mut packed) {
                each(Value::Fixed64(bits));
            }
        }
        _ => {
            while !packed.is_empty() {
                let Ok(number) = read_varint(&mut packed) else { return };
                each(Value::Varint(number));
            }
        }
    }
}

fn name(field: &Field, first: &mut bool, out: &mut String) {
    if !std::mem::replace(first, false) {
        out.push(',');
    }
    out.push('"');
    out.push_str(field.json_name);
    out.push_str("\":");
}

fn write_value(field: &Field, value: Value<'_>, out: &mut String, depth: u32) {
    match (field.kind, value) {
        (Kind::Message(inner), Value::Bytes(bytes)) => {
            let deeper = depth + u32::from(inner.role == Role::Value);
            write_message(inner, bytes, out, deeper);
        }
        (Kind::String, Value::Bytes(bytes)) => quoted(&String::from_utf8_lossy(bytes), out),
        (Kind::Bytes, Value::Bytes(bytes)) => {
            let mut text = String::new();
            column_text(AnyValue::Bytes(bytes), &mut text);
            quoted(&text, out);
        }
        (Kind::HexId, Value::Bytes(bytes)) => quoted(&hex(bytes), out),
        (Kind::Bool, Value::Varint(number)) => {
            out.push_str(if number == 0 { "false" } else { "true" });
        }
        (kind, value) => write_number(kind, value, out),
    }
}

fn write_number(kind: Kind, value: Value<'_>, out: &mut String) {
    let number = match value {
        Value::Varint(number) | Value::Fixed64(number) => number,
        Value::Fixed32(number) => u64::from(number),
        Value::Bytes(_) | Value::Group(_) => 0,
    };
    #[expect(clippy::cast_possible_truncation, reason = "protobuf says to truncate")]
    let low = number as u32;
    // Writing to a string cannot fail.
    let written = match kind {
        Kind::Double => {
            let double = f64::from_bits(number);
            if double.is_finite() {
                write!(out, "{double:?}")
            } else if double.is_nan() {
                out.write_str("\"NaN\"")
            } else {
                out.write_str(if double > 0.0 { "\"Infinity\"" } else { "\"-Infinity\"" })
            }
        }
        Kind::Int32 | Kind::Enum(_) => write!(out, "{}", low.cast_signed()),
        Kind::Sint32 => write!(out, "{}", (low >> 1).cast_signed() ^ -(low & 1).cast_signed()),
        Kind::Uint32 | Kind::Fixed32 => write!(out, "{low}"),
        Kind::Int64 | Kind::Sfixed64 => write!(out, "\"{}\"", number.cast_signed()),
        _ => write!(out, "\"{number}\""),
    };
    debug_assert!(written.is_ok(), "a string refused a number");
}

/// Bytes as lower-case hex digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from_digit(u32::from(value), 16).unwrap_or('0');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 0xf)]).collect()
}

/// Lower-case hex digits as bytes; `None` for any other text.
pub(crate) fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|value| u8::try_from(value).ok());
    if !text.len().is_multiple_of(2) {
        return None;
    }
    let pairs = text.as_bytes().chunks_exact(2);
    pairs.map(|pair| Some(digit(*pair.first()?)? << 4 | digit(*pair.last()?)?)).collect()
}

/// A JSON string with its quotes.
fn quoted(text: &str, out: &mut String) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => out.extend(['\\', character]),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            control if control < ' ' => {
                let written = write!(out, "\\u{:04x}", u32::from(control));
                debug_assert!(written.is_ok(), "a string refused a character");
            }
            character => out.push(character),
        }
    }
    out.push('"');
}
