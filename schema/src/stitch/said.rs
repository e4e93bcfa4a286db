//! What was said of a family: which rows there are and what they say, so that only changes are
//! said again.

use std::collections::hash_map::Entry;
use std::hash::Hash;

use super::derive::{Print, Takes};
use super::detail::Name;
use super::family::Cause;
use super::hash::{FastMap, hash_of};
use super::rows::DerivedRows;
use crate::derived::actions::ActionRow;
use crate::derived::gaps::GapRow;
use crate::derived::links::LinkRow;
use crate::derived::sessions::SessionRow;
use crate::derived::turns::TurnRow;
use crate::derived::{Id, Row};
use crate::event::Text;
use crate::table::Table;
use crate::table::cell::{Day, TimeUs};

/// A row takes about this much memory in the list of what was said.
const LINE_BYTES: usize = 96;
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
    /// The newest revision that was said to be settled, where this process has said it.
    settled: Option<i64>,
}

/// A row that names its conversation.
trait SaidRow<'a>: Row<'a> + Hash {
    fn session(&self) -> &str;

    /// Where it says which settled revision it replaces, if it does.
    fn supersedes(&mut self) -> Option<&mut Option<i64>> {
        None
    }
}

macro_rules! said_rows {
    ($($row:ident $(with $supersedes:ident)?),+) => {$(
        impl<'a> SaidRow<'a> for $row<'a> {
            fn session(&self) -> &str {
                &self.session_id
            }

            $(fn supersedes(&mut self) -> Option<&mut Option<i64>> {
                Some(&mut self.$supersedes)
            })?
        }
    )+};
}
said_rows!(ActionRow with supersedes, TurnRow, SessionRow, LinkRow, GapRow);

impl Line {
    fn of<'a, R: SaidRow<'a>>(row: &mut R, names: &mut Names) -> Self {
        let (hash, session) = (hash_of(row), names.of(row.session()));
        Self { hash, day: *row.common().day, session, settled: None }
    }

    /// Notes a revision that is about to be said, and says in it which one it replaces.
    fn supersede<'a, R: SaidRow<'a>>(&mut self, row: &mut R) {
        let revision = *row.common().revision;
        if let Some(supersedes) = row.supersedes() {
            *supersedes = self.replaced_by(revision);
        }
        if *row.common().settled {
            self.settled = self.settled.max(Some(revision));
        }
    }

    /// The settled revision that another one replaces.
    fn replaced_by(&self, revision: i64) -> Option<i64> {
        self.settled.filter(|settled| *settled < revision)
    }
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
    names: Names,
}

impl Said {
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

    /// Forgets which revisions were settled: others were said since, and not here.
    pub(super) fn forget_revisions(&mut self) {
        let of_calls = self.calls.values_mut().flat_map(|of| &mut of.lines).map(|(_, line)| line);
        for line in self.others.values_mut().chain(of_calls) {
            line.settled = None;
        }
    }

    fn count(&mut self) {
        let of_calls: usize = self.calls.values().map(|of| of.lines.len()).sum();
        self.lines = self.others.len() + of_calls;
    }

    /// Notes that what it holds may have been said, in whatever words. Whatever it takes as rows
    /// afterwards was said in these.
    pub(super) fn doubt(&mut self) {
        for line in self.others.values_mut() {
            line.hash = UNSURE;
        }
    }

    fn note<'a, R: SaidRow<'a>>(&mut self, table: Table, row: &mut R) {
        let line = Line::of(row, &mut self.names);
        self.others.insert((table, row.id()), line);
        self.lines = self.others.len();
    }

    /// Will say what is new, and take back what is not there any more.
    pub(super) fn teller(mut self, cause: Cause, rows: &mut DerivedRows) -> Teller<'_> {
        let (before, calls) = (std::mem::take(&mut self.others), self.calls);
        let (unchanged, of_call, now) = (Vec::new(), None, Self::default());
        Teller { cause, before, calls, unchanged, of_call, now, rows }
    }
}

/// Notes that these rows were said, of a family that nothing was said of in this process.
impl Takes for Said {
    fn begin(&mut self, calls: &[Print]) -> Vec<bool> {
        vec![false; calls.len()]
    }

    fn begin_call(&mut self, _: usize) {}

    fn end_call(&mut self, _: Print) {}

    fn action(&mut self, row: &mut ActionRow<'_>) {
        self.note(Table::Actions, row);
    }

    fn turn(&mut self, row: &mut TurnRow<'_>) {
        self.note(Table::Turns, row);
    }

    fn session(&mut self, row: &mut SessionRow<'_>) {
        self.note(Table::Sessions, row);
    }

    fn link(&mut self, row: &mut LinkRow<'_>) {
        self.note(Table::Links, row);
    }

    fn gap(&mut self, row: &mut GapRow<'_>) {
        self.note(Table::Gaps, row);
    }
}

/// Says the rows that changed.
pub(super) struct Teller<'r> {
    cause: Cause,
    /// What was said before, and was not met again yet.
    before: FastMap<RowKey, Line>,
    /// The same of calls.
    calls: FastMap<u64, SaidCall>,
    /// The calls whose rows are as they were.
    unchanged: Vec<u64>,
    /// What the call says that is under way.
    of_call: Option<Vec<(RowKey, Line)>>,
    now: Said,
    rows: &'r mut DerivedRows,
}

macro_rules! takes {
    ($($take:ident: $row:ident of $table:ident into $rows:ident);+ $(;)?) => {$(
        fn $take(&mut self, row: &mut $row<'_>) {
            let key = (Table::$table, row.id());
            let mut line = Line::of(row, &mut self.now.names);
            let known = self.before.remove(&key);
            line.settled = known.as_ref().and_then(|known| known.settled);
            if known.is_none_or(|known| known.hash != line.hash) {
                caused(row, self.cause);
                line.supersede(row);
                self.rows.$rows.append(row);
            }
            match &mut self.of_call {
                Some(lines) => lines.push((key, line)),
                None => {
                    self.now.others.insert(key, line);
                }
            }
        }
    )+};
}

impl Takes for Teller<'_> {
    fn begin(&mut self, calls: &[Print]) -> Vec<bool> {
        let mut unchanged = Vec::with_capacity(calls.len());
        for print in calls {
            let is_same = self.calls.get(&print.call).is_some_and(|said| said.print == print.of);
            if is_same {
                self.now.calls.extend(self.calls.remove_entry(&print.call));
                self.unchanged.push(print.call);
            }
            unchanged.push(is_same);
        }
        self.before.extend(self.calls.drain().flat_map(|(_, of)| of.lines));
        unchanged
    }

    fn begin_call(&mut self, links: usize) {
        // Its action, and perhaps a gap.
        self.of_call = Some(Vec::with_capacity(2 + links));
    }

    fn end_call(&mut self, print: Print) {
        let Some(lines) = self.of_call.take() else { return };
        if let Some(twin) = self.now.calls.insert(print.call, SaidCall { print: print.of, lines }) {
            self.now.others.extend(twin.lines);
        }
    }

    takes! {
        action: ActionRow of Actions into actions;
        turn: TurnRow of Turns into turns;
        session: SessionRow of Sessions into sessions;
        link: LinkRow of Links into links;
        gap: GapRow of Gaps into gaps;
    }
}

impl Teller<'_> {
    /// Says of rows that they turned out not to be any. Gives what stands now.
    pub(super) fn end(mut self, tenant: &str) -> Said {
        // What was remembered twice, as a call's and as any row.
        if !self.before.is_empty() {
            for of in self.unchanged.iter().filter_map(|call| self.now.calls.get(call)) {
                for (key, _) in &of.lines {
                    self.before.remove(key);
                }
            }
        }
        let mut gone: Vec<_> = self.before.into_iter().collect();
        gone.sort_by_key(|(key, _)| *key);
        for (key, line) in gone {
            retract(key, tenant, &line, self.cause, self.rows);
        }
        self.now.count();
        self.now
    }
}

/// The names of conversations: many rows in a row have the same.
#[derive(Debug, Default)]
struct Names(Option<Name>);

impl Names {
    fn of(&mut self, text: &str) -> Name {
        match &self.0 {
            Some(last) if last == text => Name::clone(last),
            _ => Name::clone(self.0.insert(Name::from(text))),
        }
    }
}

fn caused<'a, R: Row<'a>>(row: &mut R, cause: Cause) {
    let common = row.common();
    *common.revision = cause.received_us;
    *common.caused_by_log = cause.log_id;
    *common.caused_by_sequence = cause.sequence;
    *common.caused_by_index = cause.index;
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
            caused(&mut row, cause);
            $builder.append(&row);
        }};
    }
    match table {
        Table::Actions => {
            let replaced = said.replaced_by(cause.received_us);
            gone!(rows.actions, ActionRow, action_id, supersedes = replaced);
        }
        Table::Turns => gone!(rows.turns, TurnRow, turn_row_id),
        Table::Sessions => gone!(rows.sessions, SessionRow, session_row_id),
        Table::Links => gone!(rows.links, LinkRow, link_id),
        Table::Gaps => {
            gone!(rows.gaps, GapRow, gap_id, closed_at = Some(TimeUs(cause.received_us)));
        }
        Table::Events | Table::Metrics | Table::Ledger | Table::Audit | Table::DeadLetters => {}
    }
}
