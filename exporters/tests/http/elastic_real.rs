//! Elasticsearch and OpenSearch against real nodes.

use std::time::Duration;

use seam_exporters::elastic::{Credential, Elastic, Options, Product};
use seam_exporters::{Checked, Destination as _, Outcome, http};
use seam_schema::project::{Field, FieldType, ecs_fields};
use seam_tests::real::Real;
use serde_json::{Value, json};

use crate::drive::{drive, one, record, records};
use crate::elastic::EVENTS;

const DOCUMENTS: usize = 5000;

fn options(real: &Real, product: Product) -> Options {
    let mut options = Options::new(http::Options::new(&real.url()), product, Credential::None);
    options.add_timestamp = true;
    options.retention_days = Some(30);
    options.fields = ecs_fields().to_vec();
    options.fields.push(Field { name: "number".to_owned(), kind: FieldType::Long });
    options.fields.push(Field { name: "labels".to_owned(), kind: FieldType::Flattened });
    options
}

async fn ask(real: &Real, method: &str, path: &str, body: Option<Value>) -> Value {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let url = format!("{}/{path}", real.url());
    let mut request = client.request(method.parse().unwrap(), url);
    if let Some(body) = body {
        request = request.header("content-type", "application/json").body(body.to_string());
    }
    let text = request.send().await.unwrap().text().await.unwrap();
    serde_json::from_str(&text).unwrap_or(Value::Null)
}

async fn count(real: &Real) -> u64 {
    ask(real, "POST", &format!("{EVENTS}/_refresh"), None).await;
    ask(real, "GET", &format!("{EVENTS}/_count"), None).await["count"].as_u64().unwrap()
}

/// Sets up, sends, resends, is refused, is blocked, is killed: on one real node.
async fn all_of_it(mut real: Real, product: Product) {
    let elastic = Elastic::new(options(&real, product)).unwrap();
    // A template is missing: nothing becomes an ordinary index.
    assert!(matches!(one(&elastic).await, Outcome::Hold { .. }));
    let before = elastic.check().await;
    assert!(matches!(before.last().unwrap().result, Checked::Bad(_)), "{before:?}");
    for (round, word) in ["created", "unchanged"].iter().enumerate() {
        let steps = elastic.set_up(false).await;
        assert!(!steps.iter().any(|step| matches!(step.result, Checked::Bad(_))), "{steps:?}");
        let last = &steps.last().unwrap().result;
        assert!(matches!(last, Checked::Good(said) if said.contains(word)), "{round}: {steps:?}");
    }
    let steps = elastic.check().await;
    assert!(!steps.iter().any(|step| matches!(step.result, Checked::Bad(_))), "{steps:?}");
    assert_eq!(count(&real).await, 0, "the canary stayed");

    let driven = drive(&elastic, records(DOCUMENTS), |_| ()).await;
    assert_eq!((driven.delivered.len(), driven.duplicates), (DOCUMENTS, 0));
    let driven = drive(&elastic, records(DOCUMENTS), |_| ()).await;
    assert_eq!(driven.duplicates, DOCUMENTS);
    assert_eq!(count(&real).await, DOCUMENTS as u64);

    // A field of another type is refused alone, and its content is in no reason.
    let mut mixed = records(DOCUMENTS + 4)[DOCUMENTS..].to_vec();
    mixed[2] = record(DOCUMENTS + 2, r#"{"number":"hush, no number"}"#);
    let driven = drive(&elastic, mixed, |_| ()).await;
    assert_eq!((driven.delivered.len(), driven.refused.len()), (3, 1));

    // An index that may not be written to: a disk that is full, then somebody's decision.
    for (block, held) in [("read_only_allow_delete", false), ("write", true)] {
        let settings = |on: Value| json!({ "index": { "blocks": { block: on } } });
        ask(&real, "PUT", &format!("{EVENTS}/_settings"), Some(settings(json!(true)))).await;
        let outcome = elastic.send(&records(DOCUMENTS + 5)[DOCUMENTS + 4..]).await.remove(0);
        assert_eq!(matches!(outcome, Outcome::Hold { .. }), held, "{block}: {outcome:?}");
        assert_eq!(matches!(outcome, Outcome::Retry { .. }), !held, "{block}: {outcome:?}");
        assert_eq!(elastic.probe().await.is_err(), held, "{block}");
        ask(&real, "PUT", &format!("{EVENTS}/_settings"), Some(settings(json!(false)))).await;
        elastic.probe().await.unwrap();
    }

    // What senders invent does not fill the mapping, and what is ours is searchable.
    let invented: Vec<String> =
        (0..3000).map(|number| format!("\"made_up_{number}\":\"x\"")).collect();
    let document =
        format!(r#"{{"actor":{{"name":"someone"}},"attributes":{{{}}}}}"#, invented.join(","));
    let mut action = record(0, &document);
    action.kind = "action";
    assert_eq!(elastic.send(&[action]).await, [Outcome::Delivered]);
    ask(&real, "POST", "logs-seam.action-default/_refresh", None).await;
    let path = "logs-seam.action-default/_count?q=actor.name:someone";
    assert_eq!(ask(&real, "GET", path, None).await["count"], 1);

    real.kill();
    real.run().unwrap();
    let driven = tokio::time::timeout(
        Duration::from_mins(2),
        drive(&elastic, records(DOCUMENTS + 500)[DOCUMENTS + 4..].to_vec(), |_| {
            std::thread::sleep(Duration::from_millis(20));
        }),
    );
    assert_eq!(driven.await.unwrap().delivered.len(), 496);
    assert_eq!(count(&real).await, DOCUMENTS as u64 + 3 + 496);
}

/// Guarantees: a real OpenSearch holds every document once, through all of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_real_opensearch_gets_everything() {
    let Some(real) = Real::start("elastic_real", "opensearch", &[], &["java", "mvn"]).unwrap()
    else {
        return;
    };
    all_of_it(real, Product::OpenSearch).await;
}

/// Guarantees: a real Elasticsearch holds every document once, through all of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_real_elasticsearch_gets_everything() {
    let Some(real) = Real::start("elastic_real", "elasticsearch", &[], &["java", "mvn"]).unwrap()
    else {
        return;
    };
    all_of_it(real, Product::Elasticsearch).await;
}
