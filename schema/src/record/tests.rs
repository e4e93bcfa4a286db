//! Tests of `record`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests fail by panicking"
)]

use std::fs;
use std::path::PathBuf;

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;

use crate::event::Event;
use crate::frame::{ContentType, FrameKind, FrameMeta, Transport};
use crate::ids::{LogId, Principal, ReceivedAt, RequestDigest, Sequence, Tenant};
use crate::normalise::{FrameInput, Mapping, Rows, Wanted};
use crate::otlp::{self, Limits, Signal};
use crate::record;
use crate::table::metrics::Point;

mod hostile;

/// Microseconds since 1970 of the frames of these tests.
const RECEIVED_US: i64 = 1_795_174_500_000_000;

pub(crate) fn meta(signal: Signal, payload: &[u8]) -> FrameMeta {
    let tenant = Tenant::default();
    FrameMeta {
        kind: FrameKind::Otlp(signal),
        content_type: ContentType::Protobuf,
        transport: Transport::Grpc,
        repeat: false,
        relay: false,
        digest: RequestDigest::of(&tenant, signal, payload),
        tenant,
        principal: Principal::default(),
        peer_address: "127.0.0.1".to_owned(),
        certificate_host: String::new(),
    }
}

pub(crate) fn rows(signal: Signal, payload: &[u8]) -> Rows {
    // What a rule calls noise has to come back as well.
    rows_by(&Mapping { keep_all: true, ..Mapping::default() }, signal, payload)
}

pub(crate) fn rows_by(mapping: &Mapping, signal: Signal, payload: &[u8]) -> Rows {
    let meta = meta(signal, payload);
    let frame = FrameInput {
        log_id: LogId::from_bytes([7; 16]),
        sequence: Sequence(3),
        received_at: ReceivedAt(RECEIVED_US),
        meta: &meta,
        payload,
    };
    let mut rows = Rows::default();
    mapping.normalise(&frame, Wanted::default(), &mut rows).unwrap();
    rows
}

/// The canonical forms of what the rows of a request say.
fn stored(signal: Signal, payload: &[u8]) -> Vec<Vec<u8>> {
    let mut rows = rows(signal, payload);
    let batch = if signal == Signal::Metrics {
        rows.metrics.finish().unwrap()
    } else {
        rows.events.finish().unwrap()
    };
    let record = |row| {
        if signal == Signal::Metrics {
            record::of_point(&Point::read(&batch, row))
        } else {
            record::of_event(&Event::read(&batch, row))
        }
    };
    (0..batch.num_rows()).map(|row| record(row).unwrap()).collect()
}

/// A canonical form as text, for a reader of a failed test.
fn show(signal: Signal, bytes: &[u8]) -> String {
    fn decode<M: prost::Message + Default + std::fmt::Debug>(bytes: &[u8]) -> String {
        M::decode(bytes).map_or_else(|error| error.to_string(), |request| format!("{request:#?}"))
    }
    match signal {
        Signal::Logs => decode::<ExportLogsServiceRequest>(bytes),
        Signal::Traces => decode::<ExportTraceServiceRequest>(bytes),
        Signal::Metrics => decode::<ExportMetricsServiceRequest>(bytes),
    }
}

pub(crate) fn assert_round_trip(signal: Signal, payload: &[u8], what: &str) -> usize {
    let (sent, stored) = (record::of_request(signal, payload), stored(signal, payload));
    assert_eq!(sent.len(), stored.len(), "{what}: as many rows as records");
    for (index, (one, other)) in sent.iter().zip(&stored).enumerate() {
        if one != other {
            let (one, other) = (show(signal, one), show(signal, other));
            let differing = one.lines().zip(other.lines()).filter(|(one, other)| one != other);
            let lines: Vec<_> = differing.take(20).collect();
            panic!("{what}: record {index} differs: {lines:#?}");
        }
    }
    sent.len()
}

/// Every request of every capture: its name, its signal, its protobuf bytes.
pub(crate) fn captures() -> Vec<(String, Signal, Vec<u8>)> {
    let root = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/fixtures/captures"));
    let mut all = Vec::new();
    for folder in fs::read_dir(root).unwrap() {
        let folder = folder.unwrap().path();
        let Ok(files) = fs::read_dir(&folder) else { continue };
        for file in files {
            let path = file.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            let part = |signal: &str| name.contains(&format!("-{signal}-"));
            let found = Signal::ALL.into_iter().find(|signal| part(signal.as_str()));
            let Some(signal) = found else { continue };
            let bytes = fs::read(&path).unwrap();
            let bytes = if path.extension().is_some_and(|extension| extension == "json") {
                otlp::transcode(signal, &bytes, &Limits::default()).unwrap()
            } else {
                bytes
            };
            all.push((path.display().to_string(), signal, bytes));
        }
    }
    all.sort_by(|one, other| one.0.cmp(&other.0));
    all
}

/// Every record, span, span event and data point of every capture comes back from its row as it
/// was sent.
#[test]
fn captures_round_trip() {
    let captures = captures();
    assert!(captures.len() > 100, "the captures are there");
    let records: usize = captures
        .iter()
        .map(|(name, signal, payload)| assert_round_trip(*signal, payload, name))
        .sum();
    assert!(records > 20_000, "{records}");
}
