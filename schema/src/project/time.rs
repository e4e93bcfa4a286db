//! Points in time as RFC 3339 texts.

/// The bytes of a text such as `2026-11-20T11:22:07.666000Z`.
const BYTES: usize = 27;
const SECOND_US: i64 = 1_000_000;
const DAY_SECONDS: i64 = 86_400;
/// 0001-01-01T00:00:00Z and 9999-12-31T23:59:59.999999Z, in microseconds since 1970.
const LEAST_US: i64 = -62_135_596_800_000_000;
const MOST_US: i64 = 253_402_300_799_999_999;

/// Whether the format has a text for a time: years 1 to 9999.
pub(super) fn has_text(us: i64) -> bool {
    (LEAST_US..=MOST_US).contains(&us)
}

/// Microseconds since 1970 as RFC 3339 text, UTC, always with six decimals; `None` outside of the
/// years 1 to 9999.
pub(super) fn rfc3339(us: i64) -> Option<[u8; BYTES]> {
    if !has_text(us) {
        return None;
    }
    let seconds = us.div_euclid(SECOND_US);
    let of_day = seconds.rem_euclid(DAY_SECONDS);
    let (year, month, day) = date(seconds.div_euclid(DAY_SECONDS));
    let mut text = *b"0000-00-00T00:00:00.000000Z";
    put(&mut text, 0, 4, year);
    put(&mut text, 5, 2, month);
    put(&mut text, 8, 2, day);
    put(&mut text, 11, 2, of_day / 3600);
    put(&mut text, 14, 2, of_day / 60 % 60);
    put(&mut text, 17, 2, of_day % 60);
    put(&mut text, 20, 6, us.rem_euclid(SECOND_US));
    Some(text)
}

/// Writes a number of so many digits.
fn put(text: &mut [u8; BYTES], at: usize, digits: usize, mut number: i64) {
    for place in text.iter_mut().skip(at).take(digits).rev() {
        *place = b'0' + u8::try_from(number % 10).unwrap_or_default();
        number /= 10;
    }
}

/// Year, month and day of days since 1970 in the Gregorian calendar, counted in eras of 400 years
/// that begin in March.
fn date(days: i64) -> (i64, i64, i64) {
    const ERA_DAYS: i64 = 146_097;
    const FROM_MARCH_0000: i64 = 719_468;
    let days = days + FROM_MARCH_0000;
    let era = days.div_euclid(ERA_DAYS);
    let of_era = days.rem_euclid(ERA_DAYS);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    (year + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;
    use chrono::{DateTime, SecondsFormat};
    use proptest::prelude::*;

    proptest! {
        /// The texts are those that chrono writes.
        #[test]
        fn as_chrono_writes(us in LEAST_US..=MOST_US) {
            let text = rfc3339(us).unwrap();
            let other = DateTime::from_timestamp_micros(us).unwrap();
            let other = other.to_rfc3339_opts(SecondsFormat::Micros, true);
            prop_assert_eq!(std::str::from_utf8(&text).unwrap(), other);
        }
    }

    /// The ends, and what is past them.
    #[test]
    fn years_one_to_9999() {
        assert_eq!(rfc3339(LEAST_US).as_ref(), Some(b"0001-01-01T00:00:00.000000Z"));
        assert_eq!(rfc3339(MOST_US).as_ref(), Some(b"9999-12-31T23:59:59.999999Z"));
        for us in [LEAST_US - 1, MOST_US + 1, i64::MIN, i64::MAX] {
            assert_eq!(rfc3339(us), None);
        }
    }
}
