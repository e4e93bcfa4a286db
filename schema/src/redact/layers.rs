//! Text behind an encoding: JSON escapes and percent-encoding, and the way back.
//!
//! A layer is a text decoded once. Where it says nothing else, a byte stands for itself, so only
//! the places where it does not are kept.

use std::ops::Range;

/// An encoding that a text may stand in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// The escapes of a JSON string, or of a language that has the same.
    Json,
    /// `%2D`.
    Percent,
}

impl Encoding {
    pub(crate) const ALL: [Self; 2] = [Self::Json, Self::Percent];

    /// How often it may lie upon itself.
    pub(crate) const fn depth(self) -> u8 {
        match self {
            Self::Json => 3,
            Self::Percent => 2,
        }
    }

    /// A quotation mark in this encoding, given how it stands inside it.
    pub(crate) fn quote(self, inner: &str) -> String {
        match self {
            Self::Json => inner.replace('\\', "\\\\").replace('"', "\\\""),
            Self::Percent => inner.replace('"', "%22").replace('\\', "%5C"),
        }
    }

    /// The decoded byte or bytes at the start of `text`, and how long its code is; `None` if it
    /// stands for itself.
    fn unit(self, text: &[u8]) -> Option<(Unit, usize)> {
        match (self, text) {
            (Self::Percent, [b'%', high, low, ..]) => {
                let value = (digit(*high)? << 4) | digit(*low)?;
                Some((Unit::one(u8::try_from(value).ok()?), 3))
            }
            (Self::Json, [b'\\', b'u', rest @ ..]) => {
                let first = hex4(rest)?;
                if (0xd800..0xdc00).contains(&first)
                    && let Some([b'\\', b'u', low @ ..]) = rest.get(4..)
                    && let Some(low) = hex4(low)
                    && (0xdc00..0xe000).contains(&low)
                {
                    let point = 0x10000 + ((first - 0xd800) << 10) + (low - 0xdc00);
                    return Some((Unit::of(char::from_u32(point)?), 12));
                }
                Some((Unit::of(char::from_u32(first).unwrap_or('\u{fffd}')), 6))
            }
            (Self::Json, [b'\\', code, ..]) => {
                let byte = match code {
                    b'n' => b'\n',
                    b'r' => b'\r',
                    b't' => b'\t',
                    b'b' => 8,
                    b'f' => 12,
                    b'"' | b'\\' | b'/' | b'\'' => *code,
                    _ => return None,
                };
                Some((Unit::one(byte), 2))
            }
            _ => None,
        }
    }

    const fn mark(self) -> u8 {
        match self {
            Self::Json => b'\\',
            Self::Percent => b'%',
        }
    }
}

/// The bytes that one code stands for.
#[derive(Debug, Clone, Copy)]
struct Unit {
    bytes: [u8; 4],
    length: usize,
}

impl Unit {
    const fn one(byte: u8) -> Self {
        Self { bytes: [byte, 0, 0, 0], length: 1 }
    }

    fn of(character: char) -> Self {
        let mut bytes = [0; 4];
        let length = character.encode_utf8(&mut bytes).len();
        Self { bytes, length }
    }

    fn as_slice(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}

fn digit(byte: u8) -> Option<u32> {
    char::from(byte).to_digit(16)
}

fn hex4(text: &[u8]) -> Option<u32> {
    text.get(..4)?.iter().try_fold(0, |value, byte| Some(value << 4 | digit(*byte)?))
}

/// A decoded text and where its bytes came from.
#[derive(Debug)]
pub(crate) struct Layer {
    /// The text.
    pub text: Vec<u8>,
    codes: Vec<Code>,
}

/// One code: its place in the encoded and in the decoded text.
#[derive(Debug, Clone, Copy)]
struct Code {
    outer: usize,
    outer_end: usize,
    inner: usize,
    inner_end: usize,
}

impl Layer {
    /// Decodes a text once; `None` if nothing in it is encoded. A `&` that is not encoded ends a
    /// parameter where others are, so it is read as the end of a line.
    pub(crate) fn split(encoding: Encoding, outer: &[u8]) -> Option<Self> {
        let mut layer = Self::decode(encoding, outer)?;
        if encoding == Encoding::Percent {
            let codes = &layer.codes;
            let is_coded = |at: usize| {
                let index = codes.partition_point(|code| code.inner_end <= at);
                codes.get(index).is_some_and(|code| code.inner <= at)
            };
            let ends: Vec<usize> =
                memchr::memchr_iter(b'&', &layer.text).filter(|at| !is_coded(*at)).collect();
            for at in ends {
                if let Some(byte) = layer.text.get_mut(at) {
                    *byte = b'\n';
                }
            }
        }
        Some(layer)
    }

    /// Decodes a text once, as it is.
    fn decode(encoding: Encoding, outer: &[u8]) -> Option<Self> {
        let mut text = Vec::new();
        let mut codes = Vec::new();
        let mut copied = 0;
        let mut at = 0;
        while let Some(found) = memchr::memchr(encoding.mark(), outer.get(at..)?) {
            let mark = at + found;
            let Some((unit, length)) = outer.get(mark..).and_then(|rest| encoding.unit(rest))
            else {
                at = mark + 1;
                continue;
            };
            text.extend_from_slice(outer.get(copied..mark)?);
            let inner = text.len();
            text.extend_from_slice(unit.as_slice());
            codes.push(Code {
                outer: mark,
                outer_end: mark + length,
                inner,
                inner_end: text.len(),
            });
            at = mark + length;
            copied = at;
        }
        if codes.is_empty() {
            return None;
        }
        text.extend_from_slice(outer.get(copied..)?);
        Some(Self { text, codes })
    }

    /// Where a range of the decoded text stands in the encoded one, whole codes only. It ends at the
    /// latest where a string of JSON does: at a quotation mark that is not escaped.
    pub(crate) fn outer(
        &self,
        encoding: Encoding,
        encoded: &[u8],
        span: &Range<usize>,
    ) -> Range<usize> {
        let (start, end) = (self.outer_start(span.start), self.outer_end(span.end));
        if encoding == Encoding::Percent {
            return start..end;
        }
        let quotes = memchr::memchr_iter(b'"', encoded.get(start..end).unwrap_or_default());
        let coded = |at: usize| {
            let index = self.codes.partition_point(|code| code.outer_end <= at);
            self.codes.get(index).is_some_and(|code| code.outer <= at)
        };
        let first = quotes.map(|quote| start + quote).find(|at| !coded(*at));
        start..first.unwrap_or(end)
    }

    fn outer_start(&self, at: usize) -> usize {
        let index = self.codes.partition_point(|code| code.inner_end <= at);
        match self.codes.get(index) {
            Some(code) if code.inner <= at => code.outer,
            _ => self.beyond(index, at),
        }
    }

    fn outer_end(&self, at: usize) -> usize {
        let index = self.codes.partition_point(|code| code.inner_end < at);
        match self.codes.get(index) {
            Some(code) if code.inner < at => code.outer_end,
            _ => self.beyond(index, at),
        }
    }

    /// The place of a byte that stands for itself, after the first `index` codes.
    fn beyond(&self, index: usize, at: usize) -> usize {
        let before = index.checked_sub(1).and_then(|index| self.codes.get(index));
        before.map_or(at, |code| code.outer_end + (at - code.inner_end))
    }

    /// Widens a range of the encoded text so that it cuts no code in two.
    pub(crate) fn snap(&self, start: &mut usize, end: &mut usize) {
        let cut = |at: usize| {
            let index = self.codes.partition_point(|code| code.outer_end <= at);
            self.codes.get(index).filter(|code| code.outer < at)
        };
        if let Some(code) = cut(*start) {
            *start = code.outer;
        }
        if let Some(code) = cut(*end) {
            *end = code.outer_end;
        }
    }
}

/// A secret as it is meant, however it was written: decoded as often as anything is encoded, and
/// without white space, which differs where a key of many lines was put on one.
pub(crate) fn meant(secret: &[u8]) -> Vec<u8> {
    let mut text = secret.to_vec();
    for _ in 0..5 {
        let layers = Encoding::ALL.into_iter().find_map(|encoding| Layer::decode(encoding, &text));
        let Some(layer) = layers else { break };
        text = layer.text;
    }
    text.retain(|byte| !byte.is_ascii_whitespace());
    text
}
