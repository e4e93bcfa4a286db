//! What stands in a topic, read by a consumer that starts anew.

#![allow(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "what cannot be read ends the test"
)]

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::message::Message as _;
use rdkafka::{Offset, TopicPartitionList};

/// One message.
#[derive(Debug, Clone)]
pub struct Stored {
    /// Its key.
    pub key: Option<String>,
    /// Its value.
    pub value: Vec<u8>,
    /// Milliseconds since 1970.
    pub timestamp: Option<i64>,
    /// Its headers, as text.
    pub headers: BTreeMap<String, String>,
}

impl Stored {
    /// The id in its envelope.
    pub fn id(&self) -> &str {
        &self.headers["ce_id"]
    }
}

/// All messages of a topic, each partition in its order.
pub fn read(brokers: &str, topic: &str) -> Vec<Stored> {
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", brokers)
        .set("group.id", "reader")
        .set("enable.partition.eof", "true")
        .set("enable.auto.commit", "false")
        .create()
        .unwrap();
    let metadata = consumer.fetch_metadata(Some(topic), Duration::from_secs(20)).unwrap();
    let partitions = metadata.topics().first().unwrap().partitions().len();
    let mut all = TopicPartitionList::new();
    for partition in 0..partitions {
        let partition = i32::try_from(partition).unwrap();
        all.add_partition_offset(topic, partition, Offset::Beginning).unwrap();
    }
    consumer.assign(&all).unwrap();
    let (mut stored, mut ended) = (Vec::new(), 0);
    let until = Instant::now() + Duration::from_mins(1);
    while ended < partitions {
        assert!(Instant::now() < until, "the topic was not read to its end");
        match consumer.poll(Duration::from_millis(100)) {
            Some(Ok(message)) => stored.push(Stored {
                key: message.key().map(text),
                value: message.payload().unwrap_or_default().to_vec(),
                timestamp: message.timestamp().to_millis(),
                headers: message
                    .headers()
                    .into_iter()
                    .flat_map(rdkafka::message::Headers::iter)
                    .map(|header| (header.key.to_owned(), text(header.value.unwrap())))
                    .collect(),
            }),
            Some(Err(rdkafka::error::KafkaError::PartitionEOF(_))) => ended += 1,
            Some(Err(_)) | None => {}
        }
    }
    stored
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// Ids by session, each id where it stands first.
pub fn first_by_session(stored: &[Stored]) -> BTreeMap<String, Vec<String>> {
    let mut sessions: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for message in stored {
        let session = sessions.entry(message.key.clone().unwrap_or_default()).or_default();
        if !session.iter().any(|id| id == message.id()) {
            session.push(message.id().to_owned());
        }
    }
    sessions
}
