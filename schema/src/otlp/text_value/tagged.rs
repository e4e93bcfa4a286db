//! Values in the OTLP/JSON form, which names the type of each.

use super::{DEPTH_LIMIT, append_double, append_int, append_quoted};
use crate::otlp::base64;
use crate::otlp::value::AnyValue;

/// Appends the value; what is deeper than any checked value comes out empty.
pub(super) fn append(value: AnyValue<'_>, out: &mut String, depth: u32) {
    if depth > DEPTH_LIMIT {
        out.push_str("{}");
        return;
    }
    match value {
        AnyValue::Empty => out.push('{'),
        AnyValue::Text(text) => {
            out.push_str("{\"stringValue\":");
            append_quoted(&text.to_cow(), out);
        }
        AnyValue::Bool(flag) => {
            out.push_str(if flag { "{\"boolValue\":true" } else { "{\"boolValue\":false" });
        }
        AnyValue::Int(number) => {
            out.push_str("{\"intValue\":\"");
            append_int(number, out);
            out.push('"');
        }
        AnyValue::Double(number) => append_tagged_double(number, out),
        AnyValue::Bytes(bytes) => {
            out.push_str("{\"bytesValue\":\"");
            base64::encode(bytes, out);
            out.push('"');
        }
        AnyValue::Array(array) => {
            out.push_str("{\"arrayValue\":{\"values\":[");
            for (index, element) in array.values().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                append(element, out, depth + 1);
            }
            out.push_str("]}");
        }
        AnyValue::KvList(list) => {
            out.push_str("{\"kvlistValue\":{\"values\":[");
            for (index, entry) in list.entries().enumerate() {
                out.push_str(if index > 0 { ",{\"key\":" } else { "{\"key\":" });
                append_quoted(&entry.key.to_cow(), out);
                out.push_str(",\"value\":");
                append(entry.value, out, depth + 1);
                out.push('}');
            }
            out.push_str("]}");
        }
    }
    out.push('}');
}

fn append_tagged_double(number: f64, out: &mut String) {
    let quote = if number.is_finite() { "" } else { "\"" };
    out.push_str("{\"doubleValue\":");
    out.push_str(quote);
    append_double(number, out);
    out.push_str(quote);
}
