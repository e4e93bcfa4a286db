//! Holes in what was received.

use std::collections::BTreeMap;

use super::calls::Call;
use super::rows::Settled;
use super::verdict::{Decided, Ended};
use super::{FactAt, Scene, drift, intent};
use crate::vocabulary::{
    Agent, Decision, FailureReason, GapKind, Kind, Outcome, RecordSignal, ToolKind,
};

/// A jump back of the counter by more than this is a new process.
const RESTART_BY: i64 = 64;
/// A hole of more numbers than this is a counter that counts something else.
const HOLE_MOST: i64 = 100_000;
/// Spans go on for this long without a log record before that counts as silence.
const SILENT_AFTER_US: i64 = 60_000_000;

/// One hole.
#[derive(Debug)]
pub(super) struct Gap {
    pub session: usize,
    pub kind: GapKind,
    /// What tells it from others of its kind in its conversation.
    pub place: String,
    pub from: Option<i64>,
    pub to: Option<i64>,
    /// The fact that showed it.
    pub shown_by: FactAt,
    pub detail: Option<String>,
}

/// All holes but those of calls, which [`of_call`] finds.
pub(super) fn find(scene: &Scene<'_>) -> Vec<Gap> {
    let mut gaps = Vec::new();
    for (session, of) in scene.sessions.all.iter().enumerate() {
        let Some(first) = of.facts.first().copied() else { continue };
        if let Some(owner) = &of.foreign_to {
            gaps.push(gap(session, GapKind::ForeignPrincipal, first, Some(owner.to_string())));
        }
        textless(scene, session, &mut gaps);
        silent(scene, session, &mut gaps);
        drift::find(scene, session, &mut gaps);
    }
    holes(scene, &mut gaps);
    promptless(scene, &mut gaps);
    gaps
}

pub(super) fn gap(session: usize, kind: GapKind, shown_by: FactAt, detail: Option<String>) -> Gap {
    let place = detail.clone().unwrap_or_default();
    Gap { session, kind, place, from: None, to: None, shown_by, detail }
}

/// Prompts that came without their text.
fn textless(scene: &Scene<'_>, session: usize, gaps: &mut Vec<Gap>) {
    for turn in scene.turns.of_session(session).iter().filter_map(|turn| scene.turns.get(*turn)) {
        let Some(at) = intent::prompt(scene, &turn.prompts) else { continue };
        if scene.detail(at).is_some_and(|detail| detail.talk.prompt.is_none()) {
            let id = turn.id.to_string();
            gaps.push(gap(session, GapKind::PromptWithoutText, at, Some(id)));
        }
    }
}

/// Turns of which everything came but the prompt, and calls before any prompt.
fn promptless(scene: &Scene<'_>, gaps: &mut Vec<Gap>) {
    let mut early = BTreeMap::new();
    for call in scene.calls.all.iter().filter(|call| call.turn.is_none()) {
        let quiet = |at: &&FactAt| {
            let waited = scene.now_us.saturating_sub(scene.fact(**at).received_at.0);
            waited >= scene.settle_after_us
        };
        if let Some(at) = call.facts.first().filter(quiet) {
            early.entry(call.session).or_insert(*at);
        }
    }
    for (session, at) in early {
        gaps.push(gap(session, GapKind::MissingPrompt, at, None));
    }
    for turn in scene.turns.all.iter().filter(|turn| turn.prompts.is_empty()) {
        let works = |at: &&FactAt| {
            matches!(scene.fact(**at).kind, Kind::ModelRequest | Kind::ToolResult | Kind::Approval)
        };
        let Some(at) = turn.facts.iter().find(works).copied() else { continue };
        let waited = scene.now_us.saturating_sub(scene.fact(at).received_at.0);
        if waited >= scene.settle_after_us {
            gaps.push(gap(turn.session, GapKind::MissingPrompt, at, Some(turn.id.to_string())));
        }
    }
}

/// Spans that go on although the log records of the conversation stopped.
fn silent(scene: &Scene<'_>, session: usize, gaps: &mut Vec<Gap>) {
    let facts = scene.sessions.get(session).map(|of| of.facts.as_slice()).unwrap_or_default();
    let logs = |at: &&FactAt| scene.fact(**at).signal == RecordSignal::Logs;
    let Some(last) = facts.iter().rev().find(logs).copied() else { return };
    let last_us = scene.fact(last).time_us;
    let works = |at: &&FactAt| {
        let fact = scene.fact(**at);
        fact.is_span()
            && matches!(fact.kind, Kind::ToolCall | Kind::ModelRequest | Kind::Prompt)
            && fact.time_us > last_us.saturating_add(SILENT_AFTER_US)
    };
    if let Some(at) = facts.iter().find(works).copied() {
        gaps.push(gap(session, GapKind::SilentLogs, at, None));
    }
}

/// Missing numbers of the senders' counters. Codex counts results per process, over all the
/// conversations of a family; Claude Code counts log records.
fn holes(scene: &Scene<'_>, gaps: &mut Vec<Gap>) {
    let mut counters: BTreeMap<usize, Vec<(i64, FactAt)>> = BTreeMap::new();
    for (at, fact) in scene.facts.iter().enumerate() {
        let counts = match fact.agent {
            Agent::Codex => fact.kind == Kind::ToolResult && fact.signal == RecordSignal::Logs,
            Agent::ClaudeCode => fact.signal == RecordSignal::Logs,
            _ => false,
        };
        let number = scene.detail(at).and_then(|detail| detail.source_sequence);
        if let (true, Some(number), Some(session)) = (counts, number, scene.sessions.of_fact(at)) {
            let of = match fact.agent {
                Agent::Codex => scene.lineage.root(session),
                _ => session,
            };
            counters.entry(of).or_default().push((number, at));
        }
    }
    for (session, numbers) in counters {
        let from_one = scene.sessions.get(session).is_some_and(|of| of.agent == Agent::Codex);
        for mut run in runs(&numbers) {
            if let (true, Some((_, at))) = (from_one, run.first().copied()) {
                run.insert(0, (0, at));
            }
            for pair in run.windows(2) {
                let [(before, _), (after, at)] = pair else { continue };
                let missing = after - before - 1;
                if missing > 0 && missing <= HOLE_MOST {
                    gaps.push(Gap {
                        session,
                        kind: GapKind::MissingSequence,
                        place: format!("{}-{}@{}", before + 1, after - 1, scene.fact(*at).time_us),
                        from: Some(before + 1),
                        to: Some(after - 1),
                        shown_by: *at,
                        detail: None,
                    });
                }
            }
        }
    }
}

/// Cuts numbers in order of time into the runs of one process each, and sorts each.
fn runs(numbers: &[(i64, FactAt)]) -> Vec<Vec<(i64, FactAt)>> {
    let mut runs: Vec<Vec<(i64, FactAt)>> = Vec::new();
    let mut most = i64::MIN;
    for (number, at) in numbers {
        let known = |run: &Vec<(i64, FactAt)>| run.iter().rev().take(256).any(|(n, _)| n == number);
        let restarted = runs.last().is_none_or(|run| known(run) || *number < most - RESTART_BY)
            || (*number <= 1 && most > 1);
        if restarted {
            runs.push(Vec::new());
            most = *number;
        }
        most = most.max(*number);
        if let Some(run) = runs.last_mut() {
            run.push((*number, *at));
        }
    }
    for run in &mut runs {
        run.sort_unstable();
    }
    runs
}

/// Calls without a result after a while, and Claude Code's results without a decision.
pub(super) fn of_call(
    scene: &Scene<'_>,
    call: &Call,
    decided: Decided,
    ended: Ended,
    settled: Settled,
) -> Option<Gap> {
    let last = call.facts.last().copied()?;
    let id = call.call_id.as_ref().map(ToString::to_string);
    let expects = matches!(decided.decision, None | Some(Decision::Allow | Decision::Ask));
    let has_log = scene.said(call).any(|(_, fact, _)| fact.signal == RecordSignal::Logs);
    let is_over = ended.outcome.is_some_and(|outcome| outcome != Outcome::Unknown);
    if expects && !is_over && ended.result.is_none() && settled.by_quiet {
        return Some(gap(call.session, GapKind::RequestWithoutResult, last, id));
    }
    let result = scene.said(call).find(|(_, fact, _)| fact.kind == Kind::ToolResult);
    let is_decided = scene.said(call).any(|(_, fact, _)| fact.kind == Kind::Approval);
    let ran = matches!(ended.outcome, Some(Outcome::Succeeded | Outcome::Failed))
        && ended.failure != Some(FailureReason::NoSuchTool);
    if let (Some((at, fact, _)), false, true) = (result, is_decided, ran && settled.by_quiet) {
        let logs_decisions = match fact.agent {
            Agent::ClaudeCode => true,
            Agent::Codex => {
                scene.said(call).any(|(_, _, it)| it.tool_kind == Some(ToolKind::Shell))
            }
            _ => false,
        };
        if logs_decisions && has_log {
            return Some(gap(call.session, GapKind::ResultWithoutRequest, at, id));
        }
    }
    None
}
