//! Log records and span events of the conventions.

use super::{ANY, B, D, I, PYDANTIC, S, log_by_field, operation};

const SAID: &str = r#"[{"role":"assistant","parts":[{"type":"text","content":"hi"}]}]"#;

/// The details of a request, named by the field or by the attribute.
#[test]
fn inference_details() {
    let own = [
        ("gen_ai.operation.name", S("chat")),
        ("gen_ai.conversation.id", S("conv-1")),
        ("gen_ai.request.model", S("gpt-5.4")),
        ("gen_ai.usage.input_tokens", I(7)),
        ("gen_ai.output.messages", S(SAID)),
    ];
    let name = "gen_ai.client.inference.operation.details";
    let expected = [
        ("agent", "genai"),
        ("kind", "model_request"),
        ("name", name),
        ("session_id", "conv-1"),
        ("model", "gpt-5.4"),
        ("input_tokens", "7"),
        ("response", "hi"),
    ];
    log_by_field(ANY, name, &own).has(&expected).has(&[("event_name", name)]);
    ANY.log("", &[&[("event.name", S(name))][..], &own].concat()).has(&expected);
    PYDANTIC.span_event("chat x", name, &own).has(&expected[1..]);
}

/// A guardrail's result is a decision only where its word says so.
#[test]
fn guardrails() {
    for (kind, value, decision) in [
        ("action", "GUARDRAIL_INTERVENED", "deny"),
        ("action", "allowed", "allow"),
        ("severity", "4", ""),
        ("tripwire_triggered", "true", "deny"),
        ("tripwire_triggered", "false", "allow"),
        ("cached", "true", ""),
    ] {
        let own = [
            ("gen_ai.guardrail.component.name", S("pii")),
            ("gen_ai.guardrail.policy.id", S("p-1")),
            ("gen_ai.guardrail.result.type", S(kind)),
            ("gen_ai.guardrail.result.value", S(value)),
            ("gen_ai.guardrail.result.reason", S("a number")),
            ("gen_ai.guardrail.risk.score", D(0.5)),
        ];
        let by = if decision.is_empty() { "" } else { "ai_reviewer" };
        let expected = [
            ("kind", "reviewer"),
            ("decision", decision),
            ("decided_by", by),
            ("decision_source", "pii"),
            ("rationale", "a number"),
        ];
        log_by_field(ANY, "gen_ai.guardrail.result", &own).has(&expected).keeps_beside(
            &["otlp.derived"],
            &[
                "gen_ai.guardrail.policy.id",
                "gen_ai.guardrail.result.type",
                "gen_ai.guardrail.result.value",
                "gen_ai.guardrail.risk.score",
            ],
        );
        PYDANTIC.span_event("x", "gen_ai.guardrail.result", &own).has(&expected);
        operation(ANY, "apply_guardrail", &own).has(&expected).has(&[("duration_ms", "1500")]);
    }
    let own = [("gen_ai.guardrail.name", S("pii")), ("gen_ai.guardrail.triggered", B(true))];
    operation(ANY, "guardrail_check", &own).has(&[
        ("kind", "reviewer"),
        ("decision", "deny"),
        ("denial_reason", "reviewer_denied"),
        ("decision_source", "pii"),
    ]);
}

/// An evaluation judges and decides nothing.
#[test]
fn evaluations() {
    let own = [
        ("gen_ai.evaluation.name", S("relevance")),
        ("gen_ai.evaluation.score.value", D(0.7)),
        ("gen_ai.evaluation.score.label", S("pass")),
        ("gen_ai.evaluation.explanation", S("it fits")),
        ("gen_ai.response.id", S("resp_1")),
    ];
    log_by_field(ANY, "gen_ai.evaluation.result", &own).has(&[
        ("kind", "reviewer"),
        ("rationale", "it fits"),
        ("decision", ""),
        ("decided_by", ""),
        ("request_id", "resp_1"),
    ]);
}

/// Messages as events of their own: the body is JSON, or the content an attribute.
#[test]
fn messages() {
    let log = |name, body| ANY.log(body, &[("event.name", S(name))]);
    log("gen_ai.user.message", r#"{"content":"go"}"#).has(&[
        ("kind", "prompt"),
        ("prompt", "go"),
        ("prompt_origin", ""),
    ]);
    log("gen_ai.choice", r#"{"index":0,"message":{"role":"assistant","content":"hi"}}"#)
        .has(&[("kind", "response"), ("response", "hi")]);
    log("gen_ai.tool.message", r#"{"id":"call_0","content":"x"}"#).has(&[
        ("kind", "tool_result"),
        ("call_id", "call_0"),
        ("output", "x"),
    ]);
    log("gen_ai.user.message", "not json").has(&[("kind", "prompt"), ("prompt", "")]);
    PYDANTIC
        .span_event(
            "chat",
            "gen_ai.user.message",
            &[("gen_ai.system", S("x")), ("content", S("go"))],
        )
        .has(&[("prompt", "go")]);
}

/// Exceptions are errors, under every name.
#[test]
fn exceptions() {
    let own = [("exception.type", S("KeyError")), ("exception.message", S("owner"))];
    PYDANTIC.span_event("execute_tool x", "exception", &own).has(&[
        ("agent", "pydantic-ai"),
        ("kind", "error"),
        ("error", "owner"),
    ]);
    for name in ["gen_ai.execute_tool.exception", "gen_ai.client.operation.exception"] {
        log_by_field(ANY, name, &own).has(&[("kind", "error"), ("error", "owner")]);
    }
    PYDANTIC.span_event("x", "exception", &own[..1]).has(&[("error", "KeyError")]);
}

/// What nobody knows is kept as it came.
#[test]
fn unknown_events() {
    log_by_field(ANY, "gen_ai.new.event", &[("gen_ai.x", S("1"))])
        .has(&[("agent", "genai"), ("kind", "other"), ("name", "gen_ai.new.event")])
        .keeps_beside(&["otlp.derived"], &["gen_ai.x"]);
    ANY.log("hello", &[("x", S("1"))]).has(&[("agent", "unknown"), ("kind", "other")]);
}
