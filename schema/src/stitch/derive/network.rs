//! Which call made which network attempt.
//!
//! No agent says so, except where somebody was asked about the attempt: that decision carries
//! the call's id. Else an attempt belongs to a call that was running in its conversation. All
//! attempts of one execution have one owner, so one clear member settles the others. Where
//! several calls were running, witnesses decide: the host stands in what one of them was asked
//! or told, or a denied attempt is followed at once by the failure of one of them. Without a
//! witness every candidate is kept.

use std::collections::BTreeMap;

use super::{FactAt, SLACK_US, Scene};
use crate::stitch::fact::Name;
use crate::vocabulary::{Confidence, DecidedBy, Decision, Kind, LinkMethod, Outcome, ToolKind};

/// A refused attempt makes its command fail this soon.
const FAILS_WITHIN_US: i64 = 100_000;
/// The decision about an attempt is logged this long before the attempt itself, at most.
const ASKED_WITHIN_US: i64 = 1_000_000;

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
    /// The end; open where none was seen.
    to_us: i64,
    ended: bool,
    failed: bool,
    shell: bool,
}

/// Attempts with one owner.
#[derive(Debug)]
struct Group {
    attempts: Vec<FactAt>,
    /// One execution of a tool made them; else it is one attempt alone.
    executed: bool,
}

/// What was found for a group.
#[derive(Debug, Clone)]
struct Found {
    calls: Vec<usize>,
    method: LinkMethod,
    confidence: Confidence,
    reasons: Vec<&'static str>,
}

pub(super) fn attribute(scene: &Scene<'_>) -> Attempts {
    let mut groups: BTreeMap<(usize, Option<&Name>, FactAt), Group> = BTreeMap::new();
    for (at, fact) in scene.facts.iter().enumerate() {
        let Some(session) = scene.sessions.of_fact(at).filter(|_| fact.kind == Kind::Network)
        else {
            continue;
        };
        let execution = scene.detail(at).and_then(|detail| detail.execution_id.as_ref());
        let alone = if execution.is_some() { 0 } else { at };
        let group = groups
            .entry((session, execution, alone))
            .or_insert_with(|| Group { attempts: Vec::new(), executed: execution.is_some() });
        group.attempts.push(at);
    }
    let mut owners = Vec::new();
    let mut by_session: BTreeMap<usize, Vec<Group>> = BTreeMap::new();
    for ((session, ..), group) in groups {
        by_session.entry(session).or_default().push(group);
    }
    for (session, groups) in by_session {
        let runners = runners(scene, session);
        let mut found: Vec<Found> =
            groups.iter().map(|group| settle(scene, session, group, &runners)).collect();
        contested(scene, &groups, &mut found);
        for (group, found) in groups.iter().zip(found) {
            owners.extend(group.attempts.iter().map(|at| owner(*at, &found)));
        }
    }
    owners.sort_by_key(|owner| owner.attempt);
    Attempts { owners }
}

fn owner(attempt: FactAt, found: &Found) -> Owner {
    let only = match found.calls.as_slice() {
        [call] => Some(*call),
        _ => None,
    };
    Owner {
        attempt,
        call: only,
        method: found.method,
        confidence: found.confidence,
        candidates: found.calls.clone(),
        reasons: found.reasons.clone(),
    }
}

/// The calls of a conversation that may have made attempts.
fn runners(scene: &Scene<'_>, session: usize) -> Vec<Runner> {
    let mut runners = Vec::new();
    for (call, of) in scene.calls.all.iter().enumerate() {
        if of.session != session {
            continue;
        }
        let mut runner = Runner {
            call,
            from_us: i64::MAX,
            to_us: i64::MIN,
            ended: false,
            failed: false,
            shell: false,
        };
        let (mut denied, mut delegated) = (false, false);
        for (_, fact, detail) in scene.said(of) {
            runner.from_us = runner.from_us.min(fact.began_us());
            runner.shell |= detail.tool_kind == Some(ToolKind::Shell);
            delegated |= detail.tool_kind == Some(ToolKind::Subagent);
            denied |= detail.outcome == Some(Outcome::Denied);
            let ends = fact.kind == Kind::ToolResult || fact.end_us.is_some();
            if ends {
                runner.ended = true;
                runner.to_us = runner.to_us.max(fact.ended_us());
            }
            runner.failed |= detail.outcome == Some(Outcome::Failed);
        }
        if !runner.ended {
            runner.to_us = i64::MAX;
        }
        if !denied && !delegated && runner.from_us < i64::MAX {
            runners.push(runner);
        }
    }
    if runners.iter().any(|runner| runner.shell) {
        runners.retain(|runner| runner.shell);
    }
    runners
}

impl Runner {
    fn ran_at(&self, at_us: i64) -> bool {
        let to = self.to_us.saturating_add(SLACK_US);
        (self.from_us.saturating_sub(SLACK_US)..=to).contains(&at_us)
    }
}

/// The owner of one group, seen alone.
fn settle(scene: &Scene<'_>, session: usize, group: &Group, runners: &[Runner]) -> Found {
    if let Some(call) = asked(scene, session, group) {
        return Found {
            calls: vec![call],
            method: LinkMethod::Id,
            confidence: Confidence::Certain,
            reasons: vec!["asked_about"],
        };
    }
    let times: Vec<i64> = group.attempts.iter().map(|at| scene.fact(*at).time_us).collect();
    let ran = |runner: &&Runner| times.iter().all(|at| runner.ran_at(*at));
    let open: Vec<&Runner> = runners.iter().filter(ran).collect();
    match open.as_slice() {
        [] => outside(&times, runners),
        [only] => found(only, Confidence::Strong, vec!["only_running_call"]),
        several => witnessed(scene, group, several),
    }
}

fn found(runner: &Runner, confidence: Confidence, reasons: Vec<&'static str>) -> Found {
    Found { calls: vec![runner.call], method: LinkMethod::Interval, confidence, reasons }
}

/// A decision about network access, with the id of the call that caused it.
fn asked(scene: &Scene<'_>, session: usize, group: &Group) -> Option<usize> {
    for at in &group.attempts {
        let detail = scene.detail(*at)?;
        if !detail.net_asked {
            continue;
        }
        let time = scene.fact(*at).time_us;
        let mut near: Vec<(i64, usize)> = Vec::new();
        for (call, of) in scene.calls.all.iter().enumerate() {
            if of.session != session {
                continue;
            }
            for (_, fact, said) in scene.said(of) {
                let about_network = fact.kind == Kind::Approval
                    && said.decision_source.is_none()
                    && said.decision.is_some_and(|decision| decision != Decision::Ask)
                    && said.tool_kind.is_none_or(|kind| kind != ToolKind::Mcp)
                    && said.decided_by != Some(DecidedBy::AiReviewer);
                let before = time - fact.time_us;
                if about_network && (-SLACK_US..=ASKED_WITHIN_US).contains(&before) {
                    near.push((before.abs(), call));
                }
            }
        }
        near.sort_unstable();
        near.dedup_by_key(|(_, call)| *call);
        match near.as_slice() {
            [(_, call)] => return Some(*call),
            [(one, call), (next, _), ..] if *one < SLACK_US && *next > 4 * SLACK_US => {
                return Some(*call);
            }
            _ => {}
        }
    }
    None
}

/// Outside all windows: a member inside a single one speaks for the group; else the latest
/// earlier call, whose process may have gone on.
fn outside(times: &[i64], runners: &[Runner]) -> Found {
    let mut voted: Vec<&Runner> = Vec::new();
    for at in times {
        let open: Vec<&Runner> = runners.iter().filter(|runner| runner.ran_at(*at)).collect();
        if let [only] = open.as_slice()
            && !voted.iter().any(|runner| runner.call == only.call)
        {
            voted.push(only);
        }
    }
    if let [only] = voted.as_slice() {
        return found(only, Confidence::Strong, vec!["same_execution"]);
    }
    let first = times.iter().min().copied().unwrap_or_default();
    let earlier = runners.iter().filter(|runner| runner.from_us <= first);
    match earlier.max_by_key(|runner| (runner.from_us, runner.to_us)) {
        Some(latest) => found(latest, Confidence::Weak, vec!["latest_earlier_call"]),
        None => Found {
            calls: Vec::new(),
            method: LinkMethod::Interval,
            confidence: Confidence::Ambiguous,
            reasons: vec!["no_call"],
        },
    }
}

/// Several calls were running: witnesses decide.
fn witnessed(scene: &Scene<'_>, group: &Group, open: &[&Runner]) -> Found {
    let told = by_host(scene, group, open, false);
    let asked = by_host(scene, group, open, true);
    let failed = by_failure(scene, group, open);
    // A member that only one of them can have made speaks for all.
    let alone = only_possible(scene, group, open);
    let mut votes: Vec<(&Runner, &'static str)> = Vec::new();
    for (witness, reason) in [
        (alone, "only_running_call"),
        (told, "host_in_output"),
        (asked, "host_in_arguments"),
        (failed, "failed_at_once"),
    ] {
        if let [one] = witness.as_slice() {
            votes.push((one, reason));
        }
    }
    let Some((first, _)) = votes.first().copied() else {
        return Found {
            calls: open.iter().map(|runner| runner.call).collect(),
            method: LinkMethod::Interval,
            confidence: Confidence::Ambiguous,
            reasons: vec!["several_running_calls"],
        };
    };
    if votes.iter().all(|(runner, _)| runner.call == first.call) {
        let reasons = votes.iter().map(|(_, reason)| *reason).collect();
        return found(first, Confidence::Strong, reasons);
    }
    Found {
        calls: votes.iter().map(|(runner, _)| runner.call).collect::<Vec<_>>(),
        method: LinkMethod::Interval,
        confidence: Confidence::Ambiguous,
        reasons: vec!["witnesses_disagree"],
    }
    .without_repeats()
}

impl Found {
    fn without_repeats(mut self) -> Self {
        self.calls.sort_unstable();
        self.calls.dedup();
        self
    }
}

/// The calls that were asked or told about every host of the group.
fn by_host<'r>(
    scene: &Scene<'_>,
    group: &Group,
    open: &[&'r Runner],
    asked: bool,
) -> Vec<&'r Runner> {
    let names = |runner: &&&Runner| {
        let Some(call) = scene.calls.get(runner.call) else { return false };
        group.attempts.iter().filter_map(|at| scene.detail(*at)?.net_host.as_ref()).any(|host| {
            scene.said(call).any(|(_, _, detail)| {
                let hosts = if asked { &detail.asked_hosts } else { &detail.told_hosts };
                hosts.name(host)
            })
        })
    };
    open.iter().filter(names).copied().collect()
}

/// The calls that failed at once after a denied attempt.
fn by_failure<'r>(scene: &Scene<'_>, group: &Group, open: &[&'r Runner]) -> Vec<&'r Runner> {
    let last_denied = group
        .attempts
        .iter()
        .filter(|at| scene.detail(**at).is_some_and(|it| it.net_verdict == Some(Decision::Deny)))
        .map(|at| scene.fact(*at).time_us)
        .max();
    let Some(denied) = last_denied else { return Vec::new() };
    let at_once = |runner: &&&Runner| {
        let after = runner.to_us.saturating_sub(denied);
        runner.ended && runner.failed && (-1_000..=FAILS_WITHIN_US).contains(&after)
    };
    open.iter().filter(at_once).copied().collect()
}

/// The calls that were the only running one at some attempt of the group.
fn only_possible<'r>(scene: &Scene<'_>, group: &Group, open: &[&'r Runner]) -> Vec<&'r Runner> {
    let mut found: Vec<&Runner> = Vec::new();
    for at in &group.attempts {
        let time = scene.fact(*at).time_us;
        let running: Vec<&&Runner> = open.iter().filter(|runner| runner.ran_at(time)).collect();
        if let [only] = running.as_slice()
            && !found.iter().any(|runner| runner.call == only.call)
        {
            found.push(only);
        }
    }
    found
}

/// One call has one execution. Where two executions claim one call by witnesses alone, the
/// claim that was told in its output or failed with it stands before one that merely fits its
/// arguments; equal claims are both withdrawn.
fn contested(scene: &Scene<'_>, groups: &[Group], found: &mut [Found]) {
    let strength = |found: &Found| -> u8 {
        let has = |reason| found.reasons.contains(&reason);
        match found.confidence {
            Confidence::Certain => 3,
            Confidence::Strong if has("failed_at_once") || has("host_in_output") => 2,
            Confidence::Strong if has("only_running_call") || has("same_execution") => 2,
            Confidence::Strong => 1,
            _ => 0,
        }
    };
    let mut claims: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (number, (group, found)) in groups.iter().zip(found.iter()).enumerate() {
        if let ([call], true) = (found.calls.as_slice(), group.executed)
            && strength(found) > 0
        {
            claims.entry(*call).or_default().push(number);
        }
    }
    for (call, claims) in claims.into_iter().filter(|(_, claims)| claims.len() > 1) {
        let best = claims.iter().filter_map(|at| found.get(*at)).map(&strength).max().unwrap_or(0);
        for at in claims {
            let Some(claim) = found.get_mut(at) else { continue };
            if strength(claim) == 1 {
                let runners = runners(scene, scene.calls.get(call).map_or(0, |call| call.session));
                let times: Vec<i64> = groups
                    .get(at)
                    .into_iter()
                    .flat_map(|group| &group.attempts)
                    .map(|at| scene.fact(*at).time_us)
                    .collect();
                let mut calls: Vec<usize> = runners
                    .iter()
                    .filter(|runner| times.iter().all(|at| runner.ran_at(*at)))
                    .map(|runner| runner.call)
                    .collect();
                if best > 1 {
                    calls.retain(|other| *other != call);
                }
                claim.confidence = Confidence::Ambiguous;
                claim.reasons = vec!["claimed_twice"];
                if calls.len() == 1 {
                    claim.confidence = Confidence::Weak;
                }
                claim.calls = calls;
            }
        }
    }
}
