//! How many events a request holds.

use std::io::Read as _;

use anyhow::{Context as _, bail};
use flate2::read::MultiGzDecoder;
use seam_schema::otlp::wire::{Reader, Value};
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use crate::bodies::GRPC_PREFIX_BYTES;

/// What arrived, and when.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Counted {
    pub(crate) requests: u64,
    pub(crate) events: u64,
    /// Bytes of bodies as they came.
    pub(crate) bytes: u64,
    /// Bytes of bodies without compression.
    pub(crate) plain_bytes: u64,
    /// When the first and the last request were there, microseconds since 1970.
    pub(crate) first_us: u64,
    pub(crate) last_us: u64,
}

/// What a request is read as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Hec,
    Bulk,
    Otlp,
}

impl Kind {
    /// By the path; nothing for one that takes no events.
    pub(super) fn of(path: &str, is_grpc: bool) -> Option<Self> {
        if is_grpc {
            return Some(Self::Otlp);
        }
        if path.ends_with("/_bulk") {
            return Some(Self::Bulk);
        }
        path.starts_with("/services/collector").then_some(Self::Hec)
    }
}

impl Counted {
    /// Takes note of a request.
    pub(super) fn add(&mut self, events: u64, bytes: usize, plain_bytes: usize, now_us: u64) {
        if self.requests == 0 {
            self.first_us = now_us;
        }
        self.last_us = now_us;
        self.requests += 1;
        self.events += events;
        self.bytes += bytes as u64;
        self.plain_bytes += plain_bytes as u64;
    }
}

/// A body without the compression and the frame in which it came.
pub(super) fn plain(kind: Kind, body: &[u8], gzip: bool) -> anyhow::Result<Vec<u8>> {
    let (is_packed, message) = match kind {
        Kind::Otlp => {
            let Some((frame, message)) = body.split_at_checked(GRPC_PREFIX_BYTES) else {
                bail!("a body without a frame")
            };
            (frame.first() == Some(&1), message)
        }
        Kind::Hec | Kind::Bulk => (gzip, body),
    };
    if !is_packed {
        return Ok(message.to_vec());
    }
    let mut plain = Vec::with_capacity(message.len() * 4);
    MultiGzDecoder::new(message).read_to_end(&mut plain).context("a body that is not gzip")?;
    Ok(plain)
}

/// The events in it.
pub(super) fn events(kind: Kind, plain: &[u8]) -> anyhow::Result<u64> {
    match kind {
        // A line that says what to do, and the document.
        Kind::Bulk => Ok(lines(plain) / 2),
        Kind::Hec => {
            let mut events = 0;
            for event in serde_json::Deserializer::from_slice(plain).into_iter::<IgnoredAny>() {
                event.context("an event that is not JSON")?;
                events += 1;
            }
            Ok(events)
        }
        Kind::Otlp => {
            let resources = parts(plain, 1);
            let scopes = resources.flat_map(|resource| parts(resource, 2));
            Ok(scopes.flat_map(|scope| parts(scope, 2)).count() as u64)
        }
    }
}

/// Whole lines.
pub(crate) fn lines(bytes: &[u8]) -> u64 {
    bytes.iter().map(|byte| u64::from(*byte == b'\n')).sum()
}

/// The messages in the fields of one number.
fn parts(message: &[u8], wanted: u32) -> impl Iterator<Item = &[u8]> {
    Reader::new(message).filter_map(move |(number, value)| match value {
        Value::Bytes(bytes) if number == wanted => Some(bytes),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;
    use crate::bodies::{Bodies, Shape};

    fn packed(plain: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(plain).unwrap();
        encoder.finish().unwrap()
    }

    /// Every kind is counted by its events, packed or not.
    #[test]
    fn events_are_counted_in_every_kind() {
        let bulk: &[u8] = b"{\"create\":{}}\n{\"a\":1}\n{\"create\":{}}\n{\"a\":2}\n";
        let hec: &[u8] = b"{\"event\":{\"a\":\"}{\"}}{\"event\":1}\n\n{\"event\":[]}";
        for (kind, body, expected) in [(Kind::Bulk, bulk, 2), (Kind::Hec, hec, 3)] {
            assert_eq!(plain(kind, body, false).unwrap(), body);
            let through = plain(kind, &packed(body), true).unwrap();
            assert_eq!(events(kind, &through).unwrap(), expected);
        }
        assert!(events(Kind::Hec, b"{\"event\":").is_err());
        assert!(plain(Kind::Bulk, bulk, true).is_err());
    }

    /// Records of OTLP are counted behind the frame of gRPC, whatever the flag in it says.
    #[test]
    fn records_of_otlp_are_counted() {
        let shape = Shape { record_bytes: 300, batch: 7 };
        let framed = Bodies::with_templates(shape, 1).unwrap().stamp();
        let through = plain(Kind::Otlp, &framed, false).unwrap();
        assert_eq!(events(Kind::Otlp, &through).unwrap(), 7);
        let mut frame = vec![1, 0, 0, 0, 0];
        frame.extend(packed(&through));
        assert_eq!(plain(Kind::Otlp, &frame, false).unwrap(), through);
        assert!(plain(Kind::Otlp, b"\x01", false).is_err());
    }

    /// The path says what a request is.
    #[test]
    fn requests_are_known_by_their_path() {
        assert_eq!(Kind::of("/_bulk", false), Some(Kind::Bulk));
        assert_eq!(Kind::of("/services/collector/event", false), Some(Kind::Hec));
        assert_eq!(Kind::of("/x.LogsService/Export", true), Some(Kind::Otlp));
        assert_eq!(Kind::of("/", false), None);
    }
}
