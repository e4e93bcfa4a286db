//! Which days are over for good.
//!
//! The clock is the rows' own: the newest day that holds any, and never one that the wall clock
//! has not reached. A clock that is far ahead for a while would make everything old at once, so
//! a day that stands alone after a leap is not believed before another one follows it.

use std::collections::BTreeSet;

/// A day that comes so many days after the last one, or more, is a leap.
const LEAP_DAYS: i32 = 7;

const DAY_MS: i64 = 86_400_000;

/// The newest day that can be believed, of those that hold rows; days since 1970.
pub(super) fn today(days: &BTreeSet<i32>, now_ms: i64) -> Option<i32> {
    let wall = i32::try_from(now_ms.div_euclid(DAY_MS)).unwrap_or(i32::MAX);
    let mut reached = days.range(..=wall).rev();
    let newest = *reached.next()?;
    match reached.next() {
        Some(before) if newest - before >= LEAP_DAYS => Some(*before),
        _ => Some(newest),
    }
}

/// The first day that stays; `None` if all stay. Today and so many days before it do.
pub(super) fn first_kept(days: &BTreeSet<i32>, now_ms: i64, retention_days: u32) -> Option<i32> {
    let retention = i32::try_from(retention_days).ok().filter(|days| *days > 0)?;
    today(days, now_ms)?.checked_sub(retention)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(days: &[i32]) -> BTreeSet<i32> {
        days.iter().copied().collect()
    }

    fn at(day: i32) -> i64 {
        i64::from(day) * DAY_MS + 1
    }

    /// Whole days go, and none if that is what was asked for.
    #[test]
    fn old_days_go() {
        let there = days(&[100, 298, 299, 300]);
        assert_eq!(first_kept(&there, at(300), 183), Some(117));
        assert_eq!(first_kept(&there, at(300), 0), None);
        assert_eq!(first_kept(&days(&[]), at(300), 183), None);
    }

    /// Time passes with the rows, not without them, and not before the wall clock has reached it.
    #[test]
    fn only_rows_make_time_pass() {
        let there = days(&[299, 300]);
        assert_eq!(today(&there, at(9000)), Some(300));
        assert_eq!(today(&there, at(299)), Some(299));
        assert_eq!(today(&there, at(10)), None);
    }

    /// A single day after a leap may be a clock that is wrong; the second one is believed.
    #[test]
    fn a_leap_is_believed_late() {
        assert_eq!(today(&days(&[299, 300, 9000]), at(9000)), Some(300));
        assert_eq!(today(&days(&[299, 300, 9000, 9001]), at(9001)), Some(9001));
        assert_eq!(today(&days(&[300]), at(300)), Some(300));
        assert_eq!(today(&days(&[299, 305]), at(305)), Some(305));
    }
}
