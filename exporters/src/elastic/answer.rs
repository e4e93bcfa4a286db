//! What an answer to `_bulk` says: about the request, and about every item by its position.

use std::borrow::Cow;
use std::time::Duration;

use serde::Deserialize;

use super::outcomes::{self, Class};
use crate::http::Answer;
use crate::outcome::Outcome;

/// How long a cluster with a full disk is left alone.
pub(crate) const SLOWLY: Duration = Duration::from_secs(30);
/// What of an answer is read. Reasons are left out: they may quote the document.
pub(crate) const FILTER: &str =
    "errors,items.*.status,items.*.error.type,items.*.failure_store,error.type,status";
/// Types of errors are names; a longer one is none.
const KIND_CHARS_MAX: usize = 80;

/// What became of a request.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// One class for each document, and why.
    Items(Vec<(Class, String)>),
    /// It is larger than the server takes.
    TooLarge { reason: String },
    /// All documents end alike.
    All(Outcome),
}

#[derive(Deserialize)]
struct Bulk<'a> {
    #[serde(borrow)]
    items: Vec<Item<'a>>,
}

#[derive(Deserialize)]
struct Item<'a> {
    #[serde(borrow)]
    create: Created<'a>,
}

#[derive(Deserialize)]
struct Created<'a> {
    status: u16,
    #[serde(borrow)]
    error: Option<Kind<'a>>,
    #[serde(borrow)]
    failure_store: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct Kind<'a> {
    #[serde(borrow, rename = "type")]
    kind: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct Refusal<'a> {
    #[serde(borrow)]
    error: Kind<'a>,
}

/// Reads an answer to so many documents.
pub(crate) fn of(answer: &Answer, documents: usize) -> Verdict {
    if (200..300).contains(&answer.status) {
        let bulk: Option<Bulk<'_>> = answer.json();
        let items = bulk.map(|bulk| bulk.items).filter(|items| items.len() == documents);
        return match items {
            Some(items) => Verdict::Items(items.iter().map(item).collect()),
            None if answer.is_page() => {
                let reason =
                    format!("http {}: a page for people stands at this address", answer.status);
                Verdict::All(Outcome::Hold { reason })
            }
            None => {
                let reason = format!("http {}, and the answer cannot be read", answer.status);
                Verdict::All(Outcome::Ambiguous { reason })
            }
        };
    }
    let reason = refusal(answer);
    match answer.status {
        413 => Verdict::TooLarge { reason },
        408 | 425 | 429 | 500..=599 => {
            Verdict::All(Outcome::Retry { after: answer.retry_after(), reason })
        }
        _ => Verdict::All(Outcome::Hold { reason }),
    }
}

fn item(item: &Item<'_>) -> (Class, String) {
    let created = &item.create;
    let kind = created.error.as_ref().and_then(|error| error.kind.as_deref());
    let store = created.failure_store.as_deref();
    let class = outcomes::of_item(created.status, kind, store);
    let reason = match class {
        Class::Delivered | Class::Duplicate => String::new(),
        Class::Quarantined => {
            "the data stream does not take the document: it is in the failure store, under another id"
                .to_owned()
        }
        _ => format!("status {}{}", created.status, named(kind)),
    };
    (class, reason)
}

/// What a refusal says: its status and the type of its error.
pub(crate) fn refusal(answer: &Answer) -> String {
    let refusal: Option<Refusal<'_>> = answer.json();
    let kind = refusal.and_then(|refusal| refusal.error.kind);
    format!("http {}{}", answer.status, named(kind.as_deref()))
}

/// The type of an error, where it is a name and nothing else.
pub(crate) fn named(kind: Option<&str>) -> String {
    let name = |kind: &&str| {
        let name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        kind.len() <= KIND_CHARS_MAX && kind.chars().all(name)
    };
    kind.filter(name).map_or_else(String::new, |kind| format!(", {kind}"))
}

#[cfg(test)]
mod tests {
    use reqwest::header::{HeaderMap, HeaderValue};

    use super::*;

    fn answer(status: u16, body: &str) -> Answer {
        let body = Some(body.as_bytes().to_vec());
        Answer { status, headers: HeaderMap::new(), body, peer: None }
    }

    /// Items keep their places, and what is no name does not become part of a reason.
    #[test]
    fn items_are_read_by_position() {
        let body = r#"{"errors":true,"items":[{"create":{"status":201}},
            {"create":{"status":400,"error":{"type":"document_parsing_exception","reason":"hush"}}},
            {"create":{"status":409,"error":{"type":"version_conflict_engine_exception"}}},
            {"create":{"status":400,"error":{"type":"my password is hush"}}},
            {"create":{"status":201,"failure_store":"used"}}]}"#;
        let Verdict::Items(items) = of(&answer(200, body), 5) else { panic!("no items") };
        let classes: Vec<Class> = items.iter().map(|(class, _)| *class).collect();
        let expected = [
            Class::Delivered,
            Class::Refused,
            Class::Duplicate,
            Class::Refused,
            Class::Quarantined,
        ];
        assert_eq!(classes, expected);
        assert_eq!(items[1].1, "status 400, document_parsing_exception");
        assert_eq!(items[3].1, "status 400");
    }

    /// An answer that does not have one item for each document says nothing about any.
    #[test]
    fn a_short_answer_is_ambiguous() {
        for body in ["", "{}", r#"{"items":[]}"#, r#"{"items":[{"index":{"status":201}}]}"#] {
            let verdict = of(&answer(200, body), 1);
            assert!(
                matches!(verdict, Verdict::All(Outcome::Ambiguous { .. })),
                "{body}: {verdict:?}"
            );
        }
    }

    /// A request as a whole: each status of the contract.
    #[test]
    fn requests_have_their_outcome() {
        let body = r#"{"error":{"type":"security_exception","reason":"hush"},"status":1}"#;
        for status in [301, 302, 400, 401, 403, 404, 405, 406, 410] {
            let Verdict::All(Outcome::Hold { reason }) = of(&answer(status, body), 1) else {
                panic!("{status}")
            };
            assert_eq!(reason, format!("http {status}, security_exception"));
        }
        for status in [408, 429, 500, 502, 503, 504] {
            let mut busy = answer(status, body);
            busy.headers.insert("retry-after", HeaderValue::from_static("9"));
            let Verdict::All(Outcome::Retry { after, .. }) = of(&busy, 1) else {
                panic!("{status}")
            };
            assert_eq!(after, Some(Duration::from_secs(9)));
        }
        assert!(matches!(of(&answer(413, ""), 1), Verdict::TooLarge { .. }));
    }
}
