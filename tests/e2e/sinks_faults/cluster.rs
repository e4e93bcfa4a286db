//! Elasticsearch and OpenSearch: every fault that the strict cluster knows.

use std::time::Duration;

use anyhow::ensure;
use seam_tests::mocks::cluster::{Cluster, Fault, Kind};
use seam_tests::server::Server;
use tempfile::TempDir;

use super::front::Front;
use super::judge::{Arrival, Dead, Row, Told, is_bad, judge};
use super::load::Load;
use super::stage::{SINK, Stage, await_state, await_that};

/// So many documents have to be taken after a fault.
const ON: usize = 60;
/// Requests at a time, and documents of each.
const IN_FLIGHT: usize = 2;
const RECORDS: usize = 40;
/// What the cluster takes of a request, and a document that is larger.
const BYTES_MAX: usize = 30_000;
const LARGE: usize = 200_000;
const KEY: &str = "cHJldGVuZGVk";

/// A cluster, and what it takes to reach it.
struct Search {
    cluster: Cluster,
    front: Front,
    folder: TempDir,
    /// So many documents had been offered whenever the cluster ended.
    cuts: Vec<usize>,
}

impl Search {
    fn start(kind: Kind) -> anyhow::Result<Self> {
        let cluster = Cluster::new(kind);
        {
            let mut state = cluster.state();
            state.bad = |id, _| is_bad(id);
            state.authorization = Some(format!("ApiKey {KEY}"));
        }
        let front = Front::start(cluster.handler())?;
        let search = Self { cluster, front, folder: tempfile::tempdir()?, cuts: Vec::new() };
        search.write_key(KEY)?;
        Ok(search)
    }

    fn write_key(&self, key: &str) -> anyhow::Result<()> {
        #[expect(clippy::disallowed_methods, reason = "the test's own input")]
        Ok(std::fs::write(self.folder.path().join("key"), key)?)
    }

    fn sink(&self, kind: &str, patience: Duration) -> String {
        format!(
            "kind = \"{kind}\"\nurl = \"{}\"\napi_key_file = \"{}\"\nformat = \"ecs\"\n\
             request_timeout_ms = {}\nrequest_records = {RECORDS}\nin_flight = {IN_FLIGHT}\nlinger_ms = 10\ncontent = true\n",
            self.front.url(),
            self.folder.path().join("key").display(),
            patience.as_millis()
        )
    }

    fn offered(&self) -> usize {
        self.cluster.state().offered.len()
    }

    fn meet(&self, server: &Server, fault: Fault) -> anyhow::Result<()> {
        let what = format!("{fault:?}");
        self.cluster.state().script.push_back(fault);
        self.goes_on(server, &what)
    }

    /// The script has come to its end, and documents arrive after it.
    fn goes_on(&self, server: &Server, what: &str) -> anyhow::Result<()> {
        eprintln!("{what}, at {}", self.offered());
        let mut met_at = None;
        await_that(server, what, || {
            let state = self.cluster.state();
            if !state.script.is_empty() {
                return Ok(false);
            }
            let taken = state.offered.iter().filter(|offered| !offered.is_copy).count();
            Ok(taken >= *met_at.get_or_insert(taken) + ON)
        })
    }

    fn answers_badly(&self, server: &Server) -> anyhow::Result<()> {
        for fault in [
            Fault::Items(5, 429, "es_rejected_execution_exception"),
            Fault::Items(7, 503, "unavailable_shards_exception"),
            Fault::Status(429, "es_rejected_execution_exception"),
            Fault::Wait(429, "1"),
            Fault::Status(503, "busy"),
            Fault::Wait(503, "1"),
            Fault::Status(401, "security_exception"),
            Fault::Items(1, 404, "index_not_found_exception"),
            Fault::CutAfter,
            Fault::Short,
            Fault::StallAfter,
            Fault::Slow(Duration::from_secs(5)),
        ] {
            self.meet(server, fault)?;
        }
        Ok(())
    }

    /// What somebody has to put right holds everything: a credential, a block of the index.
    fn is_misconfigured(&self, server: &Server) -> anyhow::Result<()> {
        self.cluster.state().authorization = Some("ApiKey b3RoZXI=".to_owned());
        await_state(server, "held")?;
        self.write_key("b3RoZXI=")?;
        self.goes_on(server, "the key is repaired")?;
        self.cluster.state().block = Some((403, "cluster_block_exception"));
        await_state(server, "held")?;
        self.cluster.state().block = None;
        self.goes_on(server, "the index may be written to")
    }

    fn takes_less(&self, stage: &Stage, server: &Server) -> anyhow::Result<()> {
        self.cluster.state().bytes_max = BYTES_MAX;
        stage.load.send_large(server, "large-0", LARGE)?;
        await_that(server, "413", || Ok(self.cluster.state().too_large > 0))?;
        self.goes_on(server, "less is sent")
    }

    /// Ends the cluster and starts it again.
    fn restart(&mut self) {
        self.front.stop();
        self.cuts.push(self.offered());
        self.front.run();
    }

    fn told(&self) -> Told {
        let state = self.cluster.state();
        let arrival = |offered: &seam_tests::mocks::cluster::Offered| Arrival {
            id: offered.id.clone(),
            is_marked: None,
        };
        Told {
            arrivals: state.offered.iter().map(arrival).collect(),
            untold: Some(state.untold.clone()),
            cuts: self.cuts.clone(),
            in_flight: IN_FLIGHT * RECORDS,
            ..Told::default()
        }
    }
}

/// Every fault, one after the other, at one product.
fn loses_nothing(kind: Kind, name: &str, seed: u64) -> anyhow::Result<()> {
    let mut search = Search::start(kind)?;
    let sink = search.sink(name, Duration::from_secs(8));
    let mut stage = Stage::start(&sink, Load::new(seed, 12, None))?;
    stage.during(|server| {
        // Without templates nothing becomes an ordinary index.
        await_state(server, "held")?;
        ensure!(search.cluster.state().ordinary.is_empty(), "an ordinary index arose");
        server.seam_ok(&["sinks", "setup", SINK])?;
        search.goes_on(server, "it is set up")?;
        search.answers_badly(server)?;
        search.is_misconfigured(server)?;
        search.takes_less(&stage, server)
    })?;
    stage.restart(|| search.offered())?;
    stage.during(|server| {
        search.goes_on(server, "after a restart of the server")?;
        search.restart();
        search.goes_on(server, "after a restart of the cluster")
    })?;
    for both in [false, true] {
        let cluster = search.cluster.clone();
        stage.kill(|| cluster.state().offered.len())?;
        if both {
            search.restart();
        }
        stage.during(|server| search.goes_on(server, "after a kill"))?;
    }
    let refused = |row: &Row, _: &Dead| row.own.as_deref() == Some("large-0") || is_bad(&row.id);
    let found = judge(&stage, || Ok(search.told()), refused)?;
    eprintln!(
        "{name}: {} events, {} dead, {} offered again, {} revised actions",
        found.events,
        found.dead.len(),
        found.copies,
        found.revised
    );
    for (id, reason) in &found.dead {
        let wanted = if is_bad(id) { "document_parsing_exception" } else { "413" };
        ensure!(reason.contains(wanted), "{id} is dead because of {reason}");
    }
    ensure!(found.revised > 0, "no settled action was revised: the fold was not tried");
    for stream in ["logs-seam.event-default", "logs-seam.action-default"] {
        let counts = search.cluster.counts(stream);
        ensure!(counts.values().all(|count| *count == 1), "an id is in {stream} twice");
    }
    ensure!(search.cluster.state().ordinary.is_empty(), "an ordinary index arose");
    ensure!(!stage.server()?.log().contains(KEY), "the key is in the log");
    Ok(())
}

/// Guarantees: whatever Elasticsearch answers for a request or for an item, however it and the
/// server end, every event is one document or a dead letter with its reason; a document is offered
/// again only where nobody could know better; actions fold to what has settled.
#[test]
fn a_faulty_elasticsearch_loses_nothing() -> anyhow::Result<()> {
    loses_nothing(Kind::Elasticsearch(8, 19), "elasticsearch", 73)
}

/// Guarantees: the same of OpenSearch.
#[test]
fn a_faulty_opensearch_loses_nothing() -> anyhow::Result<()> {
    loses_nothing(Kind::OpenSearch(2, 19), "opensearch", 74)
}
