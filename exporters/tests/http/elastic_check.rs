//! `check` and `set_up` of a cluster.

use seam_exporters::elastic::{Credential, Elastic, Options};
use seam_exporters::http::Secret;
use seam_exporters::{Checked, Destination as _, Step};
use seam_schema::project::{Field, FieldType};
use seam_tests::mocks::cluster::{Cluster, Kind};
use seam_tests::mocks::peer::Peer;

use crate::drive::assert_clean;
use crate::elastic::{EVENTS, options, ready};
use crate::splunk_check::last_bad;

async fn steps(options: Options) -> Vec<Step> {
    let steps = Elastic::new(options).unwrap().check().await;
    assert_clean(&format!("{steps:?}"));
    steps
}

/// Guarantees: a good cluster is good at every step, and the canary is gone afterwards.
#[tokio::test]
async fn a_good_one_is_good() {
    for kind in [Kind::Elasticsearch(8, 19), Kind::Elasticsearch(8, 12), Kind::OpenSearch(2, 19)] {
        let (cluster, _peer, elastic) = ready(kind).await;
        let steps = elastic.check().await;
        assert!(!steps.iter().any(|step| matches!(step.result, Checked::Bad(_))), "{steps:?}");
        let read = steps.iter().filter(|step| step.name == "read back");
        assert_eq!(read.filter(|step| matches!(step.result, Checked::Good(_))).count(), 2);
        assert!(cluster.counts(EVENTS).is_empty());
        cluster.state().may_read = false;
        let steps = elastic.check().await;
        assert!(!steps.iter().any(|step| matches!(step.result, Checked::Bad(_))), "{steps:?}");
        assert_eq!(cluster.counts(EVENTS).len(), 1);
    }
}

/// Guarantees: each thing that can be wrong is named by its step and its reason.
#[tokio::test]
async fn what_is_wrong_is_named() {
    let kind = Kind::Elasticsearch(8, 19);
    let cluster = Cluster::new(kind);
    let peer = Peer::start(cluster.handler()).await;
    let good = options(&peer, kind);
    let mut nobody = good.clone();
    nobody.http.url = "http://127.0.0.1:1".to_owned();
    assert_eq!(
        last_bad(&steps(nobody).await),
        ("reach", "127.0.0.1:1: connection refused".to_owned())
    );
    let (name, reason) = last_bad(&steps(good.clone()).await);
    assert!(name == "template" && reason.contains("logs-seam is missing"), "{name}: {reason}");
    // Whoever may not read templates is told by the write that there is no index.
    cluster.state().may_manage = false;
    let (name, reason) = last_bad(&steps(good.clone()).await);
    assert!(name == "index" && reason.contains(EVENTS), "{name}: {reason}");
    cluster.state().may_manage = true;
    Elastic::new(good.clone()).unwrap().set_up(false).await;
    cluster.state().may_create = false;
    let (name, reason) = last_bad(&steps(good.clone()).await);
    assert!(name == "permission" && reason.contains(EVENTS), "{name}: {reason}");
    cluster.state().may_create = true;
    cluster.state().block = Some((429, "cluster_block_exception"));
    let (name, reason) = last_bad(&steps(good.clone()).await);
    assert!(name == "index" && reason.contains("read-only"), "{name}: {reason}");
    cluster.state().authorization = Some("ApiKey right".to_owned());
    let mut wrong = good.clone();
    wrong.credential = Credential::ApiKey(Secret::value("hush"));
    let (name, reason) = last_bad(&steps(wrong).await);
    assert!(name == "credentials" && reason.contains("401"), "{name}: {reason}");
    let mut other = good;
    other.product = seam_exporters::elastic::Product::OpenSearch;
    cluster.state().authorization = None;
    let (name, reason) = last_bad(&steps(other).await);
    assert!(name == "product" && reason.contains("Elasticsearch 8.19 answers"), "{name}: {reason}");
}

/// Guarantees: a setup says first what it would do and does nothing, then does it, then has nothing
/// to do; what changes is replaced; what is not ours stays.
#[tokio::test]
async fn a_setup_is_done_once() {
    for (kind, writes) in [
        (Kind::Elasticsearch(8, 19), 3),
        (Kind::Elasticsearch(8, 12), 4),
        (Kind::OpenSearch(2, 19), 4),
    ] {
        let cluster = Cluster::new(kind);
        let peer = Peer::start(cluster.handler()).await;
        let elastic = Elastic::new(options(&peer, kind)).unwrap();
        let dry = elastic.set_up(true).await;
        assert!(said(&dry).contains("would create") && cluster.state().writes == 0, "{dry:?}");
        let first = elastic.set_up(false).await;
        assert!(said(&first).contains("created"), "{first:?}");
        assert_eq!(cluster.state().writes, writes, "{kind:?}");
        let second = elastic.set_up(false).await;
        assert!(said(&second).contains("unchanged"), "{second:?}");
        assert_eq!(cluster.state().writes, writes, "{kind:?}");
        let mut changed = options(&peer, kind);
        changed.fields.push(Field { name: "event.action".to_owned(), kind: FieldType::Keyword });
        changed.retention_days = Some(30);
        let third = Elastic::new(changed).unwrap().set_up(false).await;
        assert!(said(&third).contains("replaced"), "{third:?}");
        assert_eq!(cluster.state().writes, writes + 2, "{kind:?}");
        cluster
            .state()
            .assets
            .insert("_index_template/logs-seam".to_owned(), serde_json::json!({}));
        let fourth = elastic.set_up(false).await;
        assert_eq!(last_bad(&fourth).0, "index template");
    }
}

/// Guarantees: a cluster without lifecycle policies is set up all the same, and one that forbids it
/// says so.
#[tokio::test]
async fn missing_plugins_are_skipped() {
    for kind in [Kind::Elasticsearch(8, 12), Kind::OpenSearch(2, 19)] {
        let cluster = Cluster::new(kind);
        cluster.state().has_policies = false;
        let peer = Peer::start(cluster.handler()).await;
        let steps = Elastic::new(options(&peer, kind)).unwrap().set_up(false).await;
        assert!(steps.iter().any(
            |step| matches!(&step.result, Checked::Skipped(reason) if reason.contains("has no"))
        ));
        assert_eq!((steps.len(), cluster.state().writes), (5, 3));
        cluster.state().may_manage = false;
        let steps = Elastic::new(options(&peer, kind)).unwrap().set_up(false).await;
        assert!(last_bad(&steps).1.contains("security_exception"), "{steps:?}");
    }
}

fn said(steps: &[Step]) -> String {
    steps
        .iter()
        .map(|step| match &step.result {
            Checked::Good(text) => text.as_str(),
            other => panic!("{other:?}"),
        })
        .collect::<Vec<_>>()
        .join("; ")
}
