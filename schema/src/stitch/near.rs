//! Conversations that belong together although nothing is in both: found by who sent them, and
//! when.
//!
//! Codex asks for a title, and for a review, in a conversation of its own. Without traces only
//! the words and the time tell which conversation they are for. Here such conversations become
//! one family; which serves which, and how sure that is, is decided when it is derived.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::fact::{Detail, Fact};
use super::keys::{Join, Key};
use crate::vocabulary::{Agent, DecidedBy, Kind, PromptOrigin};

/// A title is asked for so long after its prompt at most.
const TITLE_AFTER_US: i64 = 10_000_000;
/// A review takes so long at most.
const REVIEW_TAKES_US: i64 = 180_000_000;
/// Clocks and threads may be out of step by so much.
const SLACK_US: i64 = 1_000_000;
/// So many of each kind are remembered; the oldest are forgotten.
const REMEMBERED: usize = 100_000;

/// Moments at which something was asked or decided, by what it is about.
#[derive(Debug, Default)]
struct Moments(BTreeMap<(u64, i64, Key), ()>);

impl Moments {
    fn put(&mut self, about: u64, time_us: i64, of: Key) {
        self.0.insert((about, time_us, of), ());
        if self.0.len() > REMEMBERED {
            self.0.pop_first();
        }
    }

    fn within(&self, about: u64, from_us: i64, to_us: i64, found: &mut Vec<Key>) {
        let least = (about, from_us, Key::LEAST);
        let most = (about, to_us.saturating_add(1), Key::LEAST);
        found.extend(self.0.range(least..most).map(|((_, _, key), ())| *key));
    }
}

/// What was asked and decided lately.
#[derive(Debug, Default)]
pub(super) struct Near {
    prompts: Moments,
    titles: Moments,
    reviews: Moments,
    reviewers: Moments,
}

impl Near {
    /// The conversations near a fact; remembers the fact for those that come later.
    pub(super) fn find(&mut self, fact: &Fact) -> Vec<Key> {
        let mut found = Vec::new();
        let (Agent::Codex, Some(id), Some(detail)) =
            (fact.agent, fact.session_id.clone(), fact.detail.as_deref())
        else {
            return found;
        };
        let own = Join::Session(fact.agent, id).key(&fact.tenant, &fact.principal);
        match fact.kind {
            Kind::Prompt => self.prompt(fact, detail, own, &mut found),
            Kind::Approval if detail.decided_by == Some(DecidedBy::AiReviewer) => {
                let (about, time) = (about(fact, ""), fact.time_us);
                let from = time.saturating_sub(REVIEW_TAKES_US);
                self.reviewers.within(about, from, time.saturating_add(SLACK_US), &mut found);
                self.reviews.put(about, time, own);
            }
            _ => {}
        }
        found.retain(|key| *key != own);
        found
    }

    fn prompt(&mut self, fact: &Fact, detail: &Detail, own: Key, found: &mut Vec<Key>) {
        let time = fact.time_us;
        match (detail.prompt_origin, detail.prompt.as_deref()) {
            (Some(PromptOrigin::System), Some(text)) => {
                // The words it is for come last, after a line that says so.
                let quoted = text.rsplit_once(":\n").map_or(text, |(_, quoted)| quoted);
                let about = about(fact, quoted.trim());
                let from = time.saturating_sub(TITLE_AFTER_US);
                self.prompts.within(about, from, time.saturating_add(SLACK_US), found);
                self.titles.put(about, time, own);
            }
            (Some(PromptOrigin::Reviewer), _) | (_, None) => {
                let about = about(fact, "");
                let to = time.saturating_add(REVIEW_TAKES_US);
                self.reviews.within(about, time.saturating_sub(SLACK_US), to, found);
                self.reviewers.put(about, time, own);
            }
            (_, Some(text)) => {
                let about = about(fact, text.trim());
                let to = time.saturating_add(TITLE_AFTER_US);
                self.titles.within(about, time.saturating_sub(SLACK_US), to, found);
                self.prompts.put(about, time, own);
            }
        }
    }
}

/// What is asked about: by whom, and in which words.
fn about(fact: &Fact, words: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    (&fact.tenant, &fact.principal, words).hash(&mut hasher);
    hasher.finish()
}
