//! `AnyValue`, `KeyValue` and the lists of them.

use std::fmt;

use super::descriptor;
use super::elements::{Element, Elements};
use super::message::{Message, Singular};
use super::text::Text;
use super::wire::{Reader, Value};

/// Numbers of the two members of `AnyValue` that are messages.
const ARRAY: u32 = 5;
const KVLIST: u32 = 6;

/// The value of an attribute or the body of a log record.
#[derive(Clone, Copy, Default)]
pub enum AnyValue<'a> {
    /// No value: agents send it for null. Also a value of a kind this version of OTLP
    /// does not know, and the string references that only profiles may use.
    #[default]
    Empty,
    /// `string_value`.
    Text(Text<'a>),
    /// `bool_value`.
    Bool(bool),
    /// `int_value`.
    Int(i64),
    /// `double_value`.
    Double(f64),
    /// `array_value`.
    Array(ArrayView<'a>),
    /// `kvlist_value`.
    KvList(KvListView<'a>),
    /// `bytes_value`.
    Bytes(&'a [u8]),
}

impl<'a> AnyValue<'a> {
    /// Reads the value from its encoded message.
    #[inline]
    pub fn new(bytes: &'a [u8]) -> Self {
        let (value, pieces) = Self::read(Reader::new(bytes));
        if pieces { value.merged(Message::whole(bytes)) } else { value }
    }

    /// Reads the value from its message, which may come in pieces.
    #[inline]
    pub(crate) fn from_message(message: Message<'a>) -> Self {
        if let Some(bytes) = message.as_whole() {
            return Self::new(bytes);
        }
        let (value, pieces) = Self::read(message.into_iter());
        if pieces { value.merged(message) } else { value }
    }

    /// The last member, and whether it is a list that comes in pieces.
    #[inline]
    fn read(fields: impl Iterator<Item = (u32, Value<'a>)>) -> (Self, bool) {
        let mut value = Self::Empty;
        let mut pieces = false;
        for field in fields {
            value = match field {
                (1, Value::Bytes(bytes)) => Self::Text(Text::new(bytes)),
                (2, Value::Varint(number)) => Self::Bool(number != 0),
                (3, Value::Varint(number)) => Self::Int(number.cast_signed()),
                (4, Value::Fixed64(bits)) => Self::Double(f64::from_bits(bits)),
                (ARRAY, Value::Bytes(bytes)) => {
                    pieces |= matches!(value, Self::Array(_));
                    Self::Array(ArrayView(Message::whole(bytes)))
                }
                (KVLIST, Value::Bytes(bytes)) => {
                    pieces |= matches!(value, Self::KvList(_));
                    Self::KvList(KvListView(Message::whole(bytes)))
                }
                (7, Value::Bytes(bytes)) => Self::Bytes(bytes),
                (8, Value::Varint(_)) => Self::Empty,
                _ => continue,
            };
        }
        (value, pieces)
    }

    #[cold]
    fn merged(self, message: Message<'a>) -> Self {
        let member = |number| descriptor::ANY_VALUE.field(number).is_some();
        match self {
            Self::Array(_) => Self::Array(ArrayView(message.embedded_in_oneof(ARRAY, member))),
            Self::KvList(_) => Self::KvList(KvListView(message.embedded_in_oneof(KVLIST, member))),
            other => other,
        }
    }

    /// The text, if the value is one and is UTF-8.
    #[inline]
    pub fn as_str(self) -> Option<&'a str> {
        if let Self::Text(text) = self { text.as_str() } else { None }
    }
}

/// Says of what kind a value is, not what it is: prompts and secrets stand in values.
impl fmt::Debug for AnyValue<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "Empty",
            Self::Text(_) => "Text(..)",
            Self::Bool(_) => "Bool(..)",
            Self::Int(_) => "Int(..)",
            Self::Double(_) => "Double(..)",
            Self::Array(_) => "Array(..)",
            Self::KvList(_) => "KvList(..)",
            Self::Bytes(_) => "Bytes(..)",
        })
    }
}

impl<'a> Element<'a> for AnyValue<'a> {
    #[inline]
    fn from_bytes(bytes: &'a [u8]) -> Self {
        Self::new(bytes)
    }
}

/// An `array_value`.
#[derive(Clone, Copy)]
pub struct ArrayView<'a>(Message<'a>);

impl<'a> ArrayView<'a> {
    /// The elements, in order.
    #[inline]
    pub fn values(self) -> Elements<'a, AnyValue<'a>> {
        self.0.elements(1)
    }
}

impl<'a> IntoIterator for ArrayView<'a> {
    type Item = AnyValue<'a>;
    type IntoIter = Elements<'a, AnyValue<'a>>;

    fn into_iter(self) -> Self::IntoIter {
        self.values()
    }
}

/// A `kvlist_value`. Keys may repeat.
#[derive(Clone, Copy)]
pub struct KvListView<'a>(Message<'a>);

impl<'a> KvListView<'a> {
    /// The entries, in order.
    #[inline]
    pub fn entries(self) -> Attributes<'a> {
        self.0.elements(1)
    }
}

impl<'a> IntoIterator for KvListView<'a> {
    type Item = KeyValue<'a>;
    type IntoIter = Attributes<'a>;

    fn into_iter(self) -> Self::IntoIter {
        self.entries()
    }
}

/// Iterator over a repeated `KeyValue`: attributes as sent, repeated keys included.
pub type Attributes<'a> = Elements<'a, KeyValue<'a>>;

/// One attribute, or one entry of a `kvlist_value`.
#[derive(Debug, Clone, Copy, Default)]
pub struct KeyValue<'a> {
    /// The key.
    pub key: Text<'a>,
    /// The value; [`AnyValue::Empty`] if none was sent.
    pub value: AnyValue<'a>,
}

impl<'a> Element<'a> for KeyValue<'a> {
    #[inline]
    fn from_bytes(bytes: &'a [u8]) -> Self {
        let mut key = Text::default();
        let mut value = Singular::default();
        for field in Reader::new(bytes) {
            match field {
                (1, Value::Bytes(bytes)) => key = Text::new(bytes),
                (2, Value::Bytes(bytes)) => value.add(bytes),
                _ => {}
            }
        }
        let value =
            value.message(Message::whole(bytes), 2).map(AnyValue::from_message).unwrap_or_default();
        Self { key, value }
    }
}
