//! Faults, against the mock cluster of librdkafka.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::time::Duration;

use rdkafka::mocking::MockCluster;
use rdkafka::producer::DefaultProducerContext;
use rdkafka::types::{RDKafkaApiKey, RDKafkaRespErr as Error};
use seam_exporters::kafka::{Kafka, Options};
use seam_exporters::{Destination as _, Outcome, Record};
use seam_tests::topic::{Stored, first_by_session, read};
use sha2::{Digest as _, Sha256};

use crate::records::{again, record, records};
use crate::stream::Stream;

const TOPIC: &str = "seam.events.v1";
const SESSIONS: usize = 7;

struct Cluster {
    mock: MockCluster<'static, DefaultProducerContext>,
}

impl Cluster {
    fn start(brokers: i32, partitions: i32) -> Self {
        let mock = MockCluster::new(brokers).unwrap();
        mock.create_topic(TOPIC, partitions, brokers.min(3)).unwrap();
        Self { mock }
    }

    fn kafka(&self) -> Kafka {
        self.kafka_with(|_| {})
    }

    fn kafka_with(&self, change: impl FnOnce(&mut Options)) -> Kafka {
        let mut options = Options::new(vec![self.mock.bootstrap_servers()], TOPIC);
        options.stall = Duration::from_secs(20);
        change(&mut options);
        Kafka::new(options).unwrap()
    }

    fn fail(&self, errors: &[Error]) {
        self.mock.request_errors(RDKafkaApiKey::Produce, errors);
    }

    fn stored(&self) -> Vec<Stored> {
        read(&self.mock.bootstrap_servers(), TOPIC)
    }
}

fn all_delivered(outcomes: &[Outcome]) {
    let bad: Vec<_> = outcomes.iter().filter(|outcome| **outcome != Outcome::Delivered).collect();
    assert!(bad.is_empty(), "{} of {}: {:?}", bad.len(), outcomes.len(), bad.first());
}

/// Every record is there, in the order of its session, told by where it stands first.
fn in_order(stored: &[Stored], sent: &[Record]) {
    let mut expected = std::collections::BTreeMap::<String, Vec<String>>::new();
    for record in sent {
        expected.entry(record.session_id.to_string()).or_default().push(record.id.to_string());
    }
    assert_eq!(first_by_session(stored), expected);
}

/// Guarantees: each record stands once in the topic, in the order of its session, with the
/// document as it is and its envelope in the headers.
#[tokio::test(flavor = "multi_thread")]
async fn records_are_stored_once_and_in_order() {
    let cluster = Cluster::start(3, 4);
    let kafka = cluster.kafka();
    let sent = records(0..2_000, SESSIONS);
    all_delivered(&kafka.send(&sent).await);
    let stored = cluster.stored();
    assert_eq!(stored.len(), sent.len());
    in_order(&stored, &sent);
    let first = stored.iter().find(|stored| stored.id() == &*sent[0].id).unwrap();
    assert_eq!(first.value, sent[0].document);
    assert_eq!(first.key.as_deref(), Some("session-0"));
    assert_eq!(first.timestamp, Some(sent[0].time_us / 1000));
    let headers: Vec<_> = first.headers.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    assert_eq!(
        headers,
        [
            ("ce_id", "000000000000000000000000-0"),
            ("ce_source", "seam"),
            ("ce_specversion", "1.0"),
            ("ce_subject", "session-0"),
            ("ce_time", "2026-09-21T14:13:20.000000Z"),
            ("ce_type", "seam.tool_result.v1"),
            ("content-type", "application/json"),
            ("redelivery", "false"),
            ("schema_version", "1"),
            ("tenant", "acme"),
        ]
    );
    kafka.close().await;
}

/// A record without a session has no key, and the header says a resend.
#[tokio::test(flavor = "multi_thread")]
async fn without_a_session_there_is_no_key() {
    let cluster = Cluster::start(1, 1);
    let one = Record { session_id: "".into(), redelivery: true, ..record(1, 1) };
    all_delivered(&cluster.kafka().send(&[one]).await);
    let stored = cluster.stored();
    assert_eq!(stored[0].key, None);
    assert!(!stored[0].headers.contains_key("ce_subject"));
    assert_eq!(stored[0].headers["redelivery"], "true");
}

/// What a producer can try again by itself is not seen outside, and doubles nothing.
#[tokio::test(flavor = "multi_thread")]
async fn passing_errors_are_tried_again_inside() {
    let cluster = Cluster::start(3, 2);
    cluster.fail(&[
        Error::RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS,
        Error::RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
        Error::RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT,
        Error::RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS,
    ]);
    let sent = records(0..500, SESSIONS);
    all_delivered(&cluster.kafka().send(&sent).await);
    let stored = cluster.stored();
    assert_eq!(stored.len(), sent.len());
    in_order(&stored, &sent);
}

/// Brokers that are down for less than the stall lose nothing, and the order stays.
#[tokio::test(flavor = "multi_thread")]
async fn a_short_outage_is_waited_for() {
    let cluster = Cluster::start(1, 3);
    let stream = Stream::start(cluster.kafka(), SESSIONS);
    stream.stores(300).await;
    cluster.mock.broker_down(1).unwrap();
    stream.is_met().await;
    cluster.mock.broker_up(1).unwrap();
    stream.stores(300).await;
    let sent = records(0..stream.end().await, SESSIONS);
    in_order(&cluster.stored(), &sent);
}

/// Guarantees: brokers that stay down keep no record: all of them come back as not delivered, and
/// sent again they stand there, in order.
#[tokio::test(flavor = "multi_thread")]
async fn a_long_outage_gives_everything_back() {
    let cluster = Cluster::start(1, 3);
    let kafka = cluster.kafka_with(|options| options.stall = Duration::from_secs(2));
    all_delivered(&kafka.send(&records(0..10, SESSIONS)).await);
    cluster.mock.broker_down(1).unwrap();
    let sent = records(10..200, SESSIONS);
    let outcomes = kafka.send(&sent).await;
    let back =
        |outcome: &Outcome| matches!(outcome, Outcome::Retry { .. } | Outcome::Ambiguous { .. });
    assert!(outcomes.iter().all(back), "{outcomes:?}");
    cluster.mock.broker_up(1).unwrap();
    all_delivered(&kafka.send(&again(&sent)).await);
    in_order(&cluster.stored(), &records(0..200, SESSIONS));
}

/// Guarantees: an error that ends a producer loses nothing: a new one takes what is sent again.
#[tokio::test(flavor = "multi_thread")]
async fn a_fatal_error_makes_a_new_producer() {
    for error in [
        Error::RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER,
        Error::RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH,
        Error::RD_KAFKA_RESP_ERR_UNKNOWN_PRODUCER_ID,
    ] {
        let cluster = Cluster::start(1, 1);
        let kafka = cluster.kafka();
        all_delivered(&kafka.send(&records(0..10, SESSIONS)).await);
        cluster.fail(&[error]);
        let sent = records(10..100, SESSIONS);
        let outcomes = kafka.send(&sent).await;
        let left: Vec<_> = sent
            .iter()
            .zip(&outcomes)
            .filter(|(_, outcome)| !outcome.is_delivered())
            .map(|(record, outcome)| {
                let back = matches!(outcome, Outcome::Ambiguous { .. } | Outcome::Retry { .. });
                assert!(back, "{error:?}: {outcome:?}");
                record.clone()
            })
            .collect();
        all_delivered(&kafka.send(&again(&left)).await);
        in_order(&cluster.stored(), &records(0..100, SESSIONS));
    }
}

/// Guarantees: of a batch that a broker refuses only the bad record is refused; the others arrive,
/// once and in order.
#[tokio::test(flavor = "multi_thread")]
async fn a_bad_record_is_found() {
    for error in
        [Error::RD_KAFKA_RESP_ERR_INVALID_RECORD, Error::RD_KAFKA_RESP_ERR_POLICY_VIOLATION]
    {
        let cluster = Cluster::start(1, 1);
        let kafka = cluster.kafka();
        // The whole request, then the first of those that are sent alone.
        cluster.fail(&[error, error]);
        let sent = records(0..200, SESSIONS);
        let outcomes = kafka.send(&sent).await;
        assert!(matches!(outcomes[0], Outcome::Refused { .. }), "{error:?}: {:?}", outcomes[0]);
        all_delivered(&outcomes[1..]);
        let stored = cluster.stored();
        assert_eq!(stored.len(), 199, "{error:?}");
        in_order(&stored, &sent[1..]);
        // The next batch goes as any other.
        all_delivered(&kafka.send(&records(200..300, SESSIONS)).await);
    }
}

/// A time that the topic does not allow stands in the header alone.
#[tokio::test(flavor = "multi_thread")]
async fn a_time_that_is_refused_is_left_out() {
    let cluster = Cluster::start(1, 1);
    cluster.fail(&[Error::RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP]);
    let sent = records(0..5, 1);
    all_delivered(&cluster.kafka().send(&sent).await);
    let stored = cluster.stored();
    in_order(&stored, &sent);
    for (message, record) in stored.iter().zip(&sent) {
        assert_ne!(message.timestamp, Some(record.time_us / 1000));
        assert!(message.headers["ce_time"].starts_with("2026-09-21T14:13:20"));
    }
}

/// Guarantees: a document that is too large is never cut: a reference with its digest goes, and
/// says where it is.
#[tokio::test(flavor = "multi_thread")]
async fn a_large_document_goes_as_a_reference() {
    let cluster = Cluster::start(1, 1);
    let kafka = cluster.kafka();
    let mut sent = records(0..3, 1);
    sent[1].document = vec![b'x'; 950_000].into();
    all_delivered(&kafka.send(&sent).await);
    let stored = cluster.stored();
    in_order(&stored, &sent);
    let value: serde_json::Value = serde_json::from_slice(&stored[1].value).unwrap();
    let mut digest = String::new();
    for byte in Sha256::digest(&sent[1].document) {
        write!(digest, "{byte:02x}").unwrap();
    }
    assert_eq!(value["body_ref"]["sha256"], digest);
    assert_eq!(value["body_ref"]["len"], 950_000);
    assert_eq!(value["body_ref"]["uri"], format!("seam:acme/events/{}", sent[1].id));
    assert_eq!(value["truncated"], true);
    assert_eq!(value["event_id"], &*sent[1].id);
}

/// A topic that takes less than the options say gets references for what it refuses.
#[tokio::test(flavor = "multi_thread")]
async fn a_topic_that_takes_less_gets_a_reference() {
    let cluster = Cluster::start(1, 1);
    let too_large = Error::RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE;
    cluster.fail(&[too_large, too_large]);
    let sent = records(0..20, SESSIONS);
    all_delivered(&cluster.kafka().send(&sent).await);
    let stored = cluster.stored();
    let ids: BTreeSet<_> = stored.iter().map(Stored::id).collect();
    assert_eq!((stored.len(), ids.len()), (20, 20));
    let references = stored.iter().filter(|stored| {
        let value: serde_json::Value = serde_json::from_slice(&stored.value).unwrap();
        value["body_ref"].is_object()
    });
    assert_eq!(references.count(), 1);
}

/// Guarantees: what somebody has to put right holds everything and refuses nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_missing_right_holds() {
    for error in [
        Error::RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED,
        Error::RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED,
    ] {
        let cluster = Cluster::start(1, 1);
        let kafka = cluster.kafka();
        cluster.fail(&[error]);
        let sent = records(0..100, SESSIONS);
        let outcomes = kafka.send(&sent).await;
        let held = outcomes.iter().filter(|outcome| matches!(outcome, Outcome::Hold { .. }));
        assert!(held.count() > 0, "{error:?}: {outcomes:?}");
        let refused = outcomes.iter().filter(|outcome| matches!(outcome, Outcome::Refused { .. }));
        assert_eq!(refused.count(), 0, "{error:?}");
        let left: Vec<_> = sent
            .iter()
            .zip(&outcomes)
            .filter(|(_, outcome)| !outcome.is_delivered())
            .map(|(record, _)| record.clone())
            .collect();
        kafka.probe().await.unwrap();
        all_delivered(&kafka.send(&again(&left)).await);
        in_order(&cluster.stored(), &sent);
    }
}

/// A sending that nobody waits for any more leaves the destination fit for the next.
#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_sending_harms_nothing() {
    let cluster = Cluster::start(1, 1);
    let kafka = cluster.kafka();
    cluster.mock.broker_down(1).unwrap();
    let sent = records(0..100, SESSIONS);
    let limit = Duration::from_millis(300);
    assert!(tokio::time::timeout(limit, kafka.send(&sent)).await.is_err());
    cluster.mock.broker_up(1).unwrap();
    all_delivered(&kafka.send(&again(&sent)).await);
    in_order(&cluster.stored(), &sent);
}
