//! Which conversation serves which.
//!
//! A child says so itself; or a call of its parent names it; or its spans stand below one of
//! the parent's; or it works in a trace that the parent began. A reviewer's questions come
//! while a call of the reviewed conversation waits for it. A title is asked for with the very
//! words of the prompt it is made for.

use super::{FactAt, SLACK_US, Scene};
use crate::ids::TraceId;
use crate::stitch::detail::Name;
use crate::stitch::hash::FastMap;
use crate::vocabulary::{
    Confidence, DecidedBy, Kind, LinkMethod, LinkRelation, PromptOrigin, SessionRole,
};

/// A title is asked for this long after the prompt at most.
const TITLE_WITHIN_US: i64 = 10_000_000;

/// How a conversation came to serve another one.
#[derive(Debug, Clone)]
pub(super) struct Parent {
    pub session: usize,
    pub relation: LinkRelation,
    pub method: LinkMethod,
    pub confidence: Confidence,
    /// The call of the parent that started it.
    pub call: Option<usize>,
    /// The event that shows it.
    pub event: Option<FactAt>,
    pub reason: &'static str,
    /// The conversations that it might serve instead.
    pub candidates: Vec<usize>,
}

/// The lineage of all conversations.
#[derive(Debug, Default)]
pub(super) struct Lineage {
    parents: Vec<Option<Parent>>,
    roles: Vec<SessionRole>,
    roots: Vec<usize>,
}

impl Lineage {
    pub(super) fn parent(&self, session: usize) -> Option<&Parent> {
        self.parents.get(session)?.as_ref()
    }

    pub(super) fn role(&self, session: usize) -> SessionRole {
        self.roles.get(session).copied().unwrap_or(SessionRole::Unknown)
    }

    pub(super) fn root(&self, session: usize) -> usize {
        self.roots.get(session).copied().unwrap_or(session)
    }
}

pub(super) fn find(scene: &mut Scene<'_>) {
    let count = scene.sessions.all.len();
    let kinds: Vec<Prompts> = (0..count).map(|session| prompts(scene, session)).collect();
    let mentions = mentions(scene);
    let traces = traces(scene);
    let mut lineage = Lineage::default();
    for session in 0..count {
        let own = kinds.get(session).copied().unwrap_or_default();
        let found = said(scene, session)
            .or_else(|| mentions.get(&session).cloned())
            .or_else(|| below(scene, session))
            .or_else(|| traced(scene, session, &traces))
            .or_else(|| reviewing(scene, session, own))
            .or_else(|| titling(scene, session, own));
        lineage.parents.push(found.map(|parent| with_relation(parent, own)));
    }
    lineage.break_circles();
    for session in 0..count {
        let own = kinds.get(session).copied().unwrap_or_default();
        let role = role(scene, session, lineage.parent(session), own);
        lineage.roles.push(role);
        let mut root = session;
        while let Some(parent) = lineage.parent(root) {
            root = parent.session;
        }
        lineage.roots.push(root);
    }
    scene.lineage = lineage;
}

impl Lineage {
    /// A conversation that would serve itself serves none.
    fn break_circles(&mut self) {
        for start in 0..self.parents.len() {
            let mut at = start;
            for _ in 0..self.parents.len() {
                let Some(next) = self.parent(at).map(|parent| parent.session) else { break };
                if next == start {
                    if let Some(parent) = self.parents.get_mut(start) {
                        *parent = None;
                    }
                    break;
                }
                at = next;
            }
        }
    }
}

/// What kinds of prompts a conversation has.
#[derive(Debug, Clone, Copy, Default)]
struct Prompts {
    all: usize,
    reviewer: usize,
    system: usize,
    textless: usize,
}

fn prompts(scene: &Scene<'_>, session: usize) -> Prompts {
    let mut found = Prompts::default();
    for at in scene.sessions.get(session).into_iter().flat_map(|session| &session.facts) {
        let Some(detail) = scene.detail(*at).filter(|_| scene.fact(*at).kind == Kind::Prompt)
        else {
            continue;
        };
        found.all += 1;
        found.reviewer += usize::from(detail.talk.prompt_origin == Some(PromptOrigin::Reviewer));
        found.system += usize::from(detail.talk.prompt_origin == Some(PromptOrigin::System));
        found.textless += usize::from(detail.talk.prompt.is_none());
    }
    found
}

fn with_relation(mut parent: Parent, own: Prompts) -> Parent {
    if parent.relation == LinkRelation::Parent {
        if own.reviewer > 0 {
            parent.relation = LinkRelation::Reviewer;
        } else if own.all > 0 && own.system == own.all {
            parent.relation = LinkRelation::Title;
        }
    }
    parent
}

fn role(scene: &Scene<'_>, session: usize, parent: Option<&Parent>, own: Prompts) -> SessionRole {
    match parent.map(|parent| parent.relation) {
        Some(LinkRelation::Reviewer) => return SessionRole::Reviewer,
        Some(LinkRelation::Title) => return SessionRole::Title,
        Some(_) => return SessionRole::Subagent,
        None => {}
    }
    if own.reviewer > 0 {
        return SessionRole::Reviewer;
    }
    if own.all > 0 && own.system == own.all {
        return SessionRole::Title;
    }
    let facts = scene.sessions.get(session).map(|session| session.facts.as_slice());
    let facts = || facts.into_iter().flatten().map(|at| scene.fact(*at));
    let delegated = facts().any(|fact| {
        super::turns::by_subagent(fact.agent, fact.agent_path.as_deref())
            && fact.agent == crate::vocabulary::Agent::Codex
    });
    if delegated {
        return SessionRole::Subagent;
    }
    let lives = |kind| {
        matches!(
            kind,
            Kind::Prompt
                | Kind::ToolCall
                | Kind::ToolResult
                | Kind::Approval
                | Kind::ModelRequest
                | Kind::Session
                | Kind::Response
        )
    };
    if facts().any(|fact| lives(fact.kind)) { SessionRole::Main } else { SessionRole::Unknown }
}

/// The child's own records name the parent.
fn said(scene: &Scene<'_>, session: usize) -> Option<Parent> {
    let of = scene.sessions.get(session)?;
    let (at, id) = of.facts.iter().find_map(|at| {
        Some((*at, scene.detail(*at)?.parent_session_id.clone().filter(|id| *id != of.id)?))
    })?;
    let parent = by_id(scene, session, &id)?;
    let call = spawn_call(scene, parent, &of.id);
    Some(certain(parent, LinkMethod::Id, call, Some(at), "parent_id"))
}

fn by_id(scene: &Scene<'_>, session: usize, id: &Name) -> Option<usize> {
    let child = scene.sessions.get(session)?;
    scene.sessions.all.iter().position(|other| {
        other.id == *id && other.principal == child.principal && other.foreign_to.is_none()
    })
}

fn certain(
    session: usize,
    method: LinkMethod,
    call: Option<usize>,
    event: Option<FactAt>,
    reason: &'static str,
) -> Parent {
    let relation = LinkRelation::Parent;
    let confidence = Confidence::Certain;
    Parent { session, relation, method, confidence, call, event, reason, candidates: Vec::new() }
}

/// The call of a conversation that names another one.
fn spawn_call(scene: &Scene<'_>, parent: usize, child: &Name) -> Option<usize> {
    scene.calls.all.iter().enumerate().find_map(|(number, call)| {
        let names = call.session == parent
            && scene.said(call).any(|(_, _, detail)| detail.call.mentions.contains(child));
        names.then_some(number)
    })
}

/// For each conversation that the call of another one names: the first such call.
fn mentions(scene: &Scene<'_>) -> FastMap<usize, Parent> {
    let mut ids: FastMap<(&Name, &Name), usize> = FastMap::default();
    for (number, session) in scene.sessions.all.iter().enumerate() {
        if session.foreign_to.is_none() {
            ids.insert((&session.principal, &session.id), number);
        }
    }
    let mut found: FastMap<usize, Parent> = FastMap::default();
    for (at, fact) in scene.facts.iter().enumerate() {
        let Some(detail) = scene.detail(at).filter(|detail| !detail.call.mentions.is_empty())
        else {
            continue;
        };
        let (Some(call), Some(parent)) = (scene.calls.of_fact(at), scene.sessions.of_fact(at))
        else {
            continue;
        };
        for id in &detail.call.mentions {
            let Some(child) = ids.get(&(&fact.principal, id)).copied() else { continue };
            if child != parent {
                found.entry(child).or_insert_with(|| {
                    certain(parent, LinkMethod::Id, Some(call), Some(at), "named_by_call")
                });
            }
        }
    }
    found
}

/// A span of the child stands below one of the parent.
fn below(scene: &Scene<'_>, session: usize) -> Option<Parent> {
    let of = scene.sessions.get(session)?;
    for at in &of.facts {
        for above in scene.tree.above(*at) {
            let Some(other) = scene.sessions.of_fact(above).filter(|other| *other != session)
            else {
                continue;
            };
            if scene.sessions.get(other)?.principal != of.principal {
                continue;
            }
            let call = scene.calls.of_fact(above);
            let mut parent = certain(other, LinkMethod::Span, call, Some(*at), "span_below");
            let mut chain = std::iter::once(above).chain(scene.tree.above(above));
            if chain.any(|above| scene.fact(above).kind == Kind::Reviewer) {
                parent.relation = LinkRelation::Reviewer;
            }
            return Some(parent);
        }
    }
    None
}

/// The conversation that was first in each trace with several.
fn traces(scene: &Scene<'_>) -> FastMap<TraceId, (usize, FactAt)> {
    let mut first: FastMap<TraceId, (usize, FactAt)> = FastMap::default();
    for (at, fact) in scene.facts.iter().enumerate() {
        if let (Some(trace), Some(session)) = (fact.trace, scene.sessions.of_fact(at)) {
            first.entry(trace).or_insert((session, at));
        }
    }
    first
}

/// The child works in a trace that another conversation began.
fn traced(
    scene: &Scene<'_>,
    session: usize,
    traces: &FastMap<TraceId, (usize, FactAt)>,
) -> Option<Parent> {
    let of = scene.sessions.get(session)?;
    let asks = |at: &&FactAt| {
        matches!(scene.fact(**at).kind, Kind::Prompt | Kind::ToolResult | Kind::Approval)
    };
    let (at, other) = of.facts.iter().filter(asks).find_map(|at| {
        let (other, _) = traces.get(&scene.fact(*at).trace?)?;
        (*other != session).then_some((*at, *other))
    })?;
    if scene.sessions.get(other)?.principal != of.principal {
        return None;
    }
    let call = running(scene, other, scene.fact(at).time_us);
    let mut parent = certain(other, LinkMethod::Trace, call, Some(at), "same_trace");
    parent.confidence = Confidence::Strong;
    Some(parent)
}

/// The only call of another agent that was running in a conversation.
fn running(scene: &Scene<'_>, session: usize, at_us: i64) -> Option<usize> {
    let mut calls = scene.calls.all.iter().enumerate().filter(|(_, call)| {
        let delegates = scene
            .said(call)
            .any(|(_, _, detail)| detail.tool_kind == Some(crate::vocabulary::ToolKind::Subagent));
        call.session == session && delegates && {
            let began = scene.said(call).map(|(_, fact, _)| fact.began_us()).min();
            began.is_some_and(|began| began <= at_us + SLACK_US)
        }
    });
    let only = calls.next()?.0;
    calls.next().is_none().then_some(only)
}

/// A reviewer is asked while exactly one conversation of its principal waits for a reviewer.
fn reviewing(scene: &Scene<'_>, session: usize, own: Prompts) -> Option<Parent> {
    let of = scene.sessions.get(session)?;
    let may_review = own.reviewer > 0 || (own.all > 0 && own.textless == own.all);
    let works = scene.calls.all.iter().any(|call| call.session == session);
    if !may_review || works {
        return None;
    }
    let asked: Vec<i64> = of
        .facts
        .iter()
        .filter(|at| scene.fact(**at).kind == Kind::Prompt)
        .map(|at| scene.fact(*at).time_us)
        .collect();
    let mut found: Vec<(usize, usize, FactAt)> = Vec::new();
    for (number, call) in scene.calls.all.iter().enumerate() {
        let principal = scene.sessions.get(call.session).map(|other| &other.principal);
        if call.session == session || principal != Some(&of.principal) {
            continue;
        }
        let Some((at, fact, _)) = scene.said(call).find(|(_, _, detail)| {
            detail.decided_by == Some(DecidedBy::AiReviewer) && detail.decision.is_some()
        }) else {
            continue;
        };
        let began = scene.said(call).map(|(_, fact, _)| fact.began_us()).min();
        let window = began.unwrap_or(fact.time_us) - SLACK_US..=fact.time_us + SLACK_US;
        if asked.iter().any(|asked| window.contains(asked)) {
            found.push((call.session, number, at));
        }
    }
    let mut sessions: Vec<usize> = found.iter().map(|(session, ..)| *session).collect();
    sessions.sort_unstable();
    sessions.dedup();
    let (_, _, at) = *found.first()?;
    let mut parent =
        certain(*sessions.first()?, LinkMethod::Interval, None, Some(at), "review_window");
    parent.relation = LinkRelation::Reviewer;
    parent.confidence = Confidence::Strong;
    if sessions.len() > 1 {
        parent.confidence = Confidence::Ambiguous;
        parent.candidates = sessions;
    }
    Some(parent)
}

/// A title is asked for with the words of the prompt it is made for.
fn titling(scene: &Scene<'_>, session: usize, own: Prompts) -> Option<Parent> {
    if own.all == 0 || own.system != own.all {
        return None;
    }
    let of = scene.sessions.get(session)?;
    let at = *of.facts.iter().find(|at| scene.fact(**at).kind == Kind::Prompt)?;
    let (fact, text) = (scene.fact(at), scene.detail(at)?.talk.prompt.as_deref());
    let mut near: Vec<(usize, i64, bool)> = Vec::new();
    for (other, candidate) in scene.facts.iter().enumerate() {
        let Some(session_of) = scene.sessions.of_fact(other).filter(|other| *other != session)
        else {
            continue;
        };
        let before = fact.time_us - candidate.time_us;
        let fits = candidate.kind == Kind::Prompt
            && candidate.agent == fact.agent
            && candidate.principal == fact.principal
            && (-SLACK_US..=TITLE_WITHIN_US).contains(&before);
        let Some(detail) = scene.detail(other).filter(|_| fits) else { continue };
        if matches!(detail.talk.prompt_origin, Some(PromptOrigin::System | PromptOrigin::Reviewer))
        {
            continue;
        }
        let quoted = match (text, detail.talk.prompt.as_deref()) {
            (Some(text), Some(prompt)) => !prompt.is_empty() && text.ends_with(prompt.trim_end()),
            _ => false,
        };
        near.push((session_of, before, quoted));
    }
    let quoted: Vec<_> = near.iter().filter(|(_, _, quoted)| *quoted).collect();
    let (found, confidence, reason) = match quoted.as_slice() {
        [] => (near.iter().min_by_key(|(_, before, _)| before.abs())?, Confidence::Weak, "near"),
        some => {
            let nearest = some.iter().min_by_key(|(_, before, _)| before.abs())?;
            (*nearest, Confidence::Strong, "quotes_prompt")
        }
    };
    let mut parent = certain(found.0, LinkMethod::Order, None, Some(at), reason);
    parent.relation = LinkRelation::Title;
    parent.confidence = confidence;
    Some(parent)
}
