//! Splunk, by its HTTP Event Collector.
//!
//! Every event goes as its document in an envelope that repeats what events are found and folded by
//! as indexed fields. Where the token has indexer acknowledgement, an event is delivered when an
//! indexer says that it is stored; without it, `200` means received, no more, and Splunk cannot
//! promise more. Splunk has no memory of ids: whoever counts must fold by `event_id`.
//!
//! Where to start: [`Options`], `codes` (what every answer means), `send`.

mod acknowledge;
mod channel;
mod check;
mod codes;
mod envelope;
mod send;
mod verdict;
mod wire;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;

use crate::destination::{Checked, Destination, Limits, Step};
use crate::http::{self, OptionsError, Pace, Secret};
use crate::outcome::Outcome;
use crate::record::Record;
use acknowledge::Acknowledgements;
use wire::Wire;

/// How often the indexers are asked what is stored where they store nothing new: Splunk's advice.
pub const POLL_EVERY: Duration = Duration::from_secs(10);
/// How long an acknowledgement may take: Splunk's advice.
pub const ACKNOWLEDGED_WITHIN: Duration = Duration::from_mins(5);
/// Bytes of a request before compression: what Splunk Cloud recommends.
pub const REQUEST_BYTES: usize = 1_000_000;
/// Bytes of one document.
pub const DOCUMENT_BYTES: usize = 5 * 1024 * 1024;
/// Events in one request.
pub const REQUEST_RECORDS: usize = 1000;
/// Requests under way at a time.
pub const IN_FLIGHT: usize = 4;
/// Batches per request under way, where most of them only wait for an acknowledgement.
const WAITING_PER_LANE: usize = 8;

/// Whether delivered means stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Acknowledgement {
    /// Used where the token has it.
    #[default]
    Detect,
    /// A token without it holds the destination.
    Required,
    /// Not used: no channel is named, and `200` is enough.
    Off,
}

/// How Splunk is reached, and what it is told.
#[derive(Debug, Clone)]
pub struct Options {
    /// The server, without `/services/collector`.
    pub http: http::Options,
    /// The token of the event collector.
    pub token: Secret,
    /// The index of events that `indexes` does not name; the token's own where there is none.
    pub index: Option<String>,
    /// The index by kind; `action` is one.
    pub indexes: BTreeMap<String, String>,
    /// Where events go whose index Splunk does not know. Without it, it holds the destination.
    pub fallback_index: Option<String>,
    /// `source` of every event.
    pub source: String,
    /// `sourcetype` of events whose kind `sourcetypes` does not name.
    pub sourcetype: String,
    /// `sourcetype` by kind.
    pub sourcetypes: BTreeMap<String, String>,
    /// `host` of events that name none.
    pub host: Option<String>,
    /// Whether delivered means stored.
    pub acknowledgement: Acknowledgement,
    /// How often the indexers are asked what is stored, at least; sooner while they store.
    pub poll_every: Duration,
    /// After how long without a word events are sent again.
    pub acknowledged_within: Duration,
    /// Whether the server keeps what stands in front of a bad event though its answers lack
    /// `Server: Splunkd`, as behind some load balancers. Wrong, it loses events.
    pub prefix_accepted: bool,
    /// Whether requests are compressed.
    pub gzip: bool,
    /// Bytes of a request before compression.
    pub request_bytes: usize,
    /// Events in a request.
    pub request_records: usize,
    /// Bytes of one document.
    pub document_bytes: usize,
    /// Requests under way at a time.
    pub in_flight: usize,
}

impl Options {
    /// The defaults, for a server and a token.
    pub fn new(http: http::Options, token: Secret) -> Self {
        Self {
            http,
            token,
            index: None,
            indexes: BTreeMap::new(),
            fallback_index: None,
            source: "seam".to_owned(),
            sourcetype: "seam:event".to_owned(),
            sourcetypes: BTreeMap::from([("action".to_owned(), "seam:action".to_owned())]),
            host: None,
            acknowledgement: Acknowledgement::default(),
            poll_every: POLL_EVERY,
            acknowledged_within: ACKNOWLEDGED_WITHIN,
            prefix_accepted: false,
            gzip: true,
            request_bytes: REQUEST_BYTES,
            request_records: REQUEST_RECORDS,
            document_bytes: DOCUMENT_BYTES,
            in_flight: IN_FLIGHT,
        }
    }

    fn index_of(&self, kind: &str) -> Option<&String> {
        self.indexes.get(kind).or(self.index.as_ref())
    }
}

/// A Splunk to send to.
#[derive(Debug)]
pub struct Splunk {
    options: Arc<Options>,
    wire: Arc<Wire>,
    acknowledgements: Arc<Acknowledgements>,
    /// Whether the token has acknowledgement, once that was seen.
    acknowledges: Mutex<Option<bool>>,
    /// The server said that it wants no channel.
    channel_refused: AtomicBool,
    pace: Pace,
    /// Bytes of a request: what was configured, or less, once the server found that too large.
    request_bytes: AtomicUsize,
}

impl Splunk {
    /// Makes a destination; reads the files that TLS needs, asks nobody.
    pub fn new(options: Options) -> Result<Self, OptionsError> {
        if options.request_bytes == 0 || options.request_records == 0 {
            return Err(OptionsError::Option {
                option: "request_bytes, request_records",
                reason: "a request must have room for an event".to_owned(),
            });
        }
        Ok(Self {
            wire: Arc::new(Wire::new(&options)?),
            acknowledgements: Arc::new(Acknowledgements::new(
                options.poll_every,
                options.acknowledged_within,
            )),
            acknowledges: Mutex::new(None),
            channel_refused: AtomicBool::new(false),
            pace: Pace::new(options.in_flight),
            request_bytes: AtomicUsize::new(options.request_bytes),
            options: Arc::new(options),
        })
    }

    /// Whether the token has acknowledgement, as far as that was seen.
    fn acknowledges(&self) -> Option<bool> {
        *self.acknowledges.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes note of what the server shows of acknowledgement, and says aloud when that changes.
    fn saw_acknowledgement(&self, has: bool) {
        let mut seen = self.acknowledges.lock().unwrap_or_else(PoisonError::into_inner);
        if *seen != Some(has) {
            *seen = Some(has);
            if has {
                tracing::info!("splunk acknowledges: delivered means stored by an indexer");
            } else {
                tracing::warn!(
                    "the token of splunk has no indexer acknowledgement: delivered means received, not stored"
                );
            }
        }
    }
}

#[async_trait]
impl Destination for Splunk {
    fn limits(&self) -> Limits {
        let batches = if self.acknowledges() == Some(true) { WAITING_PER_LANE } else { 1 };
        Limits {
            records: self.options.request_records,
            // Room for the envelopes.
            bytes: self.request_bytes.load(Ordering::Relaxed) / 4 * 3,
            document_bytes: self.options.document_bytes,
            in_flight: self.pace.width() * batches,
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

    async fn set_up(&self, _dry: bool) -> Vec<Step> {
        let reason =
            "the event collector can create nothing: make the token and its indexes in splunk";
        vec![Step { name: "set up", result: Checked::Skipped(reason.to_owned()) }]
    }

    async fn close(&self) {
        self.acknowledgements.stop();
    }
}
