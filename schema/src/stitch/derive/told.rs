//! Calls that a request to a model tells of: ids for spans without one, and refusals that left
//! no span at all.

use super::calls::{Call, CallKey};
use super::{FactAt, Scene};
use crate::stitch::messages::ToldCall;

/// Reads the exchanges of all requests to models, the earliest first.
pub(super) fn tell(scene: &mut Scene<'_>) {
    let mut refused = Vec::new();
    for at in 0..scene.facts.len() {
        let Some(told) = scene.detail(at).and_then(|detail| detail.talk.exchange.as_ref()) else {
            continue;
        };
        let Some(session) = scene.sessions.of_fact(at) else { continue };
        let calls = told.calls.clone();
        for (place, call) in calls.iter().enumerate() {
            let twins = |one: &&ToldCall| one.tool == call.tool && one.arguments == call.arguments;
            let many = calls.iter().filter(twins).count();
            let earlier = calls.iter().take(place).filter(twins).count();
            if let Some(one) = tell_one(scene, session, at, call, (many, earlier)) {
                refused.push(one);
            }
        }
    }
    for (session, at, call) in refused {
        let is_refused = call.refused || was_pending(scene, session, at);
        if is_refused && known(scene, session, &call).is_none() {
            scene.calls.add_told(session, call.id, at, true);
        }
    }
}

/// Names the spans of a told call; gives it back if there are none although it was answered.
fn tell_one(
    scene: &mut Scene<'_>,
    session: usize,
    at: FactAt,
    told: &ToldCall,
    (many, earlier): (usize, usize),
) -> Option<(usize, FactAt, ToldCall)> {
    if let Some(call) = known(scene, session, told) {
        if let Some(call) = scene.calls.all.get_mut(call)
            && call.told.is_none()
        {
            call.told = Some((at, told.refused));
        }
        return None;
    }
    let before = scene.fact(at).time_us + super::SLACK_US;
    let nameless = |call: &Call| {
        call.session == session
            && matches!(call.key, CallKey::Span(_))
            && call.facts.iter().all(|at| scene.fact(*at).time_us <= before)
            && call.facts.iter().filter_map(|at| scene.detail(*at)).any(|detail| {
                detail.tool.as_ref() == Some(&told.tool)
                    && detail.call.arguments == Some(told.arguments)
            })
    };
    let mut spans: Vec<usize> = (0..scene.calls.all.len())
        .filter(|call| scene.calls.get(*call).is_some_and(nameless))
        .collect();
    spans.sort_by_key(|call| scene.calls.get(*call).and_then(|call| call.facts.first().copied()));
    if many > 1 {
        // Twins of one exchange have one span each, in order.
        spans = spans.into_iter().skip(usize::from(earlier > 0)).take(1).collect();
    }
    let Some(first) = spans.first().copied() else {
        return told.answered.then(|| (session, at, told.clone()));
    };
    scene.calls.name(&spans, &told.id);
    if let Some(call) = scene.calls.all.get_mut(first) {
        call.told = Some((at, told.refused));
    }
    None
}

fn known(scene: &Scene<'_>, session: usize, told: &ToldCall) -> Option<usize> {
    scene
        .calls
        .all
        .iter()
        .position(|call| call.session == session && call.call_id.as_ref() == Some(&told.id))
}

/// Whether an earlier run of the conversation ended with a question about its calls.
fn was_pending(scene: &Scene<'_>, session: usize, at: FactAt) -> bool {
    use crate::vocabulary::{Decision, Kind};
    let Some(session) = scene.sessions.get(session) else { return false };
    session.facts.iter().take_while(|earlier| **earlier < at).any(|earlier| {
        matches!(scene.fact(*earlier).kind, Kind::Prompt | Kind::Session)
            && scene.detail(*earlier).is_some_and(|said| said.decision == Some(Decision::Ask))
    })
}
