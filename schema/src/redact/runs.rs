//! Runs of letters and digits that look random, and tokens around them: how a token of a service
//! nobody wrote a rule for is found.

mod announced;
mod long;
mod ordinary;
mod prefixed;

use std::ops::Range;

use super::value::{Mix, mix, wordy};

pub(crate) use announced::announced;
use ordinary::is_ordinary;
pub(crate) use prefixed::prefixed;

/// A longer run is a blob, not a token.
const MOST: usize = 600;
/// Unknown tokens are at most so long.
const TOKEN_MOST: usize = 300;
/// So much of an escape may stand before a token and look like its begin: `u003d`.
const ESCAPED: usize = 5;

/// What vendors' tokens begin with that are runs as a whole.
#[derive(Debug)]
pub(crate) struct Leads {
    texts: Vec<Vec<u8>>,
    /// Which bytes these begin with.
    first: [bool; 256],
}

impl Leads {
    /// Of the texts that rules begin with those without a separator: it joins what follows to it.
    pub(crate) fn new(texts: impl Iterator<Item = Vec<u8>>) -> Self {
        let whole = |text: &Vec<u8>| !text.is_empty() && text.iter().all(u8::is_ascii_alphanumeric);
        let texts: Vec<Vec<u8>> = texts.filter(whole).collect();
        let mut first = [false; 256];
        for byte in texts.iter().filter_map(|text| text.first()) {
            if let Some(known) = first.get_mut(usize::from(*byte)) {
                *known = true;
            }
        }
        Self { texts, first }
    }

    /// Whether one stands at the begin of a run, or behind what is left there of an escape.
    fn begin(&self, run: &[u8]) -> bool {
        (0..=ESCAPED).any(|at| {
            let rest = run.get(at..).unwrap_or_default();
            let known = |byte: &u8| self.first.get(usize::from(*byte)).copied().unwrap_or(false);
            rest.first().is_some_and(known) && self.texts.iter().any(|text| rest.starts_with(text))
        })
    }
}

/// Hands over every run that looks random, until `each` says to stop; whether it did. With the
/// begins of vendors' tokens only those that a rule could find.
pub(crate) fn each_random(
    bytes: &[u8],
    leads: Option<&Leads>,
    mut each: impl FnMut(&Range<usize>) -> bool,
) -> bool {
    long::each(bytes, |run| {
        // Many runs are random, few tell anything.
        leads.is_none_or(|leads| is_telling(bytes, run, leads))
            && is_random(bytes, run.start, run.end)
            && each(run)
    })
}

/// Whether a rule could find such a run: something joins it to a prefix or to a further piece, a
/// vendor's token may begin in it, or a word before it announces a secret. Most blobs and digests
/// are none of these. Also holds on the wire, and for what stands behind encodings.
fn is_telling(bytes: &[u8], run: &Range<usize>, leads: &Leads) -> bool {
    let at = |index: Option<usize>| index.and_then(|index| bytes.get(index)).copied();
    let joins = |byte: Option<u8>| matches!(byte, Some(b'_' | b'-' | b'.'));
    if joins(at(run.start.checked_sub(1))) || joins(at(Some(run.end))) {
        return true;
    }
    if leads.begin(bytes.get(run.clone()).unwrap_or_default()) {
        return true;
    }
    // A prefix before base64; lumps without one have neither sign.
    let start = announced::start_of(bytes, run);
    let head = bytes.get(start..run.start).unwrap_or_default();
    memchr::memchr2(b'_', b'-', head).is_some() || announced::may_be(bytes, start)
}

fn is_random(bytes: &[u8], start: usize, end: usize) -> bool {
    let run = bytes.get(start..end).unwrap_or_default();
    let mix = mix(run);
    if mix.digits == 0 || mix.digits == run.len() {
        return false;
    }
    let before = before(bytes, start);
    let hex = mix.beyond_hex == 0 && (mix.upper == 0 || mix.lower == 0);
    if hex && (run.len() < 32 || before.is_none()) {
        return false;
    }
    !before.is_some_and(|(piece, separator)| is_ordinary(piece, separator))
        && (hex || (is_uneven(&mix) && !wordy(run)))
}

/// Digits between letters, or letters of both cases mixed.
const fn is_uneven(mix: &Mix) -> bool {
    mix.turns >= 2 || mix.case_turns >= 2
}

/// The piece before a run and what stands between, if that is `_`, `-` or `.`. The `n` of an escaped
/// line's end is no part of it.
fn before(bytes: &[u8], start: usize) -> Option<(&[u8], u8)> {
    let separator = start.checked_sub(1)?;
    let between = *bytes.get(separator)?;
    if !matches!(between, b'_' | b'-' | b'.') {
        return None;
    }
    let head = bytes.get(..separator)?;
    let length = head.iter().rev().take(24).take_while(|byte| byte.is_ascii_alphanumeric()).count();
    let (ahead, piece) = head.split_at_checked(separator - length)?;
    let piece = match (ahead, piece) {
        ([.., b'\\'], [b'n' | b'r' | b't', rest @ ..]) => rest,
        _ => piece,
    };
    (!piece.is_empty()).then_some((piece, between))
}

/// Whether what stands before a value is the name of an id: `session_id=`, `"callId":"`, `id: `.
fn is_id_value(before: &[u8]) -> bool {
    let quotes = |byte: &u8| matches!(byte, b'"' | b'\'' | b'\\' | b' ' | b'`');
    let trimmed = |text: &[u8]| {
        text.len() - text.iter().rev().take(8).take_while(|byte| quotes(byte)).count()
    };
    let Some((b':' | b'=', name)) = before.get(..trimmed(before)).and_then(<[u8]>::split_last)
    else {
        return false;
    };
    let name = name.get(..trimmed(name)).unwrap_or_default();
    [b"id".as_slice(), b"Id", b"ID", b"ids", b"Ids"].iter().any(|word| name.ends_with(word))
}

/// `….js`, `….tar.gz`.
fn has_file_ending(body: &[u8]) -> bool {
    let ending = body.rsplit(|byte| *byte == b'.').next().unwrap_or_default();
    body.contains(&b'.') && ending.len() <= 5 && mix(ending).digits <= 1
}
