//! The rows of `links`.

use super::{Finding, Ids, Takes, Text, day, session_id, tenant};
use crate::derived::links::LinkRow;
use crate::derived::{Id, Texts};
use crate::ids::WriteId as _;
use crate::stitch::derive::{FactAt, Scene, links_of};
use crate::vocabulary::{Confidence, LinkMethod, LinkRelation};

/// The edges of one call: to its prompt, and to every event that tells of it.
pub(super) fn of_call(scene: &Scene<'_>, finding: &Finding<'_>, action: Id, to: &mut impl Takes) {
    let call = finding.call;
    let settled = finding.settled.is_settled();
    if let (Some(turn), Some(intent)) = (call.turn, finding.intent) {
        let mut link = link(scene, call.session, LinkRelation::Turn, &action.text());
        link.day = day(scene, call.facts.iter().copied().chain(call.told.map(|(at, _)| at)));
        link.settled = settled;
        link.event_id = Some(scene.fact(intent.prompt).event_id);
        link.action_id = Some(action);
        link.method = Some(turn.method);
        link.confidence = Some(turn.confidence);
        if intent.session != call.session {
            link.to_session_id = session_id(scene, intent.session);
        }
        to.link(&mut link);
    }
    for (at, fact, _) in scene.said(call) {
        let Some(relation) = links_of(scene, at) else { continue };
        let mut link = link(scene, call.session, relation, &fact.event_id.text());
        link.day = day(scene, [at]);
        link.settled = settled;
        link.event_id = Some(fact.event_id);
        link.action_id = Some(action);
        let same = fact.call_id.is_some() && fact.call_id == call.call_id;
        link.method = Some(if same { LinkMethod::Id } else { LinkMethod::Span });
        link.confidence = Some(Confidence::Certain);
        to.link(&mut link);
    }
}

/// The edges of network attempts, those that could not be told apart included.
pub(super) fn of_attempts(scene: &Scene<'_>, ids: &Ids<'_, '_>, to: &mut impl Takes) {
    for owner in &scene.attempts.owners {
        let Some(session) = scene.sessions.of_fact(owner.attempt) else { continue };
        let fact = scene.fact(owner.attempt);
        let event = fact.event_id.text();
        let mut link = link(scene, session, LinkRelation::Network, &event);
        let id = |call: &usize| ids.action(*call);
        link.day = day(scene, [owner.attempt]);
        link.settled = true;
        link.event_id = Some(fact.event_id);
        link.action_id = owner.call.as_ref().map(id);
        link.method = Some(owner.method);
        link.confidence = Some(owner.confidence);
        let mut candidates: Vec<Id> = owner.candidates.iter().map(id).collect();
        candidates.sort_unstable();
        let candidates = candidates.iter().map(|id| Text::Owned(id.text()));
        link.candidates = Some(Texts(candidates.collect()));
        link.reasons = Some(Texts(owner.reasons.iter().copied().map(Text::Borrowed).collect()));
        to.link(&mut link);
    }
}

/// The edge from a conversation to the one it serves.
pub(super) fn of_session(
    scene: &Scene<'_>,
    session: usize,
    ids: &Ids<'_, '_>,
    to: &mut impl Takes,
) {
    let Some(parent) = scene.lineage.parent(session) else { return };
    let Some(of) = scene.sessions.get(session) else { return };
    let mut link = link(scene, session, parent.relation, "lineage");
    // Whatever the relation turns out to be, it is the same edge.
    link.link_id = Id::of("link", &[tenant(scene), of.agent.as_str(), &of.id, "lineage"]);
    link.day = day(scene, of.facts.iter().copied());
    link.settled = true;
    link.event_id = parent.event.map(|at: FactAt| scene.fact(at).event_id);
    link.action_id = parent.call.map(|call| ids.action(call));
    link.to_session_id = session_id(scene, parent.session);
    link.method = Some(parent.method);
    link.confidence = Some(parent.confidence);
    let candidates = parent.candidates.iter().filter_map(|other| session_id(scene, *other));
    link.candidates = Some(Texts(candidates.collect()));
    link.reasons = Some(Texts(vec![Text::Borrowed(parent.reason)]));
    to.link(&mut link);
}

fn link<'s>(
    scene: &'s Scene<'_>,
    session: usize,
    relation: LinkRelation,
    begins_at: &str,
) -> LinkRow<'s> {
    let of = scene.sessions.get(session);
    let (agent, id) = of.map_or(("", ""), |of| (of.agent.as_str(), of.id.as_ref()));
    LinkRow {
        tenant: Text::Borrowed(tenant(scene)),
        link_id: Id::of("link", &[tenant(scene), agent, id, relation.as_str(), begins_at]),
        session_id: Text::Borrowed(id),
        relation: Some(relation),
        ..LinkRow::default()
    }
}
