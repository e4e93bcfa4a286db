//! The newest durable frames, kept in memory.

use std::collections::VecDeque;

use crate::frame::StoredFrame;

/// Frames with consecutive sequences, the newest that fit a number of bytes.
/// Frames share their bytes with whoever appended them; what a slice pins
/// beyond its own length is not counted.
pub(crate) struct Ring {
    frames: VecDeque<StoredFrame>,
    bytes: u64,
    limit_bytes: u64,
}

/// What a frame costs besides its bytes.
const OVERHEAD_BYTES: u64 = 128;

impl Ring {
    pub(crate) fn new(limit_bytes: u64) -> Self {
        Self { frames: VecDeque::new(), bytes: 0, limit_bytes }
    }

    pub(crate) fn push(&mut self, frame: StoredFrame) {
        self.bytes += cost(&frame);
        self.frames.push_back(frame);
        while self.bytes > self.limit_bytes
            && let Some(oldest) = self.frames.pop_front()
        {
            self.bytes -= cost(&oldest);
        }
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Up to `count` frames from `sequence` on, if that one is here.
    pub(crate) fn from(&self, sequence: u64, count: usize) -> impl Iterator<Item = &StoredFrame> {
        let first = self.frames.front().map(|frame| frame.sequence.get());
        let skip = first.and_then(|first| sequence.checked_sub(first));
        let count = if skip.is_some() { count } else { 0 };
        let skip = skip.map_or(0, crate::format::index);
        self.frames.iter().skip(skip).take(count)
    }
}

fn cost(frame: &StoredFrame) -> u64 {
    (frame.meta.len() + frame.payload.len()) as u64 + OVERHEAD_BYTES
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        reason = "tests fail by panicking"
    )]

    use bytes::Bytes;

    use super::*;
    use crate::{ReceivedAt, Sequence};

    /// The ring holds the newest frames within its bytes and finds them by
    /// sequence.
    #[test]
    fn the_newest_frames_are_found() {
        let mut ring = Ring::new(3 * (OVERHEAD_BYTES + 10));
        for sequence in 1..=9 {
            ring.push(StoredFrame {
                sequence: Sequence::new(sequence),
                received_at: ReceivedAt::from_micros(0),
                meta: Bytes::new(),
                payload: Bytes::from_static(&[0; 10]),
            });
        }
        let found = |from, count| -> Vec<u64> {
            let frames = ring.from(from, count);
            frames.map(|frame| frame.sequence.get()).collect()
        };
        assert_eq!(found(7, 9), [7, 8, 9]);
        assert_eq!(found(8, 1), [8]);
        assert_eq!(found(6, 9), [0_u64; 0]);
        assert_eq!(found(10, 9), [0_u64; 0]);
    }
}
