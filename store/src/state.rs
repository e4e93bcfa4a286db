//! What the store holds in memory: the tails, the position, the snapshot made of them.
//!
//! One lock holds all of it. Every change ends by publishing one new snapshot and the frame
//! that the log may recycle, so no reader ever sees half of a change. `derived.rs` has what is
//! different about the tables that the stitcher fills.

mod derived;
mod files;
mod requests;

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use object_store::ObjectStore;
use seam_schema::ids::{LogId, ReceivedAt, Sequence};
use seam_schema::table::Table;
use tokio::sync::{Notify, watch};
use tokio::time::Instant;

use crate::claims::Claims;
use crate::clock::Clock;
use crate::durable::DurableStore;
use crate::error::StoreError;
use crate::follow::{Cursor, Places};
use crate::group::Group;
use crate::options::StoreOptions;
use crate::pace::Stop;
use crate::pins::Pins;
use crate::snapshot::{DataFile, Progress, Snapshot, TableSnapshot};
use crate::tail::{OpenTail, SealedTail};
use crate::upkeep::Counting;
use derived::Derived;
pub(crate) use files::FilesChange;
pub(crate) use requests::{Exchange, Exchanged, Request};

/// What the store's handle and its commit tasks share.
pub(crate) struct Core {
    pub(crate) log_id: LogId,
    pub(crate) options: StoreOptions,
    /// Others may fill the same tables.
    pub(crate) shared: bool,
    /// Where stage 2 goes on: see [`crate::Store::derived_cursor`].
    pub(crate) derived_start: Cursor,
    pub(crate) clock: Clock,
    /// Files that are on their way into a commit.
    pub(crate) claims: Arc<Claims>,
    /// Files on their way out, by table.
    pub(crate) pins: BTreeMap<Table, Pins>,
    /// Where the followers stand.
    pub(crate) places: Places,
    /// Ends the upkeep.
    pub(crate) stop: Arc<Stop>,
    pub(crate) counts: Counting,
    reader: Arc<dyn ObjectStore>,
    state: Mutex<State>,
    /// Told when a sealed tail has left, and when there is no use in waiting for that.
    room: Condvar,
    /// Told when a table may have something to commit.
    wakes: BTreeMap<Table, Notify>,
    snapshot: watch::Sender<Arc<Snapshot>>,
    released: watch::Sender<Sequence>,
    failure: watch::Sender<Option<String>>,
    /// The seal of the derived tables up to which all of them are committed.
    derived_seals: watch::Sender<u64>,
}

struct State {
    applied: Sequence,
    applied_at: ReceivedAt,
    derived: Derived,
    closing: bool,
    tables: BTreeMap<Table, TableState>,
}

/// One table: what is committed, and what is not.
struct TableState {
    committed: Sequence,
    open: OpenTail,
    sealed: VecDeque<SealedTail>,
    flush: bool,
    requests: VecDeque<Request>,
    published: Arc<TableSnapshot>,
}

/// A table as it was found at the start.
pub(crate) struct Opened {
    pub(crate) committed: Sequence,
    pub(crate) version: u64,
    pub(crate) files: Vec<Arc<DataFile>>,
}

/// What a table's commit task does next.
pub(crate) enum Work {
    /// Commits this tail, which stays visible until [`Core::committed`].
    Commit(SealedTail),
    /// Does this, once.
    Serve(Request),
    /// Looks again at this time, or when woken.
    WaitUntil(Option<Instant>),
    /// Ends: the store closes and everything is committed.
    End,
}

impl TableState {
    fn new(table: Table, opened: Opened) -> Self {
        let Opened { committed, version, files } = opened;
        let files = Arc::new(files);
        let published = TableSnapshot { version, committed, files, tail: Vec::new() };
        Self {
            committed,
            open: OpenTail::new(table),
            sealed: VecDeque::new(),
            flush: false,
            requests: VecDeque::new(),
            published: Arc::new(published),
        }
    }

    /// The frame up to which everything is in the table or its tails.
    fn reached(&self) -> Sequence {
        let sealed = self.sealed.back().map(|tail| tail.through);
        self.open.through().or(sealed).unwrap_or(self.committed)
    }

    /// The first frame with rows that are not committed.
    fn first_pending(&self) -> Option<Sequence> {
        self.sealed.front().map(|tail| tail.first).or(self.open.first())
    }

    fn seal(&mut self) {
        self.sealed.extend(self.open.seal(0));
    }

    fn publish(&mut self, version: u64, files: Arc<Vec<Arc<DataFile>>>) {
        let sealed = self.sealed.iter().flat_map(|tail| tail.batches.iter().cloned());
        let tail = sealed.chain(self.open.batches()).collect();
        let committed = self.committed;
        self.published = Arc::new(TableSnapshot { version, committed, files, tail });
    }

    fn publish_tail(&mut self) {
        let files = Arc::clone(&self.published.files);
        self.publish(self.published.version, files);
    }
}

impl State {
    /// The frames up to `through` are applied. A replay of what every table has says when the
    /// last frame was received.
    fn advance(&mut self, through: Sequence, received_at: ReceivedAt) {
        if through >= self.applied {
            (self.applied, self.applied_at) = (through, received_at);
        }
    }

    fn snapshot(&self, reader: &Arc<dyn ObjectStore>) -> Arc<Snapshot> {
        let tables = self.tables.iter();
        let tables = tables.map(|(table, state)| (*table, Arc::clone(&state.published)));
        let at = Progress {
            applied: self.applied,
            applied_at: self.applied_at,
            derived_applied: self.derived.applied,
        };
        Arc::new(Snapshot::new(at, tables.collect(), Arc::clone(reader)))
    }

    /// The frame up to which the log may recycle. Derived tables hold nothing back: they can be
    /// derived again.
    fn released(&self) -> Sequence {
        let pending = self.tables.iter().filter(|(table, _)| !table.is_derived());
        let pending = pending.filter_map(|(_, of)| of.first_pending()).min();
        pending.map_or(self.applied, |first| Sequence(first.0 - 1))
    }
}

impl Core {
    pub(crate) fn new(
        log_id: LogId,
        options: StoreOptions,
        store: &DurableStore,
        opened: BTreeMap<Table, Opened>,
        derived_start: Cursor,
    ) -> Self {
        let reader: Arc<dyn ObjectStore> = Arc::new(store.clone());
        // What every table has committed need not be applied again.
        let of_log = opened.iter().filter(|(table, _)| !table.is_derived());
        let applied = of_log.map(|(_, opened)| opened.committed).min().unwrap_or_default();
        let derived = opened.get(&derived::LEADER).map(|opened| opened.committed);
        let derived = Derived::new(derived.unwrap_or_default());
        let pins = opened.keys().map(|table| (*table, Pins::default())).collect();
        let wakes = opened.keys().map(|table| (*table, Notify::new())).collect();
        let tables =
            opened.into_iter().map(|(table, opened)| (table, TableState::new(table, opened)));
        let (applied_at, tables) = (ReceivedAt(0), tables.collect());
        let state = State { applied, applied_at, derived, closing: false, tables };
        Self {
            log_id,
            options,
            shared: store.is_remote(),
            derived_start,
            clock: Clock::default(),
            claims: Arc::default(),
            pins,
            places: Places::default(),
            stop: Arc::default(),
            counts: Counting::default(),
            room: Condvar::new(),
            wakes,
            snapshot: watch::Sender::new(state.snapshot(&reader)),
            released: watch::Sender::new(state.released()),
            failure: watch::Sender::new(None),
            derived_seals: watch::Sender::new(0),
            reader,
            state: Mutex::new(state),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Publishes what the state has become. Called with the lock held, so snapshots appear in
    /// the order in which they were made; who has seen one finds its frames released.
    fn publish(&self, state: &State) {
        self.released.send_if_modified(|released| {
            let now = state.released().max(*released);
            std::mem::replace(released, now) != now
        });
        self.snapshot.send_replace(state.snapshot(&self.reader));
    }

    pub(crate) fn wake(&self, table: Table) {
        if let Some(wake) = self.wakes.get(&table) {
            wake.notify_one();
        }
    }

    /// Waits until [`Self::next_work`] may have another answer.
    pub(crate) async fn woken(&self, table: Table) {
        match self.wakes.get(&table) {
            Some(wake) => wake.notified().await,
            None => std::future::pending().await,
        }
    }

    /// See [`crate::Store::append`].
    pub(crate) fn append(&self, group: Group) -> Result<(), StoreError> {
        let mut state = self.lock();
        self.check_open(&state)?;
        for (table, batch) in &group.rows {
            check_rows(&state, *table, batch, &group)?;
        }
        for (table, _) in &group.rows {
            state = self.make_room(state, *table)?;
        }
        let (first, through, received_at) = (group.first, group.through, group.received_at);
        let mut full = Vec::new();
        for (table, batch) in group.rows {
            let Some(of) = state.tables.get_mut(&table).filter(|_| batch.num_rows() > 0) else {
                continue;
            };
            let was_empty = of.open.first().is_none();
            let pushed = of.open.push(batch, first, through);
            pushed.map_err(|source| StoreError::Arrow { table: table.name(), source })?;
            if self.is_full(of) && of.sealed.len() < self.options.sealed_tails_max {
                of.seal();
                full.push(table);
            } else if was_empty {
                self.wake(table);
            }
            of.publish_tail();
        }
        for table in full {
            self.wake_with_old(table, &mut state);
        }
        state.advance(through, received_at);
        self.publish(&state);
        Ok(())
    }

    /// A full tail was sealed: asks for its commit, and for that of the tails that hold little and
    /// would hold the log back for long.
    fn wake_with_old(&self, table: Table, state: &mut State) {
        self.wake(table);
        let Some(since) = Instant::now().checked_sub(self.options.seal_along_after) else { return };
        for (table, of) in state.tables.iter_mut().filter(|(table, _)| !table.is_derived()) {
            if of.open.since().is_some_and(|opened| opened <= since) {
                of.flush = true;
                self.wake(*table);
            }
        }
    }

    /// See [`crate::Store::mark_applied`].
    pub(crate) fn mark_applied(&self, through: Sequence, received_at: ReceivedAt) {
        let mut state = self.lock();
        state.advance(through, received_at);
        self.publish(&state);
    }

    fn is_full(&self, table: &TableState) -> bool {
        table.open.bytes() >= self.options.seal_bytes
    }

    /// Waits until a full open tail could be sealed.
    fn make_room<'a>(
        &self,
        mut state: MutexGuard<'a, State>,
        table: Table,
    ) -> Result<MutexGuard<'a, State>, StoreError> {
        while let Some(of) = state.tables.get_mut(&table).filter(|of| self.is_full(of)) {
            if of.sealed.len() < self.options.sealed_tails_max {
                of.seal();
                self.wake_with_old(table, &mut state);
                break;
            }
            state = self.room.wait(state).unwrap_or_else(PoisonError::into_inner);
            self.check_open(&state)?;
        }
        Ok(state)
    }

    fn check_open(&self, state: &State) -> Result<(), StoreError> {
        if let Some(reason) = self.failure() {
            return Err(StoreError::Failed { reason });
        }
        if state.closing { Err(StoreError::Closing) } else { Ok(()) }
    }

    /// What a table's commit task does next. A tail is sealed here when its time has come, when
    /// a flush asks for it, and when the store closes.
    pub(crate) fn next_work(&self, table: Table) -> Work {
        if table.is_derived() {
            return self.next_derived_work(table);
        }
        let mut state = self.lock();
        let closing = state.closing;
        let Some(of) = state.tables.get_mut(&table) else { return Work::End };
        let due = of.open.since().map(|since| since + self.options.seal_after);
        if of.sealed.is_empty()
            && (of.flush || closing || due.is_some_and(|due| due <= Instant::now()))
        {
            of.seal();
            of.flush = false;
        }
        match of.sealed.front().cloned().map(Work::Commit) {
            Some(commit) => commit,
            None => match of.next_request(closing) {
                Some(request) => Work::Serve(request),
                None if closing => Work::End,
                None => Work::WaitUntil(due),
            },
        }
    }

    /// A table's oldest sealed tail is in its files now: tail and files change in one swap.
    pub(crate) fn committed(&self, table: Table, version: u64, change: FilesChange) {
        let mut state = self.lock();
        let Some(of) = state.tables.get_mut(&table) else { return };
        let Some(tail) = of.sealed.pop_front() else { return };
        of.committed = tail.through;
        let files = self.changed_files(table, &of.published.files, change);
        of.publish(version, files);
        self.publish(&state);
        if table.is_derived() {
            self.derived_committed(&state);
        }
        self.room.notify_all();
    }

    /// The store cannot go on: everybody who waits is told.
    pub(crate) fn fail(&self, reason: String) {
        let state = self.lock();
        tracing::error!(reason, "the store has failed");
        self.failure.send_if_modified(|failure| {
            let first = failure.is_none();
            failure.get_or_insert(reason);
            first
        });
        drop(state);
        self.stop.stop();
        self.room.notify_all();
        // Who waits for the commit of another table would wait for ever.
        self.wakes.values().for_each(Notify::notify_one);
    }

    pub(crate) fn failure(&self) -> Option<String> {
        self.failure.borrow().clone()
    }

    pub(crate) fn subscribe_failure(&self) -> watch::Receiver<Option<String>> {
        self.failure.subscribe()
    }

    pub(crate) fn subscribe_snapshot(&self) -> watch::Receiver<Arc<Snapshot>> {
        self.snapshot.subscribe()
    }

    pub(crate) fn subscribe_released(&self) -> watch::Receiver<Sequence> {
        self.released.subscribe()
    }

    pub(crate) fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.snapshot.borrow())
    }

    /// The frame up to which a table holds everything durably.
    pub(crate) fn committed_through(&self, table: Table) -> Sequence {
        self.lock().tables.get(&table).map_or(Sequence(0), |of| of.committed)
    }

    /// Asks every table with uncommitted rows to commit them now; gives the frame each then
    /// reaches, and the seal of the derived tables that has to be committed.
    pub(crate) fn start_flush(&self) -> (Vec<(Table, Sequence)>, u64) {
        let mut state = self.lock();
        let seal = state.flush_derived();
        let pending = state.tables.iter_mut().filter(|(table, _)| !table.is_derived());
        let pending = pending.filter(|(_, of)| of.first_pending().is_some());
        let targets = pending.map(|(table, of)| {
            of.flush = of.open.first().is_some();
            (*table, of.reached())
        });
        let targets: Vec<_> = targets.collect();
        drop(state);
        for (table, _) in &targets {
            self.wake(*table);
        }
        self.wake(derived::LEADER);
        (targets, seal)
    }

    /// Takes no more rows; the commit tasks end once everything is committed.
    pub(crate) fn start_close(&self) {
        self.lock().closing = true;
        self.stop.stop();
        self.room.notify_all();
        self.wakes.values().for_each(Notify::notify_one);
    }
}

fn check_rows(
    state: &State,
    table: Table,
    batch: &arrow::record_batch::RecordBatch,
    group: &Group,
) -> Result<(), StoreError> {
    let fits = !table.is_derived() && batch.schema() == table.schema();
    let of = state.tables.get(&table).filter(|_| fits);
    let of = of.ok_or(StoreError::Schema { table: table.name() })?;
    // A table's first rows after a start may come from a group that begins with frames that
    // the table has committed already.
    let reached = of.reached();
    let begins = if of.first_pending().is_some() { group.first } else { group.through };
    if begins > reached {
        return Ok(());
    }
    Err(StoreError::OutOfOrder {
        table: table.name(),
        first: group.first,
        through: group.through,
        reached,
    })
}
