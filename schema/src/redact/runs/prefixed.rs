//! Tokens that begin as services let theirs begin: a prefix or two, and a random body.

use std::ops::Range;

use super::ordinary::is_ordinary;
use super::{MOST, TOKEN_MOST, has_file_ending, is_id_value};
use crate::redact::value::{mix, random_body};

/// The token around a run, if its prefix is one that services give to their tokens.
pub(crate) fn prefixed(text: &[u8], run: &Range<usize>) -> Option<Range<usize>> {
    let part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    let head = text.get(..run.start)?;
    let start = run.start - head.iter().rev().take(MOST).take_while(|byte| part(**byte)).count();
    // A name of a file, or the rest of something longer.
    let left = start.checked_sub(1).and_then(|at| text.get(at)).copied().unwrap_or(b' ');
    if matches!(left, b'/' | b'\\' | b'+' | b'@' | b'~' | b'#') {
        return None;
    }
    if is_id_value(text.get(..start)?) {
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
    let split = body_start(token)?;
    let (prefix, body) = token.split_at(split);
    let mut pieces =
        prefix.split(|byte| !byte.is_ascii_alphanumeric()).filter(|piece| !piece.is_empty());
    let fits = pieces.clone().count() <= 4 && prefix.len() <= 32 && pieces.all(is_prefix_piece);
    let body = body.strip_suffix(b"=").unwrap_or(body);
    (fits && is_name(prefix) && random_body(body) && !has_file_ending(body)).then_some(start..end)
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

fn is_prefix_piece(piece: &[u8]) -> bool {
    !is_ordinary(piece)
}
