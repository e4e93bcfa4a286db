//! The rows of a family.

mod actions;
mod links;
mod sessions;
mod turns;

use super::calls::Call;
use super::network::Owner;
use super::verdict::{self, Decided, Ended};
use super::{FactAt, Scene, gaps, intent};
use crate::derived::Id;
use crate::derived::actions::ActionRow;
use crate::derived::gaps::GapRow;
use crate::derived::links::LinkRow;
use crate::derived::sessions::SessionRow;
use crate::derived::turns::TurnRow;
use crate::event::Text;
use crate::ids::ReceivedAt;
use crate::stitch::fact::Name;
use crate::table::cell::{Day, TimeUs};
use crate::vocabulary::Outcome;

/// The rows of a family, without what only the state knows: their revisions.
#[derive(Debug, Default)]
pub(in crate::stitch) struct Derived<'f> {
    pub actions: Vec<ActionRow<'f>>,
    pub turns: Vec<TurnRow<'f>>,
    pub sessions: Vec<SessionRow<'f>>,
    pub links: Vec<LinkRow<'f>>,
    pub gaps: Vec<GapRow<'f>>,
}

/// Why nothing more is expected of a row.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Settled {
    /// It has its result.
    pub by_result: bool,
    /// Its conversation was quiet for long enough.
    pub by_quiet: bool,
}

impl Settled {
    fn is_settled(self) -> bool {
        self.by_result || self.by_quiet
    }
}

/// Everything that was found out about a call.
#[derive(Debug)]
pub(super) struct Finding<'s> {
    call: &'s Call,
    /// The id of its action.
    id: Id,
    decided: Decided,
    ended: Ended,
    intent: Option<intent::Intent>,
    attempts: Vec<&'s Owner>,
    settled: Settled,
}

pub(super) fn make<'s>(scene: &'s Scene<'_>) -> Derived<'s> {
    let quiet: Vec<bool> =
        (0..scene.sessions.all.len()).map(|session| is_quiet(scene, session)).collect();
    let mut attempts: Vec<Vec<&Owner>> = vec![Vec::new(); scene.calls.all.len()];
    for owner in &scene.attempts.owners {
        if let Some(of) = owner.call.and_then(|call| attempts.get_mut(call)) {
            of.push(owner);
        }
    }
    let ids: Vec<Id> = scene.calls.all.iter().map(|call| action_id(scene, call)).collect();
    let findings: Vec<Finding<'_>> = scene
        .calls
        .all
        .iter()
        .enumerate()
        // Of calls that were found to be one, the others are left empty.
        .filter(|(_, call)| !call.facts.is_empty() || call.told.is_some())
        .map(|(number, call)| {
            let (decided, ended) = verdict::of_call(scene, call);
            let settled = Settled {
                by_result: is_over(ended, decided),
                by_quiet: quiet.get(call.session).copied().unwrap_or_default(),
            };
            let intent = intent::of_call(scene, number);
            let attempts = attempts.get_mut(number).map(std::mem::take).unwrap_or_default();
            let id = ids.get(number).copied().unwrap_or_default();
            Finding { call, id, decided, ended, intent, attempts, settled }
        })
        .collect();
    let mut derived = Derived::default();
    let mut gaps = gaps::find(scene);
    for finding in &findings {
        derived.actions.push(actions::row(scene, finding));
        links::of_call(scene, finding, &mut derived.links);
        let Finding { call, decided, ended, settled, .. } = finding;
        gaps.extend(gaps::of_call(scene, call, *decided, *ended, *settled));
    }
    links::of_attempts(scene, &ids, &mut derived.links);
    for session in 0..scene.sessions.all.len() {
        let quiet = quiet.get(session).copied().unwrap_or_default();
        links::of_session(scene, session, &ids, &mut derived.links);
        let turns = turns::rows(scene, session, &findings, quiet);
        let open = gaps.iter().filter(|gap| gap.session == session).count();
        derived.sessions.push(sessions::row(scene, session, &turns, &findings, open, quiet));
        derived.turns.extend(turns);
    }
    derived.gaps = gaps.iter().map(|gap| gap_row(scene, gap)).collect();
    derived
}

/// A call is over when its end was seen, or it was refused.
fn is_over(ended: Ended, decided: Decided) -> bool {
    let is_denied = ended.outcome == Some(Outcome::Denied) && decided.at.is_some();
    let known = ended.outcome.is_some_and(|outcome| outcome != Outcome::Unknown);
    (ended.result.is_some() && known) || is_denied
}

/// Whether nothing came for a conversation for long enough.
fn is_quiet(scene: &Scene<'_>, session: usize) -> bool {
    let of = scene.sessions.get(session);
    let last = of.into_iter().flat_map(|of| &of.facts).map(|at| scene.fact(*at).received_at.0);
    last.max().is_none_or(|last| scene.now_us.saturating_sub(last) >= scene.settle_after_us)
}

fn gap_row<'s>(scene: &'s Scene<'_>, gap: &gaps::Gap) -> GapRow<'s> {
    let fact = scene.fact(gap.shown_by);
    let session = scene.sessions.get(gap.session);
    let id = session.map_or("", |session| session.id.as_ref());
    let kind = gap.kind.as_str();
    GapRow {
        tenant: Text::Borrowed(&fact.tenant),
        day: day(scene, session.into_iter().flat_map(|session| session.facts.iter().copied())),
        settled: true,
        gap_id: Id::of("gap", &[&fact.tenant, fact.agent.as_str(), id, kind, &gap.place]),
        session_id: Text::Borrowed(id),
        kind: Some(gap.kind),
        from_sequence: gap.from,
        to_sequence: gap.to,
        detected_at: Some(TimeUs(fact.time_us)),
        detail: gap.detail.clone().map(Text::Owned),
        closed_at: None,
        ..GapRow::default()
    }
}

/// The received day of the first of some facts.
fn day(scene: &Scene<'_>, facts: impl IntoIterator<Item = FactAt>) -> Day {
    let first = facts.into_iter().map(|at| scene.fact(at).received_at.0).min();
    Day(ReceivedAt(first.unwrap_or_default()).day())
}

/// The id of a call's action.
fn action_id(scene: &Scene<'_>, call: &Call) -> Id {
    let session = scene.sessions.get(call.session);
    let (agent, id) = session.map_or(("", ""), |of| (of.agent.as_str(), of.id.as_ref()));
    let key = match &call.key {
        super::calls::CallKey::Id(call) => format!("id:{call}"),
        super::calls::CallKey::Span(span) => format!("span:{span}"),
        super::calls::CallKey::Record(event) => format!("event:{event}"),
    };
    Id::of("action", &[tenant(scene), agent, id, &key])
}

/// The tenant of the family: no family crosses tenants.
fn tenant<'s>(scene: &'s Scene<'_>) -> &'s str {
    scene.facts.first().map_or("", |fact| fact.tenant.as_ref())
}

/// The id of a conversation, as a cell.
fn session_id<'s>(scene: &'s Scene<'_>, session: usize) -> Option<Text<'s>> {
    scene.sessions.get(session).map(|of| cell(&of.id))
}

/// A text that a fact holds, as a cell.
fn cell(name: &Name) -> Text<'_> {
    Text::Borrowed(name)
}
