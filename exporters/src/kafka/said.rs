//! What librdkafka says beside its answers: that brokers are down, that it is not let in.

use std::sync::{Mutex, PoisonError};

use rdkafka::types::RDKafkaErrorCode as Code;
use tokio::sync::Notify;

use super::class::{self, Class};

/// What it says is cut here, in bytes.
const WORDS_MAX: usize = 300;

/// The last things said by one client.
#[derive(Debug, Default)]
pub(super) struct Said {
    last: Mutex<Last>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct Last {
    any: Option<String>,
    all_down: bool,
    broke: bool,
    hold: Option<(Code, String)>,
}

impl Said {
    /// Takes an error in. Its words name brokers and causes, no credentials.
    pub(super) fn hear(&self, code: Code, words: &str) {
        let mut text = class::told(code);
        let end = words.floor_char_boundary(WORDS_MAX);
        if let Some(words) = words.get(..end).filter(|words| !words.is_empty()) {
            text = format!("{text} ({words})");
        }
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if class::of(code) == Class::Hold {
            last.hold = Some((code, text.clone()));
        }
        last.all_down |= code == Code::AllBrokersDown;
        last.broke |= code != Code::AllBrokersDown && class::of(code) != Class::Hold;
        // That all are down follows from what was said of each.
        if code != Code::AllBrokersDown || last.any.is_none() {
            last.any = Some(text);
        }
        drop(last);
        self.changed.notify_one();
    }

    /// Wakes at the next error.
    pub(super) async fn changed(&self) {
        self.changed.notified().await;
    }

    /// The last error that somebody has to put right.
    pub(super) fn hold(&self) -> Option<String> {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.hold.as_ref().map(|(_, text)| text.clone())
    }

    /// Its code.
    pub(super) fn hold_code(&self) -> Option<Code> {
        self.last
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .hold
            .as_ref()
            .map(|(code, _)| *code)
    }

    /// Whether no broker that is known takes a connection.
    pub(super) fn all_down(&self) -> bool {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).all_down
    }

    /// Whether anything went wrong that nobody has to put right, as a connection that broke.
    pub(super) fn broke(&self) -> bool {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).broke
    }

    /// The last error.
    pub(super) fn any(&self) -> Option<String> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).any.clone()
    }

    /// Forgets all: something went well.
    pub(super) fn forget(&self) {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Last::default();
    }
}
