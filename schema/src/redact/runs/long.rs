//! Runs of letters and digits that are long enough to be tokens, eight bytes at a time.

use std::ops::Range;

/// A run is at least so long.
const LEAST: usize = 16;
/// The high bit of each of eight bytes.
const HIGH: u64 = 0x8080_8080_8080_8080;
const EACH: u64 = 0x0101_0101_0101_0101;

/// Hands over every run that is long enough and not too long, until `each` says to stop; whether
/// it did.
pub(super) fn each(bytes: &[u8], mut each: impl FnMut(&Range<usize>) -> bool) -> bool {
    let mut at = 0;
    // A run that is long enough fills at least one block of eight.
    while let Some(block) = block(bytes, at) {
        if !may_be_alphanumeric(block) || alphanumeric(block) != HIGH {
            at += 8;
            continue;
        }
        let run = at - before(bytes, at)..at + 8 + behind(bytes, at + 8);
        if (LEAST..=super::MOST).contains(&run.len()) && each(&run) {
            return true;
        }
        at = run.end + 1;
    }
    false
}

#[inline]
fn block(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..)?.first_chunk().map(|block| u64::from_le_bytes(*block))
}

/// How many letters and digits stand right before a place; at most eight, since what comes before
/// was looked at.
#[inline]
fn before(bytes: &[u8], at: usize) -> usize {
    if let Some(block) = at.checked_sub(8).and_then(|from| block(bytes, from)) {
        return (!alphanumeric(block) & HIGH).leading_zeros() as usize / 8;
    }
    let head = bytes.get(..at).unwrap_or_default();
    head.iter().rev().take_while(|byte| byte.is_ascii_alphanumeric()).count()
}

/// How many letters and digits stand from a place on.
#[inline]
fn behind(bytes: &[u8], from: usize) -> usize {
    let mut at = from;
    while let Some(block) = block(bytes, at) {
        let other = !alphanumeric(block) & HIGH;
        if other != 0 {
            return at - from + other.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    let rest = bytes.get(at..).unwrap_or_default();
    at - from + rest.iter().take_while(|byte| byte.is_ascii_alphanumeric()).count()
}

/// Whether all eight bytes may be letters or digits: each has the bit that letters have, or both of
/// those that digits have. A few signs pass too.
#[inline]
const fn may_be_alphanumeric(block: u64) -> bool {
    const LETTER: u64 = 0x4040_4040_4040_4040;
    (block | (block << 1 & block << 2)) & LETTER == LETTER
}

/// The high bit of each byte that is a letter or a digit.
#[inline]
const fn alphanumeric(block: u64) -> u64 {
    // No byte carries into the next once the high bits are gone.
    let plain = block & !HIGH;
    let folded = plain | (0x20 * EACH);
    let letters = (folded + 0x1f * EACH) & !(folded + 0x05 * EACH);
    let digits = (plain + 0x50 * EACH) & !(plain + 0x46 * EACH);
    (letters | digits) & !block & HIGH
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{LEAST, each};

    proptest! {
        /// The runs are those that a plain search finds.
        #[test]
        fn finds_what_a_plain_search_finds(
            parts in proptest::collection::vec("([a-zA-Z0-9]{0,40}|[ -~]{0,9}|[@`{:/\\[é]{1,2})", 0..8),
        ) {
            let text = parts.concat();
            let mut found = Vec::new();
            each(text.as_bytes(), |run| {
                found.push(run.clone());
                false
            });
            let mut plain = Vec::new();
            let mut at = 0;
            for piece in text.as_bytes().split(|byte| !byte.is_ascii_alphanumeric()) {
                if (LEAST..=super::super::MOST).contains(&piece.len()) {
                    plain.push(at..at + piece.len());
                }
                at += piece.len() + 1;
            }
            prop_assert_eq!(found, plain);
        }
    }
}
