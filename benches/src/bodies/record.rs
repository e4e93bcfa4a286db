//! Log records as Codex sends them: the five kinds that make up nearly all of its traffic.
//!
//! Names, types and quirks (time 0, the name in an attribute, numbers as strings) follow
//! what Codex 0.169 puts on the wire. Only the choice of values is made up.

use std::collections::VecDeque;
use std::time::Duration;

use chrono::DateTime;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use prost::Message as _;

use super::random::Random;
use super::text;

/// Records of this mean size or more carry every common attribute; smaller ones the least that joins them.
const FULL_FROM_BYTES: usize = 800;
/// A record's content is never longer, as Codex caps what it sends.
const CONTENT_LIMIT_BYTES: i64 = 16_384;
const MODELS: &[&str] = &["gpt-5.4", "gpt-5.4-mini", "gpt-5.3-codex"];
const SSE_KINDS: &[&str] = &[
    "response.created",
    "response.output_item.added",
    "response.output_item.done",
    "response.completed",
];

/// One conversation of the agent, from which records are drawn.
pub(crate) struct Session {
    id: String,
    model: &'static str,
    trace_id: [u8; 16],
    time_ms: u64,
    results: i64,
    /// The calls that were decided about and have no result yet: id and digits.
    decided: VecDeque<(String, u64)>,
}

impl Session {
    pub(crate) fn new(random: &mut Random, time_ms: u64) -> Self {
        let trace_id = (u128::from(random.next()) << 64 | u128::from(random.next())).to_be_bytes();
        let model = random.pick(MODELS).unwrap_or_default();
        Self {
            id: text::uuid(random, time_ms),
            model,
            trace_id,
            time_ms,
            results: 0,
            decided: VecDeque::new(),
        }
    }

    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    pub(crate) fn trace_id(&self) -> &[u8] {
        &self.trace_id
    }

    /// A call that is decided about; its result comes later.
    fn decide(&mut self, random: &mut Random) -> (String, u64) {
        let call = call_id(random);
        self.decided.push_back(call.clone());
        call
    }

    /// The call that has a result next: one that was decided about, if there is one.
    fn answer(&mut self, random: &mut Random) -> (String, u64) {
        self.decided.pop_front().unwrap_or_else(|| call_id(random))
    }
}

/// What makes one record tell from another after its template was copied.
#[derive(Clone, Copy)]
pub(crate) struct Marks {
    /// Stands in `observedTimeUnixNano`, eight bytes little-endian.
    pub(crate) observed: u64,
    /// Stands in `call_id` as sixteen hex digits, where the record has one: a decision and the
    /// result of one call have the same.
    pub(crate) call: Option<u64>,
}

/// Draws records whose mean size on the wire is the one asked for.
pub(crate) struct Recorder {
    mean_bytes: usize,
    /// Bytes by which the records so far stay below the mean; the next one with content makes up for it.
    owed_bytes: i64,
}

impl Recorder {
    pub(crate) fn new(mean_bytes: usize) -> Self {
        Self { mean_bytes, owed_bytes: 0 }
    }

    pub(crate) fn record(
        &mut self,
        random: &mut Random,
        session: &mut Session,
    ) -> (LogRecord, Marks) {
        session.time_ms += 1 + u64::try_from(random.below(400)).unwrap_or_default();
        let full = self.mean_bytes >= FULL_FROM_BYTES;
        let observed = random.next();
        let (mut draft, call) = match random.below(100) {
            0..35 => (sse_event(random, full), None),
            35..43 => (api_request(random, full), None),
            43..64 => {
                let (id, digits) = session.decide(random);
                (tool_decision(random, id, full), Some(digits))
            }
            64..92 => {
                let (id, digits) = session.answer(random);
                (tool_result(random, session, id, full), Some(digits))
            }
            _ => (user_prompt(), None),
        };
        let marks = Marks { observed, call };
        draft.common(session, full);
        let mut record = draft.into_record(random, session, marks, full);
        self.owed_bytes += signed(self.mean_bytes);
        let room = (self.owed_bytes - signed(wire_bytes(&record))).clamp(0, CONTENT_LIMIT_BYTES);
        fill(&mut record, random, usize::try_from(room).unwrap_or_default());
        self.owed_bytes -= signed(wire_bytes(&record));
        (record, marks)
    }
}

/// A new conversation, by its id, and the decision about its one call with that call's result.
pub(super) fn pair(random: &mut Random, now: Duration) -> (String, Vec<LogRecord>) {
    let mut session = Session::new(random, u64::try_from(now.as_millis()).unwrap_or_default());
    let (id, digits) = call_id(random);
    let marks = Marks { observed: 0, call: Some(digits) };
    let decision = tool_decision(random, id.clone(), false);
    let result = tool_result(random, &mut session, id, false);
    let records = [decision, result].map(|mut draft| {
        draft.common(&session, false);
        draft.into_record(random, &session, marks, false)
    });
    (session.id, records.to_vec())
}

struct Draft(Vec<KeyValue>);

impl Draft {
    fn new(event: &str) -> Self {
        Self(Vec::with_capacity(24)).text("event.name", event)
    }

    fn text(self, key: &str, value: impl Into<String>) -> Self {
        self.with(key, Value::StringValue(value.into()))
    }

    fn int(self, key: &str, value: i64) -> Self {
        self.with(key, Value::IntValue(value))
    }

    fn flag(self, key: &str, value: bool) -> Self {
        self.with(key, Value::BoolValue(value))
    }

    fn with(mut self, key: &str, value: Value) -> Self {
        let value = Some(AnyValue { value: Some(value) });
        self.0.push(KeyValue { key: key.to_owned(), value, ..KeyValue::default() });
        self
    }

    fn common(&mut self, session: &Session, full: bool) {
        let time = i64::try_from(session.time_ms).ok().and_then(DateTime::from_timestamp_millis);
        let time = time.unwrap_or_default().format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string();
        let mut draft = Self(std::mem::take(&mut self.0))
            .text("event.timestamp", time)
            .text("conversation.id", session.id.as_str());
        if full {
            draft = draft
                .text("app.version", "0.169.0")
                .text("auth_mode", "Chatgpt")
                .text("originator", "codex_exec")
                .text("user.account_id", "acct-7d1f20c4")
                .text("user.email", "dev@example.org")
                .text("terminal.type", "xterm")
                .text("model", session.model)
                .text("slug", session.model);
        }
        self.0 = draft.0;
    }

    fn into_record(
        self,
        random: &mut Random,
        session: &Session,
        marks: Marks,
        full: bool,
    ) -> LogRecord {
        LogRecord {
            observed_time_unix_nano: marks.observed,
            severity_number: 9,
            severity_text: if full { "INFO".to_owned() } else { String::new() },
            flags: 1,
            trace_id: session.trace_id.to_vec(),
            span_id: random.next().to_be_bytes().to_vec(),
            event_name: if full {
                "event otel/src/events/session_telemetry.rs:1200".to_owned()
            } else {
                String::new()
            },
            attributes: self.0,
            ..LogRecord::default()
        }
    }
}

fn sse_event(random: &mut Random, full: bool) -> Draft {
    let kind = random.pick(SSE_KINDS).unwrap_or_default();
    let draft = Draft::new("codex.sse_event").text("event.kind", kind);
    if kind != "response.completed" || !full {
        return draft.text("duration_ms", number(random, 900));
    }
    draft
        .text("input_token_count", number(random, 90_000))
        .text("output_token_count", number(random, 4_000))
        .int("cached_token_count", whole(random, 60_000))
        .int("reasoning_token_count", whole(random, 3_000))
        .text("tool_token_count", number(random, 94_000))
        .int("ttft_ms", whole(random, 2_500))
}

fn api_request(random: &mut Random, full: bool) -> Draft {
    let draft = Draft::new("codex.api_request")
        .text("duration_ms", number(random, 9_000))
        .int("http.response.status_code", if random.below(50) == 0 { 429 } else { 200 })
        .int("attempt", 0)
        .text("endpoint", "/responses");
    if !full {
        return draft;
    }
    draft
        .flag("auth.header_attached", true)
        .text("auth.header_name", "authorization")
        .flag("auth.retry_after_unauthorized", false)
        .flag("auth.env_openai_api_key_present", false)
        .flag("auth.env_codex_api_key_present", false)
        .flag("auth.env_codex_api_key_enabled", true)
        .flag("auth.env_refresh_token_url_override_present", false)
        .text("auth.request_id", format!("req_{}", text::hex(random, 32)))
}

fn tool_decision(random: &mut Random, call_id: String, full: bool) -> Draft {
    let decision = random.pick(&["approved", "approved", "approved_for_session", "denied"]);
    let draft = Draft::new("codex.tool_decision")
        .text("tool_name", "exec_command")
        .text("call_id", call_id)
        .text("decision", decision.unwrap_or_default())
        .text("source", random.pick(&["Config", "User", "AutomatedReviewer"]).unwrap_or_default());
    if full { draft.text("tool_namespace", "functions") } else { draft }
}

fn tool_result(random: &mut Random, session: &mut Session, call_id: String, full: bool) -> Draft {
    session.results += 1;
    let draft = Draft::new("codex.tool_result")
        .text("tool_name", "exec_command")
        .text("call_id", call_id)
        .text("duration_ms", number(random, 20_000))
        .text("success", if random.below(8) == 0 { "false" } else { "true" })
        .text("arguments", "")
        .text("output", "");
    if !full {
        return draft;
    }
    draft
        .int("tool_result_seq", session.results)
        .text("tool_namespace", "functions")
        .flag("output_truncated", false)
        .text("agent_name", "/root")
        .text("mcp_server", "")
        .text("mcp_server_origin", "")
}

fn user_prompt() -> Draft {
    Draft::new("codex.user_prompt").text("prompt_length", "0").text("prompt", "")
}

/// Puts about `room_bytes` of content into the attributes that carry it.
fn fill(record: &mut LogRecord, random: &mut Random, room_bytes: usize) {
    // Between half and one and a half times the room: real sizes vary, and the mean stays.
    let room_bytes = room_bytes / 2 + random.below(room_bytes + 1);
    let mut prompt_bytes = None;
    for attribute in &mut record.attributes {
        let text = match attribute.key.as_str() {
            "prompt" => {
                prompt_bytes = Some(room_bytes);
                text::prose(random, room_bytes)
            }
            "arguments" => {
                let path = text::path(random);
                let command = text::prose(random, (room_bytes / 4).saturating_sub(path.len() + 20));
                serde_json::json!({ "cmd": format!("cat {path} {command}") }).to_string()
            }
            "output" => {
                let code = u8::from(random.below(8) == 0);
                let head = format!("Process exited with code {code}\nOutput:\n");
                let length = (room_bytes * 3 / 4).saturating_sub(head.len());
                head + &text::output(random, length)
            }
            _ => continue,
        };
        attribute.value = Some(AnyValue { value: Some(Value::StringValue(text)) });
    }
    if let Some(length) = prompt_bytes
        && let Some(attribute) = record.attributes.iter_mut().find(|a| a.key == "prompt_length")
    {
        attribute.value = Some(AnyValue { value: Some(Value::StringValue(length.to_string())) });
    }
}

/// A new call's id, and its digits.
fn call_id(random: &mut Random) -> (String, u64) {
    let digits = random.next();
    (format!("call_{digits:016x}{}", text::hex(random, 8)), digits)
}

/// Codex sends most numbers as strings.
fn number(random: &mut Random, limit: usize) -> String {
    random.below(limit).to_string()
}

fn whole(random: &mut Random, limit: usize) -> i64 {
    signed(random.below(limit))
}

fn signed(size: usize) -> i64 {
    i64::try_from(size).unwrap_or(i64::MAX)
}

/// The record's bytes in a request: the message with its tag and length.
fn wire_bytes(record: &LogRecord) -> usize {
    let length = record.encoded_len();
    1 + prost::length_delimiter_len(length) + length
}
