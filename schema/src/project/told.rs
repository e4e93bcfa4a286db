//! What events and actions have in common: one view of both, borrowed from the row.

use std::net::IpAddr;

use crate::derived::actions::ActionRow;
use crate::event::Event;
use crate::project::Projector;
use crate::project::action_time_us;
use crate::project::content::Withholding;
use crate::project::meaning::Meaning;
use crate::project::severity::Severity;
use crate::project::table::{self, Row};
use crate::vocabulary::{Agent, Decision, DenialReason, FailureReason, Outcome, ToolKind};

/// Which row it is.
#[derive(Debug, Clone, Copy)]
pub(super) enum Source<'r> {
    /// A row of `events`.
    Event(&'r Event<'r>),
    /// A row of `actions`.
    Action(&'r ActionRow<'r>),
}

/// What a record tells.
#[derive(Debug, Clone, Copy)]
pub(super) struct Told<'r> {
    pub(super) source: Source<'r>,
    pub(super) policy: Withholding,
    /// Microseconds since 1970.
    pub(super) time_us: i64,
    pub(super) end_us: Option<i64>,
    pub(super) tenant: &'r str,
    pub(super) principal: &'r str,
    pub(super) peer_address: Option<&'r str>,
    pub(super) agent: Option<Agent>,
    pub(super) agent_version: Option<&'r str>,
    pub(super) name: Option<&'r str>,
    pub(super) host: Option<&'r str>,
    pub(super) user_id: Option<&'r str>,
    pub(super) user_email: Option<&'r str>,
    pub(super) org_id: Option<&'r str>,
    pub(super) cwd: Option<&'r str>,
    pub(super) session_id: Option<&'r str>,
    pub(super) parent_session_id: Option<&'r str>,
    pub(super) call_id: Option<&'r str>,
    pub(super) request_id: Option<&'r str>,
    pub(super) source_sequence: Option<i64>,
    pub(super) provider: Option<&'r str>,
    pub(super) model: Option<&'r str>,
    pub(super) input_tokens: Option<i64>,
    pub(super) output_tokens: Option<i64>,
    pub(super) tool: Option<&'r str>,
    pub(super) tool_kind: Option<ToolKind>,
    pub(super) mcp_server: Option<&'r str>,
    pub(super) mcp_tool: Option<&'r str>,
    pub(super) command: Option<&'r str>,
    pub(super) path: Option<&'r str>,
    pub(super) url: Option<&'r str>,
    pub(super) decision: Option<Decision>,
    pub(super) denial_reason: Option<DenialReason>,
    pub(super) net_host: Option<&'r str>,
    pub(super) net_port: Option<i64>,
    pub(super) net_protocol: Option<&'r str>,
    pub(super) net_method: Option<&'r str>,
    pub(super) net_verdict: Option<Decision>,
    pub(super) net_source: Option<&'r str>,
    pub(super) outcome: Option<Outcome>,
    pub(super) failure_reason: Option<FailureReason>,
    pub(super) error: Option<&'r str>,
    pub(super) exit_code: Option<i64>,
    pub(super) duration_ms: Option<i64>,
    pub(super) approval_policy: Option<&'r str>,
    pub(super) sandbox_policy: Option<&'r str>,
    pub(super) mode: Option<&'r str>,
    pub(super) prompt: Option<&'r str>,
    pub(super) response: Option<&'r str>,
}

impl<'r> Told<'r> {
    /// What an event tells.
    pub(super) fn of_event(projector: &Projector, event: &'r Event<'r>) -> Self {
        let row = &event.columns;
        Self {
            source: Source::Event(event),
            policy: Withholding::of(projector.content),
            time_us: if super::time::has_text(row.time.0) { row.time.0 } else { row.received_at.0 },
            end_us: row.end_time.map(|time| time.0),
            tenant: &row.tenant,
            principal: &row.principal,
            peer_address: row.peer_address.as_deref(),
            agent: row.agent,
            agent_version: row.agent_version.as_deref(),
            name: row.name.as_deref(),
            host: row.host.as_deref(),
            user_id: row.user_id.as_deref(),
            user_email: row.user_email.as_deref(),
            org_id: row.org_id.as_deref(),
            cwd: row.cwd.as_deref(),
            session_id: row.session_id.as_deref(),
            parent_session_id: row.parent_session_id.as_deref(),
            call_id: row.call_id.as_deref(),
            request_id: row.request_id.as_deref(),
            source_sequence: row.source_sequence,
            provider: row.provider.as_deref(),
            model: row.model.as_deref(),
            input_tokens: row.input_tokens,
            output_tokens: row.output_tokens,
            tool: row.tool.as_deref(),
            tool_kind: row.tool_kind,
            mcp_server: row.mcp_server.as_deref(),
            mcp_tool: row.mcp_tool.as_deref(),
            command: row.command.as_deref(),
            path: row.path.as_deref(),
            url: row.url.as_deref(),
            decision: row.decision,
            denial_reason: row.denial_reason,
            net_host: row.net_host.as_deref(),
            net_port: row.net_port,
            net_protocol: row.net_protocol.as_deref(),
            net_method: row.net_method.as_deref(),
            net_verdict: row.net_verdict,
            net_source: row.net_source.as_deref(),
            outcome: row.outcome,
            failure_reason: row.failure_reason,
            error: row.error.as_deref(),
            exit_code: row.exit_code,
            duration_ms: row.duration_ms,
            approval_policy: row.approval_policy.as_deref(),
            sandbox_policy: row.sandbox_policy.as_deref(),
            mode: row.mode.as_deref(),
            prompt: row.prompt.as_deref(),
            response: row.response.as_deref(),
        }
    }

    /// What an action tells.
    pub(super) fn of_action(projector: &Projector, row: &'r ActionRow<'r>) -> Self {
        let time_us = action_time_us(row);
        Self {
            source: Source::Action(row),
            policy: Withholding::of(projector.content),
            time_us: if super::time::has_text(time_us) { time_us } else { row.revision },
            end_us: row.ended_at.map(|time| time.0),
            tenant: &row.tenant,
            principal: &row.principal,
            peer_address: None,
            agent: row.agent,
            agent_version: None,
            name: None,
            host: row.host.as_deref(),
            user_id: None,
            user_email: row.user_email.as_deref(),
            org_id: None,
            cwd: None,
            session_id: Some(&row.session_id),
            parent_session_id: None,
            call_id: row.call_id.as_deref(),
            request_id: None,
            source_sequence: None,
            provider: None,
            model: None,
            input_tokens: None,
            output_tokens: None,
            tool: row.tool.as_deref(),
            tool_kind: row.tool_kind,
            mcp_server: row.mcp_server.as_deref(),
            mcp_tool: row.mcp_tool.as_deref(),
            command: row.command.as_deref(),
            path: row.path.as_deref(),
            url: row.url.as_deref(),
            decision: row.decision,
            denial_reason: row.denial_reason,
            net_host: None,
            net_port: None,
            net_protocol: None,
            net_method: None,
            net_verdict: None,
            net_source: None,
            outcome: row.outcome,
            failure_reason: row.failure_reason,
            error: row.error.as_deref(),
            exit_code: row.exit_code,
            duration_ms: row.duration_ms,
            approval_policy: row.approval_policy.as_deref(),
            sandbox_policy: row.sandbox_policy.as_deref(),
            mode: row.mode.as_deref(),
            prompt: row.intent.as_deref(),
            response: None,
        }
    }

    /// What it means.
    pub(super) fn meaning(&self) -> Meaning {
        match self.source {
            Source::Event(event) => Meaning::of_event(event.columns.kind, self),
            Source::Action(_) => Meaning::of_action(self),
        }
    }

    /// The row of the mapping table.
    pub(super) fn row(&self) -> &'static Row {
        table::row(self.meaning())
    }

    /// How grave it is.
    pub(super) fn severity(&self, row: &Row) -> Severity {
        let base = if self.has_failed() { row.failed } else { row.severity };
        let unattended = row.weighs_posture && self.is_unattended();
        if unattended { base.max(Severity::Medium) } else { base }
    }

    /// Whether it ended otherwise than it should.
    pub(super) fn has_failed(&self) -> bool {
        self.outcome
            .is_some_and(|outcome| !matches!(outcome, Outcome::Succeeded | Outcome::Unknown))
    }

    /// Whether the agent asks nobody, or has no sandbox: words of the agents' settings.
    fn is_unattended(&self) -> bool {
        const ASKS_NOBODY: &[&str] =
            &["never", "yolo", "bypassPermissions", "dontAsk", "full-auto", "allow-all"];
        const NO_SANDBOX: &[&str] = &["danger-full-access"];
        let is = |text: Option<&str>, list: &[&str]| text.is_some_and(|text| list.contains(&text));
        is(self.approval_policy, ASKS_NOBODY)
            || is(self.mode, ASKS_NOBODY)
            || is(self.sandbox_policy, NO_SANDBOX)
    }

    /// Whether it names an address on a network.
    pub(super) fn has_address(&self) -> bool {
        self.url.is_some() || self.net_host.is_some()
    }

    /// The address it came from, if it is one.
    pub(super) fn peer_ip(&self) -> Option<&'r str> {
        self.peer_address.filter(|address| is_ip(address))
    }

    /// Who did it: the user as claimed, or who sent it.
    pub(super) fn user_name(&self) -> &'r str {
        self.user_email.or(self.user_id).unwrap_or(self.principal)
    }

    /// The agent, as the tables name it.
    pub(super) fn agent_name(&self) -> &'static str {
        self.agent.unwrap_or(Agent::Unknown).as_str()
    }
}

/// A text that says something.
pub(super) fn given(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}

/// Whether a text is an address of the Internet.
pub(super) fn is_ip(text: &str) -> bool {
    text.parse::<IpAddr>().is_ok()
}

/// The last part of a path.
pub(super) fn file_name(path: &str) -> &str {
    let trimmed = path.trim_end_matches(['/', '\\']);
    let name = trimmed.rsplit(['/', '\\']).next().unwrap_or_default();
    if name.is_empty() { path } else { name }
}

/// The program a command starts, where it begins with one and nothing around it.
pub(super) fn program(command: &str) -> Option<&str> {
    let first = command.split_whitespace().next()?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-./+".contains(&byte);
    first.bytes().all(plain).then(|| file_name(first))
}

/// Scheme and host of an address such as `https://user@host:443/path`.
pub(super) fn scheme_and_host(url: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let host = match host.strip_prefix('[') {
        Some(six) => six.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    (!host.is_empty()).then_some((scheme, host))
}
