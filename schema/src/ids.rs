//! Names and positions: newtypes for everything that identifies a row.
//!
//! Position is position, id is id. An [`Offset`] says where a record stands in a log;
//! an [`EventId`] says which record it is, wherever it stands.

use std::fmt;

use thiserror::Error;

/// The identity of one log: 128 random bits, written as 32 hex digits. The default is no log's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct LogId([u8; 16]);

impl LogId {
    /// Wraps the 16 bytes that stand in every segment header of the log.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Reads 32 lower-case hex digits, as [`fmt::Display`] writes them.
    pub fn parse(text: &str) -> Option<Self> {
        parse_hex(text).map(Self)
    }
}

impl fmt::Display for LogId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_hex(f, &self.0)
    }
}

/// The number of a frame in its log: 1, 2, 3, …; 0 stands before the first frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Sequence(pub i64);

impl fmt::Display for Sequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// When a frame was received: microseconds since 1970 (UTC), strictly increasing per log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReceivedAt(pub i64);

impl ReceivedAt {
    const DAY_US: i64 = 86_400_000_000;

    /// Days since 1970, the partition of every row of this frame.
    pub fn day(self) -> i32 {
        i32::try_from(self.0.div_euclid(Self::DAY_US)).unwrap_or(i32::MAX)
    }

    /// The start of the minute, in microseconds since 1970.
    pub fn minute_us(self) -> i64 {
        self.0 - self.0.rem_euclid(60_000_000)
    }
}

/// Where a record stands: its log, its frame, and its index within the frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Offset {
    /// The log.
    pub log_id: LogId,
    /// The frame.
    pub sequence: Sequence,
    /// The record in the frame, from 0, in message order.
    pub index: i64,
}

/// A tenant's name: 1 to 64 of `a-z A-Z 0-9 . _ -`, not starting with a dot.
///
/// It becomes part of paths, so the alphabet is narrow.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tenant(String);

/// A principal's name, with the alphabet of [`Tenant`] and `@ : /` besides.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Principal(String);

/// A name that cannot be a tenant or a principal.
#[derive(Debug, Error, PartialEq, Eq)]
#[error(
    "cannot use `{name}` as a {what}: use 1 to 64 of the letters a-z and A-Z, digits and `{allowed}`, not starting with a dot"
)]
pub struct NameError {
    name: String,
    what: &'static str,
    allowed: &'static str,
}

fn check_name(name: &str, what: &'static str, allowed: &'static str) -> Result<(), NameError> {
    let fits = (1..=64).contains(&name.len())
        && !name.starts_with('.')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || allowed.contains(c));
    if fits {
        return Ok(());
    }
    let name = name.chars().take(64).flat_map(char::escape_default).collect();
    Err(NameError { name, what, allowed })
}

impl Tenant {
    /// The tenant of requests without a credential.
    pub const DEFAULT: &str = "default";

    /// Checks a tenant's name.
    pub fn new(name: &str) -> Result<Self, NameError> {
        check_name(name, "tenant", "._-")?;
        Ok(Self(name.to_owned()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Principal {
    /// The principal of requests without a credential.
    pub const LOCAL: &str = "local";

    /// Checks a principal's name.
    pub fn new(name: &str) -> Result<Self, NameError> {
        check_name(name, "principal", "._-@:/")?;
        Ok(Self(name.to_owned()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for Tenant {
    fn default() -> Self {
        Self(Self::DEFAULT.to_owned())
    }
}

impl Default for Principal {
    fn default() -> Self {
        Self(Self::LOCAL.to_owned())
    }
}

impl fmt::Display for Tenant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a request is, wherever it comes from: the first 96 bits of a BLAKE3 hash over
/// (version, tenant, signal, message bytes). Written as 24 hex digits.
///
/// The same after a resend, a replay or on another node; the stem of every
/// [`EventId`] of the request, so the tables themselves remember what was admitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct RequestDigest([u8; 12]);

impl RequestDigest {
    /// Hashes one request: the protobuf message after content-decoding.
    pub fn of(tenant: &Tenant, signal: crate::otlp::Signal, message: &[u8]) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher.update(b"seam event 1\0");
        hasher.update(tenant.as_str().as_bytes());
        hasher.update(&[0, signal.code()]);
        hasher.update(message);
        let mut digest = [0_u8; 12];
        for (to, from) in digest.iter_mut().zip(hasher.finalize().as_bytes()) {
            *to = *from;
        }
        Self(digest)
    }

    /// Wraps the 12 bytes that stand in a frame's meta.
    pub const fn from_bytes(bytes: [u8; 12]) -> Self {
        Self(bytes)
    }

    /// The 12 bytes.
    pub const fn as_bytes(&self) -> &[u8; 12] {
        &self.0
    }

    /// The digest within an event id, if the text is one.
    pub fn of_event_id(event_id: &str) -> Option<Self> {
        EventId::parse(event_id).map(|id| id.digest)
    }

    /// The id of the record at `index`.
    pub const fn event_id(self, index: i64) -> EventId {
        EventId { digest: self, index }
    }
}

impl fmt::Display for RequestDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_hex(f, &self.0)
    }
}

/// The id of one record: the request's digest, `-`, the record's index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct EventId {
    /// The request it came in.
    pub digest: RequestDigest,
    /// The record in the request, from 0, in message order.
    pub index: i64,
}

impl EventId {
    /// Reads an id back as [`fmt::Display`] writes it.
    pub fn parse(text: &str) -> Option<Self> {
        let (digest, index) = text.split_once('-')?;
        Some(Self { digest: RequestDigest(parse_hex(digest)?), index: index.parse().ok()? })
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write_to(f)
    }
}

/// The id of a trace, as W3C Trace Context has it. Written as 32 hex digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct TraceId(pub [u8; 16]);

/// The id of a span, as W3C Trace Context has it. Written as 16 hex digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct SpanId(pub [u8; 8]);

impl TraceId {
    /// Reads 32 lower-case hex digits.
    pub fn parse(text: &str) -> Option<Self> {
        parse_hex(text).map(Self)
    }
}

impl SpanId {
    /// Reads 16 lower-case hex digits.
    pub fn parse(text: &str) -> Option<Self> {
        parse_hex(text).map(Self)
    }
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_hex(f, &self.0)
    }
}

impl fmt::Display for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_hex(f, &self.0)
    }
}

/// The value of a hex digit, lower case only: ids have one spelling.
fn hex_value(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

pub(crate) fn parse_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0_u8; N];
    if text.len() != N * 2 {
        return None;
    }
    for (byte, digits) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        let [high, low] = digits else { return None };
        *byte = hex_value(*high)? << 4 | hex_value(*low)?;
    }
    Some(bytes)
}

pub(crate) fn write_hex(f: &mut impl fmt::Write, bytes: &[u8]) -> fmt::Result {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |value: u8| DIGITS.get(usize::from(value)).copied().unwrap_or_default();
    // Ids are at most 16 bytes: one piece, one write.
    for piece in bytes.chunks(16) {
        let mut text = [0_u8; 32];
        for (pair, byte) in text.chunks_exact_mut(2).zip(piece) {
            pair.copy_from_slice(&[digit(byte >> 4), digit(byte & 0xf)]);
        }
        let text = text.get(..piece.len() * 2).unwrap_or_default();
        f.write_str(std::str::from_utf8(text).map_err(|_| fmt::Error)?)?;
    }
    Ok(())
}

/// An id that is written as text: what [`fmt::Display`] writes, without the machinery of
/// formatting, which costs more than the text.
pub(crate) trait WriteId {
    /// Writes the text.
    fn write_to(&self, to: &mut impl fmt::Write) -> fmt::Result;

    /// The text.
    fn text(&self) -> String {
        let mut text = String::with_capacity(48);
        // Writing to a string cannot fail.
        let written = self.write_to(&mut text);
        debug_assert!(written.is_ok(), "a string refused an id");
        text
    }
}

macro_rules! written_as_hex {
    ($($id:ty),+) => {$(
        impl WriteId for $id {
            fn write_to(&self, to: &mut impl fmt::Write) -> fmt::Result {
                write_hex(to, &self.0)
            }
        }
    )+};
}
written_as_hex!(LogId, TraceId, SpanId);

impl WriteId for EventId {
    fn write_to(&self, to: &mut impl fmt::Write) -> fmt::Result {
        write_hex(to, &self.digest.0)?;
        let mut digits = itoa::Buffer::new();
        to.write_char('-')?;
        to.write_str(digits.format(self.index))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;
    use crate::otlp::Signal;

    /// The same message has the same id, and every part of the key counts.
    #[test]
    fn digest_depends_on_tenant_signal_and_bytes() {
        let tenant = Tenant::default();
        let one = RequestDigest::of(&tenant, Signal::Logs, b"x");
        assert_eq!(one, RequestDigest::of(&tenant, Signal::Logs, b"x"));
        assert_ne!(one, RequestDigest::of(&tenant, Signal::Traces, b"x"));
        assert_ne!(one, RequestDigest::of(&tenant, Signal::Logs, b"y"));
        assert_ne!(one, RequestDigest::of(&Tenant::new("other").unwrap(), Signal::Logs, b"x"));
    }

    /// A table's `event_id` gives back the digest it was made from.
    #[test]
    fn digest_survives_in_the_event_id() {
        let digest = RequestDigest::of(&Tenant::default(), Signal::Logs, b"x");
        let id = digest.event_id(7);
        assert!(id.to_string().ends_with("-7"));
        assert_eq!(EventId::parse(&id.to_string()), Some(id));
        assert_eq!(RequestDigest::of_event_id(&id.to_string()), Some(digest));
        assert_eq!(RequestDigest::of_event_id("nonsense-1"), None);
    }

    /// Names that could leave their folder or break a path are refused.
    #[test]
    fn hostile_names_are_refused() {
        for name in ["", ".", "..", "a/b", "a=b", "a b", "é", &"x".repeat(65)] {
            assert!(Tenant::new(name).is_err(), "{name}");
        }
        assert!(Tenant::new("team-7.prod_x").is_ok());
        assert!(Principal::new("laptop:anna@example.org").is_ok());
    }

    /// A log id reads back what it prints.
    #[test]
    fn log_id_round_trips() {
        let id = LogId::from_bytes([0xab; 16]);
        assert_eq!(LogId::parse(&id.to_string()), Some(id));
        assert_eq!(LogId::parse("zz"), None);
    }

    /// Days and minutes are cut on the right side of zero.
    #[test]
    fn received_time_has_a_day_and_a_minute() {
        assert_eq!(ReceivedAt(86_400_000_000).day(), 1);
        assert_eq!(ReceivedAt(-1).day(), -1);
        assert_eq!(ReceivedAt(61_000_000).minute_us(), 60_000_000);
    }
}
