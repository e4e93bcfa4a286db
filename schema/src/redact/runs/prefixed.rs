//! Tokens that begin as services let theirs begin: a prefix or two, and a random body.

use std::ops::Range;

use super::ordinary::is_ordinary;
use super::{MOST, TOKEN_MOST, has_file_ending, is_id_value};
use crate::redact::value::{mix, random_body};

/// A body in base64 is at least so long.
const BASE64_LEAST: usize = 40;

/// The token around a run, if its prefix is one that services give to their tokens.
pub(crate) fn prefixed(text: &[u8], run: &Range<usize>) -> Option<Range<usize>> {
    narrow(text, run).or_else(|| base64(text, run))
}

const fn is_part(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')
}

/// The same for a token whose body has no `+` and no `/`.
fn narrow(text: &[u8], run: &Range<usize>) -> Option<Range<usize>> {
    let head = text.get(..run.start)?;
    let start = run.start - head.iter().rev().take(MOST).take_while(|byte| is_part(**byte)).count();
    if !may_begin(text, start) {
        return None;
    }
    let body = text.get(run.start..)?;
    let body_part =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'=');
    let mut end =
        run.start + body.iter().take(TOKEN_MOST + 1).take_while(|byte| body_part(**byte)).count();
    while end > run.end && matches!(text.get(end - 1), Some(b'.' | b'-' | b'_')) {
        end -= 1;
    }
    // A file's ending, or a path goes on.
    if matches!(text.get(end), Some(b'/' | b'(' | b'\\'))
        && text.get(end..end + 2) != Some(b"\\n")
        && text.get(end..end + 2) != Some(b"\\\"")
    {
        return None;
    }
    let token = text.get(start..end)?;
    if token.len() > TOKEN_MOST {
        return None;
    }
    let body = random_part(token)?;
    let body = body.strip_suffix(b"=").unwrap_or(body);
    (random_body(body) && !has_file_ending(body)).then_some(start..end)
}

/// Whether a token may begin here: not a name of a file, the rest of something longer, or an id.
fn may_begin(text: &[u8], start: usize) -> bool {
    let left = start.checked_sub(1).and_then(|at| text.get(at)).copied().unwrap_or(b' ');
    !matches!(left, b'/' | b'\\' | b'+' | b'@' | b'~' | b'#')
        && !is_id_value(text.get(..start).unwrap_or_default())
}

/// What a body of base64 consists of, and a prefix before it.
const fn is_base64_part(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'+' | b'/' | b'=')
}

/// Where a run in base64 begins, with its prefix.
fn base64_start(text: &[u8], run: &Range<usize>) -> usize {
    let head = text.get(..run.start).unwrap_or_default();
    run.start - head.iter().rev().take(MOST).take_while(|byte| is_base64_part(**byte)).count()
}

/// The token around a run, if it is a prefix with base64 behind it.
fn base64(text: &[u8], run: &Range<usize>) -> Option<Range<usize>> {
    let start = base64_start(text, run);
    if !may_begin(text, start) {
        return None;
    }
    let rest = text.get(run.end..)?;
    let length = rest.iter().take(MOST).take_while(|byte| is_base64_part(**byte)).count();
    let end = run.end + length;
    let body = random_part(text.get(start..end)?)?;
    let mixed = mix(body);
    let rich = |count: usize, in_hundred: usize| count * 100 >= body.len() * in_hundred;
    let random = body.len() >= BASE64_LEAST
        && rich(mixed.upper, 20)
        && rich(mixed.lower, 20)
        && rich(mixed.digits, 5)
        && !rich(mixed.other, 15)
        && random_body(body);
    random.then_some(start..end)
}

/// The random part of a token whose prefix is that of a service.
fn random_part(token: &[u8]) -> Option<&[u8]> {
    let (prefix, body) = token.split_at_checked(body_start(token)?)?;
    let mut begun = 0;
    let mut pieces = 0;
    for (at, byte) in prefix.iter().enumerate().filter(|(_, byte)| !byte.is_ascii_alphanumeric()) {
        let piece = prefix.get(begun..at).unwrap_or_default();
        if is_ordinary(piece, *byte) {
            return None;
        }
        pieces += usize::from(!piece.is_empty());
        begun = at + 1;
    }
    (pieces <= 4 && prefix.len() <= 32 && is_name(prefix)).then_some(body)
}

/// Where the random part of a token begins: after short pieces, at the first long one.
fn body_start(token: &[u8]) -> Option<usize> {
    let mut start = 0;
    for piece in token.split(|byte| matches!(byte, b'_' | b'-' | b'.')) {
        let mixed = mix(piece);
        let plain = piece.len() <= 12
            && (mixed.upper == 0 || mixed.lower == 0)
            && mixed.turns <= 3
            && mixed.digits <= 3;
        if !plain {
            return (start > 0).then_some(start);
        }
        start += piece.len() + 1;
    }
    None
}

/// A prefix begins with a letter, and one of its pieces is of two characters or more.
fn is_name(prefix: &[u8]) -> bool {
    prefix.first().is_some_and(u8::is_ascii_alphabetic)
        && prefix.iter().filter(|byte| byte.is_ascii_alphanumeric()).count() >= 2
}
