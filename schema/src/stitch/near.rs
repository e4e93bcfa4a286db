//! Conversations that belong together although nothing is in both: found by who sent them, and
//! when.
//!
//! Codex asks for a title, and for a review, in a conversation of its own. Without traces only
//! the words and the time tell which conversation they are for. Here such conversations become
//! one family; which serves which, and how sure that is, is decided when it is derived.

use std::collections::BTreeSet;

use super::detail::Detail;
use super::fact::Fact;
use super::hash::first_u64;
use super::keys::{Join, Key};
use crate::vocabulary::{Agent, DecidedBy, Kind, PromptOrigin};

/// A title is asked for so long after its prompt at most.
const TITLE_AFTER_US: i64 = 10_000_000;
/// A review takes so long at most.
const REVIEW_TAKES_US: i64 = 180_000_000;
/// Clocks and threads may be out of step by so much.
const SLACK_US: i64 = 1_000_000;
/// So many are remembered.
const REMEMBERED: usize = 1 << 20;

/// What kind of moment is remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum List {
    Prompt,
    Title,
    Review,
    Reviewer,
}

impl List {
    const ALL: [(Self, &'static str); 4] = [
        (Self::Prompt, "prompt"),
        (Self::Title, "title"),
        (Self::Review, "review"),
        (Self::Reviewer, "reviewer"),
    ];
}

/// A moment at which something was asked or decided, and what it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Mark {
    list: List,
    about: u64,
    time_us: i64,
}

impl Mark {
    /// The mark that a fact makes, if it makes one.
    pub(super) fn of(fact: &Fact) -> Option<Self> {
        let detail = fact.detail.as_deref()?;
        fact.session_id.as_ref().filter(|_| fact.agent == Agent::Codex)?;
        let (list, words) = match fact.kind {
            Kind::Prompt => prompt(detail)?,
            Kind::Approval if detail.decided_by == Some(DecidedBy::AiReviewer) => {
                (List::Review, "")
            }
            _ => return None,
        };
        let host = detail.origin.host.as_deref().unwrap_or_default();
        Some(Self { list, about: about(fact, host, words), time_us: fact.time_us })
    }

    /// What of the other kind is near: the list, and from when to when.
    fn wants(self) -> (List, i64, i64) {
        let (time, slack) = (self.time_us, SLACK_US);
        let (list, before, after) = match self.list {
            List::Title => (List::Prompt, TITLE_AFTER_US, slack),
            List::Prompt => (List::Title, slack, TITLE_AFTER_US),
            List::Review => (List::Reviewer, REVIEW_TAKES_US, slack),
            List::Reviewer => (List::Review, slack, REVIEW_TAKES_US),
        };
        (list, time.saturating_sub(before), time.saturating_add(after))
    }

    /// The text in the column `joined_by`.
    pub(super) fn text(self) -> String {
        let words = List::ALL.into_iter().find(|(list, _)| *list == self.list);
        let word = words.map_or("", |(_, word)| word);
        format!("near:{word}:{:016x}:{}", self.about, self.time_us)
    }

    /// Reads the text of the column `joined_by`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.strip_prefix("near:")?.split(':');
        let word = parts.next()?;
        let (list, _) = List::ALL.into_iter().find(|(_, known)| *known == word)?;
        let about = u64::from_str_radix(parts.next()?, 16).ok()?;
        Some(Self { list, about, time_us: parts.next()?.parse().ok()? })
    }
}

/// What kind of prompt it is, and in which words the other conversation speaks of it.
///
/// A prompt without its text says nothing: many conversations of one principal may have such at
/// the same time, and must not become one family.
fn prompt(detail: &Detail) -> Option<(List, &str)> {
    Some(match (detail.talk.prompt_origin, detail.talk.prompt.as_deref()) {
        (Some(PromptOrigin::System), Some(text)) => {
            // The words it is for come last, after a line that says so.
            let quoted = text.rsplit_once(":\n").map_or(text, |(_, quoted)| quoted);
            (List::Title, quoted.trim())
        }
        (Some(PromptOrigin::Reviewer), _) => (List::Reviewer, ""),
        (_, Some(text)) => (List::Prompt, text.trim()),
        (_, None) => return None,
    })
}

/// What is asked about: by whom, on which machine, and in which words.
fn about(fact: &Fact, host: &str, words: &str) -> u64 {
    // It is written into the tables: the same in every version.
    let mut hasher = blake3::Hasher::new();
    for part in [&fact.tenant, &fact.principal, host, words] {
        hasher.update(&(part.len() as u64).to_le_bytes()).update(part.as_bytes());
    }
    first_u64(&hasher.finalize())
}

/// What was asked and decided lately, and in which conversation.
#[derive(Debug, Default)]
pub(super) struct Near {
    moments: BTreeSet<(List, u64, i64, Key)>,
}

impl Near {
    /// The conversations near a mark.
    pub(super) fn of(&self, mark: Mark) -> impl Iterator<Item = Key> + '_ {
        let (list, from_us, to_us) = mark.wants();
        let least = (list, mark.about, from_us, Key::LEAST);
        let most = (list, mark.about, to_us.saturating_add(1), Key::LEAST);
        self.moments.range(least..most).map(|(_, _, _, key)| *key)
    }

    /// Remembers a mark of a conversation.
    pub(super) fn put(&mut self, mark: Mark, of: Key) {
        self.moments.insert((mark.list, mark.about, mark.time_us, of));
        if self.moments.len() > REMEMBERED {
            self.moments.pop_first();
        }
    }

    /// The conversations near a fact; remembers the fact for those that come later.
    pub(super) fn find(&mut self, fact: &Fact) -> Vec<Key> {
        let (Some(mark), Some(id)) = (fact.mark, fact.session_id.clone()) else {
            return Vec::new();
        };
        let own = Join::Session(fact.agent, id).key(&fact.tenant, &fact.principal);
        let found = self.of(mark).filter(|key| *key != own).collect();
        self.put(mark, own);
        found
    }
}
