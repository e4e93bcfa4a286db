//! The requests that wait for the indexers' word, and where their ids are valid.
//!
//! Protocol: Splunk, "About HTTP Event Collector Indexer Acknowledgment". An id counts up per
//! channel and per indexer process. `true` is told once, then the id is forgotten; `false` means
//! pending, lost or unknown. So an id is known here by its channel and by the peer that gave it, and
//! whatever makes an id doubtful makes its events ambiguous, never delivered.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use crate::http::Answer;

/// Ids asked for in one request, at most.
pub(crate) const IDS_PER_POLL: usize = 1000;
/// Requests that may wait for an acknowledgement; Splunk holds a million per channel.
pub(crate) const PENDING_MAX: usize = 10_000;

/// Why a request will not be acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lost {
    /// The ids start again: another process answers, which knows nothing of the old ones.
    Restarted,
    /// A load balancer leads to another server.
    Moved,
    /// It took too long.
    TooLate,
    /// Acknowledgement was switched off meanwhile.
    SwitchedOff,
    /// An id was told as stored while a request was under way that never got its own: after a
    /// restart it may have been that one's.
    Doubtful,
}

impl Lost {
    /// What it is, for people.
    pub(crate) fn reason(self) -> &'static str {
        match self {
            Self::Restarted => "the server started again before it acknowledged",
            Self::Moved => "the load balancer changed the server before it acknowledged",
            Self::TooLate => "not acknowledged in time",
            Self::Doubtful => "acknowledged in a way that leaves doubt which request was meant",
            Self::SwitchedOff => "the token lost its acknowledgement before it acknowledged",
        }
    }
}

/// How it ended: acknowledged, or not.
pub(crate) type Told = Result<(), Lost>;

/// Where an id is valid.
type Key = (Option<SocketAddr>, u64);

/// What a request carries, and what was known when it left.
#[derive(Debug, Clone)]
pub(crate) struct Ticket {
    /// The channel, a UUID.
    pub(crate) channel: String,
    /// The `Cookie` header, where the server set any.
    pub(crate) cookie: Option<String>,
    /// The highest id per peer when the request left.
    highest: BTreeMap<Option<SocketAddr>, u64>,
    /// Its number among the requests of the channel.
    number: u64,
}

#[derive(Debug)]
struct Waiting {
    since: Instant,
    tell: oneshot::Sender<Told>,
}

/// What was told while requests were under way, the ones below a number.
#[derive(Debug)]
struct Held {
    below: u64,
    keys: Vec<Key>,
}

/// One channel and all that waits on it.
#[derive(Debug)]
pub(crate) struct Channel {
    id: String,
    cookies: BTreeMap<String, String>,
    highest: BTreeMap<Option<SocketAddr>, u64>,
    waiting: BTreeMap<Key, Waiting>,
    started: u64,
    /// Requests that were not answered yet, by number.
    under_way: BTreeSet<u64>,
    held: Vec<Held>,
}

impl Channel {
    /// A fresh channel.
    pub(crate) fn new() -> Self {
        Self {
            id: uuid(),
            cookies: BTreeMap::new(),
            highest: BTreeMap::new(),
            waiting: BTreeMap::new(),
            started: 0,
            under_way: BTreeSet::new(),
            held: Vec::new(),
        }
    }

    /// What the next event request carries. [`Channel::finished`] must follow.
    pub(crate) fn start(&mut self) -> Ticket {
        let ticket = self.ticket();
        self.under_way.insert(self.started);
        self.started += 1;
        ticket
    }

    /// Takes note that a request was answered, and that its id is known; or that it never will be.
    pub(crate) fn finished(&mut self, ticket: &Ticket, answered: bool) {
        if ticket.channel != self.id || !self.under_way.remove(&ticket.number) {
            return;
        }
        let first = self.under_way.first().copied();
        for held in std::mem::take(&mut self.held) {
            if !answered && ticket.number < held.below {
                self.tell_all(&held.keys, Err(Lost::Doubtful));
            } else if first.is_none_or(|first| first >= held.below) {
                self.tell_all(&held.keys, Ok(()));
            } else {
                self.held.push(held);
            }
        }
    }

    /// What a request carries that brings no events.
    pub(crate) fn ticket(&self) -> Ticket {
        let pairs: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let cookie = (!pairs.is_empty()).then(|| pairs.join("; "));
        Ticket {
            channel: self.id.clone(),
            cookie,
            highest: self.highest.clone(),
            number: self.started,
        }
    }

    /// How many requests wait.
    pub(crate) fn pending(&self) -> usize {
        self.waiting.len()
    }

    /// Takes note of an id that a request was given; what is told later comes out of the receiver.
    pub(crate) fn taken(
        &mut self,
        ticket: &Ticket,
        id: u64,
        answer: &Answer,
    ) -> Result<oneshot::Receiver<Told>, Lost> {
        if ticket.channel != self.id {
            // It left on a channel that was given up meanwhile.
            return Err(Lost::Restarted);
        }
        self.cookies(answer)?;
        let key = (answer.peer, id);
        // Answers may overtake one another, so only ids known when the request left must be lower.
        let backwards = ticket.highest.get(&answer.peer).is_some_and(|highest| id <= *highest);
        if backwards || self.waiting.contains_key(&key) {
            self.give_up(Lost::Restarted);
            return Err(Lost::Restarted);
        }
        let highest = self.highest.entry(answer.peer).or_insert(id);
        *highest = (*highest).max(id);
        let (tell, told) = oneshot::channel();
        self.waiting.insert(key, Waiting { since: Instant::now(), tell });
        Ok(told)
    }

    /// Takes note of the cookies of an answer. A changed one leads elsewhere.
    pub(crate) fn cookies(&mut self, answer: &Answer) -> Result<(), Lost> {
        let mut moved = false;
        for (name, value) in answer.cookies() {
            let before = self.cookies.insert(name.to_owned(), value.to_owned());
            moved |= before.is_some_and(|before| before != value);
        }
        if moved {
            let cookies = std::mem::take(&mut self.cookies);
            self.give_up(Lost::Moved);
            self.cookies = cookies;
            return Err(Lost::Moved);
        }
        Ok(())
    }

    /// The ids to ask for now. Those that nobody waits for any more, and those that have waited too
    /// long, are gone after this.
    pub(crate) fn due(&mut self, give_up: Duration) -> Vec<u64> {
        self.waiting.retain(|_, waiting| !waiting.tell.is_closed());
        let late = |_: &Key, waiting: &mut Waiting| waiting.since.elapsed() >= give_up;
        for (_, waiting) in self.waiting.extract_if(.., late) {
            tell(waiting, Err(Lost::TooLate));
        }
        let mut ids: Vec<u64> = self.waiting.keys().map(|(_, id)| *id).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    /// Takes note of what a peer told about a channel. After a restart an id may be that of a request
    /// that is under way and not of the one that waits: the word counts once those are answered, which
    /// shows a restart.
    pub(crate) fn told(
        &mut self,
        channel: &str,
        peer: Option<SocketAddr>,
        acknowledged: impl IntoIterator<Item = u64>,
    ) {
        if channel != self.id {
            return;
        }
        let keys: Vec<Key> = acknowledged.into_iter().map(|id| (peer, id)).collect();
        if self.under_way.is_empty() {
            self.tell_all(&keys, Ok(()));
        } else if !keys.is_empty() {
            self.held.push(Held { below: self.started, keys });
        }
    }

    fn tell_all(&mut self, keys: &[Key], told: Told) {
        for key in keys {
            if let Some(waiting) = self.waiting.remove(key) {
                tell(waiting, told);
            }
        }
    }

    /// Gives up all that waits, and starts a fresh channel.
    pub(crate) fn give_up(&mut self, lost: Lost) {
        let before = std::mem::replace(self, Self::new());
        for waiting in before.waiting.into_values() {
            tell(waiting, Err(lost));
        }
    }
}

fn tell(waiting: Waiting, told: Told) {
    // Whoever waited may be gone: then its events are resent anyway.
    waiting.tell.send(told).ok();
}

/// A random UUID (RFC 9562, version 4).
fn uuid() -> String {
    let mut bytes = [0_u8; 16];
    // Without randomness the channel is shared with others that have none: ids then collide, which
    // makes events ambiguous, not lost.
    getrandom::fill(&mut bytes).ok();
    let number = u128::from_be_bytes(bytes);
    let number = number & !(0xf << 76) & !(0x3 << 62) | 0x4 << 76 | 0x2 << 62;
    let hex = format!("{number:032x}");
    let part = |at: std::ops::Range<usize>| hex.get(at).unwrap_or_default();
    format!("{}-{}-{}-{}-{}", part(0..8), part(8..12), part(12..16), part(16..20), part(20..32))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
    use reqwest::header::{HeaderMap, HeaderValue};

    use super::*;

    fn answer(peer: u16, cookie: Option<&'static str>) -> Answer {
        let mut headers = HeaderMap::new();
        if let Some(cookie) = cookie {
            headers.insert("set-cookie", HeaderValue::from_static(cookie));
        }
        let peer = Some(SocketAddr::from(([127, 0, 0, 1], peer)));
        Answer { status: 200, headers, body: None, peer }
    }

    /// A UUID has its version and variant where they belong, and no two are the same.
    #[test]
    fn a_channel_is_a_uuid() {
        let one = uuid();
        assert_eq!(one.len(), 36);
        assert_eq!(one.as_bytes().get(14), Some(&b'4'), "{one}");
        assert!(matches!(one.as_bytes()[19], b'8' | b'9' | b'a' | b'b'), "{one}");
        assert_ne!(one, uuid());
    }

    /// `true` from the peer that gave the id is an acknowledgement; from another it is about
    /// something else.
    #[test]
    fn ids_belong_to_their_peer() {
        let mut channel = Channel::new();
        let ticket = channel.ticket();
        let mut one = channel.taken(&ticket, 0, &answer(1, None)).unwrap();
        let mut other = channel.taken(&ticket, 0, &answer(2, None)).unwrap();
        assert_eq!(channel.due(Duration::MAX), [0]);
        channel.told(&ticket.channel, answer(2, None).peer, [0]);
        assert_eq!(other.try_recv(), Ok(Ok(())));
        assert!(one.try_recv().is_err());
        channel.told("another channel", answer(1, None).peer, [0]);
        assert!(one.try_recv().is_err());
    }

    /// Answers that overtake one another are no restart; an id known before the request left is.
    #[test]
    fn ids_that_go_backwards_are_a_restart() {
        let mut channel = Channel::new();
        let early = channel.ticket();
        let mut first = channel.taken(&early, 1, &answer(1, None)).unwrap();
        let mut second = channel.taken(&early, 0, &answer(1, None)).unwrap();
        let late = channel.ticket();
        assert_eq!(channel.taken(&late, 1, &answer(1, None)).unwrap_err(), Lost::Restarted);
        assert_eq!(first.try_recv(), Ok(Err(Lost::Restarted)));
        assert_eq!(second.try_recv(), Ok(Err(Lost::Restarted)));
        assert_ne!(channel.ticket().channel, late.channel);
        // What left on the old channel and comes back now is in doubt too.
        assert!(channel.taken(&late, 7, &answer(1, None)).is_err());
        assert_eq!(channel.pending(), 0);
    }

    /// What is told while a request is under way counts when that is answered; a request without an
    /// answer leaves doubt, and so does one whose answer shows a restart.
    #[test]
    fn a_word_waits_for_the_requests_under_way() {
        for (answered, expected) in [(true, Ok(())), (false, Err(Lost::Doubtful))] {
            let mut channel = Channel::new();
            let first = channel.start();
            let mut told = channel.taken(&first, 0, &answer(1, None)).unwrap();
            channel.finished(&first, true);
            let second = channel.start();
            channel.told(&first.channel, answer(1, None).peer, [0]);
            // It left after the word, which cannot be about it.
            let third = channel.start();
            channel.finished(&third, false);
            assert!(told.try_recv().is_err());
            channel.finished(&second, answered);
            assert_eq!(told.try_recv(), Ok(expected));
        }
        let mut channel = Channel::new();
        let first = channel.start();
        let mut told = channel.taken(&first, 0, &answer(1, None)).unwrap();
        channel.finished(&first, true);
        let second = channel.start();
        // The process is another one; its 0 is the second request.
        channel.told(&first.channel, answer(1, None).peer, [0]);
        assert!(channel.taken(&second, 0, &answer(1, None)).is_err());
        channel.finished(&second, true);
        assert_eq!(told.try_recv(), Ok(Err(Lost::Restarted)));
    }

    /// A load balancer's cookie travels with every request, and its change is a change of server.
    #[test]
    fn a_changed_cookie_is_another_server() {
        let mut channel = Channel::new();
        let ticket = channel.ticket();
        assert_eq!(ticket.cookie, None);
        let mut one =
            channel.taken(&ticket, 0, &answer(1, Some("lb=a; Path=/; HttpOnly"))).unwrap();
        let ticket = channel.ticket();
        assert_eq!(ticket.cookie.as_deref(), Some("lb=a"));
        assert!(channel.taken(&ticket, 1, &answer(1, Some("lb=a"))).is_ok());
        assert_eq!(channel.taken(&ticket, 2, &answer(1, Some("lb=b"))).unwrap_err(), Lost::Moved);
        assert_eq!(one.try_recv(), Ok(Err(Lost::Moved)));
        assert_eq!(channel.ticket().cookie.as_deref(), Some("lb=b"));
    }

    /// What waits too long is given up; what nobody waits for is not asked for.
    #[test]
    fn waiting_has_an_end() {
        let mut channel = Channel::new();
        let ticket = channel.ticket();
        let mut late = channel.taken(&ticket, 0, &answer(1, None)).unwrap();
        drop(channel.taken(&ticket, 1, &answer(1, None)).unwrap());
        assert_eq!(channel.due(Duration::MAX), [0]);
        assert!(channel.due(Duration::ZERO).is_empty());
        assert_eq!(late.try_recv(), Ok(Err(Lost::TooLate)));
    }
}
