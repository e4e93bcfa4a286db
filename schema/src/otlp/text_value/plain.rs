//! Lists as ordinary JSON.

use std::collections::HashSet;

use super::{DEPTH_LIMIT, ValueType, append_double, append_int, append_quoted};
use crate::otlp::json::reader::{Reader, Syntax};
use crate::otlp::value::{AnyValue, KvListView};
use crate::otlp::writer::Writer;

/// Lists of up to this many entries look for repeated keys by comparing each pair.
const PAIRWISE_LIMIT: usize = 16;

/// Appends the value as JSON; `None` (and rubbish in `out`) if JSON cannot say it.
pub(super) fn append(value: AnyValue<'_>, out: &mut String, depth: u32) -> Option<()> {
    if depth > DEPTH_LIMIT {
        return None;
    }
    match value {
        AnyValue::Empty => out.push_str("null"),
        AnyValue::Text(text) => append_quoted(text.as_str()?, out),
        AnyValue::Bool(flag) => out.push_str(if flag { "true" } else { "false" }),
        AnyValue::Int(number) => append_int(number, out),
        AnyValue::Double(number) if number.is_finite() => append_double(number, out),
        AnyValue::Double(_) | AnyValue::Bytes(_) => return None,
        AnyValue::Array(array) => {
            out.push('[');
            for (index, element) in array.values().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                append(element, out, depth + 1)?;
            }
            out.push(']');
        }
        AnyValue::KvList(list) => {
            if repeats_a_key(list) {
                return None;
            }
            out.push('{');
            for (index, entry) in list.entries().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                append_quoted(entry.key.as_str()?, out);
                out.push(':');
                append(entry.value, out, depth + 1)?;
            }
            out.push('}');
        }
    }
    Some(())
}

fn repeats_a_key(list: KvListView<'_>) -> bool {
    let keys = || list.entries().map(|entry| entry.key);
    if keys().nth(PAIRWISE_LIMIT).is_none() {
        return keys()
            .enumerate()
            .any(|(index, key)| keys().take(index).any(|earlier| earlier == key));
    }
    let mut seen = HashSet::new();
    !keys().all(|key| seen.insert(key))
}

/// Writes the members of the `AnyValue` that `text` is the JSON of.
pub(super) fn read(kind: ValueType, text: &str, writer: &mut Writer) -> Result<(), Syntax> {
    let mut reader = Reader::new(text.as_bytes());
    let expected = if kind == ValueType::Array { b'[' } else { b'{' };
    if reader.peek() != expected {
        return Err(reader.fault("a list of the other kind"));
    }
    read_value(&mut reader, writer, 0)?;
    reader.end()
}

fn read_value(reader: &mut Reader<'_>, writer: &mut Writer, depth: u32) -> Result<(), Syntax> {
    if depth > DEPTH_LIMIT {
        return Err(reader.fault("lists nest too deep"));
    }
    let mut first = true;
    match reader.peek() {
        b'n' => drop(reader.null()?),
        b't' | b'f' => writer.varint_field(2, reader.bool()?.into()),
        b'"' => writer.bytes_field(1, &reader.string("")?),
        b'[' => {
            reader.open(b'[', "")?;
            let array = writer.begin(5);
            while reader.another(&mut first, b']')? {
                let element = writer.begin(1);
                read_value(reader, writer, depth + 1)?;
                writer.end(element);
            }
            writer.end(array);
        }
        b'{' => {
            reader.open(b'{', "")?;
            let list = writer.begin(6);
            while reader.another(&mut first, b'}')? {
                let entry = writer.begin(1);
                let key = reader.key()?;
                if !key.is_empty() {
                    writer.bytes_field(1, &key);
                }
                let value = writer.begin(2);
                read_value(reader, writer, depth + 1)?;
                writer.end(value);
                writer.end(entry);
            }
            writer.end(list);
        }
        _ => read_number(reader, writer)?,
    }
    Ok(())
}

fn read_number(reader: &mut Reader<'_>, writer: &mut Writer) -> Result<(), Syntax> {
    let fault = reader.fault("a number that fits no type");
    let text = reader.number()?;
    if text.contains(['.', 'e', 'E']) {
        writer.fixed64_field(4, text.parse::<f64>().map_err(|_| fault)?.to_bits());
    } else {
        writer.varint_field(3, text.parse::<i64>().map_err(|_| fault)?.cast_unsigned());
    }
    Ok(())
}
