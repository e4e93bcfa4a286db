//! Who is recognised, and that nobody is taken for somebody else.

use super::{ANY, I, Is, S, TIME, error, sender};
use crate::agents::detect::{of_point, of_scope};
use crate::agents::testing::Sender;
use crate::vocabulary::Agent;

/// One attribute of the conventions is enough, under any key of theirs; a word in it is not.
#[test]
fn by_attributes() {
    for (key, agent) in [
        ("gen_ai.operation.name", "genai"),
        ("gen_ai.something.new", "genai"),
        ("mcp.method.name", "genai"),
        ("openinference.span.kind", "genai"),
        ("http.request.method", "unknown"),
        ("app.gen_ai.x", "unknown"),
        ("gen_aix", "unknown"),
    ] {
        ANY.span("x", &[("a", I(1)), (key, S("y"))]).has(&[("agent", agent)]);
        ANY.log("x", &[("a", I(1)), (key, S("y"))]).has(&[("agent", agent)]);
    }
}

/// Whose service or scope is known keeps it, whatever its spans carry.
#[test]
fn others_keep_theirs() {
    const fn service(name: &'static [(&'static str, Is)], scope: &'static str) -> Sender {
        Sender { resource: name, scope, time_unix_nano: TIME }
    }
    let own = [("gen_ai.operation.name", S("chat")), ("mcp.method.name", S("tools/call"))];
    for (sender, agent) in [
        (service(&[("service.name", S("github-copilot"))], "x"), "copilot"),
        (service(&[("service.name", S("copilot-chat"))], "x"), "copilot"),
        (service(&[("service.name", S("opencode"))], "ai"), "opencode"),
        (service(&[("service.name", S("gemini-cli"))], "gemini-cli"), "gemini"),
        (service(&[("service.name", S("qwen-code"))], "qwen-code"), "qwen"),
        (
            service(&[("service.name", S("claude-code"))], "com.anthropic.claude_code.x"),
            "claude-code",
        ),
        (service(&[("service.name", S("codex_exec"))], "codex_exec"), "codex"),
        (sender("fastmcp"), "genai"),
    ] {
        sender.span("x", &own).has(&[("agent", agent)]);
        sender.span_with("x", &own, |out| error(out, "no")).has(&[("agent", agent)]);
    }
    let module = [("code.module.name", S("codex_core::x")), ("gen_ai.operation.name", S("chat"))];
    ANY.span("x", &module).has(&[("agent", "codex")]);
    ANY.log("x", &[("event.name", S("codex.x")), ("gen_ai.x", S("y"))]).has(&[("agent", "codex")]);
}

/// Metrics are told by their scope, then by their name.
#[test]
fn metrics() {
    for (service, scope, metric, agent) in [
        ("bot", "pydantic-ai", "gen_ai.client.token.usage", Agent::PydanticAi),
        ("bot", "x", "gen_ai.client.token.usage", Agent::Genai),
        ("bot", "x", "mcp.client.operation.duration", Agent::Genai),
        ("gemini-cli", "gemini-cli", "gen_ai.client.token.usage", Agent::Gemini),
        ("bot", "x", "http.server.duration", Agent::Unknown),
        ("bot", "x", "codex.turn", Agent::Codex),
    ] {
        assert_eq!(of_point(of_scope(service, scope), metric), agent, "{scope} {metric}");
    }
}
