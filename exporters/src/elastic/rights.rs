//! Whether the cluster would take documents, asked without writing one.
//!
//! What a cluster does not tell, or not to this credential, is no reason against it: the next batch
//! finds out.

use std::collections::BTreeMap;

use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Elastic;
use super::product::{Found, Product};
use crate::http::{Answer, Body};

/// Where Elasticsearch says what a credential may do; nobody there where security is off.
const RIGHTS: &str = "_security/user/_has_privileges";
/// The blocks that end in a hold; others pass by themselves.
const BLOCKS: [&str; 2] = ["index.blocks.write", "index.blocks.read_only"];

#[derive(Deserialize)]
struct Rights {
    has_all_requested: bool,
}

#[derive(Deserialize)]
struct Streams {
    data_streams: Vec<Stream>,
}

#[derive(Deserialize)]
struct Stream {
    /// In the order in which they were made.
    #[serde(default)]
    backing_indices: Vec<String>,
}

#[derive(Deserialize)]
struct Index {
    settings: BTreeMap<String, Value>,
}

/// Asks about one data stream. `Err` is why it takes nothing.
pub(crate) async fn may_write(elastic: &Elastic, found: Found, target: &str) -> Result<(), String> {
    if found.product == Product::Elasticsearch {
        let wanted = json!({ "index": [{ "names": [target], "privileges": ["create_doc"] }] });
        let answer = ask(elastic, Method::POST, RIGHTS, Some(Body::json(&wanted))).await?;
        let rights: Option<Rights> = good(&answer);
        if rights.is_some_and(|rights| !rights.has_all_requested) {
            return Err(format!("the credential may not create documents in {target}"));
        }
    }
    let Some(index) = write_index(elastic, target).await? else { return Ok(()) };
    let path = format!("{index}/_settings/index.blocks.*?flat_settings=true");
    let answer = ask(elastic, Method::GET, &path, None).await?;
    let indexes: Option<BTreeMap<String, Index>> = good(&answer);
    let mut settings = indexes.into_iter().flatten().flat_map(|(_, index)| index.settings);
    let set = |value: &Value| value == "true" || value == true;
    if settings.any(|(name, value)| BLOCKS.contains(&&*name) && set(&value)) {
        return Err(format!("{index} is blocked for writing"));
    }
    Ok(())
}

/// The index behind a data stream that is written to: the last one. Older ones may well be blocked.
async fn write_index(elastic: &Elastic, target: &str) -> Result<Option<String>, String> {
    let answer = ask(elastic, Method::GET, &format!("_resolve/index/{target}"), None).await?;
    let streams: Option<Streams> = good(&answer);
    let stream = streams.and_then(|streams| streams.data_streams.into_iter().next());
    let name = stream.and_then(|mut stream| stream.backing_indices.pop());
    // The name becomes part of a path: it is a name, or nothing of ours.
    Ok(name.filter(|name| !name.is_empty() && !name.contains(['/', '?', '#', ' '])))
}

fn good<'a, T: Deserialize<'a>>(answer: &'a Answer) -> Option<T> {
    answer.json().filter(|_| answer.status == 200)
}

async fn ask(
    elastic: &Elastic,
    method: Method,
    path: &str,
    body: Option<Body>,
) -> Result<Answer, String> {
    let answer = elastic.wire.send(method, path, body).await;
    answer.map_err(|fault| fault.reason().to_owned())
}
