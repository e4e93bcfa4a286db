//! Which action is which call of the truth.

use std::collections::{BTreeMap, BTreeSet};

use super::families::{Families, Family};
use super::names::same_tool;
use super::read::Derived;
use super::truth::{Call, Truth};
use super::wording::{same_arguments, says};
use crate::conversations::rows::ActionRow;

/// A call and its action.
#[derive(Debug)]
pub(super) struct Matched<'t> {
    /// The conversation, as its place in the truth.
    pub(super) conversation: usize,
    pub(super) call: &'t Call,
    /// The role of that conversation.
    pub(super) role: &'t str,
    /// The action, as its place among the rows; nothing where there is none.
    pub(super) action: Option<usize>,
    /// It stands in a conversation that this call was not made in.
    pub(super) is_elsewhere: bool,
}

/// All calls, and the actions that are none.
#[derive(Debug)]
pub(super) struct Calls<'t> {
    pub(super) all: Vec<Matched<'t>>,
    pub(super) extra: Vec<usize>,
}

/// How a call is looked for, the surest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// By its id, in its conversation.
    Id,
    /// By its tool and its arguments, in its conversation.
    Arguments,
    /// By its tool, where no arguments are known of the action.
    Tool,
    /// By its id, anywhere.
    IdElsewhere,
}

/// The actions, so that those which could be a call are found without looking at all of them.
struct Index<'d> {
    by_id: BTreeMap<&'d str, Vec<usize>>,
    by_session: BTreeMap<&'d str, Vec<usize>>,
}

impl<'d> Index<'d> {
    fn of(derived: &'d Derived) -> Self {
        let (mut by_id, mut by_session) = (BTreeMap::new(), BTreeMap::new());
        for (at, action) in derived.actions.iter().enumerate() {
            if let Some(id) = action.call_id.as_deref() {
                by_id.entry(id).or_insert_with(Vec::new).push(at);
            }
            by_session.entry(action.session_id.as_str()).or_insert_with(Vec::new).push(at);
        }
        Self { by_id, by_session }
    }

    /// Those that could be this call, in the order of their times.
    fn candidates(&self, way: Way, call: &Call, family: &Family) -> Vec<usize> {
        if matches!(way, Way::Id | Way::IdElsewhere) {
            return self.by_id.get(call.id.as_str()).cloned().unwrap_or_default();
        }
        let serving = family.serving.iter().filter(|_| call.by_subagent);
        let sessions = family.own.iter().chain(serving);
        let found = sessions.filter_map(|session| self.by_session.get(session.as_str()));
        let mut found: Vec<usize> = found.flatten().copied().collect();
        found.sort_unstable();
        found
    }
}

/// Finds the action of every call.
pub(super) fn find<'t>(truth: &'t Truth, derived: &Derived, families: &Families) -> Calls<'t> {
    let mut all: Vec<Matched<'t>> = Vec::new();
    for (conversation, it) in truth.conversations.iter().enumerate() {
        all.extend(it.calls().iter().map(|call| Matched {
            conversation,
            call,
            role: &it.role,
            action: None,
            is_elsewhere: false,
        }));
    }
    let known: BTreeSet<&str> = all.iter().map(|it| it.call.id.as_str()).collect();
    let index = Index::of(derived);
    let mut taken = BTreeSet::new();
    for way in [Way::Id, Way::Arguments, Way::Tool, Way::IdElsewhere] {
        for matched in all.iter_mut().filter(|matched| matched.action.is_none()) {
            let Some(family) = families.of.get(matched.conversation) else { continue };
            let call = matched.call;
            let fits = |at: &usize| {
                !taken.contains(at)
                    && derived.actions.get(*at).is_some_and(|action| {
                        (way == Way::IdElsewhere || stands_in(family, call, action))
                            && is(way, call, action, derived, &known)
                    })
            };
            if let Some(at) = index.candidates(way, call, family).into_iter().find(fits) {
                matched.action = Some(at);
                matched.is_elsewhere = way == Way::IdElsewhere;
                taken.insert(at);
            }
        }
    }
    let is_asked = |action: &ActionRow| {
        let conversation = families.places.get(&action.session_id);
        let conversation = conversation.and_then(|at| truth.conversations.get(*at));
        conversation.is_none_or(|it| it.calls.is_some())
    };
    let extra = derived.actions.iter().enumerate();
    let extra = extra.filter(|(at, action)| !taken.contains(at) && is_asked(action));
    let extra = extra.map(|(at, _)| at).collect();
    Calls { all, extra }
}

/// A subagent's call may stand in a conversation of its own, or in the one that it shares.
fn stands_in(family: &Family, call: &Call, action: &ActionRow) -> bool {
    family.own.contains(&action.session_id)
        || (call.by_subagent && family.serving.contains(&action.session_id))
}

fn is(
    way: Way,
    call: &Call,
    action: &ActionRow,
    derived: &Derived,
    known: &BTreeSet<&str>,
) -> bool {
    let id = action.call_id.as_deref();
    if matches!(way, Way::Id | Way::IdElsewhere) {
        return id == Some(call.id.as_str());
    }
    // The id of another call is not this one's.
    if id.is_some_and(|id| known.contains(id)) || !same_tool(&call.tool, action) {
        return false;
    }
    let mut arguments = derived.arguments_of(action).peekable();
    let texts = [&action.command, &action.path, &action.url];
    let texts: Vec<&str> = texts.into_iter().filter_map(|text| text.as_deref()).collect();
    let is_silent = arguments.peek().is_none() && texts.is_empty();
    match way {
        Way::Tool => is_silent,
        _ => {
            arguments.any(|row| same_arguments(row, &call.arguments))
                || texts.iter().any(|text| has_value(&call.arguments, text))
        }
    }
}

/// Whether a text of a row is one of the values that a tool was called with.
fn has_value(arguments: &str, text: &str) -> bool {
    let fields: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(arguments).unwrap_or_default();
    fields.values().filter_map(serde_json::Value::as_str).any(|value| says(text, value))
}
