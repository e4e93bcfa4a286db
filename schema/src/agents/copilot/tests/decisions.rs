//! Questions, hooks, and who decided.

use super::{CHAT, D, I, Row, S, failed_span, span, span_event};

fn permission(result: &'static str) -> Row {
    let own = [
        ("gen_ai.conversation.id", S("s1")),
        ("gen_ai.tool.call.id", S("call_0")),
        ("github.copilot.permission.kind", S("shell")),
        ("github.copilot.permission.tool_name", S("bash")),
        ("github.copilot.permission.result", S(result)),
    ];
    span("permission", &own)
}

/// `permission`: every result has its meaning, and the word itself is kept.
#[test]
fn permissions() {
    let unattended = "denied-no-approval-rule-and-could-not-request-from-user";
    for (result, decision, by, reason, scope) in [
        ("approved", "allow", "user", "", "once"),
        ("approved-for-session", "allow", "user", "", "session"),
        ("approved-read-only-for-session", "allow", "user", "", "session"),
        ("approved-for-location", "allow", "user", "", "permanent"),
        ("approved-by-oracle", "allow", "unknown", "", ""),
        ("denied-interactively-by-user", "deny", "user", "user_denied", ""),
        ("denied-by-rules", "deny", "policy", "policy_denied", ""),
        ("denied-by-content-exclusion-policy", "deny", "policy", "policy_denied", ""),
        ("denied-by-permission-request-hook", "deny", "hook", "hook_denied", ""),
        ("denied-by-oracle", "deny", "unknown", "", ""),
        (unattended, "deny", "policy", "non_interactive_denied", ""),
        ("cancelled", "cancel", "unknown", "", ""),
        ("considered", "", "", "", ""),
    ] {
        permission(result)
            .has(&[
                ("kind", "approval"),
                ("decision", decision),
                ("decided_by", by),
                ("denial_reason", reason),
                ("grant_scope", scope),
                ("decision_source", result),
                ("session_id", "s1"),
                ("call_id", "call_0"),
                ("tool", "bash"),
                ("tool_kind", "shell"),
                ("duration_ms", "1500"),
                ("outcome", ""),
            ])
            .keeps_beside(&["otlp.end_time_unix_nano"], &["github.copilot.permission.kind"]);
    }
    span("permission", &[]).has(&[("kind", "approval"), ("decision", ""), ("decided_by", "")]);
}

/// Hooks of the command line: the end tells what it decided, and of which tool if of one.
#[test]
fn hook_events() {
    let common = [
        ("github.copilot.hook.type", S("preToolUse")),
        ("github.copilot.hook.invocation_id", S("h1")),
        ("github.copilot.hook.tool_names", S(r#"["bash"]"#)),
    ];
    let kept = ["github.copilot.hook.type", "github.copilot.hook.invocation_id"];
    let kept = [&kept[..], &["github.copilot.hook.tool_names"]].concat();
    span_event("chat m", "github.copilot.hook.start", &common)
        .has(&[("kind", "hook"), ("tool", "bash"), ("outcome", ""), ("decision", "")])
        .keeps_beside(&[], &kept);
    for (word, decision, by, reason) in [
        ("allow", "allow", "hook", ""),
        ("deny", "deny", "hook", "hook_denied"),
        ("ask", "ask", "hook", ""),
        ("pass", "", "", ""),
    ] {
        let more = [
            ("github.copilot.hook.decision", S(word)),
            ("github.copilot.hook.duration", D(0.529_697)),
        ];
        span_event("chat m", "github.copilot.hook.end", &[&common[..], &more].concat())
            .has(&[
                ("kind", "hook"),
                ("outcome", "succeeded"),
                ("decision", decision),
                ("decided_by", by),
                ("denial_reason", reason),
                ("decision_source", word),
                ("duration_ms", "529"),
            ])
            .keeps_beside(&["github.copilot.hook.duration"], &kept);
    }
    let more = [("github.copilot.hook.error_message", S("no such file"))];
    span_event("chat m", "github.copilot.hook.error", &[&common[..], &more].concat()).has(&[
        ("kind", "hook"),
        ("outcome", "failed"),
        ("error", "no such file"),
    ]);
    let many = [("github.copilot.hook.tool_names", S(r#"["bash","view"]"#))];
    span_event("chat m", "github.copilot.hook.start", &many).has(&[("tool", "")]);
}

/// `execute_hook` of the chat extension.
#[test]
fn hook_spans() {
    for (word, decision, kind, outcome) in [
        ("pass", "", "success", "succeeded"),
        ("block", "deny", "blocked", "succeeded"),
        ("approve", "allow", "success", "succeeded"),
        ("non_blocking_error", "", "non_blocking_error", "failed"),
    ] {
        let own = [
            ("gen_ai.operation.name", S("execute_hook")),
            ("gen_ai.conversation.id", S("s1")),
            ("copilot_chat.hook_type", S("PreToolUse")),
            ("copilot_chat.hook_command", S("./check.sh")),
            ("copilot_chat.hook_input", S("{}")),
            ("copilot_chat.hook_output", S("ok")),
            ("copilot_chat.hook_result_kind", S(kind)),
            ("copilot_chat.hook_exit_code", I(2)),
            ("github.copilot.hook.tool_names", S(r#"["bash"]"#)),
            ("github.copilot.hook.duration", D(0.25)),
            ("github.copilot.hook.decision", S(word)),
        ];
        CHAT.span("execute_hook PreToolUse", &own)
            .has(&[
                ("kind", "hook"),
                ("session_id", "s1"),
                ("decision", decision),
                ("decision_source", word),
                ("outcome", outcome),
                ("arguments", "{}"),
                ("output", "ok"),
                ("exit_code", "2"),
                ("duration_ms", "250"),
            ])
            .keeps_beside(
                &["otlp.end_time_unix_nano"],
                &[
                    "gen_ai.operation.name",
                    "copilot_chat.hook_type",
                    "copilot_chat.hook_command",
                    "copilot_chat.hook_result_kind",
                    "github.copilot.hook.tool_names",
                    "github.copilot.hook.duration",
                ],
            );
    }
    span("execute_hook Stop", &[]).has(&[
        ("kind", "hook"),
        ("outcome", ""),
        ("duration_ms", "1500"),
    ]);
    failed_span("execute_hook Stop", "no", &[]).has(&[("kind", "hook"), ("outcome", "failed")]);
}

/// The sandbox: its state, and what was decided about leaving it.
#[test]
fn sandbox() {
    let event = |name: &str, own: &[_]| {
        span_event("execute_tool bash", &format!("github.copilot.sandbox.{name}"), own)
    };
    let common = [
        ("github.copilot.sandbox.decision_kind", S("enforcement_state")),
        ("github.copilot.sandbox.control", S("process")),
        ("github.copilot.sandbox.outcome", S("inactive")),
        ("github.copilot.sandbox.enforcement_point", S("shell")),
        ("github.copilot.sandbox.platform", S("linux")),
        ("github.copilot.sandbox.backend", S("unsupported")),
        ("github.copilot.sandbox.command", S("ls")),
    ];
    let kept: Vec<&str> = common[..6].iter().map(|(key, _)| *key).collect();
    event("enforcement_state", &common)
        .has(&[("kind", "config"), ("sandbox_policy", "inactive"), ("command", "ls")])
        .keeps_beside(&[], &kept);
    event("spawn", &[("github.copilot.sandbox.duration_ms", D(12.7))]).has(&[
        ("kind", "config"),
        ("duration_ms", "12"),
        ("sandbox_policy", ""),
    ]);
    for (word, source, decision, by, reason) in [
        ("approved", "user_prompted", "allow", "user", ""),
        ("declined", "user_prompted", "deny", "user", "user_denied"),
        ("declined", "prompt_unavailable", "deny", "policy", "non_interactive_denied"),
        ("declined", "model_requested", "deny", "unknown", ""),
    ] {
        let own = [
            ("github.copilot.sandbox.outcome", S(word)),
            ("github.copilot.sandbox.bypass_source", S(source)),
        ];
        event("bypass_decided", &own).has(&[
            ("kind", "approval"),
            ("decision", decision),
            ("decided_by", by),
            ("denial_reason", reason),
            ("decision_source", source),
        ]);
    }
}

/// An access that the sandbox refused is a decision, or a network decision, and no outcome.
#[test]
fn sandbox_denials() {
    let denied = |class, resource| {
        let own = [
            ("github.copilot.sandbox.outcome", S("denied")),
            ("github.copilot.sandbox.enforcement_point", S("shell")),
            ("github.copilot.sandbox.denial_class", S(class)),
            ("github.copilot.sandbox.denied_resource", S(resource)),
            ("github.copilot.sandbox.denied_command", S("cat /etc/x")),
        ];
        span_event("execute_tool bash", "github.copilot.sandbox.access_denied", &own)
    };
    denied("filesystem_read", "/etc/x").has(&[
        ("kind", "approval"),
        ("decision", "deny"),
        ("decided_by", "policy"),
        ("denial_reason", "policy_denied"),
        ("path", "/etc/x"),
        ("command", "cat /etc/x"),
        ("decision_source", "shell"),
        ("outcome", ""),
    ]);
    denied("network_host", "x.example.com").has(&[
        ("kind", "network"),
        ("net_verdict", "deny"),
        ("net_host", "x.example.com"),
        ("net_reason", "network_host"),
        ("path", ""),
        ("outcome", ""),
    ]);
}
