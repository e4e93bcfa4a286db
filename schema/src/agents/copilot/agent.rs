//! An agent at work on one message of its user, and its requests to the model.

use crate::agents::copilot::messages;
use crate::agents::measures::number;
use crate::event::{EventColumns, Text};
use crate::normalise::attributes::SentAttributes;
use crate::vocabulary::{Kind, Outcome, PromptOrigin, StatusCode};

/// US dollars per billionth of an AI credit: GitHub sells a credit for a cent.
const USD_PER_NANO_CREDIT: f64 = 1e-11;

/// Reads an `invoke_agent` span: a prompt with its answer; of a subagent the answer only.
pub(super) fn map_invocation<'a>(sent: &SentAttributes<'a>, columns: &mut EventColumns<'a>) {
    let messages = sent.text("gen_ai.input.messages");
    let prompt = messages.and_then(messages::newest_prompt).map(Text::Owned);
    columns.prompt = prompt.or_else(|| sent.text("copilot_chat.user_request").map(Text::Borrowed));
    let is_subagent = columns.agent_path.is_some() && columns.parent_span_id.is_some();
    columns.prompt_origin = columns.prompt.as_deref().map(|prompt| {
        if messages::is_machinery(prompt) {
            PromptOrigin::System
        } else if is_subagent {
            PromptOrigin::SubagentTask
        } else {
            PromptOrigin::Human
        }
    });
    fill_response(sent, columns);
    columns.kind = Some(if columns.prompt.is_some() {
        Kind::Prompt
    } else if columns.response.is_some() {
        Kind::Response
    } else {
        Kind::Session
    });
    fill_outcome(sent, columns);
}

/// Reads a `chat` span: one request to the model.
pub(super) fn map_request<'a>(sent: &SentAttributes<'a>, columns: &mut EventColumns<'a>) {
    columns.kind = Some(Kind::ModelRequest);
    let prompt = sent.text("gen_ai.input.messages").and_then(messages::last_prompt);
    columns.prompt_origin =
        prompt.as_deref().and_then(|prompt| match sent.text("github.copilot.initiator") {
            _ if messages::is_machinery(prompt) => Some(PromptOrigin::System),
            Some("user") => Some(PromptOrigin::Human),
            Some("sub-agent") => Some(PromptOrigin::SubagentTask),
            _ => None,
        });
    columns.prompt = prompt.map(Text::Owned);
    fill_response(sent, columns);
    if columns.reasoning_tokens.is_none() {
        columns.reasoning_tokens = sent.int("gen_ai.usage.reasoning_tokens");
    }
    let credits = number(sent, "github.copilot.nano_aiu");
    columns.cost_usd = credits.map(|credits| credits * USD_PER_NANO_CREDIT);
    fill_outcome(sent, columns);
    if columns.outcome == Some(Outcome::Failed) {
        columns.kind = Some(Kind::Error);
    }
}

fn fill_response<'a>(sent: &SentAttributes<'a>, columns: &mut EventColumns<'a>) {
    let messages = sent.text("gen_ai.output.messages");
    columns.response = messages.and_then(messages::answer).map(Text::Owned);
}

/// How it ended: by the span's status and the class of the error.
fn fill_outcome<'a>(sent: &SentAttributes<'a>, columns: &mut EventColumns<'a>) {
    let class = sent.text("error.type");
    if class.is_none() && columns.status_code != Some(StatusCode::Error) {
        columns.outcome = Some(Outcome::Succeeded);
        return;
    }
    let message = columns.status_message.clone();
    let aborted = message.as_deref().is_some_and(|text| text.starts_with("Operation aborted"));
    let aborted = aborted || matches!(class, Some("AbortError" | "SessionDestroyedError"));
    columns.outcome = Some(if aborted { Outcome::Cancelled } else { Outcome::Failed });
    columns.error = message.or_else(|| class.map(Text::Borrowed));
}
