//! The derived tables: filled by stage 2, sealed together, committed in an order.
//!
//! Their rows can be derived again from `events`, so they never hold the log back. All five are
//! sealed at one position of stage 2. `sessions` is committed when the others are, also if it has
//! no rows itself: its position is the one from which stage 2 goes on after a restart. What the
//! others have beyond it is taken back then (see `derived_start.rs`).

use std::collections::BTreeMap;
use std::sync::MutexGuard;

use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;
use seam_schema::ids::Sequence;
use seam_schema::table::Table;
use tokio::sync::watch;
use tokio::time::Instant;

use super::{Core, State, TableState, Work};
use crate::error::StoreError;
use crate::tail::{OpenTail, SealedTail};

/// The table that is committed last, and whose task seals for all.
pub(super) const LEADER: Table = Table::Sessions;

/// What the derived tables have in common.
pub(super) struct Derived {
    /// The frame up to which stage 2 has come.
    pub(super) applied: Sequence,
    /// How often they were sealed since the start.
    seals: u64,
    /// Somebody wants the next seal now.
    flush: bool,
}

impl Derived {
    pub(super) fn new(applied: Sequence) -> Self {
        Self { applied, seals: 0, flush: false }
    }
}

impl State {
    fn derived(&self) -> impl Iterator<Item = &TableState> {
        self.tables.iter().filter(|(table, _)| table.is_derived()).map(|(_, of)| of)
    }

    /// Whether any of them has rows that are not sealed.
    fn derived_open(&self) -> bool {
        self.derived().any(|of| of.open.first().is_some())
    }

    /// When the first of those rows came.
    fn derived_since(&self) -> Option<Instant> {
        self.derived().filter_map(|of| of.open.since()).min()
    }

    fn derived_bytes(&self) -> usize {
        self.derived().map(|of| of.open.bytes()).sum()
    }

    /// How many sealed tails the slowest of them has.
    fn derived_sealed(&self) -> usize {
        self.derived().map(|of| of.sealed.len()).max().unwrap_or(0)
    }

    /// The seal up to which all are committed.
    fn derived_committed(&self) -> u64 {
        let waiting = self.derived().filter_map(|of| of.sealed.front()).map(|tail| tail.seal).min();
        waiting.map_or(self.derived.seals, |seal| seal - 1)
    }

    /// Whether the others still have to commit this seal, or an earlier one.
    fn others_wait(&self, seal: u64) -> bool {
        let others = self.tables.iter().filter(|(table, _)| table.is_derived());
        let mut others = others.filter(|(table, _)| **table != LEADER);
        others.any(|(_, of)| of.sealed.front().is_some_and(|tail| tail.seal <= seal))
    }

    fn seal_derived(&mut self) {
        if !self.derived_open() {
            return;
        }
        self.derived.seals += 1;
        let seal = self.derived.seals;
        for (_, of) in self.tables.iter_mut().filter(|(table, _)| table.is_derived()) {
            let mut sealed = of.open.seal(seal);
            if let Some(tail) = &mut sealed {
                // Frames after the last one with rows changed nothing.
                tail.through = self.derived.applied;
            }
            of.sealed.extend(sealed);
        }
        let through = self.derived.applied;
        if let Some(leader) = self.tables.get_mut(&LEADER)
            && leader.sealed.back().is_none_or(|tail| tail.seal < seal)
        {
            let (batches, first) = (Vec::new(), through);
            leader.sealed.push_back(SealedTail { batches, first, through, seal });
        }
    }

    /// Asks for a seal of what is open; gives the seal with which it is committed.
    pub(super) fn flush_derived(&mut self) -> u64 {
        let open = self.derived_open();
        self.derived.flush |= open;
        self.derived.seals + u64::from(open)
    }
}

impl Core {
    /// See [`crate::Store::append_derived`].
    pub(crate) fn append_derived(
        &self,
        through: Sequence,
        rows: &[(Table, RecordBatch)],
    ) -> Result<(), StoreError> {
        for (table, batch) in rows {
            if !table.is_derived() || batch.schema() != table.schema() {
                return Err(StoreError::Schema { table: table.name() });
            }
        }
        let mut state = self.lock();
        self.check_open(&state)?;
        state = self.make_derived_room(state)?;
        let seals = state.derived.seals;
        let open = |state: &State, table| state.tables.get(&table).map(|of| of.open.clone());
        let tails: BTreeMap<Table, OpenTail> =
            rows.iter().filter_map(|(table, _)| Some((*table, open(&state, *table)?))).collect();
        // Folding may copy a whole tail: stage 1 and the queries do not wait for that.
        drop(state);
        let pushed = push_all(tails, rows, through);
        let mut state = self.lock();
        self.check_open(&state)?;
        let pushed = if state.derived.seals == seals {
            pushed?
        } else {
            // Sealed meanwhile: what was cloned is on its way into files.
            let tails = rows.iter().map(|(table, _)| (*table, OpenTail::new(*table)));
            push_all(tails.collect(), rows, through)?
        };
        self.take_tails(&mut state, pushed);
        state.derived.applied = state.derived.applied.max(through);
        self.publish(&state);
        Ok(())
    }

    fn take_tails(&self, state: &mut State, tails: BTreeMap<Table, OpenTail>) {
        let was_empty = !state.derived_open();
        for (table, tail) in tails {
            if let Some(of) = state.tables.get_mut(&table) {
                of.open = tail;
                of.publish_tail();
            }
        }
        if self.derived_full(state) && state.derived_sealed() < self.options.sealed_tails_max {
            self.seal_and_wake(state);
        } else if was_empty && state.derived_open() {
            self.wake(LEADER);
        }
    }

    fn derived_full(&self, state: &State) -> bool {
        state.derived_bytes() >= self.options.seal_bytes
    }

    fn seal_and_wake(&self, state: &mut State) {
        state.seal_derived();
        for table in Table::DERIVED {
            self.wake(*table);
        }
    }

    /// Waits until full open tails could be sealed.
    fn make_derived_room<'a>(
        &self,
        mut state: MutexGuard<'a, State>,
    ) -> Result<MutexGuard<'a, State>, StoreError> {
        while self.derived_full(&state) {
            if state.derived_sealed() < self.options.sealed_tails_max {
                self.seal_and_wake(&mut state);
                break;
            }
            state = self.room.wait(state).unwrap_or_else(std::sync::PoisonError::into_inner);
            self.check_open(&state)?;
        }
        Ok(state)
    }

    /// As [`Core::next_work`], for a derived table.
    pub(super) fn next_derived_work(&self, table: Table) -> Work {
        let mut state = self.lock();
        let (closing, failed) = (state.closing, self.failure().is_some());
        let due = state.derived_since().map(|since| since + self.options.seal_after);
        let idle = state.derived_sealed() == 0;
        let wanted = state.derived.flush || closing || due.is_some_and(|due| due <= Instant::now());
        if table == LEADER && idle && wanted {
            state.derived.flush = false;
            self.seal_and_wake(&mut state);
        }
        let front = state.tables.get(&table).and_then(|of| of.sealed.front()).cloned();
        if let Some(tail) = &front
            && (table != LEADER || !state.others_wait(tail.seal))
        {
            return Work::Commit(tail.clone());
        }
        let request =
            state.tables.get_mut(&table).and_then(|of| of.next_request(closing || failed));
        if let Some(request) = request {
            return Work::Serve(request);
        }
        match front {
            // The commit of another table never comes.
            _ if failed => Work::End,
            Some(_) => Work::WaitUntil(None),
            None if closing && !state.derived_open() => Work::End,
            // A seal that has to wait for the last one is made when that is committed.
            None => {
                Work::WaitUntil(due.filter(|_| table == LEADER && idle && state.derived_open()))
            }
        }
    }

    /// A derived table has committed: the leader may go on, and who waits for a flush is told.
    pub(super) fn derived_committed(&self, state: &State) {
        let seal = state.derived_committed();
        self.derived_seals.send_if_modified(|known| std::mem::replace(known, seal) != seal);
        self.wake(LEADER);
    }

    pub(crate) fn subscribe_derived_seals(&self) -> watch::Receiver<u64> {
        self.derived_seals.subscribe()
    }
}

fn push_all(
    mut tails: BTreeMap<Table, OpenTail>,
    rows: &[(Table, RecordBatch)],
    through: Sequence,
) -> Result<BTreeMap<Table, OpenTail>, StoreError> {
    for (table, batch) in rows.iter().filter(|(_, batch)| batch.num_rows() > 0) {
        if let Some(tail) = tails.get_mut(table) {
            let pushed = tail.push(batch.clone(), through, through);
            pushed
                .map_err(|source: ArrowError| StoreError::Arrow { table: table.name(), source })?;
        }
    }
    Ok(tails)
}
