//! Which rows of `sessions` are which conversation of the truth.

use std::collections::{BTreeMap, BTreeSet};

use super::read::Derived;
use super::truth::{Conversation, Truth};
use super::wording::says;
use crate::conversations::rows::SessionRow;
use crate::conversations::sent_id;

/// Who serves whom is followed so far.
const DEPTH: usize = 16;

/// The rows of one conversation, by their ids.
#[derive(Debug, Default)]
pub(super) struct Family {
    /// The conversation itself. Several where nothing tells that they are one.
    pub(super) own: BTreeSet<String>,
    /// Conversations that serve it and that the truth does not tell apart from it.
    pub(super) serving: BTreeSet<String>,
}

/// The rows of each conversation, and those of none.
#[derive(Debug, Default)]
pub(super) struct Families {
    /// In the order of the truth.
    pub(super) of: Vec<Family>,
    pub(super) extra: BTreeSet<String>,
    /// The conversation of each row, as its place in the truth.
    pub(super) places: BTreeMap<String, usize>,
}

/// How the rows of a conversation are found among those that are free.
type Way = fn(&Conversation, &Derived, &BTreeSet<String>) -> BTreeSet<String>;

/// Finds the rows of every conversation.
pub(super) fn find(truth: &Truth, derived: &Derived) -> Families {
    let mut free: BTreeSet<String> =
        derived.sessions.iter().map(|session| session.session_id.clone()).collect();
    let mut families: Vec<Family> = truth.conversations.iter().map(|_| Family::default()).collect();
    let ways: [Way; 4] = [by_id, by_content, by_parent, by_role];
    for way in ways {
        for (conversation, family) in truth.conversations.iter().zip(&mut families) {
            if family.own.is_empty() {
                family.own = way(conversation, derived, &free);
                free.retain(|session| !family.own.contains(session));
            }
        }
    }
    let mut places = BTreeMap::new();
    for (at, family) in families.iter().enumerate() {
        places.extend(family.own.iter().map(|session| (session.clone(), at)));
    }
    let serves: BTreeMap<&str, &str> = derived
        .sessions
        .iter()
        .filter_map(|row| Some((row.session_id.as_str(), row.parent_session_id.as_deref()?)))
        .collect();
    let mut extra = BTreeSet::new();
    for session in free {
        let mut at = session.as_str();
        let place = (0..DEPTH).find_map(|_| {
            at = serves.get(at)?;
            places.get(at).copied()
        });
        let family = place.and_then(|place| families.get_mut(place));
        match family {
            Some(family) => family.serving.insert(session),
            None => extra.insert(session),
        };
    }
    for (at, family) in families.iter().enumerate() {
        places.extend(family.serving.iter().map(|session| (session.clone(), at)));
    }
    Families { of: families, extra, places }
}

fn by_id(truth: &Conversation, derived: &Derived, free: &BTreeSet<String>) -> BTreeSet<String> {
    let Some(id) = &truth.id else { return BTreeSet::new() };
    if !truth.foreign {
        return free.get(id).cloned().into_iter().collect();
    }
    let own = derived.sessions.iter().filter(|row| {
        free.contains(&row.session_id) && truth.principal.as_ref() == Some(&row.principal)
    });
    let marked = |row: &&SessionRow| row.session_id != *id && sent_id(&row.session_id) == id;
    // Only what it shares with the owner has a mark.
    let row = own.clone().find(marked).or_else(|| own.clone().find(|row| row.session_id == *id));
    row.map(|row| row.session_id.clone()).into_iter().collect()
}

/// Those without an id are known by what was called and asked in them.
fn by_content(
    truth: &Conversation,
    derived: &Derived,
    free: &BTreeSet<String>,
) -> BTreeSet<String> {
    if truth.id.is_some() {
        return BTreeSet::new();
    }
    let own = truth.calls().iter().filter(|call| !call.by_subagent);
    let calls: BTreeSet<&str> = own.map(|call| call.id.as_str()).collect();
    let called = derived
        .actions
        .iter()
        .filter(|action| action.call_id.as_deref().is_some_and(|id| calls.contains(id)));
    let asked = derived.turns.iter().filter(|turn| {
        let prompt = turn.prompt.as_deref();
        prompt.is_some_and(|prompt| truth.prompts.iter().any(|truth| says(prompt, truth)))
    });
    let sessions =
        called.map(|action| &action.session_id).chain(asked.map(|turn| &turn.session_id));
    sessions.filter(|session| free.contains(*session)).cloned().collect()
}

/// Those of which nothing else is known: by their role and by whom they serve.
fn by_parent(truth: &Conversation, derived: &Derived, free: &BTreeSet<String>) -> BTreeSet<String> {
    let rows = derived.sessions.iter().filter(|row| {
        truth.id.is_none()
            && row.role.as_deref() == Some(&truth.role)
            && row.parent_session_id.as_deref().map(sent_id) == truth.parent()
    });
    rows.map(|row| row.session_id.clone()).filter(|session| free.contains(session)).collect()
}

/// At last one that has its role, or the only one that is left.
fn by_role(truth: &Conversation, derived: &Derived, free: &BTreeSet<String>) -> BTreeSet<String> {
    if truth.id.is_some() {
        return BTreeSet::new();
    }
    let rows = derived.sessions.iter().filter(|row| free.contains(&row.session_id));
    let mut same = rows.clone().filter(|row| row.role.as_deref() == Some(&truth.role));
    let mut all = rows;
    let only = (free.len() == 1).then(|| all.next()).flatten();
    same.next().or(only).map(|row| row.session_id.clone()).into_iter().collect()
}
