//! What a server answered, as far as it may be looked at.

use std::fmt;
use std::time::{Duration, SystemTime};

use reqwest::header::{HeaderMap, RETRY_AFTER, SET_COOKIE};

use super::retry_after;

/// An answer, read up to the limit. Its body is for parsing only: a refusal may repeat the token
/// or an event, so `Debug` leaves it out and no reason is made of it.
pub(crate) struct Answer {
    /// The status.
    pub(crate) status: u16,
    /// The headers.
    pub(crate) headers: HeaderMap,
    /// The body; `None` if it was longer than the limit.
    pub(crate) body: Option<Vec<u8>>,
    /// The peer's address, where it is known.
    pub(crate) peer: Option<std::net::SocketAddr>,
}

impl Answer {
    /// A header as text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// How long the server asked to be left alone.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        retry_after(self.header(RETRY_AFTER.as_str())?, SystemTime::now())
    }

    /// The body as JSON of a known form.
    pub(crate) fn json<'a, T: serde::Deserialize<'a>>(&'a self) -> Option<T> {
        serde_json::from_slice(self.body.as_deref()?).ok()
    }

    /// Whether it is a page for people: a proxy's login, not the service.
    pub(crate) fn is_page(&self) -> bool {
        self.header("content-type").is_some_and(|kind| kind.starts_with("text/html"))
    }

    /// The cookies that it sets: name and value.
    pub(crate) fn cookies(&self) -> impl Iterator<Item = (&str, &str)> {
        self.headers.get_all(SET_COOKIE).iter().filter_map(|cookie| {
            let pair = cookie.to_str().ok()?.split(';').next()?;
            let (name, value) = pair.split_once('=')?;
            Some((name.trim(), value.trim()))
        })
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer").field("status", &self.status).finish_non_exhaustive()
    }
}
