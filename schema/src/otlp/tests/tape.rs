//! Requests made from a tape of random bytes. A shorter tape makes a smaller request,
//! so that `proptest` can shrink what fails.

use crate::otlp::descriptor::{Field, Kind, Message, Presence, Role};
use crate::otlp::writer::Writer;

/// Random bytes, then zeros.
pub(in crate::otlp) struct Tape<'a> {
    bytes: &'a [u8],
}

impl<'a> Tape<'a> {
    pub(in crate::otlp) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    fn byte(&mut self) -> u8 {
        let (byte, rest) = self.bytes.split_first().unwrap_or((&0, &[]));
        self.bytes = rest;
        *byte
    }

    pub(super) fn below(&mut self, limit: usize) -> usize {
        usize::from(self.byte()) % limit
    }

    /// Small numbers and extreme ones more often than others.
    fn number(&mut self) -> u64 {
        match self.below(6) {
            0 => 0,
            1 => u64::MAX,
            2 => 1 << 63,
            3 | 4 => u64::from(self.byte()),
            _ => u64::from_le_bytes(std::array::from_fn(|_| self.byte())),
        }
    }

    fn double(&mut self) -> f64 {
        const SPECIAL: [f64; 8] =
            [0.0, -0.0, 1.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MIN_POSITIVE, 1e300];
        match self.below(12) {
            index @ 0..8 => SPECIAL[index],
            // One NaN is enough: JSON cannot tell them apart.
            _ => Some(f64::from_bits(self.number()))
                .filter(|number| !number.is_nan())
                .unwrap_or(f64::NAN),
        }
    }

    fn text(&mut self) -> &'static str {
        const TEXTS: [&str; 10] = [
            "",
            "key",
            "größe",
            "\"\\/\u{8}\u{c}\n\r\t",
            "\0\u{1f}\u{7f}",
            "😀",
            "{\"a\":1}",
            "\u{fffd}",
            "\u{2028}",
            "codex.tool_result",
        ];
        TEXTS[self.below(TEXTS.len())]
    }

    fn bytes(&mut self, most: usize) -> Vec<u8> {
        let length = self.below(most + 1);
        (0..length).map(|_| self.byte()).collect()
    }

    /// The fields of one message, in any order, with repeats.
    pub(in crate::otlp) fn message(
        &mut self,
        message: &'static Message,
        writer: &mut Writer,
        depth: u32,
    ) {
        let most = match message.role {
            Role::Group => 4,
            Role::Record(_) => 12,
            Role::Value => 2,
            Role::Part => 5,
        };
        for _ in 0..self.below(most + 1) {
            let field = &message.fields[self.below(message.fields.len())];
            match self.below(24) {
                0 => self.unknown(writer),
                _ => self.field(field, writer, depth),
            }
        }
    }

    fn field(&mut self, field: &'static Field, writer: &mut Writer, depth: u32) {
        let packed = field.presence == Presence::Repeated && self.below(2) == 0;
        match field.kind {
            Kind::Message(_) if depth > 20 => {}
            Kind::Message(inner) => {
                let embedded = writer.begin(field.number);
                self.message(inner, writer, depth + 1);
                writer.end(embedded);
            }
            Kind::String => writer.bytes_field(field.number, self.text().as_bytes()),
            Kind::Bytes | Kind::HexId => writer.bytes_field(field.number, &self.bytes(17)),
            Kind::Double if packed => {
                let bytes: Vec<u8> =
                    (0..self.below(4)).flat_map(|_| self.double().to_le_bytes()).collect();
                writer.bytes_field(field.number, &bytes);
            }
            Kind::Double => writer.fixed64_field(field.number, self.double().to_bits()),
            Kind::Fixed64 if packed => {
                let bytes: Vec<u8> =
                    (0..self.below(4)).flat_map(|_| self.number().to_le_bytes()).collect();
                writer.bytes_field(field.number, &bytes);
            }
            Kind::Fixed64 | Kind::Sfixed64 => writer.fixed64_field(field.number, self.number()),
            Kind::Fixed32 => {
                writer.fixed32_field(field.number, u32::try_from(self.number() >> 32).unwrap());
            }
            Kind::Uint64 if packed => {
                let embedded = writer.begin(field.number);
                for _ in 0..self.below(4) {
                    writer.put_varint(self.number());
                }
                writer.end(embedded);
            }
            Kind::Int32
            | Kind::Int64
            | Kind::Uint32
            | Kind::Uint64
            | Kind::Sint32
            | Kind::Bool
            | Kind::Enum(_) => {
                writer.varint_field(field.number, self.number());
            }
        }
    }

    /// Numbers no message of OTLP has, of every wire type.
    fn unknown(&mut self, writer: &mut Writer) {
        let number = 20 + u32::from(self.byte());
        match self.below(5) {
            0 => writer.varint_field(number, self.number()),
            1 => writer.fixed64_field(number, self.number()),
            2 => writer.bytes_field(number, &self.bytes(5)),
            3 => writer.fixed32_field(number, 7),
            _ => {
                writer.put_tag(number, 3);
                writer.varint_field(1, self.number());
                writer.put_tag(number, 4);
            }
        }
    }
}
