//! What an answer does to records.

use std::time::Duration;

use seam_exporters::otlp::{Options, Otlp, Protocol};
use seam_exporters::{Destination as _, Outcome};
use seam_schema::vocabulary::RecordSignal;
use tonic::Code;

use crate::events::{logs, numbered, record_of};
use crate::server::{Play, Server};

const BOTH: [Protocol; 2] = [Protocol::Grpc, Protocol::Http];

fn otlp(server: &Server, protocol: Protocol) -> Otlp {
    Otlp::new(Options::new(&server.url(), protocol)).unwrap()
}

fn kind(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Delivered => "delivered",
        Outcome::Duplicate => "duplicate",
        Outcome::Retry { .. } => "retry",
        Outcome::Refused { .. } => "refused",
        Outcome::Hold { .. } => "hold",
        Outcome::Ambiguous { .. } => "ambiguous",
    }
}

/// Guarantees: logs, spans and span events of a batch arrive once each, over both protocols.
#[tokio::test]
async fn everything_arrives_once() {
    for protocol in BOTH {
        let server = Server::start().await;
        let mut records = logs(0..500);
        for number in 500..900 {
            let signal =
                if number % 2 == 0 { RecordSignal::Traces } else { RecordSignal::SpanEvent };
            records.push(record_of(number, &numbered(number, signal)));
        }
        let outcomes = otlp(&server, protocol).send(&records).await;
        assert!(outcomes.iter().all(|outcome| *outcome == Outcome::Delivered));
        let taken = server.taken();
        assert_eq!(taken.len(), 900);
        assert!(records.iter().all(|record| taken[&*record.id] == 1));
        assert_eq!(server.requests(), 2, "one request a signal");
    }
}

/// Guarantees: every answer of the specification's tables keeps every record: only what is wrong
/// by itself is refused, and nothing the server says becomes part of a reason.
#[tokio::test]
async fn every_answer_has_its_outcome() {
    let wait = Some(Duration::from_secs(7));
    for (play, expected) in [
        (Play::Grpc(Code::Cancelled, None), "ambiguous"),
        (Play::Grpc(Code::Unknown, None), "ambiguous"),
        (Play::Grpc(Code::InvalidArgument, None), "refused"),
        (Play::Grpc(Code::DeadlineExceeded, None), "ambiguous"),
        (Play::Grpc(Code::NotFound, None), "hold"),
        (Play::Grpc(Code::AlreadyExists, None), "refused"),
        (Play::Grpc(Code::PermissionDenied, None), "hold"),
        (Play::Grpc(Code::ResourceExhausted, None), "retry"),
        (Play::Grpc(Code::ResourceExhausted, wait), "retry"),
        (Play::Grpc(Code::FailedPrecondition, None), "hold"),
        (Play::Grpc(Code::Aborted, None), "retry"),
        (Play::Grpc(Code::OutOfRange, None), "retry"),
        (Play::Grpc(Code::Unimplemented, None), "hold"),
        (Play::Grpc(Code::Internal, None), "ambiguous"),
        (Play::Grpc(Code::Unavailable, wait), "retry"),
        (Play::Grpc(Code::DataLoss, None), "ambiguous"),
        (Play::Grpc(Code::Unauthenticated, None), "hold"),
        (Play::Http(302, None), "hold"),
        (Play::Http(400, None), "refused"),
        (Play::Http(401, None), "hold"),
        (Play::Http(403, None), "hold"),
        (Play::Http(404, None), "hold"),
        (Play::Http(408, None), "ambiguous"),
        (Play::Http(413, None), "refused"),
        (Play::Http(429, Some(7)), "retry"),
        (Play::Http(500, None), "ambiguous"),
        (Play::Http(502, None), "ambiguous"),
        (Play::Http(503, Some(7)), "retry"),
        (Play::Http(504, None), "ambiguous"),
    ] {
        let protocol = if matches!(play, Play::Grpc(..)) { Protocol::Grpc } else { Protocol::Http };
        let asks_to_wait = matches!(play, Play::Grpc(_, Some(_)) | Play::Http(_, Some(_)));
        let server = Server::start().await;
        server.play([play.clone()]);
        let outcomes = otlp(&server, protocol).send(&logs(0..1)).await;
        assert_eq!(kind(&outcomes[0]), expected, "{play:?}: {outcomes:?}");
        assert!(!format!("{outcomes:?}").contains("secret"), "{outcomes:?}");
        if let Outcome::Retry { after, .. } = &outcomes[0] {
            assert_eq!(*after, asks_to_wait.then_some(Duration::from_secs(7)), "{play:?}");
        }
        assert!(server.taken().is_empty());
    }
}

/// Guarantees: a success that is no response of OTLP, as a load balancer gives it, delivers nothing;
/// one in JSON is read as one in protobuf.
#[tokio::test]
async fn a_success_has_to_be_a_response() {
    let json = Some("application/json");
    for (kind, body, expected) in [
        (None, b"".to_vec(), ["delivered"; 2]),
        (Some("text/plain"), b"200 ok".to_vec(), ["ambiguous"; 2]),
        (json, br#"{"status":"ok"}"#.to_vec(), ["ambiguous"; 2]),
        (json, br#"{"partialSuccess":{}}"#.to_vec(), ["delivered"; 2]),
        (json, br#"{"partialSuccess":{"rejectedLogRecords":"2"}}"#.to_vec(), ["refused"; 2]),
        (None, vec![0; 2 << 20], ["ambiguous"; 2]),
        // More than were sent: a server that counts something else.
        (None, vec![0x0a, 2, 0x08, 9], ["ambiguous"; 2]),
    ] {
        let server = Server::start().await;
        let said = String::from_utf8_lossy(&body[..body.len().min(60)]).into_owned();
        server.play([Play::Says(kind, body)]);
        let outcomes = otlp(&server, Protocol::Http).send(&logs(0..2)).await;
        assert_eq!(outcomes.iter().map(self::kind).collect::<Vec<_>>(), expected, "{said}");
    }
}

/// Guarantees: a record is refused only by the answer to a request of such records alone: a server
/// that refuses another record each time has none of them refused on a reckoning.
#[tokio::test]
async fn counts_have_to_add_up() {
    let says = |rejected: u8| Play::Says(None, vec![0x0a, 2, 0x08, rejected]);
    for (counts, expected) in [
        // One of both is refused, then none: they are there.
        ([1, 0, 0], ["delivered"; 2]),
        ([1, 1, 0], ["refused", "delivered"]),
        ([1, 0, 1], ["delivered", "refused"]),
        // Now both are, though one was taken.
        ([1, 1, 1], ["ambiguous"; 2]),
    ] {
        let server = Server::start().await;
        server.play(counts.map(says));
        let outcomes = otlp(&server, Protocol::Http).send(&logs(0..2)).await;
        assert_eq!(outcomes.iter().map(kind).collect::<Vec<_>>(), expected, "{counts:?}");
        assert_eq!(server.requests(), 3, "{counts:?}");
    }
}

/// A connection that ends after the server took the records leaves them unknown; sent again they
/// are there twice under the same id. Nobody at the address: nothing can have arrived.
#[tokio::test]
async fn what_has_no_answer_is_unknown() {
    for protocol in BOTH {
        let server = Server::start().await;
        let otlp_ = otlp(&server, protocol);
        server.play([Play::ResetAfterTaking]);
        let outcomes = otlp_.send(&logs(0..20)).await;
        assert!(outcomes.iter().all(|outcome| kind(outcome) == "ambiguous"), "{outcomes:?}");
        let outcomes = otlp_.send(&logs(0..20)).await;
        assert!(outcomes.iter().all(|outcome| *outcome == Outcome::Delivered), "{outcomes:?}");
        assert!(server.taken().values().all(|count| *count == 2));

        let mut options = Options::new("http://127.0.0.1:9", protocol);
        let outcomes = Otlp::new(options.clone()).unwrap().send(&logs(0..2)).await;
        assert!(outcomes.iter().all(|outcome| kind(outcome) == "retry"), "{outcomes:?}");

        server.play([Play::Silence]);
        options.server.url = server.url();
        options.server.request_timeout = Duration::from_millis(300);
        let outcomes = Otlp::new(options).unwrap().send(&logs(0..2)).await;
        assert!(outcomes.iter().all(|outcome| kind(outcome) == "ambiguous"), "{outcomes:?}");
    }
}

/// What is no document of OTLP is refused alone.
#[tokio::test]
async fn another_format_is_refused() {
    let server = Server::start().await;
    let mut records = logs(0..3);
    records[1].document = "{}".into();
    let outcomes = otlp(&server, Protocol::Grpc).send(&records).await;
    assert_eq!(
        outcomes.iter().map(kind).collect::<Vec<_>>(),
        ["delivered", "refused", "delivered"]
    );
}
