//! Messages, servers, and the session's own events.

use super::{B, CHAT, I, Is, S, span_event};

fn event(name: &str, attributes: &[(&str, Is)]) -> super::Row {
    span_event("invoke_agent", &format!("github.copilot.{name}"), attributes)
}

/// `github.copilot.user.message`: the source says who wrote it.
#[test]
fn user_messages() {
    for (source, origin) in [
        ("user", "human"),
        ("agent-7", "subagent_task"),
        ("skill-pdf", "system"),
        ("autopilot", "system"),
        ("schedule-1", "system"),
        ("remote", ""),
    ] {
        let own = [
            ("github.copilot.user.message.source", S(source)),
            ("github.copilot.user.message.agent_mode", S("plan")),
            ("github.copilot.user.message.interaction_id", S("i1")),
            ("github.copilot.user.message.turn_id", S("0")),
        ];
        event("user.message", &own)
            .has(&[
                ("kind", "prompt"),
                ("signal", "span_event"),
                ("turn_id", "i1"),
                ("mode", "plan"),
                ("prompt", ""),
                ("prompt_origin", origin),
                ("agent_version", "1.0.102"),
            ])
            .keeps_beside(
                &[],
                &["github.copilot.user.message.source", "github.copilot.user.message.turn_id"],
            );
    }
    CHAT.span_event("invoke_agent copilot", "user_message", &[("content", S("Fix it"))]).has(&[
        ("kind", "prompt"),
        ("prompt", "Fix it"),
        ("prompt_origin", "human"),
    ]);
}

/// An MCP server comes and goes.
#[test]
fn mcp_servers() {
    for (state, outcome) in [("discovered", ""), ("initialized", "succeeded"), ("failed", "failed")]
    {
        let own = [
            ("github.copilot.mcp.server.state", S(state)),
            ("github.copilot.mcp.server.name_hash", S("45a5")),
            ("github.copilot.mcp.server.name", S("tickets")),
            ("github.copilot.mcp.server.error", S("refused")),
        ];
        event("mcp.server.lifecycle", &own)
            .has(&[("kind", "mcp_server"), ("mcp_server", "tickets"), ("outcome", outcome)])
            .has(&[("error", "refused")])
            .keeps_beside(
                &[],
                &["github.copilot.mcp.server.state", "github.copilot.mcp.server.name_hash"],
            );
    }
    let own = [("github.copilot.mcp.server.name_hash", S("45a5"))];
    event("mcp.server.lifecycle", &own).has(&[("mcp_server", "45a5")]);
}

/// Who called off the work on a message.
#[test]
fn aborts() {
    for (reason, by) in [
        ("user_initiated", "user"),
        ("remote_command", "user"),
        ("autopilot_credit_limit", "policy"),
        ("user_abort", "unknown"),
    ] {
        event("session.abort", &[("github.copilot.abort_reason", S(reason))])
            .has(&[("kind", "session"), ("outcome", "cancelled"), ("decision", "cancel")])
            .has(&[("decided_by", by)])
            .keeps_beside(&[], &["github.copilot.abort_reason"]);
    }
}

/// The other events of a session: kept as they are.
#[test]
fn session_events() {
    let counts: &[(&str, Is)] = &[
        ("github.copilot.token_limit", I(1000)),
        ("github.copilot.pre_tokens", I(900)),
        ("github.copilot.post_tokens", I(400)),
        ("github.copilot.tokens_removed", I(500)),
        ("github.copilot.messages_removed", I(7)),
    ];
    let keys: Vec<&str> = counts.iter().map(|(key, _)| *key).collect();
    event("session.truncation", counts).has(&[("kind", "session")]).keeps_beside(&[], &keys);
    event("session.compaction_start", &[]).has(&[("kind", "session"), ("outcome", "")]);
    for (done, outcome) in [(B(true), "succeeded"), (S("false"), "failed")] {
        event("session.compaction_complete", &[("github.copilot.success", done)])
            .has(&[("kind", "session"), ("outcome", outcome)]);
    }
    let own = [
        ("github.copilot.token_limit", I(128_000)),
        ("github.copilot.current_tokens", I(10_442)),
        ("github.copilot.messages_length", I(2)),
    ];
    event("session.usage_info", &own).has(&[("kind", "session"), ("input_tokens", "")]);
    let own = [
        ("github.copilot.shutdown_type", S("error")),
        ("github.copilot.total_premium_requests", I(2)),
        ("github.copilot.lines_added", I(1)),
        ("github.copilot.lines_removed", I(1)),
        ("github.copilot.files_modified_count", I(1)),
        ("github.copilot.error_reason", S("crash")),
    ];
    event("session.shutdown", &own).has(&[("kind", "session"), ("error", "crash")]);
    let own = [("github.copilot.cwd", S("/x")), ("github.copilot.repository", S("o/r"))];
    event("session.context_changed", &own).has(&[("cwd", "/x"), ("repository", "o/r")]);
    let own = [
        ("github.copilot.skill.name", S("pdf")),
        ("github.copilot.skill.path", S("/s/pdf")),
        ("github.copilot.skill.plugin_name", S("p")),
        ("github.copilot.skill.plugin_version", S("1")),
    ];
    event("skill.invoked", &own).has(&[("kind", "session"), ("path", "/s/pdf")]).keeps_beside(
        &[],
        &[
            "github.copilot.skill.name",
            "github.copilot.skill.plugin_name",
            "github.copilot.skill.plugin_version",
        ],
    );
    let own = [
        ("github.copilot.system.notification.type", S("shell_completed")),
        ("github.copilot.system.notification.exit_code", I(3)),
    ];
    event("system.notification", &own).has(&[("kind", "session"), ("exit_code", "3")]);
    event("something.new", &[("x", I(1))]).has(&[("kind", "span")]).keeps_beside(&[], &["x"]);
}

/// An error of the session, and one of a request.
#[test]
fn exceptions() {
    let own = [
        ("github.copilot.error_type", S("rate_limit")),
        ("github.copilot.error_status_code", I(429)),
        ("github.copilot.message", S("slow down")),
    ];
    span_event("invoke_agent", "exception", &own)
        .has(&[("kind", "error"), ("outcome", "failed"), ("error", "slow down")])
        .has(&[("failure_reason", "")])
        .keeps_beside(&["otlp.derived"], &own.map(|(key, _)| key));
    let own = [("exception.type", S("ModelCallError")), ("exception.message", S("no route"))];
    span_event("chat m", "gen_ai.client.operation.exception", &own)
        .has(&[("kind", "error"), ("error", "no route"), ("failure_reason", "")])
        .keeps_beside(&[], &["exception.type"]);
}
