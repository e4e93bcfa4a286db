//! Which agent sent a record.
//!
//! What is certain for a whole scope is decided once per scope; what only a record shows is
//! decided per record and comes first. Source: the wire as captured, and the agents' own
//! documentation.

use crate::agents::EVENT_NAME;
use crate::event::EventColumns;
use crate::normalise::attributes::SentAttributes;
use crate::vocabulary::Agent;

/// What a resource and a scope say of the agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ScopeAgent(Option<Agent>);

/// Looks at the names of a service and of a scope.
///
/// The service name of Codex is the front end's and can be anything; its spans and metrics carry
/// it, or `codex`, as the scope.
pub(crate) fn of_scope(service: &str, scope: &str) -> ScopeAgent {
    let codex_front_end =
        scope == service && (scope.starts_with("codex_") || scope.starts_with("codex-"));
    ScopeAgent(if scope.starts_with("codex_otel") || scope == "codex" || codex_front_end {
        Some(Agent::Codex)
    } else if scope.starts_with("com.anthropic.claude_code")
        || matches!(service, "claude-code" | "claude-code-desktop")
    {
        Some(Agent::ClaudeCode)
    } else if service == "qwen-code" || scope == "qwen-code" {
        Some(Agent::Qwen)
    } else if scope == "gemini-cli" || service == "gemini-cli" {
        Some(Agent::Gemini)
    } else if matches!(service, "github-copilot" | "copilot-chat") || scope == "github.copilot" {
        Some(Agent::Copilot)
    } else if service == "opencode" {
        Some(Agent::Opencode)
    } else {
        of_framework(service, scope)
    })
}

/// Programs call themselves what they like: the library that instruments them has a fixed name.
fn of_framework(service: &str, scope: &str) -> Option<Agent> {
    let instrumented = scope
        .split_once("instrumentation.")
        .or_else(|| scope.split_once("instrumentation-"))
        .map_or("", |(_, library)| library);
    let of = |names: &[&str]| names.iter().any(|name| instrumented.starts_with(name));
    Some(if scope.starts_with("pydantic-ai") || of(&["pydantic_ai", "pydantic-ai"]) {
        Agent::PydanticAi
    } else if of(&["openai_agents", "openai-agents"]) {
        Agent::OpenaiAgents
    } else if of(&["langchain", "langgraph"]) {
        Agent::Langgraph
    } else if scope == "cursor.telemetry" || service == "cursor" {
        Agent::Cursor
    } else if scope == "cline" || service == "cline" {
        Agent::Cline
    } else if service == "goose" {
        Agent::Goose
    } else if service == "kiro" {
        Agent::Kiro
    } else {
        return None;
    })
}

/// Before the keys of the GenAI and MCP conventions, and of OpenInference.
const CONVENTIONS: &[&str] = &["gen_ai.", "mcp.", "openinference."];
/// Before the names of what Kiro sends.
const KIRO: &str = "kiro.";

/// The agent of a record that nothing but its own attributes tells about.
fn by_convention(sent: &SentAttributes<'_>) -> Agent {
    let speaks = |key: &str| CONVENTIONS.iter().any(|prefix| key.starts_with(prefix));
    if sent.iter().any(|one| speaks(&one.key)) { Agent::Genai } else { Agent::Unknown }
}

impl ScopeAgent {
    /// The agent of a log record, whose own fields are filled.
    pub(crate) fn of_log(self, sent: &SentAttributes<'_>, columns: &EventColumns<'_>) -> Agent {
        let name = sent.text(EVENT_NAME).unwrap_or_default();
        if name.starts_with("codex.") {
            return Agent::Codex;
        }
        if name.starts_with("qwen-code.") {
            return Agent::Qwen;
        }
        self.0.unwrap_or_else(|| {
            let field = columns.event_name.as_deref().unwrap_or_default();
            let body = columns.body.as_deref().unwrap_or_default();
            if [name, field, body].iter().any(|name| name.starts_with(KIRO)) {
                return Agent::Kiro;
            }
            let named = CONVENTIONS.iter().any(|prefix| field.starts_with(prefix));
            let named = named || CONVENTIONS.iter().any(|prefix| name.starts_with(prefix));
            if named { Agent::Genai } else { by_convention(sent) }
        })
    }

    /// The agent of a span: the spans of Codex name the module that made them.
    pub(crate) fn of_span(self, sent: &SentAttributes<'_>) -> Agent {
        self.0.unwrap_or_else(|| {
            let module = sent.text("code.module.name").unwrap_or_default();
            if module.starts_with("codex_") { Agent::Codex } else { by_convention(sent) }
        })
    }
}

/// The agent of a metric.
pub(crate) fn of_point(scope: ScopeAgent, metric: &str) -> Agent {
    if metric.starts_with("codex.") {
        return Agent::Codex;
    }
    let named = || CONVENTIONS.iter().any(|prefix| metric.starts_with(prefix));
    scope.0.unwrap_or_else(|| if named() { Agent::Genai } else { Agent::Unknown })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each agent is known by what its captures carry, and a front end's name alone is not Codex.
    #[test]
    fn scopes_name_their_agents() {
        for (service, scope, agent) in [
            ("anything", "codex_otel.log_only", Some(Agent::Codex)),
            ("codex_exec", "codex_exec", Some(Agent::Codex)),
            ("codex-tui", "codex-tui", Some(Agent::Codex)),
            ("codex_exec", "codex", Some(Agent::Codex)),
            ("claude-code", "com.anthropic.claude_code.events", Some(Agent::ClaudeCode)),
            ("gemini-cli", "gemini-cli", Some(Agent::Gemini)),
            ("qwen-code", "@opentelemetry/instrumentation-undici", Some(Agent::Qwen)),
            ("github-copilot", "github.copilot", Some(Agent::Copilot)),
            ("opencode", "ai", Some(Agent::Opencode)),
            ("codex_exec", "some.instrumentation", None),
            ("bot", "opentelemetry.instrumentation.openai_agents", Some(Agent::OpenaiAgents)),
            ("bot", "openinference.instrumentation.openai_agents", Some(Agent::OpenaiAgents)),
            ("bot", "openinference.instrumentation.langchain", Some(Agent::Langgraph)),
            ("bot", "@arizeai/openinference-instrumentation-langchain", Some(Agent::Langgraph)),
            ("bot", "opentelemetry.instrumentation.langchain", Some(Agent::Langgraph)),
            ("bot", "pydantic-ai", Some(Agent::PydanticAi)),
            ("cursor", "cursor.telemetry", Some(Agent::Cursor)),
            ("anything", "cline", Some(Agent::Cline)),
            ("goose", "", Some(Agent::Goose)),
            ("copilot-chat", "pydantic-ai", Some(Agent::Copilot)),
            ("bot", "opentelemetry.instrumentation.openai_v2", None),
            ("bot", "fastmcp", None),
            ("mongoose", "", None),
        ] {
            assert_eq!(of_scope(service, scope).0, agent, "{service} {scope}");
        }
    }
}
