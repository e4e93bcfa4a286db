//! What the records of the conventions are known to carry.
//!
//! Programs choose most names: a name that ends in ` *` stands for every name that begins like
//! it (`chat gpt-5.4`). Spans of OpenInference are named after functions and tools, with keys
//! that count messages: they have no list, because there nothing is new or missing.
//!
//! Source: semantic-conventions-genai 1.42, the captures of OpenAI Agents SDK 0.24 and Pydantic
//! AI 2.68, Cline's catalogue, goose's sources, and Kiro's documents.

use crate::agents::catalogue::Known;
use crate::vocabulary::RecordSignal::{self, Logs, SpanEvent, Traces};

const fn known(
    signal: RecordSignal,
    name: &'static str,
    always: &'static [(&'static str, &'static str)],
    sometimes: &'static [(&'static str, &'static str)],
) -> Known {
    Known { signal, name, always, sometimes }
}

/// The lists.
pub(crate) const KNOWN: &[Known] = &[
    known(Traces, "chat *", OPERATION, REQUEST),
    known(Traces, "generate_content *", OPERATION, REQUEST),
    known(Traces, "text_completion *", OPERATION, REQUEST),
    known(Traces, "embeddings *", OPERATION, REQUEST),
    known(Traces, "invoke_agent *", OPERATION, RUN),
    known(Traces, "invoke_workflow *", OPERATION, RUN),
    known(Traces, "create_agent *", OPERATION, RUN),
    known(Traces, "execute_tool *", TOOL, TOOL_DETAILS),
    known(Traces, "apply_guardrail *", OPERATION, GUARDRAIL),
    known(Traces, "tools/call *", &[("gen_ai.tool.name", "s"), ("mcp.method.name", "s")], MCP),
    known(Traces, "tools/list", &[("mcp.method.name", "s")], MCP),
    known(Traces, "initialize", &[("mcp.method.name", "s")], MCP),
    known(Traces, "unknown", OPERATION, RUN),
    known(SpanEvent, "exception", &[], EXCEPTION),
    known(Logs, "gen_ai.client.inference.operation.details", OPERATION, REQUEST),
    known(Logs, "gen_ai.guardrail.result", &[], GUARDRAIL),
    known(Logs, "gen_ai.evaluation.result", &[("gen_ai.evaluation.name", "s")], EVALUATION),
    known(Traces, "reply", &[("session.id", "s")], GOOSE_REPLY),
    known(Traces, "dispatch_tool_call", &[("session.id", "s")], GOOSE_TOOL),
    known(Traces, "complete", &[], GOOSE_REQUEST),
    known(Traces, "stream_response_from_provider", &[], GOOSE_REQUEST),
    known(Logs, "kiro.chat.message", &[], &[]),
    known(Logs, "kiro.tool.call", &[], &[]),
    known(Logs, "task.created", CLINE, &[("apiProvider", "s")]),
    known(Logs, "task.restarted", CLINE, &[("apiProvider", "s")]),
    known(Logs, "task.completed", CLINE, &[]),
    known(Logs, "task.conversation_turn", CLINE, CLINE_TURN),
    known(Logs, "task.tokens", CLINE, CLINE_TURN),
    known(Logs, "task.tool_used", CLINE_TOOL, CLINE_TOOL_DETAILS),
    known(
        Logs,
        "task.mcp_tool_called",
        CLINE_MCP,
        &[("errorMessage", "s"), ("argumentKeys", "as")],
    ),
    known(Logs, "task.provider_api_error", CLINE, CLINE_ERROR),
    known(Logs, "task.yolo_mode_toggled", &[("enabled", "b")], CLINE),
];

const OPERATION: &[(&str, &str)] = &[("gen_ai.operation.name", "s")];

const REQUEST: &[(&str, &str)] = &[
    ("error.type", "s"),
    ("gen_ai.agent.call.id", "s"),
    ("gen_ai.agent.description", "s"),
    ("gen_ai.agent.id", "s"),
    ("gen_ai.agent.name", "s"),
    ("gen_ai.conversation.id", "s"),
    ("gen_ai.input.messages", "sa"),
    ("gen_ai.output.messages", "sa"),
    ("gen_ai.output.type", "s"),
    ("gen_ai.provider.name", "s"),
    ("gen_ai.request.choice.count", "i"),
    ("gen_ai.request.frequency_penalty", "d"),
    ("gen_ai.request.max_tokens", "i"),
    ("gen_ai.request.model", "s"),
    ("gen_ai.request.presence_penalty", "d"),
    ("gen_ai.request.seed", "i"),
    ("gen_ai.request.stop_sequences", "a"),
    ("gen_ai.request.temperature", "d"),
    ("gen_ai.request.top_k", "di"),
    ("gen_ai.request.top_p", "d"),
    ("gen_ai.response.finish_reasons", "a"),
    ("gen_ai.response.id", "s"),
    ("gen_ai.response.model", "s"),
    ("gen_ai.system", "s"),
    ("gen_ai.system_instructions", "sa"),
    ("gen_ai.tool.definitions", "sa"),
    ("gen_ai.usage.cache_creation.input_tokens", "i"),
    ("gen_ai.usage.cache_read.input_tokens", "i"),
    ("gen_ai.usage.cache_write.input_tokens", "i"),
    ("gen_ai.usage.input_tokens", "i"),
    ("gen_ai.usage.output_tokens", "i"),
    ("gen_ai.usage.reasoning.output_tokens", "i"),
    ("logfire.json_schema", "s"),
    ("model_request_parameters", "s"),
    ("operation.cost", "d"),
    ("server.address", "s"),
    ("server.port", "i"),
];

const RUN: &[(&str, &str)] = &[
    ("agent_name", "s"),
    ("error.type", "s"),
    ("final_result", "s"),
    ("gen_ai.agent.call.id", "s"),
    ("gen_ai.agent.description", "s"),
    ("gen_ai.agent.id", "s"),
    ("gen_ai.agent.name", "s"),
    ("gen_ai.agent.version", "s"),
    ("gen_ai.aggregated_usage.input_tokens", "i"),
    ("gen_ai.aggregated_usage.output_tokens", "i"),
    ("gen_ai.conversation.id", "s"),
    ("gen_ai.input.messages", "sa"),
    ("gen_ai.output.messages", "sa"),
    ("gen_ai.output.type", "s"),
    ("gen_ai.provider.name", "s"),
    ("gen_ai.request.model", "s"),
    ("gen_ai.system", "s"),
    ("gen_ai.system_instructions", "sa"),
    ("gen_ai.usage.input_tokens", "i"),
    ("gen_ai.usage.output_tokens", "i"),
    ("logfire.json_schema", "s"),
    ("logfire.msg", "s"),
    ("model_name", "s"),
    ("pydantic_ai.all_messages", "s"),
    ("pydantic_ai.new_message_index", "i"),
    ("server.address", "s"),
    ("server.port", "i"),
];

const TOOL: &[(&str, &str)] = &[("gen_ai.operation.name", "s"), ("gen_ai.tool.name", "s")];

const TOOL_DETAILS: &[(&str, &str)] = &[
    ("error.type", "s"),
    ("gen_ai.agent.call.id", "s"),
    ("gen_ai.agent.description", "s"),
    ("gen_ai.agent.id", "s"),
    ("gen_ai.agent.name", "s"),
    ("gen_ai.conversation.id", "s"),
    ("gen_ai.output.type", "s"),
    ("gen_ai.provider.name", "s"),
    ("gen_ai.system", "s"),
    ("gen_ai.tool.call.arguments", "sa"),
    ("gen_ai.tool.call.id", "s"),
    ("gen_ai.tool.call.result", "sa"),
    ("gen_ai.tool.description", "s"),
    ("gen_ai.tool.type", "s"),
    ("logfire.json_schema", "s"),
    ("logfire.msg", "s"),
    ("pydantic_ai.tool.retry.attempt", "i"),
    ("pydantic_ai.tool.retry.cause", "s"),
    ("pydantic_ai.tool.retry.max_retries", "i"),
    ("server.address", "s"),
    ("server.port", "i"),
];

const MCP: &[(&str, &str)] = &[
    ("error.type", "s"),
    ("fastmcp.component.key", "s"),
    ("fastmcp.server.name", "s"),
    ("gen_ai.operation.name", "s"),
    ("gen_ai.prompt.name", "s"),
    ("gen_ai.tool.call.arguments", "sa"),
    ("gen_ai.tool.call.result", "sa"),
    ("jsonrpc.request.id", "s"),
    ("mcp.protocol.version", "s"),
    ("mcp.resource.uri", "s"),
    ("mcp.session.id", "s"),
    ("network.transport", "s"),
    ("rpc.response.status_code", "s"),
    ("server.address", "s"),
    ("server.port", "i"),
];

const EXCEPTION: &[(&str, &str)] = &[
    ("exception.escaped", "sb"),
    ("exception.message", "s"),
    ("exception.stacktrace", "s"),
    ("exception.type", "s"),
];

const GUARDRAIL: &[(&str, &str)] = &[
    ("gen_ai.guardrail.component.name", "s"),
    ("gen_ai.guardrail.content.input.value", "s"),
    ("gen_ai.guardrail.content.output.value", "s"),
    ("gen_ai.guardrail.policy.id", "s"),
    ("gen_ai.guardrail.policy.rule.id", "s"),
    ("gen_ai.guardrail.policy.version", "s"),
    ("gen_ai.guardrail.result.reason", "s"),
    ("gen_ai.guardrail.result.type", "s"),
    ("gen_ai.guardrail.result.value", "s"),
    ("gen_ai.guardrail.risk.category", "s"),
    ("gen_ai.guardrail.risk.score", "d"),
    ("gen_ai.guardrail.source", "s"),
    ("gen_ai.provider.name", "s"),
    ("server.address", "s"),
    ("server.port", "i"),
];

const EVALUATION: &[(&str, &str)] = &[
    ("error.type", "s"),
    ("gen_ai.evaluation.explanation", "s"),
    ("gen_ai.evaluation.score.label", "s"),
    ("gen_ai.evaluation.score.value", "d"),
    ("gen_ai.response.id", "s"),
];

const GOOSE_REPLY: &[(&str, &str)] = &[("trace_input", "s"), ("user_message", "s")];
const GOOSE_TOOL: &[(&str, &str)] = &[("input", "s"), ("output", "s")];
const GOOSE_REQUEST: &[(&str, &str)] = &[
    ("input", "s"),
    ("input_tokens", "si"),
    ("model_config", "s"),
    ("output", "s"),
    ("output_tokens", "si"),
    ("session.id", "s"),
    ("total_tokens", "si"),
];

const CLINE: &[(&str, &str)] = &[("ulid", "s")];
const CLINE_TURN: &[(&str, &str)] = &[
    ("cacheReadTokens", "i"),
    ("cacheWriteTokens", "i"),
    ("mode", "s"),
    ("model", "s"),
    ("modelId", "s"),
    ("provider", "s"),
    ("source", "s"),
    ("tokensIn", "i"),
    ("tokensOut", "i"),
    ("totalCost", "di"),
];
const CLINE_TOOL: &[(&str, &str)] = &[("tool", "s"), ("ulid", "s")];
const CLINE_TOOL_DETAILS: &[(&str, &str)] =
    &[("autoApproved", "b"), ("modelId", "s"), ("provider", "s"), ("success", "b")];
const CLINE_MCP: &[(&str, &str)] =
    &[("serverName", "s"), ("status", "s"), ("toolName", "s"), ("ulid", "s")];
const CLINE_ERROR: &[(&str, &str)] = &[
    ("errorMessage", "s"),
    ("errorStatus", "i"),
    ("model", "s"),
    ("provider", "s"),
    ("requestId", "s"),
];
