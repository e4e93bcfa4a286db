//! What stands in place of a secret: `[redacted:<rule>:<8 hex digits>]`.
//!
//! The digits are the first four bytes of BLAKE3 over the secret as it is meant, keyed: whoever
//! has not the key cannot try guesses, and equal secrets stay equal.

use std::ops::Range;

use super::layers::meant;

const OPENING: &[u8] = b"[redacted:";
/// The digits, and what stands around them.
const DIGITS: usize = 8;
/// No id of a rule is longer.
pub(crate) const ID_MOST: usize = 64;

/// The replacement of a secret.
pub(crate) fn mark(key: &[u8; 32], rule: &str, secret: &[u8]) -> String {
    let hash = blake3::keyed_hash(key, &meant(secret));
    let hex = hash.to_hex();
    format!("[redacted:{rule}:{}]", hex.get(..DIGITS).unwrap_or_default())
}

/// The replacements that stand in a text already.
pub(crate) fn marks(text: &[u8]) -> Vec<Range<usize>> {
    memchr::memmem::find_iter(text, OPENING)
        .filter_map(|start| {
            let rest = text.get(start + OPENING.len()..)?;
            let id = rest.iter().take(ID_MOST + 1).position(|byte| !is_id(*byte))?;
            let tail = rest.get(id..id + DIGITS + 2)?;
            let (colon, digits) = tail.split_first()?;
            let (bracket, digits) = digits.split_last()?;
            let whole = id > 0
                && *colon == b':'
                && *bracket == b']'
                && digits.iter().all(u8::is_ascii_hexdigit);
            whole.then_some(start..start + OPENING.len() + id + DIGITS + 2)
        })
        .collect()
}

/// What the id of a rule consists of.
pub(crate) const fn is_id(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'
}
