//! Which call made which network attempt.
//!
//! No agent says so, except where somebody was asked about the attempt: that decision carries
//! the call's id. Else an attempt belongs to the call that was running in its conversation, if
//! only one was. Where several were, witnesses decide: the host stands in what one of them was
//! asked or told, or a refused attempt is followed at once by the failure of one of them. A
//! witness that speaks for two says nothing, and stands against one that speaks for a third.
//!
//! All attempts of one execution have one owner, and a call has one execution. Where what is
//! known contradicts itself, nothing is made up: every candidate is kept.

use std::collections::{BTreeMap, BTreeSet};

use super::{FactAt, SLACK_US, Scene};
use crate::stitch::detail::{Detail, Name};
use crate::vocabulary::{Confidence, DecidedBy, Decision, Kind, LinkMethod, Outcome, ToolKind};

/// How near to the edge of a window an attempt may be on either side of it.
const DOUBT_US: i64 = 20_000;
/// A refused attempt makes its command fail this soon …
const FAILS_WITHIN_US: i64 = 100_000;
/// … and no other command may fail so soon after it.
const FAILS_TOO_US: i64 = 150_000;
/// The decision about an attempt is logged this long before the attempt itself, at most.
const ASKED_WITHIN_US: i64 = 1_000_000;
/// Decisions so near to each other cannot be told apart.
const SAME_ANSWER_US: i64 = 150_000;

/// To which call a network attempt belongs, and how that is known.
#[derive(Debug, Clone)]
pub(super) struct Owner {
    pub attempt: FactAt,
    /// The call; none where several fit equally, or none at all.
    pub call: Option<usize>,
    pub method: LinkMethod,
    pub confidence: Confidence,
    /// Every call that it might be.
    pub candidates: Vec<usize>,
    pub reasons: Vec<&'static str>,
}

/// All network attempts.
#[derive(Debug, Default)]
pub(super) struct Attempts {
    pub owners: Vec<Owner>,
}

/// A call that may make attempts, and while it could.
#[derive(Debug)]
struct Runner {
    call: usize,
    from_us: i64,
    /// The end; open where none was seen, or it goes on in the background.
    to_us: i64,
    has_result: bool,
    failed: bool,
    shell: bool,
}

/// What one attempt says of its owner: the calls that were open, and what named which.
#[derive(Debug)]
struct Read {
    open: Vec<usize>,
    named: Vec<(&'static str, usize)>,
}

/// Attempts with one owner.
#[derive(Debug)]
struct Group {
    attempts: Vec<FactAt>,
    /// One execution of a tool made them; else it is one attempt alone.
    executed: bool,
    reads: Vec<Read>,
}

impl Group {
    /// The call that everything which names one names.
    fn owner(&self) -> Option<usize> {
        let named: BTreeSet<usize> = self.named().map(|(_, call)| call).collect();
        named.first().copied().filter(|_| named.len() == 1)
    }

    fn named(&self) -> impl Iterator<Item = (&'static str, usize)> {
        self.reads.iter().flat_map(|read| read.named.iter().copied())
    }

    /// Whether something better than a witness names the owner.
    fn is_sure(&self) -> bool {
        self.named().any(|(how, _)| matches!(how, ASKED | ALONE))
    }
}

const ASKED: &str = "asked_about";
const ALONE: &str = "only_running_call";

pub(super) fn attribute(scene: &Scene<'_>) -> Attempts {
    let mut groups: BTreeMap<(usize, Option<&Name>, FactAt), Group> = BTreeMap::new();
    let mut runners: BTreeMap<usize, Vec<Runner>> = BTreeMap::new();
    for (at, fact) in scene.facts.iter().enumerate() {
        let Some(session) = scene.sessions.of_fact(at).filter(|_| fact.kind == Kind::Network)
        else {
            continue;
        };
        let runners = runners.entry(session).or_insert_with(|| runners_of(scene, session));
        let execution = scene.detail(at).and_then(|detail| detail.execution_id.as_ref());
        let alone = if execution.is_some() { 0 } else { at };
        let group = groups.entry((session, execution, alone)).or_insert_with(|| Group {
            attempts: Vec::new(),
            executed: execution.is_some(),
            reads: Vec::new(),
        });
        group.attempts.push(at);
        group.reads.push(read(scene, session, at, runners));
    }
    let lost = contested(&groups);
    let mut owners = Vec::new();
    for (key, group) in &groups {
        let none = Vec::new();
        let runners = runners.get(&key.0).unwrap_or(&none);
        let owner = group.owner().filter(|_| !lost.contains(key));
        owners.extend(group.attempts.iter().map(|at| settle(scene, group, owner, *at, runners)));
    }
    owners.sort_by_key(|owner| owner.attempt);
    Attempts { owners }
}

/// The calls of a conversation that may have made attempts.
fn runners_of(scene: &Scene<'_>, session: usize) -> Vec<Runner> {
    let of_session = scene.calls.all.iter().enumerate().filter(|(_, of)| of.session == session);
    let mut runners: Vec<Runner> =
        of_session.filter_map(|(call, of)| runner(scene, call, of)).collect();
    if runners.iter().any(|runner| runner.shell) {
        runners.retain(|runner| runner.shell);
    }
    runners
}

fn runner(scene: &Scene<'_>, call: usize, of: &super::calls::Call) -> Option<Runner> {
    let mut runner = Runner {
        call,
        from_us: i64::MAX,
        to_us: i64::MIN,
        has_result: false,
        failed: false,
        shell: false,
    };
    let (mut ended, mut goes_on, mut stopped, mut denied) = (false, false, false, false);
    for (_, fact, detail) in scene.said(of) {
        if detail.tool_kind == Some(ToolKind::Subagent) {
            return None;
        }
        runner.from_us = runner.from_us.min(fact.began_us());
        runner.shell |= detail.tool_kind == Some(ToolKind::Shell);
        let is_result = fact.kind == Kind::ToolResult;
        runner.has_result |= is_result;
        if is_result || fact.end_us.is_some() {
            ended = true;
            runner.to_us = runner.to_us.max(fact.ended_us());
        }
        goes_on |= detail.call.runs_on;
        // The process of a call that was stopped may run on.
        stopped |= detail.outcome == Some(Outcome::Cancelled);
        denied |=
            detail.outcome == Some(Outcome::Denied) || detail.decision == Some(Decision::Deny);
        runner.failed |=
            is_result && matches!(detail.outcome, Some(Outcome::Failed | Outcome::Denied));
    }
    if goes_on || (!ended && !denied) || (stopped && !runner.has_result) {
        runner.to_us = i64::MAX;
    }
    (runner.from_us < i64::MAX && runner.to_us > i64::MIN).then_some(runner)
}

impl Runner {
    fn ran_at(&self, at_us: i64, slack_us: i64) -> bool {
        let to = self.to_us.saturating_add(slack_us);
        (self.from_us.saturating_sub(slack_us)..=to).contains(&at_us)
    }
}

/// What one attempt says of its owner.
fn read(scene: &Scene<'_>, session: usize, at: FactAt, runners: &[Runner]) -> Read {
    let time = scene.fact(at).time_us;
    let open = |slack| runners.iter().filter(move |runner| runner.ran_at(time, slack));
    let wide: Vec<&Runner> = open(SLACK_US + DOUBT_US).collect();
    let mut named = Vec::new();
    if let Some(call) = scene.detail(at).and_then(|detail| asked(scene, session, time, detail)) {
        named.push((ASKED, call));
    }
    match wide.as_slice() {
        [only] if open(SLACK_US - DOUBT_US).count() == 1 => named.push((ALONE, only.call)),
        [_, _, ..] => named.extend(witnesses(scene, at, &wide)),
        _ => {}
    }
    Read { open: wide.iter().map(|runner| runner.call).collect(), named }
}

/// A decision about network access, with the id of the call that caused it.
fn asked(scene: &Scene<'_>, session: usize, time_us: i64, attempt: &Detail) -> Option<usize> {
    if !attempt.ruling.net_asked {
        return None;
    }
    let mut answers: Vec<(i64, usize)> = Vec::new();
    for at in scene.sessions.get(session).into_iter().flat_map(|of| &of.facts) {
        let fact = scene.fact(*at);
        let Some(said) = scene.detail(*at).filter(|_| fact.kind == Kind::Approval) else {
            continue;
        };
        let about_network = said.ruling.decision_source.is_none()
            && said.decision.is_some_and(|decision| decision != Decision::Ask)
            && said.tool_kind.is_none_or(|kind| kind != ToolKind::Mcp)
            && said.decided_by != Some(DecidedBy::AiReviewer)
            && !fact.is_span();
        let before = time_us - fact.time_us;
        if about_network && (-SLACK_US..=ASKED_WITHIN_US).contains(&before) {
            // An answer that names no call stands for itself.
            answers.push((fact.time_us, scene.calls.of_fact(*at).unwrap_or(usize::MAX)));
        }
    }
    answers.sort_unstable();
    let (last_us, call) = answers.pop()?;
    let alone = answers.iter().all(|(at, _)| last_us - at > SAME_ANSWER_US);
    (alone && call != usize::MAX).then_some(call)
}

/// What speaks for one of several open calls.
fn witnesses(scene: &Scene<'_>, at: FactAt, open: &[&Runner]) -> Vec<(&'static str, usize)> {
    let told: Vec<&Runner> = open.iter().filter(|runner| runner.has_result).copied().collect();
    let Some(attempt) = scene.detail(at) else { return Vec::new() };
    let host = attempt.ruling.net_host.as_deref().unwrap_or_default();
    let names = |asked: bool| -> Vec<usize> {
        let names = |runner: &&&Runner| {
            let call = scene.calls.get(runner.call);
            call.into_iter().flat_map(|call| scene.said(call)).any(|(_, _, detail)| {
                let hosts = if asked { &detail.call.asked_hosts } else { &detail.call.told_hosts };
                hosts.name(host)
            })
        };
        told.iter().filter(names).map(|runner| runner.call).collect()
    };
    let (asked, told_of) = (names(true), names(false));
    let failed = match attempt.ruling.net_verdict {
        Some(Decision::Deny) => failed_after(scene.fact(at).time_us, &told),
        _ => None,
    };
    let hosted: BTreeSet<usize> = asked.iter().chain(&told_of).copied().collect();
    // The moment of the refusal decides between calls that name the same host.
    let owner = match failed {
        Some(call) => Some(call).filter(|call| hosted.is_empty() || hosted.contains(call)),
        None => hosted.first().copied().filter(|_| hosted.len() == 1),
    };
    let Some(owner) = owner else { return Vec::new() };
    let said = [
        ("host_in_arguments", asked.contains(&owner)),
        ("host_in_output", told_of.contains(&owner)),
        ("failed_at_once", failed == Some(owner)),
    ];
    said.into_iter().filter(|(_, speaks)| *speaks).map(|(how, _)| (how, owner)).collect()
}

/// The one call whose failure follows a refusal at once.
fn failed_after(refused_us: i64, told: &[&Runner]) -> Option<usize> {
    let follows = |within: i64| {
        told.iter().filter(move |runner| {
            let after = runner.to_us.saturating_sub(refused_us);
            runner.failed && (-1_000..=within).contains(&after)
        })
    };
    let mut soon = follows(FAILS_TOO_US);
    let only = soon.next()?;
    let alone = soon.next().is_none();
    let at_once = follows(FAILS_WITHIN_US).any(|runner| runner.call == only.call);
    (alone && at_once).then_some(only.call)
}

/// A group in its conversation.
type GroupKey<'f> = (usize, Option<&'f Name>, FactAt);

/// The executions whose claim to a call is lost to another one, or to no one.
fn contested<'f>(groups: &BTreeMap<GroupKey<'f>, Group>) -> BTreeSet<GroupKey<'f>> {
    let mut claims: BTreeMap<usize, Vec<(GroupKey<'f>, bool)>> = BTreeMap::new();
    for (key, group) in groups.iter().filter(|(_, group)| group.executed) {
        if let Some(owner) = group.owner() {
            claims.entry(owner).or_default().push((*key, group.is_sure()));
        }
    }
    let mut lost = BTreeSet::new();
    for claims in claims.into_values().filter(|claims| claims.len() > 1) {
        let sure = claims.iter().filter(|(_, sure)| *sure).count();
        let losers = claims.into_iter().filter(|(_, is_sure)| !(*is_sure && sure == 1));
        lost.extend(losers.map(|(key, _)| key));
    }
    lost
}

/// What is said of one attempt of a group.
fn settle(
    scene: &Scene<'_>,
    group: &Group,
    owner: Option<usize>,
    attempt: FactAt,
    runners: &[Runner],
) -> Owner {
    if let Some(call) = owner {
        let mut reasons: Vec<&'static str> = group.named().map(|(how, _)| how).collect();
        reasons.sort_unstable();
        reasons.dedup();
        let asked = reasons.contains(&ASKED);
        return Owner {
            attempt,
            call: Some(call),
            method: if asked { LinkMethod::Id } else { LinkMethod::Interval },
            confidence: if asked { Confidence::Certain } else { Confidence::Strong },
            candidates: vec![call],
            reasons,
        };
    }
    let candidates: BTreeSet<usize> = group
        .reads
        .iter()
        .flat_map(|read| &read.open)
        .copied()
        .chain(group.named().map(|(_, call)| call))
        .collect();
    let latest = || {
        let time = scene.fact(attempt).time_us;
        let earlier = runners.iter().filter(|runner| runner.from_us <= time);
        earlier.max_by_key(|runner| (runner.from_us, runner.to_us)).map(|runner| runner.call)
    };
    let (call, confidence, reason) = match (candidates.is_empty(), latest()) {
        (true, Some(call)) => (Some(call), Confidence::Weak, "latest_earlier_call"),
        (true, None) => (None, Confidence::Ambiguous, "no_call"),
        (false, _) if group.named().next().is_some() => {
            (None, Confidence::Ambiguous, "witnesses_disagree")
        }
        (false, _) => (None, Confidence::Ambiguous, "several_running_calls"),
    };
    Owner {
        attempt,
        call,
        method: LinkMethod::Interval,
        confidence,
        candidates: call.into_iter().chain(candidates).collect(),
        reasons: vec![reason],
    }
}
