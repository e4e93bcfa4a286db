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

const fn is_part(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'+' | b'/' | b'=' | b'~')
}

/// Where the token around a run begins.
fn start_of(text: &[u8], run: &Range<usize>) -> usize {
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

/// Whether a word may announce the run, on the wire and behind encodings too.
pub(crate) fn may_be(bytes: &[u8], run: &Range<usize>) -> bool {
    let start = start_of(bytes, run);
    let line = line_before(bytes, start, ENCODED_WITHIN);
    if memchr::memchr2(b'\\', b'%', line).is_some() {
        return holds_part(line);
    }
    announces(line_before(bytes, start, WITHIN), true)
}

/// Whether a part of a word that announces a secret stands in the bytes.
fn holds_part(line: &[u8]) -> bool {
    const PARTS: &[&[u8]] = &[b"key", b"tok", b"sec", b"pass", b"cred", b"bear", b"pat"];
    (0..line.len()).any(|at| {
        let rest = line.get(at..).unwrap_or_default();
        let begins = |part: &&[u8]| {
            rest.get(..part.len()).is_some_and(|begun| begun.eq_ignore_ascii_case(part))
        };
        PARTS.iter().any(begins)
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
    for _ in 0..=WORDS_BETWEEN {
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
        if !goes_on
            && (is_announcing(word) || (begins_a_text && word.get(1..).is_some_and(is_announcing)))
        {
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
