//! Objects that stand in records of every class.

use crate::project::Observer;
use crate::project::json::Json;
use crate::project::meaning::Meaning;
use crate::project::table::Row;
use crate::project::told::{Source, Told, given, is_ip};
use crate::vocabulary::{Agent, Kind};

/// Who did it, in which conversation.
pub(super) fn actor(told: &Told<'_>, json: &mut Json<'_>) {
    json.object("user", |json| user(told, json));
    json.object("session", |json| json.text_if("uid", told.session_id));
}

/// The user as claimed; who sent it where none is claimed.
pub(super) fn user(told: &Told<'_>, json: &mut Json<'_>) {
    json.text("name", told.user_name());
    json.text_if("uid", told.user_id);
    json.text_if("email_addr", told.user_email.filter(|email| is_email(email)));
    if let Some(org) = told.org_id {
        json.object("org", |json| json.text("uid", org));
    }
}

/// Whether a text is what the schema takes for an address: something, `@`, a host with a dot.
fn is_email(text: &str) -> bool {
    let plain = |part: &str, more: &[u8]| {
        !part.is_empty()
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || more.contains(&byte))
    };
    text.split_once('@').is_some_and(|(who, host)| {
        let host = host.split_once('.');
        plain(who, b".!#$%&'*+-/=?^_`{|}~")
            && host.is_some_and(|(host, rest)| plain(host, b"-") && plain(rest, b"-."))
    })
}

/// The machine; the address it came from, or the collector, where none is named.
pub(super) fn device(told: &Told<'_>, observer: &Observer, json: &mut Json<'_>) {
    json.int("type_id", 0);
    json.word("type", "Unknown");
    endpoint(told, observer, json);
}

/// The same as an end of a connection.
pub(super) fn endpoint(told: &Told<'_>, observer: &Observer, json: &mut Json<'_>) {
    let (host, host_ip) = match told.host {
        Some(host) if is_ip(host) => (None, Some(host)),
        host => (host, None),
    };
    json.text_if("hostname", host);
    json.text_if("ip", host_ip.or(told.peer_ip()));
    if told.host.is_none() && told.peer_ip().is_none() {
        json.text("uid", given(&observer.instance_id).unwrap_or("unknown"));
        json.text_if("name", given(&observer.name));
    }
}

/// The agent. It has no `uid`: no signal carries one that tells this installation from others.
pub(super) fn ai_agent(told: &Told<'_>, json: &mut Json<'_>) {
    json.word("name", told.agent_name());
    let (id, name) = framework(told.agent.unwrap_or(Agent::Unknown));
    json.int("type_id", id);
    json.word("type", name);
    json.text_if("instance_uid", told.session_id);
    json.text_if("version", told.agent_version);
    if let Some(model) = told.model {
        json.object("ai_model", |json| {
            json.text("name", model);
            json.text("ai_provider", told.provider.unwrap_or("unknown"));
        });
    }
}

/// `type_id` and `type` of an agent's framework.
fn framework(agent: Agent) -> (i64, &'static str) {
    match agent {
        Agent::Langgraph => (2, "LangChain"),
        Agent::PydanticAi => (99, "Pydantic AI"),
        Agent::Genai | Agent::Unknown => (0, "Unknown"),
        Agent::Codex
        | Agent::ClaudeCode
        | Agent::Gemini
        | Agent::Qwen
        | Agent::Copilot
        | Agent::Opencode
        | Agent::OpenaiAgents
        | Agent::Cursor
        | Agent::Kiro
        | Agent::Cline
        | Agent::Goose => (1, "Native"),
    }
}

/// The message: whose it is, what it says, what it cost.
pub(super) fn message_context(told: &Told<'_>, row: &Row, json: &mut Json<'_>) {
    let (id, name) = role(told, row);
    json.int("ai_role_id", id);
    json.word("ai_role", name);
    json.text_if("uid", told.session_id);
    json.object("application", |json| {
        json.word("name", told.agent_name());
        json.text_if("version", told.agent_version);
    });
    json.text_if("prompt_text", told.policy.open(told.prompt));
    json.text_if("response_text", told.policy.open(told.response));
    json.int_if("prompt_tokens", told.input_tokens);
    json.int_if("completion_tokens", told.output_tokens);
    let total = told.input_tokens.zip(told.output_tokens);
    json.int_if("total_tokens", total.and_then(|(input, output)| input.checked_add(output)));
}

fn role(told: &Told<'_>, row: &Row) -> (i64, &'static str) {
    match row.meaning {
        Meaning::PromptSubmitted => (1, "User"),
        Meaning::ResponseGiven | Meaning::ModelRequested | Meaning::ModelRefused => {
            (2, "Assistant")
        }
        _ if told.tool.is_some() || told.tool_kind.is_some() => (3, "Tool"),
        _ if matches!(told.source, Source::Event(event) if event.columns.kind == Some(Kind::Session)) => {
            (5, "Orchestrator")
        }
        _ => (4, "Agent"),
    }
}
