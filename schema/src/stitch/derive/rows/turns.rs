//! The rows of `turns`.

use super::{Finding, Text, TimeUs, cell, day, tenant};
use crate::derived::turns::TurnRow;
use crate::derived::{Id, Usd};
use crate::stitch::derive::turns::{Turn, by_subagent};
use crate::stitch::derive::{FactAt, Scene, intent};
use crate::stitch::hash::FastMap;
use crate::vocabulary::{Decision, Kind, Outcome, RecordSignal};

pub(super) fn rows<'s>(
    scene: &'s Scene<'_>,
    session: usize,
    own: &[&Finding<'_>],
    quiet: bool,
) -> Vec<TurnRow<'s>> {
    let numbers = scene.turns.of_session(session);
    let mut by_turn: FastMap<usize, Vec<&Finding<'_>>> = FastMap::default();
    for finding in own {
        if let Some(belongs) = finding.call.turn {
            by_turn.entry(belongs.turn).or_default().push(*finding);
        }
    }
    let members = members(scene, session);
    let last = numbers.last().copied();
    numbers
        .iter()
        .filter_map(|number| Some((*number, scene.turns.get(*number)?)))
        .map(|(number, turn)| {
            let own = by_turn.remove(&number).unwrap_or_default();
            let over = own.iter().all(|finding| finding.settled.is_settled());
            let facts = members.get(&number).map(Vec::as_slice).unwrap_or_default();
            let mut row = row(scene, turn, &own, facts);
            row.settled = quiet || (over && last != Some(number));
            row
        })
        .collect()
}

/// The facts of a conversation by the turn they fall into: the one they name, else the one that
/// was in force.
fn members(scene: &Scene<'_>, session: usize) -> FastMap<usize, Vec<FactAt>> {
    let mut members: FastMap<usize, Vec<FactAt>> = FastMap::default();
    let mut current = None;
    for at in scene.sessions.get(session).into_iter().flat_map(|of| &of.facts) {
        let fact = scene.fact(*at);
        let own = scene.turns.of_fact(*at);
        if fact.kind == Kind::Prompt && own.is_some() {
            current = own;
        }
        let called = scene.calls.of_fact(*at).and_then(|call| scene.calls.get(call)?.turn);
        let turn = own.or(called.map(|belongs| belongs.turn)).or(current);
        if let Some(turn) = turn.filter(|_| fact.detail.is_some()) {
            members.entry(turn).or_default().push(*at);
        }
    }
    members
}

fn row<'s>(
    scene: &'s Scene<'_>,
    turn: &'s Turn,
    own: &[&Finding<'_>],
    facts: &[FactAt],
) -> TurnRow<'s> {
    let session = scene.sessions.get(turn.session);
    let (agent, id) = session.map_or(("", ""), |of| (of.agent.as_str(), of.id.as_ref()));
    let prompt = intent::prompt(scene, &turn.prompts);
    let shown = turn.prompts.iter().chain(&turn.facts).copied();
    let counted = |wanted: &dyn Fn(&Finding<'_>) -> bool| -> i64 {
        i64::try_from(own.iter().filter(|finding| wanted(finding)).count()).unwrap_or(i64::MAX)
    };
    let spent = spent(scene, facts);
    let ended = facts.iter().map(|at| scene.fact(*at).ended_us()).max();
    TurnRow {
        tenant: Text::Borrowed(tenant(scene)),
        day: day(scene, shown),
        turn_row_id: Id::of("turn", &[tenant(scene), agent, id, &turn.id]),
        turn_id: cell(&turn.id),
        session_id: Text::Borrowed(id),
        agent: session.map(|of| of.agent),
        principal: session.map(|of| cell(&of.principal)).unwrap_or_default(),
        prompt_event_id: prompt.map(|at| scene.fact(at).event_id),
        prompt: prompt.and_then(|at| scene.detail(at)?.talk.prompt.as_ref()).map(cell),
        prompt_origin: prompt.map(|_| intent::origin(scene, turn.session, &turn.prompts)),
        started_at: Some(TimeUs(turn.began_us)),
        ended_at: Some(TimeUs(ended.unwrap_or(turn.began_us).max(turn.began_us))),
        actions: counted(&|_| true),
        approved: counted(&|finding| finding.decided.decision == Some(Decision::Allow)),
        denied: counted(&|finding| finding.ended.outcome == Some(Outcome::Denied)),
        failed: counted(&|finding| finding.ended.outcome == Some(Outcome::Failed)),
        net_denied: net_denied(scene, own),
        input_tokens: spent.input,
        output_tokens: spent.output,
        cost_usd: spent.cost,
        response: response(scene, facts),
        ..TurnRow::default()
    }
}

fn net_denied(scene: &Scene<'_>, own: &[&Finding<'_>]) -> i64 {
    let attempts = own.iter().flat_map(|finding| &finding.attempts);
    let denied = attempts.filter(|owner| {
        let detail = scene.detail(owner.attempt);
        detail.is_some_and(|detail| detail.ruling.net_verdict == Some(Decision::Deny))
    });
    i64::try_from(denied.count()).unwrap_or(i64::MAX)
}

/// The last answer of the main agent.
fn response<'s>(scene: &'s Scene<'_>, facts: &[FactAt]) -> Option<Text<'s>> {
    let answers = |at: &&FactAt| {
        let fact = scene.fact(**at);
        !by_subagent(fact.agent, fact.agent_path.as_deref())
    };
    let mut said = facts.iter().rev().filter(answers);
    said.find_map(|at| scene.detail(*at)?.talk.response.as_ref()).map(cell)
}

/// What requests to models cost together.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Spent {
    pub input: Option<i64>,
    pub output: Option<i64>,
    pub cost: Option<Usd>,
}

/// Requests are told by log records and again by spans: those of one signal count.
pub(super) fn spent(scene: &Scene<'_>, facts: &[FactAt]) -> Spent {
    let requests = |signal| {
        facts.iter().filter(move |at| {
            let fact = scene.fact(**at);
            let counts = scene.detail(**at).is_some_and(|detail| {
                detail.talk.input_tokens.is_some() || detail.talk.cost.is_some()
            });
            fact.kind == Kind::ModelRequest && fact.signal == signal && counts
        })
    };
    let signal = match requests(RecordSignal::Logs).next() {
        Some(_) => RecordSignal::Logs,
        None => RecordSignal::Traces,
    };
    let mut spent = Spent::default();
    for detail in requests(signal).filter_map(|at| scene.detail(*at)) {
        let add = |sum: &mut Option<i64>, more: Option<i64>| {
            if let Some(more) = more {
                *sum = Some(sum.unwrap_or_default().saturating_add(more));
            }
        };
        add(&mut spent.input, detail.talk.input_tokens);
        add(&mut spent.output, detail.talk.output_tokens);
        if let Some(cost) = detail.talk.cost {
            let so_far = spent.cost.unwrap_or_default().nano;
            spent.cost = Some(Usd { nano: so_far.saturating_add(cost.nano) });
        }
    }
    spent
}
