//! Spans with attributes.

use crate::agents::catalogue::Known;
use crate::vocabulary::RecordSignal::Traces;

pub(super) const BACKGROUND_JOB_SETTLE: Known = Known {
    signal: Traces,
    name: "BackgroundJob.settle",
    always: &[("span.label", "s"), ("status.interrupted", "b")],
    sometimes: &[],
};

pub(super) const BACKGROUND_JOB_WAIT_FOR_PROMOTION: Known = Known {
    signal: Traces,
    name: "BackgroundJob.waitForPromotion",
    always: &[("span.label", "s"), ("status.interrupted", "b")],
    sometimes: &[],
};

pub(super) const EFFECT_FLOCK_TRY_ACQUIRE: Known = Known {
    signal: Traces,
    name: "EffectFlock.tryAcquire",
    always: &[("key", "s")],
    sometimes: &[],
};

pub(super) const PLUGIN_LOAD: Known =
    Known { signal: Traces, name: "Plugin.load", always: &[("plugin.id", "s")], sometimes: &[] };

pub(super) const TOOL_EXECUTE: Known = Known {
    signal: Traces,
    name: "Tool.execute",
    always: &[("message.id", "s"), ("session.id", "s"), ("tool.call_id", "s"), ("tool.name", "s")],
    sometimes: &[],
};

pub(super) const AI_STREAM_TEXT: Known = Known {
    signal: Traces,
    name: "ai.streamText",
    always: &[
        ("ai.model.id", "s"),
        ("ai.model.provider", "s"),
        ("ai.operationId", "s"),
        ("ai.request.headers.User-Agent", "s"),
        ("ai.request.headers.X-Session-Id", "s"),
        ("ai.request.headers.x-session-affinity", "s"),
        ("ai.response.finishReason", "s"),
        ("ai.response.providerMetadata", "s"),
        ("ai.settings.maxOutputTokens", "i"),
        ("ai.settings.maxRetries", "i"),
        ("ai.telemetry.functionId", "s"),
        ("ai.telemetry.metadata.sessionId", "s"),
        ("ai.telemetry.metadata.userId", "s"),
        ("ai.usage.cachedInputTokens", "i"),
        ("ai.usage.inputTokenDetails.cacheReadTokens", "i"),
        ("ai.usage.inputTokenDetails.noCacheTokens", "i"),
        ("ai.usage.inputTokens", "i"),
        ("ai.usage.outputTokenDetails.reasoningTokens", "i"),
        ("ai.usage.outputTokenDetails.textTokens", "i"),
        ("ai.usage.outputTokens", "i"),
        ("ai.usage.reasoningTokens", "i"),
        ("ai.usage.totalTokens", "i"),
        ("operation.name", "s"),
        ("resource.name", "s"),
        ("session.id", "s"),
    ],
    sometimes: &[
        ("ai.prompt", "s"),
        ("ai.request.headers.x-parent-session-id", "s"),
        ("ai.response.text", "s"),
        ("ai.response.toolCalls", "s"),
    ],
};

pub(super) const AI_STREAM_TEXT_DO_STREAM: Known = Known {
    signal: Traces,
    name: "ai.streamText.doStream",
    always: &[
        ("ai.model.id", "s"),
        ("ai.model.provider", "s"),
        ("ai.operationId", "s"),
        ("ai.request.headers.User-Agent", "s"),
        ("ai.request.headers.X-Session-Id", "s"),
        ("ai.request.headers.x-session-affinity", "s"),
        ("ai.response.avgOutputTokensPerSecond", "d"),
        ("ai.response.finishReason", "s"),
        ("ai.response.id", "s"),
        ("ai.response.model", "s"),
        ("ai.response.msToFinish", "d"),
        ("ai.response.msToFirstChunk", "d"),
        ("ai.response.providerMetadata", "s"),
        ("ai.response.timestamp", "s"),
        ("ai.settings.maxOutputTokens", "i"),
        ("ai.settings.maxRetries", "i"),
        ("ai.telemetry.functionId", "s"),
        ("ai.telemetry.metadata.sessionId", "s"),
        ("ai.telemetry.metadata.userId", "s"),
        ("ai.usage.cachedInputTokens", "i"),
        ("ai.usage.inputTokenDetails.cacheReadTokens", "i"),
        ("ai.usage.inputTokenDetails.noCacheTokens", "i"),
        ("ai.usage.inputTokens", "i"),
        ("ai.usage.outputTokenDetails.reasoningTokens", "i"),
        ("ai.usage.outputTokenDetails.textTokens", "i"),
        ("ai.usage.outputTokens", "i"),
        ("ai.usage.reasoningTokens", "i"),
        ("ai.usage.totalTokens", "i"),
        ("gen_ai.request.max_tokens", "i"),
        ("gen_ai.request.model", "s"),
        ("gen_ai.response.finish_reasons", "a"),
        ("gen_ai.response.id", "s"),
        ("gen_ai.response.model", "s"),
        ("gen_ai.system", "s"),
        ("gen_ai.usage.input_tokens", "i"),
        ("gen_ai.usage.output_tokens", "i"),
        ("operation.name", "s"),
        ("resource.name", "s"),
        ("session.id", "s"),
    ],
    sometimes: &[
        ("ai.prompt.messages", "s"),
        ("ai.prompt.toolChoice", "s"),
        ("ai.prompt.tools", "a"),
        ("ai.request.headers.x-parent-session-id", "s"),
        ("ai.response.text", "s"),
        ("ai.response.toolCalls", "s"),
    ],
};

pub(super) const AI_TOOL_CALL: Known = Known {
    signal: Traces,
    name: "ai.toolCall",
    always: &[
        ("ai.operationId", "s"),
        ("ai.telemetry.functionId", "s"),
        ("ai.toolCall.id", "s"),
        ("ai.toolCall.name", "s"),
        ("operation.name", "s"),
        ("resource.name", "s"),
        ("session.id", "s"),
    ],
    sometimes: &[("ai.toolCall.args", "s"), ("ai.toolCall.result", "s")],
};

pub(super) const HTTP_SERVER_GET: Known = Known {
    signal: Traces,
    name: "http.server GET",
    always: &[
        ("http.request.method", "s"),
        ("http.response.header.content-type", "s"),
        ("http.response.status_code", "i"),
        ("http.route", "s"),
        ("url.full", "s"),
        ("url.path", "s"),
        ("url.query", "s"),
        ("url.scheme", "s"),
    ],
    sometimes: &[
        ("http.response.header.cache-control", "s"),
        ("http.response.header.content-length", "s"),
        ("http.response.header.x-accel-buffering", "s"),
        ("http.response.header.x-content-type-options", "s"),
    ],
};

pub(super) const HTTP_SERVER_POST: Known = Known {
    signal: Traces,
    name: "http.server POST",
    always: &[
        ("http.request.header.content-type", "s"),
        ("http.request.header.x-opencode-directory", "s"),
        ("http.request.method", "s"),
        ("http.response.header.content-length", "s"),
        ("http.response.header.content-type", "s"),
        ("http.response.status_code", "i"),
        ("http.route", "s"),
        ("url.full", "s"),
        ("url.path", "s"),
        ("url.scheme", "s"),
    ],
    sometimes: &[],
};

pub(super) const SQL_EXECUTE: Known = Known {
    signal: Traces,
    name: "sql.execute",
    always: &[("db.operation.name", "s"), ("db.system.name", "s")],
    sometimes: &[("db.query.text", "s")],
};
