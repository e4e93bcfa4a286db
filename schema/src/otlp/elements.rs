//! Iterators over the repeated fields of a message, and over those nobody knows.

use std::marker::PhantomData;

use super::descriptor;
use super::message::Fields;
use super::text::Text;
use super::wire::{Value, read_fixed64, read_varint};

/// What a repeated element is read as.
pub trait Element<'a> {
    /// Reads the element from its bytes; bytes that make no sense read as far as they do.
    fn from_bytes(bytes: &'a [u8]) -> Self;
}

/// Iterator over a repeated embedded message.
#[derive(Clone)]
pub struct Elements<'a, T> {
    fields: Fields<'a>,
    number: u32,
    element: PhantomData<fn() -> T>,
}

impl<'a, T> Elements<'a, T> {
    #[inline]
    pub(super) const fn new(fields: Fields<'a>, number: u32) -> Self {
        Self { fields, number, element: PhantomData }
    }
}

impl<'a, T: Element<'a>> Iterator for Elements<'a, T> {
    type Item = T;

    #[inline]
    fn next(&mut self) -> Option<T> {
        loop {
            match self.fields.next()? {
                (found, Value::Bytes(bytes)) if found == self.number => {
                    return Some(T::from_bytes(bytes));
                }
                _ => {}
            }
        }
    }
}

impl<'a> Element<'a> for Text<'a> {
    fn from_bytes(bytes: &'a [u8]) -> Self {
        Text::new(bytes)
    }
}

/// A scalar that OTLP repeats.
pub trait Scalar: Sized {
    /// From a field of its own.
    fn from_value(value: Value<'_>) -> Option<Self>;
    /// The next of a packed field.
    fn from_packed(input: &mut &[u8]) -> Option<Self>;
}

/// A `fixed64`, as bucket counts of histograms are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fixed64(pub u64);

impl Scalar for Fixed64 {
    fn from_value(value: Value<'_>) -> Option<Self> {
        if let Value::Fixed64(bits) = value { Some(Self(bits)) } else { None }
    }

    fn from_packed(input: &mut &[u8]) -> Option<Self> {
        read_fixed64(input).ok().map(Self)
    }
}

impl Scalar for f64 {
    fn from_value(value: Value<'_>) -> Option<Self> {
        Fixed64::from_value(value).map(|Fixed64(bits)| Self::from_bits(bits))
    }

    fn from_packed(input: &mut &[u8]) -> Option<Self> {
        read_fixed64(input).ok().map(Self::from_bits)
    }
}

impl Scalar for u64 {
    fn from_value(value: Value<'_>) -> Option<Self> {
        if let Value::Varint(value) = value { Some(value) } else { None }
    }

    fn from_packed(input: &mut &[u8]) -> Option<Self> {
        read_varint(input).ok()
    }
}

/// Iterator over a repeated scalar, packed, not packed or mixed.
#[derive(Clone)]
pub struct Scalars<'a, T> {
    fields: Fields<'a>,
    number: u32,
    packed: &'a [u8],
    scalar: PhantomData<fn() -> T>,
}

impl<'a, T> Scalars<'a, T> {
    pub(super) const fn new(fields: Fields<'a>, number: u32) -> Self {
        Self { fields, number, packed: &[], scalar: PhantomData }
    }
}

impl<T: Scalar> Iterator for Scalars<'_, T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        loop {
            if !self.packed.is_empty() {
                return T::from_packed(&mut self.packed);
            }
            match self.fields.next()? {
                (found, Value::Bytes(packed)) if found == self.number => self.packed = packed,
                (found, value) if found == self.number => return T::from_value(value),
                _ => {}
            }
        }
    }
}

/// Iterator over the fields a message carries beyond those of this version of OTLP.
/// Each item is the field as sent, key included: appended to a message it is that field.
#[derive(Clone)]
pub struct UnknownFields<'a> {
    fields: Fields<'a>,
    known: &'static descriptor::Message,
}

impl<'a> UnknownFields<'a> {
    pub(super) const fn new(fields: Fields<'a>, known: &'static descriptor::Message) -> Self {
        Self { fields, known }
    }
}

impl<'a> Iterator for UnknownFields<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        loop {
            let (number, raw) = self.fields.next_raw()?;
            if self.known.field(number).is_none() {
                return Some(raw);
            }
        }
    }
}
