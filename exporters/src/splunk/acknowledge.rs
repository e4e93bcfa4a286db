//! Asking the indexers what they have.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use reqwest::Method;
use serde::Deserialize;
use serde_json::json;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::channel::{Channel, IDS_PER_POLL, Lost, Ticket, Told};
use super::codes::{self, Class};
use super::wire::Wire;
use crate::http::{Answer, Body, Call, Fault};

/// Where an acknowledgement is asked for.
const PATH: &str = "services/collector/ack";
/// How soon the indexers are asked at first, and again after they stored something: as long as they
/// keep up, what waits is bounded by them and not by the pauses between questions.
const ASK_SOON: Duration = Duration::from_millis(500);

/// The acknowledgements of one destination: the channel, and the task that asks while anybody waits.
#[derive(Debug)]
pub(crate) struct Acknowledgements {
    channel: Mutex<Channel>,
    task: Mutex<Option<JoinHandle<()>>>,
    every: Duration,
    give_up: Duration,
}

#[derive(Deserialize)]
struct Acks {
    acks: BTreeMap<u64, bool>,
}

#[derive(Deserialize)]
struct Refusal {
    code: u64,
}

/// An event request under way on the channel, until it is answered or dropped.
#[derive(Debug)]
pub(crate) struct UnderWay {
    acknowledgements: Arc<Acknowledgements>,
    pub(crate) ticket: Ticket,
    answered: bool,
}

impl UnderWay {
    /// Takes note that the request was answered and that its id, if it has one, is known.
    pub(crate) fn answered(mut self) {
        self.answered = true;
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.acknowledgements.channel().finished(&self.ticket, self.answered);
    }
}

/// What one request about acknowledgements was told.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    /// These are stored.
    Stored(Vec<u64>),
    /// The token has no acknowledgement.
    SwitchedOff,
    /// Nothing that can be used: all stay unconfirmed.
    Nothing,
}

impl Acknowledgements {
    pub(crate) fn new(every: Duration, give_up: Duration) -> Self {
        Self {
            channel: Mutex::new(Channel::new()),
            task: Mutex::new(None),
            every: every.max(Duration::from_millis(1)),
            give_up,
        }
    }

    /// The channel, for a moment.
    pub(crate) fn channel(&self) -> MutexGuard<'_, Channel> {
        self.channel.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A request that brings events is about to leave.
    pub(crate) fn start(self: &Arc<Self>) -> UnderWay {
        let ticket = self.channel().start();
        UnderWay { acknowledgements: Arc::clone(self), ticket, answered: false }
    }

    /// Takes note of a request that was given an id; the word on it comes out of the receiver. The
    /// task that asks is started if none runs.
    pub(crate) fn register(
        self: &Arc<Self>,
        wire: &Arc<Wire>,
        ticket: &Ticket,
        id: u64,
        answer: &Answer,
    ) -> Result<oneshot::Receiver<Told>, Lost> {
        let told = self.channel().taken(ticket, id, answer)?;
        self.ask_in_background(wire);
        Ok(told)
    }

    fn ask_in_background(self: &Arc<Self>, wire: &Arc<Wire>) {
        let mut task = self.task.lock().unwrap_or_else(PoisonError::into_inner);
        if task.as_ref().is_some_and(|task| !task.is_finished()) {
            return;
        }
        *task = Some(tokio::spawn(ask_while_waiting(Arc::downgrade(self), Arc::clone(wire))));
    }

    /// Stops asking. What waits is ambiguous.
    pub(crate) fn stop(&self) {
        if let Some(task) = self.task.lock().unwrap_or_else(PoisonError::into_inner).take() {
            task.abort();
        }
        self.channel().give_up(Lost::TooLate);
    }

    /// Asks about all that waits; whether something of it was stored.
    async fn ask(&self, wire: &Wire) -> bool {
        let mut came = false;
        let (ticket, ids) = {
            let mut channel = self.channel();
            let ids = channel.due(self.give_up);
            (channel.ticket(), ids)
        };
        for ids in ids.chunks(IDS_PER_POLL) {
            match ask(wire, &ticket, ids).await {
                Ok((answer, Asked::Stored(stored))) => {
                    came |= !stored.is_empty();
                    let mut channel = self.channel();
                    channel.told(&ticket.channel, answer.peer, stored);
                    // A new cookie gives up the rest of the channel; the next round sees that.
                    channel.cookies(&answer).ok();
                }
                Ok((_, Asked::SwitchedOff)) => self.channel().give_up(Lost::SwitchedOff),
                Ok((answer, Asked::Nothing)) => {
                    tracing::warn!(status = answer.status, "splunk does not say what is stored");
                }
                Err(fault) => {
                    tracing::warn!(
                        reason = fault.reason(),
                        "splunk cannot be asked what is stored"
                    );
                }
            }
        }
        came
    }
}

impl Drop for Acknowledgements {
    fn drop(&mut self) {
        if let Some(task) = self.task.get_mut().unwrap_or_else(PoisonError::into_inner) {
            task.abort();
        }
    }
}

/// The pause before the next question: short where the last one brought something, else twice the
/// last one, up to what was configured.
fn next_pause(last: Duration, came: bool, every: Duration) -> Duration {
    let next = if came { ASK_SOON } else { last.saturating_mul(2) };
    next.min(every)
}

/// Runs until nobody waits.
async fn ask_while_waiting(acknowledgements: Weak<Acknowledgements>, wire: Arc<Wire>) {
    let Some(every) = acknowledgements.upgrade().map(|found| found.every) else { return };
    let mut pause = ASK_SOON.min(every);
    loop {
        tokio::time::sleep(pause).await;
        let Some(acknowledgements) = acknowledgements.upgrade() else { return };
        let came = acknowledgements.ask(&wire).await;
        pause = next_pause(pause, came, every);
        let mut task = acknowledgements.task.lock().unwrap_or_else(PoisonError::into_inner);
        if acknowledgements.channel().pending() == 0 {
            // Under the lock, so that whoever comes now starts another one.
            *task = None;
            return;
        }
    }
}

/// Asks about some ids, once.
pub(crate) async fn ask(
    wire: &Wire,
    ticket: &Ticket,
    ids: &[u64],
) -> Result<(Answer, Asked), Fault> {
    let path = format!("{PATH}?channel={}", ticket.channel);
    let head = wire.head(Some(ticket))?;
    let body = Some(Body::json(&json!({ "acks": ids })));
    let answer = wire.client.send(Call { method: Method::POST, path: &path, head, body }).await?;
    let asked = read(&answer);
    Ok((answer, asked))
}

/// Reads an answer. Only a success that lists an id as stored is a word on it.
fn read(answer: &Answer) -> Asked {
    if answer.status == 200
        && let Some(Acks { acks }) = answer.json()
    {
        return Asked::Stored(
            acks.into_iter().filter(|(_, stored)| *stored).map(|(id, _)| id).collect(),
        );
    }
    let refusal: Option<Refusal> = answer.json();
    match refusal.and_then(|refusal| codes::of_code(refusal.code)) {
        Some(row) if row.class == Class::NoAcknowledgement => Asked::SwitchedOff,
        _ => Asked::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderMap;

    use super::*;

    /// Pauses grow while nothing comes, up to what was configured, and are short again after it did.
    #[test]
    fn pauses_follow_the_indexers() {
        let every = Duration::from_secs(10);
        let mut pause = ASK_SOON;
        let mut waited = Vec::new();
        for _ in 0..7 {
            waited.push(pause.as_millis());
            pause = next_pause(pause, false, every);
        }
        assert_eq!(waited, [500, 1000, 2000, 4000, 8000, 10_000, 10_000]);
        assert_eq!(next_pause(pause, true, every), ASK_SOON);
        let often = Duration::from_millis(100);
        assert_eq!(next_pause(often, true, often), often);
    }

    /// Nothing but a listed `true` in a success is an acknowledgement.
    #[test]
    fn only_a_listed_true_is_an_acknowledgement() {
        let read = |status, body: &str| {
            let body = Some(body.as_bytes().to_vec());
            read(&Answer { status, headers: HeaderMap::new(), body, peer: None })
        };
        let both = r#"{"acks":{"0":true,"1":false,"12":true}}"#;
        assert_eq!(read(200, both), Asked::Stored(vec![0, 12]));
        for (status, body) in [
            (400, both),
            (503, r#"{"text":"Server is busy","code":9}"#),
            (200, ""),
            (200, "{}"),
            (200, r#"{"acks":{"x":true}}"#),
            (200, r#"{"acks":{"1":"true"}}"#),
            (400, r#"{"text":"Invalid data channel","code":11}"#),
        ] {
            assert_eq!(read(status, body), Asked::Nothing, "{status} {body}");
        }
        assert_eq!(read(400, r#"{"text":"ACK is disabled","code":14}"#), Asked::SwitchedOff);
    }
}
