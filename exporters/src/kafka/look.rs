//! What a cluster says of itself and of a topic.

use std::time::Duration;

use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::producer::Producer as _;

use super::class::{self, Class};
use super::options::Options;
use super::producer::Producer;
use super::said::Said;
use super::{context, settings};

/// How long a cluster may take to say something.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// What was seen.
pub(super) struct Seen {
    pub(super) brokers: usize,
    pub(super) topic: Result<Topic, RDKafkaErrorCode>,
}

/// A topic that is there.
pub(super) struct Topic {
    pub(super) partitions: usize,
    /// Replicas of the partition that has the fewest.
    pub(super) replicas: usize,
}

/// Why nothing was seen.
#[derive(Debug)]
pub(super) enum Blind {
    /// The options.
    Options(String),
    /// Nobody answers there.
    Reach(String),
    /// The server is not who it should be, or does not take our certificate.
    Tls(String),
    /// The credentials are not taken.
    Credentials(String),
}

impl std::fmt::Display for Blind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (Self::Options(text) | Self::Reach(text) | Self::Tls(text) | Self::Credentials(text)) =
            self;
        f.write_str(text)
    }
}

/// A producer for looking, not for sending.
pub(super) fn producer(options: &Options) -> Result<Producer, Blind> {
    let config = settings::producer(options, true).map_err(|e| Blind::Options(e.to_string()))?;
    let context = context(options).map_err(Blind::Options)?;
    Producer::start(&config, context).map_err(Blind::Options)
}

/// Asks the cluster for a topic.
pub(super) async fn at(producer: &Producer, topic: &str) -> Result<Seen, Blind> {
    let inner = producer.shared();
    let name = topic.to_owned();
    let asked = tokio::task::spawn_blocking(move || {
        let metadata = inner.client().fetch_metadata(Some(&name), PATIENCE)?;
        let topic = match metadata.topics().iter().find(|topic| topic.name() == name) {
            None => Err(RDKafkaErrorCode::UnknownTopicOrPartition),
            Some(topic) => match topic.error() {
                Some(error) => Err(error.into()),
                None => Ok(Topic {
                    partitions: topic.partitions().len(),
                    replicas: topic
                        .partitions()
                        .iter()
                        .map(|partition| partition.replicas().len())
                        .min()
                        .unwrap_or(0),
                }),
            },
        };
        Ok(Seen { brokers: metadata.brokers().len(), topic })
    });
    // The question itself would wait to its end, whatever is known by then.
    let asked: Result<Seen, KafkaError> = tokio::select! {
        asked = asked => asked.map_err(|error| Blind::Options(error.to_string()))?,
        () = hopeless(producer.said()) => {
            Err(KafkaError::MetadataFetch(RDKafkaErrorCode::AllBrokersDown))
        }
    };
    asked.map_err(|error| blind(producer, &error))
}

/// Comes back when no answer is to be hoped for.
async fn hopeless(said: &Said) {
    while said.hold_code().is_none() && !said.all_down() {
        said.changed().await;
    }
}

/// Tells what kept us from seeing: what librdkafka said meanwhile is more exact than its answer.
fn blind(producer: &Producer, error: &KafkaError) -> Blind {
    let said = producer.said();
    let code = said.hold_code().or_else(|| error.rdkafka_error_code());
    let text = said.hold().or_else(|| said.any()).unwrap_or_else(|| error.to_string());
    match code {
        Some(RDKafkaErrorCode::SSL) => Blind::Tls(text),
        Some(code) if class::of(code) == Class::Hold => Blind::Credentials(text),
        // A server that wants a certificate of ours ends the connection without a word.
        _ if text.contains("SSL handshake") || text.contains("certificate") => Blind::Tls(text),
        _ => Blind::Reach(text),
    }
}
