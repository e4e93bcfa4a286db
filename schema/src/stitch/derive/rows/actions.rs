//! The rows of `actions`.

use super::{Finding, Text, TimeUs, cell, day, session_id, tenant};
use crate::derived::actions::ActionRow;
use crate::derived::{Evidence, Id, Texts};
use crate::stitch::derive::{Detail, Fact, FactAt, Scene, links_of, posture, turns};
use crate::stitch::detail::Name;
use crate::vocabulary::{Confidence, Decision, Kind, LinkRelation, SessionRole};

pub(super) fn row<'s>(scene: &'s Scene<'_>, finding: &Finding<'s>, id: Id) -> ActionRow<'s> {
    let call = finding.call;
    let told = call.told.map(|(at, _)| at);
    let facts = || call.facts.iter().copied().chain(told.filter(|_| call.facts.is_empty()));
    let session = scene.sessions.get(call.session);
    let text = |read: fn(&Detail) -> Option<&Name>| best(scene, finding, read).map(cell);
    let mut row = ActionRow {
        tenant: Text::Borrowed(tenant(scene)),
        day: day(scene, facts()),
        settled: finding.settled.is_settled(),
        action_id: id,
        session_id: session_id(scene, call.session).unwrap_or_default(),
        root_session_id: session_id(scene, scene.lineage.root(call.session)),
        role: Some(role(scene, finding)),
        agent: session.map(|of| of.agent),
        principal: session.map(|of| cell(&of.principal)).unwrap_or_default(),
        call_id: call.call_id.as_ref().map(cell),
        agent_path: path(scene, finding).map(cell),
        tool: text(|detail| detail.tool.as_ref()),
        tool_kind: kind(scene, finding),
        mcp_server: text(|detail| detail.call.mcp_server.as_ref()),
        mcp_tool: text(|detail| detail.call.mcp_tool.as_ref()),
        command: text(|detail| detail.call.command.as_ref()),
        path: text(|detail| detail.call.path.as_ref()),
        url: text(|detail| detail.call.url.as_ref()),
        user_email: text(|detail| detail.origin.user_email.as_ref()),
        host: text(|detail| detail.origin.host.as_ref()),
        error: text(|detail| detail.error.as_ref()),
        outcome: finding.ended.outcome,
        failure_reason: finding.ended.failure,
        cancelled_by: finding.ended.cancelled_by,
        exit_code: finding.said(scene).filter_map(|(_, _, detail)| detail.call.exit_code).last(),
        ..ActionRow::default()
    };
    intent(scene, finding, &mut row);
    decision(scene, finding, &mut row);
    times(scene, finding, &mut row);
    network(scene, finding, &mut row);
    posture_of(scene, finding, &mut row);
    evidence(scene, finding, &mut row);
    row
}

/// Which agent of the conversation made the call.
fn path<'f>(scene: &Scene<'f>, finding: &Finding<'_>) -> Option<&'f Name> {
    let mut said = finding.said(scene).map(|(_, fact, _)| fact);
    said.find_map(|fact| fact.agent_path.as_ref().filter(|_| fact.kind != Kind::Session))
}

impl Finding<'_> {
    pub(super) fn said<'s, 'f>(
        &'s self,
        scene: &'s Scene<'f>,
    ) -> impl Iterator<Item = (FactAt, &'f Fact, &'f Detail)> + 's {
        scene.said(self.call)
    }
}

/// A value that some facts of a call say: a result's before others', a record's before a span's.
fn best<'f>(
    scene: &Scene<'f>,
    finding: &Finding<'_>,
    read: fn(&Detail) -> Option<&Name>,
) -> Option<&'f Name> {
    let rank = |fact: &Fact| match (fact.kind, fact.is_span()) {
        (Kind::ToolResult, _) => 3,
        (_, false) => 2,
        (Kind::ToolCall, true) => 1,
        _ => 0,
    };
    let said =
        finding.said(scene).filter_map(|(_, fact, detail)| Some((rank(fact), read(detail)?)));
    said.max_by_key(|(rank, _)| *rank).map(|(_, value)| value)
}

fn kind(scene: &Scene<'_>, finding: &Finding<'_>) -> Option<crate::vocabulary::ToolKind> {
    use crate::vocabulary::ToolKind;
    let kinds = || finding.said(scene).filter_map(|(_, _, detail)| detail.tool_kind);
    // The layers below an MCP call may only know a tool.
    let told = |wanted| kinds().find(|kind| *kind == wanted);
    told(ToolKind::Mcp)
        .or_else(|| kinds().find(|kind| *kind != ToolKind::Other))
        .or_else(|| kinds().next())
}

fn role(scene: &Scene<'_>, finding: &Finding<'_>) -> SessionRole {
    let of_session = scene.lineage.role(finding.call.session);
    let delegated = finding.call.inside.is_some()
        || finding.call.facts.iter().any(|at| {
            let fact = scene.fact(*at);
            let tells = matches!(fact.kind, Kind::ToolCall | Kind::ToolResult | Kind::Approval);
            tells && turns::by_subagent(fact.agent, fact.agent_path.as_deref())
        });
    match of_session {
        SessionRole::Main | SessionRole::Unknown if delegated => SessionRole::Subagent,
        other => other,
    }
}

fn intent<'s>(scene: &'s Scene<'_>, finding: &Finding<'s>, row: &mut ActionRow<'s>) {
    let turn = finding.call.turn.and_then(|belongs| scene.turns.get(belongs.turn));
    row.turn_id = turn.map(|turn| cell(&turn.id));
    let Some(intent) = finding.intent else { return };
    row.intent =
        scene.detail(intent.prompt).and_then(|detail| detail.talk.prompt.as_ref()).map(cell);
    row.intent_event_id = Some(scene.fact(intent.prompt).event_id);
    row.intent_session_id = session_id(scene, intent.session);
    row.prompt_origin = Some(intent.origin);
}

fn decision<'s>(scene: &'s Scene<'_>, finding: &Finding<'s>, row: &mut ActionRow<'s>) {
    let decided = finding.decided;
    row.decision = decided.decision;
    row.decided_by = decided.by;
    row.denial_reason = decided.reason;
    row.decided_at = decided.time_us.map(TimeUs);
    let same = || finding.said(scene).filter(|(_, _, it)| it.decision == decided.decision);
    let main = decided.at.and_then(|at| scene.detail(at));
    let source = main.and_then(|detail| detail.ruling.decision_source.as_ref());
    let other = || same().find_map(|(_, _, detail)| detail.ruling.decision_source.as_ref());
    row.decision_source = source.or_else(other).map(cell);
    let scope = main.and_then(|detail| detail.ruling.grant_scope);
    row.grant_scope = scope.or_else(|| same().find_map(|(_, _, detail)| detail.ruling.grant_scope));
    row.risk_level = same().find_map(|(_, _, detail)| detail.ruling.risk_level.as_ref()).map(cell);
    row.rationale = same().find_map(|(_, _, detail)| detail.ruling.rationale.as_ref()).map(cell);
}

fn times(scene: &Scene<'_>, finding: &Finding<'_>, row: &mut ActionRow<'_>) {
    let began = finding.said(scene).map(|(_, fact, _)| fact.began_us()).min();
    row.requested_at = began.map(TimeUs);
    let result = finding.ended.result.map(|at| scene.fact(at));
    let ended = result.map(Fact::ended_us);
    let ran = !matches!(row.decision, Some(Decision::Deny | Decision::Cancel | Decision::Timeout));
    row.ended_at = ended.map(TimeUs);
    if ran && (ended.is_some() || row.decision == Some(Decision::Allow)) {
        let decided = row.decided_at.filter(|at| ended.is_none_or(|ended| at.0 <= ended));
        row.started_at = decided.or(row.requested_at);
    }
    let took = |wanted: Kind| {
        let mut said = finding.said(scene);
        said.find_map(|(_, fact, detail)| detail.duration_ms.filter(|_| fact.kind == wanted))
    };
    row.duration_ms = took(Kind::ToolResult).or_else(|| took(Kind::ToolCall));
    let asked = finding.said(scene).find_map(|(_, fact, detail)| {
        let waits = fact.kind == Kind::Approval && detail.decision.is_some();
        detail.duration_ms.filter(|_| waits)
    });
    let between = || {
        let wait = row.decided_at?.0.checked_sub(row.requested_at?.0)?;
        // With nothing but the decision itself there is no beginning to count from.
        let several = finding.call.facts.len() > 1;
        (several && wait >= 0).then_some(wait / 1000)
    };
    row.wait_ms = asked.or_else(between);
}

fn network<'s>(scene: &'s Scene<'_>, finding: &Finding<'s>, row: &mut ActionRow<'s>) {
    if finding.attempts.is_empty() {
        return;
    }
    let said = || finding.attempts.iter().filter_map(|owner| scene.detail(owner.attempt));
    let count = |verdict| {
        let count = said().filter(|detail| detail.ruling.net_verdict == Some(verdict)).count();
        i64::try_from(count).ok()
    };
    row.net_allowed = count(Decision::Allow);
    row.net_denied = count(Decision::Deny);
    let mut hosts: Vec<Text<'s>> =
        said().filter_map(|detail| detail.ruling.net_host.as_ref()).map(cell).collect();
    hosts.sort_unstable();
    hosts.dedup();
    row.net_hosts = Some(Texts(hosts));
}

fn posture_of<'s>(scene: &'s Scene<'_>, finding: &Finding<'s>, row: &mut ActionRow<'s>) {
    let at = row.requested_at.map_or(i64::MAX, |at| at.0);
    let changes = posture::of_session(scene, finding.call.session);
    let mut values = posture::READS.into_iter().zip(changes).map(|((_, read), changes)| {
        let own = finding.said(scene).find_map(|(_, _, detail)| read(detail));
        own.or_else(|| posture::in_force(scene, changes, at)).map(cell)
    });
    let mut next = || values.next().flatten();
    let (approval, sandbox, mode) = (next(), next(), next());
    row.approval_policy = approval;
    row.sandbox_policy = sandbox;
    row.mode = mode;
}

fn evidence(scene: &Scene<'_>, finding: &Finding<'_>, row: &mut ActionRow<'_>) {
    let mut evidence = Vec::new();
    let mut lowest = Confidence::Certain;
    if let Some(intent) = finding.intent {
        evidence.push((scene.fact(intent.prompt).event_id, LinkRelation::Turn));
    }
    if let Some(turn) = finding.call.turn {
        lowest = lowest.max(turn.confidence);
    }
    for (at, fact, _) in finding.said(scene) {
        if let Some(relation) = links_of(scene, at) {
            evidence.push((fact.event_id, relation));
        }
    }
    for owner in &finding.attempts {
        evidence.push((scene.fact(owner.attempt).event_id, LinkRelation::Network));
        lowest = lowest.max(owner.confidence);
    }
    row.evidence = Some(Evidence(evidence));
    row.confidence = Some(lowest);
}
