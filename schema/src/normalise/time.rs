//! Which clock a row's `time` is taken from, and times as texts.

use chrono::{DateTime, Datelike, NaiveDate, Timelike};

use crate::ids::ReceivedAt;
use crate::vocabulary::TimeSource;

/// A point in time, and how it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Moment {
    /// Microseconds since 1970, rounded down.
    pub us: i64,
    /// Nanoseconds since 1970, cut to what an `i64` can hold (years 1677 to 2262).
    pub nanos: i64,
    /// The clock.
    pub source: TimeSource,
}

impl Moment {
    /// A time as OTLP writes it; `None` for 0, which means that none was sent.
    pub(crate) fn sent(unix_nano: u64, source: TimeSource) -> Option<Self> {
        (unix_nano != 0).then(|| Self {
            us: micros(unix_nano),
            nanos: i64::try_from(unix_nano).unwrap_or(i64::MAX),
            source,
        })
    }

    /// The time a frame was received.
    pub(crate) fn received(at: ReceivedAt) -> Self {
        Self { us: at.0, nanos: at.0.saturating_mul(1000), source: TimeSource::Received }
    }

    /// The time of an attribute `event.timestamp`.
    pub(crate) fn event_timestamp(text: &str) -> Option<Self> {
        let source = TimeSource::EventTimestamp;
        if let Some(us) = parse_millis(text) {
            return Some(Self { us, nanos: us.saturating_mul(1000), source });
        }
        let time = DateTime::parse_from_rfc3339(text).ok()?;
        let us = time.timestamp_micros();
        let below = i64::from(time.timestamp_subsec_nanos() % 1000);
        Some(Self { us, nanos: us.saturating_mul(1000).saturating_add(below), source })
    }
}

/// Whole microseconds; every `u64` of nanoseconds fits.
pub(crate) fn micros(unix_nano: u64) -> i64 {
    i64::try_from(unix_nano / 1000).unwrap_or(i64::MAX)
}

/// Reads `2026-11-20T11:33:33.221Z` and nothing else, as microseconds since 1970.
///
/// One spelling only, so that [`write_millis`] gives back the very text.
pub(crate) fn parse_millis(text: &str) -> Option<i64> {
    let bytes: &[u8; 24] = text.as_bytes().try_into().ok()?;
    let marks = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':'), (19, b'.'), (23, b'Z')];
    if marks.iter().any(|(at, mark)| bytes.get(*at) != Some(mark)) {
        return None;
    }
    let number = |from: usize, to: usize| {
        bytes.get(from..to)?.iter().try_fold(0_u32, |number, digit| {
            digit.is_ascii_digit().then(|| number * 10 + u32::from(digit - b'0'))
        })
    };
    let date =
        NaiveDate::from_ymd_opt(i32::try_from(number(0, 4)?).ok()?, number(5, 7)?, number(8, 10)?)?;
    let time =
        date.and_hms_milli_opt(number(11, 13)?, number(14, 16)?, number(17, 19)?, number(20, 23)?)?;
    Some(time.and_utc().timestamp_micros())
}

/// Writes what [`parse_millis`] reads; `None` for a time that no such text stands for.
pub(crate) fn write_millis(us: i64) -> Option<String> {
    let time = DateTime::from_timestamp_micros(us)?;
    if us % 1000 != 0 || !(0..=9999).contains(&time.year()) {
        return None;
    }
    Some(format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
        time.year(),
        time.month(),
        time.day(),
        time.hour(),
        time.minute(),
        time.second(),
        time.timestamp_subsec_millis()
    ))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;
    use proptest::prelude::*;

    /// The spelling of Codex is read to the millisecond; others only through the general reader.
    #[test]
    fn reads_timestamps() {
        let text = "2026-11-20T11:33:33.221Z";
        assert_eq!(parse_millis(text), Some(1_795_174_413_221_000));
        assert_eq!(parse_millis("2026-11-20T11:33:33Z"), None);
        assert_eq!(parse_millis("2026-02-30T11:33:33.221Z"), None);
        assert_eq!(parse_millis("2026-11-20T11:33:60.221Z"), None);
        let other = Moment::event_timestamp("2026-11-20T12:33:33.221000123+01:00").unwrap();
        assert_eq!((other.us, other.nanos), (1_795_174_413_221_000, 1_795_174_413_221_000_123));
        assert_eq!(Moment::event_timestamp("yesterday"), None);
    }

    /// Times past 2262 keep their microseconds and do not fail.
    #[test]
    fn survives_far_times() {
        let far = Moment::sent(u64::MAX, TimeSource::Record).unwrap();
        assert_eq!((far.us, far.nanos), (18_446_744_073_709_551, i64::MAX));
        assert_eq!(Moment::event_timestamp("9999-12-31T23:59:59.999Z").unwrap().nanos, i64::MAX);
        assert_eq!(Moment::sent(0, TimeSource::Record), None);
    }

    proptest! {
        /// Every text that is read comes back as it was.
        #[test]
        fn millis_round_trip(ms in -62_167_219_200_000_i64..253_402_300_800_000) {
            let text = write_millis(ms * 1000).unwrap();
            prop_assert_eq!(parse_millis(&text), Some(ms * 1000));
        }

        /// What is read is written back as it was, whatever it is.
        #[test]
        fn reads_one_spelling_only(text in "[0-9]{4}-[0-9]{2}-[0-3][0-9]T[0-9]{2}:[0-9]{2}:[0-6][0-9]\\.[0-9]{3}Z") {
            if let Some(us) = parse_millis(&text) {
                prop_assert_eq!(write_millis(us), Some(text));
            }
        }
    }
}
