//! Writes protobuf messages.
//!
//! Used where Seam makes OTLP bytes itself: JSON becomes them, and rows become records
//! again. Embedded messages are written in place, then their length in front of them.

/// Appends fields to a message.
#[derive(Clone, Default)]
pub struct Writer {
    bytes: Vec<u8>,
}

/// Where the content of an embedded message begins; from [`Writer::begin`].
#[derive(Debug)]
#[must_use = "an embedded message must be ended"]
pub struct Embedded {
    content: usize,
}

impl Writer {
    /// A message without fields.
    pub const fn new() -> Self {
        Self { bytes: Vec::new() }
    }

    /// The message as far as it is written.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The finished message.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// Length of what is written.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether nothing is written.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// A varint without a key, as in packed fields.
    #[inline]
    pub fn put_varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.bytes.push(low_byte(value) | 0x80);
            value >>= 7;
        }
        self.bytes.push(low_byte(value));
    }

    /// A key: field number and wire type.
    #[inline]
    pub fn put_tag(&mut self, number: u32, wire_type: u8) {
        self.put_varint(u64::from(number) << 3 | u64::from(wire_type));
    }

    /// Bytes as they are: whole fields, or the value of one.
    pub fn put_raw(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// A field of type `bool`, an enum or any integer that is not fixed.
    /// Negative `int32` and `int64` go in as their 64-bit two's complement.
    pub fn varint_field(&mut self, number: u32, value: u64) {
        self.put_tag(number, 0);
        self.put_varint(value);
    }

    /// A field of type `fixed64`, `sfixed64` or `double`.
    pub fn fixed64_field(&mut self, number: u32, bits: u64) {
        self.put_tag(number, 1);
        self.put_raw(&bits.to_le_bytes());
    }

    /// A field of type `fixed32`.
    pub fn fixed32_field(&mut self, number: u32, bits: u32) {
        self.put_tag(number, 5);
        self.put_raw(&bits.to_le_bytes());
    }

    /// A field of type `string` or `bytes`, or an embedded message that is encoded already.
    pub fn bytes_field(&mut self, number: u32, value: &[u8]) {
        self.put_tag(number, 2);
        self.put_varint(value.len() as u64);
        self.put_raw(value);
    }

    /// An embedded message, written by `content`.
    pub fn message_field(&mut self, number: u32, content: impl FnOnce(&mut Self)) {
        let embedded = self.begin(number);
        content(self);
        self.end(embedded);
    }

    /// Begins an embedded message; all that is written before [`Self::end`] is in it.
    pub fn begin(&mut self, number: u32) -> Embedded {
        self.put_tag(number, 2);
        self.bytes.push(0);
        Embedded { content: self.bytes.len() }
    }

    /// Ends an embedded message: most are short and find a byte kept free for their
    /// length, longer ones move up by what theirs takes.
    #[expect(clippy::needless_pass_by_value, reason = "an embedded message ends once")]
    pub fn end(&mut self, embedded: Embedded) {
        let Embedded { content } = embedded;
        let length = self.bytes.len().saturating_sub(content) as u64;
        let extra = varint_length(length) - 1;
        if extra > 0 {
            let end = self.bytes.len();
            self.bytes.resize(end + extra, 0);
            self.bytes.copy_within(content..end, content + extra);
        }
        let mut rest = length;
        for (index, byte) in
            self.bytes.iter_mut().skip(content.saturating_sub(1)).take(extra + 1).enumerate()
        {
            *byte = low_byte(rest) | if index < extra { 0x80 } else { 0 };
            rest >>= 7;
        }
    }

    /// Puts `pieces` (ranges of what is written since `start`) in the place of all since
    /// `start`, in the order given.
    pub(crate) fn reorder(
        &mut self,
        start: usize,
        pieces: impl Iterator<Item = std::ops::Range<usize>>,
    ) {
        let mut ordered = Vec::with_capacity(self.bytes.len().saturating_sub(start));
        for piece in pieces {
            ordered.extend_from_slice(self.bytes.get(piece).unwrap_or_default());
        }
        self.bytes.truncate(start);
        self.bytes.append(&mut ordered);
    }
}

#[inline]
const fn low_byte(value: u64) -> u8 {
    (value & 0x7f) as u8
}

/// How many bytes a varint takes, from 1 to 10.
const fn varint_length(value: u64) -> usize {
    let bits = u64::BITS - (value | 1).leading_zeros();
    bits.div_ceil(7) as usize
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        reason = "tests fail by panicking"
    )]

    use super::{Writer, varint_length};
    use crate::otlp::wire::{Reader, Value};
    use proptest::prelude::*;

    proptest! {
        /// Varints are written as prost writes them.
        #[test]
        fn varints_agree_with_prost(value: u64) {
            let mut theirs = Vec::new();
            prost::encoding::encode_varint(value, &mut theirs);
            let mut writer = Writer::new();
            writer.put_varint(value);
            prop_assert_eq!(writer.bytes(), theirs.as_slice());
            prop_assert_eq!(varint_length(value), theirs.len());
        }

        /// What is written into an embedded message of any length is read back from it.
        #[test]
        fn embedded_messages_are_read_back(length in 0_usize..40_000, inner in 0_usize..200) {
            let mut writer = Writer::new();
            writer.varint_field(1, 5);
            writer.message_field(2, |writer| {
                writer.message_field(3, |writer| writer.put_raw(&vec![7; inner]));
                writer.bytes_field(4, &vec![9; length]);
            });
            writer.fixed32_field(5, 6);
            let fields: Vec<_> = Reader::new(writer.bytes()).collect();
            let [(1, Value::Varint(5)), (2, Value::Bytes(embedded)), (5, Value::Fixed32(6))] = fields.as_slice() else {
                return Err(TestCaseError::fail("the outer fields differ"));
            };
            let fields: Vec<_> = Reader::new(embedded).collect();
            prop_assert_eq!(fields, [(3, Value::Bytes(&vec![7; inner])), (4, Value::Bytes(&vec![9; length]))]);
        }
    }
}
