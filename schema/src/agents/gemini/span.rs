//! The spans of Gemini CLI.
//!
//! `schedule_tool_calls` is a batch of calls; each that was executed has a `tool_call` span below
//! it. One that was refused has none, so the row of the batch tells of it: of the only call in
//! the batch, or of the only one that was not executed. Where several were not, the row names no
//! call and the stitcher reads the attributes. `llm_call` is a request to the model, `agent_call`
//! a subagent with its task and its answer. What a span tells beyond ids stands in JSON that is
//! sent only with `traces` and `logPrompts` on, and is cut after 10,000 characters.
//!
//! Source: `trace.ts`, `scheduler.ts`, `tool-executor.ts`, `agent-tool.ts`.

use serde_json::Value;

use crate::agents::gemini::answer::Answer;
use crate::agents::gemini::call::{Call, State, result_data};
use crate::agents::gemini::{json, messages, prompt_id, tool};
use crate::event::{EventColumns, Text};
use crate::normalise::attributes::SentAttributes;
use crate::vocabulary::{Kind, Outcome, PromptOrigin, StatusCode};

const INPUT: &str = "gen_ai.input.messages";
const OUTPUT: &str = "gen_ai.output.messages";
/// What is written where a text was cut.
const CUT: &str = "...[TRUNCATED: original length ";
/// The scheduler of the main agent; a subagent's has the id of its turn.
const MAIN_SCHEDULER: &str = "root";

/// Fills what the table did not.
pub(super) fn map<'a>(sent: &SentAttributes<'a>, columns: &mut EventColumns<'a>) {
    map_subagent(columns);
    match columns.name.as_deref().unwrap_or_default() {
        "llm_call" => map_model_request(sent, columns),
        "tool_call" => map_tool_call(sent, columns),
        "schedule_tool_calls" => map_batch(sent, columns),
        "agent_call" => map_agent(sent, columns),
        _ => return,
    }
    columns.duration_ms = columns.duration_ms.or_else(|| duration_ms(columns));
    let is_cut = |key| sent.text(key).is_some_and(|text| text.contains(CUT));
    columns.content_truncated = (is_cut(INPUT) || is_cut(OUTPUT)).then_some(true);
}

/// The time a span took.
pub(in crate::agents) fn duration_ms(columns: &EventColumns<'_>) -> Option<i64> {
    let took = columns.end_time?.0.checked_sub(columns.time.0)?;
    (took >= 0).then_some(took / 1000)
}

fn map_subagent(columns: &mut EventColumns<'_>) {
    let Some(turn) = columns.turn_id.as_deref() else { return };
    let agent = prompt_id::subagent(turn, columns.session_id.as_deref());
    columns.agent_path = agent.map(|agent| Text::Owned(agent.to_owned()));
}

fn read(sent: &SentAttributes<'_>, key: &str) -> Value {
    sent.text(key).and_then(json::read).unwrap_or_default()
}

fn text<'v>(value: &'v Value, pointer: &str) -> Option<&'v str> {
    value.pointer(pointer)?.as_str().filter(|text| !text.is_empty())
}

fn owned<'a>(text: Option<&str>) -> Option<Text<'a>> {
    text.map(|text| Text::Owned(text.to_owned()))
}

fn map_model_request<'a>(sent: &SentAttributes<'a>, columns: &mut EventColumns<'a>) {
    columns.kind = Some(Kind::ModelRequest);
    columns.response = sent.text(OUTPUT).and_then(messages::answer).map(Text::Owned);
    map_status(columns);
}

/// A span that failed says so in its status, and why in the message beside it.
fn map_status(columns: &mut EventColumns<'_>) {
    match columns.status_code {
        Some(StatusCode::Ok) => columns.outcome = Some(Outcome::Succeeded),
        Some(StatusCode::Error) => {
            columns.outcome = Some(Outcome::Failed);
            columns.error.clone_from(&columns.status_message);
        }
        None => {}
    }
}

/// The status of a call is `ok` whatever became of it: only the JSON tells.
fn map_tool_call<'a>(sent: &SentAttributes<'a>, columns: &mut EventColumns<'a>) {
    columns.kind = Some(Kind::ToolCall);
    if columns.call_id.is_none() {
        columns.call_id = sent.text("gen_ai.tool.call.id").map(Text::Borrowed);
    }
    let request = read(sent, INPUT);
    let completed = read(sent, OUTPUT);
    map_call(&request, &completed, columns);
}

fn map_batch<'a>(sent: &SentAttributes<'a>, columns: &mut EventColumns<'a>) {
    let requests = read(sent, INPUT);
    let completed = read(sent, OUTPUT);
    let first = requests.get(0).or_else(|| completed.pointer("/0/request"));
    if let Some(request) = first {
        map_turn(request, columns);
    }
    columns.mode = owned(text(&completed, "/0/approvalMode"));
    let none = Value::Null;
    if let Some(call) = completed.as_array().and_then(|calls| told(calls)) {
        columns.kind = Some(Kind::ToolCall);
        map_call(call.get("request").unwrap_or(&none), call, columns);
    } else if let (Some([request]), None) =
        (requests.as_array().map(Vec::as_slice), completed.get(0))
    {
        columns.kind = Some(Kind::ToolCall);
        map_call(request, &none, columns);
    }
}

/// The call that the row of a batch tells of.
fn told(calls: &[Value]) -> Option<&Value> {
    if let [only] = calls {
        return Some(only);
    }
    let is_executed = |call: &&Value| {
        let answer = text(call, "/outcome").and_then(Answer::of_outcome);
        answer.is_some_and(|answer| answer != Answer::No)
    };
    let mut others = calls.iter().filter(|call| !is_executed(call));
    let first = others.next()?;
    others.next().is_none().then_some(first)
}

/// Reads the turn and the subagent that asked for a call.
fn map_turn(request: &Value, columns: &mut EventColumns<'_>) {
    if columns.turn_id.is_none() {
        columns.turn_id = owned(text(request, "/prompt_id"));
    }
    map_subagent(columns);
    if columns.agent_path.is_none()
        && let Some(scheduler) = text(request, "/schedulerId").filter(|id| *id != MAIN_SCHEDULER)
    {
        columns.agent_path = owned(prompt_id::subagent(scheduler, columns.session_id.as_deref()));
    }
}

/// Reads a call from what was requested and what came of it; either may be missing.
fn map_call(request: &Value, completed: &Value, columns: &mut EventColumns<'_>) {
    let request =
        if request.is_object() { request } else { completed.get("request").unwrap_or(request) };
    map_turn(request, columns);
    columns.call_id = columns.call_id.take().or_else(|| owned(text(request, "/callId")));
    columns.tool = columns.tool.take().or_else(|| owned(text(request, "/name")));
    columns.mcp_server = owned(text(request, "/display/name").and_then(displayed_server));
    tool::map_tool(columns);
    let mut in_background = false;
    if let Some(arguments) = request.get("args").filter(|arguments| arguments.is_object()) {
        let arguments = arguments.to_string();
        in_background = tool::map_arguments(&arguments, columns);
        columns.arguments = Some(Text::Owned(arguments));
    }
    columns.mode = columns.mode.take().or_else(|| owned(text(completed, "/approvalMode")));
    let answered = completed.pointer("/response/responseParts/0/functionResponse/response");
    let answered = answered.unwrap_or(&Value::Null);
    columns.output = owned(text(answered, "/output"));
    columns.error = owned(text(answered, "/error"));
    let (exit_code, moved) =
        result_data(completed.pointer("/response/data").unwrap_or(&Value::Null));
    let error = columns.error.clone().unwrap_or_default();
    let call = Call {
        answer: text(completed, "/outcome").and_then(Answer::of_outcome),
        // Nobody is asked in this mode.
        interactive: (columns.mode.as_deref() == Some("yolo")).then_some(false),
        state: text(completed, "/status").and_then(state),
        error_type: text(completed, "/response/errorType").unwrap_or_default(),
        error: &error,
        exit_code,
        end_is_unseen: in_background || moved,
    };
    call.fill(columns);
    columns.duration_ms = completed.get("durationMs").and_then(Value::as_i64);
}

fn state(word: &str) -> Option<State> {
    Some(match word {
        "success" => State::Success,
        "error" => State::Error,
        "cancelled" => State::Cancelled,
        _ => return None,
    })
}

/// Of `get_ticket (tickets MCP Server)` the server.
fn displayed_server(display: &str) -> Option<&str> {
    display.strip_suffix(" MCP Server)")?.rsplit_once(" (").map(|(_, server)| server)
}

/// A subagent: its task, its id, its answer.
fn map_agent<'a>(sent: &SentAttributes<'a>, columns: &mut EventColumns<'a>) {
    columns.kind = Some(Kind::Session);
    let asked = read(sent, INPUT);
    if let Some(prompt) = text(&asked, "/prompt") {
        columns.kind = Some(Kind::Prompt);
        columns.prompt = owned(Some(prompt));
        columns.prompt_origin = Some(PromptOrigin::SubagentTask);
    }
    let ended = read(sent, OUTPUT);
    columns.agent_path = owned(text(&ended, "/data/agentId"));
    columns.response = ended.get("llmContent").and_then(messages::texts).map(Text::Owned);
    map_status(columns);
    if let Some(reason) = text(&ended, "/returnDisplay/terminateReason") {
        columns.outcome = super::log::agent_outcome(Some(reason));
    }
}
