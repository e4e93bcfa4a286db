//! OTLP messages: attributes, and requests put together from records that are already encoded.
//!
//! Source: `opentelemetry/proto/{logs,trace}/v1`. The envelopes of both signals have the same
//! shape and field numbers, so one function serves both.

use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{
    AnyValue, ArrayValue, InstrumentationScope, KeyValue,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use prost::Message as _;
use prost::encoding::{WireType, encode_key, encode_varint};

/// A list of attributes in the order in which they are sent.
#[derive(Debug, Clone, Default)]
pub(crate) struct Attributes(pub(crate) Vec<KeyValue>);

impl Attributes {
    /// An empty list.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    fn with(mut self, key: &str, value: Value) -> Self {
        self.0.push(key_value(key, value));
        self
    }

    /// Adds a string.
    pub(crate) fn text(self, key: &str, value: impl Into<String>) -> Self {
        self.with(key, Value::StringValue(value.into()))
    }

    /// Adds a string, if there is one.
    pub(crate) fn maybe(self, key: &str, value: Option<impl Into<String>>) -> Self {
        match value {
            Some(value) => self.text(key, value),
            None => self,
        }
    }

    /// Adds an integer.
    pub(crate) fn int(self, key: &str, value: i64) -> Self {
        self.with(key, Value::IntValue(value))
    }

    /// Adds a double.
    pub(crate) fn double(self, key: &str, value: f64) -> Self {
        self.with(key, Value::DoubleValue(value))
    }

    /// Adds a truth value.
    pub(crate) fn flag(self, key: &str, value: bool) -> Self {
        self.with(key, Value::BoolValue(value))
    }

    /// Adds an empty array.
    pub(crate) fn nothing(self, key: &str) -> Self {
        self.with(key, Value::ArrayValue(ArrayValue::default()))
    }

    /// Adds another list.
    pub(crate) fn join(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }
}

/// One attribute.
pub(crate) fn key_value(key: &str, value: Value) -> KeyValue {
    KeyValue {
        key: key.to_owned(),
        value: Some(AnyValue { value: Some(value) }),
        ..KeyValue::default()
    }
}

/// The records of one scope in a request.
#[derive(Debug)]
pub(crate) struct ScopeGroup<'a> {
    /// The scope's name.
    pub(crate) name: &'a str,
    /// Its version.
    pub(crate) version: &'a str,
    /// `LogRecord` or `Span` messages.
    pub(crate) records: Vec<&'a [u8]>,
}

const FIRST: u32 = 1;
const SECOND: u32 = 2;

/// An `ExportLogsServiceRequest` or `ExportTraceServiceRequest` with one resource.
pub(crate) fn request(resource: &Attributes, groups: &[ScopeGroup<'_>]) -> Vec<u8> {
    let resource = Resource { attributes: resource.0.clone(), ..Resource::default() };
    let mut inside = Vec::new();
    field(&mut inside, FIRST, &resource.encode_to_vec());
    for group in groups {
        let scope = InstrumentationScope {
            name: group.name.to_owned(),
            version: group.version.to_owned(),
            ..InstrumentationScope::default()
        };
        let mut records = Vec::new();
        field(&mut records, FIRST, &scope.encode_to_vec());
        for record in &group.records {
            field(&mut records, SECOND, record);
        }
        field(&mut inside, SECOND, &records);
    }
    let mut body = Vec::with_capacity(inside.len() + 8);
    field(&mut body, FIRST, &inside);
    body
}

fn field(into: &mut Vec<u8>, number: u32, bytes: &[u8]) {
    encode_key(number, WireType::LengthDelimited, into);
    encode_varint(bytes.len() as u64, into);
    into.extend_from_slice(bytes);
}

/// RFC 3339 in milliseconds, as both agents write `event.timestamp`.
pub(crate) fn timestamp(at_us: i64) -> String {
    chrono::DateTime::from_timestamp_micros(at_us)
        .map(|at| at.format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string())
        .unwrap_or_default()
}
