//! Sends requests until every record has its outcome, taking them apart where records are refused.
//!
//! OTLP tells how many records of a request were refused, never which. So both halves are sent
//! again, each tells how many of them are in it, and only what a request was told as a whole counts.
//! What was taken is thereby sent at most once more than there are halvings, under the same
//! `seam.event_id`.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;

use super::body;
use super::class::{Class, Reply};
use super::document::Signal;
use super::suspects::{Standing, Suspects};
use crate::http::OptionsError;
use crate::outcome::Outcome;

/// Requests for one batch, at most: what is open then is tried again later.
const POSTS_MAX: usize = 64;
/// After so many failures for no known reason, and nothing taken, the server is just ill.
const ODD_MAX: usize = 6;
/// A request above this may be too large for a server that does not say so clearly.
const LARGE_BYTES: usize = 1 << 20;

/// What carries a request to the server.
#[async_trait]
pub(super) trait Carrier: Send + Sync {
    async fn post(&self, signal: Signal, body: Bytes) -> Reply;

    /// Reads the files that TLS needs again.
    fn reload(&self) -> Result<(), OptionsError>;
}

/// One record of a batch.
#[derive(Debug)]
pub(super) struct Item<'a> {
    /// Where it stands in the batch.
    pub(super) place: usize,
    pub(super) id: &'a Arc<str>,
    /// A request with this record alone.
    pub(super) request: Bytes,
}

/// Neighbours, and what is to be done with them.
#[derive(Debug)]
struct Part {
    at: Range<usize>,
    state: State,
}

#[derive(Debug)]
enum State {
    /// They were not taken, as far as is known; where that is in doubt the record says so already.
    Unsent,
    /// They were sent, and so many of them were refused: more than none, fewer than all.
    Mixed(usize),
}

impl Part {
    const fn unsent(at: Range<usize>) -> Self {
        Self { at, state: State::Unsent }
    }
}

/// A batch of one signal on its way.
struct Run<'a> {
    carrier: &'a dyn Carrier,
    suspects: &'a Suspects,
    signal: Signal,
    items: &'a [Item<'a>],
    outcomes: Vec<Option<Outcome>>,
    parts: VecDeque<Part>,
    /// Records at which the server has not failed before.
    fresh: Range<usize>,
    /// Records alone at which the server failed without saying why.
    odd: Vec<(usize, String)>,
    odd_answers: usize,
    delivered: bool,
}

/// Sends records, together as far as that goes. Puts those that are suspected apart, and gives an
/// outcome for each, by its place.
pub(super) async fn send(
    carrier: &dyn Carrier,
    suspects: &Suspects,
    signal: Signal,
    items: Vec<Item<'_>>,
) -> Vec<(usize, Outcome)> {
    let standings = suspects.standings(items.iter().map(|item| item.id));
    let mut sorted: Vec<_> = standings.into_iter().zip(items).collect();
    // Stable: neighbours in time stay neighbours.
    sorted.sort_by_key(|(standing, _)| *standing);
    let until = |last| sorted.partition_point(|(standing, _)| *standing <= last);
    let (suspected, fresh) = (until(Standing::Suspect), until(Standing::Fresh));
    let items: Vec<Item<'_>> = sorted.into_iter().map(|(_, item)| item).collect();
    let singles = (fresh..items.len()).map(|at| at..at + 1);
    let parts = [0..suspected, suspected..fresh].into_iter().chain(singles);
    let mut run = Run {
        carrier,
        suspects,
        signal,
        items: &items,
        outcomes: vec![None; items.len()],
        parts: parts.filter(|at| !at.is_empty()).map(Part::unsent).collect(),
        fresh: suspected..fresh,
        odd: Vec::new(),
        odd_answers: 0,
        delivered: false,
    };
    for _ in 0..POSTS_MAX {
        match run.parts.pop_front() {
            None => break,
            Some(Part { at, state: State::Mixed(rejected) }) => run.again(at, rejected).await,
            Some(Part { at, state: State::Unsent }) => run.first(at).await,
        }
    }
    run.stop(&retry("too many requests for one batch"));
    let outcomes = run.finish();
    items.iter().map(|item| item.place).zip(outcomes).collect()
}

fn retry(reason: &str) -> Outcome {
    Outcome::Retry { after: None, reason: reason.to_owned() }
}

fn ambiguous(reason: &str) -> Outcome {
    Outcome::Ambiguous { reason: reason.to_owned() }
}

impl Run<'_> {
    fn of(&self, at: &Range<usize>) -> &[Item<'_>] {
        self.items.get(at.clone()).unwrap_or_default()
    }

    fn ids(&self, at: &Range<usize>) -> impl Iterator<Item = &Arc<str>> {
        self.of(at).iter().map(|item| item.id)
    }

    async fn post(&self, at: &Range<usize>) -> Reply {
        let body = body::merge(self.of(at).iter().map(|item| &item.request));
        let reply = self.carrier.post(self.signal, body).await;
        if matches!(reply, Reply::Taken { .. }) {
            self.suspects.took(self.ids(at));
        }
        reply
    }

    fn bytes(&self, at: &Range<usize>) -> usize {
        self.of(at).iter().map(|item| item.request.len()).sum()
    }

    /// Sends records that are not known to have been taken.
    async fn first(&mut self, at: Range<usize>) {
        let (class, reason, after) = match self.post(&at).await {
            Reply::Taken { rejected } => return self.taken(at, rejected),
            Reply::Failed { class, reason, after } => (class, reason, after),
        };
        let large = self.bytes(&at) > LARGE_BYTES;
        match class {
            Class::Exhausted if !large => self.all_wait(at, &Outcome::Retry { after, reason }),
            Class::Retry => self.all_wait(at, &Outcome::Retry { after, reason }),
            Class::Hold => self.all_wait(at, &Outcome::Hold { reason }),
            Class::Ambiguous => {
                self.set(at, &Outcome::Ambiguous { reason });
                self.stop(&retry("what was before has no answer"));
            }
            Class::Odd => self.failed_oddly(at, reason),
            Class::Exhausted | Class::TooLarge | Class::Poison if at.len() > 1 => {
                let (left, right) = halves(&at);
                self.parts.push_front(Part::unsent(right));
                self.parts.push_front(Part::unsent(left));
            }
            Class::Exhausted | Class::TooLarge | Class::Poison => {
                self.set(at, &Outcome::Refused { reason });
            }
        }
    }

    /// The server failed and did not say why. The first time for these records it may be the
    /// server's fault. Again, they are taken apart: first around one of them, drawn at random, which
    /// shows soonest whether the server takes anything at all.
    fn failed_oddly(&mut self, at: Range<usize>, reason: String) {
        self.odd_answers += 1;
        let is_fresh = at.start >= self.fresh.start && at.end <= self.fresh.end;
        if is_fresh {
            self.suspects.note(self.ids(&at));
            self.set(at, &Outcome::Ambiguous { reason });
        } else if at.len() == 1 {
            self.odd.push((at.start, reason));
        } else if self.delivered {
            let (left, right) = halves(&at);
            self.parts.extend([left, right].map(Part::unsent));
        } else {
            let one = fastrand::usize(at.clone());
            self.parts.push_front(Part::unsent(one..one + 1));
            let others = [at.start..one, one + 1..at.end].into_iter().filter(|at| !at.is_empty());
            self.parts.extend(others.map(Part::unsent));
        }
        if !self.delivered && self.odd_answers >= ODD_MAX {
            self.stop(&retry("the server fails at everything"));
        }
    }

    /// Finds out which records of a part were refused.
    async fn again(&mut self, at: Range<usize>, rejected: usize) {
        let (left, right) = halves(&at);
        let (mut told, mut ends) = (Vec::new(), false);
        for half in [left, right] {
            match self.post(&half).await {
                Reply::Taken { rejected } => told.push((half, rejected)),
                Reply::Failed { class, reason, .. } => {
                    self.set(half.start..at.end, &Outcome::Ambiguous { reason });
                    ends = class != Class::Odd;
                    if ends {
                        break;
                    }
                }
            }
        }
        let adds_up = told.iter().map(|(_, rejected)| rejected).sum::<usize>() == rejected;
        for (half, rejected) in told {
            // A half that was taken whole is there, whatever the server said before.
            if adds_up || rejected == 0 {
                self.taken(half, rejected);
            } else {
                self.set(half, &ambiguous("the server refuses others each time"));
            }
        }
        if ends {
            self.stop(&retry("what was before has no answer"));
        }
    }

    /// A part was taken, but for so many records.
    fn taken(&mut self, at: Range<usize>, rejected: usize) {
        if rejected == 0 {
            self.delivered |= !at.is_empty();
            self.set(at, &Outcome::Delivered);
        } else if rejected > at.len() {
            self.set(at, &ambiguous("the server refused more records than there were"));
        } else if rejected == at.len() {
            let reason = "the server took the request without this record".to_owned();
            self.set(at, &Outcome::Refused { reason });
        } else {
            self.delivered = true;
            self.parts.push_front(Part { at, state: State::Mixed(rejected) });
        }
    }

    /// Nothing more is taken now.
    fn all_wait(&mut self, at: Range<usize>, outcome: &Outcome) {
        self.set(at, outcome);
        self.stop(outcome);
    }

    /// Ends all that is open: what was never taken with `unsent`.
    fn stop(&mut self, unsent: &Outcome) {
        for Part { at, state } in std::mem::take(&mut self.parts) {
            match state {
                State::Unsent => self.set(at, unsent),
                State::Mixed(_) => self.set(at, &ambiguous("some of them were refused")),
            }
        }
    }

    fn set(&mut self, at: Range<usize>, outcome: &Outcome) {
        for place in self.outcomes.get_mut(at).unwrap_or_default() {
            *place = Some(outcome.clone());
        }
    }

    fn finish(mut self) -> Vec<Outcome> {
        for (at, reason) in std::mem::take(&mut self.odd) {
            let id = self.items.get(at).map(|item| item.id);
            let blamed = id.is_some_and(|id| self.suspects.failed_alone(id));
            let outcome =
                if blamed { Outcome::Refused { reason } } else { Outcome::Ambiguous { reason } };
            self.set(at..at + 1, &outcome);
        }
        let missing = || ambiguous("it has no answer");
        self.outcomes.into_iter().map(|outcome| outcome.unwrap_or_else(missing)).collect()
    }
}

fn halves(at: &Range<usize>) -> (Range<usize>, Range<usize>) {
    let middle = at.start + at.len() / 2;
    (at.start..middle, middle..at.end)
}
