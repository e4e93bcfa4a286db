//! Prompts and answers.

use super::{I, Is, S, log};

fn prompt(text: &'static str, more: &[(&str, Is)]) -> super::Row {
    let own = [
        ("prompt_length", S("22")),
        ("prompt", S(text)),
        ("prompt_text", S(text)),
        ("message.uuid", S("m1")),
    ];
    log("user_prompt", &[&own[..], more].concat())
}

/// `user_prompt`: the text is held once though it is sent twice.
#[test]
fn user_prompt() {
    let command = [("command_name", S("review")), ("command_source", S("builtin"))];
    prompt("Please tag the release", &command)
        .has(&[
            ("kind", "prompt"),
            ("prompt", "Please tag the release"),
            ("prompt_origin", "human"),
            ("turn_id", "60b53c0e-76a9-4b27-b453-48ffad5fabe1"),
        ])
        .keeps(&["prompt_length", "message.uuid", "command_name", "command_source"]);
    log("user_prompt", &[("prompt", S("hi"))]).has(&[("prompt", "hi")]).keeps(&["otlp.derived"]);
    log("user_prompt", &[("prompt_text", S("hi"))])
        .has(&[("prompt", "hi"), ("prompt_origin", "human")])
        .keeps(&["prompt_text", "otlp.derived"]);
}

/// Who wrote a prompt is told by its marks; a redacted one tells nothing.
#[test]
fn prompt_origins() {
    for (text, origin) in [
        ("List the repo", "human"),
        ("/review please", "human"),
        ("<task-notification>\n<task-id>a845</task-id>", "system"),
        ("\n<system-reminder>the file changed</system-reminder>", "system"),
        ("<local-command-stdout>ok</local-command-stdout>", "system"),
        ("What does <task-notification> mean?", "human"),
    ] {
        prompt(text, &[]).has(&[("prompt_origin", origin), ("prompt", text)]);
    }
    prompt("<REDACTED>", &[])
        .has(&[("prompt", ""), ("prompt_origin", ""), ("kind", "prompt")])
        .keeps(&["prompt_length", "prompt", "prompt_text", "message.uuid"]);
    let subagent = [("agent_id", S("a845"))];
    prompt("List files", &subagent).has(&[("prompt_origin", "subagent_task")]);
    prompt("<REDACTED>", &subagent).has(&[("prompt_origin", "subagent_task")]);
}

/// `assistant_response`: what was asked for tells who asked.
#[test]
fn assistant_response() {
    for (source, origin, path) in [
        ("repl_main_thread", "", ""),
        ("repl_main_thread:outputStyle:custom", "", ""),
        ("sdk", "", ""),
        ("agent:builtin:general-purpose", "subagent_task", "agent:builtin:general-purpose"),
        ("generate_session_title", "system", ""),
        ("compact", "system", ""),
    ] {
        let own = [
            ("response_length", I(8)),
            ("response", S("Looking.")),
            ("model", S("claude-opus-5-5")),
            ("request_id", S("req_1")),
            ("message.uuid", S("m2")),
            ("query_source", S(source)),
        ];
        let row = log("assistant_response", &own);
        row.has(&[
            ("kind", "response"),
            ("response", "Looking."),
            ("model", "claude-opus-5-5"),
            ("request_id", "req_1"),
            ("prompt_origin", origin),
            ("agent_path", path),
        ]);
        let kept = ["response_length", "message.uuid", "query_source", "otlp.derived"];
        row.keeps(if path.is_empty() { &kept[..3] } else { &kept });
    }
    log("assistant_response", &[("response", S("<REDACTED>"))])
        .has(&[("response", "")])
        .keeps(&["response"]);
}
