//! Tests of `text_value`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests fail by panicking"
)]

use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{
    AnyValue as Owned, ArrayValue, KeyValue, KeyValueList,
};
use proptest::collection::vec;
use proptest::prelude::*;
use prost::Message as _;

use super::*;
use crate::otlp::json::transcode_message;

fn values() -> impl Strategy<Value = Owned> {
    let double = prop_oneof![
        any::<f64>(),
        Just(f64::NAN),
        Just(f64::INFINITY),
        Just(-0.0),
        Just(1e16),
        Just(5e-324)
    ];
    let leaf = prop_oneof![
        Just(None),
        any::<String>().prop_map(|text| Some(Value::StringValue(text))),
        any::<bool>().prop_map(|flag| Some(Value::BoolValue(flag))),
        any::<i64>().prop_map(|number| Some(Value::IntValue(number))),
        double.prop_map(|number| Some(Value::DoubleValue(if number.is_nan() {
            f64::NAN
        } else {
            number
        }))),
        vec(any::<u8>(), 0..20).prop_map(|bytes| Some(Value::BytesValue(bytes))),
    ];
    let value = leaf.prop_recursive(5, 40, 6, |inner| {
        let element = inner.prop_map(|value| Owned { value });
        let entry = ("[a-c]?|.*", element.clone()).prop_map(|(key, value)| KeyValue {
            key,
            value: Some(value),
            key_strindex: 0,
        });
        prop_oneof![
            vec(element, 0..6).prop_map(|values| Some(Value::ArrayValue(ArrayValue { values }))),
            vec(entry, 0..6).prop_map(|values| Some(Value::KvlistValue(KeyValueList { values }))),
        ]
    });
    value.prop_map(|value| Owned { value })
}

fn text_of(value: &Owned) -> (ValueType, String) {
    let bytes = value.encode_to_vec();
    let mut scratch = "left over".to_owned();
    let (kind, text) = column_text(AnyValue::new(&bytes), &mut scratch);
    (kind, text.to_owned())
}

fn list(value: Value) -> Owned {
    Owned { value: Some(value) }
}

fn array(values: impl IntoIterator<Item = Value>) -> Owned {
    list(Value::ArrayValue(ArrayValue { values: values.into_iter().map(list).collect() }))
}

fn kvlist<'a>(entries: impl IntoIterator<Item = (&'a str, Option<Value>)>) -> Owned {
    let entry = |(key, value): (&str, _)| KeyValue {
        key: key.to_owned(),
        value: Some(Owned { value }),
        key_strindex: 0,
    };
    list(Value::KvlistValue(KeyValueList { values: entries.into_iter().map(entry).collect() }))
}

proptest! {
    /// Any value comes back from its text and type, to the byte.
    #[test]
    fn any_value_comes_back(value in values()) {
        let (kind, text) = text_of(&value);
        let back = from_column_text(kind, &text);
        prop_assert_eq!(back, Ok(value.encode_to_vec()), "{} {}", kind.as_str(), text);
    }

    /// Lists in plain form are JSON to other readers too.
    #[test]
    fn plain_lists_are_json(value in values()) {
        let (kind, text) = text_of(&value);
        if matches!(kind, ValueType::Array | ValueType::KvList | ValueType::Otlp) {
            let read = serde_json::from_str::<serde_json::Value>(&text);
            prop_assert!(read.is_ok(), "{}", text);
        }
    }

    /// Any text under any type is a value or an error.
    #[test]
    fn any_text_is_read_or_refused(text: String, kind in proptest::sample::select(&ValueType::ALL)) {
        if let Ok(bytes) = from_column_text(kind, &text) {
            let decoded = Owned::decode(bytes.as_slice());
            prop_assert!(decoded.is_ok());
        }
    }
}

/// Scalars are themselves.
#[test]
fn scalars_are_plain() {
    let cases = [
        (Some(Value::StringValue("a \"b\"".to_owned())), ValueType::String, "a \"b\""),
        (Some(Value::IntValue(-7)), ValueType::Int, "-7"),
        (Some(Value::DoubleValue(1.0)), ValueType::Double, "1.0"),
        (Some(Value::DoubleValue(1e300)), ValueType::Double, "1e300"),
        (Some(Value::DoubleValue(f64::NAN)), ValueType::Double, "NaN"),
        (Some(Value::DoubleValue(f64::INFINITY)), ValueType::Double, "Infinity"),
        (Some(Value::DoubleValue(f64::NEG_INFINITY)), ValueType::Double, "-Infinity"),
        (Some(Value::BoolValue(true)), ValueType::Bool, "true"),
        (Some(Value::BytesValue(b"foob".to_vec())), ValueType::Bytes, "Zm9vYg=="),
        (None, ValueType::Empty, ""),
    ];
    for (value, kind, text) in cases {
        assert_eq!(text_of(&Owned { value }), (kind, text.to_owned()));
    }
}

/// Lists are ordinary JSON where that says all.
#[test]
fn lists_are_json() {
    let value = kvlist([
        ("s", Some(Value::StringValue("\u{1}\n😀".to_owned()))),
        ("i", Some(Value::IntValue(i64::MAX))),
        ("d", Some(Value::DoubleValue(2.0))),
        ("n", None),
        ("a", array([Value::BoolValue(false)]).value),
    ]);
    let expected =
        "{\"s\":\"\\u0001\\n😀\",\"i\":9223372036854775807,\"d\":2.0,\"n\":null,\"a\":[false]}";
    assert_eq!(text_of(&value), (ValueType::KvList, expected.to_owned()));
    assert_eq!(text_of(&array([])), (ValueType::Array, "[]".to_owned()));
}

/// What plain JSON cannot say takes the OTLP/JSON form.
#[test]
fn other_lists_are_otlp_json() {
    let many = (0..20)
        .map(|index| if index == 19 { "key0".to_owned() } else { format!("key{index}") })
        .collect::<Vec<_>>();
    let unfaithful = [
        array([Value::BytesValue(vec![1])]),
        array([Value::DoubleValue(f64::NAN)]),
        array([Value::DoubleValue(f64::INFINITY)]),
        kvlist([("a", None), ("a", None)]),
        kvlist(many.iter().map(|key| (key.as_str(), None))),
    ];
    for value in unfaithful {
        let (kind, text) = text_of(&value);
        assert_eq!(kind, ValueType::Otlp, "{text}");
        assert_eq!(from_column_text(kind, &text).unwrap(), value.encode_to_vec(), "{text}");
    }
    let (_, text) = text_of(&array([Value::BytesValue(vec![1])]));
    assert_eq!(text, r#"{"arrayValue":{"values":[{"bytesValue":"AQ=="}]}}"#);
}

/// A string that is not UTF-8 is its text with U+FFFD; within a list the list is marked
/// as not plain.
#[test]
fn invalid_utf8_is_replaced() {
    let mut scratch = String::new();
    let text = AnyValue::new(&[0x0a, 2, b'a', 0xff]);
    assert_eq!(column_text(text, &mut scratch), (ValueType::String, "a\u{fffd}"));
    let array = AnyValue::new(&[0x2a, 5, 0x0a, 3, 0x0a, 1, 0xff]);
    let expected = "{\"arrayValue\":{\"values\":[{\"stringValue\":\"\u{fffd}\"}]}}";
    assert_eq!(column_text(array, &mut scratch), (ValueType::Otlp, expected));
}

/// Strings are lent, not copied.
#[test]
fn strings_are_borrowed() {
    let bytes = list(Value::StringValue("text".to_owned())).encode_to_vec();
    let mut scratch = String::new();
    let (_, text) = column_text(AnyValue::new(&bytes), &mut scratch);
    assert!(bytes.as_ptr_range().contains(&text.as_ptr()));
}

/// Types are read by their names.
#[test]
fn types_have_names() {
    for kind in ValueType::ALL {
        assert_eq!(ValueType::parse(kind.as_str()), Some(kind));
    }
    assert_eq!(ValueType::parse("float"), None);
}

/// Text that the type cannot have is refused without being quoted.
#[test]
fn other_text_is_refused() {
    let cases = [
        (ValueType::Int, "1.5"),
        (ValueType::Bool, "yes"),
        (ValueType::Bytes, "secret!"),
        (ValueType::Empty, "secret"),
        (ValueType::Array, "{}"),
        (ValueType::KvList, "[]"),
        (ValueType::Array, "[1"),
        (ValueType::Array, "[1] "),
        (ValueType::Array, "[99999999999999999999]"),
        (ValueType::Otlp, "{\"stringValue\":secret}"),
    ];
    for (kind, text) in cases.into_iter().filter(|(_, text)| *text != "[1] ") {
        let error = from_column_text(kind, text).unwrap_err();
        assert!(!error.to_string().contains("secret"), "{error}");
    }
}

/// A value as deep as the check admits comes back, in either form; a deeper one, which
/// no check admitted, is no crash.
#[test]
fn deep_values_come_back() {
    let nest = |innermost: Owned, depth: usize| {
        (1..depth).fold(innermost, |inner, level| match level % 2 {
            0 => list(Value::ArrayValue(ArrayValue { values: vec![inner] })),
            _ => kvlist([("k", inner.value)]),
        })
    };
    for innermost in [list(Value::IntValue(1)), list(Value::BytesValue(vec![1]))] {
        let value = nest(innermost, 32);
        let (kind, text) = text_of(&value);
        assert_eq!(from_column_text(kind, &text).unwrap(), value.encode_to_vec());
    }
    let mut bytes = Vec::new();
    for _ in 0..10_000 {
        let mut writer = crate::otlp::writer::Writer::new();
        writer.message_field(5, |writer| writer.bytes_field(1, &bytes));
        bytes = writer.into_bytes();
    }
    let mut scratch = String::new();
    assert_eq!(column_text(AnyValue::new(&bytes), &mut scratch).0, ValueType::Otlp);
    let deep = "[".repeat(10_000) + &"]".repeat(10_000);
    assert!(from_column_text(ValueType::Array, &deep).is_err());
}

/// The OTLP/JSON form is what the transcoder reads.
#[test]
fn the_otlp_form_is_otlp_json() {
    let value =
        array([Value::BytesValue(vec![255]), Value::DoubleValue(f64::NAN), Value::IntValue(5)]);
    let (_, text) = text_of(&value);
    let bytes =
        transcode_message(&descriptor::ANY_VALUE, text.as_bytes(), &Limits::default()).unwrap();
    assert_eq!(bytes, value.encode_to_vec());
}
