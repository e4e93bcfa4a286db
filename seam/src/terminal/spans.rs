//! Times, spans of time and numbers, as people write them.

use chrono::{DateTime, SecondsFormat, Utc};

/// The time of day of a moment, in UTC, with milliseconds; with its day if that is not `today`.
pub(crate) fn clock(moment: DateTime<Utc>, today: Option<DateTime<Utc>>) -> String {
    let is_today = today.is_some_and(|today| today.date_naive() == moment.date_naive());
    let form = if is_today { "%H:%M:%S%.3f" } else { "%Y-%m-%d %H:%M:%S%.3f" };
    moment.format(form).to_string()
}

/// A moment to the second, in UTC.
pub(crate) fn day(moment: DateTime<Utc>) -> String {
    moment.to_rfc3339_opts(SecondsFormat::Secs, true).replace('T', " ").replace('Z', "")
}

/// A span of time: `85 ms`, `4.2 s`, `3 min 5 s`, `2 h 10 min`, `3 d 4 h`.
pub(crate) fn milliseconds(span: i64) -> String {
    let sign = if span < 0 { "-" } else { "" };
    let span = span.unsigned_abs();
    let seconds = span / 1000;
    let text = match seconds {
        0 => format!("{span} ms"),
        1..60 => format!("{seconds}.{} s", span % 1000 / 100),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        3600..86_400 => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
        _ => format!("{} d {} h", seconds / 86_400, seconds % 86_400 / 3600),
    };
    format!("{sign}{text}")
}

/// A number with its digits in groups of three, and what it counts: one `event`, two `events`.
pub(crate) fn count(number: i64, one: &str, many: &str) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    let sign = if number < 0 { "-" } else { "" };
    format!("{sign}{text} {}", if number == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Spans read as people say them.
    #[test]
    fn spans_and_counts() {
        let spans = [0, 999, 4_250, 59_999, 185_000, 7_800_000, 273_600_000, -1_500];
        let said: Vec<String> = spans.iter().map(|span| milliseconds(*span)).collect();
        let expected =
            ["0 ms", "999 ms", "4.2 s", "59.9 s", "3 min 5 s", "2 h 10 min", "3 d 4 h", "-1.5 s"];
        assert_eq!(said, expected);
        assert_eq!(count(1, "turn", "turns"), "1 turn");
        assert_eq!(count(1_234_567, "token", "tokens"), "1,234,567 tokens");
        assert_eq!(count(0, "turn", "turns"), "0 turns");
    }

    /// The day is said where it is another.
    #[test]
    fn moments() {
        let moment = DateTime::from_timestamp_millis(1_795_174_413_453).unwrap_or_default();
        let later = moment + chrono::TimeDelta::days(1);
        assert_eq!(clock(moment, Some(moment)), "11:33:33.453");
        assert_eq!(clock(later, Some(moment)), "2026-11-21 11:33:33.453");
        assert_eq!(day(moment), "2026-11-20 11:33:33");
    }
}
