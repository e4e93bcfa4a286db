//! What the HTTP Event Collector answers, as data.
//!
//! Codes, statuses and texts: Splunk, "Troubleshoot HTTP Event Collector", table of status codes.
//! Splunk publishes no set of codes after which a sender may try again: the classes are ours.

/// What an answer means for the records of its request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    /// Taken; on a token with acknowledgement, received.
    Taken,
    /// Taken, and the server fills up: fewer at a time.
    TakenFilling,
    /// Not now.
    Retry,
    /// Not until somebody changes something.
    Hold,
    /// One of the events is at fault.
    Event,
    /// The index does not exist, or the token may not write to it.
    Index,
    /// The token has acknowledgement, and the request named no channel.
    NoChannel,
    /// The token has no acknowledgement.
    NoAcknowledgement,
    /// The request is larger than the server takes.
    TooLarge,
    /// The server is well; answers a question, not an event.
    Healthy,
}

/// One code.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) code: u16,
    /// The status it comes with.
    pub(crate) status: u16,
    /// What it says; used in reasons instead of the answer's own text.
    pub(crate) text: &'static str,
    pub(crate) class: Class,
}

const fn row(code: u16, status: u16, text: &'static str, class: Class) -> Row {
    Row { code, status, text, class }
}

/// Every code.
pub(crate) const CODES: &[Row] = &[
    row(0, 200, "Success", Class::Taken),
    row(1, 403, "Token disabled", Class::Hold),
    row(2, 401, "Token is required", Class::Hold),
    row(3, 401, "Invalid authorization", Class::Hold),
    row(4, 403, "Invalid token", Class::Hold),
    row(5, 400, "No data", Class::Event),
    row(6, 400, "Invalid data format", Class::Event),
    row(7, 400, "Incorrect index", Class::Index),
    row(8, 500, "Internal server error", Class::Retry),
    row(9, 503, "Server is busy", Class::Retry),
    row(10, 400, "Data channel is missing", Class::NoChannel),
    row(11, 400, "Invalid data channel", Class::Hold),
    row(12, 400, "Event field is required", Class::Event),
    row(13, 400, "Event field cannot be blank", Class::Event),
    row(14, 400, "ACK is disabled", Class::NoAcknowledgement),
    row(15, 400, "Error in handling indexed fields", Class::Event),
    row(16, 400, "Query string authorization is not enabled", Class::Hold),
    row(17, 200, "HEC is healthy", Class::Healthy),
    row(18, 503, "HEC is unhealthy, queues are full", Class::Retry),
    row(19, 503, "HEC is unhealthy, ack service unavailable", Class::Retry),
    row(20, 503, "HEC is unhealthy, queues are full, ack service unavailable", Class::Retry),
    row(21, 400, "Invalid token", Class::Hold),
    row(22, 400, "Token disabled", Class::Hold),
    row(23, 503, "Server is shutting down", Class::Retry),
    row(24, 200, "Queue approaching capacity", Class::TakenFilling),
    row(25, 200, "Ack channel approaching capacity", Class::TakenFilling),
    row(26, 429, "Queue at capacity", Class::Retry),
    row(27, 429, "Ack channel at capacity", Class::Retry),
];

/// The row of a code.
pub(crate) fn of_code(code: u64) -> Option<&'static Row> {
    CODES.iter().find(|row| u64::from(row.code) == code)
}

/// What a status means that no known code comes with. A success that cannot be read is none of
/// these: nobody knows what it means.
pub(crate) fn of_status(status: u16) -> Class {
    match status {
        408 | 425 | 429 | 500..=599 => Class::Retry,
        413 => Class::TooLarge,
        // A redirect, a login page, a wrong path, a proxy's 400: not the event collector.
        _ => Class::Hold,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table has every code once and in order, and a class never contradicts its status: a
    /// success is a success of HTTP too, and nothing else is.
    #[test]
    fn the_table_is_whole() {
        for (expected, row) in (0_u64..28).zip(CODES) {
            assert_eq!(u64::from(row.code), expected);
            assert_eq!(of_code(expected).map(|row| row.text), Some(row.text));
            let taken = matches!(row.class, Class::Taken | Class::TakenFilling | Class::Healthy);
            assert_eq!(taken, row.status == 200, "{row:?}");
            match row.status {
                401 | 403 => assert_eq!(row.class, Class::Hold, "{row:?}"),
                429 | 500..=599 => assert_eq!(row.class, Class::Retry, "{row:?}"),
                _ => {}
            }
        }
        assert_eq!(CODES.len(), 28);
        assert!(of_code(28).is_none());
    }

    /// No status without a code loses a record: none of them refuses one.
    #[test]
    fn no_status_alone_refuses_an_event() {
        for status in 100..=999 {
            let class = of_status(status);
            assert!(matches!(class, Class::Retry | Class::Hold | Class::TooLarge), "{status}");
        }
        for status in [408, 425, 429, 500, 502, 503, 504, 599] {
            assert_eq!(of_status(status), Class::Retry, "{status}");
        }
        for status in [301, 302, 307, 400, 401, 403, 404, 405, 415] {
            assert_eq!(of_status(status), Class::Hold, "{status}");
        }
        assert_eq!(of_status(413), Class::TooLarge);
    }
}
