//! Goes to the brokers and back: address, TLS, credentials, topics, a canary written and read.

use std::time::{Duration, Instant};

use rdkafka::config::FromClientConfigAndContext as _;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::message::{Header, Message as _, OwnedHeaders};
use rdkafka::producer::BaseRecord;
use rdkafka::types::RDKafkaErrorCode;
use rdkafka::{Offset, TopicPartitionList};

use super::look::{self, Blind, PATIENCE, Seen};
use super::options::{Encoding, Options};
use super::producer::{Context, Producer, started};
use super::report::{Report, Reports};
use super::{class, context, settings};
use crate::destination::{Checked, Step};
use crate::otlp;

/// How long a broker may take to refuse the right to write, once it has told of the topic.
const RIGHT_WITHIN: Duration = Duration::from_secs(2);
/// How long one poll for the canary takes.
const POLL: Duration = Duration::from_millis(100);

/// Whether sending may be tried again.
pub(super) async fn may_send(options: &Options) -> Result<(), String> {
    let producer = look::producer(options).map_err(|blind| blind.to_string())?;
    for topic in topics(options) {
        let seen = look::at(&producer, topic).await.map_err(|blind| blind.to_string())?;
        seen.topic.map_err(|code| format!("topic {topic}: {}", class::told(code)))?;
    }
    let refused = no_right(&producer).await;
    producer.end(Duration::ZERO).await;
    refused.map_or(Ok(()), |(code, words)| Err(format!("{}; {words}", denied(code))))
}

/// Why the producer may write to no topic at all, if that is so. It asks by itself, for the id that it
/// writes with; a refusal ends it, and that it is let in nobody says.
async fn no_right(producer: &Producer) -> Option<(RDKafkaErrorCode, String)> {
    let fatal = async {
        loop {
            if let Some(fatal) = producer.fatal() {
                return fatal;
            }
            producer.said().changed().await;
        }
    };
    tokio::time::timeout(RIGHT_WITHIN, fatal).await.ok()
}

/// The topics that records go to.
pub(super) fn topics(options: &Options) -> impl Iterator<Item = &str> {
    let traces = options.traces_topic.as_deref().filter(|_| options.encoding != Encoding::Json);
    std::iter::once(options.topic.as_str()).chain(traces)
}

/// All steps; none after one that is bad.
pub(super) async fn run(options: &Options) -> Vec<Step> {
    let mut steps = Vec::new();
    let producer = match look::producer(options) {
        Ok(producer) => producer,
        Err(blind) => return vec![bad("settings", blind.to_string())],
    };
    for topic in topics(options) {
        if !steps_of(options, &producer, topic, &mut steps).await {
            break;
        }
    }
    producer.end(Duration::ZERO).await;
    steps
}

async fn steps_of(
    options: &Options,
    producer: &Producer,
    topic: &str,
    steps: &mut Vec<Step>,
) -> bool {
    let seen = look::at(producer, topic).await;
    if steps.is_empty() {
        steps.extend(connected(options, seen.as_ref()));
    }
    let Ok(seen) = seen else { return false };
    let found = match seen.topic {
        Ok(found) => found,
        Err(code) => {
            steps.push(bad("topic", no_topic(topic, code)));
            return false;
        }
    };
    let text = format!("{topic}: {} partitions, {} replicas", found.partitions, found.replicas);
    steps.push(good("topic", text));
    let (partition, offset) = match write(producer, options, topic).await {
        Ok(place) => place,
        Err(reason) => {
            steps.push(bad("write", format!("{topic}: {reason}")));
            return false;
        }
    };
    steps.push(good("write", format!("a canary stands in {topic}, {partition} at {offset}")));
    let read = read_back(options.clone(), topic.to_owned(), partition, offset);
    steps.push(Step { name: "read back", result: read.await });
    true
}

/// The steps up to the first answer.
fn connected(options: &Options, seen: Result<&Seen, &Blind>) -> Vec<Step> {
    let mut steps = Vec::new();
    let reached = match seen {
        Ok(seen) => format!("{} brokers", seen.brokers),
        Err(Blind::Options(text)) => return vec![bad("settings", text.clone())],
        Err(Blind::Reach(text)) => return vec![bad("reach", text.clone())],
        Err(Blind::Tls(_) | Blind::Credentials(_)) => "somebody answers".to_owned(),
    };
    steps.push(good("reach", reached));
    match (seen, &options.tls) {
        (Err(Blind::Tls(text)), _) => {
            steps.push(bad("tls", text.clone()));
            return steps;
        }
        (_, Some(_)) => steps.push(good("tls", "the server proved its name".to_owned())),
        (_, None) => steps.push(skipped("tls", "no tls is configured")),
    }
    steps.push(match (seen, &options.sasl) {
        (Err(blind), _) => bad("credentials", blind.to_string()),
        (Ok(_), Some(_)) => good("credentials", "they were taken".to_owned()),
        (Ok(_), None) => skipped("credentials", "no user is configured"),
    });
    steps
}

fn no_topic(topic: &str, code: RDKafkaErrorCode) -> String {
    match code {
        RDKafkaErrorCode::UnknownTopicOrPartition | RDKafkaErrorCode::UnknownTopic => format!(
            "there is no topic {topic}; look at its name, or have the setup make it (`create`)"
        ),
        RDKafkaErrorCode::TopicAuthorizationFailed => {
            format!("this user may not see the topic {topic}; it needs DESCRIBE and WRITE")
        }
        other => format!("{topic}: {}", class::told(other)),
    }
}

/// Writes a canary and waits until all replicas in sync have it.
async fn write(producer: &Producer, options: &Options, topic: &str) -> Result<(i32, i64), String> {
    let value = match options.encoding {
        Encoding::Json => br#"{"kind":"check","truncated":false}"#.to_vec().into(),
        Encoding::OtlpProto => otlp::note("seam.check", 0, &[("seam.kind", "check")]),
    };
    let reports = Reports::new(1);
    let headers = OwnedHeaders::new()
        .insert(Header { key: "ce_specversion", value: Some("1.0") })
        .insert(Header { key: "ce_id", value: Some("check") })
        .insert(Header { key: "ce_source", value: Some(options.source.as_str()) })
        .insert(Header { key: "ce_type", value: Some("seam.check.v1") });
    let record = BaseRecord::with_opaque_to(topic, Box::new(reports.ticket(0)))
        .key("check")
        .payload(&*value)
        .headers(headers);
    producer.inner().send(record).map_err(|(error, _)| error.to_string())?;
    // It wakes at the first report, and there is one.
    let waited = tokio::time::timeout(PATIENCE, async {
        while reports.open() > 0 && producer.fatal().is_none() {
            tokio::select! {
                () = reports.changed() => {}
                () = producer.said().changed() => {}
            }
        }
    });
    let in_time = waited.await.is_ok();
    if let Some((code, words)) = producer.fatal() {
        return Err(format!("{}; {words}", denied(code)));
    }
    match reports.take().first() {
        Some(Some(Report::Stored { partition, offset })) => Ok((*partition, *offset)),
        Some(Some(Report::Failed(code))) => Err(denied(*code)),
        _ if in_time => Err("the canary was lost".to_owned()),
        _ => Err(producer.said().any().unwrap_or_else(|| "nothing was confirmed".to_owned())),
    }
}

fn denied(code: RDKafkaErrorCode) -> String {
    let told = class::told(code);
    match code {
        // Brokers before 2.8 ask for a right of its own before a message is counted.
        RDKafkaErrorCode::TopicAuthorizationFailed
        | RDKafkaErrorCode::ClusterAuthorizationFailed => format!(
            "{told}; this user needs WRITE on the topic, for old brokers IDEMPOTENT_WRITE on the cluster"
        ),
        _ => told,
    }
}

/// Reads the canary. Not everybody who may write may read, so failing is no fault.
async fn read_back(options: Options, topic: String, partition: i32, offset: i64) -> Checked {
    let context = match context(&options) {
        Ok(context) => context,
        Err(reason) => return Checked::Skipped(reason),
    };
    let read = move || read_blocking(&options, context, &topic, partition, offset);
    match tokio::task::spawn_blocking(read).await {
        Ok(Ok(())) => Checked::Good("the canary was read".to_owned()),
        Ok(Err(reason)) => Checked::Skipped(reason),
        Err(error) => Checked::Skipped(error.to_string()),
    }
}

fn read_blocking(
    options: &Options,
    context: Context,
    topic: &str,
    partition: i32,
    offset: i64,
) -> Result<(), String> {
    let mut config = settings::connection(options).map_err(|error| error.to_string())?;
    // A group has to be named; nothing is ever committed to it.
    config.set("group.id", "seam-check").set("enable.auto.commit", "false");
    let said = context.said();
    let consumer =
        BaseConsumer::from_config_and_context(&config, context).map_err(|error| started(&error))?;
    let mut place = TopicPartitionList::new();
    let assigned = place
        .add_partition_offset(topic, partition, Offset::Offset(offset))
        .and_then(|()| consumer.assign(&place));
    assigned.map_err(|error| error.to_string())?;
    let until = Instant::now() + PATIENCE;
    while Instant::now() < until {
        match consumer.poll(POLL) {
            Some(Ok(message)) if message.offset() == offset => return Ok(()),
            Some(Err(error))
                if error.rdkafka_error_code()
                    == Some(RDKafkaErrorCode::TopicAuthorizationFailed) =>
            {
                return Err("this user may not read the topic".to_owned());
            }
            // Not to be allowed into the group does not matter: the place is named.
            Some(_) | None => {}
        }
    }
    Err(said.any().unwrap_or_else(|| "the canary was not there in time".to_owned()))
}

pub(super) fn good(name: &'static str, text: String) -> Step {
    Step { name, result: Checked::Good(text) }
}

pub(super) fn bad(name: &'static str, text: String) -> Step {
    Step { name, result: Checked::Bad(text) }
}

pub(super) fn skipped(name: &'static str, text: &str) -> Step {
    Step { name, result: Checked::Skipped(text.to_owned()) }
}
