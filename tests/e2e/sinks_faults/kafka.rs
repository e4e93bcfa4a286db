//! Kafka: a real broker that goes away, is killed and refuses.

use std::process::Command;

use anyhow::{Context as _, ensure};
use seam_tests::real::{Real, setting};
use seam_tests::server::Server;
use serde_json::Value;

use super::judge::{Arrival, Dead, Row, Told, judge};
use super::load::Load;
use super::stage::{SINK, Stage, await_state, await_that};
use crate::sinks::shown;

const TOPIC: &str = "seam.events.v1";
const READER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../exporters/tests/kafka/read.py");
/// So many records have to be delivered after each step, or to wait.
const ON: u64 = 50;
/// A document beyond what a message may hold.
const LARGE: usize = 1_200_000;

/// What another client reads, each partition in its order.
fn read(broker: &Real) -> anyhow::Result<Vec<Value>> {
    let python = setting("TEST_SEAM_PYTHON").unwrap_or_else(|| "python3".to_owned());
    let read = Command::new(python).args([READER, broker.address(), TOPIC]).output()?;
    ensure!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
    let text = String::from_utf8(read.stdout)?;
    text.lines().map(|line| Ok(serde_json::from_str(line)?)).collect()
}

fn told(messages: &[Value]) -> anyhow::Result<Told> {
    let arrival = |message: &Value| {
        let id = message["headers"]["ce_id"].as_str().context("an id")?.to_owned();
        Ok(Arrival { id, is_marked: Some(message["headers"]["redelivery"] == "true") })
    };
    let arrivals = messages.iter().map(arrival).collect::<anyhow::Result<_>>()?;
    Ok(Told { arrivals, has_order: true, ..Told::default() })
}

/// Records are delivered from now on.
pub(super) fn goes_on(server: &Server, what: &str) -> anyhow::Result<()> {
    let before = shown(server, SINK)?["delivered"].as_u64().unwrap_or_default();
    await_that(server, what, || Ok(shown(server, SINK)?["delivered"].as_u64() >= Some(before + ON)))
}

/// Records have come that wait.
pub(super) fn waits(server: &Server) -> anyhow::Result<()> {
    await_that(
        server,
        "records wait",
        || Ok(shown(server, SINK)?["lag_events"].as_u64() > Some(ON)),
    )
}

/// Guarantees: a broker that has no topic yet, goes away, and is killed together with the server
/// and alone, has every event in the end, each session in its order; what it refuses is a dead
/// letter with its reason; a document that is too large is a reference; actions fold to what has
/// settled.
#[test]
fn a_faulty_broker_loses_nothing() -> anyhow::Result<()> {
    let needs = ["java", "mvn"];
    let Some(mut broker) = Real::start("a_faulty_broker_loses_nothing", "kafka", &[], &needs)?
    else {
        return Ok(());
    };
    // A compacted topic refuses what has no key: a record of no session.
    let sink = format!(
        "kind = \"kafka\"\nbrokers = [\"{}\"]\ntopic = \"{TOPIC}\"\ntls = false\npartitions = 3\n\
         replication = 1\ntopic_settings = {{ \"cleanup.policy\" = \"compact\" }}\nlinger_ms = 10\ncontent = true\n",
        broker.address()
    );
    let mut stage = Stage::start(&sink, Load::slow(76, 12, Some(100)))?;
    stage.during(|server| {
        await_state(server, "held")?;
        server.seam_ok(&["sinks", "setup", SINK])?;
        goes_on(server, "the topic is there")?;
        stage.load.send_large(server, "large-0", LARGE)?;
        broker.kill();
        waits(server)
    })?;
    broker.run()?;
    stage.during(|server| goes_on(server, "the broker is back"))?;
    stage.kill(|| 0)?;
    stage.during(|server| goes_on(server, "after a kill of the server"))?;
    broker.kill();
    stage.kill(|| 0)?;
    broker.run()?;
    stage.during(|server| goes_on(server, "after a kill of both"))?;
    stage.restart(|| 0)?;
    stage.drain()?;
    let refused = |row: &Row, _: &Dead| row.session.is_empty();
    let found = judge(&stage, || told(&read(&broker)?), refused)?;
    eprintln!(
        "{} events, {} dead, {} copies, {} revised actions",
        found.events,
        found.dead.len(),
        found.copies,
        found.revised
    );
    ensure!(!found.dead.is_empty(), "nothing was refused");
    for (id, reason) in &found.dead {
        ensure!(reason.contains("InvalidRecord"), "{id} is dead because of {reason}");
    }
    ensure!(found.revised > 0, "no settled action was revised: the fold was not tried");
    let messages = read(&broker)?;
    let is_reference = |message: &&Value| {
        let value = message["value"].as_str().unwrap_or_default();
        serde_json::from_str::<Value>(value).is_ok_and(|value| value["body_ref"].is_object())
    };
    let references = messages.iter().filter(is_reference).count();
    ensure!(references >= 1, "the large document is nowhere");
    sessions_have_one_partition(&messages)
}

fn sessions_have_one_partition(messages: &[Value]) -> anyhow::Result<()> {
    let mut partitions = std::collections::BTreeMap::new();
    for message in messages {
        let Some(session) = message["key"].as_str() else { continue };
        let partition = message["partition"].as_i64().context("a partition")?;
        let before = partitions.insert(session, partition);
        ensure!(before.is_none_or(|before| before == partition), "{session} is in two partitions");
    }
    Ok(())
}
