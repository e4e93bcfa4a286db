//! One attempt: messages into a producer, reports out of it.
//!
//! Messages have no timeout of their own. If they had, some of a session would be given up while
//! later ones of it are stored; so an attempt is given up as a whole, and what is stored of a
//! partition is always its beginning.

use std::time::Duration;

use rdkafka::error::KafkaError;
use rdkafka::producer::BaseRecord;
use rdkafka::types::RDKafkaErrorCode as Code;

use super::class::{self, Class};
use super::message::Message;
use super::options::Options;
use super::producer::Producer;
use super::report::{Report, Reports, Ticket};

/// Messages handed over before other tasks may run.
const STRIDE: usize = 128;
/// How often a full queue is tried again.
const FULL_QUEUE_WAIT: Duration = Duration::from_millis(5);
/// How long messages that were given back may take to say so.
const PURGE_WAIT: Duration = Duration::from_secs(5);

/// How an attempt ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum End {
    /// Every message has its report, and the producer is good for more.
    All,
    /// The producer sends nothing any more; with the reason.
    Fatal(String),
    /// Nothing was confirmed for too long; with what was said last.
    Stalled(String),
    /// Somebody has to put something right; with what.
    Held(String),
}

/// Sends messages; gives the report of each and how it ended. Where it did not end well the
/// producer is to be replaced.
pub(super) async fn run(
    producer: &Producer,
    messages: &[&Message<'_>],
    options: &Options,
) -> (Vec<Report>, End) {
    let reports = Reports::new(messages.len());
    producer.said().forget();
    let mut end = hand_over(producer, messages, &reports, options).await;
    if end == End::All {
        end = wait(producer, &reports, messages.len(), options.stall).await;
    }
    if end != End::All {
        give_back(producer, &reports, options.stall, &end).await;
    }
    // What has no report after all that may be stored.
    let unknown = Report::Failed(Code::PurgeInflight);
    let reports = reports.take().into_iter().map(|report| report.unwrap_or(unknown)).collect();
    (reports, end)
}

/// Puts messages into the queue of the producer, waiting where it is full.
async fn hand_over(
    producer: &Producer,
    messages: &[&Message<'_>],
    reports: &std::sync::Arc<Reports>,
    options: &Options,
) -> End {
    for (index, message) in messages.iter().enumerate() {
        if index % STRIDE == 0 {
            tokio::task::yield_now().await;
        }
        let mut open = reports.open();
        let mut waited = Duration::ZERO;
        while let Err(code) = hand(producer, message, options, reports.ticket(index)) {
            let fail = |code| reports.ticket(index).report(Report::Failed(code));
            match (code, class::of(code)) {
                (Code::QueueFull, _) => {}
                (Code::Fatal, _) => return stop(reports, index, fatal(producer)),
                (_, Class::Hold) => return stop(reports, index, End::Held(class::told(code))),
                _ => {
                    fail(code);
                    break;
                }
            }
            // Also while the queue is full something has to come out of it.
            let now = reports.open();
            waited = if now < open { Duration::ZERO } else { waited + FULL_QUEUE_WAIT };
            open = now;
            if let Some(end) = ended(producer, reports, index) {
                return stop(reports, index, end);
            }
            if waited > options.stall {
                return stop(reports, index, stalled(producer));
            }
            tokio::time::sleep(FULL_QUEUE_WAIT).await;
        }
    }
    End::All
}

/// Gives all from `index` on back, since they were not handed over.
fn stop(reports: &std::sync::Arc<Reports>, index: usize, end: End) -> End {
    for rest in index..reports.len() {
        reports.ticket(rest).report(Report::Failed(Code::PurgeQueue));
    }
    end
}

fn hand(
    producer: &Producer,
    message: &Message<'_>,
    options: &Options,
    ticket: Ticket,
) -> Result<(), Code> {
    let mut record = BaseRecord::with_opaque_to(message.topic, Box::new(ticket))
        .payload(&*message.value)
        .headers(message.headers(options));
    record.key = message.key();
    record.timestamp = message.timestamp;
    producer.inner().send(record).map_err(|(error, _)| match error {
        KafkaError::MessageProduction(code) => code,
        // A name of a topic with a zero byte in it.
        _ => Code::InvalidTopic,
    })
}

/// Waits until every message has its report, or until that cannot be hoped for.
async fn wait(producer: &Producer, reports: &Reports, count: usize, stall: Duration) -> End {
    let mut open = reports.open();
    let mut quiet = tokio::time::Instant::now() + stall;
    loop {
        if let Some(end) = ended(producer, reports, count) {
            return end;
        }
        if reports.open() == 0 {
            return End::All;
        }
        tokio::select! {
            () = reports.changed() => {}
            () = producer.said().changed() => {}
            () = tokio::time::sleep_until(quiet) => {
                if reports.open() == open {
                    return stalled(producer);
                }
                open = reports.open();
                quiet = tokio::time::Instant::now() + stall;
            }
        }
    }
}

/// Whether it is over before every message has its report; `count` were handed over.
fn ended(producer: &Producer, reports: &Reports, count: usize) -> Option<End> {
    if reports.failed() && producer.fatal().is_some() {
        return Some(fatal(producer));
    }
    // One broker of several may refuse us: as long as others take something, that is no reason.
    if reports.len() - reports.open() == 0 || count == 0 {
        if let Some(hold) = producer.said().hold() {
            return Some(End::Held(hold));
        }
        if producer.fatal().is_some() {
            return Some(fatal(producer));
        }
    }
    None
}

fn fatal(producer: &Producer) -> End {
    match producer.fatal() {
        // It may not even ask for the right to write without doubling.
        Some((code, words)) if class::of(code) == Class::Hold => {
            End::Held(format!("{} ({words})", class::told(code)))
        }
        Some((code, _)) => End::Fatal(class::told(code)),
        None => End::Fatal(class::told(Code::Fatal)),
    }
}

fn stalled(producer: &Producer) -> End {
    let last = producer.said().any();
    End::Stalled(last.unwrap_or_else(|| "the brokers confirm nothing".to_owned()))
}

/// Takes back what was not sent; then, where the brokers still answer, lets what is on its way
/// arrive, so that as little as possible is left unknown.
async fn give_back(producer: &Producer, reports: &Reports, stall: Duration, end: &End) {
    producer.purge(false).await;
    if matches!(end, End::Fatal(_)) {
        settle(reports, PURGE_WAIT.min(stall)).await;
    }
    producer.purge(true).await;
    settle(reports, PURGE_WAIT).await;
}

async fn settle(reports: &Reports, limit: Duration) {
    let all = async {
        while reports.open() > 0 {
            reports.changed().await;
        }
    };
    if tokio::time::timeout(limit, all).await.is_err() {
        tracing::debug!(open = reports.open(), "messages of kafka have no report");
    }
}
