//! Spans and span events.

use super::{A, B, I, Is, Row, S, span, span_event};

const SESSION: &str = "4be32e1a-0431-47a2-8f9e-b54f489862ce";

/// `claude_code.interaction`: the prompt, and who wrote it.
#[test]
fn interaction() {
    let with = |prompt, conversation| {
        let own = [
            ("span.type", S("interaction")),
            ("user_prompt", S(prompt)),
            ("user_prompt_length", I(22)),
            ("interaction.sequence", I(1)),
            ("interaction.duration_ms", I(1331)),
            ("gen_ai.operation.name", S("invoke_agent")),
            ("gen_ai.conversation.id", S(conversation)),
            ("gen_ai.provider.name", S("anthropic")),
        ];
        span("claude_code.interaction", &own)
    };
    let kept = [
        "span.type",
        "user_prompt_length",
        "interaction.sequence",
        "gen_ai.operation.name",
        "gen_ai.conversation.id",
        "gen_ai.provider.name",
    ];
    with("Tag it", SESSION)
        .has(&[
            ("agent", "claude-code"),
            ("agent_version", "2.1.329"),
            ("name", "claude_code.interaction"),
            ("kind", "prompt"),
            ("prompt", "Tag it"),
            ("prompt_origin", "human"),
            ("session_id", SESSION),
            ("turn_id", ""),
            ("agent_path", ""),
            ("duration_ms", "1331"),
            ("provider", "anthropic"),
            ("user_id", "b86f6443"),
        ])
        .keeps(&kept);
    with("<task-notification>x", SESSION).has(&[("prompt_origin", "system")]);
    with("<REDACTED>", SESSION).has(&[("kind", "prompt"), ("prompt", ""), ("prompt_origin", "")]);
    with("List files", "a845").has(&[
        ("prompt_origin", "subagent_task"),
        ("agent_path", "a845"),
        ("session_id", SESSION),
    ]);
    span("claude_code.interaction", &[]).has(&[("kind", "session"), ("duration_ms", "1500")]);
}

fn request(more: &[(&str, Is)]) -> Row {
    span("claude_code.llm_request", more)
}

/// `claude_code.llm_request`: like the event, and how it ended.
#[test]
fn llm_request() {
    let own = [
        ("model", S("claude-opus-5-5")),
        ("gen_ai.request.model", S("claude-opus-5-5")),
        ("gen_ai.system", S("anthropic")),
        ("gen_ai.response.finish_reasons", A(&["tool_use"])),
        ("query_source", S("sdk")),
        ("query_source_safe", S("sdk")),
        ("request_id", S("req_1")),
        ("client_request_id", S("c1")),
        ("input_tokens", I(300)),
        ("output_tokens", I(40)),
        ("cache_read_tokens", I(10)),
        ("cache_creation_tokens", I(5)),
        ("ttft_ms", I(22)),
        ("attempt", I(1)),
        ("stop_reason", S("tool_use")),
        ("success", B(true)),
        ("duration_ms", I(57)),
    ];
    request(&own)
        .has(&[
            ("kind", "model_request"),
            ("outcome", "succeeded"),
            ("model", "claude-opus-5-5"),
            ("request_id", "req_1"),
            ("input_tokens", "315"),
            ("output_tokens", "40"),
            ("cached_tokens", "10"),
            ("duration_ms", "57"),
        ])
        .keeps(&[
            "gen_ai.request.model",
            "gen_ai.system",
            "gen_ai.response.finish_reasons",
            "query_source",
            "query_source_safe",
            "client_request_id",
            "input_tokens",
            "cache_creation_tokens",
            "ttft_ms",
            "attempt",
            "stop_reason",
            "success",
        ]);
    for failed in [("success", B(false)), ("error", S("overloaded")), ("status_code", I(529))] {
        request(&[failed]).has(&[("kind", "error"), ("outcome", "failed")]);
    }
    request(&[("query_source_safe", S("agent.builtin.x"))])
        .has(&[("agent_path", "agent.builtin.x")]);
}

/// `claude_code.tool`: which tool and what for; how it ended is another span's.
#[test]
fn tool() {
    let own = [
        ("tool_name", S("Bash")),
        ("tool_name_safe", S("Bash")),
        ("tool_use_id", S("toolu_1")),
        ("gen_ai.tool.call.id", S("toolu_1")),
        ("gen_ai.tool.name", S("Bash")),
        ("agent_id", S("a845")),
        ("parent_agent_id", S("a100")),
        ("full_command", S("git push")),
        ("bash_argv0", S("git")),
        ("bash_command_class", S("vcs")),
        ("duration_ms", I(60)),
        ("result_tokens", I(5)),
    ];
    span("claude_code.tool", &own)
        .has(&[
            ("kind", "tool_call"),
            ("tool", "Bash"),
            ("tool_kind", "shell"),
            ("call_id", "toolu_1"),
            ("command", "git push"),
            ("agent_path", "a845"),
            ("duration_ms", "60"),
            ("outcome", ""),
            ("mcp_tool", ""),
        ])
        .keeps(&[
            "tool_name_safe",
            "gen_ai.tool.name",
            "parent_agent_id",
            "bash_argv0",
            "bash_command_class",
            "result_tokens",
        ]);
    span("claude_code.tool", &[("tool_name", S("Read")), ("file_path", S("/x"))]).has(&[
        ("path", "/x"),
        ("tool_kind", "file"),
        ("duration_ms", "1500"),
    ]);
    span("claude_code.tool", &[("tool_name", S("Skill")), ("skill_name", S("review"))])
        .has(&[("tool_kind", "other")])
        .keeps(&["skill_name", "otlp.derived"]);
    span("claude_code.tool", &[("gen_ai.tool.call.id", S("toolu_2"))])
        .has(&[("call_id", "toolu_2")])
        .keeps(&["gen_ai.tool.call.id", "otlp.derived"]);
}

/// An MCP call's span names server and tool, in old versions by the tool's name only.
#[test]
fn mcp_tool() {
    let columns = [
        ("tool", "mcp__tickets__get_ticket"),
        ("tool_kind", "mcp"),
        ("mcp_server", "tickets"),
        ("mcp_tool", "get_ticket"),
    ];
    let own = [
        ("tool_name", S("mcp__tickets__get_ticket")),
        ("anthropic.mcp.server.name", S("tickets")),
        ("gen_ai.tool.name", S("get_ticket")),
        ("duration_ms", I(1)),
    ];
    span("claude_code.tool", &own).has(&columns).keeps(&["gen_ai.tool.name"]);
    span("claude_code.tool", &[own[0], own[3]]).has(&columns).keeps(&["otlp.derived"]);
}

/// `claude_code.tool.execution`: how the call ended.
#[test]
fn execution() {
    let with = |more: &[(&str, Is)]| {
        let own = [
            ("tool_use_id", S("toolu_1")),
            ("gen_ai.tool.call.id", S("toolu_1")),
            ("duration_ms", I(14)),
        ];
        span("claude_code.tool.execution", &[&own[..], more].concat())
    };
    with(&[("success", B(true))])
        .has(&[("kind", "tool_call"), ("call_id", "toolu_1"), ("outcome", "succeeded")])
        .has(&[("duration_ms", "14"), ("tool", "")])
        .keeps(&["success"]);
    let missing = [
        ("success", B(false)),
        ("error", S("File does not exist.")),
        ("error.type", S("tool_error")),
        ("error_class", S("TelemetrySafeError")),
    ];
    with(&missing)
        .has(&[("outcome", "failed"), ("failure_reason", "tool_error")])
        .has(&[("error", "File does not exist.")])
        .keeps(&["success", "error.type", "error_class"]);
    with(&[("success", B(false)), ("error_class", S("ShellError"))])
        .has(&[("outcome", "failed"), ("failure_reason", "")]);
    with(&[("success", B(false)), ("error", S("Shell command failed"))])
        .has(&[("outcome", "failed"), ("failure_reason", "")]);
    with(&[]).has(&[("outcome", "")]);
}

/// `claude_code.tool.blocked_on_user`: an answer that came at once was no person's.
#[test]
fn blocked_on_user() {
    for (word, source, waited, decided, by, reason) in [
        ("accept", "user_temporary", 4560, "allow", "user", ""),
        ("accept", "user_permanent", 3, "allow", "policy", ""),
        ("accept", "config", 3, "allow", "policy", ""),
        ("reject", "user_reject", 4640, "deny", "user", "user_denied"),
        ("reject", "hook", 2, "deny", "hook", "hook_denied"),
        ("reject", "config", 5, "deny", "policy", "policy_denied"),
        ("reject", "unknown", 20, "deny", "unknown", ""),
        ("unknown", "unknown", 17, "", "unknown", ""),
    ] {
        let own = [("decision", S(word)), ("source", S(source)), ("duration_ms", I(waited))];
        span("claude_code.tool.blocked_on_user", &own)
            .has(&[("kind", "approval"), ("decision", decided), ("decided_by", by)])
            .has(&[("denial_reason", reason), ("decision_source", source)])
            .keeps(&["decision"]);
    }
    let batch = [
        ("decision", S("accept")),
        ("source", S("user_permanent")),
        ("app.entrypoint", S("sdk-cli")),
    ];
    span("claude_code.tool.blocked_on_user", &batch).has(&[("decided_by", "policy")]);
}

/// Permission spans name no agent but by the conversation, which is then the agent's own id.
#[test]
fn conversations() {
    let conversation = |id| ("gen_ai.conversation.id", S(id));
    span("claude_code.tool.blocked_on_user", &[conversation("a845")])
        .has(&[("agent_path", "a845"), ("session_id", SESSION)]);
    span("claude_code.tool", &[("agent_id", S("a1")), conversation("a845")])
        .has(&[("agent_path", "a1")]);
    let alone = |id| Row(super::SPANS.span("claude_code.tool", &[conversation(id)]));
    alone(SESSION).has(&[("session_id", SESSION), ("agent_path", "")]);
    alone("a845").has(&[("session_id", ""), ("agent_path", "a845")]);
}

/// `claude_code.hook`, and a span that nobody knows.
#[test]
fn other_spans() {
    let own = [
        ("hook_event", S("PreToolUse")),
        ("hook_name", S("PreToolUse:Bash")),
        ("num_hooks", I(1)),
        ("num_blocking", I(1)),
        ("hook_definitions", S("[]")),
    ];
    span("claude_code.hook", &own)
        .has(&[("kind", "hook"), ("tool", "Bash"), ("decision", "deny"), ("decided_by", "hook")])
        .has(&[("duration_ms", "1500"), ("outcome", "succeeded")]);
    span("claude_code.dream", &[("depth", I(2))])
        .has(&[("kind", "span"), ("duration_ms", ""), ("session_id", SESSION)])
        .keeps(&["depth"]);
}

/// `tool.output` is content; another event of a span is kept as it is.
#[test]
fn span_events() {
    span_event("tool.output", &[("output", S("total 0")), ("file_path", S("/x"))])
        .has(&[("kind", "tool_result"), ("output", "total 0"), ("path", "/x")])
        .has(&[("agent_version", "2.1.329"), ("name", "tool.output")])
        .keeps(&[]);
    span_event("tool.output", &[("content", S("text"))])
        .has(&[("output", "text")])
        .keeps(&["content", "otlp.derived"]);
    span_event("gen_ai.request.attempt", &[("attempt", I(1))])
        .has(&[("kind", "span"), ("name", "gen_ai.request.attempt")])
        .keeps(&["attempt"]);
}
