//! Frames mapped to rows; panics and errors caught.

use std::panic::{AssertUnwindSafe, catch_unwind};

use arrow_array::RecordBatch;
use seam_schema::frame::{ContentType, FrameKind, FrameMeta, Transport};
use seam_schema::ids::{LogId, Principal, ReceivedAt, RequestDigest, Sequence, Tenant};
use seam_schema::normalise::skew::Skews;
use seam_schema::normalise::{FrameInput, Normalise, Rows, Wanted, undecoded};
use seam_schema::otlp::Signal;
use seam_schema::table::Table;
use seam_wal::StoredFrame;

use crate::room::Room;

/// The rows of some frames.
pub(super) type Batches = Vec<(Table, RecordBatch)>;

/// What became of frames, from the first one on.
pub(super) struct Mapped {
    /// Their rows.
    pub(super) batches: Batches,
    /// How many frames these are.
    pub(super) frames: usize,
    /// How far the clocks of their senders are off.
    pub(super) skews: Skews,
}

/// Why frames have no rows. Names no content.
#[derive(Debug)]
pub(super) struct Failure {
    /// Which of the frames failed; `None` if it was all of them together.
    pub(super) at: Option<usize>,
    /// Why.
    pub(super) reason: String,
}

/// A frame whose meta was read.
pub(super) struct ReadFrame {
    sequence: Sequence,
    received_at: ReceivedAt,
    meta: FrameMeta,
    /// Why the meta could not be read, where `meta` only stands in for it.
    meta_fault: Option<String>,
    stored: StoredFrame,
}

impl ReadFrame {
    /// Reads the meta of a frame. A meta that cannot be read gives one of nobody, so that the
    /// frame still has its row.
    pub(super) fn new(stored: StoredFrame) -> Self {
        let (meta, meta_fault) = match FrameMeta::decode(&stored.meta) {
            Ok(meta) => (meta, None),
            Err(error) => (nobody(&stored.payload), Some(error.to_string())),
        };
        Self {
            sequence: Sequence(i64::try_from(stored.sequence.get()).unwrap_or(i64::MAX)),
            received_at: ReceivedAt(stored.received_at.micros()),
            meta,
            meta_fault,
            stored,
        }
    }

    pub(super) fn sequence(&self) -> Sequence {
        self.sequence
    }

    pub(super) fn received_at(&self) -> ReceivedAt {
        self.received_at
    }

    pub(super) fn digest(&self) -> &RequestDigest {
        &self.meta.digest
    }

    pub(super) fn payload(&self) -> &[u8] {
        &self.stored.payload
    }

    fn input(&self, log_id: LogId) -> FrameInput<'_> {
        FrameInput {
            log_id,
            sequence: self.sequence,
            received_at: self.received_at,
            meta: &self.meta,
            payload: &self.stored.payload,
        }
    }
}

fn nobody(payload: &[u8]) -> FrameMeta {
    let tenant = Tenant::default();
    FrameMeta {
        kind: FrameKind::Otlp(Signal::Logs),
        content_type: ContentType::Protobuf,
        transport: Transport::Http,
        repeat: false,
        relay: false,
        digest: RequestDigest::of(&tenant, Signal::Logs, payload),
        tenant,
        principal: Principal::default(),
        peer_address: String::new(),
        certificate_host: String::new(),
    }
}

fn payload_bytes(frames: &[ReadFrame]) -> usize {
    frames.iter().map(|frame| frame.payload().len()).sum()
}

/// Maps frames, from the first one on until there are `group_rows` rows; says how many frames.
///
/// Every table's rows are made, also those a table has already, so that a frame fails at a
/// replay exactly where it failed before.
pub(super) fn map(
    log_id: LogId,
    frames: &[ReadFrame],
    group_rows: usize,
    normalise: &Normalise,
    room: &mut Room<Rows>,
) -> Result<Mapped, Failure> {
    let mut rows = room.take(payload_bytes(frames));
    let mut mapped_frames = 0;
    for (index, frame) in frames.iter().enumerate() {
        let failed = |reason| Failure { at: Some(index), reason };
        if let Some(fault) = &frame.meta_fault {
            return Err(failed(fault.clone()));
        }
        let input = frame.input(log_id);
        // After a panic the rows are thrown away.
        let mapped =
            catch_unwind(AssertUnwindSafe(|| normalise(&input, Wanted::default(), &mut rows)));
        match mapped {
            Ok(Ok(())) => mapped_frames += 1,
            Ok(Err(error)) => return Err(failed(error.to_string())),
            // What a panic says may quote the payload.
            Err(_) => return Err(failed("its mapping panicked".to_owned())),
        }
        if rows.events.len() + rows.metrics.len() >= group_rows {
            break;
        }
    }
    let skews = std::mem::take(&mut rows.skews);
    let batches = finish(&mut rows).map_err(|reason| Failure { at: None, reason })?;
    room.give_back(rows, payload_bytes(frames.get(..mapped_frames).unwrap_or_default()));
    Ok(Mapped { batches, frames: mapped_frames, skews })
}

/// The one row of a frame that cannot be mapped, and its line in the ledger.
pub(super) fn map_undecoded(log_id: LogId, frame: &ReadFrame, reason: &str) -> Batches {
    let mapped = catch_unwind(|| {
        let mut rows = Rows::default();
        undecoded(&frame.input(log_id), reason, &mut rows);
        finish(&mut rows)
    });
    if let Ok(Ok(batches)) = mapped {
        return batches;
    }
    tracing::error!(
        sequence = frame.sequence.0,
        "a frame that cannot be mapped has no row either; its bytes are in quarantine"
    );
    Batches::new()
}

fn finish(rows: &mut Rows) -> Result<Batches, String> {
    let mut batches = Batches::new();
    if !rows.events.is_empty() {
        batches.push((Table::Events, rows.events.finish().map_err(|error| error.to_string())?));
    }
    if !rows.metrics.is_empty() {
        batches.push((Table::Metrics, rows.metrics.finish().map_err(|error| error.to_string())?));
    }
    if !rows.audit.is_empty() {
        batches.push((Table::Audit, rows.audit.finish().map_err(|error| error.to_string())?));
    }
    if !rows.dead_letters.is_empty() {
        let letters = rows.dead_letters.finish().map_err(|error| error.to_string())?;
        batches.push((Table::DeadLetters, letters));
    }
    if !rows.ledger.is_empty() {
        batches.push((Table::Ledger, rows.ledger.finish().map_err(|error| error.to_string())?));
    }
    Ok(batches)
}
