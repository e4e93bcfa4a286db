//! OTLP to any collector, another Seam among them.
//!
//! Where to start: [`event`] makes the document of an event, `isolate` sends a batch of them and
//! finds what a server refuses, `class` says what an answer means.

mod body;
mod check;
mod class;
mod codec;
mod document;
mod encode;
mod grpc;
mod isolate;
mod options;
mod over_http;
mod response;
mod suspects;

use async_trait::async_trait;

use crate::destination::{Checked, Destination, Limits, Step};
use crate::http::OptionsError;
use crate::outcome::Outcome;
use crate::record::Record;

use isolate::{Carrier, Item};
use suspects::Suspects;

pub use codec::RawCodec;
pub use document::{Action, Signal, action, split};
pub use encode::event;
pub use options::{Options, Protocol};

pub(crate) use document::note;

/// Records in a request.
const BATCH_RECORDS: usize = 2_000;
/// Bytes of documents in a request: servers built on Go's gRPC take 4 MiB unless told otherwise.
const BATCH_BYTES: usize = 2 << 20;
/// Bytes of one document: what Seam itself takes.
const DOCUMENT_BYTES: usize = 64 << 20;
/// Requests under way at a time.
const IN_FLIGHT: usize = 4;

/// Another OTLP endpoint.
pub struct Otlp {
    options: Options,
    carrier: Box<dyn Carrier>,
    suspects: Suspects,
}

impl std::fmt::Debug for Otlp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Otlp").field("options", &self.options).finish_non_exhaustive()
    }
}

impl Otlp {
    /// Looks at the options and reads the files that TLS needs; connects to nothing. To be called
    /// in a runtime.
    ///
    /// # Errors
    /// What is wrong with the options.
    pub fn new(options: Options) -> Result<Self, OptionsError> {
        let carrier: Box<dyn Carrier> = match options.protocol {
            Protocol::Grpc => Box::new(grpc::Client::new(&options)?),
            Protocol::Http => Box::new(over_http::Client::new(&options)?),
        };
        Ok(Self { options, carrier, suspects: Suspects::default() })
    }
}

#[async_trait]
impl Destination for Otlp {
    fn limits(&self) -> Limits {
        Limits {
            records: BATCH_RECORDS,
            bytes: BATCH_BYTES,
            document_bytes: DOCUMENT_BYTES,
            in_flight: IN_FLIGHT,
        }
    }

    async fn send(&self, records: &[Record]) -> Vec<Outcome> {
        let unreadable = Outcome::Refused { reason: "the document is not OTLP".to_owned() };
        let mut outcomes = vec![unreadable; records.len()];
        let split: Vec<_> = records.iter().map(|record| split(&record.document)).collect();
        for signal in Signal::ALL {
            let all = records.iter().zip(&split).enumerate();
            let items = all.filter_map(|(place, (record, document))| match document {
                Some((found, request)) if *found == signal => {
                    Some(Item { place, id: &record.id, request: request.clone() })
                }
                _ => None,
            });
            let (carrier, items) = (self.carrier.as_ref(), items.collect());
            for (place, outcome) in isolate::send(carrier, &self.suspects, signal, items).await {
                if let Some(slot) = outcomes.get_mut(place) {
                    *slot = outcome;
                }
            }
        }
        outcomes
    }

    async fn probe(&self) -> Result<(), String> {
        check::may_send(self.carrier.as_ref()).await
    }

    async fn check(&self) -> Vec<Step> {
        check::run(&self.options, self.carrier.as_ref()).await
    }

    async fn set_up(&self, _: bool) -> Vec<Step> {
        let reason = "OTLP needs nothing to be made".to_owned();
        vec![Step { name: "setup", result: Checked::Skipped(reason) }]
    }
}
