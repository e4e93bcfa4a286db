//! Conversations that belong together, and what was said of them.

use std::collections::BTreeSet;
use std::hash::Hash;

use super::derive::{Derived, derive};
use super::fact::{Fact, Name};
use super::hash::{FastMap, FastSet, hash_of};
use super::keys::{HistoryKey, Join, Key};
use super::stitcher::{DerivedRows, Moment};
use crate::derived::actions::{ActionRow, ActionsBuilder};
use crate::derived::gaps::{GapRow, GapsBuilder};
use crate::derived::links::{LinkRow, LinksBuilder};
use crate::derived::sessions::{SessionRow, SessionsBuilder};
use crate::derived::turns::{TurnRow, TurnsBuilder};
use crate::derived::{Id, Row};
use crate::event::Text;
use crate::ids::LogId;
use crate::table::Table;
use crate::table::cell::{Day, TimeUs};

/// A row takes about this much memory in the list of what was said.
const SAID_BYTES: usize = 112;
/// Stands where it is not known what a row said.
const UNSURE: u64 = 0;

/// The facts of some conversations that belong together.
#[derive(Debug, Default)]
pub(super) struct Family {
    facts: Vec<Fact>,
    /// Which rows there are, and what they say.
    said: FastMap<(Table, Id), Said>,
    facts_bytes: usize,
    /// The newest fact.
    newest: Option<Cause>,
    pub(super) keys: BTreeSet<Key>,
    /// Whether a derivation by quiet is still to come.
    pub(super) settled: bool,
}

/// The newest revision of a row.
#[derive(Debug, Clone)]
struct Said {
    hash: u64,
    day: Day,
    session: Name,
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
        // What was said here was said later.
        for (row, said) in other.said {
            self.said.entry(row).or_insert(said);
        }
        self.keys.append(&mut other.keys);
        self.newest = self.newest.max(other.newest);
        self.settled &= other.settled;
    }

    pub(super) fn facts(&self) -> usize {
        self.facts.len()
    }

    pub(super) fn bytes(&self) -> usize {
        self.facts_bytes + self.said.len() * SAID_BYTES + self.keys.len() * 48
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

    /// Derives the rows without saying them: they were said before.
    pub(super) fn remember(&mut self, settle_after_us: i64) {
        let Some(newest) = self.newest else { return };
        let facts = std::mem::take(&mut self.facts);
        let mut said = FastMap::default();
        // Time may have passed before it was forgotten: what only that shows may have been said,
        // or not. It is said again, or taken back.
        let quiet_us = newest.received_us.saturating_add(settle_after_us);
        for now_us in [quiet_us, newest.received_us] {
            for row in said.values_mut() {
                let row: &mut Said = row;
                row.hash = UNSURE;
            }
            let mut names = Names::default();
            derive(&facts, now_us, settle_after_us, |derived| {
                let Derived { actions, turns, sessions, links, gaps } = derived;
                remember(Table::Actions, actions, |row| &row.session_id, &mut names, &mut said);
                remember(Table::Turns, turns, |row| &row.session_id, &mut names, &mut said);
                remember(Table::Sessions, sessions, |row| &row.session_id, &mut names, &mut said);
                remember(Table::Links, links, |row| &row.session_id, &mut names, &mut said);
                remember(Table::Gaps, gaps, |row| &row.session_id, &mut names, &mut said);
            });
        }
        self.said = said;
        self.facts = facts;
    }

    /// Derives the rows and says those that changed.
    pub(super) fn tell(
        &mut self,
        cause: Cause,
        now_us: i64,
        settle_after_us: i64,
        rows: &mut DerivedRows,
    ) {
        let facts = std::mem::take(&mut self.facts);
        let mut before = std::mem::take(&mut self.said);
        let mut teller = Teller {
            cause,
            log_id: cause.log_id.to_string(),
            before: &mut before,
            said: FastMap::default(),
            names: Names::default(),
        };
        derive(&facts, now_us, settle_after_us, |derived| {
            let Derived { actions, turns, sessions, links, gaps } = derived;
            for row in actions {
                let session = teller.names.of(&row.session_id);
                teller.tell(Table::Actions, row, session, |row| rows.actions.append(&row));
            }
            for row in turns {
                let session = teller.names.of(&row.session_id);
                teller.tell(Table::Turns, row, session, |row| rows.turns.append(&row));
            }
            for row in sessions {
                let session = teller.names.of(&row.session_id);
                teller.tell(Table::Sessions, row, session, |row| rows.sessions.append(&row));
            }
            for row in links {
                let session = teller.names.of(&row.session_id);
                teller.tell(Table::Links, row, session, |row| rows.links.append(&row));
            }
            for row in gaps {
                let session = teller.names.of(&row.session_id);
                teller.tell(Table::Gaps, row, session, |row| rows.gaps.append(&row));
            }
        });
        let tenant = facts.first().map(|fact| fact.tenant.clone());
        let said = teller.said;
        if let Some(tenant) = tenant {
            let mut gone: Vec<_> = before.into_iter().collect();
            gone.sort_by_key(|(key, _)| *key);
            for ((table, id), said) in gone {
                retract(table, id, &tenant, &said, cause, rows);
            }
        }
        self.said = said;
        self.facts = facts;
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

/// Says the rows that changed.
struct Teller<'b> {
    cause: Cause,
    /// The log of the cause, as its column has it.
    log_id: String,
    /// What was said before and was not met again yet.
    before: &'b mut FastMap<(Table, Id), Said>,
    said: FastMap<(Table, Id), Said>,
    names: Names,
}

/// The names of conversations: many rows in a row have the same.
#[derive(Default)]
struct Names(Option<Name>);

impl Names {
    fn of(&mut self, text: &str) -> Name {
        match &self.0 {
            Some(last) if last == text => Name::clone(last),
            _ => Name::clone(self.0.insert(Name::from(text))),
        }
    }
}

impl Teller<'_> {
    fn tell<'a, R: Row<'a> + Hash>(
        &mut self,
        table: Table,
        mut row: R,
        session: Name,
        append: impl FnOnce(R),
    ) {
        let id = row.id();
        let hash = hash_of(&row);
        let known = self.before.remove(&(table, id));
        let day = *row.common().day;
        let is_new = known.as_ref().is_none_or(|known| known.hash != hash);
        if self.said.insert((table, id), Said { hash, day, session }).is_some() || !is_new {
            return;
        }
        let log_id = self.log_id.clone();
        caused(&mut row, self.cause, log_id);
        append(row);
    }
}

fn caused<'a, R: Row<'a>>(row: &mut R, cause: Cause, log_id: String) {
    let common = row.common();
    *common.revision = cause.received_us;
    *common.caused_by_log = Text::Owned(log_id);
    *common.caused_by_sequence = cause.sequence;
    *common.caused_by_index = cause.index;
}

fn remember<'a, R: Row<'a> + Hash>(
    table: Table,
    rows: Vec<R>,
    session: impl Fn(&R) -> &Text<'a>,
    names: &mut Names,
    said: &mut FastMap<(Table, Id), Said>,
) {
    for mut row in rows {
        let (hash, session) = (hash_of(&row), names.of(session(&row)));
        let day = *row.common().day;
        said.insert((table, row.id()), Said { hash, day, session });
    }
}

/// Says that a row turned out not to be one.
fn retract(table: Table, id: Id, tenant: &str, said: &Said, cause: Cause, rows: &mut DerivedRows) {
    macro_rules! gone {
        ($builder:expr, $row:ident, $id:ident $(, $more:ident = $value:expr)?) => {{
            let mut row = $row {
                tenant: Text::Borrowed(tenant),
                day: said.day,
                retracted: true,
                settled: true,
                session_id: Text::Borrowed(&said.session),
                $id: id,
                $($more: $value,)?
                ..$row::default()
            };
            caused(&mut row, cause, cause.log_id.to_string());
            $builder.append(&row);
        }};
    }
    let (actions, turns): (&mut ActionsBuilder, &mut TurnsBuilder) =
        (&mut rows.actions, &mut rows.turns);
    let (sessions, links): (&mut SessionsBuilder, &mut LinksBuilder) =
        (&mut rows.sessions, &mut rows.links);
    let gaps: &mut GapsBuilder = &mut rows.gaps;
    match table {
        Table::Actions => gone!(actions, ActionRow, action_id),
        Table::Turns => gone!(turns, TurnRow, turn_row_id),
        Table::Sessions => gone!(sessions, SessionRow, session_row_id),
        Table::Links => gone!(links, LinkRow, link_id),
        Table::Gaps => {
            gone!(gaps, GapRow, gap_id, closed_at = Some(TimeUs(cause.received_us)));
        }
        Table::Events | Table::Metrics | Table::Ledger | Table::Audit => {}
    }
}
