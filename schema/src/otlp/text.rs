//! A string of a request, as its bytes.

use std::borrow::Cow;
use std::fmt;

/// A protobuf `string` field, borrowed from the request.
///
/// Protobuf demands UTF-8, senders do not always obey. What they send is kept and read
/// with U+FFFD in place of what is not UTF-8, rather than refused with all around it.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text<'a>(&'a [u8]);

impl<'a> Text<'a> {
    /// A text over bytes that may or may not be UTF-8.
    #[inline]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// The bytes as sent.
    #[inline]
    pub const fn bytes(self) -> &'a [u8] {
        self.0
    }

    /// Whether nothing was sent.
    #[inline]
    pub const fn is_empty(self) -> bool {
        self.0.is_empty()
    }

    /// The text, if it is UTF-8.
    #[inline]
    pub fn as_str(self) -> Option<&'a str> {
        std::str::from_utf8(self.0).ok()
    }

    /// Whether the bytes are UTF-8.
    #[inline]
    pub fn is_valid(self) -> bool {
        self.as_str().is_some()
    }

    /// The text with U+FFFD in place of what is not UTF-8; copies only if it must.
    #[inline]
    pub fn to_cow(self) -> Cow<'a, str> {
        String::from_utf8_lossy(self.0)
    }
}

impl<'a> From<&'a str> for Text<'a> {
    fn from(text: &'a str) -> Self {
        Self(text.as_bytes())
    }
}

impl PartialEq<str> for Text<'_> {
    fn eq(&self, other: &str) -> bool {
        self.0 == other.as_bytes()
    }
}

impl PartialEq<&str> for Text<'_> {
    fn eq(&self, other: &&str) -> bool {
        self.0 == other.as_bytes()
    }
}

/// Says how long the text is, not what it says: prompts and secrets stand in texts.
impl fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Text({} bytes)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        reason = "tests fail by panicking"
    )]

    use super::Text;

    /// What is not UTF-8 is read with U+FFFD and known as such.
    #[test]
    fn reads_invalid_utf8_lossily() {
        let text = Text::new(b"a\xffb");
        assert_eq!(text.as_str(), None);
        assert!(!text.is_valid());
        assert_eq!(text.to_cow(), "a\u{fffd}b");
        assert_eq!(text.bytes(), b"a\xffb");
    }

    /// What is UTF-8 is borrowed.
    #[test]
    fn borrows_valid_utf8() {
        let text = Text::from("größe");
        assert_eq!(text.as_str(), Some("größe"));
        assert!(matches!(text.to_cow(), std::borrow::Cow::Borrowed(_)));
    }

    /// `Debug` never shows content.
    #[test]
    fn debug_hides_content() {
        assert_eq!(format!("{:?}", Text::from("secret")), "Text(6 bytes)");
    }
}
