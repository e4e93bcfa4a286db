//! Elasticsearch and OpenSearch: what becomes of documents, by what the cluster does.

use std::time::Duration;

use seam_exporters::elastic::{Credential, Elastic, Options, Product};
use seam_exporters::http::{self, Secret};
use seam_exporters::{Destination as _, Outcome};
use seam_tests::mocks::cluster::{Cluster, Fault, Kind};
use seam_tests::mocks::peer::Peer;

use crate::drive::{drive, one, record, records};

pub(crate) const EVENTS: &str = "logs-seam.event-default";
const KINDS: [Kind; 4] = [
    Kind::Elasticsearch(8, 19),
    Kind::Elasticsearch(8, 12),
    Kind::Elasticsearch(9, 4),
    Kind::OpenSearch(2, 19),
];

pub(crate) fn options(peer: &Peer, kind: Kind) -> Options {
    let product = match kind {
        Kind::Elasticsearch(..) => Product::Elasticsearch,
        Kind::OpenSearch(..) => Product::OpenSearch,
    };
    let mut options = Options::new(http::Options::new(&peer.url()), product, Credential::None);
    options.add_timestamp = true;
    options
}

/// A cluster that is set up, and a destination for it.
pub(crate) async fn ready(kind: Kind) -> (Cluster, Peer, Elastic) {
    let cluster = Cluster::new(kind);
    let peer = Peer::start(cluster.handler()).await;
    let elastic = Elastic::new(options(&peer, kind)).unwrap();
    elastic.set_up(false).await;
    (cluster, peer, elastic)
}

fn name(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Delivered => "delivered",
        Outcome::Duplicate => "duplicate",
        Outcome::Retry { .. } => "retry",
        Outcome::Refused { .. } => "refused",
        Outcome::Hold { .. } => "hold",
        Outcome::Ambiguous { .. } => "ambiguous",
    }
}

/// Guarantees: documents arrive once in the stream of their kind, at every product and version, and
/// sent again they are duplicates.
#[tokio::test]
async fn documents_arrive_once() {
    for kind in KINDS {
        let (cluster, _peer, elastic) = ready(kind).await;
        let mut all = records(5000);
        all[0].kind = "action";
        let driven = drive(&elastic, all.clone(), |_| ()).await;
        assert_eq!((driven.delivered.len(), driven.duplicates), (5000, 0), "{kind:?}");
        assert_eq!(cluster.counts(EVENTS).len(), 4999);
        assert_eq!(cluster.counts("logs-seam.action-default").len(), 1);
        let driven = drive(&elastic, all, |_| ()).await;
        assert_eq!((driven.delivered.len(), driven.duplicates), (5000, 5000), "{kind:?}");
        // After a rollover the cluster takes an id again: folding by id is the reader's.
        cluster.roll_over(EVENTS);
        let driven = drive(&elastic, records(2)[1..].to_vec(), |_| ()).await;
        assert_eq!(driven.duplicates, 0);
        assert!(cluster.state().ordinary.is_empty());
    }
}

/// Guarantees: each row of the table of items has the outcome that the contract names, and the
/// items around it are delivered.
#[tokio::test]
async fn every_item_has_its_outcome() {
    let (cluster, _peer, elastic) = ready(Kind::Elasticsearch(8, 19)).await;
    let rows = [
        (409, "version_conflict_engine_exception", "duplicate"),
        (400, "document_parsing_exception", "refused"),
        (400, "mapper_parsing_exception", "refused"),
        (400, "illegal_argument_exception", "refused"),
        (400, "strict_dynamic_mapping_exception", "refused"),
        (404, "index_not_found_exception", "hold"),
        (403, "security_exception", "hold"),
        (403, "cluster_block_exception", "hold"),
        (429, "cluster_block_exception", "retry"),
        (429, "es_rejected_execution_exception", "retry"),
        (429, "circuit_breaking_exception", "retry"),
        (503, "unavailable_shards_exception", "retry"),
        (500, "exception", "retry"),
    ];
    for (status, kind, expected) in rows {
        cluster.state().streams.clear();
        cluster.state().script.push_back(Fault::Items(3, status, kind));
        let outcomes = elastic.send(&records(7)).await;
        for (number, outcome) in outcomes.iter().enumerate() {
            let expected = if number % 3 == 0 { expected } else { "delivered" };
            assert_eq!(name(outcome), expected, "{status} {kind} at {number}");
        }
        crate::drive::assert_clean(&format!("{outcomes:?}"));
    }
    // A full disk asks for patience, a full queue does not say how long.
    let after = |outcome: &Outcome| match outcome {
        Outcome::Retry { after, .. } => *after,
        other => panic!("{other:?}"),
    };
    cluster.state().script.push_back(Fault::Items(1, 429, "cluster_block_exception"));
    assert_eq!(after(&one(&elastic).await), Some(Duration::from_secs(30)));
    cluster.state().script.push_back(Fault::Items(1, 429, "es_rejected_execution_exception"));
    assert_eq!(after(&one(&elastic).await), None);
}

/// Guarantees: a refusal of the whole request loses nothing.
#[tokio::test]
async fn every_request_has_its_outcome() {
    let (cluster, _peer, elastic) = ready(Kind::OpenSearch(2, 19)).await;
    let statuses = [
        (301, "hold"),
        (400, "hold"),
        (401, "hold"),
        (403, "hold"),
        (404, "hold"),
        (405, "hold"),
        (406, "hold"),
        (408, "retry"),
        (429, "retry"),
        (500, "retry"),
        (502, "retry"),
        (503, "retry"),
        (504, "retry"),
    ];
    for (status, expected) in statuses {
        cluster.state().script.push_back(Fault::Status(status, "some_exception"));
        assert_eq!(name(&one(&elastic).await), expected, "{status}");
    }
    cluster.state().script.push_back(Fault::Wait(429, "11"));
    let outcome = one(&elastic).await;
    assert!(matches!(outcome, Outcome::Retry { after: Some(after), .. } if after.as_secs() == 11));
    cluster.state().script.push_back(Fault::Short);
    assert_eq!(name(&one(&elastic).await), "ambiguous");
    assert_eq!(name(&one(&elastic).await), "duplicate");
}

/// Guarantees: what the cluster put into its failure store is refused, counted, and not sent again.
#[tokio::test]
async fn the_failure_store_is_counted() {
    let (cluster, _peer, elastic) = ready(Kind::Elasticsearch(9, 4)).await;
    cluster.state().failure_store = true;
    let mut all = records(10);
    all[4] = record(4, r#"{"bad":true}"#);
    let driven = drive(&elastic, all, |_| ()).await;
    assert_eq!((driven.delivered.len(), driven.refused.len(), elastic.quarantined()), (9, 1, 1));
    assert!(driven.refused.values().all(|reason| reason.contains("failure store")));
    assert_eq!(cluster.state().failures.len(), 1);
}

/// Guarantees: a request that is too large before compression is halved until it fits.
#[tokio::test]
async fn too_large_is_halved() {
    let (cluster, _peer, elastic) = ready(Kind::OpenSearch(2, 19)).await;
    cluster.state().bytes_max = 50_000;
    let mut all = records(1000);
    all.push(record(1000, &format!(r#"{{"text":"{}"}}"#, "x".repeat(60_000))));
    let driven = drive(&elastic, all, |_| ()).await;
    assert_eq!((driven.delivered.len(), driven.refused.len()), (1000, 1));
    assert_eq!(cluster.counts(EVENTS).len(), 1000);
    assert!(elastic.limits().bytes < 50_000);
}

/// Guarantees: under refused items, full queues, cuts after success, stalls and short answers every
/// document is there once, and exactly the bad ones are refused.
#[tokio::test]
async fn faults_lose_nothing() {
    for kind in KINDS {
        let cluster = Cluster::new(kind);
        let peer = Peer::start(cluster.handler()).await;
        let mut options = options(&peer, kind);
        options.http.request_timeout = Duration::from_millis(300);
        options.request_records = 50;
        let elastic = Elastic::new(options).unwrap();
        elastic.set_up(false).await;
        let faults = [
            Fault::CutAfter,
            Fault::Items(5, 429, "es_rejected_execution_exception"),
            Fault::Short,
            Fault::Status(503, "busy"),
            Fault::StallAfter,
            Fault::Wait(429, "1"),
            Fault::Status(401, "security_exception"),
            Fault::Items(7, 503, "unavailable_shards_exception"),
        ];
        cluster.state().script.extend(faults.into_iter().cycle().take(24));
        let document =
            |number: usize| format!(r#"{{"number":{number},"bad":{}}}"#, number % 100 == 99);
        let all = (0..3000).map(|number| record(number, &document(number))).collect();
        let driven = drive(&elastic, all, |_| ()).await;
        assert_eq!((driven.delivered.len(), driven.refused.len()), (2970, 30), "{kind:?}");
        assert!(driven.ambiguous > 0 && driven.duplicates > 0);
        let counts = cluster.counts(EVENTS);
        assert!(counts.len() == 2970 && counts.values().all(|count| *count == 1), "{kind:?}");
    }
}

/// Guarantees: without a template nothing becomes an ordinary index: the destination is held until it
/// is set up.
#[tokio::test]
async fn a_missing_template_holds() {
    for kind in KINDS {
        let cluster = Cluster::new(kind);
        let peer = Peer::start(cluster.handler()).await;
        let elastic = Elastic::new(options(&peer, kind)).unwrap();
        assert_eq!(name(&one(&elastic).await), "hold", "{kind:?}");
        assert!(cluster.state().ordinary.is_empty());
        elastic.set_up(false).await;
        assert!(elastic.probe().await.is_ok());
        assert_eq!(one(&elastic).await, Outcome::Delivered, "{kind:?}");
    }
}

/// Guarantees: blocks and a credential that is repaired in its file: held or retried, never lost.
#[tokio::test]
async fn a_repaired_credential_is_used() {
    let (cluster, peer, _) = ready(Kind::Elasticsearch(8, 19)).await;
    cluster.state().authorization = Some("ApiKey right".to_owned());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("key");
    #[expect(clippy::disallowed_methods, reason = "the test's own input")]
    let write = |text: &str| std::fs::write(&file, text).unwrap();
    write("hush");
    let mut options = options(&peer, Kind::Elasticsearch(8, 19));
    options.credential = Credential::ApiKey(Secret::file(&file));
    let elastic = Elastic::new(options.clone()).unwrap();
    crate::drive::assert_clean(&format!("{elastic:?}"));
    assert!(elastic.probe().await.is_err());
    let driven = drive(&elastic, records(5), |_| write("right")).await;
    assert_eq!((driven.held, driven.delivered.len()), (5, 5));
    // `user:hush` in base64.
    cluster.state().authorization = Some("Basic dXNlcjpodXNo".to_owned());
    options.credential =
        Credential::Basic { user: "user".to_owned(), password: Secret::value("hush") };
    let basic = Elastic::new(options).unwrap();
    cluster.state().block = Some((429, "cluster_block_exception"));
    assert_eq!(name(&one(&basic).await), "retry");
    cluster.state().block = Some((403, "cluster_block_exception"));
    assert_eq!(name(&one(&basic).await), "hold");
    cluster.state().block = None;
    assert_eq!(one(&basic).await, Outcome::Duplicate);
}

/// Guarantees: another product than the configured one holds.
#[tokio::test]
async fn another_product_holds() {
    let cluster = Cluster::new(Kind::OpenSearch(2, 19));
    let peer = Peer::start(cluster.handler()).await;
    let elastic = Elastic::new(options(&peer, Kind::Elasticsearch(8, 19))).unwrap();
    let outcome = one(&elastic).await;
    assert!(outcome.reason().contains("OpenSearch 2.19 answers"), "{outcome:?}");
    assert_eq!(name(&outcome), "hold");
}
