//! What the rows of a call follow from, as one number: a call whose number is the same as last
//! time has the same rows, and they need not be made.

use std::hash::{Hash, Hasher};

use super::{Finding, Print, day};
use crate::stitch::derive::{FactAt, Scene, posture};
use crate::stitch::hash;

/// The numbers of the conversations, which those of their calls contain.
pub(super) fn of_sessions(scene: &Scene<'_>) -> Vec<u64> {
    let of = |session: usize| {
        let mut hasher = hash::hasher();
        if let Some(of) = scene.sessions.get(session) {
            (&of.id, of.agent, &of.principal).hash(&mut hasher);
            day(scene, of.facts.iter().copied()).hash(&mut hasher);
        }
        scene.lineage.role(session).hash(&mut hasher);
        let root = scene.sessions.get(scene.lineage.root(session));
        root.map(|root| &root.id).hash(&mut hasher);
        hasher.finish()
    };
    (0..scene.sessions.all.len()).map(of).collect()
}

pub(super) fn of_call(scene: &Scene<'_>, finding: &Finding<'_>, of_session: &[u64]) -> Print {
    let mut hasher = hash::hasher();
    (of_session.get(finding.call.session), &finding.call.key).hash(&mut hasher);
    Print { call: hasher.finish(), of: made_from(scene, finding, of_session) }
}

/// Everything that a call's rows are made from. A fact never changes: its place stands for it.
fn made_from(scene: &Scene<'_>, finding: &Finding<'_>, of_session: &[u64]) -> u64 {
    let Finding { call, decided, ended, intent, attempts, settled, .. } = finding;
    let place = |at: FactAt| scene.fact(at).position();
    let mut hasher = hash::hasher();
    let facts = call.facts.iter().map(|at| place(*at));
    facts.for_each(|place| place.hash(&mut hasher));
    call.told.map(|(at, refused)| (place(at), refused)).hash(&mut hasher);
    call.inside.is_some().hash(&mut hasher);
    let turn = call.turn.and_then(|belongs| {
        Some((&scene.turns.get(belongs.turn)?.id, belongs.method, belongs.confidence))
    });
    turn.hash(&mut hasher);
    (decided.decision, decided.by, decided.reason, decided.time_us).hash(&mut hasher);
    decided.at.map(place).hash(&mut hasher);
    (ended.outcome, ended.failure, ended.cancelled_by).hash(&mut hasher);
    ended.result.map(place).hash(&mut hasher);
    let intent = intent.map(|of| (place(of.prompt), of_session.get(of.session), of.origin));
    intent.hash(&mut hasher);
    for owner in attempts {
        (place(owner.attempt), owner.confidence).hash(&mut hasher);
    }
    (settled.by_result, settled.by_quiet).hash(&mut hasher);
    let began = finding.said(scene).map(|(_, fact, _)| fact.began_us()).min();
    for changes in posture::of_session(scene, call.session) {
        posture::in_force(scene, changes, began.unwrap_or(i64::MAX)).hash(&mut hasher);
    }
    hasher.finish()
}
