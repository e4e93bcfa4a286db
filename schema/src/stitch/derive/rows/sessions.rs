//! The rows of `sessions`.

use chrono::{DateTime, SecondsFormat};

use super::{Finding, Text, TimeUs, cell, day, session_id, tenant};
use crate::derived::sessions::SessionRow;
use crate::derived::turns::TurnRow;
use crate::derived::{Id, Texts};
use crate::stitch::derive::{Detail, FactAt, Scene, posture};
use crate::stitch::detail::Name;
use crate::stitch::hash::FastSet;
use crate::vocabulary::{Decision, Outcome};

/// At most so many changes of the posture are told.
const CHANGES_MOST: usize = 64;
/// At most so much of what joins a conversation to others is told.
const JOINS_MOST: usize = 256;

pub(super) fn row<'s>(
    scene: &'s Scene<'_>,
    session: usize,
    turns: &[TurnRow<'s>],
    own: &[&Finding<'_>],
    gaps: usize,
    quiet: bool,
) -> SessionRow<'s> {
    let Some(of) = scene.sessions.get(session) else { return SessionRow::default() };
    let facts = of.facts.as_slice();
    let count = |wanted: Outcome| {
        whole(own.iter().filter(|finding| finding.ended.outcome == Some(wanted)).count())
    };
    let parent = scene.lineage.parent(session);
    let spent = super::turns::spent(scene, facts);
    let last = |read: fn(&Detail) -> Option<&Name>| {
        facts.iter().rev().find_map(|at| scene.detail(*at).and_then(read)).map(cell)
    };
    let [approval_policy, sandbox_policy, mode] = posture::READS.map(|(_, read)| last(read));
    SessionRow {
        tenant: Text::Borrowed(tenant(scene)),
        day: day(scene, facts.iter().copied()),
        settled: quiet,
        session_row_id: Id::of("session", &[tenant(scene), of.agent.as_str(), &of.id]),
        session_id: cell(&of.id),
        root_session_id: session_id(scene, scene.lineage.root(session)),
        parent_session_id: parent.and_then(|parent| session_id(scene, parent.session)),
        parent_confidence: parent.map(|parent| parent.confidence),
        role: Some(scene.lineage.role(session)),
        agent: Some(of.agent),
        agent_version: last(|detail| detail.origin.agent_version.as_ref()),
        client: last(|detail| detail.origin.client.as_ref()),
        principal: cell(&of.principal),
        user_email: last(|detail| detail.origin.user_email.as_ref()),
        host: last(|detail| detail.origin.host.as_ref()),
        repository: last(|detail| detail.origin.repository.as_ref()),
        cwd: last(|detail| detail.origin.cwd.as_ref()),
        started_at: facts.first().map(|at| TimeUs(scene.fact(*at).time_us)),
        ended_at: facts.iter().map(|at| scene.fact(*at).ended_us()).max().map(TimeUs),
        turns: whole(turns.len()),
        actions: whole(own.len()),
        denied: count(Outcome::Denied),
        failed: count(Outcome::Failed),
        net_denied: net_denied(scene, session),
        approval_policy,
        sandbox_policy,
        mode,
        posture_changes: posture_changes(scene, session),
        mcp_servers: mcp_servers(scene, facts),
        input_tokens: spent.input,
        output_tokens: spent.output,
        cost_usd: spent.cost,
        gaps: whole(gaps),
        events: whole(facts.len()),
        joined_by: joined_by(scene, facts),
        ..SessionRow::default()
    }
}

/// What joins the conversation to others: the newest of it.
fn joined_by<'s>(scene: &'s Scene<'_>, facts: &[FactAt]) -> Option<Texts<'s>> {
    let (mut seen, mut marks) = (FastSet::default(), FastSet::default());
    let mut joins = Vec::new();
    for fact in facts.iter().rev().map(|at| scene.fact(*at)) {
        for join in fact.joins() {
            // Nearly all facts are joined by the same.
            if joins.len() < JOINS_MOST && !seen.contains(&join) {
                joins.extend(join.text().map(Text::Owned));
                seen.insert(join);
            }
        }
        let mark = fact.mark.filter(|mark| joins.len() < JOINS_MOST && marks.insert(*mark));
        joins.extend(mark.map(|mark| Text::Owned(mark.text())));
    }
    joins.reverse();
    Some(Texts(joins)).filter(|texts| !texts.0.is_empty())
}

fn whole(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Denied attempts, those of no call included.
fn net_denied(scene: &Scene<'_>, session: usize) -> i64 {
    let denied = scene.attempts.owners.iter().filter(|owner| {
        scene.sessions.of_fact(owner.attempt) == Some(session)
            && scene
                .detail(owner.attempt)
                .is_some_and(|detail| detail.ruling.net_verdict == Some(Decision::Deny))
    });
    whole(denied.count())
}

fn posture_changes<'s>(scene: &'s Scene<'_>, session: usize) -> Option<Texts<'s>> {
    let mut changes: Vec<(FactAt, String)> = Vec::new();
    let found = posture::READS.into_iter().zip(posture::of_session(scene, session));
    for ((column, _), of) in found {
        for (at, value) in of {
            let time = DateTime::from_timestamp_micros(scene.fact(*at).time_us)
                .map(|time| time.to_rfc3339_opts(SecondsFormat::Micros, true));
            changes.push((*at, format!("{} {column}={value}", time.unwrap_or_default())));
        }
    }
    changes.sort();
    changes.truncate(CHANGES_MOST);
    let texts = changes.into_iter().map(|(_, text)| Text::Owned(text));
    Some(Texts(texts.collect())).filter(|texts| !texts.0.is_empty())
}

fn mcp_servers<'s>(scene: &'s Scene<'_>, facts: &[FactAt]) -> Option<Texts<'s>> {
    let mut servers: Vec<Text<'s>> = Vec::new();
    for detail in facts.iter().filter_map(|at| scene.detail(*at)) {
        servers.extend(detail.call.mcp_server.as_ref().map(cell));
        let listed = detail.talk.mcp_servers.iter().flat_map(|list| list.split(','));
        servers.extend(listed.map(str::trim).filter(|name| !name.is_empty()).map(Text::Borrowed));
    }
    servers.sort_unstable();
    servers.dedup();
    Some(Texts(servers)).filter(|texts| !texts.0.is_empty())
}
