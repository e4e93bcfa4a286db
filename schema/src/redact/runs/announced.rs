//! Random text after a word that says that it is a secret.

use std::ops::Range;

use super::{MOST, TOKEN_MOST, has_file_ending, is_id_value};
use crate::redact::value::{entropy, mix, placeholder};

/// How far before a token a word may stand that announces it.
const WITHIN: usize = 48;
/// So many words may stand between.
const WORDS_BETWEEN: usize = 4;
/// What an encoding makes of the bytes before a token at most.
const ENCODED_WITHIN: usize = 348;

/// Words that announce a secret, in the singular; `api key` ends in one.
const ANNOUNCING: &[&[u8]] = &[
    b"password",
    b"passwd",
    b"passphrase",
    b"secret",
    b"token",
    b"apikey",
    b"key",
    b"credential",
    b"bearer",
    b"pat",
];

/// A part of each of them.
const PARTS: &[&[u8]] = &[b"key", b"tok", b"sec", b"pass", b"cred", b"bear", b"pat"];

/// So much of white space and quotation marks may stand between a text and who hands it over, and
/// so much with the word where it is encoded.
const HANDED: usize = 3;
const HANDED_WITHIN: usize = 40;

/// Words that hand a random text over if they stand right before it.
const HANDING: &[&[u8]] = &[b"use", b"using", b"with", b"enter", b"paste"];

const fn is_part(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'+' | b'/' | b'=' | b'~')
}

/// Where the token around a run begins.
pub(super) fn start_of(text: &[u8], run: &Range<usize>) -> usize {
    let head = text.get(..run.start).unwrap_or_default();
    run.start - head.iter().rev().take(MOST).take_while(|byte| is_part(**byte)).count()
}

/// What stands before a token, in its line.
fn line_before(text: &[u8], start: usize, within: usize) -> &[u8] {
    let before = text.get(start.saturating_sub(within)..start).unwrap_or_default();
    let cut = |byte: &u8| matches!(byte, b'\n' | b'\r' | b';' | b'{' | b'}');
    let from = before.iter().rposition(cut).map_or(0, |at| at + 1);
    before.get(from..).unwrap_or_default()
}

/// Whether a word may announce the token that begins here, on the wire and behind encodings too.
pub(super) fn may_be(bytes: &[u8], start: usize) -> bool {
    let line = line_before(bytes, start, ENCODED_WITHIN);
    if memchr::memchr2(b'\\', b'%', line).is_some() {
        let close = line.get(line.len().saturating_sub(HANDED_WITHIN)..).unwrap_or_default();
        return holds_any(line, PARTS) || holds_any(close, HANDING);
    }
    announces(line_before(bytes, start, WITHIN), true)
}

/// Whether one of the words stands in the bytes.
fn holds_any(line: &[u8], words: &[&[u8]]) -> bool {
    (0..line.len()).any(|at| {
        let rest = line.get(at..).unwrap_or_default();
        let begins = |word: &&[u8]| {
            rest.get(..word.len()).is_some_and(|begun| begun.eq_ignore_ascii_case(word))
        };
        words.iter().any(begins)
    })
}

/// The token around a run, if a word shortly before says that it is a secret.
pub(crate) fn announced(text: &[u8], run: &Range<usize>) -> Option<Range<usize>> {
    let start = start_of(text, run);
    if !announces(line_before(text, start, WITHIN), false) {
        return None;
    }
    let rest = text.get(run.end..)?;
    let mut end = run.end + rest.iter().take(MOST).take_while(|byte| is_part(**byte)).count();
    while end > run.end && matches!(text.get(end - 1), Some(b'.' | b'/')) {
        end -= 1;
    }
    let token = text.get(start..end)?;
    let mixed = mix(token);
    let both_cases =
        mixed.upper >= 2 && mixed.lower >= 2 && mixed.case_turns >= 2 && token.len() >= 20;
    let one_case = mixed.turns >= 4 && token.len() >= 24 && mixed.beyond_hex > 0;
    let shaped = both_cases || one_case;
    let path = memchr::memchr_iter(b'/', token).count() > 2 || token.first() == Some(&b'/');
    if token.len() > TOKEN_MOST || !shaped || path {
        return None;
    }
    if is_id_value(text.get(..start)?) {
        return None;
    }
    let secret = entropy(token) >= 3.4 && !placeholder(token) && !has_file_ending(token);
    secret.then_some(start..end)
}

/// Whether a word announces what comes after the bytes, at most four words later. On the wire one
/// more letter may stand before the first word of a text: its length.
fn announces(before: &[u8], wire: bool) -> bool {
    let is_letter = |byte: &u8| byte.is_ascii_alphanumeric();
    let mut rest = before;
    for words in 0..=WORDS_BETWEEN {
        let Some(last) = rest.iter().rposition(is_letter) else { return false };
        let between = rest.get(last + 1..).unwrap_or_default();
        if between.iter().any(|byte| matches!(byte, b'(' | b'[' | b']' | b'\\')) {
            return false;
        }
        let head = rest.get(..=last).unwrap_or_default();
        let first = head.iter().rposition(|byte| !is_letter(byte)).map_or(0, |at| at + 1);
        let (ahead, word) = head.split_at(first);
        let begins_a_text = wire && ahead.last().is_none_or(|byte| *byte < b' ' || *byte >= 0x80);
        let goes_on = between.first() == Some(&b'_');
        let near = words == 0 && between.len() <= HANDED;
        let says = |word: &[u8]| is_announcing(word) || (near && is_handing(word));
        if !goes_on && (says(word) || (begins_a_text && word.get(1..).is_some_and(says))) {
            return true;
        }
        if word.windows(2).any(|pair| pair.eq_ignore_ascii_case(b"id")) {
            return false;
        }
        rest = ahead;
    }
    false
}

fn is_announcing(word: &[u8]) -> bool {
    let is = |word: &[u8]| ANNOUNCING.iter().any(|known| known.eq_ignore_ascii_case(word));
    is(word) || matches!(word, [one @ .., b's' | b'S'] if is(one))
}

fn is_handing(word: &[u8]) -> bool {
    HANDING.iter().any(|known| known.eq_ignore_ascii_case(word))
}
