//! Tokens: `seam_otlp_` or `seam_api_` and 64 hex digits, which are 256 random bits.
//!
//! The prefix says what a token opens to whoever finds one in a file, and lets scanners for
//! secrets find it. A token is shown once; what is stored is its hash. Random bits need no
//! slow hash: there is nothing to guess.

use std::fmt::{self, Write};

use super::Door;

const RANDOM_BYTES: usize = 32;
const MAX_BYTES: usize = 128;

/// A token as its owner has it. Prints as `Token(..)`.
#[derive(Clone)]
pub struct Token(String);

/// The hash of a token: BLAKE3 over its text under a context of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TokenHash(pub(super) [u8; 32]);

impl Token {
    /// Makes a new one. Fails if the system gives no random bits.
    pub(super) fn generate(door: Door) -> Result<Self, getrandom::Error> {
        let mut random = [0_u8; RANDOM_BYTES];
        getrandom::fill(&mut random)?;
        let mut text = format!("seam_{}_", door.as_str());
        for byte in random {
            // Writing into a string cannot fail.
            write!(text, "{byte:02x}").ok();
        }
        Ok(Self(text))
    }

    /// Takes a token from a file; spaces around it are not part of it.
    pub(super) fn from_text(text: &str) -> Option<Self> {
        let text = text.trim();
        (text.starts_with("seam_") && text.len() <= MAX_BYTES).then(|| Self(text.to_owned()))
    }

    /// The text, to be shown once.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(..)")
    }
}

impl TokenHash {
    /// Hashes a presented text; `None` if it cannot be a token.
    pub(super) fn of(text: &str) -> Option<Self> {
        let plausible = text.starts_with("seam_") && text.len() <= MAX_BYTES;
        plausible.then(|| Self(blake3::derive_key("seam 2026 bearer token", text.as_bytes())))
    }

    /// Writes the hash as hex.
    pub(super) fn to_hex(self) -> String {
        blake3::Hash::from_bytes(self.0).to_hex().to_string()
    }

    /// Reads the hash from hex.
    pub(super) fn from_hex(hex: &str) -> Option<Self> {
        blake3::Hash::from_hex(hex).ok().map(|hash| Self(*hash.as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;

    /// Two tokens are never the same, say what they open, and do not show in `Debug`.
    #[test]
    fn tokens_are_random_and_do_not_print() {
        let one = Token::generate(Door::Otlp).unwrap();
        let other = Token::generate(Door::Otlp).unwrap();
        assert_ne!(one.reveal(), other.reveal());
        assert_eq!(one.reveal().len(), "seam_otlp_".len() + 64);
        assert!(Token::generate(Door::Api).unwrap().reveal().starts_with("seam_api_"));
        assert_eq!(format!("{one:?}"), "Token(..)");
    }

    /// A hash survives its file, and depends on every digit of the token.
    #[test]
    fn hashes_round_trip() {
        let hash = TokenHash::of("seam_otlp_00").unwrap();
        assert_eq!(TokenHash::from_hex(&hash.to_hex()), Some(hash));
        assert_ne!(TokenHash::of("seam_otlp_01"), Some(hash));
        assert_eq!(TokenHash::of("other_00"), None);
        assert_eq!(TokenHash::of(&format!("seam_{}", "x".repeat(200))), None);
    }
}
