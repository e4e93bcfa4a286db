//! Records sent on to real servers: Apache Kafka, OpenSearch, Elasticsearch, and another Seam.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use seam_sessions::{Plan, Signal};
use seam_tests::raw::Client;
use seam_tests::real::{Real, setting};
use seam_tests::server::{Folder, Server, wait_until};
use serde_json::{Value, json};

use crate::captures::send_all;
use crate::sinks::{ids_of, options, shown};
use crate::sinks_faults::judge::{in_order, rows};

const READER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../exporters/tests/kafka/read.py");
const EVENTS: &str = "select distinct event_id as id from events";
const SETTLED: &str =
    "select action_id || '.' || cast(revision as varchar) as id from actions where settled";
/// How many generated events are sent beside the captures, if nobody says another number.
const GENERATED: usize = 3000;
/// Sessions that are generated at a time.
const SESSIONS: usize = 100;
/// Ids in one answer of a cluster.
const PAGE: usize = 5000;

/// How many generated events are sent: `TEST_SEAM_SINK_EVENTS` says another number.
fn generated() -> anyhow::Result<usize> {
    setting("TEST_SEAM_SINK_EVENTS").map_or(Ok(GENERATED), |said| {
        said.parse().with_context(|| format!("TEST_SEAM_SINK_EVENTS is no number: {said}"))
    })
}

/// How long records may take to arrive: some of these servers take a few hundred in a second.
fn patience() -> anyhow::Result<Duration> {
    Ok(Duration::from_mins(2) + Duration::from_millis(5) * u32::try_from(generated()?)?)
}

/// Sends all captures, then generated sessions until there are as many events as are wanted.
fn send_load(server: &Server) -> anyhow::Result<()> {
    let (wanted, began) = (generated()?, Instant::now());
    send_all(server, &[])?;
    let captured = usize::try_from(server.number("select count(*) from events")?)?;
    let client = Client::of(server)?;
    for seed in 0.. {
        for request in Plan::new(seed, SESSIONS).generate().requests {
            let path = match request.signal {
                Signal::Logs => "/v1/logs",
                Signal::Traces => "/v1/traces",
            };
            wait_until("a request is taken", Duration::from_mins(1), || {
                let headers = [("content-type", "application/x-protobuf")];
                Ok(client.post(path, &headers, request.body.clone())?.status == 200)
            })?;
        }
        let stored = usize::try_from(server.number("select count(*) from events")?)?;
        if stored >= captured + wanted {
            eprintln!("{stored} events, {captured} of captures, in {:?}", began.elapsed());
            return Ok(());
        }
    }
    Ok(())
}

/// Waits until a sink has nothing left, and every settled action was given to it.
fn delivered(server: &Server, sink: &str, records: usize) -> anyhow::Result<()> {
    let began = Instant::now();
    wait_until("everything is delivered", patience()?, || {
        let row = shown(server, sink)?;
        let delivered = row["delivered"].as_u64().unwrap_or_default();
        Ok(row["lag_events"] == 0 && usize::try_from(delivered)? >= records)
    })?;
    eprintln!("{records} records are with {sink} {:?} after the last was sent", began.elapsed());
    Ok(())
}

/// What was sent: every event, and every action as it has settled.
fn sent(server: &Server) -> anyhow::Result<(BTreeSet<String>, BTreeSet<String>)> {
    server.flush()?;
    Ok((ids_of(server, EVENTS)?, ids_of(server, SETTLED)?))
}

/// Guarantees: every event of every capture is in a real broker's topic, each session in one
/// partition; the setup makes the topic, the check reads its canary back.
#[test]
fn captures_reach_kafka() -> anyhow::Result<()> {
    let needs = ["java", "mvn"];
    let Some(broker) = Real::start("captures_reach_kafka", "kafka", &[], &needs)? else {
        return Ok(());
    };
    let config = format!(
        "[tables]\nseal_after_ms = 300\n\
         [[sinks]]\nname = \"bus\"\nkind = \"kafka\"\nbrokers = [\"{}\"]\ntopic = \"seam.events.v1\"\n\
         tls = false\npartitions = 3\nreplication = 1\nlinger_ms = 10\nformat = \"ocsf\"\n",
        broker.address()
    );
    let server = Server::start_with(Folder::fresh()?, &options(&config))?;
    server.seam_ok(&["sinks", "setup", "bus"])?;
    send_load(&server)?;
    let (events, settled) = sent(&server)?;
    delivered(&server, "bus", events.len() + settled.len())?;
    let (mut first, mut places) = (BTreeMap::new(), BTreeSet::new());
    wait_until("every settled action is in the topic", patience()?, || {
        (first, places) = read(&broker)?;
        Ok(settled.iter().all(|id| first.contains_key(id)))
    })?;
    let lost: Vec<_> = events.iter().filter(|id| !first.contains_key(*id)).take(5).collect();
    assert!(lost.is_empty(), "events are missing: {lost:?}");
    let sessions: BTreeSet<&String> = places.iter().map(|(session, _)| session).collect();
    assert_eq!(sessions.len(), places.len(), "a session is in two partitions");
    in_order(&rows(&server)?, &first, &BTreeSet::new())?;
    server.seam_ok(&["sinks", "check", "bus"])?;
    Ok(())
}

/// Where each id stands.
type Places = BTreeMap<String, usize>;
/// Which session is in which partition.
type Partitions = BTreeSet<(String, String)>;

/// What the topic holds, as another client reads it; fails if an id is there twice, since nothing
/// went wrong.
fn read(broker: &Real) -> anyhow::Result<(Places, Partitions)> {
    let python = setting("TEST_SEAM_PYTHON").unwrap_or_else(|| "python3".to_owned());
    let mut reader = Command::new(python)
        .args([READER, broker.address(), "seam.events.v1"])
        .stdout(Stdio::piped())
        .spawn()?;
    let lines = BufReader::new(reader.stdout.take().context("its output is piped")?).lines();
    let (mut first, mut places) = (BTreeMap::new(), BTreeSet::new());
    for (at, line) in lines.enumerate() {
        let message: Value = serde_json::from_str(&line?)?;
        let id = message["headers"]["ce_id"].as_str().context("ce_id")?.to_owned();
        if let Some(key) = message["key"].as_str() {
            places.insert((key.to_owned(), message["partition"].to_string()));
        }
        ensure!(first.insert(id.clone(), at).is_none(), "{id} is there twice");
    }
    ensure!(reader.wait()?.success(), "the topic could not be read");
    eprintln!("{} messages in the topic", first.len());
    Ok((first, places))
}

/// Sends everything to a product's node, and counts there; the setup can be run twice.
fn reach_data_streams(test: &str, product: &str) -> anyhow::Result<()> {
    let Some(node) = Real::start(test, product, &[], &["java", "mvn"])? else {
        return Ok(());
    };
    let config = format!(
        "[tables]\nseal_after_ms = 300\n\
         [[sinks]]\nname = \"search\"\nkind = \"{product}\"\nurl = \"{}\"\nformat = \"ecs\"\nlinger_ms = 10\n",
        node.url()
    );
    let server = Server::start_with(Folder::fresh()?, &options(&config))?;
    server.seam_ok(&["sinks", "setup", "search"])?;
    server.seam_ok(&["sinks", "setup", "search"])?;
    send_load(&server)?;
    let (events, settled) = sent(&server)?;
    delivered(&server, "search", events.len() + settled.len())?;
    for (stream, least) in [("event", &events), ("action", &settled)] {
        let (mut ids, mut found) = (Vec::new(), BTreeSet::new());
        wait_until("every document can be searched", patience()?, || {
            ids = ids_of_stream(&node.url(), &format!("logs-seam.{stream}-default"))?;
            found = ids.iter().cloned().collect();
            Ok(least.is_subset(&found))
        })?;
        eprintln!("{product}: {} documents of {stream}, {} in the tables", ids.len(), least.len());
        assert_eq!(found.len(), ids.len(), "{product}: an id is there twice");
        assert!(stream == "action" || found == *least, "{product}: more than there are");
    }
    server.seam_ok(&["sinks", "check", "search"])?;
    Ok(())
}

/// Guarantees: every event of every capture, and of generated sessions, is one document of a data
/// stream of OpenSearch, and every settled action is one.
#[test]
fn captures_reach_opensearch() -> anyhow::Result<()> {
    reach_data_streams("captures_reach_opensearch", "opensearch")
}

/// Guarantees: the same of Elasticsearch.
#[test]
fn captures_reach_elasticsearch() -> anyhow::Result<()> {
    reach_data_streams("captures_reach_elasticsearch", "elasticsearch")
}

/// The ids of all documents of a data stream, from all its indexes.
pub(crate) fn ids_of_stream(url: &str, stream: &str) -> anyhow::Result<Vec<String>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let client = reqwest::Client::new();
    let ask = async |path: &str, body: Value| -> anyhow::Result<Value> {
        let answer = client.post(format!("{url}/{path}")).json(&body).send().await?;
        Ok(answer.error_for_status()?.json().await?)
    };
    runtime.block_on(async {
        // Elasticsearch refuses a refresh with a body.
        client.post(format!("{url}/{stream}/_refresh")).send().await?.error_for_status()?;
        let first = json!({ "size": PAGE, "_source": false, "sort": ["_doc"] });
        let mut page = ask(&format!("{stream}/_search?scroll=1m"), first).await?;
        let mut ids = Vec::new();
        loop {
            let hits = page["hits"]["hits"].as_array().context("hits")?;
            if hits.is_empty() {
                return Ok(ids);
            }
            for hit in hits {
                ids.push(hit["_id"].as_str().context("an id")?.to_owned());
            }
            let next = json!({ "scroll": "1m", "scroll_id": page["_scroll_id"] });
            page = ask("_search/scroll", next).await?;
        }
    })
}

/// Guarantees: what one Seam sends on another takes and understands the same.
#[test]
fn captures_reach_another_seam() -> anyhow::Result<()> {
    let receiver = Server::start_with(Folder::fresh()?, &options(""))?;
    let config = format!(
        "[tables]\nseal_after_ms = 300\n\
         [[sinks]]\nname = \"up\"\nkind = \"otlp\"\nurl = \"http://{}\"\ncontent = true\nactions = false\nlinger_ms = 10\n",
        receiver.grpc_addr()
    );
    let server = Server::start_with(Folder::fresh()?, &options(&config))?;
    send_all(&server, &[])?;
    let (events, _) = sent(&server)?;
    delivered(&server, "up", events.len())?;
    receiver.flush()?;
    let told = "select distinct attributes['seam.event_id'] as id from events";
    assert_eq!(ids_of(&receiver, told)?, events);
    // A span event arrives as a log record, so its kind may be another.
    let meant =
        "select distinct event_id || ' ' || kind as id from events where signal <> 'span_event'";
    let understood = "select distinct attributes['seam.event_id'] || ' ' || kind as id from events";
    let (meant, understood) = (ids_of(&server, meant)?, ids_of(&receiver, understood)?);
    let other: Vec<_> = meant.difference(&understood).take(5).collect();
    assert!(other.is_empty(), "understood otherwise: {other:?}");
    Ok(())
}
