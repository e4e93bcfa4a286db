//! The rows of a family.

mod actions;
mod links;
mod print;
mod sessions;
mod turns;

use std::cell::OnceCell;

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
use crate::stitch::detail::Name;
use crate::table::cell::{Day, TimeUs};
use crate::vocabulary::Outcome;

/// What tells a call from the others of its family, and what its rows follow from.
#[derive(Debug, Clone, Copy)]
pub(in crate::stitch) struct Print {
    /// The call's number.
    pub call: u64,
    /// The same as last time: so are the rows.
    pub of: u64,
}

/// Takes the rows of a family, one after the other and without what only the state knows: their
/// revisions. They are large and many, so none is kept.
pub(in crate::stitch) trait Takes {
    /// Before all rows: the calls there are. Gives which of them need no rows, being as they were.
    fn begin(&mut self, calls: &[Print]) -> Vec<bool>;
    /// What comes now are the rows of one call: with about so many links.
    fn begin_call(&mut self, links: usize);
    /// These were all of its rows.
    fn end_call(&mut self, call: Print);
    fn action(&mut self, row: &mut ActionRow<'_>);
    fn turn(&mut self, row: &mut TurnRow<'_>);
    fn session(&mut self, row: &mut SessionRow<'_>);
    fn link(&mut self, row: &mut LinkRow<'_>);
    fn gap(&mut self, row: &mut GapRow<'_>);
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
    number: usize,
    decided: Decided,
    ended: Ended,
    intent: Option<intent::Intent>,
    attempts: Vec<&'s Owner>,
    settled: Settled,
}

pub(super) fn make(scene: &Scene<'_>, to: &mut impl Takes) {
    let quiet: Vec<bool> =
        (0..scene.sessions.all.len()).map(|session| is_quiet(scene, session)).collect();
    let (findings, ids) = (findings(scene, &quiet), Ids::of(scene));
    let gaps = gaps::find(scene);
    let mut open: Vec<usize> = vec![0; scene.sessions.all.len()];
    of_calls(scene, &findings, &ids, &mut open, to);
    links::of_attempts(scene, &ids, to);
    for gap in &gaps {
        if let Some(open) = open.get_mut(gap.session) {
            *open += 1;
        }
    }
    for (session, (quiet, open)) in quiet.into_iter().zip(open).enumerate() {
        links::of_session(scene, session, &ids, to);
        let own: Vec<&Finding<'_>> =
            findings.iter().filter(|finding| finding.call.session == session).collect();
        let mut turns = turns::rows(scene, session, &own, quiet);
        to.session(&mut sessions::row(scene, session, &turns, &own, open, quiet));
        for turn in &mut turns {
            to.turn(turn);
        }
    }
    for gap in &gaps {
        to.gap(&mut gap_row(scene, gap));
    }
}

/// Gives the rows of the calls, and counts their gaps by conversation.
fn of_calls(
    scene: &Scene<'_>,
    findings: &[Finding<'_>],
    ids: &Ids<'_, '_>,
    open: &mut [usize],
    to: &mut impl Takes,
) {
    let of_session = print::of_sessions(scene);
    let print = |finding| print::of_call(scene, finding, &of_session);
    let prints: Vec<Print> = findings.iter().map(print).collect();
    let unchanged = to.begin(&prints);
    for ((finding, print), unchanged) in findings.iter().zip(prints).zip(unchanged) {
        let Finding { call, decided, ended, settled, .. } = finding;
        let gap = gaps::of_call(scene, call, *decided, *ended, *settled);
        if let (Some(_), Some(open)) = (&gap, open.get_mut(call.session)) {
            *open += 1;
        }
        if unchanged {
            continue;
        }
        let action = ids.action(finding.number);
        to.begin_call(1 + call.facts.len());
        to.action(&mut actions::row(scene, finding, action));
        links::of_call(scene, finding, action, to);
        if let Some(gap) = gap {
            to.gap(&mut gap_row(scene, &gap));
        }
        to.end_call(print);
    }
}

fn findings<'s>(scene: &'s Scene<'_>, quiet: &[bool]) -> Vec<Finding<'s>> {
    let mut attempts: Vec<Vec<&Owner>> = vec![Vec::new(); scene.calls.all.len()];
    for owner in &scene.attempts.owners {
        if let Some(of) = owner.call.and_then(|call| attempts.get_mut(call)) {
            of.push(owner);
        }
    }
    // Of calls that were found to be one, the others are left empty.
    let calls = scene.calls.all.iter().enumerate();
    let calls = calls.filter(|(_, call)| !call.facts.is_empty() || call.told.is_some());
    let finding = |(number, call): (usize, &'s Call)| {
        let (decided, ended) = verdict::of_call(scene, call);
        let settled = Settled {
            by_result: is_over(ended, decided),
            by_quiet: quiet.get(call.session).copied().unwrap_or_default(),
        };
        let intent = intent::of_call(scene, number);
        let attempts = attempts.get_mut(number).map(std::mem::take).unwrap_or_default();
        Finding { call, number, decided, ended, intent, attempts, settled }
    };
    calls.map(finding).collect()
}

/// The ids of actions, each made when it is first wanted.
struct Ids<'s, 'f> {
    scene: &'s Scene<'f>,
    known: Vec<OnceCell<Id>>,
}

impl<'s, 'f> Ids<'s, 'f> {
    fn of(scene: &'s Scene<'f>) -> Self {
        Self { scene, known: vec![OnceCell::new(); scene.calls.all.len()] }
    }

    /// The id of a call's action.
    fn action(&self, call: usize) -> Id {
        let of = self.scene.calls.get(call);
        let made = || of.map_or_else(Id::default, |of| action_id(self.scene, of));
        self.known.get(call).map_or_else(made, |known| *known.get_or_init(made))
    }
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
