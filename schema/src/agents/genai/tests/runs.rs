//! Runs of agents and workflows: prompts and answers.

use super::{A, ANY, I, OPENAI, PYDANTIC, S, error, nested, operation};

const HISTORY: &str = r#"[{"role":"system","parts":[{"type":"text","content":"Be good."}]},{"role":"user","parts":[{"type":"text","content":"first"}]},{"role":"assistant","parts":[{"type":"text","content":"Done."}]},{"role":"user","parts":[{"type":"text","content":"second"}]},{"role":"tool","parts":[{"type":"tool_call_response","id":"c","result":"r"}]}]"#;
const ANSWER: &str = r#"[{"role":"assistant","parts":[{"type":"text","content":"Done again."}]}]"#;

/// The span that starts a run is the prompt; a person wrote it if nothing called the program.
#[test]
fn prompts() {
    let own = [
        ("gen_ai.agent.name", S("desk")),
        ("gen_ai.agent.description", S("d")),
        ("gen_ai.request.model", S("gpt-5.4")),
        ("gen_ai.input.messages", S(HISTORY)),
        ("gen_ai.output.messages", S(ANSWER)),
        ("gen_ai.usage.input_tokens", I(300)),
    ];
    let row = operation(OPENAI, "invoke_agent", &own);
    row.has(&[
        ("kind", "prompt"),
        ("prompt", "second"),
        ("prompt_origin", "human"),
        ("response", "Done again."),
        ("outcome", "succeeded"),
        ("agent_path", "desk"),
        ("model", "gpt-5.4"),
        ("input_tokens", ""),
        ("duration_ms", ""),
    ]);
    assert!(row.kept.iter().any(|kept| kept == "gen_ai.usage.input_tokens"), "a sum is kept");
    nested(OPENAI, "invoke_agent", &own).has(&[
        ("kind", "prompt"),
        ("prompt", "second"),
        ("prompt_origin", ""),
    ]);
    operation(ANY, "invoke_workflow", &own).has(&[("kind", "prompt"), ("prompt", "second")]);
}

/// A run without a prompt is a piece of the session: a workflow, or what goes on after an
/// approval.
#[test]
fn no_prompt() {
    for name in ["invoke_agent", "invoke_workflow", "create_agent", "agent_handoff"] {
        operation(OPENAI, name, &[]).has(&[
            ("kind", "session"),
            ("prompt", ""),
            ("prompt_origin", ""),
            ("outcome", ""),
        ]);
    }
    let resumed =
        [("pydantic_ai.all_messages", S(HISTORY)), ("pydantic_ai.new_message_index", I(4))];
    operation(PYDANTIC, "invoke_agent", &resumed).has(&[("kind", "session"), ("prompt", "")]);
    let asked =
        [("pydantic_ai.all_messages", S(HISTORY)), ("pydantic_ai.new_message_index", S("3"))];
    operation(PYDANTIC, "invoke_agent", &asked).has(&[("kind", "prompt"), ("prompt", "second")]);
}

/// Pydantic AI's own attributes of a run.
#[test]
fn pydantic() {
    let own = [
        ("agent_name", S("desk")),
        ("model_name", S("gpt-5.4")),
        ("gen_ai.agent.call.id", S("run-1")),
        ("gen_ai.aggregated_usage.input_tokens", I(300)),
        ("logfire.msg", S("desk run")),
        ("pydantic_ai.all_messages", S(HISTORY)),
        ("final_result", S("Nothing.")),
    ];
    operation(PYDANTIC, "invoke_agent", &own)
        .has(&[
            ("agent_path", "desk"),
            ("model", "gpt-5.4"),
            ("prompt", "second"),
            ("response", "Nothing."),
            ("decision", ""),
            ("input_tokens", ""),
        ])
        .keeps_beside(
            &["otlp.end_time_unix_nano", "otlp.derived", "gen_ai.operation.name"],
            &[
                "agent_name",
                "model_name",
                "gen_ai.agent.call.id",
                "gen_ai.aggregated_usage.input_tokens",
                "logfire.msg",
                "pydantic_ai.all_messages",
                "final_result",
            ],
        );
}

/// A run that ended with calls to approve asks somebody; a text that quotes the word does not.
#[test]
fn pending_approvals() {
    let pending = r#"{"calls":[],"approvals":[{"tool_name":"deploy","tool_call_id":"call_0"}]}"#;
    for (result, decision, response) in [
        (pending, "ask", ""),
        (r#"{"calls":[],"approvals":[]}"#, "", r#"{"calls":[],"approvals":[]}"#),
        (r#"the "approvals" are in"#, "", r#"the "approvals" are in"#),
    ] {
        operation(PYDANTIC, "invoke_agent", &[("final_result", S(result))])
            .has(&[("decision", decision), ("response", response)]);
    }
    operation(ANY, "invoke_agent", &[("final_result", S(pending))]).has(&[("decision", "")]);
}

/// A run that failed keeps its prompt and says why.
#[test]
fn failed_run() {
    let attributes =
        [("gen_ai.operation.name", S("invoke_agent")), ("gen_ai.input.messages", S(HISTORY))];
    ANY.span_with("invoke_agent x", &attributes, |out| error(out, "broken")).has(&[
        ("kind", "prompt"),
        ("prompt", "second"),
        ("outcome", "failed"),
        ("error", "broken"),
    ]);
}

/// Messages that no reader understands are kept, and the run is a piece of the session.
#[test]
fn unreadable_messages() {
    for messages in [S("not json"), S("[[[["), A(&["x"]), I(4), S("")] {
        let row = operation(ANY, "invoke_agent", &[("gen_ai.input.messages", messages)]);
        row.has(&[("kind", "session"), ("prompt", "")]);
        assert!(row.kept.iter().any(|kept| kept == "gen_ai.input.messages"));
    }
}
