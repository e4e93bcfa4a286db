//! Scalars of OTLP/JSON and how they stand on the wire.

use std::borrow::Cow;

use super::reader::{Reader, Syntax};
use crate::otlp::base64;
use crate::otlp::descriptor::{Field, Kind, Presence};
use crate::otlp::writer::Writer;

/// A scalar as the wire has it.
enum Scalar<'a> {
    Varint(u64),
    Fixed64(u64),
    Fixed32(u32),
    Bytes(Cow<'a, [u8]>),
}

impl Scalar<'_> {
    /// Whether proto3 leaves a field of implicit presence out. A double of -0.0 counts
    /// as 0, as it does for `prost`.
    fn is_default(&self, kind: Kind) -> bool {
        match self {
            Self::Fixed64(bits) if matches!(kind, Kind::Double) => f64::from_bits(*bits) == 0.0,
            Self::Varint(value) | Self::Fixed64(value) => *value == 0,
            Self::Fixed32(value) => *value == 0,
            Self::Bytes(bytes) => bytes.is_empty(),
        }
    }
}

/// Reads the field's value and writes the field, unless its default need not be sent.
pub(super) fn write(
    reader: &mut Reader<'_>,
    field: &Field,
    writer: &mut Writer,
) -> Result<(), Syntax> {
    let scalar = read(reader, field.kind)?;
    if field.presence == Presence::Implicit && scalar.is_default(field.kind) {
        return Ok(());
    }
    match scalar {
        Scalar::Varint(value) => writer.varint_field(field.number, value),
        Scalar::Fixed64(bits) => writer.fixed64_field(field.number, bits),
        Scalar::Fixed32(bits) => writer.fixed32_field(field.number, bits),
        Scalar::Bytes(bytes) => writer.bytes_field(field.number, &bytes),
    }
    Ok(())
}

/// Reads one element of a packed field and writes it.
pub(super) fn write_packed(
    reader: &mut Reader<'_>,
    kind: Kind,
    writer: &mut Writer,
) -> Result<(), Syntax> {
    match read(reader, kind)? {
        Scalar::Varint(value) => writer.put_varint(value),
        Scalar::Fixed64(bits) => writer.put_raw(&bits.to_le_bytes()),
        Scalar::Fixed32(bits) => writer.put_raw(&bits.to_le_bytes()),
        Scalar::Bytes(bytes) => writer.put_raw(&bytes),
    }
    Ok(())
}

fn read<'a>(reader: &mut Reader<'a>, kind: Kind) -> Result<Scalar<'a>, Syntax> {
    reader.peek();
    let start = reader.fault("the number does not fit the field");
    let out_of_range = |_| start;
    Ok(match kind {
        Kind::Double => Scalar::Fixed64(double(reader)?.to_bits()),
        Kind::Fixed64 => Scalar::Fixed64(unsigned(reader)?),
        Kind::Uint64 => Scalar::Varint(unsigned(reader)?),
        Kind::Fixed32 => Scalar::Fixed32(u32::try_from(unsigned(reader)?).map_err(out_of_range)?),
        Kind::Uint32 => {
            Scalar::Varint(u32::try_from(unsigned(reader)?).map_err(out_of_range)?.into())
        }
        Kind::Sfixed64 => Scalar::Fixed64(signed(reader)?.cast_unsigned()),
        Kind::Int64 => Scalar::Varint(signed(reader)?.cast_unsigned()),
        Kind::Int32 => {
            Scalar::Varint(sign_extended(i32::try_from(signed(reader)?).map_err(out_of_range)?))
        }
        Kind::Sint32 => {
            Scalar::Varint(zigzag(i32::try_from(signed(reader)?).map_err(out_of_range)?))
        }
        Kind::Enum(names) => Scalar::Varint(sign_extended(enumeration(reader, names)?)),
        Kind::Bool => Scalar::Varint(reader.bool()?.into()),
        Kind::String => Scalar::Bytes(reader.string("a string was expected")?),
        Kind::Bytes => {
            let text = reader.string("base64 in a string was expected")?;
            Scalar::Bytes(
                base64::decode(&text)
                    .ok_or(Syntax { reason: "the string is not base64", ..start })?
                    .into(),
            )
        }
        Kind::HexId => {
            let text = reader.string("an id in hex in a string was expected")?;
            Scalar::Bytes(
                hex(&text).ok_or(Syntax { reason: "the string is not hex", ..start })?.into(),
            )
        }
        Kind::Message(_) => return Err(Syntax { reason: "a scalar was expected", ..start }),
    })
}

/// How protobuf writes a negative `int32`: as if it were 64 bits wide.
fn sign_extended(value: i32) -> u64 {
    i64::from(value).cast_unsigned()
}

fn zigzag(value: i32) -> u64 {
    u64::from((value << 1 ^ value >> 31).cast_unsigned())
}

/// The text of a number, which may stand in a string.
fn number<'a>(reader: &mut Reader<'a>) -> Result<Cow<'a, str>, Syntax> {
    if reader.peek() != b'"' {
        return reader.number().map(Cow::Borrowed);
    }
    let fault = reader.fault("the string is not a number");
    let text = reader.string("")?;
    let mut inner = Reader::new(&text);
    let starts_well = matches!(inner.peek(), b'-' | b'0'..=b'9');
    match inner.number() {
        Ok(number) if starts_well && number.len() == text.len() => {
            Ok(Cow::Owned(number.to_owned()))
        }
        _ => Err(fault),
    }
}

/// Integers may be written like `1e3` or `2.0` too, as long as they are whole.
fn unsigned(reader: &mut Reader<'_>) -> Result<u64, Syntax> {
    reader.peek();
    let fault = reader.fault("not a whole number that fits the field");
    let text = number(reader)?;
    if let Ok(value) = text.parse::<u64>() {
        return Ok(value);
    }
    match whole(&text) {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "within the range of u64"
        )]
        Some(value) if (0.0..18_446_744_073_709_551_616.0).contains(&value) => Ok(value as u64),
        _ => Err(fault),
    }
}

fn signed(reader: &mut Reader<'_>) -> Result<i64, Syntax> {
    reader.peek();
    let fault = reader.fault("not a whole number that fits the field");
    let text = number(reader)?;
    if let Ok(value) = text.parse::<i64>() {
        return Ok(value);
    }
    match whole(&text) {
        #[expect(clippy::cast_possible_truncation, reason = "within the range of i64")]
        Some(value)
            if (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&value) =>
        {
            Ok(value as i64)
        }
        _ => Err(fault),
    }
}

/// Only numbers with a fraction or an exponent: plain digits that do not fit an integer
/// must not be rounded to one that does.
fn whole(text: &str) -> Option<f64> {
    let scientific = text.contains(['.', 'e', 'E']) || text == "-0";
    let value = text.parse::<f64>().ok().filter(|value| value.fract() == 0.0)?;
    scientific.then_some(value)
}

fn double(reader: &mut Reader<'_>) -> Result<f64, Syntax> {
    reader.peek();
    let fault = reader.fault("not a number that fits a double");
    if reader.peek() == b'"' {
        let special = match reader.clone().string("")?.as_ref() {
            b"NaN" => Some(f64::NAN),
            b"Infinity" => Some(f64::INFINITY),
            b"-Infinity" => Some(f64::NEG_INFINITY),
            _ => None,
        };
        if let Some(special) = special {
            reader.string("")?;
            return Ok(special);
        }
    }
    let value = number(reader)?.parse::<f64>().map_err(|_| fault)?;
    if value.is_finite() { Ok(value) } else { Err(fault) }
}

fn enumeration(reader: &mut Reader<'_>, names: &[(&str, i32)]) -> Result<i32, Syntax> {
    reader.peek();
    let fault = reader.fault("not a value of the enum");
    if reader.peek() == b'"' {
        let text = reader.string("")?;
        let known = names.iter().find(|(name, _)| name.as_bytes() == text.as_ref());
        return known.map(|(_, number)| *number).ok_or(fault);
    }
    i32::try_from(signed(reader)?).map_err(|_| fault)
}

fn hex(text: &[u8]) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let (pairs, []) = text.as_chunks::<2>() else { return None };
    pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?)).collect()
}
