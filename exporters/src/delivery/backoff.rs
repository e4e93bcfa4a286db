//! How long to wait before something is tried again: exponential, with full jitter.
//!
//! Full jitter: a time drawn evenly from nothing up to the bound, so that those who failed
//! together do not come back together.

use std::time::Duration;

use super::options::DeliveryOptions;

/// The least pause: a draw of nothing would be a busy loop.
const LEAST: Duration = Duration::from_millis(10);
/// No destination is left alone for longer because it asked for it.
pub(super) const ASKED_MOST: Duration = Duration::from_hours(1);

/// The pause before the next try after so many failures in a row, one at the least. A destination
/// that asked for a pause gets it.
pub(super) fn pause(
    options: &DeliveryOptions,
    failures: u32,
    asked: Option<Duration>,
    random: &mut fastrand::Rng,
) -> Duration {
    let doublings = failures.saturating_sub(1).min(31);
    let bound = options.retry_first.saturating_mul(1 << doublings).min(options.retry_most);
    let drawn = bound.mul_f64(random.f64()).max(LEAST);
    drawn.max(asked.unwrap_or_default().min(ASKED_MOST))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every draw lies between the least pause and the bound, which doubles up to the most.
    #[test]
    fn pauses_grow_and_are_bounded() {
        let options = DeliveryOptions::default();
        let mut random = fastrand::Rng::with_seed(7);
        for failures in 1..100 {
            let bound = options.retry_first.saturating_mul(1 << (failures - 1).min(31));
            for _ in 0..50 {
                let drawn = pause(&options, failures, None, &mut random);
                assert!(drawn >= LEAST && drawn <= bound.min(options.retry_most).max(LEAST));
            }
        }
    }

    /// What the destination asked for is kept, and cannot stop a delivery for ever.
    #[test]
    fn a_destination_is_left_alone_as_asked() {
        let options = DeliveryOptions::default();
        let mut random = fastrand::Rng::with_seed(7);
        for asked in [Duration::from_secs(90), Duration::from_mins(50)] {
            assert_eq!(pause(&options, 1, Some(asked), &mut random), asked);
        }
        let year = Some(Duration::from_hours(24 * 365));
        assert_eq!(pause(&options, 1, year, &mut random), ASKED_MOST);
    }
}
