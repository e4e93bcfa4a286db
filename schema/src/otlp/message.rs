//! One embedded message as a sequence of fields, in one piece or several.
//!
//! Protobuf lets a writer send a singular embedded message in several pieces: a reader
//! must merge them, which for everything in OTLP means reading the pieces one after the
//! other. [`Message`] does just that, lazily: nearly always it is one slice; if not, it
//! also remembers where to look for the next piece. Two levels suffice, because below a
//! repeated field each element is one slice again, and OTLP never puts more than two
//! singular messages directly inside each other (`body` → `array_value`).

use super::descriptor;
use super::elements::{Element, Elements, Scalar, Scalars, UnknownFields};
use super::text::Text;
use super::wire::{Reader, Value};

/// One message, in one piece or several. Iterating over it gives its fields.
#[derive(Clone, Copy, Default)]
pub struct Message<'a> {
    piece: &'a [u8],
    middle: Pieces<'a>,
    outer: Pieces<'a>,
}

/// Where further pieces are found: the fields `number` of what is left of the parent.
#[derive(Clone, Copy, Default)]
struct Pieces<'a> {
    parent: &'a [u8],
    /// 0: there are none.
    number: u32,
}

impl<'a> Pieces<'a> {
    fn next(&mut self) -> Option<&'a [u8]> {
        let mut reader = Reader::new(self.parent);
        let number = self.number;
        let piece = reader.find_map(|field| match field {
            (found, Value::Bytes(bytes)) if found == number => Some(bytes),
            _ => None,
        });
        self.parent = reader.rest();
        piece
    }
}

impl<'a> Message<'a> {
    /// A message in one piece.
    #[inline]
    pub const fn whole(bytes: &'a [u8]) -> Self {
        let none = Pieces { parent: &[], number: 0 };
        Self { piece: bytes, middle: none, outer: none }
    }

    /// The bytes of a message in one piece.
    #[inline]
    pub(crate) const fn as_whole(self) -> Option<&'a [u8]> {
        if self.outer.number == 0 { Some(self.piece) } else { None }
    }

    /// The message that the fields `number` of `self`, put together, are.
    ///
    /// For a parent in one piece, or one in the pieces of a parent in one piece: OTLP has
    /// no other.
    pub(crate) const fn embedded(self, number: u32) -> Self {
        let pieces = Pieces { parent: self.piece, number };
        if self.outer.number == 0 {
            Self { piece: &[], middle: Pieces { parent: &[], number: 0 }, outer: pieces }
        } else {
            Self { piece: &[], middle: pieces, outer: self.outer }
        }
    }

    /// The member `number` of a oneof as protobuf merges it: an occurrence of another
    /// `member` forgets what was read of this one before.
    #[cold]
    pub(crate) fn embedded_in_oneof(self, number: u32, member: impl Fn(u32) -> bool) -> Self {
        let mut fields = self.into_iter();
        let mut run = self;
        while let Some((found, _)) = fields.next() {
            if found != number && member(found) {
                run = fields.rest();
            }
        }
        run.embedded(number)
    }

    /// The fields that the table does not name, each with its key, as they were sent.
    pub(crate) const fn unknown_fields(
        self,
        known: &'static descriptor::Message,
    ) -> UnknownFields<'a> {
        UnknownFields::new(Fields(self), known)
    }

    /// The elements of the repeated embedded message `number`.
    #[inline]
    pub(crate) const fn elements<T: Element<'a>>(self, number: u32) -> Elements<'a, T> {
        Elements::new(Fields(self), number)
    }

    /// The elements of the repeated scalar `number`, packed or not.
    #[inline]
    pub(crate) const fn scalars<T: Scalar>(self, number: u32) -> Scalars<'a, T> {
        Scalars::new(Fields(self), number)
    }

    /// What the three `Resource…` and the three `Scope…` messages share: the resource or
    /// scope in field 1 and the schema URL in field 3.
    pub(crate) fn origin(self) -> (Option<Self>, Text<'a>) {
        let mut origin = Singular::default();
        let mut schema_url = Text::default();
        for field in self {
            match field {
                (1, Value::Bytes(piece)) => origin.add(piece),
                (3, Value::Bytes(url)) => schema_url = Text::new(url),
                _ => {}
            }
        }
        (origin.message(self, 1), schema_url)
    }

    #[cold]
    fn next_piece(&mut self) -> bool {
        loop {
            let found =
                if self.middle.number == 0 { self.outer.next() } else { self.middle.next() };
            match found {
                Some([]) => {}
                Some(piece) => {
                    self.piece = piece;
                    return true;
                }
                None if self.middle.number == 0 => return false,
                None => match self.outer.next() {
                    Some(parent) => self.middle.parent = parent,
                    None => return false,
                },
            }
        }
    }

    /// Moves on to the next piece if this one is read; whether there is any to read.
    #[inline]
    fn advance(&mut self) -> bool {
        !self.piece.is_empty() || (self.outer.number != 0 && self.next_piece())
    }
}

impl<'a> IntoIterator for Message<'a> {
    type Item = (u32, Value<'a>);
    type IntoIter = Fields<'a>;

    #[inline]
    fn into_iter(self) -> Fields<'a> {
        Fields(self)
    }
}

/// Iterator over the fields of all pieces of a message; ends at bytes that make no sense.
#[derive(Clone)]
pub struct Fields<'a>(Message<'a>);

impl<'a> Fields<'a> {
    /// What has not been read yet, as a message.
    const fn rest(&self) -> Message<'a> {
        self.0
    }

    /// The next field's number, and the field as it was sent, key included.
    pub(crate) fn next_raw(&mut self) -> Option<(u32, &'a [u8])> {
        if !self.0.advance() {
            return None;
        }
        let before = self.0.piece;
        let (number, _) = self.next()?;
        let raw = before.get(..before.len() - self.0.piece.len())?;
        Some((number, raw))
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = (u32, Value<'a>);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if !self.0.advance() {
            return None;
        }
        let mut reader = Reader::new(self.0.piece);
        let field = reader.next();
        self.0.piece = reader.rest();
        field
    }
}

/// Collects the pieces of a singular embedded message while its parent is read.
#[derive(Clone, Copy, Default)]
pub(crate) struct Singular<'a> {
    first: Option<&'a [u8]>,
    split: bool,
}

impl<'a> Singular<'a> {
    #[inline]
    pub(crate) fn add(&mut self, piece: &'a [u8]) {
        if self.first.is_none() {
            self.first = Some(piece);
        } else {
            self.split = true;
        }
    }

    /// The message, if it was sent; `parent` and `number` are where it was found.
    #[inline]
    pub(crate) fn message(self, parent: Message<'a>, number: u32) -> Option<Message<'a>> {
        let first = self.first?;
        Some(if self.split { parent.embedded(number) } else { Message::whole(first) })
    }

    /// The same for a member of a oneof, when the pieces since the last change of member
    /// were added.
    #[inline]
    pub(crate) fn message_in_oneof(
        self,
        parent: Message<'a>,
        number: u32,
        member: impl Fn(u32) -> bool,
    ) -> Option<Message<'a>> {
        let first = self.first?;
        Some(if self.split {
            parent.embedded_in_oneof(number, member)
        } else {
            Message::whole(first)
        })
    }
}
