//! Apache Kafka, and what speaks its protocol.
//!
//! One producer, idempotent, that waits for all replicas in sync; a session is a key, so it stays
//! in one partition and in order. A producer is good for exactly-once only as long as it lives:
//! after an error that ends it, after a stall and after a restart of Seam what is not known to be
//! stored is sent again under the same `ce_id`, with `redelivery` true.
//!
//! Where to start: `attempt` sends, `sending` reads what came of it, `class` says what an error
//! means, `message` what a record looks like.

mod attempt;
mod check;
mod class;
mod look;
mod message;
mod oauth;
mod options;
mod producer;
mod reference;
mod report;
mod said;
mod sending;
mod set_up;
mod settings;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::Mutex;

use crate::destination::{Destination, Limits, Step};
use crate::outcome::Outcome;
use crate::record::Record;

use oauth::Tokens;
use producer::{Context, Producer};
use report::Report;
use sending::Batch;

pub use options::{Compression, Encoding, NewTopics, Oidc, Options, Sasl, Tls};
pub use options::{LINGER, MESSAGE_BYTES, STALL};
pub use settings::OptionsError;

/// Records in a batch: enough to fill requests to several partitions.
const BATCH_RECORDS: usize = 10_000;
/// Bytes of documents in a batch; librdkafka holds a copy.
const BATCH_BYTES: usize = 16 << 20;
/// How long a producer may take to let go of what it holds.
const CLOSE: Duration = Duration::from_secs(5);

/// A topic of Kafka.
pub struct Kafka {
    options: Options,
    // Batches go one after the other: two at a time could change the order within a session.
    live: Mutex<Option<Producer>>,
}

impl std::fmt::Debug for Kafka {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Kafka").field("options", &self.options).finish_non_exhaustive()
    }
}

impl Kafka {
    /// Looks at the options, and at each setting; connects to nothing.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn new(options: Options) -> Result<Self, OptionsError> {
        settings::producer(&options, false)?;
        settings::producer(&options, true)?;
        Ok(Self { options, live: Mutex::new(None) })
    }

    /// A producer. Secrets and certificates are read anew.
    fn start(&self, alone: bool) -> Result<Producer, String> {
        let config = settings::producer(&self.options, alone).map_err(|error| error.to_string())?;
        Producer::start(&config, context(&self.options)?)
    }

    /// Sends what is open in a batch, once.
    async fn attempt(&self, live: &mut Option<Producer>, batch: &mut Batch<'_>) {
        let kept = if batch.alone { None } else { live.take() };
        // It may have ended since: an idle producer loses its id too.
        let kept = kept.filter(|producer| producer.fatal().is_none());
        let fresh = kept.is_none();
        let producer = match kept {
            Some(producer) => producer,
            None => match self.start(batch.alone) {
                Ok(producer) => producer,
                Err(reason) => return batch.end(&Outcome::Hold { reason }),
            },
        };
        let open = batch.open();
        let (reports, end) = attempt::run(&producer, &open, &self.options).await;
        drop(open);
        // A producer that has had no connection before, and lost none, was not let in at all.
        batch.read(&reports, &end, fresh && !producer.said().broke());
        // After a failure the next one begins anew, with the secrets as they are then.
        let all_stored = reports.iter().all(|report| matches!(report, Report::Stored { .. }));
        if end == attempt::End::All && all_stored && !batch.alone {
            *live = Some(producer);
        } else {
            producer.end(Duration::ZERO).await;
        }
    }
}

/// What a client calls back. To be made in a runtime.
fn context(options: &Options) -> Result<Context, String> {
    let tokens = match &options.sasl {
        Some(Sasl::OAuthBearer(oidc)) => Some(Arc::new(Tokens::new(oidc)?)),
        _ => None,
    };
    Ok(Context::new(tokens))
}

#[async_trait]
impl Destination for Kafka {
    fn limits(&self) -> Limits {
        Limits {
            records: BATCH_RECORDS,
            bytes: BATCH_BYTES,
            // A larger one goes as a reference.
            document_bytes: usize::MAX,
            in_flight: 1,
        }
    }

    async fn send(&self, records: &[Record]) -> Vec<Outcome> {
        let mut live = self.live.lock().await;
        let mut batch = Batch::new(records, &self.options);
        while !batch.open().is_empty() {
            self.attempt(&mut live, &mut batch).await;
        }
        batch.outcomes()
    }

    async fn probe(&self) -> Result<(), String> {
        check::may_send(&self.options).await
    }

    async fn check(&self) -> Vec<Step> {
        check::run(&self.options).await
    }

    async fn set_up(&self, dry: bool) -> Vec<Step> {
        set_up::run(&self.options, dry).await
    }

    async fn close(&self) {
        // A batch that is still being sent is not waited for.
        let Ok(mut live) = tokio::time::timeout(CLOSE, self.live.lock()).await else { return };
        if let Some(producer) = live.take() {
            producer.end(CLOSE).await;
        }
    }
}
