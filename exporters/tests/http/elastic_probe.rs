//! What a probe finds out without writing a document.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use seam_exporters::Destination as _;
use seam_exporters::elastic::Elastic;
use seam_tests::mocks::cluster::{Cluster, Kind};
use seam_tests::mocks::peer::{Call, Peer, Reply};
use serde_json::{Value, json};

use crate::drive::assert_clean;
use crate::elastic::options;

/// What the cluster says beyond what its mock knows: rights, and the blocks of the index written to.
#[derive(Default)]
struct Says {
    rights: Mutex<Option<Value>>,
    blocks: Mutex<Value>,
    hides_streams: AtomicBool,
}

async fn cluster(kind: Kind) -> (Arc<Says>, Peer, Elastic) {
    let (says, cluster) = (Arc::new(Says::default()), Cluster::new(kind));
    let (heard, others) = (Arc::clone(&says), cluster.handler());
    let peer = Peer::start(Arc::new(move |call: Call| {
        let path = call.path.trim_start_matches('/');
        if path == "_security/user/_has_privileges" {
            let asked: Value = serde_json::from_slice(&call.body).unwrap();
            assert_eq!(asked["index"][0]["privileges"], json!(["create_doc"]));
            return match &*heard.rights.lock().unwrap() {
                Some(rights) => Reply::json(200, rights),
                None => Reply::json(400, json!({ "error": "no handler found, hush" })),
            };
        }
        if let Some(stream) = path.strip_prefix("_resolve/index/") {
            if heard.hides_streams.load(Ordering::Relaxed) {
                return Reply::json(403, json!({ "error": "hush" }));
            }
            let index = |number: u8| format!(".ds-{stream}-{number}");
            let stream = json!({ "name": stream, "backing_indices": [index(1), index(2)] });
            return Reply::json(200, json!({ "data_streams": [stream] }));
        }
        if let Some(index) = path.strip_suffix("/_settings/index.blocks.*") {
            assert!(index.ends_with("-2"), "not the one that is written to: {index}");
            assert_eq!(call.parameter("flat_settings"), Some("true"));
            let blocks = heard.blocks.lock().unwrap().clone();
            return Reply::json(200, json!({ index: { "settings": blocks } }));
        }
        others(call)
    }))
    .await;
    let elastic = Elastic::new(options(&peer, kind)).unwrap();
    elastic.set_up(false).await;
    (says, peer, elastic)
}

/// Guarantees: a hold for a right that is missing, or for a block, lasts until that is put right; what
/// a cluster does not tell holds nothing.
#[tokio::test]
async fn a_probe_sees_rights_and_blocks() {
    for kind in [Kind::Elasticsearch(8, 19), Kind::OpenSearch(2, 19)] {
        let (says, _peer, elastic) = cluster(kind).await;
        *says.blocks.lock().unwrap() = json!({});
        elastic.probe().await.unwrap();
        for (all, good) in [(false, false), (true, true)] {
            *says.rights.lock().unwrap() = Some(json!({ "has_all_requested": all }));
            let probed = elastic.probe().await;
            // OpenSearch has no such question, and is not asked.
            let good = good || matches!(kind, Kind::OpenSearch(..));
            assert_eq!(probed.is_ok(), good, "{kind:?} {probed:?}");
            assert_clean(&format!("{probed:?}"));
        }
        for (blocks, good) in [
            (json!({ "index.blocks.write": "true" }), false),
            (json!({ "index.blocks.read_only": true }), false),
            (json!({ "index.blocks.write": "false" }), true),
            // It goes away by itself when the disk has room.
            (json!({ "index.blocks.read_only_allow_delete": "true" }), true),
        ] {
            *says.blocks.lock().unwrap() = blocks.clone();
            let probed = elastic.probe().await;
            assert_eq!(probed.is_ok(), good, "{kind:?} {blocks} {probed:?}");
        }
        *says.blocks.lock().unwrap() = json!({ "index.blocks.write": "true" });
        says.hides_streams.store(true, Ordering::Relaxed);
        elastic.probe().await.unwrap();
    }
}
