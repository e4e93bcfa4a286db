//! The log records that are no tool call.

use super::{B, I, Is, Null, S, SENDER, log};

/// The common attributes stand in columns; the documentation's name of the session is read too.
#[test]
fn common_attributes() {
    log("qwen-code.flash_fallback", &[("auth_type", S("openai"))])
        .has(&[
            ("agent", "qwen"),
            ("agent_version", "0.24.4"),
            ("name", "qwen-code.flash_fallback"),
            ("kind", "session"),
            ("session_id", "s-1"),
            ("time_source", "event_timestamp"),
            ("time_unix_nano", "1795174413221000000"),
        ])
        .keeps(&["auth_type"]);
    SENDER
        .log("x", &[("event.name", S("qwen-code.config")), ("sessionId", S("s-9"))])
        .has(&[("session_id", "s-9")]);
    // The name alone tells the agent.
    let elsewhere = super::Sender { resource: &[], scope: "relay", ..SENDER };
    elsewhere.log("x", &[("event.name", S("qwen-code.config"))]).has(&[("agent", "qwen")]);
}

/// `qwen-code.config`: the posture stands in columns, the rest is kept.
#[test]
fn config() {
    let own = [
        ("model", S("qwen3-coder")),
        ("sandbox_enabled", B(false)),
        ("core_tools_enabled", S("Bash(ls:*)")),
        ("approval_mode", S("default")),
        ("file_filtering_respect_git_ignore", B(true)),
        ("debug_mode", B(false)),
        ("truncate_tool_output_threshold", I(25_000)),
        ("truncate_tool_output_lines", I(1000)),
        ("mcp_servers", S("tickets,wiki")),
        ("mcp_servers_count", I(2)),
        ("mcp_tools", S("")),
        ("mcp_tools_count", I(0)),
        ("hooks", Null),
        ("ide_enabled", B(false)),
        ("interactive_shell_enabled", B(false)),
        ("output_format", S("text")),
        ("skills", S("review")),
        ("subagents", S("Explore")),
    ];
    let kept: Vec<&str> = own
        .iter()
        .map(|(key, _)| *key)
        .filter(|key| !["model", "approval_mode"].contains(key))
        .collect();
    log("qwen-code.config", &own)
        .has(&[("kind", "config"), ("model", "qwen3-coder"), ("mode", "default")])
        .has(&[("approval_policy", "default"), ("sandbox_policy", "disabled")])
        .keeps(&kept);
}

/// Who wrote a prompt stands in its id.
#[test]
fn user_prompt() {
    for (prompt_id, origin, agent) in [
        ("s-1########0", "human", ""),
        ("s-1########0/automatic/10", "system", ""),
        ("s-1#Explore-call_1#0", "subagent_task", "Explore-call_1"),
    ] {
        let own = [
            ("prompt_length", I(2)),
            ("prompt_id", S(prompt_id)),
            ("auth_type", S("openai")),
            ("prompt", S("Go")),
            ("model", S("qwen3-coder")),
        ];
        log("qwen-code.user_prompt", &own)
            .has(&[("kind", "prompt"), ("prompt", "Go"), ("prompt_origin", origin)])
            .has(&[("turn_id", prompt_id), ("agent_path", agent), ("model", "qwen3-coder")])
            .keeps(&["prompt_length", "auth_type"]);
    }
}

const ANSWER: &[(&str, Is)] = &[
    ("response_id", S("cc_m0")),
    ("model", S("qwen3-coder")),
    ("duration_ms", I(436)),
    ("input_token_count", I(100)),
    ("output_token_count", I(20)),
    ("cached_content_token_count", I(60)),
    ("thoughts_token_count", I(7)),
    ("total_token_count", I(127)),
    ("response_text", S("Looking.")),
    ("prompt_id", S("s-1#Explore-call_1#0")),
    ("auth_type", S("openai")),
    ("subagent_name", S("Explore")),
    ("status_code", I(200)),
    ("http.status_code", I(200)),
    ("ttft_ms", I(429)),
];

/// Requests to the model, their answers, and what became of the others.
#[test]
fn model_requests() {
    let own = [
        ("model", S("qwen3-coder")),
        ("prompt_id", S("s-1########0")),
        ("request_text", S("[]")),
        ("subagent_name", Null),
    ];
    log("qwen-code.api_request", &own)
        .has(&[("kind", "model_request"), ("model", "qwen3-coder"), ("turn_id", "s-1########0")])
        .keeps(&["request_text", "subagent_name"]);
    log("qwen-code.api_response", ANSWER)
        .has(&[
            ("kind", "model_request"),
            ("outcome", "succeeded"),
            ("request_id", "cc_m0"),
            ("duration_ms", "436"),
            ("input_tokens", "100"),
            ("output_tokens", "20"),
            ("cached_tokens", "60"),
            ("reasoning_tokens", "7"),
            ("response", "Looking."),
            ("agent_path", "Explore-call_1"),
        ])
        .keeps(&[
            "total_token_count",
            "auth_type",
            "subagent_name",
            "status_code",
            "http.status_code",
            "ttft_ms",
        ]);
    let own = [
        ("response_id", Null),
        ("model", S("qwen3-coder")),
        ("duration_ms", I(31)),
        ("prompt_id", S("s-1########0")),
        ("error_message", S("quota")),
        ("error.message", S("quota")),
        ("error_type", S("RateLimitError")),
        ("status_code", I(429)),
        ("model_name", S("qwen3-coder")),
        ("duration", I(31)),
    ];
    log("qwen-code.api_error", &own)
        .has(&[("kind", "error"), ("outcome", "failed"), ("error", "quota")])
        .has(&[("duration_ms", "31"), ("model", "qwen3-coder")])
        .keeps(&[
            "response_id",
            "error_message",
            "error_type",
            "status_code",
            "model_name",
            "duration",
        ]);
    log("qwen-code.api_error", &[("error_message", S("quota"))]).has(&[("error", "quota")]);
    log("qwen-code.api_cancel", &[("model", S("m")), ("prompt_id", S("s-1########0"))])
        .has(&[("kind", "model_request"), ("outcome", "cancelled"), ("model", "m")])
        .keeps(&[]);
    let own = [("attempt_number", I(1)), ("error_message", S("busy")), ("retry_delay_ms", I(9))];
    log("qwen-code.api_retry", &own)
        .has(&[("kind", "error"), ("error", "busy"), ("outcome", "")])
        .keeps(&["attempt_number", "error_message", "retry_delay_ms", "otlp.derived"]);
}

/// A subagent's beginning and its end, with its answer.
#[test]
fn subagent_execution() {
    for (status, outcome) in [
        ("started", ""),
        ("completed", "succeeded"),
        ("failed", "failed"),
        ("cancelled", "cancelled"),
    ] {
        let own = [
            ("subagent_name", S("general-purpose")),
            ("status", S(status)),
            ("terminate_reason", S("GOAL")),
            ("result", S("One file.")),
            ("execution_summary", S("2 calls")),
        ];
        log("qwen-code.subagent_execution", &own)
            .has(&[("kind", "session"), ("outcome", outcome), ("response", "One file.")])
            .keeps(&["subagent_name", "status", "terminate_reason", "execution_summary"]);
    }
}

/// What is noted of a call on its way.
#[test]
fn tool_details() {
    let own = [("tool_name", S("read_file")), ("operation", S("read")), ("lines", I(3))];
    log("qwen-code.file_operation", &own)
        .has(&[
            ("kind", "tool_call"),
            ("tool", "read_file"),
            ("tool_kind", "file"),
            ("outcome", ""),
        ])
        .keeps(&["operation", "lines"]);
    let own = [("tool_name", S("run_shell_command")), ("threshold", I(9)), ("prompt_id", S("p"))];
    log("qwen-code.tool_output_truncated", &own)
        .has(&[("kind", "tool_call"), ("content_truncated", "true"), ("turn_id", "p")])
        .keeps(&["threshold"]);
}

/// Credentials, skills, feedback, commands.
#[test]
fn sessions_in_detail() {
    let own = [
        ("auth_type", S("openai")),
        ("action_type", S("manual")),
        ("status", S("error")),
        ("error_message", S("no key")),
        ("error.message", S("no key")),
    ];
    log("qwen-code.auth", &own)
        .has(&[("kind", "session"), ("outcome", "failed"), ("error", "no key")])
        .keeps(&["auth_type", "action_type", "status", "error_message"]);
    let own = [("skill_name", S("review")), ("success", B(false)), ("prompt_id", S("p"))];
    log("qwen-code.skill_launch", &own)
        .has(&[("outcome", "failed"), ("turn_id", "p")])
        .keeps(&["skill_name", "success"]);
    let own =
        [("rating", I(3)), ("model", S("m")), ("approval_mode", S("yolo")), ("prompt_id", S("p"))];
    log("qwen-code.user_feedback", &own)
        .has(&[("kind", "session"), ("mode", "yolo"), ("model", "m"), ("turn_id", "p")])
        .keeps(&["rating"]);
    log("qwen-code.slash_command", &[("command", S("memory"))])
        .has(&[("kind", "prompt"), ("prompt_origin", "system"), ("command", "")])
        .keeps(&["command"]);
    log("qwen-code.slash_command.model", &[("model_name", S("m"))])
        .has(&[("kind", "session"), ("model", "m")])
        .keeps(&[]);
    // A guard's decision is no approval, its mode none of the agent.
    let own = [("decision", S("allow")), ("mode", S("observe")), ("tool_type", S("native"))];
    log("qwen-code.repeated_tool_failure_guard", &own)
        .has(&[("kind", "session"), ("decision", ""), ("mode", "")])
        .keeps(&["decision", "mode", "tool_type"]);
    log("qwen-code.workflow_run", &[("status", S("completed")), ("duration_ms", I(5))])
        .has(&[("outcome", "succeeded"), ("duration_ms", "5")]);
    log("qwen-code.arena_agent_completed", &[("status", S("cancelled"))])
        .has(&[("kind", "session"), ("outcome", "cancelled")]);
}

/// What went wrong on the way to the model, and every other documented name.
#[test]
fn other_names() {
    for name in [
        "qwen-code.chat.invalid_chunk",
        "qwen-code.chat.content_retry",
        "qwen-code.chat.content_retry_failure",
        "qwen-code.malformed_json_response",
    ] {
        log(name, &[("error.message", S("x"))]).has(&[("kind", "error"), ("error", "x")]);
    }
    for name in [
        "session.start",
        "session.end",
        "loop_detected",
        "loop_detection_disabled",
        "qwen-code.user_retry",
        "qwen-code.extension_disable",
        "qwen-code.extension_enable",
        "qwen-code.extension_install",
        "qwen-code.extension_uninstall",
        "qwen-code.extension_update",
        "qwen-code.ripgrep_fallback",
        "qwen-code.ripgrep_runtime_recovery",
        "qwen-code.next_speaker_check",
        "qwen-code.ide_connection",
        "qwen-code.chat_compression",
        "qwen-code.chat.protocol_tag_sanitized",
        "qwen-code.conversation_finished",
        "qwen-code.prompt_suggestion",
        "qwen-code.speculation",
        "qwen-code.workflow_keyword",
        "qwen-code.workflow_size_warning",
        "qwen-code.arena_session_started",
        "qwen-code.arena_session_ended",
        "qwen-code.memory.extract",
        "qwen-code.memory.dream",
        "qwen-code.memory.recall",
        "qwen-code.memory.recall.delivery",
        "qwen-code.memory.search",
        "qwen-code.memory.migration",
        "qwen-code.memory.recall_mode_transition",
        "qwen-code.memory.usage",
        "qwen-code.startup.performance",
        "qwen-code.performance.baseline",
        "qwen-code.performance.regression",
    ] {
        log(name, &[("prompt_id", S("p")), ("anything", S("x"))])
            .has(&[("kind", "session"), ("session_id", "s-1"), ("turn_id", "p")])
            .keeps(&["anything"]);
    }
    log("qwen-code.something_new", &[("answer", I(42))])
        .has(&[("kind", "other")])
        .keeps(&["answer"]);
}
