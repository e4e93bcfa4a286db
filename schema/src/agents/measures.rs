//! Durations and amounts that several agents send alike.

use crate::event::EventColumns;
use crate::normalise::attributes::SentAttributes;
use crate::otlp::AnyValue;

/// Microseconds in a millisecond.
const US_PER_MS: i64 = 1000;
/// Milliseconds in a second.
const MS_PER_S: f64 = 1000.0;
/// No duration is longer: a thousand years. A cast of it loses nothing.
const MS_LIMIT: f64 = 3.2e13;

/// How long a span took, from its start to its end, in whole milliseconds.
pub(in crate::agents) fn span_ms(columns: &EventColumns<'_>) -> Option<i64> {
    let took = columns.end_time?.0.checked_sub(columns.time.0)?;
    (took >= 0).then_some(took / US_PER_MS)
}

/// A number with a fraction, sent as one, as an integer or as text; never NaN or infinite.
pub(in crate::agents) fn number(sent: &SentAttributes<'_>, key: &str) -> Option<f64> {
    let found = sent.find(key)?;
    let number = match found.value {
        AnyValue::Double(number) => number,
        #[expect(clippy::cast_precision_loss, reason = "an amount; its last digits do not matter")]
        AnyValue::Int(number) => number as f64,
        _ => found.text?.parse().ok()?,
    };
    number.is_finite().then_some(number)
}

/// A duration that was sent in seconds, in whole milliseconds.
pub(in crate::agents) fn seconds_as_ms(sent: &SentAttributes<'_>, key: &str) -> Option<i64> {
    whole(number(sent, key)? * MS_PER_S)
}

/// A duration that was sent in milliseconds, without its fraction.
pub(in crate::agents) fn whole_ms(sent: &SentAttributes<'_>, key: &str) -> Option<i64> {
    whole(number(sent, key)?)
}

fn whole(ms: f64) -> Option<i64> {
    let sane = (0.0..MS_LIMIT).contains(&ms);
    #[expect(clippy::cast_possible_truncation, reason = "the range is checked")]
    sane.then_some(ms as i64)
}
