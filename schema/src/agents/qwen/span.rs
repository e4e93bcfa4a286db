//! The spans of Qwen Code: what each is about.
//!
//! `qwen-code.interaction` is a prompt and all that followed from it, `qwen-code.llm_request` a
//! request to the model, `qwen-code.subagent` a subagent, of a trace of its own where it works in
//! the background.
//!
//! Source: `telemetry/session-tracing.ts`.

use crate::agents::gemini::{messages, prompt_id, span as shared};
use crate::agents::qwen::{hook, tool_span};
use crate::event::{EventColumns, Text};
use crate::normalise::attributes::SentAttributes;
use crate::vocabulary::{Kind, Outcome, PromptOrigin};

const INPUT: &str = "gen_ai.input.messages";
const OUTPUT: &str = "gen_ai.output.messages";
/// Before the prompt, in the attribute that has it whoever asked.
const PROMPT: &str = "[USER PROMPT]\n";

/// Fills what the table did not.
pub(super) fn map<'a>(sent: &SentAttributes<'a>, columns: &mut EventColumns<'a>) {
    match columns.name.as_deref().unwrap_or_default() {
        "qwen-code.interaction" => map_interaction(sent, columns),
        "qwen-code.llm_request" => map_model_request(sent, columns),
        "qwen-code.tool" => tool_span::map_tool(sent, columns),
        "qwen-code.tool.execution" => tool_span::map_execution(sent, columns),
        "qwen-code.tool.blocked_on_user" => tool_span::map_question(sent, columns),
        "qwen-code.hook" => hook::map(sent, columns),
        "qwen-code.subagent" => map_subagent(sent, columns),
        _ => return,
    }
    columns.duration_ms = columns.duration_ms.or_else(|| shared::duration_ms(columns));
}

/// Without a prompt it is only the frame of a turn.
fn map_interaction<'a>(sent: &SentAttributes<'a>, columns: &mut EventColumns<'a>) {
    let asked = sent.text("new_context").map(|text| text.strip_prefix(PROMPT).unwrap_or(text));
    columns.prompt = asked
        .map(Text::Borrowed)
        .or_else(|| sent.text(INPUT).and_then(messages::question).map(Text::Owned));
    columns.response = sent.text(OUTPUT).and_then(messages::answer).map(Text::Owned);
    columns.kind = Some(if columns.prompt.is_some() { Kind::Prompt } else { Kind::Session });
    columns.prompt_origin = interaction_origin(sent, columns);
    columns.approval_policy.clone_from(&columns.mode);
    if columns.model.is_none() {
        columns.model = sent.text("qwen-code.model").map(Text::Borrowed);
    }
    columns.duration_ms = columns.duration_ms.or_else(|| sent.int("interaction.duration_ms"));
    columns.outcome = match sent.text("qwen-code.turn_status").unwrap_or_default() {
        "ok" => Some(Outcome::Succeeded),
        "error" => Some(Outcome::Failed),
        "cancelled" => Some(Outcome::Cancelled),
        _ => None,
    };
    if columns.outcome == Some(Outcome::Failed) && columns.error.is_none() {
        columns.error.clone_from(&columns.status_message);
    }
}

fn interaction_origin(
    sent: &SentAttributes<'_>,
    columns: &EventColumns<'_>,
) -> Option<PromptOrigin> {
    columns.prompt.as_ref()?;
    if columns.turn_id.as_deref().is_some_and(prompt_id::is_automatic) {
        return Some(PromptOrigin::System);
    }
    match sent.text("qwen-code.message_type")? {
        "userQuery" => Some(PromptOrigin::Human),
        "notification" | "hook" | "cron" => Some(PromptOrigin::System),
        _ => None,
    }
}

fn map_model_request<'a>(sent: &SentAttributes<'a>, columns: &mut EventColumns<'a>) {
    columns.kind = Some(Kind::ModelRequest);
    if let (None, Some(turn)) = (&columns.agent_path, columns.turn_id.as_deref()) {
        let agent = prompt_id::subagent(turn, columns.session_id.as_deref());
        columns.agent_path = agent.map(|agent| Text::Owned(agent.to_owned()));
    }
    if columns.model.is_none() {
        columns.model = sent.text("qwen-code.model").map(Text::Borrowed);
    }
    columns.cached_tokens = columns
        .cached_tokens
        .or_else(|| sent.int("gen_ai.usage.cache_read.input_tokens"))
        .or_else(|| sent.int("gen_ai.usage.cached_tokens"));
    columns.response = sent.text(OUTPUT).and_then(messages::answer).map(Text::Owned);
    columns.outcome = sent
        .bool("success")
        .map(|success| if success { Outcome::Succeeded } else { Outcome::Failed });
}

/// A subagent; the call that started it is known by `invoking_request_id`.
fn map_subagent<'a>(sent: &SentAttributes<'a>, columns: &mut EventColumns<'a>) {
    columns.kind = Some(Kind::Session);
    let text = |key: &str| sent.text(key).map(Text::Borrowed);
    if columns.call_id.is_none() {
        columns.call_id = text("qwen-code.subagent.invoking_request_id");
    }
    if columns.agent_path.is_none() {
        columns.agent_path = text("gen_ai.agent.id");
    }
    columns.duration_ms =
        columns.duration_ms.or_else(|| sent.int("qwen-code.subagent.duration_ms"));
    columns.outcome = match sent.text("qwen-code.subagent.status").unwrap_or_default() {
        "completed" => Some(Outcome::Succeeded),
        "failed" => Some(Outcome::Failed),
        "cancelled" | "aborted" => Some(Outcome::Cancelled),
        _ => None,
    };
    if columns.error.is_none() {
        columns.error = text("exception.message");
    }
}
