//! A real broker, and how many messages a topic of it has.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer as _};

use crate::server::{Started, folder_in};

/// The first start fetches the broker.
const READY_WITHIN: Duration = Duration::from_mins(10);
const ANSWER_WITHIN: Duration = Duration::from_secs(30);
const PARTITIONS: i32 = 3;
/// The Collector has all records of a request in one message.
const PROPERTIES: &str = "message.max.bytes=16777216";

/// A process; it is killed when this is dropped.
pub(super) struct Broker {
    _started: Started,
    pub(super) address: SocketAddr,
    topics: AtomicU32,
}

impl Broker {
    pub(super) fn start(scripts: &Path, parent: &Path) -> anyhow::Result<Self> {
        let started = Started::spawn(Arc::new(folder_in(parent)?), |folder| {
            let mut command = Command::new(scripts.join("start"));
            command.arg(folder.join("broker")).env("KAFKA_PROPS", PROPERTIES);
            command
        })?;
        let address = started.wait_for(READY_WITHIN, |line| {
            line.strip_prefix("ready kafka ")?.split_ascii_whitespace().next()?.parse().ok()
        })?;
        Ok(Self { _started: started, address, topics: AtomicU32::new(0) })
    }
}

/// One topic, of which somebody counts the messages.
pub(super) struct Topic {
    pub(super) name: String,
    consumer: BaseConsumer,
}

impl Topic {
    /// Makes a new one.
    pub(super) fn create(broker: &Broker, whose: &str) -> anyhow::Result<Self> {
        let name = format!("{whose}.{}", broker.topics.fetch_add(1, Ordering::Relaxed));
        let mut client = ClientConfig::new();
        client.set("bootstrap.servers", broker.address.to_string());
        let admin: AdminClient<DefaultClientContext> =
            client.create().context("cannot make a client of the broker")?;
        let topic = NewTopic::new(&name, PARTITIONS, TopicReplication::Fixed(1));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let made = runtime
            .context("cannot start a runtime")?
            .block_on(admin.create_topics([&topic], &AdminOptions::new()));
        for made in made.with_context(|| format!("cannot make the topic {name}"))? {
            made.map_err(|(name, code)| anyhow!("cannot make the topic {name}: {code}"))?;
        }
        let consumer = client.create().context("cannot make a consumer")?;
        Ok(Self { name, consumer })
    }

    pub(super) fn messages(&self) -> anyhow::Result<u64> {
        let mut messages = 0;
        for partition in 0..PARTITIONS {
            let ends = self.consumer.fetch_watermarks(&self.name, partition, ANSWER_WITHIN);
            let (low, high) =
                ends.with_context(|| format!("cannot count the messages of {}", self.name))?;
            messages += u64::try_from(high - low).unwrap_or_default();
        }
        Ok(messages)
    }
}
