//! A strict cluster of our own: create-only data streams with one map of ids per write index,
//! rollover, failure store, blocks, permissions, faults by script, as Elasticsearch or OpenSearch.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use serde_json::{Value, json};

use super::cluster_bulk;
use super::peer::{Call, Handler, Reply};

/// Which product, and its version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Elasticsearch, major and minor.
    Elasticsearch(u32, u32),
    /// OpenSearch, major and minor.
    OpenSearch(u32, u32),
}

impl Kind {
    /// Whether a parameter of `_bulk` is known; an unknown one is refused.
    pub fn knows(self, parameter: &str) -> bool {
        match (parameter, self) {
            ("filter_path", _) => true,
            ("require_data_stream", Self::Elasticsearch(major, minor)) => (major, minor) >= (8, 13),
            ("include_source_on_error", Self::Elasticsearch(major, minor)) => {
                (major, minor) >= (8, 18)
            }
            _ => false,
        }
    }
}

/// What the next `_bulk` request meets.
#[derive(Debug, Clone)]
pub enum Fault {
    /// A status for the request as a whole, and a type of error.
    Status(u16, &'static str),
    /// The same, with `Retry-After`.
    Wait(u16, &'static str),
    /// Every n-th item has a status and a type, the others are taken.
    Items(usize, u16, &'static str),
    /// The documents are taken, then the connection ends.
    CutAfter,
    /// The documents are taken, and no answer comes.
    StallAfter,
    /// The documents are taken, and the answer lacks items.
    Short,
    /// The documents are taken, and the answer comes late.
    Slow(Duration),
}

/// A data stream: its backing indexes, the last of which is written to.
#[derive(Debug, Default, Clone)]
pub struct Stream {
    /// Documents by id.
    pub indexes: Vec<BTreeMap<String, Value>>,
}

/// A document that was offered to a data stream.
#[derive(Debug, Clone)]
pub struct Offered {
    /// The stream.
    pub stream: String,
    /// Its id.
    pub id: String,
    /// Whether it was there already.
    pub is_copy: bool,
}

/// What it holds, and how it behaves.
#[derive(Debug)]
pub struct State {
    /// What it says that it is.
    pub kind: Kind,
    /// Every document that was taken, or was there, in order.
    pub offered: Vec<Offered>,
    /// Ids of documents that were taken and of which no client was told.
    pub untold: BTreeSet<String>,
    /// Which documents no mapping takes, by id and document.
    pub bad: fn(&str, &Value) -> bool,
    /// The data streams by name.
    pub streams: BTreeMap<String, Stream>,
    /// Indexes that arose because nothing made a data stream of them.
    pub ordinary: BTreeSet<String>,
    /// What the failure store holds.
    pub failures: Vec<Value>,
    /// Templates and policies by path.
    pub assets: BTreeMap<String, Value>,
    /// How many of them were written.
    pub writes: usize,
    /// Requests of `_bulk`, refused ones too.
    pub requests: usize,
    /// Those that were larger than it takes.
    pub too_large: usize,
    /// What the next requests of `_bulk` meet.
    pub script: VecDeque<Fault>,
    /// The credential; anybody, where there is none.
    pub authorization: Option<String>,
    /// Whether the client may write documents.
    pub may_create: bool,
    /// Whether it may read them.
    pub may_read: bool,
    /// Whether it may read and write templates and policies.
    pub may_manage: bool,
    /// Whether the product has lifecycle policies.
    pub has_policies: bool,
    /// Whether a failure store takes what the stream refuses.
    pub failure_store: bool,
    /// A block of all indexes: status and type of items.
    pub block: Option<(u16, &'static str)>,
    /// Bytes of a request, before compression.
    pub bytes_max: usize,
}

/// The cluster.
#[derive(Debug, Clone)]
pub struct Cluster(Arc<Mutex<State>>);

impl Cluster {
    /// One with nothing in it.
    pub fn new(kind: Kind) -> Self {
        Self(Arc::new(Mutex::new(State {
            kind,
            offered: Vec::new(),
            untold: BTreeSet::new(),
            bad: |_, document| document["bad"] == json!(true),
            streams: BTreeMap::new(),
            ordinary: BTreeSet::new(),
            failures: Vec::new(),
            assets: BTreeMap::new(),
            writes: 0,
            requests: 0,
            too_large: 0,
            script: VecDeque::new(),
            authorization: None,
            may_create: true,
            may_read: true,
            may_manage: true,
            has_policies: true,
            failure_store: false,
            block: None,
            bytes_max: usize::MAX,
        })))
    }

    /// What it holds, to be looked at and changed.
    pub fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// How often each id is in a data stream, over all its backing indexes.
    pub fn counts(&self, stream: &str) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        let state = self.state();
        for index in state.streams.get(stream).into_iter().flat_map(|stream| &stream.indexes) {
            for id in index.keys() {
                *counts.entry(id.clone()).or_default() += 1;
            }
        }
        counts
    }

    /// Starts a new write index.
    pub fn roll_over(&self, stream: &str) {
        self.state().streams.get_mut(stream).unwrap().indexes.push(BTreeMap::new());
    }

    /// What answers.
    pub fn handler(&self) -> Handler {
        let cluster = self.clone();
        Arc::new(move |call| {
            let mut state = cluster.state();
            let elastic = matches!(state.kind, Kind::Elasticsearch(..));
            let reply = state.answer(&call);
            if elastic { reply.with("X-elastic-product", "Elasticsearch") } else { reply }
        })
    }
}

/// A refusal of a request as a whole.
pub fn error(status: u16, kind: &str) -> Reply {
    let error = json!({ "type": kind, "reason": "hush: what the document held" });
    Reply::json(status, json!({ "error": error, "status": status }))
}

impl State {
    fn answer(&mut self, call: &Call) -> Reply {
        if self.authorization.is_some()
            && call.header("authorization") != self.authorization.as_deref()
        {
            return error(401, "security_exception");
        }
        let path = call.path.trim_start_matches('/').to_owned();
        let parts: Vec<&str> = path.split('/').collect();
        match (call.method.as_str(), parts.as_slice()) {
            ("GET", [""]) => Reply::json(200, self.root()),
            ("POST", ["_bulk"]) => {
                self.requests += 1;
                cluster_bulk::answer(self, call)
            }
            (_, [_, "_doc", id]) if !self.may_read => {
                let _ = id;
                error(403, "security_exception")
            }
            ("GET", [index, "_doc", id]) => match self.document(index, id) {
                Some(_) => Reply::json(200, json!({ "found": true })),
                None => Reply::json(404, json!({ "found": false })),
            },
            ("DELETE", [index, "_doc", id]) => {
                assert!(self.document(index, id).is_some());
                let (stream, number) = index.rsplit_once('-').unwrap();
                let stream = self.streams.get_mut(stream.trim_start_matches(".ds-")).unwrap();
                stream.indexes[number.parse::<usize>().unwrap() - 1].remove(*id);
                Reply::json(200, json!({ "result": "deleted" }))
            }
            ("GET", ["_resolve", "index", name]) => {
                let found: Vec<Value> = self
                    .streams
                    .keys()
                    .filter(|stream| stream == name)
                    .map(|name| json!({ "name": name }))
                    .collect();
                Reply::json(200, json!({ "indices": [], "aliases": [], "data_streams": found }))
            }
            (method, ["_component_template" | "_index_template", _]) => {
                self.asset(method, &path, call)
            }
            (method, ["_ilm", "policy", _])
                if matches!(self.kind, Kind::Elasticsearch(..)) && self.has_policies =>
            {
                self.asset(method, &path, call)
            }
            (method, ["_plugins", "_ism", "policies", _])
                if matches!(self.kind, Kind::OpenSearch(..)) && self.has_policies =>
            {
                self.asset(method, &path, call)
            }
            _ => error(400, "illegal_argument_exception"),
        }
    }

    fn root(&self) -> Value {
        match self.kind {
            Kind::Elasticsearch(major, minor) => json!({
                "tagline": "You Know, for Search",
                "version": { "number": format!("{major}.{minor}.0"), "build_flavor": "default" },
            }),
            Kind::OpenSearch(major, minor) => json!({
                "tagline": "The OpenSearch Project: https://opensearch.org/",
                "version": { "number": format!("{major}.{minor}.0"), "distribution": "opensearch" },
            }),
        }
    }

    fn document(&self, index: &str, id: &str) -> Option<&Value> {
        let (stream, number) = index.rsplit_once('-')?;
        let stream = self.streams.get(stream.trim_start_matches(".ds-"))?;
        stream.indexes.get(number.parse::<usize>().ok()? - 1)?.get(id)
    }

    /// A template or a policy, as each product gives it back.
    fn asset(&mut self, method: &str, path: &str, call: &Call) -> Reply {
        if !self.may_manage {
            return error(403, "security_exception");
        }
        let (folder, name) = path.rsplit_once('/').unwrap();
        if method == "PUT" {
            let body: Value = serde_json::from_slice(&call.body).unwrap();
            if folder.ends_with("policies")
                && self.assets.contains_key(path)
                && call.query.is_empty()
            {
                return error(409, "version_conflict_engine_exception");
            }
            if folder == "_index_template" {
                for component in body["composed_of"].as_array().unwrap() {
                    let component = format!("_component_template/{}", component.as_str().unwrap());
                    let optional = component.ends_with("@custom");
                    assert!(
                        optional || self.assets.contains_key(&component),
                        "{component} is missing"
                    );
                }
            }
            self.assets.insert(path.to_owned(), body);
            self.writes += 1;
            return Reply::json(200, json!({ "acknowledged": true }));
        }
        let Some(body) = self.assets.get(path) else {
            return error(404, "resource_not_found_exception");
        };
        Reply::json(
            200,
            match folder {
                "_component_template" => {
                    json!({ "component_templates": [{ "name": name, "component_template": body }] })
                }
                "_index_template" => {
                    json!({ "index_templates": [{ "name": name, "index_template": body }] })
                }
                "_ilm/policy" => json!({ name: { "version": 1, "policy": body["policy"] } }),
                _ => {
                    json!({ "_id": name, "_seq_no": 3, "_primary_term": 1, "policy": body["policy"] })
                }
            },
        )
    }

    /// Whether a template makes a data stream of a name.
    pub fn makes_stream(&self, name: &str) -> bool {
        name.starts_with("logs-seam.") && self.assets.contains_key("_index_template/logs-seam")
    }
}
