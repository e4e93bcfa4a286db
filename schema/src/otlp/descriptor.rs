//! The OTLP messages as tables: names, numbers and types of their fields.
//!
//! One idea, one table: the structural check walks requests by these, the JSON
//! transcoder reads OTLP/JSON by these, and the views ask them which fields are known.
//!
//! Source: the `.proto` files of opentelemetry-proto 1.10,
//! <https://github.com/open-telemetry/opentelemetry-proto>.

mod logs;
mod metrics;
mod resource;
mod traces;

pub use logs::{LOG_RECORD, LOGS_REQUEST, RESOURCE_LOGS, SCOPE_LOGS};
pub use metrics::{
    BUCKETS, EXEMPLAR, EXPONENTIAL_HISTOGRAM, EXPONENTIAL_POINT, GAUGE, HISTOGRAM, HISTOGRAM_POINT,
    METRIC, METRICS_REQUEST, NUMBER_POINT, QUANTILE, RESOURCE_METRICS, SCOPE_METRICS, SUM, SUMMARY,
    SUMMARY_POINT,
};
pub use resource::{ANY_VALUE, ARRAY_VALUE, ENTITY_REF, KEY_VALUE, KVLIST_VALUE, RESOURCE, SCOPE};
pub use traces::{
    RESOURCE_SPANS, SCOPE_SPANS, SPAN, SPAN_EVENT, SPAN_LINK, STATUS, TRACES_REQUEST,
};

use super::Signal;

/// Field numbers in OTLP are below this.
const NUMBER_LIMIT: usize = 20;

/// Marks a number without a field in [`Message::slots`].
const NO_FIELD: u8 = u8::MAX;

/// One message of OTLP.
#[derive(Debug)]
pub struct Message {
    /// Name as in the `.proto` file.
    pub name: &'static str,
    /// What the message is for the estimate of costs.
    pub role: Role,
    /// The fields, by ascending number.
    pub fields: &'static [Field],
    /// Number → place in `fields`.
    slots: [u8; NUMBER_LIMIT],
}

/// What a message is, seen from the rows it becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Holds records; what it holds beside them stands in each of their rows.
    Group,
    /// Becomes a row.
    Record(Record),
    /// An `AnyValue`, of which the nesting is limited.
    Value,
    /// Part of any of these.
    Part,
}

/// The kinds of records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Record {
    /// A log record.
    Log,
    /// A span.
    Span,
    /// An event of a span.
    SpanEvent,
    /// A data point of a metric.
    DataPoint,
}

/// One field of a message.
#[derive(Debug)]
pub struct Field {
    /// Number on the wire.
    pub number: u32,
    /// Name in the `.proto` file, which JSON parsers must accept as well.
    pub name: &'static str,
    /// Name in JSON.
    pub json_name: &'static str,
    /// Type of the value, or of each value if repeated.
    pub kind: Kind,
    /// How often it stands and whether its default is sent.
    pub presence: Presence,
}

/// How often a field stands in a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// At most once; not sent if it is the default (embedded messages: if not set).
    Implicit,
    /// At most once; sent whenever set.
    Optional,
    /// At most one of all `Oneof` fields of the message (no message has two groups).
    Oneof,
    /// Any number of times; scalars may be packed.
    Repeated,
}

/// Type of a field.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// `double`.
    Double,
    /// `fixed64`: times, counts.
    Fixed64,
    /// `sfixed64`.
    Sfixed64,
    /// `fixed32`: flags.
    Fixed32,
    /// `int32`.
    Int32,
    /// `int64`.
    Int64,
    /// `uint32`.
    Uint32,
    /// `uint64`.
    Uint64,
    /// `sint32`.
    Sint32,
    /// `bool`.
    Bool,
    /// An enum: names and numbers of its values. Other numbers are legal.
    Enum(&'static [(&'static str, i32)]),
    /// `string`.
    String,
    /// `bytes`, base64 in JSON.
    Bytes,
    /// `bytes` that hold a trace or span id: hex in OTLP/JSON.
    HexId,
    /// An embedded message.
    Message(&'static Message),
}

/// The slots of fields with these numbers.
const fn slots(numbers: &[u8]) -> [u8; NUMBER_LIMIT] {
    let mut slots = [NO_FIELD; NUMBER_LIMIT];
    let mut place = 0_u8;
    while (place as usize) < numbers.len() {
        slots[numbers[place as usize] as usize] = place;
        place += 1;
    }
    slots
}

impl Message {
    /// The field with this number.
    #[inline]
    pub fn field(&self, number: u32) -> Option<&'static Field> {
        let slot = self.slots.get(number as usize)?;
        self.fields.get(usize::from(*slot))
    }

    /// The field that JSON calls so, in either spelling.
    pub fn field_by_json_name(&self, name: &[u8]) -> Option<&'static Field> {
        self.fields
            .iter()
            .find(|field| field.json_name.as_bytes() == name || field.name.as_bytes() == name)
    }
}

/// The message a request of this signal is.
pub fn request(signal: Signal) -> &'static Message {
    match signal {
        Signal::Logs => &LOGS_REQUEST,
        Signal::Traces => &TRACES_REQUEST,
        Signal::Metrics => &METRICS_REQUEST,
    }
}

/// Writes a table: `number "name" "jsonName" kind presence;` per field.
macro_rules! message {
    ($(#[$doc:meta])* $ident:ident = $name:literal, $role:expr; $($number:literal $snake:literal $json:literal $kind:expr, $presence:ident;)*) => {
        $(#[$doc])*
        pub static $ident: Message = Message {
            name: $name,
            role: $role,
            fields: &[$(Field {
                number: $number,
                name: $snake,
                json_name: $json,
                kind: $kind,
                presence: Presence::$presence,
            }),*],
            slots: slots(&[$($number),*]),
        };
    };
}
use message;

#[cfg(test)]
mod tests;
