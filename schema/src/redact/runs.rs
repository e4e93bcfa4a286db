//! Runs of letters and digits that look random, and tokens around them: how a token of a service
//! nobody wrote a rule for is found.

use std::ops::Range;

use super::value::{Mix, entropy, mix, placeholder, random_body, wordy};

/// A run is at least so long.
const LEAST: usize = 16;
/// A longer run is a blob, not a token.
const MOST: usize = 600;
/// Unknown tokens are at most so long.
const TOKEN_MOST: usize = 300;
/// How far before a token a word may stand that announces it.
const ANNOUNCED_WITHIN: usize = 48;

/// What ids, digests and addresses begin with that are no secrets.
const ORDINARY: &[&str] = &[
    "ses",
    "prt",
    "per",
    "que",
    "usr",
    "pty",
    "wrk",
    "ent",
    "call",
    "toolu",
    "tool",
    "msg",
    "msgs",
    "req",
    "resp",
    "chatcmpl",
    "cmpl",
    "gen",
    "run",
    "thread",
    "asst",
    "step",
    "sha",
    "sha1",
    "sha256",
    "sha384",
    "sha512",
    "md5",
    "blake3",
    "h1",
    "trace",
    "span",
    "session",
    "sess",
    "conv",
    "conversation",
    "request",
    "response",
    "item",
    "rs",
    "fc",
    "ws",
    "ctx",
    "mcp",
    "mcpr",
    "mcpl",
    "file",
    "img",
    "image",
    "cache",
    "build",
    "commit",
    "blob",
    "tree",
    "uuid",
    "guid",
    "id",
    "ids",
    "event",
    "evt",
    "task",
    "job",
    "user",
    "org",
    "proj",
    "project",
    "container",
    "pod",
    "node",
    "chunk",
    "index",
    "main",
    "vendor",
    "lib",
    "libs",
    "tmp",
    "temp",
    "worktree",
    "rollout",
    "batch",
    "batchreq",
    "message",
    "prompt",
    "agent",
    "turn",
    "srvtoolu",
    "vs",
    "fp",
    "wf",
    "ig",
    "cu",
    "ci",
    "workspace",
    "vm",
    "i",
    "ami",
    "vpc",
    "subnet",
    "sg",
    "eni",
    "vol",
    "snap",
    "cus",
    "sub",
    "in",
    "pi",
    "ch",
    "evtx",
    "price",
    "prod",
    "acct",
    "account",
    "installation",
    "install",
    "device",
    "exec",
    "rev",
    "hash",
    "digest",
    "etag",
    "asset",
    "bundle",
    "page",
    "fingerprint",
    "codex",
    "claude",
    "log",
    "report",
];

/// Words that announce a secret.
const ANNOUNCING: &[&str] = &[
    "password",
    "passwd",
    "passphrase",
    "secret",
    "token",
    "api key",
    "apikey",
    "api_key",
    "api-key",
    "access key",
    "key",
    "credential",
    "credentials",
    "bearer",
    "pat",
];

const fn alphanumeric() -> [bool; 256] {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        #[expect(clippy::cast_possible_truncation, reason = "below 256")]
        let is = (byte as u8).is_ascii_alphanumeric();
        #[expect(clippy::indexing_slicing, reason = "below 256")]
        {
            table[byte] = is;
        }
        byte += 1;
    }
    table
}

static ALPHANUMERIC: [bool; 256] = alphanumeric();

#[inline]
fn is_alphanumeric(byte: u8) -> bool {
    ALPHANUMERIC.get(usize::from(byte)).copied().unwrap_or(false)
}

/// Hands over every run that looks random, until `each` says to stop; whether it did.
pub(crate) fn each_random(bytes: &[u8], mut each: impl FnMut(Range<usize>) -> bool) -> bool {
    let mut at = 0;
    // A run that is long enough fills at least one block of eight.
    while let Some(block) = bytes.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
        if !may_be_alphanumeric(u64::from_le_bytes(*block))
            || !block.iter().all(|byte| is_alphanumeric(*byte))
        {
            at += 8;
            continue;
        }
        let head = bytes.get(..at).unwrap_or_default();
        let start =
            at - head.iter().rev().take(8).take_while(|byte| is_alphanumeric(**byte)).count();
        let rest = bytes.get(at..).unwrap_or_default();
        let stop = at + rest.iter().take_while(|byte| is_alphanumeric(**byte)).count();
        if stop - start >= LEAST && is_random(bytes, start, stop) && each(start..stop) {
            return true;
        }
        at = stop + 1;
    }
    false
}

/// Whether all eight bytes may be letters or digits; a few control characters pass as digits.
#[inline]
const fn may_be_alphanumeric(block: u64) -> bool {
    const HIGH: u64 = 0x8080_8080_8080_8080;
    const EACH: u64 = 0x0101_0101_0101_0101;
    // No byte carries into the next once the high bits are gone.
    let folded = (block | (0x20 * EACH)) & !HIGH;
    let letters = (folded + 0x1f * EACH) & !(folded + 0x05 * EACH);
    let digits = (folded + 0x50 * EACH) & !(folded + 0x46 * EACH);
    (letters | digits) & HIGH == HIGH && block & HIGH == 0
}

/// Whether there is such a run that a rule could find: something joins it to a prefix or to a
/// further piece, a word before it announces a secret, an escape hides what stands before it, or a
/// vendor's token may begin in it. Most blobs and digests are none of these.
pub(crate) fn any_telling(bytes: &[u8], leads: &[Vec<u8>]) -> bool {
    each_random(bytes, |run| {
        let at = |index: Option<usize>| index.and_then(|index| bytes.get(index)).copied();
        let joins = |byte: Option<u8>| matches!(byte, Some(b'_' | b'-' | b'.'));
        if joins(at(run.start.checked_sub(1))) || joins(at(Some(run.end))) {
            return true;
        }
        let from = run.start.saturating_sub(TOKEN_MOST + ANNOUNCED_WITHIN);
        let before = bytes.get(from..run.start).unwrap_or_default();
        let inside = bytes.get(run.clone()).unwrap_or_default();
        memchr::memchr2(b'\\', b'%', before).is_some()
            || leads.iter().any(|lead| memchr::memmem::find(inside, lead).is_some())
            || may_announce(before)
    })
}

/// Whether a word that announces a secret may stand in the bytes: by the letters all have.
fn may_announce(before: &[u8]) -> bool {
    let lower = before.to_ascii_lowercase();
    ["key", "tok", "sec", "pass", "cred", "bear", "pat"]
        .iter()
        .any(|part| memchr::memmem::find(&lower, part.as_bytes()).is_some())
}

fn is_random(bytes: &[u8], start: usize, end: usize) -> bool {
    let run = bytes.get(start..end).unwrap_or_default();
    if run.len() > MOST {
        return false;
    }
    let mix = mix(run);
    if mix.digits == 0 || mix.digits == run.len() {
        return false;
    }
    let before = before(bytes, start);
    if before.is_some_and(is_ordinary) {
        return false;
    }
    if mix.beyond_hex == 0 && (mix.upper == 0 || mix.lower == 0) {
        return run.len() >= 32 && before.is_some();
    }
    is_uneven(&mix) && !wordy(run)
}

/// Digits between letters, or letters of both cases mixed.
const fn is_uneven(mix: &Mix) -> bool {
    mix.turns >= 2 || mix.case_turns >= 2
}

/// The piece before a run, if `_`, `-` or `.` stands between.
fn before(bytes: &[u8], start: usize) -> Option<&[u8]> {
    let separator = start.checked_sub(1)?;
    if !matches!(bytes.get(separator)?, b'_' | b'-' | b'.') {
        return None;
    }
    let head = bytes.get(..separator)?;
    let length = head.iter().rev().take(24).take_while(|byte| is_alphanumeric(**byte)).count();
    (length > 0).then(|| head.get(separator - length..))?
}

/// A piece that ids begin with. One more letter may stand before it: the length of a string on
/// the wire, or the `n` of an escaped line's end.
fn is_ordinary(piece: &[u8]) -> bool {
    let known =
        |piece: &[u8]| ORDINARY.iter().any(|word| word.as_bytes().eq_ignore_ascii_case(piece));
    known(piece) || piece.get(1..).is_some_and(|rest| rest.len() > 1 && known(rest))
}

/// The token around a run, if its prefix is one that services give to their tokens.
pub(crate) fn prefixed(text: &[u8], run: &Range<usize>) -> Option<Range<usize>> {
    let part = |byte: u8| is_alphanumeric(byte) || matches!(byte, b'_' | b'-' | b'.');
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
    let body_part = |byte: u8| is_alphanumeric(byte) || matches!(byte, b'_' | b'-' | b'.' | b'=');
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
    let mut pieces = prefix.split(|byte| !is_alphanumeric(*byte)).filter(|piece| !piece.is_empty());
    let fits = pieces.clone().count() <= 4 && prefix.len() <= 32 && pieces.all(is_prefix_piece);
    let body = body.strip_suffix(b"=").unwrap_or(body);
    (fits && is_name(prefix) && random_body(body) && !has_file_ending(body)).then_some(start..end)
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
    !ORDINARY.iter().any(|word| word.as_bytes().eq_ignore_ascii_case(piece))
}

/// `….js`, `….tar.gz`.
fn has_file_ending(body: &[u8]) -> bool {
    let ending = body.rsplit(|byte| *byte == b'.').next().unwrap_or_default();
    body.contains(&b'.') && ending.len() <= 5 && mix(ending).digits <= 1
}

/// The token around a run, if a word shortly before says that it is a secret.
pub(crate) fn announced(text: &[u8], run: &Range<usize>) -> Option<Range<usize>> {
    let part = |byte: u8| {
        is_alphanumeric(byte) || matches!(byte, b'_' | b'-' | b'.' | b'+' | b'/' | b'=' | b'~')
    };
    let head = text.get(..run.start)?;
    let start = run.start - head.iter().rev().take(MOST).take_while(|byte| part(**byte)).count();
    let rest = text.get(run.end..)?;
    let mut end = run.end + rest.iter().take(MOST).take_while(|byte| part(**byte)).count();
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
    let from = start.saturating_sub(ANNOUNCED_WITHIN);
    let before = text.get(from..start)?;
    let line = before.rsplit(|byte| matches!(byte, b'\n' | b'\r' | b';' | b'{' | b'}')).next()?;
    // The dear questions come last: most runs are announced by nothing.
    let secret =
        announces(line) && entropy(token) >= 3.4 && !placeholder(token) && !has_file_ending(token);
    secret.then_some(start..end)
}

/// Whether a word announces what comes after the text, at most four words later.
fn announces(before: &[u8]) -> bool {
    let lower = before.to_ascii_lowercase();
    let text = String::from_utf8_lossy(&lower);
    let last = ANNOUNCING.iter().filter_map(|word| {
        let at = text.rfind(word)?;
        let (head, rest) = (text.get(..at)?, text.get(at + word.len()..)?);
        let starts = !head.ends_with(|character: char| character.is_ascii_alphanumeric());
        let rest = rest.strip_prefix('s').unwrap_or(rest);
        (starts
            && !rest.starts_with(|character: char| {
                character.is_ascii_alphanumeric() || character == '_'
            }))
        .then_some(rest)
    });
    last.min_by_key(|rest| rest.len()).is_some_and(|rest| {
        let words = rest
            .split(|character: char| !character.is_alphanumeric())
            .filter(|word| !word.is_empty());
        let harmless = rest.contains(['(', '[', ']', '\\']) || rest.contains("id");
        words.count() <= 4 && !harmless
    })
}
