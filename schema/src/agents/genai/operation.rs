//! What a span is about.

use crate::agents::genai::goose;
use crate::agents::genai::openinference;
use crate::event::EventColumns;
use crate::normalise::attributes::SentAttributes;
use crate::vocabulary::Agent;

/// What a span is about, over both conventions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operation {
    /// A request to a model.
    Request,
    /// An agent or a workflow at work, from its input to its answer.
    Run,
    /// A tool call.
    Tool,
    /// A request of the Model Context Protocol.
    Mcp,
    /// A guardrail or an evaluation.
    Reviewer,
    /// An agent was made, or took over.
    Session,
    /// A span that goose alone knows.
    Goose,
    /// Anything else.
    Plain,
}

impl Operation {
    /// Reads it from the attributes; the name of a span counts only for goose.
    pub(super) fn of(agent: Agent, sent: &SentAttributes<'_>, columns: &EventColumns<'_>) -> Self {
        let name = columns.name.as_deref().unwrap_or_default();
        if agent == Agent::Goose && goose::knows(name) {
            return Self::Goose;
        }
        if sent.text("mcp.method.name").is_some() {
            return Self::Mcp;
        }
        let root = columns.parent_span_id.is_none();
        Self::by_convention(sent.text("gen_ai.operation.name").unwrap_or_default())
            .or_else(|| Self::by_openinference(agent, root, sent))
            .unwrap_or_else(|| Self::by_content(sent))
    }

    /// Source: the registry of `gen_ai.operation.name`, and what the instrumentation of the
    /// OpenAI Agents SDK adds to it.
    fn by_convention(name: &str) -> Option<Self> {
        Some(match name {
            "chat" | "generate_content" | "text_completion" | "embeddings" | "fetch_response"
            | "response" | "transcription" | "speech_generation" => Self::Request,
            "invoke_agent" | "invoke_workflow" => Self::Run,
            "execute_tool" => Self::Tool,
            "apply_guardrail" | "guardrail_check" | "guardrail" => Self::Reviewer,
            "create_agent" | "agent_handoff" | "handoff" => Self::Session,
            _ => return None,
        })
    }

    /// Source: the span kinds of OpenInference. In LangGraph, a node of the graph is AGENT if its
    /// name sounds like one, and a node that runs one tool call carries it in its input.
    fn by_openinference(agent: Agent, root: bool, sent: &SentAttributes<'_>) -> Option<Self> {
        let kind = sent.text("openinference.span.kind")?.to_ascii_uppercase();
        Some(match kind.as_str() {
            "LLM" | "EMBEDDING" | "RERANKER" => Self::Request,
            "TOOL" => Self::Tool,
            "GUARDRAIL" | "EVALUATOR" => Self::Reviewer,
            "AGENT" if root || agent != Agent::Langgraph => Self::Run,
            "CHAIN" if root => Self::Run,
            _ if openinference::is_tool_node(sent) => Self::Tool,
            _ => Self::Plain,
        })
    }

    /// Older instrumentations name no operation.
    fn by_content(sent: &SentAttributes<'_>) -> Self {
        let has = |key: &str| sent.find(key).is_some();
        if has("gen_ai.tool.call.id") || has("gen_ai.tool.name") {
            Self::Tool
        } else if has("pydantic_ai.all_messages") || has("all_messages_events") {
            Self::Run
        } else if has("gen_ai.request.model") && has("gen_ai.usage.input_tokens") {
            Self::Request
        } else {
            Self::Plain
        }
    }
}
