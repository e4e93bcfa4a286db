//! Which records of Gemini CLI, and of Qwen Code after it, are noise: every name is listed here.

use crate::event::EventColumns;
use crate::vocabulary::{IgnoreRule, SpanKind};

/// Sent twice for each request to the model, beside `gemini_cli.api_request` and
/// `gemini_cli.api_response`, which say the same and name the prompt as well.
const INFERENCE_DETAILS: &str = "gen_ai.client.inference.operation.details";
/// The scopes of the HTTP clients of Node.
const HTTP_SCOPES: &[&str] =
    &["@opentelemetry/instrumentation-undici", "@opentelemetry/instrumentation-http"];
/// How a model is asked. Other methods are kept: what a tool fetched shows in them.
const HTTP_METHOD: &str = "POST";

/// The rule by which a log record is noise.
pub(super) fn log(name: &str) -> Option<IgnoreRule> {
    (name == INFERENCE_DETAILS).then_some(IgnoreRule::GeminiInferenceDetails)
}

/// The rule by which a span is noise.
pub(in crate::agents) fn span(columns: &EventColumns<'_>) -> Option<IgnoreRule> {
    let scope = columns.scope_name.as_deref().unwrap_or_default();
    let is_noise = columns.name.as_deref() == Some(HTTP_METHOD)
        && columns.span_kind == Some(SpanKind::Client)
        && HTTP_SCOPES.contains(&scope);
    is_noise.then_some(IgnoreRule::GeminiHttpClient)
}
