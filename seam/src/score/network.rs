//! Network attempts and the edges that lead from them to calls.
//!
//! An edge from an event with a host and a verdict to a call is right if the truth lists this
//! attempt under that call. An ambiguous edge is right if such a call is among its candidates.

use std::collections::{BTreeMap, BTreeSet};

use seam_schema::vocabulary::Confidence;

use super::calls::{Calls, Matched};
use super::compare::name;
use super::families::Families;
use super::read::{AttemptEvent, Derived};
use super::signals::Signals;
use super::tally::{Score, Why};
use super::truth::{Attempt, NetworkLink, Truth};
use crate::conversations::rows::LinkRow;

/// An attempt.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    /// The call that made it, as its place among the calls.
    call: usize,
    host: String,
    verdict: String,
    /// What tells its record from others, where the truth knows that.
    client_address: Option<String>,
}

/// How many right edges lead from an attempt, by confidence.
type Edges = BTreeMap<Key, BTreeMap<Confidence, u64>>;

/// An attempt that is expected.
#[derive(Debug)]
struct Expected {
    key: Key,
    /// Whether the signals leave no doubt, where that is known.
    determined: Option<bool>,
}

/// Judges every edge, and looks for every attempt.
pub(super) fn judge(
    truth: &Truth,
    derived: &Derived,
    families: &Families,
    calls: &Calls<'_>,
    signals: &Signals,
    score: &mut Score,
) {
    let expected = expected(truth, calls);
    let edges = edges(derived, families, calls, &expected, score);
    recall(truth, calls, &expected, edges, signals, score);
}

fn expected(truth: &Truth, calls: &Calls<'_>) -> Vec<Expected> {
    let Some(links) = &truth.network_links else {
        let of_call = |(call, it): (usize, &Matched<'_>)| {
            // A call that tries a host again and again has tried it.
            let attempts: BTreeSet<_> = it.call.network.iter().cloned().collect();
            attempts
                .into_iter()
                .map(move |attempt| Expected { key: key(call, attempt, None), determined: None })
        };
        return calls.all.iter().enumerate().flat_map(of_call).collect();
    };
    let places: BTreeMap<(Option<&str>, Option<&str>, &str), usize> = calls
        .all
        .iter()
        .enumerate()
        .filter_map(|(at, it)| Some((truth.conversations.get(it.conversation)?, it, at)))
        .flat_map(|(conversation, it, at)| {
            // A link need not say who sent it: only shared ids need that.
            let principals = [None, conversation.principal.as_deref()];
            let id = conversation.id.as_deref();
            principals.map(|principal| ((id, principal, it.call.id.as_str()), at))
        })
        .collect();
    let of_link = |link: &NetworkLink| {
        if link.visible == Some(false) || link.owner_visible == Some(false) {
            return None;
        }
        let call = link.call_id.as_deref()?;
        let of = (link.conversation.as_deref(), link.principal.as_deref(), call);
        let key = key(*places.get(&of)?, link.attempt.clone(), link.client_address.clone());
        Some(Expected { key, determined: link.determined })
    };
    links.iter().filter_map(of_link).collect()
}

fn key(call: usize, attempt: Attempt, client_address: Option<String>) -> Key {
    let Attempt { host, verdict } = attempt;
    Key { call, host: host.to_lowercase(), verdict, client_address }
}

/// Judges the edges that were drawn; gives those that are right.
fn edges(
    derived: &Derived,
    families: &Families,
    calls: &Calls<'_>,
    expected: &[Expected],
    score: &mut Score,
) -> Edges {
    let keys: BTreeSet<&Key> = expected.iter().map(|it| &it.key).collect();
    let has_addresses = keys.iter().any(|key| key.client_address.is_some());
    let open: BTreeSet<(usize, &str, &str)> = expected
        .iter()
        .filter(|it| it.determined == Some(false))
        .filter_map(|Expected { key, .. }| {
            let conversation = calls.all.get(key.call)?.conversation;
            Some((conversation, key.host.as_str(), key.verdict.as_str()))
        })
        .collect();
    let call_of: BTreeMap<&str, usize> = calls
        .all
        .iter()
        .enumerate()
        .filter_map(|(at, it)| Some((derived.actions.get(it.action?)?.action_id.as_str(), at)))
        .collect();
    let mut right = Edges::new();
    for link in derived.links.iter().filter(|link| link.is("network")) {
        let attempt = link.event_id.as_ref().and_then(|event| derived.attempts.get(event));
        let confidence = link.confidence.as_deref().and_then(Confidence::parse);
        let (Some(attempt), Some(confidence)) = (attempt, confidence) else { continue };
        let ends = ends(link, confidence).into_iter().filter_map(|action| call_of.get(action));
        let mut ends = ends.map(|call| Key {
            call: *call,
            host: attempt.host.clone(),
            verdict: attempt.verdict.clone(),
            client_address: attempt.client_address.clone().filter(|_| has_addresses),
        });
        let hit = ends.find(|key| keys.contains(key));
        score.network.tally(confidence).edges.count(hit.is_some());
        if let Some(key) = hit {
            *right.entry(key).or_default().entry(confidence).or_default() += 1;
            continue;
        }
        let AttemptEvent { host, verdict, .. } = attempt;
        let conversation = families.places.get(&link.session_id);
        let is_open = confidence == Confidence::Weak
            && conversation.is_some_and(|at| open.contains(&(*at, host, verdict)));
        let why = if is_open { Why::NoSignalDeterminesIt } else { Why::OurFault };
        let of = format!("{} {verdict} {host}", link.session_id);
        score.miss("network edge", of, "an edge to its call", &drawn(link, derived), why);
    }
    right
}

/// The actions an edge may lead to.
fn ends(link: &LinkRow, confidence: Confidence) -> Vec<&str> {
    if confidence == Confidence::Ambiguous {
        return link.candidates.iter().flatten().map(String::as_str).collect();
    }
    link.action_id.as_deref().into_iter().collect()
}

/// What a wrong edge says.
fn drawn(link: &LinkRow, derived: &Derived) -> String {
    let mut actions = derived.actions.iter();
    let action = actions.find(|action| link.action_id.as_ref() == Some(&action.action_id));
    let call = action.and_then(|action| action.call_id.as_deref());
    let candidates = link.candidates.as_ref().map_or(0, Vec::len);
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let end = match (call, &link.action_id) {
        (Some(call), _) => call.to_owned(),
        (None, Some(action)) => action.clone(),
        (None, None) => format!("one of {candidates} candidates"),
    };
    format!("{} {} to {end}", text(&link.confidence), text(&link.method))
}

/// Looks for every attempt that is expected.
fn recall(
    truth: &Truth,
    calls: &Calls<'_>,
    expected: &[Expected],
    mut edges: Edges,
    signals: &Signals,
    score: &mut Score,
) {
    for it in expected {
        // The surest right edge that no other attempt of the same kind has taken.
        let own = edges.get_mut(&it.key);
        let surest = own.and_then(|own| {
            let (confidence, left) = own.iter_mut().find(|(_, left)| **left > 0)?;
            *left -= 1;
            Some(*confidence)
        });
        score.network.expected += 1;
        if let Some(confidence) = surest {
            score.network.tally(confidence).recalled += 1;
            score.network.found += u64::from(confidence != Confidence::Ambiguous);
        }
        let is_sure = matches!(surest, Some(Confidence::Certain | Confidence::Strong));
        if it.determined != Some(false) {
            score.network.determined.count(is_sure);
        }
        let (got, why) = match (surest, it.determined) {
            _ if is_sure => continue,
            (Some(Confidence::Weak), None) | (Some(_), Some(false)) => continue,
            (Some(Confidence::Weak), _) => ("a weak edge", Why::OurFault),
            (Some(_), _) => ("an ambiguous edge", Why::OurFault),
            (None, Some(false)) => ("no edge", Why::NoSignalDeterminesIt),
            (None, _) => ("no edge", Why::of(signals.show(&it.key.host))),
        };
        let Key { call, host, verdict, .. } = &it.key;
        let of = calls.all.get(*call).map(|call| name(truth, call)).unwrap_or_default();
        score.miss("network attempt", of, &format!("{verdict} {host}"), got, why);
    }
}
