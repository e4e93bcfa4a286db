//! Text with the entropy of real telemetry: words, listings, hashes, encoded lumps.
//!
//! Constant or periodic filler would compress away and flatter every figure that has to
//! do with bytes. With this mix gzip shrinks whole bodies three to six times, as it does captured ones.

use std::fmt::Write as _;

use super::random::Random;

const WORDS: &[&str] = &[
    "the",
    "a",
    "to",
    "of",
    "and",
    "in",
    "is",
    "for",
    "with",
    "on",
    "that",
    "not",
    "from",
    "this",
    "test",
    "file",
    "error",
    "build",
    "module",
    "function",
    "result",
    "value",
    "branch",
    "commit",
    "merge",
    "review",
    "release",
    "version",
    "config",
    "server",
    "client",
    "request",
    "response",
    "token",
    "session",
    "timeout",
    "retry",
    "queue",
    "thread",
    "memory",
    "buffer",
    "index",
    "table",
    "column",
    "schema",
    "query",
    "cache",
    "parser",
    "lexer",
    "syntax",
    "type",
    "trait",
    "struct",
    "field",
    "method",
    "import",
    "package",
    "crate",
    "compile",
    "link",
    "debug",
    "trace",
    "warning",
    "failed",
    "passed",
    "skipped",
    "expected",
    "found",
    "missing",
    "unknown",
    "unused",
    "please",
    "check",
    "why",
    "change",
    "rename",
    "remove",
    "add",
    "update",
    "write",
    "read",
    "explain",
    "fix",
    "refactor",
    "split",
    "move",
    "documentation",
    "example",
    "deploy",
    "rollback",
    "database",
    "migration",
    "network",
    "socket",
    "address",
    "certificate",
    "permission",
    "denied",
    "allowed",
    "sandbox",
    "approval",
    "directory",
    "symlink",
    "checksum",
    "archive",
    "container",
];

const STEMS: &[&str] =
    &["main", "lib", "parser", "store", "index", "handler", "config", "model", "client", "types"];
const SUFFIXES: &[&str] = &["rs", "py", "ts", "md", "toml", "json", "go", "sql"];
const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Exactly `length` bytes of prose, as a person types it.
pub(crate) fn prose(random: &mut Random, length: usize) -> String {
    let mut text = String::with_capacity(length + 16);
    while text.len() < length {
        text.push_str(random.pick(WORDS).unwrap_or_default());
        text.push(if random.below(12) == 0 { '\n' } else { ' ' });
    }
    text.truncate(length);
    text
}

/// Exactly `length` bytes of what commands print: build lines, listings, hashes, encoded lumps.
pub(crate) fn output(random: &mut Random, length: usize) -> String {
    let mut text = String::with_capacity(length + 128);
    while text.len() < length {
        line(random, &mut text);
    }
    text.truncate(length);
    text
}

/// A path below a project's folder.
pub(crate) fn path(random: &mut Random) -> String {
    let (first, second) =
        (random.pick(WORDS).unwrap_or_default(), random.pick(WORDS).unwrap_or_default());
    let (stem, suffix) =
        (random.pick(STEMS).unwrap_or_default(), random.pick(SUFFIXES).unwrap_or_default());
    format!("{first}/{second}/{stem}.{suffix}")
}

/// `digits` lower-case hex digits.
pub(crate) fn hex(random: &mut Random, digits: usize) -> String {
    let mut text = String::with_capacity(digits + 16);
    while text.len() < digits {
        push(&mut text, format_args!("{:016x}", random.next()));
    }
    text.truncate(digits);
    text
}

/// A version 7 UUID: its first twelve digits are the time in ms, as Codex makes its ids.
pub(crate) fn uuid(random: &mut Random, time_ms: u64) -> String {
    let (one, two) = (random.next(), random.next());
    format!(
        "{:08x}-{:04x}-7{:03x}-{:04x}-{:012x}",
        time_ms >> 16,
        time_ms & 0xffff,
        one & 0xfff,
        0x8000 | (one >> 16 & 0x3fff),
        two >> 16,
    )
}

fn line(random: &mut Random, text: &mut String) {
    match random.below(10) {
        0..3 => {
            let words = 4 + random.below(8);
            for _ in 0..words {
                text.push_str(random.pick(WORDS).unwrap_or_default());
                text.push(' ');
            }
        }
        3 | 4 => {
            let (bytes, day, minute) =
                (random.below(90_000), 1 + random.below(28), random.below(60));
            let name = path(random);
            push(
                text,
                format_args!("-rw-r--r-- 1 dev dev {bytes:>6} Nov {day:>2} 11:{minute:02} {name}"),
            );
        }
        5 | 6 => {
            let (row, column) = (1 + random.below(900), 1 + random.below(90));
            let (name, what) = (path(random), prose(random, 34));
            push(
                text,
                format_args!("{name}:{row}:{column}: error[E{:04}]: {what}", random.below(800)),
            );
        }
        7 => {
            let (hash, name) = (hex(random, 40), path(random));
            push(text, format_args!("{hash}  {name}"));
        }
        _ => {
            for _ in 0..60 {
                text.push(char::from(BASE64[random.below(BASE64.len())]));
            }
        }
    }
    text.push('\n');
}

fn push(text: &mut String, what: std::fmt::Arguments<'_>) {
    // Writing into a string cannot fail; the trait's result is for other sinks.
    if text.write_fmt(what).is_err() {
        text.push('?');
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

    use super::*;

    /// Lengths are exact, so that the size of a record can be steered.
    #[test]
    fn texts_have_the_length_asked_for() {
        let mut random = Random::new(7);
        for length in [0, 1, 17, 300, 4_000] {
            assert_eq!(prose(&mut random, length).len(), length);
            assert_eq!(output(&mut random, length).len(), length);
            assert_eq!(hex(&mut random, length).len(), length);
        }
    }

    /// Ids look like Codex's: a UUID of version 7 that starts with its time.
    #[test]
    fn uuids_start_with_their_time() {
        let id = uuid(&mut Random::new(1), 0x01a1_f8a8_2bdf);
        assert!(id.starts_with("01a1f8a8-2bdf-7"), "{id}");
        assert_eq!(id.len(), 36);
        assert_eq!(id.split('-').map(str::len).collect::<Vec<_>>(), [8, 4, 4, 4, 12]);
    }
}
