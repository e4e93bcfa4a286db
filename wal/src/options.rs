//! What a log is told when it is opened.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::format::MIN_SEGMENT_BYTES;

const KIB: u64 = 1024;
const MIB: u64 = 1024 * KIB;

/// Tells the time: microseconds since 1970, UTC. It may jump; the log never
/// goes back.
pub type Clock = Box<dyn Fn() -> i64 + Send + Sync>;

/// The one clock of a log, for all its parts.
pub(crate) type SharedClock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// Called once, from a thread of the log, with the reason when the log has
/// failed for good. The process should end within a second.
pub type OnFailure = Box<dyn FnOnce(&str) + Send>;

/// Who prepares new segments and recycles old ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Housekeeping {
    /// A thread of its own, so that appends seldom wait for it.
    Thread,
    /// Whoever needs it, at that moment: the order of operations on the disk
    /// is then the same in every run. What is due to be zeroed waits for the
    /// next release.
    Inline,
}

/// How a log behaves. [`Options::new`] gives the usual values.
pub struct Options {
    /// Folder for evidence: torn tails and damaged segments. Relative to the
    /// disk, created if missing.
    pub quarantine: PathBuf,
    /// Size of a segment file. A frame that does not fit gets a segment of
    /// its own size.
    pub segment_bytes: u64,
    /// Appends that would take retained and queued bytes above this are
    /// refused. The disk may hold up to `1 + free_segments + spare_segments`
    /// segments more, and what was released and is not zeroed yet.
    pub budget_bytes: u64,
    /// Most bytes that may wait in memory for the disk.
    pub queue_bytes: u64,
    /// Largest frame, meta and payload together.
    pub max_frame_bytes: u64,
    /// A batch ends when it has this many bytes (but takes at least one frame).
    pub batch_bytes: u64,
    /// A batch ends when it has this many frames.
    pub batch_frames: usize,
    /// Newest durable frames kept in memory for readers that keep up.
    pub memory_bytes: u64,
    /// Released segments kept for reuse; more are zeroed and removed.
    pub free_segments: usize,
    /// So many more stay for [`spare_for`](Self::spare_for): under load the tables let go of many
    /// segments at a time, and as many are needed until they do so again.
    pub spare_segments: usize,
    /// How long a spare segment waits before it is zeroed and removed.
    pub spare_for: Duration,
    /// A free file that held frames and was not reused for so long, by
    /// [`clock`](Self::clock), is overwritten with zeros. One that is found at
    /// the start may have waited for longer: it is due at once.
    pub zero_free_after: Duration,
    /// How long closing may take to zero what is left of released frames.
    /// Then it stops between two steps of 4 MiB; the next start finds the rest.
    pub zero_at_close_within: Duration,
    /// After the disk was full, how long until another segment is tried.
    pub space_retry: Duration,
    /// Open in spite of damage: the evidence is kept, the loss is written
    /// into the log, and reading goes on behind it.
    pub accept_damage: bool,
    /// Who prepares and recycles segments.
    pub housekeeping: Housekeeping,
    /// The clock of [`ReceivedAt`](crate::ReceivedAt).
    pub clock: Clock,
    /// Told when the log fails for good.
    pub on_failure: Option<OnFailure>,
}

impl Options {
    /// The usual values: segments of 64 MiB, a budget of 8 GiB, frames of at
    /// most 65 MiB, batches of at most 8 MiB or 512 frames, 32 MiB of recent
    /// frames in memory; two segments kept for reuse, 16 more for a minute; free
    /// files zeroed after an hour, closing zeroes for at most ten seconds.
    pub fn new(quarantine: impl Into<PathBuf>) -> Self {
        Self {
            quarantine: quarantine.into(),
            segment_bytes: 64 * MIB,
            budget_bytes: 8 * 1024 * MIB,
            queue_bytes: 128 * MIB,
            max_frame_bytes: 65 * MIB,
            batch_bytes: 8 * MIB,
            batch_frames: 512,
            memory_bytes: 32 * MIB,
            free_segments: 2,
            spare_segments: 16,
            spare_for: Duration::from_mins(1),
            zero_free_after: Duration::from_hours(1),
            zero_at_close_within: Duration::from_secs(10),
            space_retry: Duration::from_secs(1),
            accept_damage: false,
            housekeeping: Housekeeping::Thread,
            clock: Box::new(system_clock),
            on_failure: None,
        }
    }

    /// What is wrong with these values, if anything.
    pub(crate) fn fault(&self) -> Option<String> {
        if self.segment_bytes < MIN_SEGMENT_BYTES {
            return Some(format!(
                "segment_bytes is {}; it must be at least {MIN_SEGMENT_BYTES}",
                self.segment_bytes
            ));
        }
        if self.max_frame_bytes > u64::from(u32::MAX / 4) {
            return Some(format!(
                "max_frame_bytes is {}; it must be at most 1 GiB",
                self.max_frame_bytes
            ));
        }
        if self.queue_bytes < self.max_frame_bytes || self.budget_bytes < self.max_frame_bytes {
            return Some(
                "queue_bytes and budget_bytes must each hold a frame of max_frame_bytes".to_owned(),
            );
        }
        if self.batch_frames == 0 {
            return Some("batch_frames is 0; it must be at least 1".to_owned());
        }
        None
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("quarantine", &self.quarantine)
            .field("segment_bytes", &self.segment_bytes)
            .field("budget_bytes", &self.budget_bytes)
            .field("accept_damage", &self.accept_damage)
            .field("housekeeping", &self.housekeeping)
            .finish_non_exhaustive()
    }
}

fn system_clock() -> i64 {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH);
    since_1970.map_or(0, |time| i64::try_from(time.as_micros()).unwrap_or(0))
}
