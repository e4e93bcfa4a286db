//! A JSON reader that pulls one token after another out of a byte slice.
//!
//! Why not `serde_json`: agents cut long strings in the middle of a surrogate pair, and
//! JavaScript then writes `"\ud83d"`. `serde_json` refuses the document, and with it a
//! whole batch of telemetry; here a lone surrogate is U+FFFD, and bytes that are not
//! UTF-8 pass as they are, like in protobuf. Also an error never quotes content, and
//! the depth is the caller's to limit. In all else the grammar is RFC 8259, strictly;
//! tests hold it against `serde_json`.

use std::borrow::Cow;

/// Values that are skipped may nest this deep.
const SKIP_DEPTH_LIMIT: u32 = u128::BITS;

/// What is wrong, and where in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Syntax {
    /// Bytes from the start of the text.
    pub(crate) offset: usize,
    /// Said without quoting content.
    pub(crate) reason: &'static str,
}

/// Stands somewhere in a JSON text.
#[derive(Debug, Clone)]
pub(crate) struct Reader<'a> {
    text: &'a [u8],
    offset: usize,
}

impl<'a> Reader<'a> {
    pub(crate) const fn new(text: &'a [u8]) -> Self {
        Self { text, offset: 0 }
    }

    /// An error at where the reader stands.
    pub(crate) const fn fault(&self, reason: &'static str) -> Syntax {
        Syntax { offset: self.offset, reason }
    }

    /// The first byte of the next token; 0 at the end of the text (no token begins so).
    pub(crate) fn peek(&mut self) -> u8 {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.text.get(self.offset) {
            self.offset += 1;
        }
        self.text.get(self.offset).copied().unwrap_or_default()
    }

    /// Nothing but white space may follow.
    pub(crate) fn end(&mut self) -> Result<(), Syntax> {
        self.peek();
        if self.offset == self.text.len() {
            Ok(())
        } else {
            Err(self.fault("something follows the end of the JSON text"))
        }
    }

    /// Consumes the byte that begins an object or an array.
    pub(crate) fn open(&mut self, bracket: u8, reason: &'static str) -> Result<(), Syntax> {
        if self.peek() != bracket {
            return Err(self.fault(reason));
        }
        self.offset += 1;
        Ok(())
    }

    /// Whether another element follows in the object or array that ends with `close`;
    /// consumes the comma before it or the end.
    pub(crate) fn another(&mut self, first: &mut bool, close: u8) -> Result<bool, Syntax> {
        let was_first = std::mem::replace(first, false);
        match self.peek() {
            byte if byte == close => {
                self.offset += 1;
                Ok(false)
            }
            b',' if !was_first => {
                self.offset += 1;
                if self.peek() == close {
                    Err(self.fault("a comma before the end of a list"))
                } else {
                    Ok(true)
                }
            }
            _ if was_first => Ok(true),
            _ => Err(self.fault("a comma or the end of a list is missing")),
        }
    }

    /// The key of an object's entry, with the colon after it.
    pub(crate) fn key(&mut self) -> Result<Cow<'a, [u8]>, Syntax> {
        let key = self.string("a key is missing")?;
        self.open(b':', "a colon is missing after a key")?;
        Ok(key)
    }

    /// `null`, if it is next.
    pub(crate) fn null(&mut self) -> Result<bool, Syntax> {
        if self.peek() != b'n' {
            return Ok(false);
        }
        self.literal(b"null").map(|()| true)
    }

    /// `true` or `false`.
    pub(crate) fn bool(&mut self) -> Result<bool, Syntax> {
        match self.peek() {
            b't' => self.literal(b"true").map(|()| true),
            b'f' => self.literal(b"false").map(|()| false),
            _ => Err(self.fault("true or false was expected")),
        }
    }

    fn literal(&mut self, word: &'static [u8]) -> Result<(), Syntax> {
        let end = self.offset + word.len();
        if self.text.get(self.offset..end) != Some(word) {
            return Err(self.fault("not a JSON value"));
        }
        self.offset = end;
        Ok(())
    }

    /// A number as it stands in the text.
    pub(crate) fn number(&mut self) -> Result<&'a str, Syntax> {
        self.peek();
        let start = self.offset;
        self.one_of(b"-");
        if !self.one_of(b"0") {
            self.digits()?;
        }
        if self.one_of(b".") {
            self.digits()?;
        }
        if self.one_of(b"eE") {
            self.one_of(b"+-");
            self.digits()?;
        }
        let number = self.text.get(start..self.offset).unwrap_or_default();
        std::str::from_utf8(number).map_err(|_| self.fault("not a number"))
    }

    fn one_of(&mut self, bytes: &[u8]) -> bool {
        let found = self.text.get(self.offset).is_some_and(|byte| bytes.contains(byte));
        self.offset += usize::from(found);
        found
    }

    fn digits(&mut self) -> Result<(), Syntax> {
        let rest = self.text.get(self.offset..).unwrap_or_default();
        let count = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        self.offset += count;
        if count == 0 { Err(self.fault("not a JSON value")) } else { Ok(()) }
    }

    /// A string, borrowed if nothing in it is escaped. What is not UTF-8 stays as it is.
    pub(crate) fn string(&mut self, reason: &'static str) -> Result<Cow<'a, [u8]>, Syntax> {
        self.open(b'"', reason)?;
        let start = self.offset;
        self.plain_run();
        let plain = self.text.get(start..self.offset).unwrap_or_default();
        if self.one_of(b"\"") {
            return Ok(Cow::Borrowed(plain));
        }
        let mut owned = plain.to_vec();
        while !self.one_of(b"\"") {
            if !self.one_of(b"\\") {
                return Err(self.fault("a string does not end or holds a control character"));
            }
            self.escape(&mut owned)?;
            let start = self.offset;
            self.plain_run();
            owned.extend_from_slice(self.text.get(start..self.offset).unwrap_or_default());
        }
        Ok(Cow::Owned(owned))
    }

    fn plain_run(&mut self) {
        let rest = self.text.get(self.offset..).unwrap_or_default();
        let plain = |byte: &u8| *byte >= 0x20 && *byte != b'"' && *byte != b'\\';
        self.offset += rest.iter().take_while(|byte| plain(byte)).count();
    }

    /// What follows a backslash.
    fn escape(&mut self, out: &mut Vec<u8>) -> Result<(), Syntax> {
        let escaped = self.text.get(self.offset).copied().unwrap_or_default();
        let byte = match escaped {
            b'"' | b'\\' | b'/' => escaped,
            b'b' => 0x08,
            b'f' => 0x0c,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'u' => {
                self.offset += 1;
                let character = self.unicode_escape()?;
                out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                return Ok(());
            }
            _ => return Err(self.fault("an escape that JSON does not know")),
        };
        self.offset += 1;
        out.push(byte);
        Ok(())
    }

    /// A surrogate without its partner is U+FFFD; what follows it is read on its own.
    fn unicode_escape(&mut self) -> Result<char, Syntax> {
        let unit = self.hex4()?;
        if !(0xd800..0xdc00).contains(&unit) {
            return Ok(char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER));
        }
        let behind_high = self.offset;
        if self.one_of(b"\\") && self.one_of(b"u") {
            let low = self.hex4()?;
            if (0xdc00..0xe000).contains(&low) {
                let code = 0x1_0000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
                return Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
        }
        self.offset = behind_high;
        Ok(char::REPLACEMENT_CHARACTER)
    }

    fn hex4(&mut self) -> Result<u32, Syntax> {
        let digits = self.text.get(self.offset..self.offset + 4).unwrap_or_default();
        let unit = digits
            .iter()
            .try_fold(0, |unit, byte| Some(unit << 4 | char::from(*byte).to_digit(16)?));
        match unit {
            Some(unit) if digits.len() == 4 => {
                self.offset += 4;
                Ok(unit)
            }
            _ => Err(self.fault("four hex digits are missing after \\u")),
        }
    }

    /// Passes over one value, checking its grammar. Needs no stack for what nests: one
    /// bit per level says whether it is an object.
    pub(crate) fn skip(&mut self) -> Result<(), Syntax> {
        let mut objects = 0_u128;
        let mut depth = 0_u32;
        let mut first = true;
        loop {
            match self.peek() {
                bracket @ (b'{' | b'[') => {
                    if depth == SKIP_DEPTH_LIMIT {
                        return Err(self.fault("an unknown field nests too deep"));
                    }
                    self.offset += 1;
                    objects = objects << 1 | u128::from(bracket == b'{');
                    depth += 1;
                    first = true;
                }
                b'"' => drop(self.string("")?),
                b't' | b'f' => drop(self.bool()?),
                b'n' => drop(self.null()?),
                _ => drop(self.number()?),
            }
            // The value is read, or a list was opened: go to the next value.
            loop {
                if depth == 0 {
                    return Ok(());
                }
                let in_object = objects & 1 == 1;
                if self.another(&mut first, if in_object { b'}' } else { b']' })? {
                    if in_object {
                        self.key()?;
                    }
                    break;
                }
                objects >>= 1;
                depth -= 1;
            }
        }
    }
}

#[cfg(test)]
mod tests;
