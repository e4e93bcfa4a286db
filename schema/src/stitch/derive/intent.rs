//! Who wanted a call: the prompt of the person who led to it.
//!
//! The way goes from a call to its turn; from a subagent's call to the call that started the
//! subagent, or to the turn of the parent conversation that was in force; and from a turn that
//! the agent's own machinery began back to the person's turn before it.

use super::calls::Call;
use super::{FactAt, Scene, turns};
use crate::vocabulary::{PromptOrigin, SessionRole};

/// How far the way may go.
const STEPS_MOST: usize = 32;

/// The prompt that led to a call.
#[derive(Debug, Clone, Copy)]
pub(super) struct Intent {
    /// The fact of the prompt.
    pub prompt: FactAt,
    /// Its conversation.
    pub session: usize,
    /// Who wrote it.
    pub origin: PromptOrigin,
}

/// The prompt that led to a call: a person's, else the nearest of another origin.
pub(super) fn of_call(scene: &Scene<'_>, call: usize) -> Option<Intent> {
    let mut other = None;
    let start = scene.calls.get(call)?;
    let mut place = Place::of(start);
    for _ in 0..STEPS_MOST {
        if let Some(outer) = place.inside.and_then(|outer| scene.calls.get(outer))
            && place.turn.is_none_or(|turn| !is_persons(scene, turn))
        {
            place = Place::of(outer);
            continue;
        }
        if let Some(found) = place.turn.and_then(|turn| of_turn(scene, turn)) {
            if found.origin == PromptOrigin::Human {
                return Some(found);
            }
            other = other.or(Some(found));
            if let Some(earlier) = persons_before(scene, found) {
                return Some(earlier);
            }
        }
        let Some(parent) = scene.lineage.parent(place.session) else { break };
        place = if let Some(spawn) = parent.call.and_then(|call| scene.calls.get(call)) {
            Place::of(spawn)
        } else {
            let began = began_us(scene, place.session);
            let turn = turns::in_force(scene, parent.session, began);
            Place { session: parent.session, turn, inside: None }
        };
    }
    other
}

/// Where the way stands.
struct Place {
    session: usize,
    turn: Option<usize>,
    inside: Option<usize>,
}

impl Place {
    fn of(call: &Call) -> Self {
        let turn = call.turn.map(|belongs| belongs.turn);
        Self { session: call.session, turn, inside: call.inside }
    }
}

fn is_persons(scene: &Scene<'_>, turn: usize) -> bool {
    of_turn(scene, turn).is_some_and(|intent| intent.origin == PromptOrigin::Human)
}

/// The prompt of a turn, and who wrote it.
pub(super) fn of_turn(scene: &Scene<'_>, turn: usize) -> Option<Intent> {
    let turn = scene.turns.get(turn)?;
    let prompt = prompt(scene, &turn.prompts)?;
    let origin = origin(scene, turn.session, &turn.prompts);
    Some(Intent { prompt, session: turn.session, origin })
}

/// The record of a prompt that says most: one with a text, a log record before a span.
pub(super) fn prompt(scene: &Scene<'_>, prompts: &[FactAt]) -> Option<FactAt> {
    let worth = |at: &&FactAt| {
        let text = scene.detail(**at).is_some_and(|detail| detail.talk.prompt.is_some());
        (text, !scene.fact(**at).is_span())
    };
    let best = prompts.iter().map(|at| worth(&at)).max()?;
    prompts.iter().find(|at| worth(at) == best).copied()
}

/// Who wrote a prompt: what its records say, else what its conversation is for.
pub(super) fn origin(scene: &Scene<'_>, session: usize, prompts: &[FactAt]) -> PromptOrigin {
    let mut said = prompts.iter().filter_map(|at| scene.detail(*at)?.talk.prompt_origin);
    if let Some(said) = said.next() {
        return said;
    }
    match scene.lineage.role(session) {
        SessionRole::Main | SessionRole::Unknown => PromptOrigin::Human,
        SessionRole::Subagent => PromptOrigin::SubagentTask,
        SessionRole::Reviewer => PromptOrigin::Reviewer,
        SessionRole::Title => PromptOrigin::System,
    }
}

/// The newest prompt of a person in the same conversation before one of another origin.
fn persons_before(scene: &Scene<'_>, other: Intent) -> Option<Intent> {
    let before = scene.fact(other.prompt).time_us;
    let earlier = scene.turns.of_session(other.session).iter().rev();
    let mut earlier = earlier
        .filter(|turn| scene.turns.get(**turn).is_some_and(|turn| turn.began_us <= before))
        .filter_map(|turn| of_turn(scene, *turn));
    earlier.find(|intent| intent.origin == PromptOrigin::Human)
}

fn began_us(scene: &Scene<'_>, session: usize) -> i64 {
    let first = scene.sessions.get(session).and_then(|session| session.facts.first());
    first.map_or(i64::MAX, |at| scene.fact(*at).time_us)
}
