//! The log in segment files: [`SegmentLog`].

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use seam_disk::{Disk, DiskLock, create_dir_durable};

use crate::Log;
use crate::append::{Append, AppendError};
use crate::committer::Caps;
use crate::failure::Failure;
use crate::frame::Frame;
use crate::housekeeper::Jobs;
use crate::life::Open;
use crate::options::{Housekeeping, Options, SharedClock};
use crate::position::{LogId, Sequence};
use crate::queue::{Limits, Queue};
use crate::reader::Reader;
use crate::recovery::{Recovered, recover};
use crate::report::{OpenError, RecoveryReport};
use crate::ring::Ring;
use crate::segment::LOCK_NAME;
use crate::shared::{Parts, Shared};
use crate::supply::{Supply, Trouble};
use crate::writer::Writer;

/// A log in segment files on one disk. Clones are the same log; when the
/// last one goes, the log is closed as by [`close_within`](Self::close_within)
/// without any time to zero.
#[derive(Clone)]
pub struct SegmentLog {
    open: Arc<Open>,
}

/// How full a log is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// Bytes that are not yet released.
    pub retained_bytes: u64,
    /// Bytes that wait for the disk or are being written.
    pub queued_bytes: u64,
    /// What both together may reach.
    pub budget_bytes: u64,
    /// Segments that hold retained frames.
    pub segments: usize,
    /// Files that wait for reuse, or to be zeroed and removed.
    pub free_segments: usize,
    /// Bytes of those files.
    pub free_bytes: u64,
    /// Bytes of the recent frames in memory.
    pub memory_bytes: u64,
}

impl SegmentLog {
    /// Opens the log in `dir`, or makes a new one there, and recovers what a
    /// crash left.
    pub fn open(
        disk: Arc<dyn Disk>,
        dir: impl Into<PathBuf>,
        options: Options,
    ) -> Result<(Self, RecoveryReport), OpenError> {
        let dir = dir.into();
        if let Some(fault) = options.fault() {
            return Err(OpenError::Options { fault });
        }
        create_dir_durable(&*disk, &dir)?;
        // Durable with the names in it, which recovery syncs.
        disk.make_private(&dir)?;
        let lock = match disk.lock(&dir.join(LOCK_NAME)) {
            Ok(lock) => lock,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                return Err(OpenError::InUse { dir });
            }
            Err(error) => return Err(OpenError::Io(error)),
        };
        let mut recovered = recover(&disk, &dir, &options)?;
        let report = std::mem::take(&mut recovered.report);
        let log = Self::go_on(disk, dir, recovered, options, lock)?;
        Ok((log, report))
    }

    /// Starts a log where recovery left it.
    fn go_on(
        disk: Arc<dyn Disk>,
        dir: PathBuf,
        recovered: Recovered,
        options: Options,
        lock: Box<dyn DiskLock>,
    ) -> Result<Self, OpenError> {
        let free = (recovered.free, recovered.last_free_number);
        let caps = Caps {
            batch_bytes: options.batch_bytes,
            batch_frames: options.batch_frames,
            segment_bytes: options.segment_bytes,
        };
        let supply = Supply::new(Arc::clone(&disk), dir.clone(), &options, free);
        let clock: SharedClock = Arc::from(options.clock);
        let shared = Shared::new(Parts {
            log_id: recovered.log_id,
            queue: Queue::new(Limits {
                frame: options.max_frame_bytes,
                queue: options.queue_bytes,
                budget: options.budget_bytes,
            }),
            supply,
            failure: Failure::new(options.on_failure),
            jobs: (options.housekeeping == Housekeeping::Thread).then(Jobs::default),
            clock: Arc::clone(&clock),
            segments: recovered.segments,
            end: recovered.end,
            ring: Ring::new(options.memory_bytes),
        });
        let mut writer = Writer {
            disk,
            dir,
            log_id: recovered.log_id,
            fence: recovered.fence,
            clock,
            position: recovered.position,
            buffer: Vec::new(),
        };
        // Says that all recovered frames are durable, and who owns the log now.
        match writer.write(&[], &shared.supply) {
            Ok(written) => {
                shared.publish(&written.segment, written.durable_end, 0, []);
            }
            Err(Trouble::Full) => tracing::warn!("the disk is full: no segment for the log"),
            Err(Trouble::Fatal(error)) => return Err(OpenError::Io(error)),
        }
        let open = Open::start(shared, (writer, caps), lock, options.zero_at_close_within)?;
        let open = Arc::new(open);
        Ok(Self { open })
    }

    /// The oldest frame that is retained; one beyond [`end`](Self::end) if
    /// none is.
    pub fn start(&self) -> Sequence {
        let durable = self.open.shared.durable();
        let first = durable.segments.front();
        Sequence::new(first.map_or(durable.end + 1, |first| first.first_sequence))
    }

    /// The newest durable frame; [`Sequence::ZERO`] if there was never one.
    pub fn end(&self) -> Sequence {
        Sequence::new(self.open.shared.durable().end)
    }

    /// Reads from a frame on.
    pub fn read(&self, from: Sequence) -> Reader {
        Reader::new(Arc::clone(&self.open.shared), from)
    }

    /// Blocks until a frame beyond `sequence` is durable, the time is up, or
    /// the log has stopped. Returns [`end`](Self::end).
    pub fn wait_beyond(&self, sequence: Sequence, timeout: Duration) -> Sequence {
        Sequence::new(self.open.shared.wait_beyond(sequence.get(), timeout))
    }

    /// Says that frames up to this one are not needed any more. Whole
    /// segments go; a lower sequence than before changes nothing.
    pub fn release(&self, up_to: Sequence) {
        self.open.shared.release(up_to.get());
    }

    /// How full the log is.
    pub fn usage(&self) -> Usage {
        let shared = &self.open.shared;
        let (queued_bytes, retained_bytes) = shared.queue.used_bytes();
        let (free_segments, free_bytes) = shared.supply.free();
        let durable = shared.durable();
        Usage {
            retained_bytes,
            queued_bytes,
            budget_bytes: shared.queue.budget_bytes(),
            segments: durable.segments.len(),
            free_segments,
            free_bytes,
            memory_bytes: durable.ring.bytes(),
        }
    }

    /// Why the log has failed for good, if it has.
    pub fn failed(&self) -> Option<String> {
        self.open.shared.failure.reason().map(ToString::to_string)
    }

    /// Refuses new frames, makes durable what is queued, and seals the log.
    /// Returns when that is done. Readers and [`release`](Self::release) go on
    /// until it is closed: what is released until then is zeroed.
    pub fn seal(&self) {
        self.open.seal();
    }

    /// Seals the log, zeroes what released frames left in its files, for at
    /// most [`Options::zero_at_close_within`], and lets go of its folder.
    /// Returns when that is done; readers still work. If every frame is
    /// released, the log moves on to a new segment first, so that none of them
    /// stays; segments that hold a retained frame stay as they are. A log that
    /// has failed, or is killed, zeroes nothing: its next start does.
    pub fn close(&self) {
        self.close_within(Duration::MAX);
    }

    /// As [`close`](Self::close), but zeroes for at most `limit`.
    pub fn close_within(&self, limit: Duration) {
        self.open.close(limit);
    }

    /// As [`Log::append`], with the frames side by side in the queue, so that
    /// they share a batch if its caps allow.
    pub(crate) fn append_together(&self, frames: impl IntoIterator<Item = Frame>) -> Vec<Append> {
        let shared = &self.open.shared;
        match shared.failure.as_append_error() {
            Some(error) => {
                let refused = |_| Append::refused(error.clone());
                frames.into_iter().map(refused).collect()
            }
            None => shared.queue.push(frames),
        }
    }
}

impl Log for SegmentLog {
    fn append(&self, frame: Frame) -> Append {
        let append = self.append_together([frame]).pop();
        append.unwrap_or_else(|| Append::refused(AppendError::Closed))
    }

    fn log_id(&self) -> LogId {
        self.open.shared.log_id
    }
}
