//! An agent at work, and its requests to the model.

use super::{A, B, CHAT, D, I, Is, S, failed_span, span};

const MESSAGES: &str = r#"[{"role":"user","parts":[{"type":"text","content":"<current_datetime>2026-11-20T11:30:19.991+00:00</current_datetime>\n\nList the repo"}]}]"#;
const ANSWER: &str = r#"[{"role":"assistant","parts":[{"type":"text","content":"Done."}]}]"#;

/// `invoke_agent`: the prompt with its answer; sums of usage stay attributes.
#[test]
fn invocation() {
    let own = [
        ("gen_ai.operation.name", S("invoke_agent")),
        ("gen_ai.provider.name", S("github")),
        ("gen_ai.agent.id", S("github.copilot.default")),
        ("gen_ai.agent.version", S("1.0.102")),
        ("gen_ai.conversation.id", S("s1")),
        ("gen_ai.request.model", S("auto")),
        ("gen_ai.response.model", S("gpt-5.4")),
        ("gen_ai.response.id", S("r9")),
        ("gen_ai.response.finish_reasons", A(&["stop"])),
        ("gen_ai.usage.input_tokens", I(400)),
        ("gen_ai.usage.output_tokens", I(80)),
        ("gen_ai.usage.cache_read.input_tokens", I(8)),
        ("gen_ai.usage.cache_creation.input_tokens", I(4)),
        ("server.address", S("127.0.0.1")),
        ("server.port", I(8099)),
        ("enduser.pseudo.id", S("u-7")),
        ("github.copilot.context.skills", S("[]")),
        ("github.copilot.context.mcp_server_names", S(r#"["tickets"]"#)),
        ("github.copilot.context.custom_agent_names", S("[]")),
        ("github.copilot.agent.type", S("builtin")),
        ("github.copilot.turn_count", I(4)),
        ("github.copilot.cost", D(1.0)),
        ("github.copilot.nano_aiu", D(8_424_200_000.0)),
        ("github.copilot.git.repository", S("https://github.com/o/r.git")),
        ("github.copilot.git.branch", S("main")),
        ("github.copilot.git.commit_sha", S("deadbeef")),
        ("github.copilot.github.org", S("o")),
        ("gen_ai.input.messages", S(MESSAGES)),
        ("gen_ai.output.messages", S(ANSWER)),
        ("gen_ai.system_instructions", S("[]")),
        ("gen_ai.tool.definitions", S("[]")),
    ];
    let row = span("invoke_agent", &own);
    row.has(&[
        ("agent", "copilot"),
        ("agent_version", "1.0.102"),
        ("client", "github-copilot"),
        ("name", "invoke_agent"),
        ("kind", "prompt"),
        ("session_id", "s1"),
        ("provider", "github"),
        ("model", "gpt-5.4"),
        ("prompt", "List the repo"),
        ("prompt_origin", "human"),
        ("response", "Done."),
        ("outcome", "succeeded"),
        ("duration_ms", "1500"),
        ("repository", "https://github.com/o/r.git"),
        ("user_id", "u-7"),
        ("agent_path", ""),
        ("input_tokens", ""),
        ("output_tokens", ""),
        ("cost_usd", ""),
        ("request_id", ""),
    ]);
    let held = ["gen_ai.provider.name", "gen_ai.conversation.id", "gen_ai.response.model"];
    let held = [&held[..], &["github.copilot.git.repository"]].concat();
    let kept: Vec<&str> =
        own.iter().map(|(key, _)| *key).filter(|key| !held.contains(key)).collect();
    row.keeps_beside(&["otlp.end_time_unix_nano"], &kept);
}

/// A subagent's span names its agent and hangs below the call; its task is not a person's.
#[test]
fn subagents() {
    let own = [("gen_ai.agent.name", S("task")), ("gen_ai.agent.description", S("Survey"))];
    let below = |own: &[(&str, Is)]| {
        super::CLI.span_with("invoke_agent task", own, |out| out.bytes_field(4, &[1; 8]))
    };
    below(&own).has(&[("kind", "session"), ("agent_path", "task"), ("prompt_origin", "")]);
    below(&[&own[..], &[("gen_ai.output.messages", S(ANSWER))]].concat()).has(&[
        ("kind", "response"),
        ("response", "Done."),
        ("prompt", ""),
    ]);
    below(&[&own[..], &[("gen_ai.input.messages", S(MESSAGES))]].concat())
        .has(&[("kind", "prompt"), ("prompt_origin", "subagent_task")]);
    // The chat extension names its main agent too.
    let own = [("gen_ai.agent.name", S("copilot")), ("gen_ai.input.messages", S(MESSAGES))];
    CHAT.span("invoke_agent copilot", &own).has(&[
        ("prompt_origin", "human"),
        ("agent_path", "copilot"),
        ("client", "copilot-chat"),
        ("session_id", ""),
    ]);
}

/// A notification of Copilot itself is no person's prompt.
#[test]
fn machinery() {
    let messages = r#"[{"role":"user","parts":[{"type":"text","content":"<system_notification>shell 0 ended</system_notification>"}]}]"#;
    let row = span("invoke_agent", &[("gen_ai.input.messages", S(messages))]);
    row.has(&[("kind", "prompt"), ("prompt_origin", "system")]);
}

fn request(more: &[(&'static str, Is)]) -> Vec<(&'static str, Is)> {
    let own = [
        ("gen_ai.operation.name", S("chat")),
        ("gen_ai.provider.name", S("github")),
        ("gen_ai.request.model", S("auto")),
        ("gen_ai.conversation.id", S("s1")),
        ("gen_ai.request.stream", B(true)),
        ("gen_ai.request.reasoning.level", S("medium")),
        ("server.address", S("127.0.0.1")),
        ("server.port", I(8099)),
        ("gen_ai.response.finish_reasons", A(&["stop"])),
        ("gen_ai.usage.input_tokens", I(100)),
        ("gen_ai.usage.output_tokens", I(20)),
        ("gen_ai.usage.cache_read.input_tokens", I(8)),
        ("gen_ai.usage.cache_write.input_tokens", I(4)),
        ("gen_ai.response.model", S("gpt-5.4")),
        ("gen_ai.response.id", S("cc_0")),
        ("github.copilot.service_request_id", S("q1")),
        ("github.copilot.cost", D(1.0)),
        ("github.copilot.nano_aiu", D(8_000_000_000.0)),
        ("github.copilot.server_duration", D(52.0)),
        ("github.copilot.initiator", S("user")),
        ("github.copilot.turn_id", S("0")),
        ("github.copilot.interaction_id", S("i1")),
        ("gen_ai.response.time_to_first_chunk", D(0.01)),
    ];
    [&own[..], more].concat()
}

/// `chat`: one request, with what it used and what it cost.
#[test]
fn model_request() {
    let more = [
        ("gen_ai.usage.reasoning.output_tokens", I(5)),
        ("gen_ai.input.messages", S(MESSAGES)),
        ("gen_ai.output.messages", S(ANSWER)),
    ];
    span("chat gpt-5.4", &request(&more))
        .has(&[
            ("kind", "model_request"),
            ("session_id", "s1"),
            ("turn_id", "i1"),
            ("provider", "github"),
            ("model", "gpt-5.4"),
            ("request_id", "cc_0"),
            ("input_tokens", "100"),
            ("output_tokens", "20"),
            ("cached_tokens", "8"),
            ("reasoning_tokens", "5"),
            ("cost_usd", "0.08"),
            ("outcome", "succeeded"),
            ("prompt", "List the repo"),
            ("prompt_origin", "human"),
            ("response", "Done."),
            ("duration_ms", "1500"),
        ])
        .keeps_beside(
            &["otlp.end_time_unix_nano"],
            &[
                "gen_ai.operation.name",
                "gen_ai.request.model",
                "gen_ai.request.stream",
                "gen_ai.request.reasoning.level",
                "server.address",
                "server.port",
                "gen_ai.response.finish_reasons",
                "gen_ai.usage.cache_write.input_tokens",
                "github.copilot.service_request_id",
                "github.copilot.cost",
                "github.copilot.nano_aiu",
                "github.copilot.server_duration",
                "github.copilot.initiator",
                "github.copilot.turn_id",
                "gen_ai.response.time_to_first_chunk",
                "gen_ai.input.messages",
                "gen_ai.output.messages",
            ],
        );
}

/// A request that only carries results of calls has no prompt; without content it has no text;
/// one that failed is an error, and one that was called off is not.
#[test]
fn other_requests() {
    let results = r#"[{"role":"tool","parts":[{"type":"tool_call_response","response":"x"}]}]"#;
    span("chat m", &request(&[("gen_ai.input.messages", S(results))]))
        .has(&[("prompt", ""), ("prompt_origin", "")]);
    let own = [("gen_ai.request.model", S("gpt-5.4")), ("gen_ai.usage.reasoning_tokens", I(7))];
    span("chat gpt-5.4", &own).has(&[("model", "gpt-5.4"), ("reasoning_tokens", "7")]);
    let own =
        [("gen_ai.input.messages", S(MESSAGES)), ("github.copilot.initiator", S("sub-agent"))];
    span("chat m", &own).has(&[("prompt_origin", "subagent_task")]);
    let own = [("gen_ai.input.messages", S(MESSAGES)), ("github.copilot.initiator", S("agent"))];
    span("chat m", &own).has(&[("prompt", "List the repo"), ("prompt_origin", "")]);
    failed_span("chat m", "no route", &[("error.type", S("ModelCallError"))]).has(&[
        ("kind", "error"),
        ("outcome", "failed"),
        ("error", "no route"),
    ]);
    span("chat m", &[("error.type", S("ModelCallError"))]).has(&[("error", "ModelCallError")]);
    failed_span("chat m", "Operation aborted", &[])
        .has(&[("kind", "model_request"), ("outcome", "cancelled")]);
}

/// What the launcher claims comes before the account.
#[test]
fn identity() {
    let own = [("user.name", S("octocat")), ("enduser.pseudo.id", S("p"))];
    span("invoke_agent", &own).has(&[("user_id", "octocat")]);
    span("invoke_agent", &[&own[..], &[("enduser.id", S("jane"))]].concat())
        .has(&[("user_id", "jane")]);
}

/// A span that no version is known to send is kept with all it carried.
#[test]
fn unknown_spans() {
    span("session.timing.startup", &[("github.copilot.session.timing.phase", S("x"))])
        .has(&[("kind", "span"), ("name", "session.timing.startup"), ("duration_ms", "1500")])
        .keeps_beside(&["otlp.end_time_unix_nano"], &["github.copilot.session.timing.phase"]);
    span("invoke_workflow", &[("github.copilot.workflow.run_id", S("w"))])
        .has(&[("kind", "session")]);
}
