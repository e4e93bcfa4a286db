//! Kafka: errors that a healthy broker never gives, from the mock cluster of librdkafka.

use anyhow::{anyhow, ensure};
use rdkafka::mocking::MockCluster;
use rdkafka::producer::DefaultProducerContext;
use rdkafka::types::{RDKafkaApiKey, RDKafkaRespErr as Error};
use seam_tests::topic::{Stored, read};

use super::judge::{Arrival, Dead, Row, Told, judge};
use super::kafka::goes_on;
use super::load::Load;
use super::stage::{Stage, await_state};

const TOPIC: &str = "seam.events.v1";

struct Cluster(MockCluster<'static, DefaultProducerContext>);

impl Cluster {
    fn start() -> anyhow::Result<Self> {
        let mock = MockCluster::new(1).map_err(|error| anyhow!("no mock cluster: {error}"))?;
        mock.create_topic(TOPIC, 1, 1)?;
        Ok(Self(mock))
    }

    fn fail(&self, errors: &[Error]) {
        self.0.request_errors(RDKafkaApiKey::Produce, errors);
    }

    fn told(&self) -> Told {
        let arrival = |stored: &Stored| Arrival {
            id: stored.id().to_owned(),
            is_marked: Some(stored.headers["redelivery"] == "true"),
        };
        let arrivals = read(&self.0.bootstrap_servers(), TOPIC).iter().map(arrival).collect();
        Told { arrivals, has_order: true, ..Told::default() }
    }
}

/// Guarantees: errors that end a producer, that say no for good, and that somebody has to put
/// right: no event is lost, sessions keep their order, what is refused is a dead letter with its
/// reason.
#[test]
fn fatal_errors_of_a_producer_lose_nothing() -> anyhow::Result<()> {
    let cluster = Cluster::start()?;
    let sink = format!(
        "kind = \"kafka\"\nbrokers = [\"{}\"]\ntopic = \"{TOPIC}\"\ntls = false\nlinger_ms = 10\ncontent = true\n",
        cluster.0.bootstrap_servers()
    );
    let mut stage = Stage::start(&sink, Load::new(77, 12, None))?;
    stage.during(|server| {
        goes_on(server, "the first records")?;
        for error in [
            Error::RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER,
            Error::RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH,
            Error::RD_KAFKA_RESP_ERR_UNKNOWN_PRODUCER_ID,
            Error::RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS,
        ] {
            cluster.fail(&[error]);
            goes_on(server, "after an error")?;
        }
        // The whole request, then the first of those that are sent alone.
        let invalid = Error::RD_KAFKA_RESP_ERR_INVALID_RECORD;
        cluster.fail(&[invalid, invalid]);
        goes_on(server, "after a record that is refused")?;
        cluster.fail(&[Error::RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED; 3]);
        await_state(server, "held")?;
        goes_on(server, "after a right that was missing")
    })?;
    cluster.fail(&[Error::RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER]);
    stage.kill(|| 0)?;
    stage.during(|server| goes_on(server, "after a kill"))?;
    let refused = |row: &Row, dead: &Dead| dead.contains_key(&row.id);
    let found = judge(&stage, || Ok(cluster.told()), refused)?;
    eprintln!(
        "{} events, {} dead, {} copies, {} revised actions",
        found.events,
        found.dead.len(),
        found.copies,
        found.revised
    );
    ensure!((1..=2).contains(&found.dead.len()), "dead: {:?}", found.dead);
    let is_named = |reason: &String| reason.contains("InvalidRecord");
    ensure!(found.dead.values().all(is_named), "dead: {:?}", found.dead);
    Ok(())
}
