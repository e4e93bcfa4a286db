//! Tests of `json`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests fail by panicking"
)]

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, ArrayValue, KeyValue, KeyValueList};
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use proptest::collection::vec;
use proptest::prelude::*;
use prost::Message as _;

use super::*;
use crate::otlp::tests::{Style, Tape, reencode, render};

fn transcode_logs(json: &str) -> Result<Vec<u8>, TranscodeError> {
    transcode(Signal::Logs, json.as_bytes(), &Limits::default())
}

/// The only record of a logs request, its fields given as JSON.
fn try_record(fields: &str) -> Result<LogRecord, TranscodeError> {
    let json = format!(r#"{{"resourceLogs":[{{"scopeLogs":[{{"logRecords":[{{{fields}}}]}}]}}]}}"#);
    let mut request = ExportLogsServiceRequest::decode(transcode_logs(&json)?.as_slice()).unwrap();
    Ok(request.resource_logs.remove(0).scope_logs.remove(0).log_records.remove(0))
}

fn record(fields: &str) -> LogRecord {
    try_record(fields).unwrap_or_else(|error| panic!("{fields}: {error}"))
}

fn body(value: &str) -> Option<Value> {
    record(&format!("\"body\":{value}")).body.unwrap().value
}

fn reason(fields: &str) -> &'static str {
    match try_record(fields) {
        Err(TranscodeError::Malformed { reason, .. }) => reason,
        other => panic!("{fields}: {other:?}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    /// A request written as JSON in any style becomes the bytes that `prost` writes, but
    /// that `prost` writes an `as_int` before the exemplars, out of order.
    #[test]
    fn any_request_becomes_its_bytes(
        signal in proptest::sample::select(&Signal::ALL),
        tape in vec(any::<u8>(), 0..1_000),
        style in vec(any::<u8>(), 0..300),
    ) {
        let mut writer = Writer::new();
        Tape::new(&tape).message(descriptor::request(signal), &mut writer, 0);
        let canonical = reencode(signal, writer.bytes()).unwrap();
        let json = render(descriptor::request(signal), &canonical, &mut Style(Tape::new(&style)));
        let transcoded = transcode(signal, json.as_bytes(), &Limits::default());
        prop_assert!(transcoded.is_ok(), "{:?}: {}", transcoded, json);
        let transcoded = transcoded.unwrap();
        if signal == Signal::Metrics {
            prop_assert_eq!(transcoded.len(), canonical.len());
            prop_assert_eq!(reencode(signal, &transcoded).unwrap(), canonical, "{}", json);
        } else {
            prop_assert_eq!(transcoded, canonical, "{}", json);
        }
    }

    /// Damaged JSON is an error or a request that `prost` can read (invalid UTF-8 apart).
    #[test]
    fn damaged_json_is_refused_or_readable(tape in vec(any::<u8>(), 0..300), at: usize, byte: u8) {
        let mut writer = Writer::new();
        Tape::new(&tape).message(&descriptor::LOGS_REQUEST, &mut writer, 0);
        let canonical = reencode(Signal::Logs, writer.bytes()).unwrap();
        let mut json = render(&descriptor::LOGS_REQUEST, &canonical, &mut Style(Tape::new(&tape))).into_bytes();
        let at = at % json.len();
        json[at] = byte;
        if let Ok(bytes) = transcode(Signal::Logs, &json, &Limits::default()) {
            let checked = crate::otlp::check(Signal::Logs, &bytes, &Limits::default());
            prop_assert!(checked.is_ok(), "{:?}", checked);
        }
    }
}

/// 64-bit integers may be numbers or strings, and whole numbers may look like doubles.
#[test]
fn integers_are_numbers_or_strings() {
    for text in ["200", "\"200\"", "2e2", "200.0", "\"2e2\""] {
        assert_eq!(body(&format!("{{\"intValue\":{text}}}")), Some(Value::IntValue(200)), "{text}");
        assert_eq!(record(&format!("\"timeUnixNano\":{text}")).time_unix_nano, 200, "{text}");
    }
    assert_eq!(body(r#"{"intValue":"-9223372036854775808"}"#), Some(Value::IntValue(i64::MIN)));
    assert_eq!(body(r#"{"intValue":9223372036854775807}"#), Some(Value::IntValue(i64::MAX)));
    assert_eq!(record(r#""timeUnixNano":"18446744073709551615""#).time_unix_nano, u64::MAX);
    assert_eq!(
        record(r#""timeUnixNano":1700000000123456789"#).time_unix_nano,
        1_700_000_000_123_456_789
    );
}

/// Integers that do not fit are refused, not rounded.
#[test]
fn integers_that_do_not_fit_are_refused() {
    for value in [
        "9223372036854775808",
        "1.5",
        "1e19",
        "\"\"",
        "\" 1\"",
        "\"1 \"",
        "\"0x10\"",
        "true",
        "NaN",
        "\"NaN\"",
    ] {
        assert!(try_record(&format!("\"body\":{{\"intValue\":{value}}}")).is_err(), "{value}");
    }
    for value in ["-1", "18446744073709551616", "1.8446744073709551616e19"] {
        assert!(try_record(&format!("\"timeUnixNano\":{value}")).is_err(), "{value}");
    }
    assert!(try_record("\"flags\":4294967296").is_err());
    assert!(try_record("\"severityNumber\":2147483648").is_err());
}

/// `null` is an absent field, whatever its type.
#[test]
fn null_is_absent() {
    let absent = record(
        r#""timeUnixNano":null,"severityNumber":null,"severityText":null,"body":null,"attributes":null,
           "flags":null,"traceId":null,"spanId":null,"eventName":null,"droppedAttributesCount":null"#,
    );
    assert_eq!(absent, LogRecord::default());
    let bytes = transcode_logs(r#"{"resourceLogs":null}"#).unwrap();
    assert!(bytes.is_empty());
}

/// An `AnyValue` without members is an empty value, which is not an absent one.
#[test]
fn an_empty_value_is_not_absent() {
    assert_eq!(record(r#""body":{}"#).body, Some(AnyValue { value: None }));
    assert_eq!(record(r#""body":{"stringValue":null}"#).body, Some(AnyValue { value: None }));
    let attribute = record(r#""attributes":[{"key":"error","value":{}}]"#).attributes.remove(0);
    assert_eq!(
        (attribute.key.as_str(), attribute.value),
        ("error", Some(AnyValue { value: None }))
    );
    let array = ArrayValue { values: vec![AnyValue { value: None }] };
    assert_eq!(body(r#"{"arrayValue":{"values":[null]}}"#), Some(Value::ArrayValue(array)));
}

/// Members of a oneof are sent even if they are the default.
#[test]
fn default_values_of_a_oneof_are_kept() {
    assert_eq!(body(r#"{"stringValue":""}"#), Some(Value::StringValue(String::new())));
    assert_eq!(body(r#"{"intValue":0}"#), Some(Value::IntValue(0)));
    assert_eq!(body(r#"{"boolValue":false}"#), Some(Value::BoolValue(false)));
    assert_eq!(body(r#"{"kvlistValue":{}}"#), Some(Value::KvlistValue(KeyValueList::default())));
}

/// Ids may be absent, empty or hex of any case; else they are refused.
#[test]
fn ids_are_hex() {
    assert_eq!(record("").trace_id, Vec::<u8>::new());
    assert_eq!(record(r#""traceId":"","spanId":"""#).trace_id, Vec::<u8>::new());
    let id = [
        0x5b, 0x8e, 0xff, 0xf7, 0x98, 0x03, 0x81, 0x03, 0xd2, 0x69, 0xb6, 0x33, 0x81, 0x3f, 0xc6,
        0x0c,
    ];
    for text in ["5b8efff798038103d269b633813fc60c", "5B8EFFF798038103D269B633813FC60C"] {
        assert_eq!(record(&format!("\"traceId\":\"{text}\"")).trace_id, id);
    }
    for text in ["\"5b8\"", "\"zz\"", "\"W47/95gDgQPSabYzgT/GDA==\"", "5"] {
        assert!(try_record(&format!("\"traceId\":{text}")).is_err(), "{text}");
    }
}

/// Bytes are base64, ids apart.
#[test]
fn bytes_are_base64() {
    for text in ["+/8=", "-_8=", "+/8", "-_8"] {
        assert_eq!(
            body(&format!("{{\"bytesValue\":\"{text}\"}}")),
            Some(Value::BytesValue(vec![0xfb, 0xff])),
            "{text}"
        );
    }
    assert_eq!(reason(r#""body":{"bytesValue":"!"}"#), "the string is not base64");
}

/// Doubles are numbers, numbers in strings, or the three words.
#[test]
fn doubles_have_words() {
    let double = |text: &str| match body(&format!("{{\"doubleValue\":{text}}}")) {
        Some(Value::DoubleValue(number)) => number,
        other => panic!("{other:?}"),
    };
    assert!(double("\"NaN\"").is_nan());
    assert!(double("\"Infinity\"").is_infinite() && double("\"Infinity\"") > 0.0);
    assert!(double("\"-Infinity\"").is_infinite() && double("\"-Infinity\"") < 0.0);
    assert_eq!(double("1").to_bits(), 1.0_f64.to_bits());
    assert_eq!(double("\"1.5e3\"").to_bits(), 1500.0_f64.to_bits());
    assert_eq!(double("-0.0").to_bits(), (-0.0_f64).to_bits());
    for text in ["1e999", "\"inf\"", "\"nan\"", "NaN", "\"\"", "\"infinity\""] {
        assert!(try_record(&format!("\"body\":{{\"doubleValue\":{text}}}")).is_err(), "{text}");
    }
}

/// Enums are numbers or names.
#[test]
fn enums_are_numbers_or_names() {
    assert_eq!(record(r#""severityNumber":9"#).severity_number, 9);
    assert_eq!(record(r#""severityNumber":"SEVERITY_NUMBER_INFO""#).severity_number, 9);
    assert_eq!(record(r#""severityNumber":-5"#).severity_number, -5);
    assert_eq!(reason(r#""severityNumber":"INFO""#), "not a value of the enum");
}

/// Both spellings of a name are known; fields of other versions are passed over.
#[test]
fn names_are_known_in_both_spellings() {
    let same = record(
        r#""time_unix_nano":"5","severity_text":"INFO","fromTheFuture":{"a":[1,{"b":null}]}"#,
    );
    assert_eq!((same.time_unix_nano, same.severity_text.as_str()), (5, "INFO"));
}

/// A field that stands twice is refused, in whichever spelling; so are two values.
#[test]
fn ambiguity_is_refused() {
    assert_eq!(reason(r#""severityText":"a","severityText":"b""#), "the field stands twice");
    assert_eq!(reason(r#""severityText":null,"severity_text":"b""#), "the field stands twice");
    assert_eq!(reason(r#""body":{"stringValue":"a","intValue":1}"#), "two values where one may be");
    assert_eq!(body(r#"{"stringValue":null,"intValue":1}"#), Some(Value::IntValue(1)));
}

/// Half a surrogate pair, as JavaScript writes a string that was cut, loses one character
/// and not the request.
#[test]
fn lone_surrogates_are_replaced() {
    assert_eq!(
        body(r#"{"stringValue":"cut \ud83d"}"#),
        Some(Value::StringValue("cut \u{fffd}".to_owned()))
    );
}

/// Bytes that are not UTF-8 arrive as they are; the views read them with U+FFFD.
#[test]
fn invalid_utf8_arrives() {
    let json = [&br#"{"resourceLogs":[{"schemaUrl":"a"#[..], b"\xff", br#""}]}"#].concat();
    let bytes = transcode(Signal::Logs, &json, &Limits::default()).unwrap();
    assert_eq!(bytes, [0x0a, 4, 0x1a, 2, b'a', 0xff]);
}

/// What follows the document, or a document of another kind, is refused.
#[test]
fn only_one_object_is_a_request() {
    for json in [
        "",
        " ",
        "null",
        "[]",
        "1",
        "\"\"",
        "{",
        "{}}",
        "{} {}",
        "{},",
        "{\"resourceLogs\":[{}]",
        "{\"resourceLogs\":{}}",
    ] {
        assert!(transcode_logs(json).is_err(), "{json}");
    }
    assert_eq!(transcode_logs(" {}\n"), Ok(Vec::new()));
}

fn nested(depth: usize, open: &str, close: &str) -> String {
    format!("\"body\":{}{{}}{}", open.repeat(depth - 1), close.repeat(depth - 1))
}

/// Values may nest up to the limit and not deeper; 10,000 deep is no crash.
#[test]
fn nesting_is_limited() {
    let forms = [
        (r#"{"arrayValue":{"values":["#, "]}}"),
        (r#"{"kvlistValue":{"values":[{"key":"k","value":"#, "}]}}"),
    ];
    for (open, close) in forms {
        assert!(try_record(&nested(32, open, close)).is_ok());
        for depth in [33, 10_000] {
            let error = try_record(&nested(depth, open, close)).unwrap_err();
            assert_eq!(error, TranscodeError::TooDeep { limit: 32 });
            assert!(!error.is_too_large());
        }
    }
}

/// A text or a request longer than the limit is refused.
#[test]
fn length_is_limited() {
    let limits = Limits { request_bytes: 100, ..Limits::default() };
    let long = format!("{{{}}}", " ".repeat(100));
    let error = transcode(Signal::Logs, long.as_bytes(), &limits).unwrap_err();
    assert_eq!(error, TranscodeError::TooLarge { limit: 100 });
    assert!(error.is_too_large());
    // The protobuf bytes can be longer than the text.
    let json = br#"{"values":[{"doubleValue":1}]}"#;
    let limits = Limits { request_bytes: json.len(), ..Limits::default() };
    assert!(transcode_message(&descriptor::ARRAY_VALUE, json, &limits).is_ok());
    let counts = format!("{{\"bucketCounts\":[{}1]}}", "1,".repeat(30));
    let limits = Limits { request_bytes: counts.len(), ..Limits::default() };
    let error =
        transcode_message(&descriptor::HISTOGRAM_POINT, counts.as_bytes(), &limits).unwrap_err();
    assert_eq!(error, TranscodeError::TooLarge { limit: counts.len() });
}

/// An error says where, by line and column and by field, and never quotes content.
#[test]
fn errors_say_where_and_hide_content() {
    let json = "{\"resourceLogs\": [{},\n {\"scopeLogs\": [{\"logRecords\": [{\"flags\": \"secret\"}]}]}]}";
    let error = transcode_logs(json).unwrap_err();
    let TranscodeError::Malformed { line, column, ref path, reason } = error else {
        panic!("{error}")
    };
    assert_eq!((line, column), (2, 43));
    assert_eq!(path, "resourceLogs[1].scopeLogs[0].logRecords[0].flags");
    assert_eq!(reason, "the string is not a number");
    assert!(!error.to_string().contains("secret"));
    assert!(!error.is_too_large());
}

/// However deep the fault lies, the error stays short.
#[test]
fn errors_are_short() {
    let deep = nested(30, r#"{"kvlistValue":{"values":[{"key":"k","value":"#, "}]}}")
        .replace("{}", "secret");
    let error = try_record(&deep).unwrap_err().to_string();
    assert!(error.len() < 400, "{error}");
    assert!(error.contains("...") && !error.contains("secret"), "{error}");
}

/// Keys may come in any order; the bytes come in the order of the numbers.
#[test]
fn the_order_of_keys_does_not_matter() {
    let one = r#"{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"eventName":"e","body":{"stringValue":"b"},"timeUnixNano":"1"}],"scope":{"version":"1","name":"n"}}],"resource":{"attributes":[{"value":{"intValue":1},"key":"k"}]}}]}"#;
    let bytes = transcode_logs(one).unwrap();
    let request = ExportLogsServiceRequest::decode(bytes.as_slice()).unwrap();
    let resource = request.resource_logs[0].resource.clone().unwrap();
    let value = Some(AnyValue { value: Some(Value::IntValue(1)) });
    assert_eq!(resource.attributes, [KeyValue { key: "k".to_owned(), value, key_strindex: 0 }]);
    assert_eq!(request.encode_to_vec(), bytes);
}
