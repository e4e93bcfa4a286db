//! What was decided about a call, and how it ended.
//!
//! What happened counts, not what the agent claims: each fact of a call is one witness.

use super::calls::Call;
use super::{Detail, Fact, FactAt, Scene, posture};
use crate::vocabulary::{
    Agent, DecidedBy, Decision, DenialReason, FailureReason, Kind, Outcome, RecordSignal,
};

/// What was decided about a call.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Decided {
    /// The fact that says so; none where it follows from what is missing.
    pub at: Option<FactAt>,
    pub decision: Option<Decision>,
    pub by: Option<DecidedBy>,
    pub reason: Option<DenialReason>,
    /// When it was decided.
    pub time_us: Option<i64>,
}

/// How a call ended.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Ended {
    pub outcome: Option<Outcome>,
    pub failure: Option<FailureReason>,
    /// Who called it off after it was allowed.
    pub cancelled_by: Option<DecidedBy>,
    /// The fact of the result.
    pub result: Option<FactAt>,
}

/// Both at once: each depends on the other.
pub(super) fn of_call(scene: &Scene<'_>, call: &Call) -> (Decided, Ended) {
    let mut decided = decided(scene, call);
    let mut ended = ended(scene, call);
    if let Some((_, true)) = call.told {
        decided.decision = Some(Decision::Deny);
        decided.reason = decided.reason.or(Some(DenialReason::UserDenied));
        ended.outcome = Some(Outcome::Denied);
    }
    if call.told.is_none_or(|(_, refused)| !refused) {
        aborted(scene, call, &mut decided, &mut ended);
        blocked(scene, call, &mut decided, &mut ended);
        stopped(scene, call, &mut ended);
        dropped(scene, call, decided, &mut ended);
    }
    refused(&mut decided, &mut ended);
    unasked(scene, call, &mut decided);
    ended.outcome = ended.outcome.or(Some(Outcome::Unknown));
    (decided, ended)
}

/// How much a fact that says something about the decision counts: refusals in the result, then
/// decisions, the specific decider first, records before spans, the later the better.
fn decided(scene: &Scene<'_>, call: &Call) -> Decided {
    let mut best: Option<((u8, i64, u8, bool), Decided)> = None;
    let known = scene
        .said(call)
        .any(|(_, fact, detail)| is_approval(fact, detail, true) || fact.kind == Kind::ToolResult);
    for (at, fact, detail) in scene.said(call) {
        // Codex names no source where it asked about the network: that is not about the call.
        // Nor is what the sandbox did while the call ran.
        if (known && is_approval(fact, detail, false)) || is_sandbox(fact) {
            continue;
        }
        let denies =
            detail.outcome == Some(Outcome::Denied) || detail.ruling.denial_reason.is_some();
        let decision = match (detail.decision, denies) {
            (Some(decision), _) => decision,
            (None, true) => Decision::Deny,
            (None, false) => continue,
        };
        let weight = u8::from(decision != Decision::Ask);
        let specific = match detail.decided_by {
            Some(DecidedBy::User | DecidedBy::AiReviewer | DecidedBy::Hook) => 2,
            Some(DecidedBy::Policy) => 1,
            _ => 0,
        };
        let time_us = if fact.is_span() { fact.ended_us() } else { fact.time_us };
        let decider = matches!(fact.kind, Kind::Approval | Kind::Hook);
        // Records of one decision come within a moment of each other.
        let rank = (weight, (time_us + 250_000) / 500_000, specific, decider);
        let found = Decided {
            at: Some(at),
            decision: Some(decision),
            by: detail.decided_by,
            reason: detail.ruling.denial_reason,
            time_us: Some(if decider { time_us } else { fact.began_us().max(fact.time_us) }),
        };
        if best.is_none_or(|(other, _)| rank >= other) {
            best = Some((rank, found));
        }
    }
    let Some((_, mut decided)) = best else { return Decided::default() };
    complete(scene, call, &mut decided);
    decided
}

/// What Codex' sandbox did to a call that was allowed: its result still comes.
fn is_sandbox(fact: &Fact) -> bool {
    fact.name == "codex.sandbox_outcome"
}

/// Whether a fact is a decision of Codex, with or without its source.
fn is_approval(fact: &Fact, detail: &Detail, sourced: bool) -> bool {
    fact.agent == Agent::Codex
        && fact.kind == Kind::Approval
        && detail.decided_by != Some(DecidedBy::AiReviewer)
        && detail.ruling.decision_source.is_some() == sourced
}

/// Other records of the same decision say who, why, and when exactly.
fn complete(scene: &Scene<'_>, call: &Call, decided: &mut Decided) {
    let same = |detail: &Detail| {
        let denies =
            detail.outcome == Some(Outcome::Denied) || detail.ruling.denial_reason.is_some();
        detail.decision == decided.decision || (decided.decision == Some(Decision::Deny) && denies)
    };
    let (mut by, mut reason, mut when) = (decided.by, decided.reason, None);
    for (at, fact, detail) in scene.said(call).filter(|(_, _, detail)| same(detail)) {
        by = by.or(detail.decided_by);
        reason = reason.or(detail.ruling.denial_reason);
        if fact.kind == Kind::Approval && !fact.is_span() {
            when = Some((at, fact.time_us));
        }
    }
    if by.is_none_or(|by| by == DecidedBy::Unknown) {
        let mut said = scene.said(call).filter(|(_, _, detail)| same(detail));
        let known = said
            .find_map(|(_, _, detail)| detail.decided_by.filter(|by| *by != DecidedBy::Unknown));
        by = known.or(by);
    }
    decided.by = by;
    decided.reason = reason;
    if let (Some((at, time_us)), Some(Decision::Allow | Decision::Deny)) = (when, decided.decision)
    {
        decided.at = Some(at);
        decided.time_us = Some(time_us);
    }
}

/// How much a fact's word about the outcome counts.
fn worth(fact: &Fact, detail: &Detail) -> u8 {
    let said = match detail.outcome {
        None | Some(Outcome::Unknown) => return 0,
        Some(Outcome::Denied) => 4,
        Some(_) => 2,
    };
    let cause = u8::from(detail.failure_reason.is_some() || detail.call.exit_code.is_some());
    match fact.kind {
        _ if is_sandbox(fact) => 1,
        Kind::ToolResult => said + 1 + cause,
        Kind::ToolCall => said + cause,
        Kind::Error => 1,
        // What ended there is not the call.
        _ => 0,
    }
}

fn ended(scene: &Scene<'_>, call: &Call) -> Ended {
    let mut ended = Ended::default();
    let mut best = 0;
    for (at, fact, detail) in scene.said(call) {
        let worth = worth(fact, detail);
        // Of equal witnesses the later one counts: a call may be taken up again.
        if worth > 0 && worth >= best {
            best = worth;
            ended.outcome = detail.outcome;
            ended.failure = detail.failure_reason.or(ended.failure);
            if detail.outcome != Some(Outcome::Failed) {
                ended.failure = None;
            }
        }
        if is_sandbox(fact) {
            continue;
        }
        if fact.kind == Kind::ToolResult
            || (ended.result.is_none() && fact.end_us.is_some() && fact.kind == Kind::ToolCall)
        {
            ended.result = Some(at);
        }
    }
    if ended.outcome.is_none() && ended.result.is_some_and(|at| !scene.fact(at).is_span()) {
        ended.outcome = Some(Outcome::Unknown);
    }
    ended
}

/// Codex marks the span of a call that was stopped. It was stopped by a person if the turn was
/// interrupted, if a question was open, or if the conversation went on afterwards; else the
/// process has ended.
fn aborted(scene: &Scene<'_>, call: &Call, decided: &mut Decided, ended: &mut Ended) {
    let is_codex = scene.sessions.get(call.session).is_some_and(|of| of.agent == Agent::Codex);
    if !is_codex || ended.outcome != Some(Outcome::Cancelled) || has_result(scene, call) {
        return;
    }
    let over = scene.said(call).map(|(_, fact, _)| fact.ended_us()).max().unwrap_or_default();
    let asked = decided.decision.is_none() && can_ask(scene, call);
    if asked {
        decided.decision = Some(Decision::Cancel);
        decided.by = Some(DecidedBy::User);
        decided.time_us = Some(over);
        return;
    }
    let somebody_sat_there = can_ask(scene, call) || goes_on(scene, call, over);
    if somebody_sat_there || was_interrupted(scene, call) {
        if decided.by != Some(DecidedBy::User) || decided.decision == Some(Decision::Allow) {
            ended.cancelled_by = Some(DecidedBy::User);
        }
        return;
    }
    ended.outcome = Some(Outcome::Unknown);
}

fn has_result(scene: &Scene<'_>, call: &Call) -> bool {
    scene.said(call).any(|(_, fact, _)| fact.kind == Kind::ToolResult)
}

/// Whether the agent had somebody to ask.
fn can_ask(scene: &Scene<'_>, call: &Call) -> bool {
    let began = scene.said(call).map(|(_, fact, _)| fact.time_us).min().unwrap_or_default();
    let changes = posture::of_session(scene, call.session).first();
    let policy = changes.and_then(|changes| posture::in_force(scene, changes, began));
    policy.is_some_and(|policy| policy != "never")
}

fn was_interrupted(scene: &Scene<'_>, call: &Call) -> bool {
    let Some(turn) = call.turn.and_then(|belongs| scene.turns.get(belongs.turn)) else {
        return false;
    };
    turn.facts.iter().any(|at| {
        scene.fact(*at).kind == Kind::Session
            && scene.detail(*at).is_some_and(|said| said.outcome == Some(Outcome::Cancelled))
    })
}

/// Whether somebody asked something in the conversation after a time.
fn goes_on(scene: &Scene<'_>, call: &Call, after_us: i64) -> bool {
    let turns = scene.turns.of_session(call.session).iter();
    turns.filter_map(|turn| scene.turns.get(*turn)).any(|turn| turn.began_us > after_us)
}

/// Whether the record after this one in the sender's own counting did not come: then a request
/// to the model may be what is missing.
fn is_hole_after(scene: &Scene<'_>, call: &Call, result: &Fact) -> bool {
    let Some(number) = result.detail.as_ref().and_then(|detail| detail.source_sequence) else {
        return false;
    };
    let facts = scene.sessions.get(call.session).map(|of| of.facts.as_slice());
    let mut later = facts.into_iter().flatten().filter(|at| {
        let fact = scene.fact(**at);
        fact.signal == RecordSignal::Logs && fact.time_us >= result.time_us
    });
    !later.any(|at| scene.detail(*at).and_then(|detail| detail.source_sequence) == Some(number + 1))
}

/// A hook of Codex that blocks leaves no record: the call was taken up, a hook ran, and neither
/// a decision nor a result came.
fn blocked(scene: &Scene<'_>, call: &Call, decided: &mut Decided, ended: &mut Ended) {
    let is_codex = scene.sessions.get(call.session).is_some_and(|of| of.agent == Agent::Codex);
    if !is_codex || decided.decision.is_some() || ended.outcome == Some(Outcome::Cancelled) {
        return;
    }
    let hook = scene.said(call).find(|(_, fact, _)| fact.kind == Kind::Hook && fact.is_span());
    let told = scene
        .said(call)
        .any(|(_, fact, _)| fact.kind == Kind::ToolResult || fact.name == "codex.tool_result");
    let Some((at, fact, _)) = hook.filter(|_| !told) else { return };
    *decided = Decided {
        at: Some(at),
        decision: Some(Decision::Deny),
        by: Some(DecidedBy::Hook),
        reason: Some(DenialReason::HookDenied),
        time_us: Some(fact.ended_us()),
    };
    ended.outcome = Some(Outcome::Denied);
}

/// Claude Code says of a command that a person stopped only that it failed. The sign is that
/// the model was not asked again in that turn, although the conversation went on.
fn stopped(scene: &Scene<'_>, call: &Call, ended: &mut Ended) {
    let is_claude =
        scene.sessions.get(call.session).is_some_and(|of| of.agent == Agent::ClaudeCode);
    if !is_claude || ended.outcome != Some(Outcome::Failed) || ended.failure.is_some() {
        return;
    }
    let ends =
        |fact: &Fact| fact.kind == if fact.is_span() { Kind::ToolCall } else { Kind::ToolResult };
    let stopped_shell = |detail: &Detail| {
        matches!(detail.error.as_deref(), Some("Shell command failed" | "ShellError"))
    };
    let mut said = scene.said(call);
    let Some((_, result, _)) = said.find(|(_, fact, it)| ends(fact) && stopped_shell(it)) else {
        return;
    };
    // In print mode there is nobody to press a key; only interactive results name a source.
    let records = || scene.said(call).filter(|(_, fact, _)| fact.kind == Kind::ToolResult);
    let interactive = records().any(|(_, _, detail)| detail.ruling.decision_source.is_some());
    if records().next().is_some() && !interactive {
        return;
    }
    let over_us = result.ended_us();
    let Some(turn) = call.turn.and_then(|belongs| scene.turns.get(belongs.turn)) else { return };
    let asked_again = turn.facts.iter().any(|at| {
        let fact = scene.fact(*at);
        matches!(fact.kind, Kind::ModelRequest | Kind::Response)
            && fact.began_us().max(fact.time_us) > over_us
    });
    let asked_again = asked_again || asks_below(scene, &turn.prompts, over_us);
    if !asked_again && goes_on(scene, call, over_us) && !is_hole_after(scene, call, result) {
        ended.outcome = Some(Outcome::Cancelled);
        ended.cancelled_by = Some(DecidedBy::User);
    }
}

/// Whether a model was asked after a time below the span of a prompt.
fn asks_below(scene: &Scene<'_>, prompts: &[FactAt], after_us: i64) -> bool {
    scene.facts.iter().enumerate().any(|(at, fact)| {
        fact.kind == Kind::ModelRequest
            && fact.time_us > after_us
            && scene.tree.above(at).any(|above| prompts.contains(&above))
    })
}

/// Codex logs no result of a command that a person stopped, and does not count it either: a
/// later result of the conversation with the next number says that none was lost.
fn dropped(scene: &Scene<'_>, call: &Call, decided: Decided, ended: &mut Ended) {
    let Some(session) = scene.sessions.get(call.session) else { return };
    let was_allowed = decided.decision == Some(Decision::Allow);
    if session.agent != Agent::Codex || !was_allowed || ended.outcome.is_some() {
        return;
    }
    let Some(time_us) = decided.time_us else { return };
    let mut turns = scene.turns.of_session(call.session).iter();
    let later = turns.find_map(|turn| {
        scene.turns.get(*turn).map(|turn| turn.began_us).filter(|began| *began > time_us)
    });
    let Some(later_us) = later else { return };
    if counts_on(scene, call.session, time_us, later_us) {
        ended.outcome = Some(Outcome::Cancelled);
        ended.cancelled_by = Some(DecidedBy::User);
    }
}

/// Whether every result between two times was received: one process counted on without a hole
/// from the last result before the first time to the first one after the second.
fn counts_on(scene: &Scene<'_>, session: usize, from_us: i64, to_us: i64) -> bool {
    let root = scene.lineage.root(session);
    let (mut before, mut between, mut after) = (0, Vec::new(), None);
    for (at, fact) in scene.facts.iter().enumerate() {
        let Some(of) = scene.sessions.of_fact(at) else { continue };
        let Some(detail) = scene.detail(at).filter(|_| scene.lineage.root(of) == root) else {
            continue;
        };
        let starts = fact.kind == Kind::Session && detail.origin.approval_policy.is_some();
        if starts && of == session && fact.time_us > from_us && after.is_none() {
            // Another process counts from one again.
            return false;
        }
        let number = detail.source_sequence.filter(|_| {
            fact.kind == Kind::ToolResult && !fact.is_span() && fact.agent == Agent::Codex
        });
        let Some(number) = number else { continue };
        if fact.time_us <= from_us {
            before = number;
        } else if after.is_none() {
            between.push(number);
            if fact.time_us > to_us {
                after = Some(number);
            }
        }
    }
    between.sort_unstable();
    after.is_some() && between.into_iter().eq(before + 1..=after.unwrap_or_default())
}

/// A call that was refused and shows no result was denied.
fn refused(decided: &mut Decided, ended: &mut Ended) {
    let silent = ended.outcome.is_none_or(|outcome| outcome == Outcome::Unknown);
    // A tool that was refused answers that it failed.
    let answered = ended.outcome == Some(Outcome::Failed);
    match decided.decision {
        Some(Decision::Deny) if silent || answered => ended.outcome = Some(Outcome::Denied),
        Some(Decision::Cancel) if silent => ended.outcome = Some(Outcome::Cancelled),
        Some(Decision::Timeout) if silent => ended.outcome = Some(Outcome::TimedOut),
        _ => {}
    }
    if ended.outcome == Some(Outcome::Denied) {
        ended.failure = None;
        if decided.decision.is_none_or(|decision| decision != Decision::Deny) {
            decided.decision = Some(Decision::Deny);
        }
    }
}

/// A refusal that nobody signed: where nobody could be asked, it was the policy's. Codex says
/// so by its approval policy; Claude Code logs every decision but the one that its print mode
/// makes for want of somebody to ask.
fn unasked(scene: &Scene<'_>, call: &Call, decided: &mut Decided) {
    let signed = decided.by.is_some_and(|by| by != DecidedBy::Unknown);
    if decided.decision != Some(Decision::Deny) || signed {
        return;
    }
    let Some(agent) = scene.sessions.get(call.session).map(|of| of.agent) else { return };
    let has_record = scene
        .said(call)
        .any(|(_, fact, _)| fact.kind == Kind::Approval && fact.signal == RecordSignal::Logs);
    match agent {
        Agent::Codex if !can_ask(scene, call) => {
            decided.by = Some(DecidedBy::Policy);
            decided.reason = decided.reason.or(Some(DenialReason::PolicyDenied));
        }
        Agent::ClaudeCode if !has_record => {
            decided.by = Some(DecidedBy::Policy);
            decided.reason = decided.reason.or(Some(DenialReason::NonInteractiveDenied));
        }
        _ => {}
    }
}
