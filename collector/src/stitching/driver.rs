//! The thread's hands: rows of `events` into the stitcher, its rows into the store.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use arrow_array::RecordBatch;
use seam_schema::ids::{LogId, Offset, ReceivedAt, Sequence};
use seam_schema::stitch::{DerivedRows, HistoryKey, Moment};
use seam_schema::table::Table;
use seam_store::{Cursor, Follower, ReadError, Step, Store, StoreError};
use tokio::runtime::Handle;
use tokio::sync::mpsc;

use super::facts::{LeftOut, before_last_frame, first_of, last_of};
use super::fault::{Fault, guarded};
use super::known::{History, Known, unsettled};
use super::pace::Pace;
use super::restitch::Order;
use super::stitch::Stitch;
use super::{Shared, StitchingError, StitchingOptions};
use crate::metrics::Metrics;
use crate::room::Room;

/// How often what was given back is derived at once.
const ROUNDS_MAX: usize = 8;

/// The state of stage 2.
pub(super) struct Driver<S: Stitch> {
    pub(super) store: Store,
    pub(super) runtime: Handle,
    pub(super) metrics: Arc<Metrics>,
    pub(super) options: StitchingOptions,
    pub(super) make: Box<dyn Fn() -> S + Send>,
    pub(super) stitcher: S,
    follower: Follower,
    shared: Arc<Shared>,
    log_id: LogId,
    /// Rows of this log come now; before, what other logs have left.
    own: bool,
    /// Behind the last event that was applied.
    pub(super) cursor: Cursor,
    /// Behind the last event whose rows were handed over.
    pub(super) told: Cursor,
    /// The events between the two.
    pub(super) pending: Vec<RecordBatch>,
    /// The last frame of which events were applied.
    pub(super) at: Option<Moment>,
    /// The last frame of this log that was applied as a whole.
    pub(super) through: Sequence,
    /// Conversations that cannot be derived.
    pub(super) left_out: LeftOut,
    /// Conversations that are not given back for time to settle them, because that fails.
    pub(super) unrestored: BTreeSet<HistoryKey>,
    pace: Pace,
    room: Room<DerivedRows>,
}

/// What became of a step.
pub(super) enum Did {
    /// Some events were applied.
    Rows,
    /// Everything there was is applied, and handed over unless more is there already.
    CaughtUp,
    /// Nothing came.
    Nothing,
    /// Somebody wants something.
    Order(Order),
}

/// What may come next.
enum Next {
    Step(Result<Step, ReadError>),
    Order(Order),
    Nothing,
}

impl<S: Stitch> Driver<S> {
    pub(super) fn new(
        store: Store,
        runtime: Handle,
        metrics: Arc<Metrics>,
        options: StitchingOptions,
        shared: Arc<Shared>,
        make: impl Fn() -> S + Send + 'static,
    ) -> Result<Self, StitchingError> {
        let (log_id, cursor) = (store.log_id(), store.derived_cursor());
        // What other logs have left comes first: nothing of this one.
        let mut others = cursor.clone();
        others.advance(Offset { log_id, sequence: Sequence(i64::MAX), index: i64::MAX });
        let follower = store.follow(Table::Events, others)?;
        Ok(Self {
            stitcher: make(),
            make: Box::new(make),
            follower,
            shared,
            log_id,
            own: false,
            told: cursor.clone(),
            cursor,
            pending: Vec::new(),
            at: None,
            through: store.derived_committed(),
            left_out: LeftOut::default(),
            unrestored: BTreeSet::new(),
            pace: Pace::new(options.publish_every),
            room: Room::default(),
            store,
            runtime,
            metrics,
            options,
        })
    }

    /// Whether stage 1 has replayed everything from which rows were derived durably; waits for
    /// that at most so long.
    pub(super) fn is_replayed(&self, patience: Duration) -> bool {
        self.runtime.block_on(self.store.wait_applied(self.through, patience)) >= self.through
    }

    /// Whether everything that stage 1 has applied is derived.
    pub(super) fn is_done(&self) -> bool {
        let snapshot = self.store.snapshot();
        self.pending.is_empty() && snapshot.derived_applied >= snapshot.applied
    }

    pub(super) fn is_unsettled(&self) -> bool {
        self.stitcher.is_unsettled()
    }

    pub(super) fn memory_bytes(&self) -> u64 {
        self.stitcher.memory_bytes() as u64
    }

    /// Takes the next rows, or waits for some.
    pub(super) fn step(
        &mut self,
        orders: &mut mpsc::Receiver<Order>,
        patience: Duration,
    ) -> Result<Did, StitchingError> {
        let follower = &mut self.follower;
        let next = self.runtime.block_on(async {
            tokio::select! {
                biased;
                Some(order) = orders.recv() => Next::Order(order),
                step = follower.step() => Next::Step(step),
                () = tokio::time::sleep(patience) => Next::Nothing,
            }
        });
        match next {
            Next::Order(order) => Ok(Did::Order(order)),
            Next::Nothing => Ok(Did::Nothing),
            Next::Step(step) => self.take_step(step),
        }
    }

    /// Applies what is there already, and hands it over.
    pub(super) fn catch_up(&mut self) -> Result<(), StitchingError> {
        let through = self.store.snapshot().applied;
        while (!self.own || self.through < through || !self.is_between_frames())
            && self.follower.has_more()
        {
            let step = self.runtime.block_on(self.follower.step());
            self.take_step(step)?;
        }
        self.tell()
    }

    fn take_step(&mut self, step: Result<Step, ReadError>) -> Result<Did, StitchingError> {
        match step {
            Ok(Step::Rows(rows)) => {
                // The table's position names whole frames: rows are handed over between two.
                let due = self.is_due(rows.batch.num_rows());
                let parts = if due { before_last_frame(&rows.batch) } else { vec![rows.batch] };
                for part in &parts {
                    self.take_rows(part)?;
                }
                Ok(Did::Rows)
            }
            Ok(Step::CaughtUp { applied, applied_at }) => {
                self.take_end(applied, applied_at)?;
                Ok(Did::CaughtUp)
            }
            Err(ReadError::Store(error)) => Err(error.into()),
            Err(error) => {
                tracing::warn!(%error, "events cannot be read; they are read again");
                self.pause()?;
                Ok(Did::Nothing)
            }
        }
    }

    /// Whether all that was applied of this log are whole frames.
    fn is_between_frames(&self) -> bool {
        self.at.is_none_or(|at| at.log_id != self.log_id || at.sequence <= self.through)
    }

    /// Applies a batch. What was applied before is handed over first, if it is time and the batch
    /// begins another frame.
    fn take_rows(&mut self, batch: &RecordBatch) -> Result<(), StitchingError> {
        if let Some(first) = first_of(batch).filter(|first| first.log_id == self.log_id) {
            self.through = self.through.max(Sequence(first.sequence.0 - 1));
        }
        if self.is_between_frames() {
            self.tell_if_due(false)?;
        }
        let Some((last, received_at)) = last_of(batch) else { return Ok(()) };
        let (log_id, sequence) = (last.log_id, last.sequence);
        self.at = Some(Moment { log_id, sequence, received_at });
        if log_id == self.log_id {
            // More of the same frame may come in the next batch.
            self.through = self.through.max(Sequence(sequence.0 - 1));
        }
        self.pending.push(batch.clone());
        let applied = self.apply(batch);
        self.cursor.advance(last);
        if let Err(fault) = applied { self.recover(fault) } else { Ok(()) }
    }

    /// Gives the events of a batch to the stitcher. After a fault it is not used any more.
    pub(super) fn apply(&mut self, batch: &RecordBatch) -> Result<(), Fault> {
        let (parts, left_out) = self.left_out.rest_of(batch);
        self.metrics.stitch.left_out.add(left_out);
        let history = History {
            store: &self.store,
            runtime: &self.runtime,
            cursor: &self.cursor,
            metrics: &self.metrics.stitch,
        };
        let stitcher = &mut self.stitcher;
        guarded(|| {
            let facts: Vec<S::Fact> = parts.iter().flat_map(|part| stitcher.read(part)).collect();
            history.give_back(stitcher, &facts, |_| {})?;
            for fact in facts {
                stitcher.apply(fact);
            }
            Ok(())
        })?;
        self.metrics.stitch.events.add(batch.num_rows() as u64 - left_out);
        Ok(())
    }

    /// Everything that a snapshot holds was applied.
    fn take_end(&mut self, applied: Sequence, at: ReceivedAt) -> Result<(), StitchingError> {
        if !self.own {
            self.tell()?;
            return self.turn_to_own();
        }
        if applied > self.through || self.at.is_none() {
            self.through = self.through.max(applied);
            if at.0 > 0 {
                let (log_id, sequence) = (self.log_id, applied);
                self.at = Some(Moment { log_id, sequence, received_at: at });
            }
        }
        self.tell_if_due(!self.follower.has_more())
    }

    /// What other logs had left is derived: now comes this log.
    fn turn_to_own(&mut self) -> Result<(), StitchingError> {
        self.follower = self.store.follow(Table::Events, self.cursor.clone())?;
        self.own = true;
        Ok(())
    }

    fn tell_if_due(&mut self, now: bool) -> Result<(), StitchingError> {
        let is_new = self.own && self.through > self.store.snapshot().derived_applied;
        if !is_new && self.pending.is_empty() {
            return Ok(());
        }
        if now || self.is_due(0) { self.tell() } else { Ok(()) }
    }

    /// Whether it is time to hand over what is pending, so many rows more included.
    fn is_due(&self, more: usize) -> bool {
        let pending: usize = self.pending.iter().map(RecordBatch::num_rows).sum();
        self.pace.is_due(pending + more, self.late())
    }

    /// How long after the last event that was applied the newest one there is was received.
    fn late(&self) -> Duration {
        let newest_us = self.store.snapshot().applied_at.0;
        let late_us = self.at.map_or(0, |at| newest_us.saturating_sub(at.received_at.0));
        Duration::from_micros(u64::try_from(late_us).unwrap_or(0))
    }

    /// Hands over what has changed.
    pub(super) fn tell(&mut self) -> Result<(), StitchingError> {
        match self.try_tell() {
            Ok(()) => Ok(()),
            Err(fault) => self.recover(fault),
        }
    }

    /// The same; after a fault the stitcher is not used any more.
    pub(super) fn try_tell(&mut self) -> Result<(), Fault> {
        let history = History {
            store: &self.store,
            runtime: &self.runtime,
            cursor: &self.cursor,
            metrics: &self.metrics.stitch,
        };
        let began = Instant::now();
        let (stitcher, at) = (&mut self.stitcher, self.at);
        let pending: usize = self.pending.iter().map(RecordBatch::num_rows).sum();
        // What is in them after a fault is thrown away.
        let mut rows = self.room.take(pending);
        let (batches, rows) = guarded(|| {
            if let Some(at) = at {
                // What was asked for and not yet given back.
                history.give_back(stitcher, &[], |_| {})?;
                stitcher.changed(at, &mut rows);
                // What was forgotten before it settled may have to settle now; what is forgotten
                // again meanwhile settles with the next frame.
                for _ in 0..ROUNDS_MAX {
                    if !history.give_back(stitcher, &[], |_| {})? {
                        break;
                    }
                    stitcher.changed(at, &mut rows);
                }
            }
            Ok((rows.finish()?, rows))
        })?;
        self.room.give_back(rows, pending);
        self.append(&batches)?;
        for (table, batch) in &batches {
            self.metrics.stitch.count_rows(*table, batch.num_rows() as u64);
        }
        self.told = self.cursor.clone();
        self.pending.clear();
        self.pace.told(began);
        Ok(())
    }

    pub(super) fn append(&self, rows: &[(Table, RecordBatch)]) -> Result<(), Fault> {
        let through = if self.own { self.through } else { Sequence(0) };
        self.store.append_derived(through, rows).map_err(|error| match error {
            StoreError::Arrow { source, .. } => Fault::Rows(source),
            other => Fault::Store(other),
        })
    }

    /// A new stitcher that knows what the tables know, and has to be given what came since.
    pub(super) fn renew(&mut self, with_unsettled: bool) -> Result<(), Fault> {
        let known = self.known()?;
        self.cursor = self.told.clone();
        self.stitcher = (self.make)();
        let history = History {
            store: &self.store,
            runtime: &self.runtime,
            cursor: &self.cursor,
            metrics: &self.metrics.stitch,
        };
        let own = self.settles_only();
        let stitcher = &mut self.stitcher;
        guarded(|| {
            known.note_to(stitcher);
            if with_unsettled {
                let keys = unsettled(&known, &self.unrestored, own);
                history.give_back_all(&keys, stitcher)?;
            }
            Ok(())
        })
    }

    /// The log whose conversations time settles here, if not those of all: what other collectors
    /// have not settled is theirs, and more of it may be on its way.
    pub(super) fn settles_only(&self) -> Option<LogId> {
        self.store.is_shared().then_some(self.log_id)
    }

    /// What the tables know. Without it rows would be derived from the half of a conversation, so
    /// it is read until that succeeds.
    pub(super) fn known(&self) -> Result<Known, Fault> {
        loop {
            match self.runtime.block_on(Known::read(&self.store.snapshot(), &self.told)) {
                Ok(known) => return Ok(known),
                Err(error @ ReadError::Store(_)) => return Err(error.into()),
                Err(error) => {
                    tracing::warn!(%error, "`sessions` cannot be read; it is read again");
                    self.pause().map_err(Fault::Store)?;
                }
            }
        }
    }

    /// Waits before something is read again; an error if the thread has to end.
    pub(super) fn pause(&self) -> Result<(), StoreError> {
        std::thread::sleep(self.options.read_again_after);
        let ends = self.shared.stop.load(Ordering::Acquire)
            || self.shared.stop_at_once.load(Ordering::Acquire);
        if ends { Err(StoreError::Closing) } else { Ok(()) }
    }
}
