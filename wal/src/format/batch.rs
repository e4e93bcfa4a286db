//! A batch: the frames of one write and the footer that closes it.

use super::record::{FOOTER_BYTES, Kind, Record, record_len};
use super::{Seeds, index, u32_at, u64_at};
use crate::frame::Frame;

/// A whole batch, checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Batch {
    /// Where it starts and ends in the file; reading goes on at the end.
    pub(crate) start: u64,
    pub(crate) end: u64,
    /// First sequence; that of the next frame if there are no frames.
    pub(crate) first: u64,
    /// The sequence that must follow.
    pub(crate) next: u64,
    /// Receive time of the last frame, or of the last one before.
    pub(crate) received_at: i64,
    pub(crate) fence: u64,
    pub(crate) content: Content,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Content {
    /// Frames, with their bytes of meta and payload; none in a seal.
    Frames { count: u64, bytes: u64 },
    /// A loss that an operator accepted.
    Loss,
}

/// Bytes of a batch whose records have these bytes together.
pub(crate) fn batch_len(records_bytes: u64) -> u64 {
    records_bytes + FOOTER_BYTES
}

/// Appends a batch to `out`. It will stand at `offset`; its frames have the
/// sequences from `first` on and these receive times. `received_at` is the
/// last of them, or that of the frame before if there are none.
pub(crate) fn encode_batch<'a>(
    out: &mut Vec<u8>,
    seeds: Seeds,
    offset: u64,
    frames: impl Iterator<Item = (&'a Frame, i64)>,
    first: u64,
    (received_at, fence): (i64, u64),
) {
    let start = out.len();
    let mut digest = 0;
    let mut count: u32 = 0;
    for (frame, received_at) in frames {
        let record = Record {
            kind: Kind::Frame,
            sequence: first + u64::from(count),
            received_at,
            batch_first: first,
            meta_bytes: part_bytes(frame.meta.len()),
            payload_bytes: part_bytes(frame.payload.len()),
            body_crc: 0,
        };
        let at = offset + (out.len() - start) as u64;
        let body_crc = record.encode(out, seeds, at, &frame.meta, &frame.payload);
        digest = crc32c::crc32c_append(digest, &body_crc.to_le_bytes());
        count += 1;
    }
    let footer = Record {
        kind: Kind::Footer,
        sequence: (first + u64::from(count)).saturating_sub(1),
        received_at,
        batch_first: first,
        meta_bytes: 0,
        payload_bytes: 16,
        body_crc: 0,
    };
    let mut payload = [0; 16];
    payload[..4].copy_from_slice(&count.to_le_bytes());
    payload[4..8].copy_from_slice(&digest.to_le_bytes());
    payload[8..].copy_from_slice(&fence.to_le_bytes());
    let at = offset + (out.len() - start) as u64;
    footer.encode(out, seeds, at, &[], &payload);
}

/// A loss of the frames `first..=last`, behind which reading goes on after
/// `span_bytes`.
pub(crate) fn encode_loss(
    seeds: Seeds,
    offset: u64,
    (first, next): (u64, u64),
    (received_at, fence): (i64, u64),
    span_bytes: u64,
) -> Vec<u8> {
    let record = Record {
        kind: Kind::Loss,
        sequence: next.saturating_sub(1),
        received_at,
        batch_first: first,
        meta_bytes: 0,
        payload_bytes: 16,
        body_crc: 0,
    };
    let mut payload = [0; 16];
    payload[..8].copy_from_slice(&span_bytes.to_le_bytes());
    payload[8..].copy_from_slice(&fence.to_le_bytes());
    let mut out = Vec::new();
    record.encode(&mut out, seeds, offset, &[], &payload);
    out
}

/// From the start of a loss to where reading goes on.
pub(crate) fn loss_span_bytes(body: &[u8]) -> u64 {
    u64_at(body, 0)
}

/// The batch that starts at `start`, if all of it is whole.
pub(crate) fn parse_batch(file: &[u8], seeds: Seeds, start: u64) -> Option<Batch> {
    let mut offset = start;
    let mut digest = 0;
    let mut bytes = 0;
    let mut count: u64 = 0;
    let mut first = None;
    let mut received_before = i64::MIN;
    loop {
        let rest = file.get(index(offset)..)?;
        let record = Record::decode(rest, seeds, offset)?;
        let body = record.body(rest, seeds, offset)?;
        let batch_first = *first.get_or_insert(record.batch_first);
        let next = batch_first.checked_add(count)?;
        if record.batch_first != batch_first {
            return None;
        }
        let batch = |end, next, fence, content| Batch {
            start,
            end,
            first: batch_first,
            next,
            received_at: record.received_at,
            fence,
            content,
        };
        offset += record.len();
        match record.kind {
            Kind::Frame if record.sequence == next && record.received_at > received_before => {
                digest = crc32c::crc32c_append(digest, &record.body_crc.to_le_bytes());
                bytes += body.len() as u64;
                count += 1;
                received_before = record.received_at;
            }
            Kind::Footer => {
                let whole = u64::from(u32_at(body, 0)) == count
                    && u32_at(body, 4) == digest
                    && record.sequence == next.saturating_sub(1)
                    && record.received_at >= received_before;
                let content = Content::Frames { count, bytes };
                return whole.then(|| batch(offset, next, u64_at(body, 8), content));
            }
            Kind::Loss if count == 0 => {
                let next = record.sequence.checked_add(1)?;
                let end = start.checked_add(loss_span_bytes(body))?;
                let whole = end >= offset && next >= batch_first;
                return whole.then(|| batch(end, next, u64_at(body, 8), Content::Loss));
            }
            Kind::Frame | Kind::Loss => return None,
        }
    }
}

/// The log refuses parts that are longer than this can say.
fn part_bytes(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}

impl Frame {
    /// Bytes of the record that holds this frame.
    pub(crate) fn record_len(&self) -> u64 {
        record_len(self.len())
    }
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
    use crate::format::find_record;

    const SEEDS: Seeds = Seeds { head: 1, body: 2 };

    fn frames() -> Vec<Frame> {
        let frame = |meta: &'static [u8], payload: &'static [u8]| Frame {
            meta: Bytes::from_static(meta),
            payload: Bytes::from_static(payload),
        };
        vec![frame(b"m", b"payload"), frame(b"", b""), frame(b"meta", b"")]
    }

    fn file(frames: &[Frame]) -> Vec<u8> {
        let mut file = vec![0; 64];
        let timed = frames.iter().zip(5..);
        encode_batch(&mut file, SEEDS, 64, timed, 10, (9, 3));
        file
    }

    /// A batch is read back as it was written, and its length is foretold.
    #[test]
    fn a_batch_is_read_back() {
        let frames = frames();
        let file = file(&frames);
        let records = frames.iter().map(Frame::record_len).sum();
        assert_eq!(file.len() as u64, 64 + batch_len(records));
        let batch = parse_batch(&file, SEEDS, 64).unwrap();
        assert_eq!((batch.first, batch.next, batch.fence), (10, 13, 3));
        assert_eq!(batch.end, file.len() as u64);
        assert_eq!(batch.content, Content::Frames { count: 3, bytes: 12 });
    }

    /// No flipped bit of a batch goes unnoticed, but for the padding.
    #[test]
    fn any_flipped_bit_is_noticed() {
        let file = file(&frames());
        let mut unnoticed = 0;
        for bit in 64 * 8..file.len() * 8 {
            let mut flipped = file.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            unnoticed += usize::from(parse_batch(&flipped, SEEDS, 64).is_some());
        }
        let padding_bytes = 4;
        assert_eq!(unnoticed, padding_bytes * 8);
    }

    /// A copy of a record at another place, or of another life, is none.
    #[test]
    fn place_and_salt_are_checked() {
        let mut file = file(&frames());
        assert!(find_record(&file, SEEDS, 0).is_some());
        let other = Seeds { head: 3, body: 2 };
        assert!(find_record(&file, other, 0).is_none());
        file.drain(..8);
        assert!(find_record(&file, SEEDS, 0).is_none());
    }
}
