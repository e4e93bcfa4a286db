//! Prompts, configuration, modes, subagents, and what else is about the session.

use super::{B, D, I, Null, S, log};

/// The common attributes stand in columns; the time is that of the event, not of the flush; the
/// version of Node is not the agent's.
#[test]
fn common_attributes() {
    log("gemini_cli.flash_fallback", &[])
        .has(&[
            ("agent", "gemini"),
            ("agent_version", ""),
            ("name", "gemini_cli.flash_fallback"),
            ("body", "A sentence."),
            ("kind", "session"),
            ("session_id", "s-1"),
            ("user_email", "a@example.org"),
            ("time_source", "event_timestamp"),
            ("time_unix_nano", "1795174413221000000"),
        ])
        .keeps(&[]);
}

/// The resource names the session too; a version that is not Node's is the agent's.
#[test]
fn resource_fills_in() {
    let sender = super::Sender {
        resource: &[
            ("service.name", S("gemini-cli")),
            ("service.version", S("0.61.0")),
            ("session.id", S("s-2")),
        ],
        ..super::SENDER
    };
    sender
        .log("x", &[("event.name", S("gemini_cli.config"))])
        .has(&[("session_id", "s-2"), ("agent_version", "0.61.0")]);
}

/// `gemini_cli.config`: the posture stands in columns, the rest is kept.
#[test]
fn config() {
    let own = [
        ("model", S("gemini-2.5-pro")),
        ("embedding_model", S("gemini-embedding-001")),
        ("sandbox_enabled", B(true)),
        ("core_tools_enabled", S("")),
        ("approval_mode", S("yolo")),
        ("api_key_enabled", B(true)),
        ("vertex_ai_enabled", B(false)),
        ("log_user_prompts_enabled", B(true)),
        ("file_filtering_respect_git_ignore", B(true)),
        ("debug_mode", B(false)),
        ("mcp_servers", S("tickets,wiki")),
        ("mcp_servers_count", I(2)),
        ("mcp_tools", Null),
        ("mcp_tools_count", Null),
        ("output_format", S("text")),
        ("extensions", S("")),
        ("extension_ids", S("")),
        ("extensions_count", I(0)),
        ("worktree_active", B(false)),
    ];
    let kept: Vec<&str> = own
        .iter()
        .map(|(key, _)| *key)
        .filter(|key| !["model", "approval_mode"].contains(key))
        .collect();
    log("gemini_cli.config", &own)
        .has(&[
            ("kind", "config"),
            ("model", "gemini-2.5-pro"),
            ("mode", "yolo"),
            ("approval_policy", "yolo"),
            ("sandbox_policy", "enabled"),
        ])
        .keeps(&kept);
    log("gemini_cli.config", &[("sandbox_enabled", B(false))])
        .has(&[("sandbox_policy", "disabled")]);
}

/// `gemini_cli.user_prompt`, with and without its text, of a person and of a subagent.
#[test]
fn user_prompt() {
    let own = [("prompt_length", I(3)), ("prompt_id", S("s-1########4")), ("prompt", S("Do"))];
    log("gemini_cli.user_prompt", &own)
        .has(&[
            ("kind", "prompt"),
            ("prompt", "Do"),
            ("prompt_origin", "human"),
            ("turn_id", "s-1########4"),
            ("agent_path", ""),
        ])
        .keeps(&["prompt_length"]);
    log("gemini_cli.user_prompt", &[("prompt_id", S("s-1"))]).has(&[
        ("prompt", ""),
        ("prompt_origin", "human"),
        ("turn_id", "s-1"),
    ]);
    log("gemini_cli.user_prompt", &[("prompt_id", S("3e50d79f#0"))])
        .has(&[("prompt_origin", "subagent_task"), ("agent_path", "3e50d79f")]);
}

/// The mode of a session, and its changes.
#[test]
fn modes() {
    let own = [("from_mode", S("default")), ("to_mode", S("yolo"))];
    log("gemini_cli.plan.approval_mode_switch", &own)
        .has(&[("kind", "config"), ("mode", "yolo"), ("approval_policy", "yolo")])
        .keeps(&["from_mode"]);
    let own = [("mode", S("yolo")), ("duration_ms", D(1_162.818_885))];
    log("gemini_cli.plan.approval_mode_duration", &own)
        .has(&[("kind", "session"), ("mode", "yolo"), ("duration_ms", "1163")])
        .keeps(&["duration_ms"]);
    log("gemini_cli.plan.execution", &[("approval_mode", S("autoEdit"))])
        .has(&[("kind", "session"), ("mode", "autoEdit"), ("approval_policy", "autoEdit")])
        .keeps(&[]);
}

/// Subagents: where they begin, why they end.
#[test]
fn subagents() {
    let who = [("agent_id", S("3e50d79f")), ("agent_name", S("codebase_investigator"))];
    log("gemini_cli.agent.start", &who)
        .has(&[("kind", "session"), ("agent_path", "3e50d79f"), ("outcome", "")])
        .keeps(&["agent_name"]);
    for (reason, outcome) in [
        ("GOAL", "succeeded"),
        ("TIMEOUT", "timed_out"),
        ("ABORTED", "cancelled"),
        ("ERROR", "failed"),
        ("MAX_TURNS", "failed"),
        ("ERROR_NO_COMPLETE_TASK_CALL", "failed"),
        ("TIRED", ""),
    ] {
        let own = [("duration_ms", I(174)), ("turn_count", I(2)), ("terminate_reason", S(reason))];
        log("gemini_cli.agent.finish", &[&who[..], &own].concat())
            .has(&[("agent_path", "3e50d79f"), ("outcome", outcome), ("duration_ms", "174")])
            .keeps(&["agent_name", "turn_count", "terminate_reason"]);
    }
    let own = [
        ("reason", S("TIMEOUT")),
        ("success", B(false)),
        ("duration_ms", I(9)),
        ("turn_count", I(3)),
    ];
    log("gemini_cli.agent.recovery_attempt", &[&who[..], &own].concat())
        .has(&[("kind", "session"), ("outcome", "failed"), ("duration_ms", "9")])
        .keeps(&["agent_name", "reason", "success", "turn_count"]);
}

/// What is noted of a call on its way.
#[test]
fn tool_details() {
    let own = [
        ("tool_name", S("write_file")),
        ("operation", S("create")),
        ("lines", I(1)),
        ("mimetype", S("text/plain")),
        ("extension", S(".txt")),
        ("programming_language", S("Text")),
    ];
    log("gemini_cli.file_operation", &own)
        .has(&[("kind", "tool_call"), ("tool", "write_file"), ("tool_kind", "file")])
        .has(&[("outcome", ""), ("call_id", "")])
        .keeps(&["operation", "lines", "mimetype", "extension", "programming_language"]);
    let own = [
        ("tool_name", S("run_shell_command")),
        ("original_content_length", I(900)),
        ("truncated_content_length", I(90)),
        ("threshold", I(100)),
        ("prompt_id", S("s-1")),
    ];
    log("gemini_cli.tool_output_truncated", &own)
        .has(&[("kind", "tool_call"), ("tool", "run_shell_command"), ("turn_id", "s-1")])
        .has(&[("content_truncated", "true")])
        .keeps(&["original_content_length", "truncated_content_length", "threshold"]);
}

/// A slash command is machinery; only the choice of a model names one.
#[test]
fn slash_commands() {
    let own = [("command", S("memory")), ("subcommand", S("show")), ("status", S("success"))];
    log("gemini_cli.slash_command", &own)
        .has(&[("kind", "prompt"), ("prompt_origin", "system"), ("prompt", ""), ("command", "")])
        .keeps(&["command", "subcommand", "status"]);
    log("gemini_cli.slash_command.model", &[("model_name", S("gemini-2.5-pro"))])
        .has(&[("kind", "session"), ("model", "gemini-2.5-pro")])
        .keeps(&[]);
}

/// `gemini_cli.web_fetch_fallback_attempt`: a private address is not fetched.
#[test]
fn web_fetch_fallback() {
    for (reason, verdict) in
        [("private_ip", "deny"), ("private_ip_skipped", "deny"), ("primary_failed", "")]
    {
        log("gemini_cli.web_fetch_fallback_attempt", &[("reason", S(reason))])
            .has(&[("kind", "network"), ("net_reason", reason), ("net_verdict", verdict)])
            .keeps(&[]);
    }
}

/// Every other documented name is about the session; what nobody knows is kept as `other`.
#[test]
fn sessions() {
    for name in [
        "loop_detected",
        "loop_detection_disabled",
        "end_session",
        "gemini_cli.tool_output_masking",
        "gemini_cli.edit_strategy",
        "gemini_cli.edit_correction",
        "gemini_cli.chat_compression",
        "gemini_cli.next_speaker_check",
        "gemini_cli.llm_loop_check",
        "gemini_cli.extension_install",
        "gemini_cli.extension_uninstall",
        "gemini_cli.extension_update",
        "gemini_cli.extension_enable",
        "gemini_cli.extension_disable",
        "gemini_cli.ide_connection",
        "gemini_cli.rewind",
        "gemini_cli.conversation_finished",
        "gemini_cli.flash_fallback",
        "gemini_cli.ripgrep_fallback",
        "gemini_cli.startup_stats",
        "gemini_cli.keychain.availability",
        "gemini_cli.token_storage.initialization",
        "gemini_cli.onboarding.start",
        "gemini_cli.onboarding.success",
        "gemini_cli.overage_menu_shown",
        "gemini_cli.overage_option_selected",
        "gemini_cli.empty_wallet_menu_shown",
        "gemini_cli.credit_purchase_click",
        "gemini_cli.credits_used",
        "gemini_cli.api_key_updated",
    ] {
        let own = [("prompt_id", S("s-1")), ("duration_ms", I(5)), ("anything", S("x"))];
        log(name, &own)
            .has(&[("kind", "session"), ("name", name), ("turn_id", "s-1"), ("duration_ms", "5")])
            .keeps(&["anything"]);
    }
    log("gemini_cli.something_new", &[("answer", I(42))])
        .has(&[("kind", "other"), ("session_id", "s-1")])
        .keeps(&["answer"]);
}
