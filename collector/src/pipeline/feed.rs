//! Groups of frames, from the log into the store.

use std::sync::Arc;
use std::time::Duration;

use seam_schema::ids::{LogId, ReceivedAt, Sequence};
use seam_schema::normalise::Rows;
use seam_schema::table::Table;
use seam_store::quarantine::{Kept, Quarantine};
use seam_store::{Group, Store, StoreError};
use seam_wal::{Log, ReadError, Reader, SegmentLog};

use super::mapping::{Batches, Mapped, ReadFrame, map, map_undecoded};
use super::{PipelineError, PipelineOptions};
use crate::metrics::Metrics;
use crate::room::Room;

/// How long the thread waits for frames before it looks at its orders again.
const TICK: Duration = Duration::from_millis(200);

/// The thread's hands.
pub(super) struct Feed {
    log: SegmentLog,
    reader: Reader,
    /// A frame that was read and did not fit into the last group.
    left_over: Option<ReadFrame>,
    store: Store,
    quarantine: Arc<Quarantine>,
    metrics: Arc<Metrics>,
    options: PipelineOptions,
    log_id: LogId,
    /// What each table had committed when the pipeline started.
    committed: Vec<(Table, Sequence)>,
    /// The last frame that was read.
    reached: seam_wal::Sequence,
    room: Room<Rows>,
}

impl Feed {
    /// Stands before the first frame that any table lacks. What the log does not hold any more
    /// was committed by every table it had rows for.
    pub(super) fn new(
        log: SegmentLog,
        store: Store,
        quarantine: Arc<Quarantine>,
        metrics: Arc<Metrics>,
        options: PipelineOptions,
    ) -> Self {
        let tables = Table::ALL.iter().filter(|table| !table.is_derived());
        let committed: Vec<_> = tables.map(|table| (*table, store.committed(*table))).collect();
        let least = committed.iter().map(|(_, sequence)| sequence.0).min().unwrap_or(0);
        let least = seam_wal::Sequence::new(u64::try_from(least).unwrap_or(0));
        let from = least.next().max(log.start());
        // What is not read again is applied, whatever table it had rows for.
        let before = Sequence(i64::try_from(from.previous().get()).unwrap_or(0));
        store.mark_applied(before, ReceivedAt(0));
        Self {
            reader: log.read(from),
            left_over: None,
            store,
            quarantine,
            metrics,
            options,
            log_id: LogId::from_bytes(*log.log_id().as_bytes()),
            committed,
            reached: from.previous(),
            room: Room::default(),
            log,
        }
    }

    /// Waits a moment for a frame.
    pub(super) fn wait(&self) {
        self.log.wait_beyond(self.reached, TICK);
    }

    /// Applies the next group; `false` if there is no frame.
    pub(super) fn apply_group(&mut self) -> Result<bool, PipelineError> {
        let frames = self.read_group()?;
        let Some(last) = frames.last() else { return Ok(false) };
        self.reached = seam_wal::Sequence::new(u64::try_from(last.sequence().0).unwrap_or(0));
        self.apply(&frames)?;
        self.metrics.frames_applied.add(frames.len() as u64);
        Ok(true)
    }

    /// Frames that lie there, up to the caps. All of them are wanted by the same tables.
    fn read_group(&mut self) -> Result<Vec<ReadFrame>, ReadError> {
        let mut group: Vec<ReadFrame> = Vec::new();
        let mut payload_bytes = 0;
        while group.len() < self.options.group_frames
            && payload_bytes < self.options.group_payload_bytes
        {
            let next = match self.left_over.take() {
                Some(frame) => Some(frame),
                None => self.reader.next()?.map(ReadFrame::new),
            };
            let Some(frame) = next else { break };
            let len = frame.payload().len();
            if let Some(last) = group.last()
                && (payload_bytes + len > self.options.group_payload_bytes
                    || self.is_cut(last, &frame))
            {
                self.left_over = Some(frame);
                break;
            }
            payload_bytes += len;
            group.push(frame);
        }
        Ok(group)
    }

    /// Whether a table had committed the one frame and not the other.
    fn is_cut(&self, last: &ReadFrame, next: &ReadFrame) -> bool {
        let between = last.sequence()..next.sequence();
        self.committed.iter().any(|(_, committed)| between.contains(committed))
    }

    /// Maps frames and appends their rows. A frame that fails stands alone; those before and
    /// after it are mapped as if it were not there.
    fn apply(&mut self, frames: &[ReadFrame]) -> Result<(), StoreError> {
        let mut rest = frames;
        while !rest.is_empty() {
            let (options, room) = (&self.options, &mut self.room);
            let mapped = map(self.log_id, rest, options.group_rows, &options.normalise, room);
            let failure = match mapped {
                Ok(Mapped { batches, frames, skews }) => {
                    let (mapped, after) = rest.split_at(frames);
                    self.append(mapped, batches)?;
                    self.metrics.note_skews(&skews);
                    rest = after;
                    continue;
                }
                Err(failure) => failure,
            };
            // Together they fail where none of them does alone: halves are smaller.
            let at = failure.at.unwrap_or(rest.len() / 2);
            let (before, after) = rest.split_at(at);
            self.apply(before)?;
            rest = after;
            let alone = failure.at.is_some() || at == 0;
            if alone && let Some((frame, after)) = rest.split_first() {
                self.apply_undecoded(frame, &failure.reason)?;
                rest = after;
            }
        }
        Ok(())
    }

    fn apply_undecoded(&self, frame: &ReadFrame, reason: &str) -> Result<(), StoreError> {
        self.metrics.frames_undecoded.add(1);
        tracing::error!(
            sequence = frame.sequence().0,
            reason,
            "a frame cannot be mapped; its bytes are in quarantine"
        );
        match self.quarantine.put(frame.received_at(), frame.digest(), reason, frame.payload()) {
            Ok(Kept::Stored(_)) => {}
            Ok(Kept::Dropped { .. }) => self.metrics.quarantine_full.add(1),
            Err(error) => {
                tracing::error!(%error, "a frame that cannot be mapped could not be kept");
            }
        }
        let batches = map_undecoded(self.log_id, frame, reason);
        self.append(std::slice::from_ref(frame), batches)
    }

    /// Hands rows over, those left out that their table has already.
    fn append(&self, frames: &[ReadFrame], mut batches: Batches) -> Result<(), StoreError> {
        let (Some(first), Some(last)) = (frames.first(), frames.last()) else { return Ok(()) };
        let (through, received_at) = (last.sequence(), last.received_at());
        batches.retain(|(table, _)| {
            let mut committed = self.committed.iter().filter(|(other, _)| other == table);
            committed.all(|(_, committed)| *committed < through)
        });
        if batches.is_empty() {
            self.store.mark_applied(through, received_at);
            return Ok(());
        }
        let first = first.sequence();
        self.store.append(Group { first, through, received_at, rows: batches })
    }
}
