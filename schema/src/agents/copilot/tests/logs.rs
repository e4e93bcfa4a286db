//! The log records of the chat extension.

use super::{B, CHAT, D, I, Is, Row, S};

fn log(name: &'static str, own: &[(&str, Is)]) -> Row {
    CHAT.log("copilot_chat", &[&[("event.name", S(name))], own].concat())
}

/// `copilot_chat.tool.call`: the flag is the tool's, not the command's.
#[test]
fn tool_calls() {
    for (tool, success, outcome, reason) in [
        ("read_file", B(true), "succeeded", ""),
        ("read_file", B(false), "failed", "tool_error"),
        ("run_in_terminal", S("true"), "unknown", ""),
    ] {
        let own = [
            ("gen_ai.tool.name", S(tool)),
            ("duration_ms", I(12)),
            ("success", success),
            ("error.type", S("E")),
        ];
        log("copilot_chat.tool.call", &own)
            .has(&[
                ("name", "copilot_chat.tool.call"),
                ("kind", "tool_result"),
                ("tool", tool),
                ("duration_ms", "12"),
                ("outcome", outcome),
                ("failure_reason", reason),
                ("error", "E"),
                ("call_id", ""),
                ("client", "copilot-chat"),
                ("session_id", ""),
            ])
            .keeps_beside(&[], &["success", "error.type"]);
    }
    log("copilot_chat.tool.call", &[("duration_ms", D(12.9))]).has(&[("duration_ms", "12")]);
}

/// The events about a session, a turn, edits and feedback.
#[test]
fn session_events() {
    let own = [
        ("session.id", S("s1")),
        ("gen_ai.request.model", S("gpt-4o")),
        ("gen_ai.agent.name", S("copilot")),
    ];
    log("copilot_chat.session.start", &own)
        .has(&[("kind", "session"), ("session_id", "s1"), ("model", "gpt-4o")])
        .has(&[("agent_path", "copilot")])
        .keeps_beside(&[], &[]);
    let own = [
        ("turn.index", I(1)),
        ("gen_ai.usage.input_tokens", I(10)),
        ("gen_ai.usage.output_tokens", I(2)),
        ("tool_call_count", I(3)),
    ];
    log("copilot_chat.agent.turn", &own)
        .has(&[("kind", "session"), ("input_tokens", "")])
        .keeps_beside(&[], &own.map(|(key, _)| key));
    for name in [
        "copilot_chat.edit.feedback",
        "copilot_chat.edit.hunk.action",
        "copilot_chat.edit.survival",
        "copilot_chat.inline.done",
    ] {
        log(name, &[("outcome", S("accepted")), ("request_id", S("q1"))])
            .has(&[("kind", "session"), ("request_id", "q1"), ("outcome", "")])
            .keeps_beside(&[], &["outcome"]);
    }
    let own = [
        ("rating", S("positive")),
        ("participant", S("copilot")),
        ("conversation_id", S("s1")),
        ("request_id", S("q1")),
    ];
    log("copilot_chat.user.feedback", &own)
        .has(&[("kind", "session"), ("session_id", "s1"), ("request_id", "q1")])
        .keeps_beside(&[], &["rating", "participant"]);
    let own = [("partner_agent", S("codex")), ("model", S("m")), ("request_id", S("q1"))];
    log("copilot_chat.cloud.session.invoke", &own)
        .has(&[("kind", "session"), ("agent_path", "codex"), ("model", "m")])
        .keeps_beside(&[], &[]);
}

/// `gen_ai.client.inference.operation.details` repeats its span: its tokens are not counted again.
#[test]
fn inference() {
    let own = [
        ("gen_ai.operation.name", S("chat")),
        ("gen_ai.request.model", S("auto")),
        ("gen_ai.response.model", S("gpt-4o")),
        ("gen_ai.response.id", S("r1")),
        ("gen_ai.usage.input_tokens", I(10)),
        ("gen_ai.usage.output_tokens", I(2)),
    ];
    log("gen_ai.client.inference.operation.details", &own)
        .has(&[("kind", "model_request"), ("model", "gpt-4o"), ("request_id", "r1")])
        .has(&[("input_tokens", "")])
        .keeps_beside(
            &[],
            &[
                "gen_ai.operation.name",
                "gen_ai.request.model",
                "gen_ai.usage.input_tokens",
                "gen_ai.usage.output_tokens",
            ],
        );
    log("gen_ai.client.inference.operation.details", &[("error.type", S("Timeout"))])
        .has(&[("kind", "error"), ("error", "Timeout")]);
}

/// A record that is not listed is kept whole, with a name or without.
#[test]
fn unknown_records() {
    log("copilot_chat.new", &[("x", I(1))])
        .has(&[("kind", "other"), ("name", "copilot_chat.new")])
        .keeps_beside(&[], &["x"]);
    CHAT.log("a line", &[("event.name", I(4))]).has(&[("kind", "other"), ("name", "")]);
}
