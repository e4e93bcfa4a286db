//! The state of all conversations that are held in memory.
//!
//! Facts that have something in common (a conversation, a trace, a history, a call that names
//! another conversation) are one [`Family`], and a family is derived as a whole. What no memory
//! is left for is forgotten, all but how to find it again.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use arrow_array::RecordBatch;
use arrow_schema::ArrowError;

use super::fact::{Fact, Name};
use super::family::{Cause, Family, history_key};
use super::keys::{HistoryKey, Join, Key};
use super::near::Near;
use crate::derived::actions::ActionsBuilder;
use crate::derived::gaps::GapsBuilder;
use crate::derived::links::LinksBuilder;
use crate::derived::sessions::SessionsBuilder;
use crate::derived::turns::TurnsBuilder;
use crate::ids::{LogId, ReceivedAt, Sequence};
use crate::table::Table;

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
        Self { memory_bytes: 256 << 20, settle_after_us: 60_000_000 }
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

/// Rows of the derived tables, ready to be appended.
#[derive(Debug, Default)]
pub struct DerivedRows {
    /// Rows of `actions`.
    pub actions: ActionsBuilder,
    /// Rows of `turns`.
    pub turns: TurnsBuilder,
    /// Rows of `sessions`.
    pub sessions: SessionsBuilder,
    /// Rows of `links`.
    pub links: LinksBuilder,
    /// Rows of `gaps`.
    pub gaps: GapsBuilder,
}

impl DerivedRows {
    /// Takes the rows out, a batch for each table that has some.
    pub fn finish(&mut self) -> Result<Vec<(Table, RecordBatch)>, ArrowError> {
        let mut batches = Vec::new();
        if !self.actions.is_empty() {
            batches.push((Table::Actions, self.actions.finish()?));
        }
        if !self.turns.is_empty() {
            batches.push((Table::Turns, self.turns.finish()?));
        }
        if !self.sessions.is_empty() {
            batches.push((Table::Sessions, self.sessions.finish()?));
        }
        if !self.links.is_empty() {
            batches.push((Table::Links, self.links.finish()?));
        }
        if !self.gaps.is_empty() {
            batches.push((Table::Gaps, self.gaps.finish()?));
        }
        Ok(batches)
    }
}

/// The number of a family.
type FamilyAt = u64;

/// The conversations in memory, and where the others are.
#[derive(Debug, Default)]
pub struct Stitcher {
    options: StitchOptions,
    families: HashMap<FamilyAt, Family>,
    next: FamilyAt,
    /// The family of each key.
    of: HashMap<Key, FamilyAt>,
    dirty: BTreeSet<FamilyAt>,
    /// Families that settle at a time if nothing comes for them.
    due: BTreeSet<(i64, FamilyAt)>,
    /// When each family was last used, by the receive time of its newest fact.
    used: BTreeSet<(i64, FamilyAt)>,
    bytes: usize,
    near: Near,
    /// What has earlier events that are not held, and in which group of conversations.
    known: HashMap<Key, usize>,
    groups: Vec<BTreeSet<HistoryKey>>,
    /// Traces to be looked up for conversations that were given back.
    wanted: BTreeSet<HistoryKey>,
    /// What was asked for and need not be asked again.
    asked: HashSet<HistoryKey>,
}

impl Stitcher {
    /// A stitcher that knows of no conversation.
    pub fn new(options: StitchOptions) -> Self {
        Self { options, ..Self::default() }
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
        let key = |of: &HistoryKey| self_key(of).key(&of.tenant, principal);
        let (own, root_key) = (key(session), key(root));
        let group = self.known.get(&own).or_else(|| self.known.get(&root_key)).copied();
        let group = group.unwrap_or_else(|| {
            self.groups.push(BTreeSet::new());
            self.groups.len() - 1
        });
        let joins: Vec<Join> = joined_by.into_iter().filter_map(Join::parse).collect();
        if let Some(members) = self.groups.get_mut(group) {
            members.extend([session.clone(), root.clone()]);
            let traces = joins.iter().filter_map(|join| history_key(&session.tenant, join));
            members.extend(traces);
        }
        let keys = joins.iter().map(|join| join.key(&session.tenant, principal));
        for key in keys.chain([own, root_key]) {
            self.known.insert(key, group);
        }
    }

    /// Which earlier events are needed before these apply: those of conversations that are
    /// known and not held. Call it again after [`Self::restore`], until it wants nothing.
    pub fn missing(&mut self, facts: &[Fact]) -> Vec<HistoryKey> {
        let mut wanted = std::mem::take(&mut self.wanted);
        for fact in facts {
            for join in fact.joins() {
                let key = join.key(&fact.tenant, &fact.principal);
                if let Some(group) = self.known.get(&key).and_then(|group| self.groups.get(*group))
                {
                    wanted.extend(group.iter().cloned());
                }
            }
        }
        wanted.retain(|key| !self.asked.contains(key));
        self.asked.extend(wanted.iter().cloned());
        wanted.into_iter().collect()
    }

    /// Asks for conversations that are known and not held, before anything comes for them: at
    /// the start those that only time settles.
    pub fn want(&mut self, sessions: &[HistoryKey]) {
        for session in sessions {
            let known = self.known.get(&self_key(session).key(&session.tenant, ""));
            let group = known.and_then(|group| self.groups.get(*group));
            self.wanted.extend(group.into_iter().flatten().cloned());
        }
    }

    /// Gives earlier events back: all events of `keys` before those that are applied next. They
    /// cause no rows.
    pub fn restore(&mut self, keys: &[HistoryKey], facts: Vec<Fact>) {
        for key in keys.iter().filter(|key| !key.trace) {
            // Whoever sends it: the key of a conversation's id does not depend on the principal.
            if let Some(group) = self.known.remove(&self_key(key).key(&key.tenant, ""))
                && let Some(group) = self.groups.get_mut(group)
            {
                // Its other keys lead to nothing from now on.
                group.clear();
            }
        }
        let mut touched = BTreeSet::new();
        for fact in facts {
            let joins = fact.joins().filter(|join| matches!(join, Join::Trace(_)));
            self.wanted.extend(joins.filter_map(|join| history_key(&fact.tenant, &join)));
            touched.extend(self.take(fact));
        }
        for family in touched {
            self.dirty.remove(&family);
            let settle_after_us = self.options.settle_after_us;
            if let Some(family) = self.families.get_mut(&family) {
                family.remember(settle_after_us);
            }
            self.schedule(family);
        }
    }

    /// Takes a new event in. Its rows come with [`Self::changed`].
    pub fn apply(&mut self, fact: Fact) {
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
        let mut found: Vec<FamilyAt> =
            keys.iter().chain(&near).filter_map(|key| self.of.get(key).copied()).collect();
        found.sort_unstable();
        found.dedup();
        found.sort_by_key(|at| std::cmp::Reverse(self.families.get(at).map(Family::facts)));
        let at = found.first().copied().unwrap_or_else(|| {
            self.next += 1;
            self.families.insert(self.next, Family::default());
            self.next
        });
        self.unschedule(at);
        for other in found.into_iter().skip(1) {
            self.unschedule(other);
            if self.dirty.remove(&other) {
                self.dirty.insert(at);
            }
            let Some(other) = self.families.remove(&other) else { continue };
            for key in &other.keys {
                self.of.insert(*key, at);
            }
            if let Some(family) = self.families.get_mut(&at) {
                family.merge(other);
            }
        }
        let family = self.families.get_mut(&at)?;
        for key in keys {
            family.keys.insert(key);
            self.of.insert(key, at);
        }
        family.push(fact);
        self.schedule(at);
        Some(at)
    }

    fn unschedule(&mut self, at: FamilyAt) {
        let Some(family) = self.families.get(&at) else { return };
        let Some(newest) = family.newest() else { return };
        self.due.remove(&(newest.received_us + self.options.settle_after_us, at));
        self.used.remove(&(newest.received_us, at));
        self.bytes = self.bytes.saturating_sub(family.bytes());
    }

    fn schedule(&mut self, at: FamilyAt) {
        let Some(family) = self.families.get(&at) else { return };
        let Some(newest) = family.newest() else { return };
        if !family.settled {
            self.due.insert((newest.received_us + self.options.settle_after_us, at));
        }
        self.used.insert((newest.received_us, at));
        self.bytes += family.bytes();
    }

    /// Everything up to this point was applied. Derives what changed since the last call, and
    /// what settles because time has passed.
    pub fn changed(&mut self, now: Moment, rows: &mut DerivedRows) {
        let mut work: BTreeMap<FamilyAt, Option<Cause>> = BTreeMap::new();
        for at in std::mem::take(&mut self.dirty) {
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
        self.evict();
        self.asked.clear();
    }

    /// Forgets the least recently used families until the others fit.
    fn evict(&mut self) {
        while self.bytes > self.options.memory_bytes {
            let Some((_, at)) = self.used.first().copied() else { return };
            self.unschedule(at);
            let Some(family) = self.families.remove(&at) else { continue };
            for key in &family.keys {
                self.of.remove(key);
            }
            let (keys, joins) = family.history();
            self.groups.push(keys);
            let group = self.groups.len() - 1;
            for key in joins.into_keys() {
                self.known.insert(key, group);
            }
        }
    }

    /// Whether anything is held that time alone would settle: then ticks are worth their price.
    pub fn is_unsettled(&self) -> bool {
        !self.due.is_empty()
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
    match of.trace {
        true => crate::ids::TraceId::parse(&of.id)
            .map_or_else(|| Join::Names(of.id.clone()), Join::Trace),
        false => Join::Session(of.agent, Name::clone(&of.id)),
    }
}
