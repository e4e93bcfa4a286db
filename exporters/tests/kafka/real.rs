//! A real broker, read by another client (kafka-python).

use std::process::Command;
use std::time::{Duration, Instant};

use seam_exporters::http::Secret;
use seam_exporters::kafka::{Encoding, Kafka, NewTopics, Options, Sasl};
use seam_exporters::{Checked, Destination as _, Outcome, Record, Step};

use crate::broker::{Broker, Collector, PASSWORD, USER, setting};
use crate::records::{again, record, records};
use crate::stream::Stream;

const TOPIC: &str = "seam.events.v1";
/// Records of the test without faults; a million take the other client minutes.
const STORED: usize = 20_000;
const READER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/kafka/read.py");

/// One message as the other client read it.
#[derive(serde::Deserialize)]
struct Read {
    key: Option<String>,
    headers: std::collections::BTreeMap<String, String>,
    timestamp: i64,
    value: String,
}

fn python() -> Command {
    let python = setting("TEST_SEAM_PYTHON").unwrap_or_else(|| "python3".to_owned());
    let mut command = Command::new(python);
    command.arg(READER);
    command
}

fn read(broker: &Broker, topic: &str) -> Vec<Read> {
    let output = python().args([&broker.plain, topic]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn topics(options: &mut Options) {
    let settings = std::collections::BTreeMap::new();
    options.create = Some(NewTopics { partitions: 6, replication: 1, settings });
}

async fn made(broker: &Broker, topic: &str) -> Kafka {
    let mut options = Options::new(vec![broker.plain.clone()], topic);
    topics(&mut options);
    options.stall = Duration::from_secs(30);
    let kafka = Kafka::new(options).unwrap();
    let steps = kafka.set_up(false).await;
    assert!(steps.iter().all(|step| matches!(step.result, Checked::Good(_))), "{steps:?}");
    kafka
}

/// The last step, which stops where something is wrong.
async fn checked(options: Options) -> Step {
    let steps = Kafka::new(options).unwrap().check().await;
    let text = format!("{steps:?}");
    assert!(!text.contains(PASSWORD), "{text}");
    steps.last().unwrap().clone()
}

async fn is_bad(options: Options, name: &str, words: &str) {
    let step = checked(options).await;
    let Checked::Bad(text) = &step.result else { panic!("{step:?}") };
    assert_eq!(step.name, name, "{text}");
    assert!(text.contains(words), "{text}");
}

async fn is_good(options: Options) {
    let step = checked(options).await;
    assert_eq!(step.name, "read back");
    assert!(matches!(step.result, Checked::Good(_)), "{step:?}");
}

/// Sends until all is delivered, as the delivery does; gives how often something was sent again.
pub(crate) async fn deliver(kafka: &Kafka, mut left: Vec<Record>) -> usize {
    let mut rounds = 0;
    let until = Instant::now() + Duration::from_mins(3);
    loop {
        let outcomes = kafka.send(&left).await;
        let open = left.iter().zip(&outcomes).filter(|(_, outcome)| !outcome.is_delivered());
        let open: Vec<Record> = open
            .map(|(record, outcome)| {
                let bad = matches!(outcome, Outcome::Refused { .. } | Outcome::Hold { .. });
                assert!(!bad, "{outcome:?}");
                record.clone()
            })
            .collect();
        if open.is_empty() {
            return rounds;
        }
        assert!(Instant::now() < until, "it is never delivered");
        left = again(&open);
        rounds += 1;
    }
}

/// Each session's numbers, where each stands first, are its numbers in order.
fn in_order(read: &[Read], count: usize, sessions: usize) {
    let mut last = vec![None; sessions];
    let mut seen = vec![false; count];
    for message in read {
        let value: serde_json::Value = serde_json::from_str(&message.value).unwrap();
        let number = usize::try_from(value["number"].as_u64().unwrap()).unwrap();
        let session = number % sessions;
        assert_eq!(message.key.as_deref(), Some(&*format!("session-{session}")));
        if !std::mem::replace(&mut seen[number], true) {
            assert!(last[session] < Some(number), "session {session}: {number}");
            last[session] = Some(number);
        }
    }
    assert_eq!(seen.iter().filter(|seen| !**seen).count(), 0, "lost");
}

/// Guarantees: a real broker holds each record once, each session in order; another client reads
/// keys, headers, times and documents as they were sent. The check names a missing topic, the setup
/// makes it and changes nothing the second time.
#[tokio::test(flavor = "multi_thread")]
async fn a_broker_holds_everything_once() {
    let Some(broker) = Broker::start("a_broker_holds_everything_once", true) else { return };
    let mut options = Options::new(vec![broker.plain.clone()], TOPIC);
    is_bad(options.clone(), "topic", "there is no topic seam.events.v1").await;
    let held = Kafka::new(options.clone()).unwrap();
    assert!(held.probe().await.unwrap_err().contains("UnknownTopic"));
    topics(&mut options);
    let kafka = Kafka::new(options.clone()).unwrap();
    let would = kafka.set_up(true).await;
    assert!(matches!(&would[0].result, Checked::Good(text) if text.starts_with("would make")));
    is_bad(options.clone(), "topic", "there is no topic").await;
    for words in ["made", "is there"] {
        let steps = kafka.set_up(false).await;
        assert!(matches!(&steps[0].result, Checked::Good(text) if text.contains(words)));
    }
    kafka.probe().await.unwrap();
    for start in (0..STORED).step_by(5_000) {
        let outcomes = kafka.send(&records(start..start + 5_000, 50)).await;
        assert!(outcomes.iter().all(|outcome| *outcome == Outcome::Delivered));
    }
    let read = read(&broker, TOPIC);
    assert_eq!(read.len(), STORED);
    in_order(&read, STORED, 50);
    let one = record(7, 50);
    let first = read.iter().find(|read| read.headers["ce_id"] == *one.id).unwrap();
    assert_eq!(first.value.as_bytes(), one.document);
    assert_eq!(first.timestamp, one.time_us / 1000);
    assert_eq!(first.headers["ce_type"], "seam.tool_result.v1");
    assert_eq!(first.headers["ce_subject"], "session-7");
    assert_eq!(first.headers["content-type"], "application/json");
    kafka.close().await;
    is_good(options).await;
}

/// Guarantees: every way to log in works against a real broker, and the check says which part of
/// it is wrong.
#[tokio::test(flavor = "multi_thread")]
async fn every_way_in_is_taken_and_wrong_ones_are_named() {
    let Some(broker) = Broker::start("every_way_in_is_taken", true) else { return };
    made(&broker, TOPIC).await;
    let user = || (USER.to_owned(), Secret::value(PASSWORD));
    is_good(broker.with_user(TOPIC, PASSWORD)).await;
    let ((user_1, password_1), (user_2, password_2)) = (user(), user());
    let plain = Sasl::Plain { user: user_1, password: password_1 };
    is_good(broker.with_credentials(TOPIC, plain)).await;
    let scram = Sasl::ScramSha512 { user: user_2, password: password_2 };
    is_good(broker.with_credentials(TOPIC, scram)).await;
    is_bad(broker.with_user(TOPIC, "wrong"), "credentials", "Authentication").await;

    let mutual = |tls| Options { tls: Some(tls), ..Options::new(vec![broker.tls.clone()], TOPIC) };
    is_good(mutual(broker.identity())).await;
    is_bad(mutual(broker.trust()), "tls", "").await;
    let mut stranger = broker.identity();
    stranger.ca_file = stranger.certificate_file.clone();
    is_bad(mutual(stranger), "tls", "").await;
    let no_tls = Options::new(vec![broker.tls.clone()], TOPIC);
    is_bad(no_tls, "reach", "").await;
    let nobody = Options::new(vec!["127.0.0.1:9".to_owned()], TOPIC);
    is_bad(nobody, "reach", "").await;
    let no_name = Options::new(vec!["no-such-host.invalid:9092".to_owned()], TOPIC);
    is_bad(no_name, "reach", "resolve").await;

    let wrong = Kafka::new(broker.with_user(TOPIC, "wrong")).unwrap();
    let started = Instant::now();
    let outcomes = wrong.send(&records(0..10, 2)).await;
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Outcome::Hold { .. })), "{outcomes:?}");
    assert!(started.elapsed() < Duration::from_secs(30), "a wrong password is told at once");
}

/// Guarantees: a right that is missing holds, and the check names it.
#[tokio::test(flavor = "multi_thread")]
async fn missing_rights_are_named() {
    let Some(broker) = Broker::start("missing_rights_are_named", false) else { return };
    made(&broker, TOPIC).await;
    let options = broker.with_user(TOPIC, PASSWORD);
    let allow = |operation: &str| {
        let arguments = ["--rights", &broker.plain, USER, TOPIC, operation];
        let output = python().args(arguments).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    is_bad(options.clone(), "topic", "may not see").await;
    let kafka = Kafka::new(options.clone()).unwrap();
    let held = kafka.send(&records(0..5, 1)).await;
    assert!(held.iter().all(|outcome| matches!(outcome, Outcome::Hold { .. })), "{held:?}");
    allow("DESCRIBE");
    is_bad(options.clone(), "write", "needs WRITE").await;
    // A hold for that right is not released before it is there.
    let probed = kafka.probe().await;
    assert!(probed.as_ref().is_err_and(|reason| reason.contains("needs WRITE")), "{probed:?}");
    allow("WRITE");
    kafka.probe().await.unwrap();
    let step = checked(options).await;
    assert!(
        matches!(&step.result, Checked::Skipped(text) if text.contains("may not read")),
        "{step:?}"
    );
    assert_eq!(deliver(&kafka, records(0..5, 1)).await, 0);
}

/// Guarantees: a broker that is killed again and again while records are sent loses none of them,
/// and the order within a session stays.
#[tokio::test(flavor = "multi_thread")]
async fn a_killed_broker_loses_nothing() {
    let Some(mut broker) = Broker::start("a_killed_broker_loses_nothing", true) else { return };
    let kafka = made(&broker, TOPIC).await;
    let stream = Stream::start(kafka, 10);
    for _ in 0..3 {
        stream.stores(1_000).await;
        broker.kill();
        stream.is_met().await;
        broker.run().unwrap();
    }
    stream.stores(1_000).await;
    let sent = stream.end().await;
    let read = read(&broker, TOPIC);
    in_order(&read, sent, 10);
}

/// Guarantees: the OpenTelemetry Collector's Kafka receiver reads what is sent as `otlp_proto`.
#[tokio::test(flavor = "multi_thread")]
async fn a_collector_reads_otlp() {
    let test = "a_collector_reads_otlp";
    let Some(broker) = Broker::start(test, true) else { return };
    let topic = "otlp_logs";
    let mut options = Options::new(vec![broker.plain.clone()], topic);
    options.encoding = Encoding::OtlpProto;
    topics(&mut options);
    let kafka = Kafka::new(options).unwrap();
    kafka.set_up(false).await;
    let Some(collector) = Collector::start(test, &broker.plain, topic) else { return };
    let sent: Vec<Record> = (0..1_000)
        .map(|number| Record { document: crate::records::otlp(number), ..record(number, 9) })
        .collect();
    assert_eq!(deliver(&kafka, sent.clone()).await, 0);
    let until = Instant::now() + Duration::from_mins(1);
    let marker = "seam.event_id";
    while collector.events().matches(marker).count() < sent.len() {
        assert!(Instant::now() < until, "{}", collector.events().matches(marker).count());
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let events = collector.events();
    for number in 0..1_000 {
        assert_eq!(events.matches(&format!("\"number {number}\"")).count(), 1, "{number}");
    }
}
