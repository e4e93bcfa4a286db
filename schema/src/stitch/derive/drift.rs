//! Fields that stitching stands on and that an agent's version does not send any more.
//!
//! What is listed here stood on every such log record of every version that was captured (Codex
//! 0.169, Claude Code 2.1.197 and 2.1.329, Gemini CLI 0.61, Qwen Code 0.24); a field that only
//! some records have is not listed. `seam doctor` compares all attributes of all senders; this
//! says of one conversation that its rows are the poorer for it.

use super::gaps::{Gap, gap};
use super::{FactAt, Scene};
use crate::stitch::detail::{Detail, Name};
use crate::stitch::fact::Fact;
use crate::vocabulary::{Agent, GapKind, Kind, RecordSignal};

/// What should be there.
#[derive(Debug, Clone, Copy)]
enum Field {
    CallId,
    TurnId,
    Tool,
    Decision,
    DecidedBy,
    Outcome,
    Duration,
    Sequence,
    NetHost,
    NetVerdict,
}

use Field::{
    CallId, DecidedBy, Decision, Duration, NetHost, NetVerdict, Outcome, Sequence, Tool, TurnId,
};

/// The event of an agent, and what it always carries.
const EXPECTED: &[(Agent, &str, &[Field])] = &[
    (Agent::Codex, "codex.tool_decision", &[CallId, Tool, Decision, DecidedBy]),
    (Agent::Codex, "codex.tool_result", &[CallId, Tool, Duration, Sequence]),
    (Agent::Codex, "codex.guardian_assessment", &[CallId, Decision]),
    (Agent::Codex, "codex.network_proxy.policy_decision", &[NetHost, NetVerdict]),
    (Agent::ClaudeCode, "claude_code.user_prompt", &[TurnId, Sequence]),
    (
        Agent::ClaudeCode,
        "claude_code.tool_decision",
        &[CallId, TurnId, Tool, Decision, DecidedBy, Sequence],
    ),
    (
        Agent::ClaudeCode,
        "claude_code.tool_result",
        &[CallId, TurnId, Tool, Outcome, Duration, Sequence],
    ),
    (Agent::Gemini, "gemini_cli.user_prompt", &[TurnId]),
    (Agent::Gemini, "gemini_cli.tool_call", &[TurnId, Tool, Outcome, Duration]),
    (Agent::Qwen, "qwen-code.user_prompt", &[TurnId]),
    (Agent::Qwen, "qwen-code.tool_call", &[CallId, TurnId, Tool, Outcome, Duration]),
];

impl Field {
    /// The column of `events`.
    const fn column(self) -> &'static str {
        match self {
            CallId => "call_id",
            TurnId => "turn_id",
            Tool => "tool",
            Decision => "decision",
            DecidedBy => "decided_by",
            Outcome => "outcome",
            Duration => "duration_ms",
            Sequence => "source_sequence",
            NetHost => "net_host",
            NetVerdict => "net_verdict",
        }
    }

    fn is_in(self, fact: &Fact, detail: &Detail) -> bool {
        match self {
            CallId => fact.call_id.is_some(),
            TurnId => fact.turn_id.is_some(),
            Tool => detail.tool.is_some(),
            Decision => detail.decision.is_some(),
            DecidedBy => detail.decided_by.is_some(),
            Outcome => detail.outcome.is_some(),
            Duration => detail.duration_ms.is_some(),
            Sequence => detail.source_sequence.is_some(),
            NetHost => detail.ruling.net_host.is_some(),
            NetVerdict => detail.ruling.net_verdict.is_some(),
        }
    }
}

/// So many names and versions of one conversation are looked at: a sender may make up more.
const TOLD_MAX: usize = 32;

/// The records of one name and version.
struct Told<'s> {
    name: &'static str,
    version: &'s str,
    first: FactAt,
    /// Those that none of them has so far.
    missing: Vec<Field>,
}

/// The fields that none of the records of one name and version in a conversation has. Where
/// some have it, those without it have another reason.
pub(super) fn find(scene: &Scene<'_>, session: usize, gaps: &mut Vec<Gap>) {
    let Some(of) = scene.sessions.get(session) else { return };
    if !EXPECTED.iter().any(|(agent, ..)| *agent == of.agent) {
        return;
    }
    let mut all: Vec<Told<'_>> = Vec::new();
    for at in of.facts.iter().copied() {
        let (fact, Some(detail)) = (scene.fact(at), scene.detail(at)) else { continue };
        let may =
            matches!(fact.kind, Kind::Prompt | Kind::Approval | Kind::Network | Kind::ToolResult);
        if !may || fact.signal != RecordSignal::Logs {
            continue;
        }
        let version = detail.origin.agent_version.as_ref().map_or("", Name::as_str);
        let known = |told: &&mut Told<'_>| told.name == fact.name && told.version == version;
        if let Some(told) = all.iter_mut().find(known) {
            told.missing.retain(|field| !field.is_in(fact, detail));
            continue;
        }
        if all.len() == TOLD_MAX {
            continue;
        }
        let expects =
            |(agent, name, _): &&(Agent, &str, _)| *agent == fact.agent && *name == fact.name;
        let Some((_, name, fields)) = EXPECTED.iter().find(expects) else { continue };
        let missing = fields.iter().copied().filter(|field| !field.is_in(fact, detail)).collect();
        all.push(Told { name, version, first: at, missing });
    }
    for Told { name, version, first, missing } in all {
        gaps.extend(missing.into_iter().map(|field| {
            let version = if version.is_empty() { "unknown" } else { version };
            let detail = format!("{name} of version {version} without {}", field.column());
            gap(session, GapKind::Drift, first, Some(detail))
        }));
    }
}
