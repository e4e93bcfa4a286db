//! Sending a batch: by index, in pieces, and what becomes of each event.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use reqwest::Method;
use tokio::sync::oneshot;

use super::channel::{Lost, PENDING_MAX, Ticket, Told};
use super::verdict::{self, Verdict};
use super::{Acknowledgement, Splunk, envelope};
use crate::http::{Answer, Body, Call, Piece, Pieces, blocking};
use crate::outcome::Outcome;
use crate::record::Record;

pub(crate) const PATH: &str = "services/collector/event";
const CONTENT_TYPE: &str = "application/json";
/// However small the server's limit: no request is planned for fewer bytes.
const REQUEST_BYTES_MIN: usize = 16 * 1024;

/// Events of one index, by their positions in the batch.
#[derive(Debug)]
struct Lane {
    index: Option<String>,
    at: Vec<usize>,
}

/// What waits for the word of an indexer.
struct Waiting {
    at: Vec<usize>,
    told: oneshot::Receiver<Told>,
}

/// A batch on its way.
struct Batch {
    records: Arc<[Record]>,
    outcomes: Vec<Option<Outcome>>,
    waiting: Vec<Waiting>,
    lanes: VecDeque<Lane>,
    /// What the rest of the batch is told, once sending it makes no sense.
    stopped: Option<Outcome>,
}

impl Batch {
    fn set(&mut self, at: &[usize], outcome: &Outcome) {
        for at in at {
            if let Some(slot) = self.outcomes.get_mut(*at) {
                *slot = Some(outcome.clone());
            }
        }
    }

    /// Gives some events their outcome, and the rest of the batch its own.
    fn stop(&mut self, at: &[usize], outcome: Outcome) {
        self.set(at, &outcome);
        self.stopped = Some(outcome.unsent());
    }

    /// Gives some events their outcome, `again` if an earlier request of this batch may have brought
    /// them in: those that do not say so yet have to when they are sent again.
    fn set_doubted(&mut self, at: &[usize], again: bool, outcome: &Outcome) {
        let marked = |at: &usize| self.records.get(*at).is_some_and(|record| record.redelivery);
        let (said, unsaid): (Vec<usize>, Vec<usize>) =
            at.iter().partition(|at| !again || marked(at));
        self.set(&unsaid, &Outcome::Ambiguous { reason: outcome.reason().to_owned() });
        self.set(&said, outcome);
    }

    /// The same, and gives the rest of the batch its own.
    fn stop_doubted(&mut self, at: &[usize], again: bool, outcome: Outcome) {
        self.set_doubted(at, again, &outcome);
        self.stopped = Some(outcome.unsent());
    }
}

/// Sends a batch and says what became of each event.
pub(crate) async fn send(splunk: &Splunk, records: &[Record]) -> Vec<Outcome> {
    let mut batch = Batch {
        records: records.into(),
        outcomes: vec![None; records.len()],
        waiting: Vec::new(),
        lanes: VecDeque::new(),
        stopped: None,
    };
    if let Err(outcome) = plan(splunk, &mut batch).await {
        return vec![outcome; records.len()];
    }
    while let Some(lane) = batch.lanes.pop_front() {
        send_lane(splunk, &mut batch, &lane).await;
    }
    for Waiting { at, told } in std::mem::take(&mut batch.waiting) {
        let outcome = match told.await.unwrap_or(Err(Lost::TooLate)) {
            Ok(()) => Outcome::Delivered,
            Err(lost) => Outcome::Ambiguous { reason: lost.reason().to_owned() },
        };
        batch.set(&at, &outcome);
    }
    let unsaid = || Outcome::Retry { after: None, reason: "not sent".to_owned() };
    batch.outcomes.into_iter().map(|outcome| outcome.unwrap_or_else(unsaid)).collect()
}

/// Refuses what cannot be sent and sorts the rest by index.
async fn plan(splunk: &Splunk, batch: &mut Batch) -> Result<(), Outcome> {
    let records = Arc::clone(&batch.records);
    let document_bytes = splunk.options.document_bytes;
    let refusals = blocking(move || {
        let refusal = |record: &Record| envelope::refusal(&record.document, document_bytes);
        records.iter().map(refusal).collect::<Vec<_>>()
    })
    .await?;
    let mut lanes: BTreeMap<Option<&String>, Vec<usize>> = BTreeMap::new();
    for (at, (record, refusal)) in batch.records.iter().zip(refusals).enumerate() {
        match refusal {
            None => lanes.entry(splunk.options.index_of(record.kind)).or_default().push(at),
            Some(reason) => {
                if let Some(slot) = batch.outcomes.get_mut(at) {
                    *slot = Some(Outcome::Refused { reason: reason.to_owned() });
                }
            }
        }
    }
    batch.lanes = lanes.into_iter().map(|(index, at)| Lane { index: index.cloned(), at }).collect();
    Ok(())
}

/// Sends the events of one index.
async fn send_lane(splunk: &Splunk, batch: &mut Batch, lane: &Lane) {
    let size = |at: &usize| {
        batch.records.get(*at).map_or(0, |record| record.document.len() + envelope::ENVELOPE_BYTES)
    };
    let bytes = splunk.request_bytes.load(Ordering::Relaxed);
    let mut pieces = Pieces::cut(lane.at.iter().map(size), splunk.options.request_records, bytes);
    let mut lane_stopped = None;
    while let Some(piece) = pieces.next() {
        let at = lane.at.get(piece.at.clone()).unwrap_or_default();
        if let Some(outcome) = batch.stopped.clone().or_else(|| lane_stopped.clone()) {
            batch.set_doubted(at, piece.again, &outcome);
            continue;
        }
        let under_way = names_channel(splunk).then(|| splunk.acknowledgements.start());
        let ticket = under_way.as_ref().map(|under_way| &under_way.ticket);
        match post(splunk, &batch.records, lane, at, piece.again, ticket).await {
            Err(outcome) => batch.stop_doubted(at, piece.again, outcome),
            Ok((answer, bytes)) => {
                let sent = Sent { at, piece, answer, bytes, ticket };
                lane_stopped = judge(splunk, batch, lane, &mut pieces, sent);
                if let Some(under_way) = under_way {
                    under_way.answered();
                }
            }
        }
    }
}

/// Whether requests name a channel.
pub(crate) fn names_channel(splunk: &Splunk) -> bool {
    splunk.options.acknowledgement != Acknowledgement::Off
        && !splunk.channel_refused.load(Ordering::Relaxed)
}

/// Encodes and sends some events. Gives the answer and the size of the request before compression.
async fn post(
    splunk: &Splunk,
    records: &Arc<[Record]>,
    lane: &Lane,
    at: &[usize],
    again: bool,
    ticket: Option<&Ticket>,
) -> Result<(Answer, usize), Outcome> {
    if splunk.acknowledgements.channel().pending() >= PENDING_MAX {
        let reason = "too many requests wait for an acknowledgement".to_owned();
        return Err(Outcome::Retry { after: Some(splunk.options.poll_every), reason });
    }
    let _lane = splunk.pace.enter().await;
    let head = splunk.wire.head(ticket).map_err(|fault| fault.outcome())?;
    let (body, bytes) = {
        let (records, options) = (Arc::clone(records), Arc::clone(&splunk.options));
        let (at, index) = (at.to_vec(), lane.index.clone());
        blocking(move || {
            let mut plain = Vec::new();
            for record in at.iter().filter_map(|at| records.get(*at)) {
                plain.reserve(record.document.len() + envelope::ENVELOPE_BYTES);
                envelope::write(record, index.as_deref(), &options, again, &mut plain);
            }
            let bytes = plain.len();
            (Body::new(plain, CONTENT_TYPE, options.gzip), bytes)
        })
        .await?
    };
    let call = Call { method: Method::POST, path: PATH, head, body: Some(body) };
    let answer = splunk.wire.client.send(call).await.map_err(|fault| fault.outcome())?;
    Ok((answer, bytes))
}

/// A request that was answered.
struct Sent<'a> {
    at: &'a [usize],
    piece: Piece,
    answer: Answer,
    /// Bytes before compression.
    bytes: usize,
    ticket: Option<&'a Ticket>,
}

/// Says what became of a request's events, or puts some of them back. Gives the outcome of the rest
/// of the lane, if its index is at fault.
fn judge(
    splunk: &Splunk,
    batch: &mut Batch,
    lane: &Lane,
    pieces: &mut Pieces,
    sent: Sent<'_>,
) -> Option<Outcome> {
    let at = sent.at;
    match verdict::of(&sent.answer) {
        Verdict::Taken { ack, filling } => {
            if filling {
                splunk.pace.slower();
            } else {
                splunk.pace.faster();
            }
            taken(splunk, batch, &sent, ack);
        }
        Verdict::Event { at: bad, reason } => {
            event_refused(splunk, batch, pieces, &sent, bad, reason);
        }
        Verdict::TooLarge { reason } => {
            if pieces.halve(&sent.piece, false) {
                let less = (sent.bytes / 2).max(REQUEST_BYTES_MIN);
                splunk.request_bytes.fetch_min(less, Ordering::Relaxed);
            } else {
                batch.set(at, &Outcome::Refused { reason });
            }
        }
        Verdict::Index { reason } => return index_refused(splunk, batch, lane, &sent, &reason),
        Verdict::NoChannel { reason } => channel_refused(splunk, batch, pieces, sent, true, reason),
        Verdict::NoAcknowledgement { reason } => {
            channel_refused(splunk, batch, pieces, sent, false, reason);
        }
        Verdict::Retry { after, stopped_at, reason } => {
            splunk.pace.slower();
            let outcome = Outcome::Retry { after, reason };
            not_now(splunk, batch, &sent, stopped_at, outcome);
        }
        Verdict::Hold { reason } => {
            splunk.wire.refused();
            batch.stop_doubted(at, sent.piece.again, Outcome::Hold { reason });
        }
        Verdict::Ambiguous { reason } => batch.stop(at, Outcome::Ambiguous { reason }),
    }
    None
}

/// Nothing more is taken now. Where the server says at which event it stopped, those in front of it
/// may be indexed. Whether it counts from 0 or from 1 is not documented here, so the last of them
/// is in doubt even where what stands in front counts as taken.
fn not_now(
    splunk: &Splunk,
    batch: &mut Batch,
    sent: &Sent<'_>,
    stopped_at: Option<usize>,
    outcome: Outcome,
) {
    let stopped = stopped_at.unwrap_or(0).min(sent.at.len());
    let (front, rest) = sent.at.split_at_checked(stopped).unwrap_or_default();
    let kept = if keeps_front(splunk, &sent.answer) { stopped.saturating_sub(1) } else { 0 };
    let (kept, doubtful) = front.split_at_checked(kept).unwrap_or_default();
    batch.set(kept, &Outcome::Delivered);
    batch.set(doubtful, &Outcome::Ambiguous { reason: outcome.reason().to_owned() });
    batch.stop_doubted(rest, sent.piece.again, outcome);
}

fn taken(splunk: &Splunk, batch: &mut Batch, sent: &Sent<'_>, ack: Option<u64>) {
    let mode = splunk.options.acknowledgement;
    match (ack, sent.ticket) {
        (Some(id), Some(ticket)) => {
            splunk.saw_acknowledgement(true);
            let registered =
                splunk.acknowledgements.register(&splunk.wire, ticket, id, &sent.answer);
            match registered {
                Ok(told) => batch.waiting.push(Waiting { at: sent.at.to_vec(), told }),
                Err(lost) => {
                    let reason = lost.reason().to_owned();
                    batch.set(sent.at, &Outcome::Ambiguous { reason });
                }
            }
        }
        (None, Some(_)) if mode == Acknowledgement::Required => {
            let reason = "the token has no indexer acknowledgement, which is required".to_owned();
            batch.stop(sent.at, Outcome::Hold { reason });
        }
        (None, Some(_)) => {
            splunk.saw_acknowledgement(false);
            batch.set(sent.at, &Outcome::Delivered);
        }
        (_, None) => batch.set(sent.at, &Outcome::Delivered),
    }
}

/// Whether what stands in front of a refused event counts as taken. Splunk keeps it; others keep
/// nothing, and where an indexer has to confirm, nothing confirms it.
fn keeps_front(splunk: &Splunk, answer: &Answer) -> bool {
    let confirmed_by_nobody = !names_channel(splunk) || splunk.acknowledges() == Some(false);
    let splunkd =
        answer.header("server").is_some_and(|server| server.eq_ignore_ascii_case("splunkd"));
    confirmed_by_nobody && (splunkd || splunk.options.prefix_accepted)
}

fn event_refused(
    splunk: &Splunk,
    batch: &mut Batch,
    pieces: &mut Pieces,
    sent: &Sent<'_>,
    bad: Option<usize>,
    reason: String,
) {
    let refused = Outcome::Refused { reason };
    // A number that no event has says nothing.
    let Some((bad, found)) = bad.and_then(|bad| Some((bad, *sent.at.get(bad)?))) else {
        if !pieces.halve(&sent.piece, true) {
            batch.set(sent.at, &refused);
        }
        return;
    };
    batch.set(&[found], &refused);
    let front_taken = keeps_front(splunk, &sent.answer);
    if front_taken {
        batch.set(sent.at.get(..bad).unwrap_or_default(), &Outcome::Delivered);
    }
    pieces.around(&sent.piece, sent.piece.at.start + bad, front_taken);
}

/// Sends on to the fallback index, or gives the outcome of the lane.
fn index_refused(
    splunk: &Splunk,
    batch: &mut Batch,
    lane: &Lane,
    sent: &Sent<'_>,
    reason: &str,
) -> Option<Outcome> {
    let named = lane.index.as_deref().unwrap_or("the token's default");
    let fallback = splunk.options.fallback_index.as_ref();
    if let Some(fallback) = fallback.filter(|fallback| lane.index.as_ref() != Some(*fallback)) {
        tracing::warn!(index = named, fallback, "splunk does not take events for this index");
        batch.lanes.push_back(Lane { index: Some(fallback.clone()), at: sent.at.to_vec() });
        return None;
    }
    let outcome = Outcome::Hold {
        reason: format!("{reason}: {named}; create it, or let the token write to it"),
    };
    batch.set_doubted(sent.at, sent.piece.again, &outcome);
    Some(outcome)
}

/// Sends once more with or without a channel, as the server wants it, where that is left to it.
fn channel_refused(
    splunk: &Splunk,
    batch: &mut Batch,
    pieces: &mut Pieces,
    sent: Sent<'_>,
    wanted: bool,
    reason: String,
) {
    let named = sent.ticket.is_some();
    if splunk.options.acknowledgement == Acknowledgement::Detect && named != wanted {
        splunk.channel_refused.store(!wanted, Ordering::Relaxed);
        if !wanted {
            splunk.saw_acknowledgement(false);
        }
        pieces.put_back(sent.piece);
        return;
    }
    batch.stop_doubted(sent.at, sent.piece.again, Outcome::Hold { reason });
}
