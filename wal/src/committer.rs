//! The thread that commits: take what is queued, one write, one sync, answer
//! all. There is no timer: a lone frame goes at once, and while the disk is
//! busy the next batch gathers by itself.

use std::sync::Arc;

use crate::append::{AppendError, Receipt};
use crate::frame::{Frame, StoredFrame};
use crate::position::{ReceivedAt, Sequence};
use crate::queue::{BatchLimits, Queued};
use crate::shared::Shared;
use crate::supply::Trouble;
use crate::writer::{Writer, Written};

/// What bounds a batch.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Caps {
    pub(crate) batch_bytes: u64,
    pub(crate) batch_frames: usize,
    pub(crate) segment_bytes: u64,
}

/// Commits until the queue is closed and empty, then seals the log, so that
/// the next opening knows that nothing is missing at the end. Gives the writer
/// back.
pub(crate) fn run(shared: &Shared, mut writer: Writer, caps: Caps) -> Writer {
    while let Some(batch) = shared.queue.take(BatchLimits {
        frames: caps.batch_frames,
        bytes: caps.batch_bytes,
        room_bytes: writer.room_bytes(),
        fresh_bytes: Writer::fresh_bytes(caps.segment_bytes),
    }) {
        commit(shared, &mut writer, batch);
    }
    if shared.failure.reason().is_none() {
        seal(shared, &mut writer);
    }
    shared.stop();
    writer
}

/// Writes an empty batch: proof that all before it was durable.
fn seal(shared: &Shared, writer: &mut Writer) {
    match writer.write(&[], &shared.supply) {
        Ok(written) => publish(shared, &written, 0, &[]),
        Err(Trouble::Full) => tracing::warn!("the disk is full: the log is not sealed"),
        Err(Trouble::Fatal(error)) => fail(shared, &error),
    }
}

fn commit(shared: &Shared, writer: &mut Writer, batch: Vec<Queued>) {
    let records_bytes = batch.iter().map(|queued| queued.frame.record_len()).sum();
    if let Some(error) = shared.failure.as_append_error() {
        refuse(batch, &error);
        shared.queue.done(records_bytes, None);
        return;
    }
    let frames: Vec<_> = batch.iter().map(|queued| &queued.frame).collect();
    match writer.write(&frames, &shared.supply) {
        Ok(written) => {
            publish(shared, &written, records_bytes, &frames);
            acknowledge(shared, batch, &written);
            if written.rotated {
                prepare(shared);
                // What was released may have ended with the segment before.
                shared.release(0);
            }
        }
        Err(Trouble::Full) => {
            shared.queue.done(records_bytes, None);
            refuse(batch, &AppendError::DiskFull);
        }
        Err(Trouble::Fatal(error)) => {
            fail(shared, &error);
            if let Some(error) = shared.failure.as_append_error() {
                refuse(batch, &error);
            }
        }
    }
}

fn publish(shared: &Shared, written: &Written, records_bytes: u64, frames: &[&Frame]) {
    let positions = (written.first..).zip(&written.received_at);
    let stored = frames.iter().zip(positions).map(|(frame, at)| StoredFrame {
        sequence: Sequence::new(at.0),
        received_at: ReceivedAt::from_micros(*at.1),
        meta: frame.meta.clone(),
        payload: frame.payload.clone(),
    });
    shared.publish(&written.segment, written.durable_end, records_bytes, stored);
}

/// The only place where receipts are made: what they prove is durable here.
fn acknowledge(shared: &Shared, batch: Vec<Queued>, written: &Written) {
    let positions = (written.first..).zip(&written.received_at);
    for (queued, (sequence, received_at)) in batch.into_iter().zip(positions) {
        let sequence = Sequence::new(sequence);
        let received_at = ReceivedAt::from_micros(*received_at);
        let receipt = Receipt::new(shared.log_id, sequence, received_at);
        queued.waiter.answer(Ok(receipt));
    }
}

fn prepare(shared: &Shared) {
    if let Some(jobs) = &shared.jobs {
        jobs.prepare();
    }
}

fn refuse(batch: Vec<Queued>, error: &AppendError) {
    for queued in batch {
        queued.waiter.answer(Err(error.clone()));
    }
}

/// A failed write or sync is final.
fn fail(shared: &Shared, reason: &dyn std::fmt::Display) {
    shared.failure.raise(reason);
    let waiting = shared.queue.close_and_drain();
    if let Some(error) = shared.failure.as_append_error() {
        refuse(waiting, &error);
    }
    shared.stop();
}

/// Fails the log if its thread panics, so that nobody waits for ever.
pub(crate) struct PanicGuard(pub(crate) Arc<Shared>);

impl Drop for PanicGuard {
    fn drop(&mut self) {
        if std::thread::panicking() {
            fail(&self.0, &"a thread of the log panicked");
        }
    }
}
