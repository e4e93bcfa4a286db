//! Everything in this module held against `prost`: requests are generated field by
//! field, with all that the wire allows (pieces, repeats, unknown fields, groups,
//! packed or not), decoded by `prost`, and must look the same through the views.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests fail by panicking"
)]

mod captures;
mod differential;
mod merging;
mod owned;
mod owned_metrics;
mod render;
mod tape;

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message as _;

use super::{LogsRequest, MetricsRequest, Signal, TracesRequest};

pub(super) use render::{Style, render};
pub(super) use tape::Tape;

/// The canonical encoding of what `prost` reads in `bytes`.
pub(super) fn reencode(signal: Signal, bytes: &[u8]) -> Result<Vec<u8>, prost::DecodeError> {
    Ok(match signal {
        Signal::Logs => ExportLogsServiceRequest::decode(bytes)?.encode_to_vec(),
        Signal::Traces => ExportTraceServiceRequest::decode(bytes)?.encode_to_vec(),
        Signal::Metrics => ExportMetricsServiceRequest::decode(bytes)?.encode_to_vec(),
    })
}

/// The same, with what the views do not tell apart made equal: an absent resource,
/// scope or attribute value is an empty one.
fn decoded(signal: Signal, bytes: &[u8]) -> Result<Vec<u8>, prost::DecodeError> {
    Ok(match signal {
        Signal::Logs => {
            let mut request = ExportLogsServiceRequest::decode(bytes)?;
            owned::normalise_logs(&mut request);
            request.encode_to_vec()
        }
        Signal::Traces => {
            let mut request = ExportTraceServiceRequest::decode(bytes)?;
            owned::normalise_traces(&mut request);
            request.encode_to_vec()
        }
        Signal::Metrics => {
            let mut request = ExportMetricsServiceRequest::decode(bytes)?;
            owned_metrics::normalise(&mut request);
            request.encode_to_vec()
        }
    })
}

/// What the views show in `bytes`, encoded by `prost`.
fn viewed(signal: Signal, bytes: &[u8]) -> Vec<u8> {
    match signal {
        Signal::Logs => owned::logs(LogsRequest::new(bytes)).encode_to_vec(),
        Signal::Traces => owned::traces(TracesRequest::new(bytes)).encode_to_vec(),
        Signal::Metrics => owned_metrics::metrics(MetricsRequest::new(bytes)).encode_to_vec(),
    }
}
