//! The state of all conversations that are held in memory.
//!
//! Facts that have something in common (a conversation, a trace, a history, a call that names
//! another conversation) are one [`Family`], and a family is derived as a whole. What no memory
//! is left for is forgotten, all but how to find it again.

use std::collections::{BTreeMap, BTreeSet};

use arrow_array::RecordBatch;

use super::detail::Name;
use super::fact::Fact;
use super::facts::Facts;
use super::family::{Cause, Family, history_key};
use super::hash::{FastMap, FastSet};
use super::keys::{HistoryKey, Join, Key};
use super::names::Names;
use super::near::{Mark, Near};
use super::past::Past;
use super::rows::DerivedRows;
use crate::ids::{LogId, ReceivedAt, Sequence, TraceId};

/// The limits of a stitcher.
#[derive(Debug, Clone)]
pub struct StitchOptions {
    /// What the conversations in memory may take together; the least recently used leave first.
    pub memory_bytes: usize,
    /// A row settles after so long without news of its conversation, in microseconds.
    pub settle_after_us: i64,
}

impl Default for StitchOptions {
    fn default() -> Self {
        Self { memory_bytes: 1 << 30, settle_after_us: 60_000_000 }
    }
}

/// A point in a log, and the receive time that belongs to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// The log.
    pub log_id: LogId,
    /// The frame.
    pub sequence: Sequence,
    /// When it was received.
    pub received_at: ReceivedAt,
}

/// The number of a family.
type FamilyAt = u64;

/// The conversations in memory, and where the others are.
#[derive(Debug, Default)]
pub struct Stitcher {
    options: StitchOptions,
    families: FastMap<FamilyAt, Family>,
    next: FamilyAt,
    /// The family of each key.
    of: FastMap<Key, FamilyAt>,
    dirty: BTreeSet<FamilyAt>,
    /// Families that settle at a time if nothing comes for them.
    due: BTreeSet<(i64, FamilyAt)>,
    /// When each family was last used, by the receive time of its newest fact.
    used: BTreeSet<(i64, FamilyAt)>,
    bytes: usize,
    near: Near,
    /// What has earlier events that are not held.
    past: Past,
    /// Traces to be looked up for conversations that were given back.
    wanted: BTreeSet<HistoryKey>,
    /// Earlier events that were given back, until all that is wanted is there.
    returned: Vec<Vec<Fact>>,
    /// What was asked for and need not be asked again.
    asked: FastSet<HistoryKey>,
    names: Names,
}

impl Stitcher {
    /// A stitcher that knows of no conversation.
    pub fn new(options: StitchOptions) -> Self {
        Self { options, ..Self::default() }
    }

    /// Reads the events of a batch, so that facts share what they have in common.
    pub fn read(&mut self, batch: &RecordBatch) -> Vec<Fact> {
        Facts::all(batch, &mut self.names)
    }

    /// Says that a trace has earlier events of a principal that may be in no conversation yet.
    /// Called at the start.
    pub fn note_trace(&mut self, tenant: &str, principal: &str, trace: TraceId) {
        let join = Join::Trace(trace);
        let members = history_key(&Name::from(tenant), &join).into_iter().collect();
        self.past.add(members, [join.key(tenant, principal)]);
    }

    /// Says that a conversation has earlier events, which one is at the root of its lineage,
    /// and its column `joined_by`. Called at the start, for every row of `sessions`.
    pub fn note_known<'t>(
        &mut self,
        session: &HistoryKey,
        principal: &str,
        root: &HistoryKey,
        joined_by: impl IntoIterator<Item = &'t str>,
    ) {
        let own = self_key(session).key(&session.tenant, principal);
        let mut joins = Vec::new();
        for text in joined_by {
            joins.extend(Join::parse(text));
            if let Some(mark) = Mark::parse(text) {
                self.near.put(mark, own);
            }
        }
        let members = joins.iter().filter_map(|join| history_key(&session.tenant, join));
        let members = members.chain([session.clone(), root.clone()]).collect();
        let key = |of: &HistoryKey| self_key(of).key(&of.tenant, principal);
        let keys = joins.iter().map(|join| join.key(&session.tenant, principal));
        let keys: Vec<Key> = keys.chain([key(session), key(root)]).collect();
        self.past.add(members, keys);
    }

    /// Which earlier events are needed before these apply: those of conversations that are
    /// known and not held. Call it again after [`Self::restore`], until it wants nothing.
    pub fn missing(&mut self, facts: &[Fact]) -> Vec<HistoryKey> {
        let mut wanted = std::mem::take(&mut self.wanted);
        let asking = if self.past.is_empty() { &[] } else { facts };
        for fact in asking {
            wanted.extend(self.past_near(fact));
            for join in fact.joins() {
                let members = self.past.of(join.key(&fact.tenant, &fact.principal));
                wanted.extend(members.into_iter().flatten().cloned());
            }
        }
        wanted.retain(|key| !self.asked.contains(key));
        self.asked.extend(wanted.iter().cloned());
        if wanted.is_empty() {
            self.welcome();
        }
        wanted.into_iter().collect()
    }

    /// Asks for conversations that are known and not held, before anything comes for them: at
    /// the start those that only time settles.
    pub fn want(&mut self, sessions: &[HistoryKey]) {
        for session in sessions {
            let members = self.past.of(self_key(session).key(&session.tenant, ""));
            self.wanted.extend(members.into_iter().flatten().cloned());
        }
    }

    /// Gives earlier events back: all events of `keys` before those that are applied next. They
    /// cause no rows.
    pub fn restore(&mut self, keys: &[HistoryKey], facts: Vec<Vec<Fact>>) {
        for key in keys.iter().filter(|key| !key.trace) {
            // Whoever sends it: the key of a conversation's id does not depend on the principal.
            self.past.forget(self_key(key).key(&key.tenant, ""));
        }
        for fact in facts.iter().flatten() {
            let near: Vec<HistoryKey> = self.past_near(fact).collect();
            self.wanted.extend(near);
            if let Some(trace) = fact.trace {
                // All of a trace is given back at once, for whomever it was asked.
                let join = Join::Trace(trace);
                self.past.forget(join.key(&fact.tenant, &fact.principal));
                self.wanted.extend(history_key(&fact.tenant, &join));
            }
        }
        // Not copied: it may be all there is.
        self.returned.extend(facts);
    }

    /// The conversations near a fact that are known and not held.
    fn past_near(&self, fact: &Fact) -> impl Iterator<Item = HistoryKey> + '_ {
        let near = fact.mark.into_iter().flat_map(|mark| self.near.of(mark));
        near.filter_map(|key| self.past.of(key)).flatten().cloned()
    }

    /// Takes in what was given back. Its rows were said before it was forgotten; what it says
    /// together with what came since is new.
    fn welcome(&mut self) {
        let facts = std::mem::take(&mut self.returned);
        if facts.is_empty() {
            return;
        }
        let mut apart = Self::new(self.options.clone());
        let mut near = BTreeMap::new();
        for fact in facts.into_iter().flatten() {
            let own = fact.joins().next().map(|join| join.key(&fact.tenant, &fact.principal));
            let found = self.near.find(&fact);
            if let (Some(own), false) = (own, found.is_empty()) {
                near.entry(own).or_insert_with(Vec::new).extend(found);
            }
            apart.take(fact);
        }
        let mut families: Vec<(FamilyAt, Family)> = apart.families.into_iter().collect();
        families.sort_unstable_by_key(|(at, _)| *at);
        for (_, mut family) in families {
            family.give_back();
            let keys: Vec<Key> = family.keys.iter().copied().collect();
            let near = keys.iter().filter_map(|key| near.get(key)).flatten().copied();
            let found = self.found(keys.iter().copied().chain(near));
            if found.is_empty() {
                self.next += 1;
                self.families.insert(self.next, family);
                self.own(self.next, &keys);
                self.schedule(self.next);
            } else if let Some(at) = self.join(&found) {
                self.unschedule(at);
                self.dirty.insert(at);
                if let Some(held) = self.families.get_mut(&at) {
                    held.recall(self.options.settle_after_us);
                    family.recall(self.options.settle_after_us);
                    held.merge(family);
                }
                self.own(at, &keys);
            }
        }
    }

    /// Takes a new event in. Its rows come with [`Self::changed`].
    pub fn apply(&mut self, fact: Fact) {
        self.welcome();
        if let Some(family) = self.take(fact) {
            self.dirty.insert(family);
        }
    }

    /// Puts a fact into its family; families that it joins become one.
    fn take(&mut self, fact: Fact) -> Option<FamilyAt> {
        let keys: Vec<Key> =
            fact.joins().map(|join| join.key(&fact.tenant, &fact.principal)).collect();
        if keys.is_empty() {
            return None;
        }
        let near = self.near.find(&fact);
        let found = self.found(keys.iter().copied().chain(near));
        let at = self.join(&found).unwrap_or_else(|| {
            self.next += 1;
            self.families.insert(self.next, Family::default());
            self.next
        });
        // It is scheduled again once its rows were derived.
        self.unschedule(at);
        let family = self.families.get_mut(&at)?;
        family.recall(self.options.settle_after_us);
        family.push(fact);
        self.own(at, &keys);
        Some(at)
    }

    /// The families of some keys, the largest first.
    fn found(&self, keys: impl Iterator<Item = Key>) -> Vec<FamilyAt> {
        let mut found: Vec<FamilyAt> = keys.filter_map(|key| self.of.get(&key).copied()).collect();
        found.sort_unstable();
        found.dedup();
        found.sort_by_key(|at| std::cmp::Reverse(self.families.get(at).map(Family::facts)));
        found
    }

    /// Makes families one: the first of them.
    fn join(&mut self, found: &[FamilyAt]) -> Option<FamilyAt> {
        let (at, others) = found.split_first()?;
        if others.is_empty() {
            return Some(*at);
        }
        self.unschedule(*at);
        self.dirty.insert(*at);
        for other in others {
            self.unschedule(*other);
            self.dirty.remove(other);
            let Some(mut other) = self.families.remove(other) else { continue };
            for key in &other.keys {
                self.of.insert(*key, *at);
            }
            if let Some(family) = self.families.get_mut(at) {
                // What was said of each was said of it alone.
                family.recall(self.options.settle_after_us);
                other.recall(self.options.settle_after_us);
                family.merge(other);
            }
        }
        Some(*at)
    }

    /// Says that keys lead to a family.
    fn own(&mut self, at: FamilyAt, keys: &[Key]) {
        for key in keys {
            self.of.insert(*key, at);
        }
        if let Some(family) = self.families.get_mut(&at) {
            family.keys.extend(keys);
        }
    }

    /// Takes a family out of the lists that its newest fact orders; one that is in none is dirty.
    fn unschedule(&mut self, at: FamilyAt) {
        let Some(scheduled) = self.families.get_mut(&at).and_then(Family::unschedule) else {
            return;
        };
        self.due.remove(&(scheduled.received_us + self.options.settle_after_us, at));
        self.used.remove(&(scheduled.received_us, at));
        self.bytes = self.bytes.saturating_sub(scheduled.bytes);
    }

    fn schedule(&mut self, at: FamilyAt) {
        let Some(family) = self.families.get_mut(&at) else { return };
        let Some(scheduled) = family.schedule() else { return };
        if !family.settled {
            self.due.insert((scheduled.received_us + self.options.settle_after_us, at));
        }
        self.used.insert((scheduled.received_us, at));
        self.bytes += scheduled.bytes;
    }

    /// Everything up to this point was applied. Derives what changed since the last call, and
    /// what settles because time has passed.
    pub fn changed(&mut self, now: Moment, rows: &mut DerivedRows) {
        self.welcome();
        let mut work: BTreeMap<FamilyAt, Option<Cause>> = BTreeMap::new();
        for at in std::mem::take(&mut self.dirty) {
            // It may have to settle at once.
            self.schedule(at);
            work.insert(at, self.families.get(&at).and_then(Family::newest));
        }
        while let Some((due, at)) = self.due.first().copied() {
            if due > now.received_at.0 {
                break;
            }
            self.due.pop_first();
            if let Some(family) = self.families.get_mut(&at) {
                family.settled = true;
            }
            // Time alone has changed it, after whatever its facts have.
            work.insert(at, Some(Cause::time(now)));
        }
        let mut work: Vec<(Cause, FamilyAt)> =
            work.into_iter().filter_map(|(at, cause)| Some((cause?, at))).collect();
        work.sort_unstable();
        for (cause, at) in work {
            self.unschedule(at);
            let settle_after_us = self.options.settle_after_us;
            if let Some(family) = self.families.get_mut(&at) {
                family.tell(cause, now.received_at.0, settle_after_us, rows);
            }
            self.schedule(at);
        }
        self.evict(now, rows);
        self.asked.clear();
    }

    /// Forgets the least recently used families until the others fit. Nobody will be there to
    /// settle their rows when their time has come: they settle now, and are said again if
    /// something more comes.
    fn evict(&mut self, now: Moment, rows: &mut DerivedRows) {
        while self.bytes > self.options.memory_bytes {
            let Some((_, at)) = self.used.first().copied() else { return };
            self.unschedule(at);
            let Some(mut family) = self.families.remove(&at) else { continue };
            let settle_after_us = self.options.settle_after_us;
            if let (false, Some(newest)) = (family.settled, family.newest()) {
                let then_us = newest.received_us.saturating_add(settle_after_us);
                let then_us = then_us.max(now.received_at.0);
                family.tell(Cause::time(now), then_us, settle_after_us, rows);
            }
            for key in &family.keys {
                self.of.remove(key);
            }
            let (keys, joins) = family.history();
            self.past.add(keys, joins);
        }
    }

    /// Somebody else has said revisions of rows that are held (`seam restitch`): what rows that
    /// come next replace is not known.
    pub fn forget_revisions(&mut self) {
        self.families.values_mut().for_each(Family::forget_revisions);
    }

    /// Whether anything is held that time alone would settle: then ticks are worth their price.
    pub fn is_unsettled(&self) -> bool {
        !self.due.is_empty() || !self.wanted.is_empty()
    }

    /// The memory that the conversations take, as far as it is counted.
    pub fn memory_bytes(&self) -> usize {
        self.bytes
    }

    /// How many families of conversations are held.
    pub fn families(&self) -> usize {
        self.families.len()
    }
}

fn self_key(of: &HistoryKey) -> Join {
    let trace = TraceId::parse(&of.id).filter(|_| of.trace);
    trace.map_or_else(|| Join::Session(of.agent, Name::clone(&of.id)), Join::Trace)
}
