//! The protobuf wire format, read without copying.
//!
//! A message is a sequence of fields; a field is a key (number and wire type, one
//! varint) and a value. [`Reader`] walks that sequence over a borrowed slice. What is
//! accepted is what `prost` accepts, so that both agree on which requests are whole:
//! varints of up to ten bytes that fit 64 bits, keys that fit 32 bits, and groups
//! (deprecated, but legal) as values of fields nobody knows.
//!
//! Format: <https://protobuf.dev/programming-guides/encoding/>.

use thiserror::Error;

/// Groups may nest this deep; nothing in OTLP uses them at all.
const GROUP_DEPTH_LIMIT: u32 = 32;

/// Why bytes are not a protobuf message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum WireError {
    /// The slice ends inside a key, a varint, a fixed value or a length-delimited value.
    #[error("the bytes end inside a field")]
    Truncated,
    /// A varint is longer than ten bytes or does not fit 64 bits.
    #[error("a varint is too long")]
    OverlongVarint,
    /// A key names field number 0 or does not fit 32 bits.
    #[error("a field has an impossible number")]
    FieldNumber,
    /// A key has wire type 6 or 7, which do not exist.
    #[error("a field has an unknown wire type")]
    WireType,
    /// A group ends that did not begin, or under another number.
    #[error("a group ends that did not begin")]
    EndGroup,
    /// Groups nest deeper than any sane message.
    #[error("groups nest too deep")]
    GroupDepth,
}

/// The value of one field, as the wire tells it apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value<'a> {
    /// Wire type 0: all integers but the fixed ones, bool and enums.
    Varint(u64),
    /// Wire type 1: `fixed64`, `sfixed64`, `double`.
    Fixed64(u64),
    /// Wire type 5: `fixed32`, `sfixed32`, `float`.
    Fixed32(u32),
    /// Wire type 2: strings, bytes, embedded messages, packed scalars.
    Bytes(&'a [u8]),
    /// Wire types 3 and 4: what stands between the two markers, end marker included.
    Group(&'a [u8]),
}

/// Walks the fields of one message.
#[derive(Debug, Clone)]
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Starts at the first field of `message`.
    #[inline]
    pub const fn new(message: &'a [u8]) -> Self {
        Self { rest: message }
    }

    /// What has not been read yet.
    #[inline]
    pub const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// The next field as (number, value); `None` at the end of the message.
    ///
    /// After an error the reader stands at the end: a second call says `None`.
    #[inline]
    pub fn next_field(&mut self) -> Result<Option<(u32, Value<'a>)>, WireError> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        match read_field(&mut self.rest) {
            Ok(field) => Ok(Some(field)),
            Err(error) => {
                self.rest = &[];
                Err(error)
            }
        }
    }
}

/// The lenient walk: ends where the message ends or stops making sense.
impl<'a> Iterator for Reader<'a> {
    type Item = (u32, Value<'a>);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let field = read_field(&mut self.rest);
        if field.is_err() {
            self.rest = &[];
        }
        field.ok()
    }
}

#[inline(always)]
#[expect(clippy::inline_always, reason = "the loop over fields is the hot path of ingestion")]
fn read_field<'a>(input: &mut &'a [u8]) -> Result<(u32, Value<'a>), WireError> {
    let (number, wire_type) = read_key(input)?;
    let value = match wire_type {
        0 => Value::Varint(read_varint(input)?),
        1 => Value::Fixed64(read_fixed64(input)?),
        2 => Value::Bytes(read_bytes(input)?),
        5 => Value::Fixed32(read_fixed32(input)?),
        3 => Value::Group(read_group(input, number)?),
        4 => return Err(WireError::EndGroup),
        _ => return Err(WireError::WireType),
    };
    Ok((number, value))
}

#[inline]
fn read_key(input: &mut &[u8]) -> Result<(u32, u32), WireError> {
    let key = u32::try_from(read_varint(input)?).map_err(|_| WireError::FieldNumber)?;
    match key >> 3 {
        0 => Err(WireError::FieldNumber),
        number => Ok((number, key & 7)),
    }
}

/// Reads one varint and moves `input` behind it.
#[inline]
pub fn read_varint(input: &mut &[u8]) -> Result<u64, WireError> {
    match *input {
        [byte, rest @ ..] if *byte < 0x80 => {
            *input = rest;
            Ok(u64::from(*byte))
        }
        [first, second, rest @ ..] if *second < 0x80 => {
            *input = rest;
            Ok(u64::from(*first & 0x7f) | u64::from(*second) << 7)
        }
        _ => read_long_varint(input),
    }
}

fn read_long_varint(input: &mut &[u8]) -> Result<u64, WireError> {
    let mut value = 0_u64;
    for (index, byte) in input.iter().take(10).enumerate() {
        // The tenth byte holds the last bit of 64.
        if index == 9 && *byte > 1 {
            return Err(WireError::OverlongVarint);
        }
        value |= u64::from(byte & 0x7f) << (7 * index);
        if *byte < 0x80 {
            *input = input.get(index + 1..).unwrap_or_default();
            return Ok(value);
        }
    }
    Err(WireError::Truncated)
}

/// Reads eight little-endian bytes and moves `input` behind them.
#[inline]
pub fn read_fixed64(input: &mut &[u8]) -> Result<u64, WireError> {
    let (bytes, rest) = input.split_first_chunk::<8>().ok_or(WireError::Truncated)?;
    *input = rest;
    Ok(u64::from_le_bytes(*bytes))
}

#[inline]
fn read_fixed32(input: &mut &[u8]) -> Result<u32, WireError> {
    let (bytes, rest) = input.split_first_chunk::<4>().ok_or(WireError::Truncated)?;
    *input = rest;
    Ok(u32::from_le_bytes(*bytes))
}

#[inline]
fn read_bytes<'a>(input: &mut &'a [u8]) -> Result<&'a [u8], WireError> {
    let length = usize::try_from(read_varint(input)?).map_err(|_| WireError::Truncated)?;
    let (bytes, rest) = input.split_at_checked(length).ok_or(WireError::Truncated)?;
    *input = rest;
    Ok(bytes)
}

#[cold]
fn read_group<'a>(input: &mut &'a [u8], number: u32) -> Result<&'a [u8], WireError> {
    let start = *input;
    skip_group(input, number, 1)?;
    let length = start.len().saturating_sub(input.len());
    Ok(start.get(..length).unwrap_or_default())
}

fn skip_group(input: &mut &[u8], number: u32, depth: u32) -> Result<(), WireError> {
    if depth > GROUP_DEPTH_LIMIT {
        return Err(WireError::GroupDepth);
    }
    loop {
        let (inner, wire_type) = read_key(input)?;
        match wire_type {
            0 => drop(read_varint(input)?),
            1 => drop(read_fixed64(input)?),
            2 => drop(read_bytes(input)?),
            5 => drop(read_fixed32(input)?),
            3 => skip_group(input, inner, depth + 1)?,
            4 if inner == number => return Ok(()),
            4 => return Err(WireError::EndGroup),
            _ => return Err(WireError::WireType),
        }
    }
}

/// A varint as protobuf reads a `uint32` from it: the low half.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "protobuf says to truncate")]
pub(crate) const fn uint32(varint: u64) -> u32 {
    varint as u32
}

/// A varint as protobuf reads an `int32` or an enum from it: the low half.
#[inline]
pub(crate) const fn int32(varint: u64) -> i32 {
    uint32(varint).cast_signed()
}

/// A varint as protobuf reads a `sint32` from it: zigzag.
#[inline]
pub(crate) const fn sint32(varint: u64) -> i32 {
    let bits = uint32(varint);
    (bits >> 1).cast_signed() ^ -(bits & 1).cast_signed()
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        reason = "tests fail by panicking"
    )]

    use super::{Reader, Value, WireError, read_varint};
    use proptest::prelude::*;

    fn only_error(bytes: &[u8]) -> WireError {
        let mut reader = Reader::new(bytes);
        loop {
            match reader.next_field() {
                Ok(Some(_)) => {}
                Ok(None) => panic!("no error in {bytes:?}"),
                Err(error) => {
                    assert_eq!(reader.next_field(), Ok(None), "an error ends the walk");
                    return error;
                }
            }
        }
    }

    /// Every wire type is told apart, in the order of the bytes.
    #[test]
    fn reads_every_wire_type() {
        let bytes = [
            0x08, 0x96, 0x01, // 1: varint 150
            0x11, 1, 0, 0, 0, 0, 0, 0, 0, // 2: fixed64
            0x1a, 2, b'o', b'k', // 3: bytes
            0x25, 7, 0, 0, 0, // 4: fixed32
            0x2b, 0x08, 0x01, 0x2c, // 5: a group with one varint
        ];
        let fields: Vec<_> = Reader::new(&bytes).collect();
        assert_eq!(
            fields,
            [
                (1, Value::Varint(150)),
                (2, Value::Fixed64(1)),
                (3, Value::Bytes(b"ok")),
                (4, Value::Fixed32(7)),
                (5, Value::Group(&[0x08, 0x01, 0x2c])),
            ]
        );
    }

    /// Each way of being broken has its own error.
    #[test]
    fn names_what_is_broken() {
        assert_eq!(only_error(&[0x80]), WireError::Truncated);
        assert_eq!(only_error(&[0x0a, 0x05, 1]), WireError::Truncated);
        assert_eq!(only_error(&[0x09, 1, 2]), WireError::Truncated);
        assert_eq!(only_error(&[0x0d, 1, 2]), WireError::Truncated);
        assert_eq!(only_error(&[0x00, 0x00]), WireError::FieldNumber);
        assert_eq!(only_error(&[0x80, 0x80, 0x80, 0x80, 0x10, 0]), WireError::FieldNumber);
        assert_eq!(only_error(&[0x0e]), WireError::WireType);
        assert_eq!(only_error(&[0x0c]), WireError::EndGroup);
        assert_eq!(only_error(&[0x0b, 0x14]), WireError::EndGroup);
        assert_eq!(only_error(&[0x0b]), WireError::Truncated);
        assert_eq!(only_error(&[0x0b; 100]), WireError::GroupDepth);
        let overlong = [&[0x08][..], &[0xff; 9], &[0x02]].concat();
        assert_eq!(only_error(&overlong), WireError::OverlongVarint);
    }

    /// A length that does not fit the address space is a truncated field, not a panic.
    #[test]
    fn survives_absurd_lengths() {
        let bytes = [&[0x0a][..], &[0xff; 9], &[0x01]].concat();
        assert_eq!(only_error(&bytes), WireError::Truncated);
    }

    proptest! {
        /// Varints are read as prost writes them, and leave the rest alone.
        #[test]
        fn varints_agree_with_prost(value: u64, tail: Vec<u8>) {
            let mut bytes = Vec::new();
            prost::encoding::encode_varint(value, &mut bytes);
            bytes.extend_from_slice(&tail);
            let mut input = bytes.as_slice();
            prop_assert_eq!(read_varint(&mut input), Ok(value));
            prop_assert_eq!(input, tail.as_slice());
        }

        /// Any bytes: a varint is accepted exactly when prost accepts it.
        #[test]
        fn broken_varints_agree_with_prost(bytes in proptest::collection::vec(prop_oneof![Just(0xff_u8), any::<u8>()], 0..12)) {
            let ours = read_varint(&mut bytes.as_slice()).ok();
            let theirs = prost::encoding::decode_varint(&mut bytes.as_slice()).ok();
            prop_assert_eq!(ours, theirs);
        }
    }
}
