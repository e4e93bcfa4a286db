//! One producer of librdkafka: what it is told, what it reports, how it ends.

use std::sync::Arc;
use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::client::{ClientContext, OAuthToken};
use rdkafka::config::{FromClientConfigAndContext as _, RDKafkaLogLevel};
use rdkafka::consumer::ConsumerContext;
use rdkafka::error::KafkaError;
use rdkafka::message::{DeliveryResult, Message as _};
use rdkafka::producer::{Producer as _, ProducerContext, PurgeConfig, ThreadedProducer};
use rdkafka::types::RDKafkaErrorCode as Code;

use super::oauth::Tokens;
use super::report::{Report, Ticket};
use super::said::Said;

/// What a client of librdkafka calls back.
#[derive(Clone)]
pub(super) struct Context {
    said: Arc<Said>,
    tokens: Option<Arc<Tokens>>,
}

impl Context {
    pub(super) fn new(tokens: Option<Arc<Tokens>>) -> Self {
        Self { said: Arc::default(), tokens }
    }

    /// What the client said.
    pub(super) fn said(&self) -> Arc<Said> {
        Arc::clone(&self.said)
    }
}

impl ClientContext for Context {
    // Asked only where the mechanism is OAUTHBEARER.
    const ENABLE_REFRESH_OAUTH_TOKEN: bool = true;

    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        // Errors come to `error` too, and then into an outcome or a check.
        tracing::debug!(?level, facility, message, "librdkafka");
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.said.hear(error.rdkafka_error_code().unwrap_or(Code::Unknown), reason);
    }

    fn generate_oauth_token(
        &self,
        _: Option<&str>,
    ) -> Result<OAuthToken, Box<dyn std::error::Error>> {
        let tokens = self.tokens.as_ref().ok_or("no token endpoint is configured")?;
        tokens.get().map_err(|error| {
            // Its own words would be cut to "refresh failed" on the way.
            self.said.hear(Code::Authentication, &error);
            error.into()
        })
    }
}

impl ConsumerContext for Context {}

impl ProducerContext for Context {
    type DeliveryOpaque = Box<Ticket>;

    fn delivery(&self, result: &DeliveryResult<'_>, ticket: Box<Ticket>) {
        ticket.report(match result {
            Ok(message) => {
                Report::Stored { partition: message.partition(), offset: message.offset() }
            }
            Err((error, _)) => Report::Failed(error.rdkafka_error_code().unwrap_or(Code::Unknown)),
        });
    }
}

/// A producer that runs.
pub(super) struct Producer {
    // Dropped first, so that the other reference is the last.
    inner: Arc<ThreadedProducer<Context>>,
    said: Arc<Said>,
    _last: Last,
}

/// The last reference to a producer: dropping it waits for threads, up to a second, so it has a
/// thread of its own.
struct Last(Option<Arc<ThreadedProducer<Context>>>);

impl Drop for Last {
    fn drop(&mut self) {
        let inner = self.0.take();
        let thread = std::thread::Builder::new().name("kafka-end".to_owned());
        if let Err(error) = thread.spawn(move || drop(inner)) {
            tracing::warn!(%error, "a producer of kafka was ended on the thread that used it");
        }
    }
}

impl Producer {
    /// Starts one. It connects by itself and never gives up.
    pub(super) fn start(config: &ClientConfig, context: Context) -> Result<Self, String> {
        let said = context.said();
        let inner = ThreadedProducer::from_config_and_context(config, context)
            .map_err(|error| started(&error))?;
        let inner = Arc::new(inner);
        Ok(Self { _last: Last(Some(Arc::clone(&inner))), inner, said })
    }

    pub(super) fn inner(&self) -> &ThreadedProducer<Context> {
        &self.inner
    }

    /// The same, for another thread.
    pub(super) fn shared(&self) -> Arc<ThreadedProducer<Context>> {
        Arc::clone(&self.inner)
    }

    pub(super) fn said(&self) -> &Said {
        &self.said
    }

    /// The error after which it sends nothing any more.
    pub(super) fn fatal(&self) -> Option<(Code, String)> {
        self.inner.client().fatal_error()
    }

    /// Gives back what has not been sent; with `in_flight` also what may have been stored.
    pub(super) async fn purge(&self, in_flight: bool) {
        let inner = Arc::clone(&self.inner);
        let flags = PurgeConfig::default().queue();
        let flags = if in_flight { flags.inflight() } else { flags };
        // Waits for the threads of librdkafka.
        let done = tokio::task::spawn_blocking(move || inner.purge(flags)).await;
        if let Err(error) = done {
            tracing::warn!(%error, "librdkafka would not give messages back");
        }
    }

    /// Waits at most so long for what is under way, then lets go of it.
    pub(super) async fn end(self, wait: Duration) {
        let done = tokio::task::spawn_blocking(move || {
            let flushed = self.inner.flush(wait);
            drop(self);
            flushed
        });
        match done.await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::debug!(%error, "a producer of kafka ended with messages"),
            Err(error) => tracing::warn!(%error, "a producer of kafka did not end well"),
        }
    }
}

/// Why a client did not start. Its own words name settings and files, no secrets.
pub(super) fn started(error: &KafkaError) -> String {
    match error {
        KafkaError::ClientCreation(words) => format!("librdkafka does not start: {words}"),
        KafkaError::ClientConfig(_, _, key, _) => format!("librdkafka refuses `{key}`"),
        other => format!("librdkafka does not start: {other}"),
    }
}
