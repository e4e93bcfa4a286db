//! The rows of `links`.

use super::{Finding, Text, action_id, day, tenant};
use crate::derived::links::LinkRow;
use crate::derived::{Id, Texts};
use crate::event::Text as Cell;
use crate::stitch::derive::{FactAt, Scene, links_of};
use crate::vocabulary::{Confidence, LinkMethod, LinkRelation};

/// The edges of one call: to its prompt, and to every event that tells of it.
pub(super) fn of_call<'f>(scene: &Scene<'f>, finding: &Finding<'_>, links: &mut Vec<LinkRow<'f>>) {
    let call = finding.call;
    let action = action_id(scene, call);
    let settled = finding.settled.is_settled();
    if let (Some(turn), Some(intent)) = (call.turn, finding.intent) {
        let mut link = link(scene, call.session, LinkRelation::Turn, &action.to_string());
        link.day = day(scene, call.facts.iter().copied().chain(call.told.map(|(at, _)| at)));
        link.settled = settled;
        link.event_id = Some(scene.fact(intent.prompt).event_id);
        link.action_id = Some(action);
        link.method = Some(turn.method);
        link.confidence = Some(turn.confidence);
        if intent.session != call.session {
            let session = scene.sessions.get(intent.session);
            link.to_session_id = session.map(|of| Cell::Owned(of.id.to_string()));
        }
        links.push(link);
    }
    for (at, fact, _) in scene.said(call) {
        let Some(relation) = links_of(scene, at) else { continue };
        let mut link = link(scene, call.session, relation, &fact.event_id.to_string());
        link.day = day(scene, [at]);
        link.settled = settled;
        link.event_id = Some(fact.event_id);
        link.action_id = Some(action);
        let same = fact.call_id.is_some() && fact.call_id == call.call_id;
        link.method = Some(if same { LinkMethod::Id } else { LinkMethod::Span });
        link.confidence = Some(Confidence::Certain);
        links.push(link);
    }
}

/// The edges of network attempts, those that could not be told apart included.
pub(super) fn of_attempts<'f>(scene: &Scene<'f>, links: &mut Vec<LinkRow<'f>>) {
    for owner in &scene.attempts.owners {
        let Some(session) = scene.sessions.of_fact(owner.attempt) else { continue };
        let fact = scene.fact(owner.attempt);
        let event = fact.event_id.to_string();
        let mut link = link(scene, session, LinkRelation::Network, &event);
        let id = |call: &usize| scene.calls.get(*call).map(|call| action_id(scene, call));
        link.day = day(scene, [owner.attempt]);
        link.settled = true;
        link.event_id = Some(fact.event_id);
        link.action_id = owner.call.as_ref().and_then(id);
        link.method = Some(owner.method);
        link.confidence = Some(owner.confidence);
        let mut candidates: Vec<Id> = owner.candidates.iter().filter_map(id).collect();
        candidates.sort_unstable();
        link.candidates = Some(texts(candidates.iter().map(ToString::to_string)));
        link.reasons = Some(texts(owner.reasons.iter().map(ToString::to_string)));
        links.push(link);
    }
}

/// The edge from a conversation to the one it serves.
pub(super) fn of_session<'f>(scene: &Scene<'f>, session: usize, links: &mut Vec<LinkRow<'f>>) {
    let Some(parent) = scene.lineage.parent(session) else { return };
    let Some(of) = scene.sessions.get(session) else { return };
    let id = |session: &usize| scene.sessions.get(*session).map(|of| of.id.to_string());
    let mut link = link(scene, session, parent.relation, "lineage");
    // Whatever the relation turns out to be, it is the same edge.
    link.link_id = Id::of("link", &[tenant(scene), of.agent.as_str(), &of.id, "lineage"]);
    link.day = day(scene, of.facts.iter().copied());
    link.settled = true;
    link.event_id = parent.event.map(|at: FactAt| scene.fact(at).event_id);
    let call = parent.call.and_then(|call| scene.calls.get(call));
    link.action_id = call.map(|call| action_id(scene, call));
    link.to_session_id = id(&parent.session).map(Cell::Owned);
    link.method = Some(parent.method);
    link.confidence = Some(parent.confidence);
    link.candidates = Some(texts(parent.candidates.iter().filter_map(id)));
    link.reasons = Some(texts([parent.reason.to_owned()]));
    links.push(link);
}

fn link<'f>(
    scene: &Scene<'f>,
    session: usize,
    relation: LinkRelation,
    begins_at: &str,
) -> LinkRow<'f> {
    let of = scene.sessions.get(session);
    let (agent, id) = of.map_or(("", ""), |of| (of.agent.as_str(), of.id.as_ref()));
    LinkRow {
        tenant: Text::Borrowed(tenant(scene)),
        link_id: Id::of("link", &[tenant(scene), agent, id, relation.as_str(), begins_at]),
        session_id: Text::Owned(id.to_owned()),
        relation: Some(relation),
        ..LinkRow::default()
    }
}

fn texts<'f>(items: impl IntoIterator<Item = String>) -> Texts<'f> {
    Texts(items.into_iter().map(Cell::Owned).collect())
}
