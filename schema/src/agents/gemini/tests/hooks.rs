//! Hooks and the automatic reviewer.

use super::{B, I, Is, Null, Row, S, log};

const INPUT: &str = r#"{"session_id":"s-1","hook_event_name":"BeforeTool","tool_name":"run_shell_command","tool_input":{"command":"git push"}}"#;

fn hook(more: &[(&'static str, Is)]) -> Row {
    let own = [
        ("hook_event_name", S("BeforeTool")),
        ("hook_type", S("command")),
        ("hook_name", S("./guard.sh")),
        ("duration_ms", I(12)),
    ];
    log("gemini_cli.hook_call", &[&own, more].concat())
}

/// `gemini_cli.hook_call`: a hook that lets a call pass decides nothing.
#[test]
fn passing_hook() {
    let more = [
        ("success", B(true)),
        ("exit_code", I(0)),
        ("hook_input", S(INPUT)),
        ("hook_output", S("{}")),
        ("stdout", S("fine\n")),
        ("stderr", S("")),
    ];
    hook(&more)
        .has(&[
            ("kind", "hook"),
            ("duration_ms", "12"),
            ("exit_code", "0"),
            ("output", "fine\n"),
            ("outcome", "succeeded"),
            ("decision", ""),
            ("decided_by", ""),
            ("tool", "run_shell_command"),
            ("tool_kind", "shell"),
            ("command", "git push"),
            ("arguments", r#"{"command":"git push"}"#),
        ])
        .keeps(&[
            "hook_event_name",
            "hook_type",
            "hook_name",
            "success",
            "hook_input",
            "hook_output",
            "stderr",
        ]);
}

/// A hook says no in three ways, and may ask instead.
#[test]
fn deciding_hooks() {
    for (exit_code, output, decision, outcome, why) in [
        (2, "", "deny", "denied", "no pushing"),
        (0, r#"{"decision":"deny","reason":"rule 7"}"#, "deny", "denied", "rule 7"),
        (0, r#"{"decision":"block"}"#, "deny", "denied", "no pushing"),
        (0, r#"{"continue":false,"stopReason":"enough"}"#, "deny", "denied", "enough"),
        (0, r#"{"decision":"ask","reason":"sure?"}"#, "ask", "succeeded", "sure?"),
        (0, r#"{"decision":"allow"}"#, "allow", "succeeded", ""),
    ] {
        let more = [
            ("success", B(exit_code == 0)),
            ("exit_code", I(exit_code)),
            ("hook_output", S(output)),
            ("stderr", S("no pushing\n")),
        ];
        let reason = if decision == "deny" { "hook_denied" } else { "" };
        hook(&more)
            .has(&[("decision", decision), ("decided_by", "hook"), ("denial_reason", reason)])
            .has(&[("outcome", outcome), ("rationale", why)]);
    }
}

/// After a tool has run a hook can only take its result back.
#[test]
fn late_hooks() {
    let own = [
        ("hook_event_name", S("AfterTool")),
        ("success", B(false)),
        ("exit_code", I(2)),
        ("stderr", S("secret in the output")),
    ];
    log("gemini_cli.hook_call", &own)
        .has(&[("decision", ""), ("denial_reason", ""), ("decided_by", "hook")])
        .has(&[("failure_reason", "hook_stopped"), ("outcome", "succeeded")])
        .has(&[("rationale", "secret in the output")]);
}

/// A hook that breaks fails; it has refused nothing. Prompts may not be logged.
#[test]
fn broken_hook() {
    let more = [
        ("success", B(false)),
        ("exit_code", Null),
        ("hook_output", Null),
        ("stdout", Null),
        ("error", S("spawn ENOENT")),
    ];
    hook(&more)
        .has(&[("outcome", "failed"), ("error", "spawn ENOENT"), ("decision", "")])
        .has(&[("tool", ""), ("exit_code", ""), ("output", "")])
        .keeps(&[
            "hook_event_name",
            "hook_type",
            "hook_name",
            "success",
            "exit_code",
            "hook_output",
            "stdout",
        ]);
}

/// The automatic reviewer's verdict on a call, and what it made its policy of.
#[test]
fn conseca() {
    for (verdict, decision, reason) in [
        ("allow", "allow", ""),
        ("ALLOW", "allow", ""),
        ("deny", "deny", "reviewer_denied"),
        ("ask_user", "ask", ""),
        ("shrug", "", ""),
    ] {
        let own = [
            ("verdict", S(verdict)),
            ("user_prompt", S("Push it")),
            ("policy", S("{}")),
            ("tool_call", S(r#"{"name":"mcp_tickets_close_ticket","args":{"id":"T-1"}}"#)),
            ("verdict_rationale", S("was not asked for")),
        ];
        log("gemini_cli.conseca.verdict", &own)
            .has(&[
                ("kind", "approval"),
                ("decision", decision),
                ("decided_by", "ai_reviewer"),
                ("denial_reason", reason),
                ("rationale", "was not asked for"),
                ("tool", "mcp_tickets_close_ticket"),
                ("mcp_server", "tickets"),
                ("arguments", r#"{"id":"T-1"}"#),
                ("prompt", ""),
            ])
            .keeps(&["verdict", "user_prompt", "policy", "tool_call"]);
    }
    log("gemini_cli.conseca.verdict", &[("verdict", S("deny")), ("error", S("no model"))])
        .has(&[("denial_reason", "reviewer_unavailable"), ("error", "no model")]);
    let own = [("user_prompt", S("Push it")), ("trusted_content", S("x")), ("policy", S("{}"))];
    log("gemini_cli.conseca.policy_generation", &own)
        .has(&[("kind", "reviewer"), ("prompt", "")])
        .keeps(&["user_prompt", "trusted_content", "policy"]);
}
