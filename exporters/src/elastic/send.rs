//! Sending a batch: in pieces, and what becomes of each document.

use std::sync::Arc;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use reqwest::Method;
use serde::Deserialize;

use super::answer::{self, FILTER, SLOWLY, Verdict};
use super::outcomes::Class;
use super::product::{self, Found};
use super::{Elastic, bulk, template};
use crate::http::{Answer, Body, Pieces, blocking};
use crate::outcome::Outcome;
use crate::record::Record;

const CONTENT_TYPE: &str = "application/x-ndjson";
/// However small the server's limit: no request is planned for fewer bytes.
const REQUEST_BYTES_MIN: usize = 16 * 1024;

/// Sends a batch and says what became of each document.
pub(crate) async fn send(elastic: &Elastic, records: &[Record]) -> Vec<Outcome> {
    match try_send(elastic, records.into()).await {
        Ok(outcomes) => outcomes,
        Err(outcome) => vec![outcome; records.len()],
    }
}

async fn try_send(elastic: &Elastic, records: Arc<[Record]>) -> Result<Vec<Outcome>, Outcome> {
    let found = product::found(elastic).await?;
    for target in elastic.targets.all() {
        if records.iter().any(|record| elastic.targets.of(record.kind) == target) {
            make_safe(elastic, found, target).await?;
        }
    }
    let mut outcomes: Vec<Option<Outcome>> = {
        let (records, most) = (Arc::clone(&records), elastic.options.document_bytes);
        let refused = |reason: &str| Outcome::Refused { reason: reason.to_owned() };
        blocking(move || {
            records.iter().map(|record| bulk::refusal(record, most).map(refused)).collect()
        })
        .await?
    };
    let good: Vec<usize> =
        outcomes.iter().enumerate().filter(|(_, set)| set.is_none()).map(|(at, _)| at).collect();
    let size = |at: &usize| {
        records.get(*at).map_or(0, |record| record.document.len() + bulk::ACTION_BYTES)
    };
    let most = elastic.request_bytes.load(Ordering::Relaxed);
    let mut pieces = Pieces::cut(good.iter().map(size), elastic.options.request_records, most);
    let mut stopped: Option<Outcome> = None;
    while let Some(piece) = pieces.next() {
        let at = good.get(piece.at.clone()).unwrap_or_default();
        if let Some(outcome) = &stopped {
            set_all(&mut outcomes, at, outcome);
            continue;
        }
        let verdict = match post(elastic, found, &records, at).await {
            Ok((answer, bytes)) => (answer::of(&answer, at.len()), bytes),
            Err(outcome) => (Verdict::All(outcome), 0),
        };
        match verdict {
            (Verdict::Items(items), _) => set_items(elastic, &mut outcomes, at, items),
            (Verdict::TooLarge { reason }, bytes) => {
                if pieces.halve(&piece, false) {
                    let less = (bytes / 2).max(REQUEST_BYTES_MIN);
                    elastic.request_bytes.fetch_min(less, Ordering::Relaxed);
                } else {
                    set_all(&mut outcomes, at, &Outcome::Refused { reason });
                }
            }
            (Verdict::All(outcome), _) => {
                if matches!(outcome, Outcome::Retry { .. }) {
                    elastic.pace.slower();
                }
                set_all(&mut outcomes, at, &outcome);
                stopped = Some(outcome.unsent());
            }
        }
    }
    let unsaid = || Outcome::Retry { after: None, reason: "not sent".to_owned() };
    Ok(outcomes.into_iter().map(|outcome| outcome.unwrap_or_else(unsaid)).collect())
}

fn set_all(outcomes: &mut [Option<Outcome>], at: &[usize], outcome: &Outcome) {
    for at in at {
        if let Some(slot) = outcomes.get_mut(*at) {
            *slot = Some(outcome.clone());
        }
    }
}

fn set_items(
    elastic: &Elastic,
    outcomes: &mut [Option<Outcome>],
    at: &[usize],
    items: Vec<(Class, String)>,
) {
    let full = items.iter().any(|(class, _)| matches!(class, Class::Retry | Class::RetrySlowly));
    if full {
        elastic.pace.slower();
    } else {
        elastic.pace.faster();
    }
    for (at, (class, reason)) in at.iter().zip(items) {
        let outcome = match class {
            Class::Delivered => Outcome::Delivered,
            Class::Duplicate => Outcome::Duplicate,
            Class::Quarantined => {
                elastic.quarantined.fetch_add(1, Ordering::Relaxed);
                Outcome::Refused { reason }
            }
            Class::Refused => Outcome::Refused { reason },
            Class::Hold => Outcome::Hold { reason },
            Class::Retry => Outcome::Retry { after: None, reason },
            Class::RetrySlowly => Outcome::Retry { after: Some(SLOWLY), reason },
        };
        if let Some(slot) = outcomes.get_mut(*at) {
            *slot = Some(outcome);
        }
    }
}

/// The path of a `_bulk` request: with what this version can be told.
pub(crate) fn path(found: Found, filter: bool) -> String {
    let mut parts = Vec::new();
    if filter {
        parts.push(format!("filter_path={FILTER}"));
    }
    if found.hides_source() {
        parts.push("include_source_on_error=false".to_owned());
    }
    if found.requires_data_stream() {
        parts.push("require_data_stream=true".to_owned());
    }
    if parts.is_empty() { "_bulk".to_owned() } else { format!("_bulk?{}", parts.join("&")) }
}

/// Encodes and sends some documents. Gives the answer and the size before compression, which is what
/// the server's limit is about.
async fn post(
    elastic: &Elastic,
    found: Found,
    records: &Arc<[Record]>,
    at: &[usize],
) -> Result<(Answer, usize), Outcome> {
    let _lane = elastic.pace.enter().await;
    let (records, targets) = (Arc::clone(records), Arc::clone(&elastic.targets));
    let (options, at) = (Arc::clone(&elastic.options), at.to_vec());
    let (body, bytes) = blocking(move || {
        let mut plain = Vec::new();
        for record in at.iter().filter_map(|at| records.get(*at)) {
            plain.reserve(record.document.len() + bulk::ACTION_BYTES);
            bulk::write(record, &targets, options.add_timestamp, &mut plain);
        }
        let bytes = plain.len();
        (Body::new(plain, CONTENT_TYPE, options.gzip), bytes)
    })
    .await?;
    let sent = elastic.wire.send(Method::POST, &path(found, true), Some(body)).await;
    Ok((sent.map_err(|fault| fault.outcome())?, bytes))
}

#[derive(Deserialize)]
struct Resolved {
    #[serde(default)]
    data_streams: Vec<Named>,
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

/// Makes sure that a missing template does not turn a data stream into an ordinary index, where the
/// cluster cannot be told to refuse that.
pub(crate) async fn make_safe(
    elastic: &Elastic,
    found: Found,
    target: &str,
) -> Result<(), Outcome> {
    let known = || elastic.safe.lock().unwrap_or_else(PoisonError::into_inner);
    if found.requires_data_stream() || known().contains(target) {
        return Ok(());
    }
    if !is_stream(elastic, target).await? {
        let path = format!("_index_template/{}", template::NAME);
        let answer = elastic.wire.send(Method::GET, &path, None).await;
        let answer = answer.map_err(|fault| fault.outcome().unsent())?;
        match answer.status {
            404 => {
                let reason = format!(
                    "neither the data stream {target} nor the index template {} is there: set the destination up",
                    template::NAME
                );
                return Err(Outcome::Hold { reason });
            }
            408 | 425 | 429 | 500..=599 => {
                let reason = answer::refusal(&answer);
                return Err(Outcome::Retry { after: answer.retry_after(), reason });
            }
            401 => return Err(Outcome::Hold { reason: answer::refusal(&answer) }),
            // Found; or it may not be asked, and whoever forbids that answers for it.
            _ => {}
        }
    }
    known().insert(target.to_owned());
    Ok(())
}

/// Whether a data stream is there.
async fn is_stream(elastic: &Elastic, target: &str) -> Result<bool, Outcome> {
    let path = format!("_resolve/index/{target}");
    let answer = elastic.wire.send(Method::GET, &path, None).await;
    let answer = answer.map_err(|fault| fault.outcome().unsent())?;
    let resolved: Option<Resolved> = answer.json();
    Ok(answer.status == 200
        && resolved
            .is_some_and(|found| found.data_streams.iter().any(|named| named.name == target)))
}
