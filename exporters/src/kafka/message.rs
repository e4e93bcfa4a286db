//! What a record looks like as a message: key, headers, time, value.
//!
//! Headers: CloudEvents 1.0, Kafka protocol binding, binary content mode.

use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use chrono::{DateTime, SecondsFormat};
use rdkafka::message::{Header, OwnedHeaders};
use seam_schema::event::SCHEMA_VERSION;

use super::options::{Encoding, Options};
use super::reference;
use crate::otlp::Signal;
use crate::record::Record;

/// Brokers refuse a time further ahead than this (`message.timestamp.after.max.ms`, an hour since
/// 4.0). An agent's clock can be wrong, so such a time stands in `ce_time` alone.
const AHEAD_MAX_MS: i64 = 3_600_000;
/// Headers beyond texts that vary, in bytes, rounded up.
const HEADERS_BYTES: usize = 512;

/// A record on its way.
pub(super) struct Message<'a> {
    pub(super) record: &'a Record,
    pub(super) topic: &'a str,
    /// The document, or the reference to it.
    pub(super) value: Bytes,
    /// Milliseconds since 1970; nothing where the producer's own time is to stand.
    pub(super) timestamp: Option<i64>,
    /// Whether the value is a reference.
    pub(super) is_reference: bool,
}

impl<'a> Message<'a> {
    /// `Err` is why the document can never be sent.
    pub(super) fn new(record: &'a Record, options: &'a Options) -> Result<Self, &'static str> {
        let (signal, document) = match options.encoding {
            Encoding::Json => (Signal::Logs, record.document.clone()),
            Encoding::OtlpProto => {
                crate::otlp::split(&record.document).ok_or("the document is not OTLP")?
            }
        };
        let topic = match (signal, &options.traces_topic) {
            (Signal::Traces, Some(topic)) => topic,
            _ => &options.topic,
        };
        let mut message = Self {
            record,
            topic,
            value: document,
            timestamp: timestamp(record.time_us, now_ms()),
            is_reference: false,
        };
        if message.bytes() > options.message_bytes - options.message_bytes / 10 {
            message.refer(options);
        }
        Ok(message)
    }

    /// Puts a reference in the place of the document.
    pub(super) fn refer(&mut self, options: &'a Options) {
        // A log record says it, also for a span: the topic follows.
        self.topic = &options.topic;
        self.value = reference::of(self.record, options.encoding);
        self.is_reference = true;
    }

    fn bytes(&self) -> usize {
        let record = self.record;
        let varying = [&record.id, &record.session_id, &record.session_id, &record.tenant];
        varying.iter().map(|text| text.len()).sum::<usize>() + self.value.len() + HEADERS_BYTES
    }

    /// The key by which the order of a session is kept; nothing where there is none.
    pub(super) fn key(&self) -> Option<&'a [u8]> {
        let key = self.record.session_id.as_bytes();
        (!key.is_empty()).then_some(key)
    }

    /// The headers.
    pub(super) fn headers(&self, options: &Options) -> OwnedHeaders {
        let record = self.record;
        let kind = format!("seam.{}.v{SCHEMA_VERSION}", record.kind);
        let time = DateTime::from_timestamp_micros(record.time_us)
            .map(|time| time.to_rfc3339_opts(SecondsFormat::Micros, true));
        let version = SCHEMA_VERSION.to_string();
        let content_type = match options.encoding {
            Encoding::Json => "application/json",
            Encoding::OtlpProto => "application/x-protobuf",
        };
        let subject = (!record.session_id.is_empty()).then_some(&*record.session_id);
        let all = [
            ("ce_specversion", Some("1.0")),
            ("ce_id", Some(&*record.id)),
            ("ce_source", Some(options.source.as_str())),
            ("ce_type", Some(kind.as_str())),
            ("ce_subject", subject),
            ("ce_time", time.as_deref()),
            ("content-type", Some(content_type)),
            ("schema_version", Some(version.as_str())),
            ("tenant", Some(&*record.tenant)),
            ("redelivery", Some(if record.redelivery { "true" } else { "false" })),
        ];
        let there = all.into_iter().filter(|(_, value)| value.is_some());
        there.fold(OwnedHeaders::new_with_capacity(all.len()), |headers, (key, value)| {
            headers.insert(Header { key, value })
        })
    }
}

/// The time of a message, unless brokers would refuse it.
fn timestamp(time_us: i64, now_ms: i64) -> Option<i64> {
    let millis = time_us.div_euclid(1000);
    (millis > 0 && millis <= now_ms.saturating_add(AHEAD_MAX_MS)).then_some(millis)
}

fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A clock that is wrong by more than brokers allow does not cost a record its place.
    #[test]
    fn a_time_that_brokers_refuse_is_not_sent() {
        let now_ms = 1_790_000_000_000;
        for (time_us, expected) in [
            (0, None),
            (-1, None),
            (999, None),
            (1_000, Some(1)),
            (now_ms * 1_000 + 999, Some(now_ms)),
            ((now_ms + AHEAD_MAX_MS) * 1_000, Some(now_ms + AHEAD_MAX_MS)),
            ((now_ms + AHEAD_MAX_MS + 1) * 1_000, None),
            (i64::MAX, None),
        ] {
            assert_eq!(timestamp(time_us, now_ms), expected, "{time_us}");
        }
    }
}
