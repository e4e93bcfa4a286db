//! Requests written as OTLP/JSON, in any of the styles that senders have.

use std::fmt::{Display, Write as _};

use super::Tape;
use crate::otlp::base64;
use crate::otlp::descriptor::{Field, Kind, Message, Presence};
use crate::otlp::wire::{Reader, Value, int32, read_fixed64, read_varint, sint32, uint32};

/// Chooses, field by field, among the spellings that mean the same.
pub(in crate::otlp) struct Style<'a>(pub(in crate::otlp) Tape<'a>);

/// The JSON of an encoded message in canonical form (no pieces, scalars packed).
pub(in crate::otlp) fn render(
    message: &'static Message,
    bytes: &[u8],
    style: &mut Style<'_>,
) -> String {
    let values = |field: &Field| {
        Reader::new(bytes).filter(|(number, _)| *number == field.number).collect::<Vec<_>>()
    };
    let mut members = Vec::new();
    for field in message.fields {
        let values = values(field);
        let value = match (field.presence, values.as_slice()) {
            (_, []) => match style.0.below(8) {
                0 => "null".to_owned(),
                _ => continue,
            },
            (Presence::Repeated, values) => {
                let elements: Vec<String> = values
                    .iter()
                    .flat_map(|(_, value)| elements(field.kind, *value, style))
                    .collect();
                format!("[{}]", elements.join(" , "))
            }
            (_, [(_, value), ..]) => element(field.kind, *value, style),
        };
        let name = if style.0.below(4) == 0 { field.name } else { field.json_name };
        members.push(format!("\"{name}\": {value}"));
    }
    if style.0.below(8) == 0 {
        members.push(
            "\"notInOtlp\": {\"deep\": [{\"a\": null}, 1.5e-3, \"\\u0041\", true, []]}".to_owned(),
        );
    }
    let shift = style.0.below(members.len().max(1));
    members.rotate_left(shift);
    format!("{{{}}}", members.join(",\n"))
}

fn elements(kind: Kind, value: Value<'_>, style: &mut Style<'_>) -> Vec<String> {
    let Value::Bytes(mut packed) = value else { return vec![element(kind, value, style)] };
    let mut elements = Vec::new();
    match kind {
        Kind::Double | Kind::Fixed64 => {
            while let Ok(bits) = read_fixed64(&mut packed) {
                elements.push(element(kind, Value::Fixed64(bits), style));
            }
        }
        Kind::Uint64 => {
            while let Ok(number) = read_varint(&mut packed) {
                elements.push(element(kind, Value::Varint(number), style));
            }
        }
        _ => elements.push(element(kind, value, style)),
    }
    elements
}

fn element(kind: Kind, value: Value<'_>, style: &mut Style<'_>) -> String {
    match (kind, value) {
        (Kind::Message(inner), Value::Bytes(bytes)) => render(inner, bytes, style),
        (Kind::Double, Value::Fixed64(bits)) => double(f64::from_bits(bits)),
        (Kind::Fixed64, Value::Fixed64(number)) | (Kind::Uint64, Value::Varint(number)) => {
            integer(number, style)
        }
        (Kind::Sfixed64, Value::Fixed64(number)) | (Kind::Int64, Value::Varint(number)) => {
            integer(number.cast_signed(), style)
        }
        (Kind::Fixed32, Value::Fixed32(number)) => integer(number, style),
        (Kind::Uint32, Value::Varint(number)) => integer(uint32(number), style),
        (Kind::Int32, Value::Varint(number)) => integer(int32(number), style),
        (Kind::Sint32, Value::Varint(number)) => integer(sint32(number), style),
        (Kind::Enum(names), Value::Varint(number)) => {
            match names.iter().find(|(_, known)| *known == int32(number)) {
                Some((name, _)) if style.0.below(2) == 0 => format!("\"{name}\""),
                _ => int32(number).to_string(),
            }
        }
        (Kind::Bool, Value::Varint(flag)) => (flag != 0).to_string(),
        (Kind::String, Value::Bytes(text)) => {
            serde_json::to_string(std::str::from_utf8(text).unwrap()).unwrap()
        }
        (Kind::Bytes, Value::Bytes(bytes)) => {
            let mut text = String::new();
            base64::encode(bytes, &mut text);
            match style.0.below(3) {
                0 => format!("\"{}\"", text.trim_end_matches('=')),
                1 => format!("\"{}\"", text.replace('+', "-").replace('/', "_")),
                _ => format!("\"{text}\""),
            }
        }
        (Kind::HexId, Value::Bytes(bytes)) => {
            let mut text = String::from("\"");
            for byte in bytes {
                match style.0.below(2) {
                    0 => write!(text, "{byte:02x}").unwrap(),
                    _ => write!(text, "{byte:02X}").unwrap(),
                }
            }
            text + "\""
        }
        (kind, value) => panic!("{value:?} is no {kind:?}"),
    }
}

fn double(number: f64) -> String {
    if number.is_finite() {
        format!("{number:?}")
    } else if number.is_nan() {
        "\"NaN\"".to_owned()
    } else if number > 0.0 {
        "\"Infinity\"".to_owned()
    } else {
        "\"-Infinity\"".to_owned()
    }
}

fn integer(number: impl Display, style: &mut Style<'_>) -> String {
    match style.0.below(2) {
        0 => number.to_string(),
        _ => format!("\"{number}\""),
    }
}
