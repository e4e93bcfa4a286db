//! The header of a segment.

use super::{DATA_START, Seeds, VERSION, u32_at, u64_at};
use crate::position::LogId;

const MAGIC: &[u8; 8] = b"SEAMWAL\0";
const COPY_BYTES: usize = 512;
const CHECKED_BYTES: usize = 80;

/// What a segment says about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SegmentHeader {
    pub(crate) log_id: LogId,
    pub(crate) ordinal: u64,
    pub(crate) first_sequence: u64,
    pub(crate) received_floor: i64,
    pub(crate) salt: [u8; 16],
    pub(crate) fence: u64,
}

/// Why there is no header to use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HeaderFault {
    /// Both copies are damaged.
    Damaged,
    /// Written by a newer version.
    Newer(u32),
}

impl SegmentHeader {
    pub(crate) fn seeds(&self) -> Seeds {
        Seeds::new(&self.salt)
    }

    /// Both copies, [`DATA_START`] bytes.
    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        let mut copy = Vec::with_capacity(COPY_BYTES);
        copy.extend_from_slice(MAGIC);
        copy.extend_from_slice(&VERSION.to_le_bytes());
        copy.extend_from_slice(&[0; 4]);
        copy.extend_from_slice(self.log_id.as_bytes());
        copy.extend_from_slice(&self.ordinal.to_le_bytes());
        copy.extend_from_slice(&self.first_sequence.to_le_bytes());
        copy.extend_from_slice(&self.received_floor.to_le_bytes());
        copy.extend_from_slice(&self.salt);
        copy.extend_from_slice(&self.fence.to_le_bytes());
        copy.extend_from_slice(&crc32c::crc32c(&copy).to_le_bytes());
        copy.resize(COPY_BYTES, 0);
        out.extend_from_slice(&copy);
        out.extend_from_slice(&copy);
        debug_assert_eq!(copy.len() as u64 * 2, DATA_START);
    }

    /// The header from the first [`DATA_START`] bytes of a file, by whichever
    /// copy is whole.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, HeaderFault> {
        let first = decode_copy(bytes.get(..COPY_BYTES).unwrap_or_default());
        let second = || decode_copy(bytes.get(COPY_BYTES..).unwrap_or_default());
        match first {
            Ok(header) => Ok(header),
            // A damaged version number must not pass for a newer version.
            Err(fault) => match second() {
                Ok(header) => Ok(header),
                Err(other) if other == fault => Err(fault),
                Err(_) => Err(HeaderFault::Damaged),
            },
        }
    }
}

fn decode_copy(copy: &[u8]) -> Result<SegmentHeader, HeaderFault> {
    let checked = copy.get(..CHECKED_BYTES).ok_or(HeaderFault::Damaged)?;
    if !checked.starts_with(MAGIC) {
        return Err(HeaderFault::Damaged);
    }
    let version = u32_at(checked, 8);
    if version > VERSION {
        return Err(HeaderFault::Newer(version));
    }
    if version != VERSION || u32_at(copy, CHECKED_BYTES) != crc32c::crc32c(checked) {
        return Err(HeaderFault::Damaged);
    }
    let sixteen = |at: usize| {
        let chunk = checked.get(at..).and_then(|rest| rest.first_chunk());
        chunk.copied().ok_or(HeaderFault::Damaged)
    };
    Ok(SegmentHeader {
        log_id: LogId::from_bytes(sixteen(16)?),
        ordinal: u64_at(checked, 32),
        first_sequence: u64_at(checked, 40),
        received_floor: u64_at(checked, 48).cast_signed(),
        salt: sixteen(56)?,
        fence: u64_at(checked, 72),
    })
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        reason = "tests fail by panicking"
    )]

    use super::*;

    fn header() -> (SegmentHeader, Vec<u8>) {
        let header = SegmentHeader {
            log_id: LogId::from_bytes([7; 16]),
            ordinal: 3,
            first_sequence: 42,
            received_floor: -5,
            salt: [9; 16],
            fence: 2,
        };
        let mut bytes = Vec::new();
        header.encode(&mut bytes);
        (header, bytes)
    }

    /// A header survives any single flipped bit, by its second copy.
    #[test]
    fn one_flipped_bit_is_harmless() {
        let (header, bytes) = header();
        assert_eq!(bytes.len() as u64, DATA_START);
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(SegmentHeader::decode(&flipped).unwrap(), header, "{bit}");
        }
    }

    /// Damage to both copies is damage, even where it looks like a version.
    #[test]
    fn two_damaged_copies_are_damage() {
        let (_, mut bytes) = header();
        bytes[8] ^= 2;
        bytes[512 + 20] ^= 1;
        assert_eq!(SegmentHeader::decode(&bytes), Err(HeaderFault::Damaged));
        assert_eq!(SegmentHeader::decode(&[]), Err(HeaderFault::Damaged));
    }

    /// A newer version is told from damage, whatever its layout.
    #[test]
    fn a_newer_version_is_named() {
        let (_, mut bytes) = header();
        for copy in [0, 512] {
            bytes[copy + 8] = 9;
            bytes[copy + 100] = 1;
        }
        assert_eq!(SegmentHeader::decode(&bytes), Err(HeaderFault::Newer(9)));
    }
}
