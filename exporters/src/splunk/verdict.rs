//! What an answer of the event collector says about the records of its request.

use std::time::Duration;

use serde::Deserialize;

use super::codes::{self, Class};
use crate::http::Answer;

/// What became of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Taken.
    Taken {
        /// What to ask the indexers about.
        ack: Option<u64>,
        /// The server fills up.
        filling: bool,
    },
    /// One of its events is at fault.
    Event {
        /// Which, from 0, if the server says so.
        at: Option<usize>,
        reason: String,
    },
    /// No index of that name for this token.
    Index { reason: String },
    /// The token has acknowledgement, and the request named no channel.
    NoChannel { reason: String },
    /// The token has no acknowledgement.
    NoAcknowledgement { reason: String },
    /// It is larger than the server takes.
    TooLarge { reason: String },
    /// Not now.
    Retry {
        after: Option<Duration>,
        /// The event at which the server stopped, if it says so: those in front may be indexed.
        stopped_at: Option<usize>,
        reason: String,
    },
    /// Not until somebody changes something.
    Hold { reason: String },
    /// Nobody knows.
    Ambiguous { reason: String },
}

#[derive(Deserialize)]
struct Body {
    code: u64,
    #[serde(rename = "invalid-event-number")]
    invalid_event_number: Option<u64>,
    #[serde(rename = "ackId")]
    ack_id: Option<u64>,
}

/// Reads an answer. Its text is never repeated: a refusal may hold the token.
pub(crate) fn of(answer: &Answer) -> Verdict {
    let success = (200..300).contains(&answer.status);
    let body: Option<Body> = answer.json();
    let known = body.as_ref().and_then(|body| Some((body, codes::of_code(body.code)?)));
    // A code that speaks of success in a refusal is not the event collector's.
    let known = known.filter(|(_, row)| success || row.status != 200);
    if let Some((body, row)) = known {
        let reason = format!("http {}, code {} ({})", answer.status, row.code, row.text);
        let at = body.invalid_event_number.and_then(|at| usize::try_from(at).ok());
        let taken = |filling| Verdict::Taken { ack: body.ack_id, filling };
        match row.class {
            Class::Taken => return taken(false),
            Class::TakenFilling => return taken(true),
            Class::Healthy => {}
            Class::Event => return Verdict::Event { at, reason },
            Class::Index => return Verdict::Index { reason },
            Class::NoChannel => return Verdict::NoChannel { reason },
            Class::NoAcknowledgement => return Verdict::NoAcknowledgement { reason },
            Class::TooLarge => return Verdict::TooLarge { reason },
            Class::Hold => return Verdict::Hold { reason },
            Class::Retry => {
                return Verdict::Retry { after: answer.retry_after(), stopped_at: at, reason };
            }
        }
    }
    if success {
        let reason = format!("http {}, and the answer cannot be read", answer.status);
        return if answer.is_page() {
            Verdict::Hold { reason: format!("{reason}: a page for people stands at this address") }
        } else {
            Verdict::Ambiguous { reason }
        };
    }
    without_code(answer)
}

fn without_code(answer: &Answer) -> Verdict {
    let reason = format!("http {} without a code of the event collector", answer.status);
    match codes::of_status(answer.status) {
        Class::Retry => {
            let after = answer.retry_after();
            Verdict::Retry { after, stopped_at: None, reason }
        }
        Class::TooLarge => Verdict::TooLarge { reason },
        _ => Verdict::Hold { reason },
    }
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderMap;

    use super::super::codes::CODES;
    use super::*;

    fn answer(status: u16, body: &str) -> Answer {
        let body = Some(body.as_bytes().to_vec());
        Answer { status, headers: HeaderMap::new(), body, peer: None }
    }

    fn name(verdict: &Verdict) -> &'static str {
        match verdict {
            Verdict::Taken { filling: false, .. } => "taken",
            Verdict::Taken { filling: true, .. } => "taken, filling",
            Verdict::Event { .. } => "event",
            Verdict::Index { .. } => "index",
            Verdict::NoChannel { .. } => "no channel",
            Verdict::NoAcknowledgement { .. } => "no acknowledgement",
            Verdict::TooLarge { .. } => "too large",
            Verdict::Retry { .. } => "retry",
            Verdict::Hold { .. } => "hold",
            Verdict::Ambiguous { .. } => "ambiguous",
        }
    }

    /// Every code with its status has the verdict that the contract names.
    #[test]
    fn every_code_has_its_verdict() {
        let expected = [
            "taken",
            "hold",
            "hold",
            "hold",
            "hold",
            "event",
            "event",
            "index",
            "retry",
            "retry",
            "no channel",
            "hold",
            "event",
            "event",
            "no acknowledgement",
            "event",
            "hold",
            "ambiguous",
            "retry",
            "retry",
            "retry",
            "hold",
            "hold",
            "retry",
            "taken, filling",
            "taken, filling",
            "retry",
            "retry",
        ];
        assert_eq!(expected.len(), CODES.len());
        for (row, expected) in CODES.iter().zip(expected) {
            let body = format!(r#"{{"text":"secret","code":{}}}"#, row.code);
            let verdict = of(&answer(row.status, &body));
            assert_eq!(name(&verdict), expected, "code {}", row.code);
            assert!(!format!("{verdict:?}").contains("secret"), "code {}", row.code);
        }
    }

    /// A body that says success does not make one of a refusal, nor the other way round.
    #[test]
    fn status_and_code_must_agree_on_success() {
        assert_eq!(name(&of(&answer(502, r#"{"text":"Success","code":0}"#))), "retry");
        assert_eq!(name(&of(&answer(404, r#"{"text":"Success","code":0}"#))), "hold");
        assert_eq!(name(&of(&answer(200, r#"{"text":"Server is busy","code":9}"#))), "retry");
        for unreadable in ["", "ok", "{}", r#"{"code":99}"#, r#"{"code":"0"}"#] {
            assert_eq!(name(&of(&answer(200, unreadable))), "ambiguous", "{unreadable}");
        }
        let too_long = Answer { body: None, ..answer(200, "") };
        assert_eq!(name(&of(&too_long)), "ambiguous");
    }

    /// The numbers of an answer are read: which event, which acknowledgement, how long.
    #[test]
    fn numbers_are_read() {
        let verdict = of(&answer(400, r#"{"text":"x","code":6,"invalid-event-number":3}"#));
        assert!(matches!(verdict, Verdict::Event { at: Some(3), .. }), "{verdict:?}");
        let verdict = of(&answer(200, r#"{"text":"Success","code":0,"ackId":0}"#));
        assert_eq!(verdict, Verdict::Taken { ack: Some(0), filling: false });
        let mut busy = answer(503, r#"{"text":"x","code":9,"invalid-event-number":2}"#);
        busy.headers.insert("retry-after", reqwest::header::HeaderValue::from_static("3"));
        let verdict = of(&busy);
        let Verdict::Retry { after, stopped_at, .. } = verdict else { panic!("{verdict:?}") };
        assert_eq!((after, stopped_at), (Some(Duration::from_secs(3)), Some(2)));
    }

    /// A login page where the event collector should be is a matter of configuration.
    #[test]
    fn a_login_page_holds() {
        let mut page = answer(200, "<html>");
        let html = reqwest::header::HeaderValue::from_static("text/html; charset=utf-8");
        page.headers.insert("content-type", html);
        assert_eq!(name(&of(&page)), "hold");
    }
}
