//! Tests of `drive`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests fail by panicking"
)]

use std::collections::HashSet;

use opentelemetry_proto::tonic::collector::logs::v1::{
    ExportLogsPartialSuccess, ExportLogsServiceRequest, ExportLogsServiceResponse,
};
use prost::Message as _;

use super::*;
use crate::baseline::Journal;
use crate::bodies::Shape;
use crate::stub::{Reply, Stub};

fn plan(target: Target, requests: u64) -> Plan {
    let extent = Extent::Requests(requests);
    Plan { target, connections: 2, in_flight: 8, threads: 1, rate: Rate::Closed, extent }
}

fn bodies() -> Arc<Bodies> {
    Arc::new(Bodies::with_templates(Shape { record_bytes: 300, batch: 16 }, 20).unwrap())
}

fn records(stub: &Stub) -> usize {
    let decoded =
        stub.bodies().into_iter().map(|body| ExportLogsServiceRequest::decode(body).unwrap());
    decoded
        .flat_map(|r| r.resource_logs)
        .flat_map(|r| r.scope_logs)
        .map(|s| s.log_records.len())
        .sum()
}

/// Over either protocol every request arrives once, whole and unlike the others, and is counted once.
#[tokio::test]
async fn every_request_arrives_once_and_is_counted_once() {
    for grpc in [true, false] {
        let (stub, address) = Stub::serve([]).await;
        let target = if grpc { Target::Grpc(address) } else { Target::Http(address) };
        let driven = run(&plan(target, 100), &bodies()).await.unwrap();
        assert_eq!((driven.tally.requests, driven.tally.events), (100, 1_600));
        assert_eq!(records(&stub), 1_600);
        assert_eq!(stub.bodies().into_iter().collect::<HashSet<_>>().len(), 100);
        assert!(driven.tally.refused.is_empty());
    }
}

/// An open loop sends as many requests as its schedule has.
#[tokio::test]
async fn an_open_loop_sends_its_schedule() {
    let (stub, address) = Stub::serve([]).await;
    let open = Plan { rate: Rate::Open(2_000.0), ..plan(Target::Grpc(address), 60) };
    let driven = run(&open, &bodies()).await.unwrap();
    assert_eq!(driven.tally.requests, 60);
    assert_eq!(stub.bodies().len(), 60);
}

/// A refusal that may be retried is counted by its code, and the same body goes again until acknowledged.
#[tokio::test]
async fn refused_bodies_are_sent_again() {
    for (grpc, code, name) in [(true, 14, "grpc 14"), (false, 503, "http 503")] {
        let (stub, address) = Stub::serve([Reply::Code(code), Reply::Code(code)]).await;
        let target = if grpc { Target::Grpc(address) } else { Target::Http(address) };
        let driven = run(&plan(target, 10), &bodies()).await.unwrap();
        assert_eq!(driven.tally.refused[name], 2);
        assert_eq!((driven.tally.retried, driven.tally.given_up, driven.tally.events), (2, 0, 160));
        assert_eq!(stub.bodies().len(), 12);
        assert_eq!(stub.bodies().into_iter().collect::<HashSet<_>>().len(), 10);
    }
}

/// A refusal for good is not retried and never counts as acknowledged.
#[tokio::test]
async fn a_refusal_for_good_is_given_up() {
    for (grpc, code) in [(true, 3), (false, 400)] {
        let (stub, address) = Stub::serve([Reply::Code(code)]).await;
        let target = if grpc { Target::Grpc(address) } else { Target::Http(address) };
        let driven = run(&plan(target, 10), &bodies()).await.unwrap();
        assert_eq!((driven.tally.requests, driven.tally.events), (9, 144));
        assert_eq!((driven.tally.retried, driven.tally.given_up), (0, 1));
        assert_eq!(stub.bodies().len(), 10);
    }
}

/// Records refused by partial success are not counted as acknowledged.
#[tokio::test]
async fn partial_success_is_subtracted() {
    let partial =
        ExportLogsPartialSuccess { rejected_log_records: 5, error_message: String::new() };
    let message = ExportLogsServiceResponse { partial_success: Some(partial) }.encode_to_vec();
    for grpc in [true, false] {
        let (_stub, address) = Stub::serve([Reply::Ok(message.clone())]).await;
        let target = if grpc { Target::Grpc(address) } else { Target::Http(address) };
        let driven = run(&plan(target, 10), &bodies()).await.unwrap();
        assert_eq!((driven.tally.events, driven.tally.rejected_events), (155, 5));
    }
}

/// A connection nobody answers on ends the run with an error: there are no figures of half a run.
#[tokio::test]
async fn a_broken_connection_ends_the_run() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { while listener.accept().await.is_ok() {} });
    for target in [Target::Grpc(address), Target::Http(address)] {
        assert!(run(&plan(target, 1), &bodies()).await.is_err());
    }
}

/// The reference runs under the same loop as a server.
#[tokio::test]
async fn the_reference_acknowledges_too() {
    let parent = tempfile::tempdir().unwrap();
    let journal = Journal::create(parent.path(), 8 << 20).unwrap();
    let driven = run(&plan(Target::Journal(journal), 40), &bodies()).await.unwrap();
    assert_eq!(driven.tally.events, 640);
}
