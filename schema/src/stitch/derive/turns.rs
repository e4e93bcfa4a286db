//! Prompts, and what followed from each.
//!
//! Records of one prompt are one turn: those with one turn id, and the span a prompt's record
//! stands in. A call belongs to the turn it names; else to that of a span above it; else to the
//! newest prompt of its trace, and at last to the newest prompt of its conversation.

use std::collections::BTreeMap;

use super::calls::Call;
use super::{FactAt, Scene};
use crate::ids::TraceId;
use crate::stitch::detail::Name;
use crate::stitch::hash::{FastMap, FastSet};
use crate::vocabulary::{Agent, Confidence, Kind, LinkMethod, PromptOrigin, RecordSignal};

/// Records of one millisecond may come in any order.
const TICK_US: i64 = 1_000;

/// One turn.
#[derive(Debug)]
pub(super) struct Turn {
    /// The conversation.
    pub session: usize,
    /// Its id in the tables.
    pub id: Name,
    /// The facts of its prompt, in order; none where no signal shows it.
    pub prompts: Vec<FactAt>,
    /// The other facts of it.
    pub facts: Vec<FactAt>,
    /// When it began.
    pub began_us: i64,
    /// The agent's own machinery asked, beside what a person wants.
    pub is_side: bool,
}

/// To which turn something belongs, and how that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Belongs {
    pub turn: usize,
    pub method: LinkMethod,
    pub confidence: Confidence,
}

/// All turns.
#[derive(Debug, Default)]
pub(super) struct Turns {
    pub all: Vec<Turn>,
    /// The turn of each fact that names one, or is a prompt.
    of: Vec<Option<u32>>,
    /// The turns of each conversation, by when they began.
    by_session: Vec<Vec<usize>>,
    /// The turns with a prompt in each trace of a conversation.
    by_trace: FastMap<(usize, TraceId), Vec<usize>>,
}

impl Turns {
    pub(super) fn get(&self, turn: usize) -> Option<&Turn> {
        self.all.get(turn)
    }

    /// The turn of a fact that names one.
    pub(super) fn of_fact(&self, at: FactAt) -> Option<usize> {
        self.of.get(at).copied().flatten().map(|turn| turn as usize)
    }

    /// The turns of a conversation, by when they began.
    pub(super) fn of_session(&self, session: usize) -> &[usize] {
        self.by_session.get(session).map(Vec::as_slice).unwrap_or_default()
    }
}

/// Whether an agent of this conversation that is not its main one says a fact.
pub(super) fn by_subagent(agent: Agent, path: Option<&str>) -> bool {
    match agent {
        Agent::Codex => path.is_some_and(|path| path != "/root"),
        Agent::ClaudeCode | Agent::Gemini | Agent::Qwen | Agent::Copilot => path.is_some(),
        _ => false,
    }
}

pub(super) fn find(scene: &Scene<'_>) -> Turns {
    let mut turns = Turns { of: vec![None; scene.facts.len()], ..Turns::default() };
    let mut ids = turn_ids(scene);
    claim(scene, &mut ids);
    let mut numbers: BTreeMap<(usize, Name), usize> = BTreeMap::new();
    let mut open: FastMap<usize, (Name, Name)> = FastMap::default();
    for (at, fact) in scene.facts.iter().enumerate() {
        let Some(session) = scene.sessions.of_fact(at) else { continue };
        let is_prompt = fact.kind == Kind::Prompt;
        let id = ids.get(at).cloned().flatten();
        let id = match (id, is_prompt) {
            (Some(id), _) => id,
            (None, true) if !is_inside_call(scene, at) => {
                taken_up(scene, at, session, &open).unwrap_or_else(|| prompt_id(scene, at))
            }
            _ => continue,
        };
        leave_open(scene, at, session, &id, &mut open);
        let turn = *numbers.entry((session, id)).or_insert_with_key(|(session, id)| {
            turns.all.push(Turn {
                session: *session,
                id: id.clone(),
                prompts: Vec::new(),
                facts: Vec::new(),
                began_us: fact.time_us,
                is_side: false,
            });
            turns.all.len() - 1
        });
        if let Some(turn) = turns.all.get_mut(turn) {
            if is_prompt { turn.prompts.push(at) } else { turn.facts.push(at) }
        }
        if let Some(of) = turns.of.get_mut(at) {
            *of = u32::try_from(turn).ok();
        }
    }
    index(scene, &mut turns);
    turns
}

fn index(scene: &Scene<'_>, turns: &mut Turns) {
    turns.by_session = vec![Vec::new(); scene.sessions.all.len()];
    for (number, turn) in turns.all.iter_mut().enumerate() {
        if let Some(first) = turn.prompts.first() {
            turn.began_us = scene.fact(*first).time_us;
        }
        turn.is_side = turn.prompts.iter().any(|at| {
            let origin = scene.detail(*at).and_then(|detail| detail.talk.prompt_origin);
            origin == Some(PromptOrigin::System)
        });
        if let Some(of) = turns.by_session.get_mut(turn.session) {
            of.push(number);
        }
        for at in &turn.prompts {
            if let Some(trace) = scene.fact(*at).trace {
                turns.by_trace.entry((turn.session, trace)).or_default().push(number);
            }
        }
    }
    let began = |turn: &usize| turns.all.get(*turn).map(|turn| turn.began_us);
    for of in turns.by_session.iter_mut().chain(turns.by_trace.values_mut()) {
        of.sort_by_key(began);
    }
}

/// The turn id of each fact: its own, or that of a span above a prompt, or of the span a
/// prompt's record stands in, or the only one of a prompt's trace.
fn turn_ids(scene: &Scene<'_>) -> Vec<Option<Name>> {
    let own = |at: FactAt| {
        let fact = scene.fact(at);
        let subagent = by_subagent(fact.agent, fact.agent_path.as_deref());
        fact.turn_id.clone().filter(|_| !subagent || fact.agent == Agent::ClaudeCode)
    };
    let mut ids: Vec<Option<Name>> = (0..scene.facts.len()).map(own).collect();
    let mut spans: FastMap<FactAt, Name> = FastMap::default();
    let mut traces: FastMap<(usize, TraceId), Option<Name>> = FastMap::default();
    for (at, fact) in scene.facts.iter().enumerate() {
        let (Some(id), Some(session)) =
            (ids.get(at).cloned().flatten(), scene.sessions.of_fact(at))
        else {
            continue;
        };
        if let (Kind::Prompt, false, Some(parent)) =
            (fact.kind, fact.is_span(), scene.tree.parent(at))
        {
            spans.insert(parent, id.clone());
        }
        if let Some(trace) = fact.trace {
            let only = traces.entry((session, trace)).or_insert_with(|| Some(id.clone()));
            if only.as_ref().is_some_and(|only| *only != id) {
                *only = None;
            }
        }
    }
    for (at, fact) in scene.facts.iter().enumerate() {
        if fact.kind != Kind::Prompt || ids.get(at).is_none_or(Option::is_some) {
            continue;
        }
        if by_subagent(fact.agent, fact.agent_path.as_deref()) {
            continue;
        }
        let session = scene.sessions.of_fact(at);
        let above = || {
            let mut above = scene.tree.above(at);
            above.find_map(|above| {
                let same = scene.sessions.of_fact(above) == session;
                own(above).filter(|_| same)
            })
        };
        let in_trace = || traces.get(&(session?, fact.trace?)).cloned().flatten();
        let found = spans.get(&at).cloned().or_else(above).or_else(in_trace);
        if let Some(id) = ids.get_mut(at) {
            *id = found;
        }
    }
    ids
}

/// Codex names turns on few of its records, and never on a prompt. A turn whose prompt nothing
/// else shows takes the newest prompt before its first record, unless another turn has it.
fn claim(scene: &Scene<'_>, ids: &mut [Option<Name>]) {
    let mut prompts: BTreeMap<usize, Vec<FactAt>> = BTreeMap::new();
    let mut began: BTreeMap<(usize, Name), FactAt> = BTreeMap::new();
    for (at, fact) in scene.facts.iter().enumerate() {
        let Some(session) = scene.sessions.of_fact(at).filter(|_| fact.agent == Agent::Codex)
        else {
            continue;
        };
        match ids.get(at).cloned().flatten() {
            Some(id) => {
                began.entry((session, id)).or_insert(at);
            }
            None if fact.kind == Kind::Prompt => prompts.entry(session).or_default().push(at),
            None => {}
        }
    }
    let shown: FastSet<(usize, Name)> = (0..scene.facts.len())
        .filter(|at| scene.fact(*at).kind == Kind::Prompt)
        .filter_map(|at| Some((scene.sessions.of_fact(at)?, ids.get(at).cloned().flatten()?)))
        .collect();
    let mut first: Vec<(FactAt, usize, Name)> = began
        .into_iter()
        .filter(|(turn, _)| !shown.contains(turn))
        .map(|((session, id), at)| (at, session, id))
        .collect();
    first.sort();
    for (at, session, id) in first {
        let mut open = prompts.get(&session).into_iter().flatten();
        let before = open.rfind(|prompt| **prompt < at);
        if let Some(of) = before.and_then(|prompt| ids.get_mut(*prompt)).filter(|of| of.is_none()) {
            *of = Some(id);
        }
    }
}

/// Whether a prompt was made inside a call of the same conversation: a subagent's task.
fn is_inside_call(scene: &Scene<'_>, at: FactAt) -> bool {
    let session = scene.sessions.of_fact(at);
    let mut above = scene.tree.above(at);
    above.any(|above| {
        let call = scene.calls.of_fact(above).and_then(|call| scene.calls.get(call));
        call.is_some_and(|call| Some(call.session) == session)
    })
}

/// The OpenAI Agents SDK begins a run again with the same prompt once a question about its calls
/// is answered. A run that ended without an answer of its own is open: its prompt and its turn.
fn leave_open(
    scene: &Scene<'_>,
    at: FactAt,
    session: usize,
    turn: &Name,
    open: &mut FastMap<usize, (Name, Name)>,
) {
    let fact = scene.fact(at);
    if fact.kind != Kind::Prompt || fact.agent != Agent::OpenaiAgents {
        return;
    }
    let detail = scene.detail(at).filter(|detail| detail.talk.response.is_none());
    match detail.and_then(|detail| detail.talk.prompt.clone()) {
        Some(prompt) => open.insert(session, (prompt, turn.clone())),
        None => open.remove(&session),
    };
}

/// The open turn of a conversation that a prompt takes up again.
fn taken_up(
    scene: &Scene<'_>,
    at: FactAt,
    session: usize,
    open: &FastMap<usize, (Name, Name)>,
) -> Option<Name> {
    let (prompt, turn) = open.get(&session)?;
    let same = scene.detail(at)?.talk.prompt.as_ref() == Some(prompt);
    same.then(|| turn.clone())
}

/// The id of a turn whose agent gives it none: that of the span of its prompt, or of its record.
fn prompt_id(scene: &Scene<'_>, at: FactAt) -> Name {
    let fact = scene.fact(at);
    let span = match fact.signal {
        RecordSignal::Traces => Some(at),
        _ => scene.tree.parent(at).filter(|above| scene.fact(*above).kind == Kind::Prompt),
    };
    match span.and_then(|span| scene.fact(span).span) {
        Some(span) => Name::from(format!("span:{span}")),
        None => Name::from(format!("event:{}", fact.event_id)),
    }
}

/// Finds the turn of every call.
pub(super) fn assign(scene: &mut Scene<'_>) {
    let found: Vec<Option<Belongs>> =
        scene.calls.all.iter().map(|call| of_call(scene, call)).collect();
    for (call, turn) in scene.calls.all.iter_mut().zip(found) {
        call.turn = turn;
    }
    // What a subagent did inside a conversation belongs to the turn that started it.
    for number in 0..scene.calls.all.len() {
        let Some(call) = scene.calls.get(number) else { continue };
        let weak = call.turn.is_none_or(|turn| turn.method == LinkMethod::Order);
        let outer = call.inside.and_then(|outer| scene.calls.get(outer));
        let turn = outer.filter(|outer| outer.session == call.session).and_then(|outer| outer.turn);
        if let (true, Some(turn), Some(call)) = (weak, turn, scene.calls.all.get_mut(number)) {
            call.turn = Some(turn);
        }
    }
}

fn of_call(scene: &Scene<'_>, call: &Call) -> Option<Belongs> {
    let told = call.told.map(|(at, _)| at);
    let facts = || call.facts.iter().copied().chain(told);
    let named = facts().find_map(|at| scene.turns.of_fact(at));
    if let Some(turn) = named.filter(|turn| in_session(scene, *turn, call)) {
        return Some(belongs(turn, LinkMethod::Id, Confidence::Certain));
    }
    let above = facts().find_map(|at| {
        let mut above = scene.tree.above(at);
        above.find_map(|above| {
            scene.turns.of_fact(above).filter(|turn| in_session(scene, *turn, call))
        })
    });
    if let Some(turn) = above {
        return Some(belongs(turn, LinkMethod::Span, Confidence::Certain));
    }
    let began = facts().map(|at| scene.fact(at).began_us()).min()?;
    let first = facts().map(|at| scene.fact(at).time_us).min().unwrap_or(began);
    let traced = facts()
        .filter_map(|at| scene.fact(at).trace)
        .find_map(|trace| newest(scene, scene.turns.by_trace.get(&(call.session, trace))?, first));
    if let Some(turn) = traced {
        return Some(belongs(turn, LinkMethod::Trace, Confidence::Strong));
    }
    let turn = newest(scene, scene.turns.of_session(call.session), began)?;
    Some(belongs(turn, LinkMethod::Order, Confidence::Strong))
}

const fn belongs(turn: usize, method: LinkMethod, confidence: Confidence) -> Belongs {
    Belongs { turn, method, confidence }
}

fn in_session(scene: &Scene<'_>, turn: usize, call: &Call) -> bool {
    scene.turns.get(turn).is_some_and(|turn| turn.session == call.session)
}

/// The newest of some turns, in order of their beginnings, that had begun; side questions left
/// out where there are others.
fn newest(scene: &Scene<'_>, turns: &[usize], by_us: i64) -> Option<usize> {
    let by_us = by_us.saturating_add(TICK_US);
    let begun = turns
        .partition_point(|turn| scene.turns.get(*turn).is_some_and(|turn| turn.began_us <= by_us));
    let begun = turns.get(..begun).unwrap_or_default();
    let of = |turn: &usize| scene.turns.get(*turn);
    let mut prompted =
        begun.iter().rev().filter(|turn| of(turn).is_some_and(|turn| !turn.prompts.is_empty()));
    let last = prompted.clone().next().copied();
    let main = prompted.find(|turn| of(turn).is_some_and(|turn| !turn.is_side)).copied();
    main.or(last)
}

/// The newest turn of a conversation that had begun by a time.
pub(super) fn in_force(scene: &Scene<'_>, session: usize, by_us: i64) -> Option<usize> {
    newest(scene, scene.turns.of_session(session), by_us)
}
