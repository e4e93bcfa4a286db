//! Elasticsearch and OpenSearch, by `_bulk` into data streams.
//!
//! Every record is created under its own id, so a record that is sent twice is there once: the
//! second time is a conflict, which is as good as delivered. That holds within one write index;
//! after a rollover the same id is taken again, so whoever counts must fold by id. Every item of an
//! answer is read by its position.
//!
//! Where to start: [`Options`], `outcomes` (what every status means), `send`, `set_up`.

mod answer;
mod bulk;
mod check;
mod outcomes;
mod product;
mod rights;
mod send;
mod set_up;
mod template;
mod wire;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use seam_schema::project::Field;

use crate::destination::{Destination, Limits, Step};
use crate::http::{self, OptionsError, Pace, Secret};
use crate::outcome::Outcome;
use crate::record::Record;
use product::Found;
pub use product::Product;
use wire::Wire;

/// Bytes of a request before compression: the server's limit is about that, 100 MB by default.
pub const REQUEST_BYTES: usize = 4_000_000;
/// Bytes of one document.
pub const DOCUMENT_BYTES: usize = 5 * 1024 * 1024;
/// Documents in one request.
pub const REQUEST_RECORDS: usize = 2000;
/// Requests under way at a time.
pub const IN_FLIGHT: usize = 4;
/// The namespace of the data streams.
pub const NAMESPACE: &str = "default";
/// The kind of record that goes to the data stream of actions.
const ACTION: &str = "action";

/// Who the client is. A client certificate stands in the options of HTTP.
#[derive(Debug, Clone, Default)]
pub enum Credential {
    /// Nobody, or whoever the client certificate says.
    #[default]
    None,
    /// An API key as Elasticsearch prints it under `encoded`.
    ApiKey(Secret),
    /// A user with a password.
    Basic {
        /// The user.
        user: String,
        /// The password.
        password: Secret,
    },
    /// A bearer token: a service account, or a JWT.
    Bearer(Secret),
}

/// How the cluster is reached, and what is written.
#[derive(Debug, Clone)]
pub struct Options {
    /// Any node, or what stands in front of them.
    pub http: http::Options,
    /// Who the client is.
    pub credential: Credential,
    /// What should stand there; another product holds the destination.
    pub product: Product,
    /// The last part of the data streams' names: `logs-seam.event-NAMESPACE`.
    pub namespace: String,
    /// Whether `@timestamp` must be put into the documents: those in ECS have it.
    pub add_timestamp: bool,
    /// What the templates map: `seam_schema::project::ecs_fields` for documents in ECS, nothing for
    /// other formats, whose fields are mapped as they come; objects with keys that senders choose are
    /// kept and not searchable.
    pub fields: Vec<Field>,
    /// After how many days documents are deleted by the cluster; never, where there is none.
    pub retention_days: Option<u32>,
    /// Whether requests are compressed.
    pub gzip: bool,
    /// Bytes of a request before compression.
    pub request_bytes: usize,
    /// Documents in a request.
    pub request_records: usize,
    /// Bytes of one document.
    pub document_bytes: usize,
    /// Requests under way at a time.
    pub in_flight: usize,
}

impl Options {
    /// The defaults, for a cluster.
    pub fn new(http: http::Options, product: Product, credential: Credential) -> Self {
        Self {
            http,
            credential,
            product,
            namespace: NAMESPACE.to_owned(),
            add_timestamp: false,
            fields: Vec::new(),
            retention_days: None,
            gzip: true,
            request_bytes: REQUEST_BYTES,
            request_records: REQUEST_RECORDS,
            document_bytes: DOCUMENT_BYTES,
            in_flight: IN_FLIGHT,
        }
    }
}

/// A cluster to send to.
#[derive(Debug)]
pub struct Elastic {
    options: Arc<Options>,
    wire: Wire,
    targets: Arc<Targets>,
    /// What stands there, once it was asked.
    found: Mutex<Option<Found>>,
    /// Data streams that will not silently become ordinary indexes.
    safe: Mutex<BTreeSet<String>>,
    pace: Pace,
    request_bytes: AtomicUsize,
    quarantined: AtomicU64,
}

/// The data streams.
#[derive(Debug)]
struct Targets {
    event: String,
    action: String,
}

impl Targets {
    fn of(&self, kind: &str) -> &str {
        if kind == ACTION { &self.action } else { &self.event }
    }

    fn all(&self) -> [&str; 2] {
        [&self.event, &self.action]
    }
}

impl Elastic {
    /// Makes a destination; reads the files that TLS needs, asks nobody.
    pub fn new(options: Options) -> Result<Self, OptionsError> {
        let wrong =
            |option, reason: &str| OptionsError::Option { option, reason: reason.to_owned() };
        let namespace = &options.namespace;
        let fits = |c: char| !c.is_uppercase() && !c.is_control() && !r#" \/*?"<>|,#:"#.contains(c);
        if namespace.is_empty() || namespace.len() > 100 || !namespace.chars().all(fits) {
            let reason =
                "1 to 100 bytes, lower case, without spaces and any of \\ / * ? \" < > | , # :";
            return Err(wrong("namespace", reason));
        }
        if options.request_bytes == 0 || options.request_records == 0 {
            let reason = "a request must have room for a document";
            return Err(wrong("request_bytes, request_records", reason));
        }
        Ok(Self {
            wire: Wire::new(&options)?,
            targets: Arc::new(Targets {
                event: format!("logs-seam.event-{namespace}"),
                action: format!("logs-seam.action-{namespace}"),
            }),
            found: Mutex::new(None),
            safe: Mutex::new(BTreeSet::new()),
            pace: Pace::new(options.in_flight),
            request_bytes: AtomicUsize::new(options.request_bytes),
            quarantined: AtomicU64::new(0),
            options: Arc::new(options),
        })
    }
}

#[async_trait]
impl Destination for Elastic {
    fn limits(&self) -> Limits {
        Limits {
            records: self.options.request_records,
            // Room for the action lines.
            bytes: self.request_bytes.load(Ordering::Relaxed) / 8 * 7,
            document_bytes: self.options.document_bytes,
            in_flight: self.pace.width(),
        }
    }

    async fn send(&self, records: &[Record]) -> Vec<Outcome> {
        send::send(self, records).await
    }

    async fn probe(&self) -> Result<(), String> {
        check::probe(self).await
    }

    async fn check(&self) -> Vec<Step> {
        check::check(self).await
    }

    async fn set_up(&self, dry: bool) -> Vec<Step> {
        set_up::set_up(self, dry).await
    }

    fn quarantined(&self) -> u64 {
        self.quarantined.load(Ordering::Relaxed)
    }
}
