//! One record: a checked head and a checked body.

use super::{DATA_START, Seeds, index, u32_at, u64_at};

/// Bytes of a record before its body.
pub(crate) const RECORD_HEAD_BYTES: usize = 48;
/// Bytes of a footer or a loss, head included.
pub(crate) const FOOTER_BYTES: u64 = 64;

const MARK: [u8; 4] = [0xF0, 0x5E, 0xA3, 0x1D];
const ALIGNMENT: usize = 8;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Frame = 1,
    Footer = 2,
    Loss = 3,
}

/// The head of a record, checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) kind: Kind,
    pub(crate) sequence: u64,
    pub(crate) received_at: i64,
    pub(crate) batch_first: u64,
    pub(crate) meta_bytes: u32,
    pub(crate) payload_bytes: u32,
    pub(crate) body_crc: u32,
}

/// Bytes of a record with a body of this length.
pub(crate) fn record_len(body_bytes: usize) -> u64 {
    (RECORD_HEAD_BYTES + body_bytes.next_multiple_of(ALIGNMENT)) as u64
}

impl Record {
    /// Appends the whole record, whose body is `meta` and `payload`, to `out`,
    /// and returns the body's checksum. `offset` is where in the file the
    /// record will stand.
    pub(crate) fn encode(
        mut self,
        out: &mut Vec<u8>,
        seeds: Seeds,
        offset: u64,
        meta: &[u8],
        payload: &[u8],
    ) -> u32 {
        self.body_crc = crc32c::crc32c_append(seeds.body_at(offset), meta);
        self.body_crc = crc32c::crc32c_append(self.body_crc, payload);
        let start = out.len();
        out.extend_from_slice(&MARK);
        out.extend_from_slice(&[self.kind as u8, 0, 0, 0]);
        out.extend_from_slice(&self.sequence.to_le_bytes());
        out.extend_from_slice(&self.received_at.to_le_bytes());
        out.extend_from_slice(&self.batch_first.to_le_bytes());
        out.extend_from_slice(&self.meta_bytes.to_le_bytes());
        out.extend_from_slice(&self.payload_bytes.to_le_bytes());
        out.extend_from_slice(&self.body_crc.to_le_bytes());
        let head_crc = crc32c::crc32c_append(seeds.head_at(offset), &out[start..]);
        out.extend_from_slice(&head_crc.to_le_bytes());
        out.extend_from_slice(meta);
        out.extend_from_slice(payload);
        out.resize(start + (out.len() - start).next_multiple_of(ALIGNMENT), 0);
        self.body_crc
    }

    /// The head in the first bytes of `bytes`, if its checksum holds for this
    /// place.
    pub(crate) fn decode(bytes: &[u8], seeds: Seeds, offset: u64) -> Option<Self> {
        let head = bytes.first_chunk::<RECORD_HEAD_BYTES>()?;
        let checked = &head[..44];
        if crc32c::crc32c_append(seeds.head_at(offset), checked) != u32_at(head, 44) {
            return None;
        }
        let kind = match head[4] {
            1 => Kind::Frame,
            2 => Kind::Footer,
            3 => Kind::Loss,
            _ => return None,
        };
        (checked.starts_with(&MARK) && head[5..8] == [0; 3]).then(|| Self {
            kind,
            sequence: u64_at(head, 8),
            received_at: u64_at(head, 16).cast_signed(),
            batch_first: u64_at(head, 24),
            meta_bytes: u32_at(head, 32),
            payload_bytes: u32_at(head, 36),
            body_crc: u32_at(head, 40),
        })
    }

    /// Bytes of meta and payload.
    pub(crate) fn body_bytes(&self) -> usize {
        self.meta_bytes as usize + self.payload_bytes as usize
    }

    /// Bytes of the record as a whole.
    pub(crate) fn len(&self) -> u64 {
        record_len(self.body_bytes())
    }

    /// The body in `bytes`, which start with the head, if its checksum holds.
    pub(crate) fn body<'a>(&self, bytes: &'a [u8], seeds: Seeds, offset: u64) -> Option<&'a [u8]> {
        let body = bytes.get(RECORD_HEAD_BYTES..)?.get(..self.body_bytes())?;
        (crc32c::crc32c_append(seeds.body_at(offset), body) == self.body_crc).then_some(body)
    }
}

/// The next place at or behind `from` where a record's head stands.
pub(crate) fn find_record(file: &[u8], seeds: Seeds, from: u64) -> Option<(u64, Record)> {
    let start = index(from).next_multiple_of(ALIGNMENT);
    for at in (start..file.len()).step_by(ALIGNMENT) {
        let bytes = &file[at..];
        if bytes.starts_with(&MARK)
            && let Some(record) = Record::decode(bytes, seeds, at as u64)
        {
            return Some((at as u64, record));
        }
    }
    None
}

/// The sequence at which a segment without a header seems to start. Nothing
/// is checked: without the salt nothing can be.
pub(crate) fn guess_first(file: &[u8]) -> Option<u64> {
    let record = file.get(index(DATA_START)..)?;
    let marked = record.starts_with(&MARK) && record.len() >= RECORD_HEAD_BYTES;
    marked.then(|| u64_at(record, 24))
}

/// The last sequence that a segment without a header seems to hold, if it
/// holds any from `first` on. Nothing is checked, but the number is possible.
pub(crate) fn guess_last(file: &[u8], first: u64) -> Option<u64> {
    let possible = first..first.saturating_add((file.len() / RECORD_HEAD_BYTES) as u64);
    let records = file.chunks_exact(ALIGNMENT).enumerate();
    records
        .filter(|(_, chunk)| chunk.starts_with(&MARK))
        .map(|(at, _)| u64_at(file, at * ALIGNMENT + 8))
        .filter(|sequence| possible.contains(sequence))
        .max()
}
