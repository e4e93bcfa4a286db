//! Whose call each network attempt was, and whether the delivered records determine it.
//!
//! The rules are those of DESIGN §5, read strictly:
//! - *only open*: one call was open at the time, and none other may have been. A command in the
//!   background counts as open for good, and so does a call that was allowed and has no result.
//! - *anchor*: the answer to a question about the host names the call.
//! - *witnesses* among several open calls: the host stands in the arguments of one of them, or in
//!   the output of one of them, or a refusal was followed by the failed result of one of them.
//! - all attempts of one `execution.id` have one owner, and a call has one `execution.id`.
//!
//! Where the rules contradict each other, nothing is determined: the witnesses must agree, and a
//! call that two executions claim goes to neither, unless one of them was alone with it. What lies
//! within 20 ms of the edge of a window counts as both inside and outside.

use std::collections::{BTreeMap, BTreeSet};

use crate::judge::evidence::{CallEvidence, Evidence};
use crate::scenario::Client;
use crate::story::{AttemptIx, AttemptStory, CallIx, CallStory, Ending, QuestionIx};
use crate::truth::NetworkLink;

/// How far outside its window an attempt may lie, in milliseconds.
const TOLERANCE: i64 = 50;
/// How near to the edge it is doubtful.
const DOUBT: i64 = 20;
/// A refusal and the failed result that it caused lie at most so far apart.
const FOLLOWS: i64 = 80;
/// No other failed result may lie so near.
const FOLLOWS_TOO: i64 = 150;
/// Two answers so near to each other cannot be told apart.
const SAME_ANSWER_US: i64 = 150_000;

/// When a call was open by its records, in milliseconds.
struct Window {
    call: CallIx,
    from: i64,
    to: Option<i64>,
}

impl Window {
    fn holds(&self, at: i64, tolerance: i64) -> bool {
        at >= self.from - tolerance && self.to.is_none_or(|to| at <= to + tolerance)
    }
}

/// What one attempt says of its owner: the calls that were open, and what named which.
struct Read {
    open: Vec<CallIx>,
    named: Vec<(&'static str, CallIx)>,
}

/// Adds the attempts of a client.
pub(super) fn judge(client: &Client, evidence: &Evidence, links: &mut Vec<NetworkLink>) {
    let story = &client.story;
    let reads: Vec<Read> =
        (0..story.attempts.len()).map(|attempt| read(client, evidence, attempt)).collect();
    let mut groups: BTreeMap<&str, Vec<AttemptIx>> = BTreeMap::new();
    for (ix, attempt) in story.attempts.iter().enumerate() {
        if let (Some(execution), true) = (&attempt.execution_id, evidence.attempts[ix]) {
            groups.entry(execution).or_default().push(ix);
        }
    }
    let contested = contested(&reads, &groups);
    for (ix, attempt) in story.attempts.iter().enumerate() {
        let own = [ix];
        let execution = attempt.execution_id.as_deref();
        let group: &[AttemptIx] =
            execution.and_then(|execution| groups.get(execution)).map_or(&own, Vec::as_slice);
        let visible = evidence.attempts[ix];
        let single = owner_of(&reads, group).filter(|_| visible);
        let single = single.filter(|owner| !contested.contains(&(*owner, execution)));
        let call = &story.calls[attempt.call];
        links.push(NetworkLink {
            principal: client.principal.clone(),
            conversation: story.conversations[call.conversation].id.clone(),
            client_address: attempt.client_address.clone(),
            observed_ns: attempt.observed_ns,
            time_ms: attempt.at_us / 1000,
            host: attempt.host.clone(),
            verdict: attempt.verdict,
            execution_id: attempt.execution_id.clone(),
            owner: call.id.clone(),
            visible,
            owner_visible: evidence.calls[attempt.call].visible(),
            after_result: call.ending == Ending::Running && attempt.at_us > call.ended_us,
            determined: single == Some(attempt.call),
            determined_by: if single.is_some() { named_by(&reads, ix, group) } else { Vec::new() },
            misled: single.is_some_and(|owner| owner != attempt.call),
            candidates: reads[ix].open.iter().map(|open| story.calls[*open].id.clone()).collect(),
        });
    }
}

/// The call that everything which names one names.
fn owner_of(reads: &[Read], group: &[AttemptIx]) -> Option<CallIx> {
    let named = group.iter().flat_map(|one| reads[*one].named.iter().map(|(_, call)| *call));
    let owners: BTreeSet<CallIx> = named.collect();
    owners.first().copied().filter(|_| owners.len() == 1)
}

/// The calls that several executions claim, with the executions that lose.
fn contested<'a>(
    reads: &[Read],
    groups: &BTreeMap<&'a str, Vec<AttemptIx>>,
) -> BTreeSet<(CallIx, Option<&'a str>)> {
    let alone = |group: &[AttemptIx]| {
        let mut named = group.iter().flat_map(|one| &reads[*one].named);
        named.any(|(how, _)| matches!(*how, "only_open" | "anchor"))
    };
    let mut claims: BTreeMap<CallIx, Vec<(&'a str, bool)>> = BTreeMap::new();
    for (execution, group) in groups {
        if let Some(owner) = owner_of(reads, group) {
            claims.entry(owner).or_default().push((execution, alone(group)));
        }
    }
    let mut lost = BTreeSet::new();
    for (call, claims) in claims {
        let sure = claims.iter().filter(|(_, alone)| *alone).count();
        let losers = claims.iter().filter(|(_, alone)| claims.len() > 1 && !(*alone && sure == 1));
        lost.extend(losers.map(|(execution, _)| (call, Some(*execution))));
    }
    lost
}

/// What named the owner: of the attempt itself, then of others with its execution.
fn named_by(reads: &[Read], attempt: AttemptIx, group: &[AttemptIx]) -> Vec<String> {
    let mut names: BTreeSet<String> =
        reads[attempt].named.iter().map(|(how, _)| (*how).to_owned()).collect();
    for other in group.iter().filter(|other| **other != attempt) {
        names.extend(reads[*other].named.iter().map(|(how, _)| format!("group:{how}")));
    }
    names.into_iter().collect()
}

fn read(client: &Client, evidence: &Evidence, ix: AttemptIx) -> Read {
    let story = &client.story;
    let attempt = &story.attempts[ix];
    let conversation = story.calls[attempt.call].conversation;
    let at = attempt.at_us / 1000;
    let windows: Vec<Window> = story
        .calls
        .iter()
        .enumerate()
        .filter(|(_, call)| call.conversation == conversation && call.executes)
        .filter_map(|(ix, call)| window(ix, call, &evidence.calls[ix]))
        .collect();
    let open = |tolerance| {
        windows
            .iter()
            .filter(move |window| window.holds(at, tolerance))
            .map(|window| window.call)
            .collect::<Vec<CallIx>>()
    };
    let (wide, narrow) = (open(TOLERANCE + DOUBT), open(TOLERANCE - DOUBT));
    let mut named = Vec::new();
    if wide.len() == 1 && narrow.len() == 1 {
        named.push(("only_open", wide[0]));
    }
    if let Some(call) = anchor(client, evidence, attempt.question) {
        named.push(("anchor", call));
    }
    let with_result = |call: &CallIx| evidence.calls[*call].result;
    let told: Vec<CallIx> = wide.iter().copied().filter(with_result).collect();
    if wide.len() > 1 {
        named.extend(witnesses(client, &told, attempt));
    }
    Read { open: wide, named }
}

/// What speaks for one of several open calls. A witness that speaks for two says nothing by itself,
/// and stands against one that speaks for a third.
fn witnesses(
    client: &Client,
    told: &[CallIx],
    attempt: &AttemptStory,
) -> Vec<(&'static str, CallIx)> {
    let naming = |text: fn(&CallStory) -> &str| -> Vec<CallIx> {
        let calls = told.iter().copied();
        calls.filter(|call| names_host(text(&client.story.calls[*call]), &attempt.host)).collect()
    };
    let said = [
        ("host_in_arguments", naming(|call| &call.arguments)),
        ("host_in_output", naming(|call| &call.output)),
        ("denied_then_failed", failed_after(client, told, attempt).into_iter().collect()),
    ];
    let named: BTreeSet<CallIx> = said[..2].iter().flat_map(|(_, calls)| calls).copied().collect();
    // The moment of the refusal decides between calls that name the same host.
    let by_time = said[2].1.first().filter(|call| named.is_empty() || named.contains(*call));
    let owner = match by_time {
        Some(owner) => Some(*owner),
        None if said[2].1.is_empty() => named.first().copied().filter(|_| named.len() == 1),
        None => None,
    };
    let Some(owner) = owner else { return Vec::new() };
    said.into_iter()
        .filter(|(_, calls)| calls.contains(&owner))
        .map(|(how, _)| (how, owner))
        .collect()
}

/// When a call was open, as far as its records say.
fn window(ix: CallIx, call: &CallStory, shown: &CallEvidence) -> Option<Window> {
    let (from, to) = (call.started_us / 1000, call.ended_us / 1000);
    let closed = if shown.result {
        call.ending != Ending::Running
    } else if shown.spanned() {
        !shown.aborted
    } else if shown.visible() {
        // Only a decision or a verdict: without a result it may run for ever, unless it was refused.
        call.decisions.iter().any(|decision| !decision.allowed)
    } else {
        return None;
    };
    Some(Window { call: ix, from, to: closed.then_some(to) })
}

/// The call that the answer to a question names, if no other answer was given at the same moment.
fn anchor(client: &Client, evidence: &Evidence, question: Option<QuestionIx>) -> Option<CallIx> {
    let ix = question.filter(|ix| evidence.questions[*ix])?;
    let questions = &client.story.questions;
    let mine = &questions[ix];
    let alone = questions.iter().enumerate().all(|(other, one)| {
        other == ix
            || one.conversation != mine.conversation
            || (one.at_us - mine.at_us).abs() > SAME_ANSWER_US
    });
    mine.names.filter(|_| alone)
}

/// The one call whose failed result follows a refusal at once.
fn failed_after(client: &Client, among: &[CallIx], attempt: &AttemptStory) -> Option<CallIx> {
    if attempt.verdict != "deny" {
        return None;
    }
    let at = attempt.at_us / 1000;
    let follows = |within: i64| {
        among.iter().copied().filter(move |call| {
            let call = &client.story.calls[*call];
            let failed = match call.ending {
                Ending::Exit(code) => code != 0,
                ending => !ending.is_success(),
            };
            failed && (0..=within).contains(&(call.ended_us / 1000 - at))
        })
    };
    single(follows(FOLLOWS_TOO)).filter(|only| follows(FOLLOWS).any(|call| call == *only))
}

/// Whether a text names a host, and not only one whose name has it as a part.
pub(super) fn names_host(text: &str, host: &str) -> bool {
    let part = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-');
    text.match_indices(host).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let mut after = text[at + host.len()..].chars();
        let next = after.next();
        // A full stop that ends a sentence is none of the name.
        let ends = match next {
            Some('.') => !after.next().is_some_and(|letter| letter.is_ascii_alphanumeric()),
            Some(letter) => !part(letter),
            None => true,
        };
        ends && !before.is_some_and(part)
    })
}

fn single(mut from: impl Iterator<Item = CallIx>) -> Option<CallIx> {
    let first = from.next()?;
    from.next().is_none().then_some(first)
}

#[cfg(test)]
mod tests {
    use super::names_host;

    /// Guarantees: a host is named by itself, not by a longer name.
    #[test]
    fn a_longer_name_is_another_host() {
        let host = "cdn.example.net";
        for text in [
            "curl http://cdn.example.net/x",
            "cdn.example.net",
            "Network access to \\\"cdn.example.net\\\" was blocked",
            "fetched from cdn.example.net. Done",
        ] {
            assert!(names_host(text, host), "{text}");
        }
        for text in ["old.cdn.example.net", "cdn.example.net.evil.test", "mycdn.example.net", ""] {
            assert!(!names_host(text, host), "{text}");
        }
    }
}
