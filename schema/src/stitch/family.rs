//! Conversations that belong together, and what was said of them.

use std::collections::BTreeSet;

use super::derive::derive;
use super::detail::Name;
use super::fact::Fact;
use super::hash::FastSet;
use super::keys::{HistoryKey, Join, Key};
use super::rows::DerivedRows;
use super::said::Said;
use super::stitcher::Moment;
use crate::ids::LogId;

/// The facts of some conversations that belong together.
#[derive(Debug, Default)]
pub(super) struct Family {
    facts: Vec<Fact>,
    /// Which rows there are, and what they say.
    said: Said,
    facts_bytes: usize,
    /// The newest fact.
    newest: Option<Cause>,
    pub(super) keys: BTreeSet<Key>,
    /// Whether a derivation by quiet is still to come.
    pub(super) settled: bool,
    scheduled: Option<Scheduled>,
    /// Its facts were given back, and what was said of them is not known again yet.
    given_back: bool,
}

/// How a family stands in the lists of all families.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scheduled {
    /// When its newest fact was received.
    pub received_us: i64,
    /// The memory it took then.
    pub bytes: usize,
}

/// What caused a revision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Cause {
    pub received_us: i64,
    pub log_id: LogId,
    pub sequence: i64,
    pub index: i64,
}

impl Cause {
    fn of(fact: &Fact) -> Self {
        let (received_us, log_id, sequence, index) = fact.position();
        Self { received_us, log_id, sequence, index }
    }

    /// The passing of time, after everything of a frame.
    pub(super) fn time(now: Moment) -> Self {
        Self {
            received_us: now.received_at.0,
            log_id: now.log_id,
            sequence: now.sequence.0,
            index: i64::MAX,
        }
    }
}

impl Family {
    pub(super) fn push(&mut self, fact: Fact) {
        let cause = Cause::of(&fact);
        self.newest = self.newest.max(Some(cause));
        self.facts_bytes += fact.bytes();
        self.facts.push(fact);
        self.settled = false;
    }

    /// Takes another family in.
    pub(super) fn merge(&mut self, mut other: Self) {
        // What was given back may have been held all the while. Not the event's id tells it from
        // others: another principal may have sent the same bytes.
        let held: FastSet<_> = self.facts.iter().map(Fact::position).collect();
        other.facts.retain(|fact| !held.contains(&fact.position()));
        self.facts_bytes += other.facts.iter().map(Fact::bytes).sum::<usize>();
        self.facts.append(&mut other.facts);
        self.said.merge(other.said);
        self.keys.append(&mut other.keys);
        self.newest = self.newest.max(other.newest);
        self.settled &= other.settled;
    }

    pub(super) fn facts(&self) -> usize {
        self.facts.len()
    }

    pub(super) fn bytes(&self) -> usize {
        self.facts_bytes + self.said.bytes() + self.keys.len() * 48
    }

    /// Notes that it goes into the lists, unless it is in them; gives its place there.
    pub(super) fn schedule(&mut self) -> Option<Scheduled> {
        let (None, Some(newest)) = (self.scheduled, self.newest) else { return None };
        self.scheduled = Some(Scheduled { received_us: newest.received_us, bytes: self.bytes() });
        self.scheduled
    }

    /// Notes that it leaves the lists; gives its place there, if it had one.
    pub(super) fn unschedule(&mut self) -> Option<Scheduled> {
        self.scheduled.take()
    }

    /// The newest fact of all.
    pub(super) fn newest(&self) -> Option<Cause> {
        self.newest
    }

    /// What the family has in common with others, and where its events are found again.
    pub(super) fn history(&self) -> (BTreeSet<HistoryKey>, BTreeSet<Key>) {
        let mut keys = BTreeSet::new();
        let mut joins = BTreeSet::new();
        for fact in &self.facts {
            for join in fact.joins() {
                joins.insert(join.key(&fact.tenant, &fact.principal));
                keys.extend(history_key(&fact.tenant, &join));
            }
        }
        (keys, joins)
    }

    /// Notes that its facts were given back: their rows were said before.
    pub(super) fn give_back(&mut self) {
        self.given_back = true;
    }

    /// Derives what was said before it was forgotten, if that was not done yet. Not before
    /// something changes it: after a start most conversations only wait for their time to settle.
    pub(super) fn recall(&mut self, settle_after_us: i64) {
        let (Some(newest), true) = (self.newest, self.given_back) else { return };
        self.given_back = false;
        let mut said = Said::default();
        // Time may have passed before it was forgotten: what only that shows may have been said,
        // or not. It is said again, or taken back.
        let quiet_us = newest.received_us.saturating_add(settle_after_us);
        derive(&self.facts, quiet_us, settle_after_us, |scene| scene.rows(&mut said));
        said.doubt();
        let newest_us = newest.received_us;
        derive(&self.facts, newest_us, settle_after_us, |scene| scene.rows(&mut said));
        self.said = said;
    }

    /// Forgets which of its revisions were settled.
    pub(super) fn forget_revisions(&mut self) {
        self.said.forget_revisions();
    }

    /// Derives the rows and says those that changed.
    pub(super) fn tell(
        &mut self,
        cause: Cause,
        now_us: i64,
        settle_after_us: i64,
        rows: &mut DerivedRows,
    ) {
        self.recall(settle_after_us);
        let Some(tenant) = self.facts.first().map(|fact| fact.tenant.clone()) else { return };
        let before = std::mem::take(&mut self.said);
        self.said = derive(&self.facts, now_us, settle_after_us, |scene| {
            let mut teller = before.teller(cause, rows);
            scene.rows(&mut teller);
            teller.end(&tenant)
        });
    }
}

/// Where the events of a conversation, or of a trace, are found.
pub(super) fn history_key(tenant: &Name, join: &Join) -> Option<HistoryKey> {
    let key = |agent, id, trace| HistoryKey { tenant: tenant.clone(), agent, id, trace };
    match join {
        Join::Session(agent, id) => Some(key(*agent, id.clone(), false)),
        Join::Trace(trace) => {
            let agent = crate::vocabulary::Agent::Unknown;
            Some(key(agent, Name::from(trace.to_string()), true))
        }
        Join::Opening(_) | Join::Names(_) => None,
    }
}
