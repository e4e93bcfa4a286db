//! What was said of a family: which rows there are and what they say, so that only changes are
//! said again.

use std::collections::hash_map::Entry;
use std::hash::Hash;

use super::derive::{Derived, OfCall};
use super::fact::Name;
use super::family::Cause;
use super::hash::{FastMap, hash_of};
use super::rows::DerivedRows;
use crate::derived::actions::{ActionRow, ActionsBuilder};
use crate::derived::gaps::{GapRow, GapsBuilder};
use crate::derived::links::{LinkRow, LinksBuilder};
use crate::derived::sessions::{SessionRow, SessionsBuilder};
use crate::derived::turns::{TurnRow, TurnsBuilder};
use crate::derived::{Id, Row};
use crate::event::Text;
use crate::table::Table;
use crate::table::cell::{Day, TimeUs};

/// A row takes about this much memory in the list of what was said.
const LINE_BYTES: usize = 80;
/// Stands where it is not known what a row said.
const UNSURE: u64 = 0;

/// Which row it is.
type RowKey = (Table, Id);

/// The newest revision of a row.
#[derive(Debug)]
struct Line {
    hash: u64,
    day: Day,
    session: Name,
}

/// The rows of a call, and the number of what they follow from.
#[derive(Debug)]
struct SaidCall {
    print: u64,
    lines: Vec<(RowKey, Line)>,
}

/// All rows of a family, as they were said last.
#[derive(Debug, Default)]
pub(super) struct Said {
    /// By the call's number.
    calls: FastMap<u64, SaidCall>,
    /// All rows that are not of a call, or that are not known to be.
    others: FastMap<RowKey, Line>,
    /// How many rows there are.
    lines: usize,
}

impl Said {
    /// What the rows of a call followed from when they were said.
    pub(super) fn print(&self, call: u64) -> Option<u64> {
        self.calls.get(&call).map(|of| of.print)
    }

    pub(super) fn bytes(&self) -> usize {
        self.lines * LINE_BYTES
    }

    /// Takes in what was said of another family; what was said here was said later.
    pub(super) fn merge(&mut self, other: Self) {
        for (key, line) in other.others {
            self.others.entry(key).or_insert(line);
        }
        for (call, of) in other.calls {
            match self.calls.entry(call) {
                Entry::Vacant(free) => {
                    free.insert(of);
                }
                Entry::Occupied(_) => {
                    for (key, line) in of.lines {
                        self.others.entry(key).or_insert(line);
                    }
                }
            }
        }
        self.count();
    }

    fn count(&mut self) {
        let of_calls: usize = self.calls.values().map(|of| of.lines.len()).sum();
        self.lines = self.others.len() + of_calls;
    }

    /// Notes that rows may have been said, in whatever words …
    pub(super) fn doubt(&mut self, derived: Derived<'_>) {
        self.remember(derived);
        for line in self.others.values_mut() {
            line.hash = UNSURE;
        }
    }

    /// … or that they were said in these.
    pub(super) fn remember(&mut self, derived: Derived<'_>) {
        let Derived { calls, turns, sessions, links, gaps, .. } = derived;
        let mut names = Names::default();
        for OfCall { action, links, gap, .. } in calls {
            note(Table::Actions, [action], |row| &row.session_id, &mut names, &mut self.others);
            note(Table::Links, links, |row| &row.session_id, &mut names, &mut self.others);
            note(Table::Gaps, gap, |row| &row.session_id, &mut names, &mut self.others);
        }
        note(Table::Turns, turns, |row| &row.session_id, &mut names, &mut self.others);
        note(Table::Sessions, sessions, |row| &row.session_id, &mut names, &mut self.others);
        note(Table::Links, links, |row| &row.session_id, &mut names, &mut self.others);
        note(Table::Gaps, gaps, |row| &row.session_id, &mut names, &mut self.others);
        self.count();
    }

    /// Says what is new, and takes back what is not there any more. Gives what stands now.
    pub(super) fn tell(
        mut self,
        derived: Derived<'_>,
        cause: Cause,
        tenant: &str,
        rows: &mut DerivedRows,
    ) -> Self {
        let Derived { calls, unchanged, turns, sessions, links, gaps } = derived;
        let mut now = Self::default();
        for call in &unchanged {
            now.calls.extend(self.calls.remove_entry(call));
        }
        for (_, of) in self.calls {
            self.others.extend(of.lines);
        }
        let log_id = cause.log_id.to_string();
        let mut teller = Teller { cause, log_id, before: self.others, names: Names::default() };
        for OfCall { key, print, action, links, gap } in calls {
            let mut lines = Vec::with_capacity(2 + links.len());
            lines.push(teller.tell(action, &mut rows.actions));
            lines.extend(links.into_iter().map(|row| teller.tell(row, &mut rows.links)));
            lines.extend(gap.map(|row| teller.tell(row, &mut rows.gaps)));
            if let Some(twin) = now.calls.insert(key, SaidCall { print, lines }) {
                now.others.extend(twin.lines);
            }
        }
        now.others.extend(turns.into_iter().map(|row| teller.tell(row, &mut rows.turns)));
        now.others.extend(sessions.into_iter().map(|row| teller.tell(row, &mut rows.sessions)));
        now.others.extend(links.into_iter().map(|row| teller.tell(row, &mut rows.links)));
        now.others.extend(gaps.into_iter().map(|row| teller.tell(row, &mut rows.gaps)));
        teller.take_back(&unchanged, &now, tenant, rows);
        now.count();
        now
    }
}

/// Says the rows that changed.
struct Teller {
    cause: Cause,
    /// The log of the cause, as its column has it.
    log_id: String,
    /// What was said before and was not met again yet.
    before: FastMap<RowKey, Line>,
    names: Names,
}

/// Where rows of one table are collected.
trait Collects<R> {
    const TABLE: Table;
    fn collect(&mut self, row: &R);
    fn session(row: &R) -> &str;
}

macro_rules! collects {
    ($($builder:ident of $row:ident in $table:ident),+ $(,)?) => {$(
        impl<'a> Collects<$row<'a>> for $builder {
            const TABLE: Table = Table::$table;

            fn collect(&mut self, row: &$row<'a>) {
                self.append(row);
            }

            fn session<'r>(row: &'r $row<'a>) -> &'r str {
                &row.session_id
            }
        }
    )+};
}
collects! {
    ActionsBuilder of ActionRow in Actions,
    TurnsBuilder of TurnRow in Turns,
    SessionsBuilder of SessionRow in Sessions,
    LinksBuilder of LinkRow in Links,
    GapsBuilder of GapRow in Gaps,
}

impl Teller {
    fn tell<'a, R: Row<'a> + Hash, C: Collects<R>>(
        &mut self,
        mut row: R,
        to: &mut C,
    ) -> (RowKey, Line) {
        let key = (C::TABLE, row.id());
        let hash = hash_of(&row);
        let known = self.before.remove(&key);
        let line = Line { hash, day: *row.common().day, session: self.names.of(C::session(&row)) };
        if known.is_none_or(|known| known.hash != hash) {
            caused(&mut row, self.cause, self.log_id.clone());
            to.collect(&row);
        }
        (key, line)
    }

    /// Says of rows that they turned out not to be any.
    fn take_back(mut self, unchanged: &[u64], now: &Said, tenant: &str, rows: &mut DerivedRows) {
        if self.before.is_empty() {
            return;
        }
        // What was remembered twice, as a call's and as any row.
        for of in unchanged.iter().filter_map(|call| now.calls.get(call)) {
            for (key, _) in &of.lines {
                self.before.remove(key);
            }
        }
        let mut gone: Vec<_> = self.before.into_iter().collect();
        gone.sort_by_key(|(key, _)| *key);
        for (key, line) in gone {
            retract(key, tenant, &line, self.cause, rows);
        }
    }
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

fn caused<'a, R: Row<'a>>(row: &mut R, cause: Cause, log_id: String) {
    let common = row.common();
    *common.revision = cause.received_us;
    *common.caused_by_log = Text::Owned(log_id);
    *common.caused_by_sequence = cause.sequence;
    *common.caused_by_index = cause.index;
}

fn note<'a, R: Row<'a> + Hash>(
    table: Table,
    rows: impl IntoIterator<Item = R>,
    session: impl Fn(&R) -> &Text<'a>,
    names: &mut Names,
    said: &mut FastMap<RowKey, Line>,
) {
    for mut row in rows {
        let (hash, session) = (hash_of(&row), names.of(session(&row)));
        let day = *row.common().day;
        said.insert((table, row.id()), Line { hash, day, session });
    }
}

/// Says that a row turned out not to be one.
fn retract(key: RowKey, tenant: &str, said: &Line, cause: Cause, rows: &mut DerivedRows) {
    let (table, id) = key;
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
    match table {
        Table::Actions => gone!(rows.actions, ActionRow, action_id),
        Table::Turns => gone!(rows.turns, TurnRow, turn_row_id),
        Table::Sessions => gone!(rows.sessions, SessionRow, session_row_id),
        Table::Links => gone!(rows.links, LinkRow, link_id),
        Table::Gaps => {
            gone!(rows.gaps, GapRow, gap_id, closed_at = Some(TimeUs(cause.received_us)));
        }
        Table::Events | Table::Metrics | Table::Ledger | Table::Audit => {}
    }
}
