//! The log records of Codex.

use opentelemetry_proto::tonic::logs::v1::LogRecord;

use crate::codex::Codex;
use crate::codex::turn::Turn;
use crate::draft::{Draft, Message, Scope, Shown};
use crate::story::{CallIx, ConversationIx, DecisionStory, PromptIx, QuestionStory};
use crate::wire::Attributes;

/// Where a log record stands: its trace and the span in it.
pub(super) type Place = Option<([u8; 16], [u8; 8], u32)>;

/// An event to be written.
pub(super) struct Written {
    pub(super) name: &'static str,
    pub(super) at_us: i64,
    pub(super) conversation: ConversationIx,
    pub(super) place: Place,
    pub(super) own: Attributes,
    pub(super) shows: Vec<Shown>,
}

impl Codex<'_> {
    /// Writes an event with the common attributes.
    pub(super) fn write(&mut self, mut written: Written) {
        let common = self.common(written.conversation, written.at_us);
        let own = std::mem::take(&mut written.own);
        let attributes = Attributes::new().text("event.name", written.name).join(own).join(common);
        self.write_plain(Scope::CodexLog, written, attributes);
    }

    /// Writes an event with these attributes and no others; gives its time of observation.
    pub(super) fn write_plain(
        &mut self,
        scope: Scope,
        written: Written,
        attributes: Attributes,
    ) -> u64 {
        let Written { name, at_us, conversation, place, mut shows, .. } = written;
        if let Some((_, _, number)) = place {
            shows.push(Shown::InTrace(conversation, number));
        }
        let observed_ns = (at_us * 1000 + self.chance.between(0, 999)).cast_unsigned();
        let record = LogRecord {
            observed_time_unix_nano: observed_ns,
            severity_number: 9,
            severity_text: "INFO".to_owned(),
            attributes: attributes.0,
            flags: u32::from(place.is_some()),
            trace_id: place.map(|(trace, _, _)| trace.to_vec()).unwrap_or_default(),
            span_id: place.map(|(_, span, _)| span.to_vec()).unwrap_or_default(),
            event_name: source_of(name).to_owned(),
            ..LogRecord::default()
        };
        let counted = name == "codex.tool_result";
        let message = Message::Log(Box::new(record));
        let conversation = Some(conversation);
        self.drafts.push(Draft { at_us, scope, name, conversation, message, counted, shows });
        observed_ns
    }

    /// The line without attributes that the end of a process leaves.
    pub(super) fn metrics_noise(&mut self) {
        let Some(last) = self.drafts.iter().map(|draft| draft.at_us).max() else { return };
        let at_us = last + 1_000;
        let record = LogRecord {
            observed_time_unix_nano: (at_us * 1000).cast_unsigned(),
            severity_number: 5,
            severity_text: "DEBUG".to_owned(),
            event_name: "event otel/src/metrics/client.rs:324".to_owned(),
            ..LogRecord::default()
        };
        self.drafts.push(Draft {
            at_us,
            scope: Scope::CodexMetrics,
            name: "",
            conversation: None,
            message: Message::Log(Box::new(record)),
            counted: false,
            shows: Vec::new(),
        });
    }

    /// `codex.conversation_starts`.
    pub(super) fn conversation_starts(
        &mut self,
        conversation: ConversationIx,
        at_us: i64,
        posture: [&'static str; 3],
        place: Place,
    ) {
        let [approval, sandbox, servers] = posture;
        let own = Attributes::new()
            .text("provider_name", "openai")
            .flag("auth.env_openai_api_key_present", false)
            .flag("auth.env_codex_api_key_present", false)
            .flag("auth.env_codex_api_key_enabled", true)
            .flag("auth.env_refresh_token_url_override_present", false)
            .text("reasoning_summary", "auto")
            .text("approval_policy", approval)
            .text("sandbox_policy", sandbox)
            .text("mcp_servers", servers);
        let name = "codex.conversation_starts";
        let shows = vec![Shown::Posture(conversation)];
        self.write(Written { name, at_us, conversation, place, own, shows });
    }

    /// `codex.user_prompt`; `also` is what its text gives away.
    pub(super) fn user_prompt(&mut self, prompt: PromptIx, place: Place, also: &[Shown]) {
        let story = &self.story.prompts[prompt];
        let (conversation, at_us) = (story.conversation, story.at_us);
        let text = if story.redacted { "[REDACTED]" } else { story.text.as_str() };
        let own = Attributes::new()
            .text("prompt_length", story.text.chars().count().to_string())
            .text("prompt", text);
        let mut shows = vec![Shown::Prompt(prompt)];
        if !story.redacted {
            shows.extend_from_slice(also);
        }
        let name = "codex.user_prompt";
        self.write(Written { name, at_us, conversation, place, own, shows });
    }

    /// One request to the model: the request, its last event, and its tokens.
    pub(super) fn model_request(&mut self, turn: &Turn, at_us: i64, took_us: i64) {
        let conversation = turn.conversation;
        let place = turn.place();
        let own = Attributes::new()
            .text("duration_ms", (took_us / 1000).to_string())
            .int("http.response.status_code", 200)
            .int("attempt", 0)
            .flag("auth.header_attached", true)
            .text("endpoint", "/responses");
        let written = |name, at_us, place, own| Written {
            name,
            at_us,
            conversation,
            place,
            own,
            shows: Vec::new(),
        };
        self.write(written("codex.api_request", at_us - took_us / 2, place, own));
        let (input, output) = (self.chance.between(900, 40_000), self.chance.between(20, 900));
        let done = Attributes::new().text("event.kind", "response.completed");
        let twin = done.clone().text("duration_ms", "0");
        let tokens = done
            .text("input_token_count", input.to_string())
            .text("output_token_count", output.to_string())
            .int("cached_token_count", input / 3)
            .int("reasoning_token_count", output / 4)
            .text("tool_token_count", (input + output).to_string());
        self.write(written("codex.sse_event", at_us, None, tokens));
        self.write(written("codex.sse_event", at_us + 40, None, twin));
    }

    /// `codex.tool_decision` on a call, by whom the record says.
    pub(super) fn tool_decision(
        &mut self,
        turn: &Turn,
        call: CallIx,
        at_us: i64,
        word: &str,
        source: &str,
        decision: DecisionStory,
    ) {
        let story = &mut self.story.calls[call];
        story.decisions.push(decision);
        let shown = Shown::Decision(call, story.decisions.len() - 1);
        let own = called(&story.tool, &story.id).text("decision", word).text("source", source);
        self.write(Written {
            name: "codex.tool_decision",
            at_us,
            conversation: turn.conversation,
            place: turn.place(),
            own,
            shows: vec![shown],
        });
    }

    /// `codex.tool_decision` on a host: it has no source, and may name a call that is none.
    pub(super) fn host_decision(
        &mut self,
        turn: &Turn,
        call: CallIx,
        at_us: i64,
        allowed: bool,
    ) -> usize {
        let knob = self.knobs.unattributed_prompt;
        let stray = self.chance.happens("unattributed_prompt", knob);
        let own = if stray {
            Attributes::new()
                .text("tool_name", "network_access")
                .text("tool_namespace", "functions")
                .text("call_id", self.chance.uuid())
        } else {
            called(&self.story.calls[call].tool, &self.story.calls[call].id)
        };
        let word = match (allowed, self.chance.coin(0.5)) {
            (true, true) => "approved",
            (true, false) => "approved_with_network_policy_allow",
            (false, true) => "denied",
            (false, false) => "denied_with_network_policy_deny",
        };
        let names = (!stray).then_some(call);
        let conversation = turn.conversation;
        self.story.questions.push(QuestionStory { conversation, at_us, names });
        let question = self.story.questions.len() - 1;
        let mut shows = vec![Shown::Question(question)];
        shows.extend(names.map(Shown::Call));
        self.write(Written {
            name: "codex.tool_decision",
            at_us,
            conversation,
            place: turn.place(),
            own: own.text("decision", word),
            shows,
        });
        question
    }

    /// `codex.tool_result`, from what the story says of the call.
    pub(super) fn tool_result(&mut self, turn: &Turn, call: CallIx, also: &[Shown]) {
        let story = &self.story.calls[call];
        let server = story.tool.strip_prefix("mcp__").and_then(|name| name.split_once('/'));
        let took = story.ended_us / 1000 - story.started_us / 1000;
        let own = called(&story.tool, &story.id)
            .text("duration_ms", took.to_string())
            .text("success", story.ending.is_success().to_string())
            .flag("output_truncated", false)
            .text("agent_name", turn.agent_name.as_str())
            .text("arguments", story.arguments.as_str())
            .text("output", story.output.as_str())
            .text("mcp_server", server.map_or("", |(server, _)| server))
            .text("mcp_server_origin", server.map_or("", |_| "stdio"));
        let at_us = story.ended_us;
        let mut shows = vec![Shown::Result(call)];
        if turn.depth > 0 {
            shows.push(Shown::Role(turn.conversation));
        }
        shows.extend_from_slice(also);
        self.write(Written {
            name: "codex.tool_result",
            at_us,
            conversation: turn.conversation,
            place: turn.place(),
            own,
            shows,
        });
    }
}

/// The three attributes that name a call.
pub(super) fn called(tool: &str, id: &str) -> Attributes {
    let (namespace, name) = tool.split_once('/').unwrap_or(("functions", tool));
    Attributes::new().text("tool_name", name).text("tool_namespace", namespace).text("call_id", id)
}

/// The junk that stands in the field for the event's name.
fn source_of(name: &str) -> &'static str {
    match name {
        "codex.conversation_starts" => "event otel/src/events/session_telemetry.rs:703",
        "codex.user_prompt" => "event otel/src/events/session_telemetry.rs:1200",
        "codex.tool_decision" => "event otel/src/events/session_telemetry.rs:1225",
        "codex.tool_result" => "event otel/src/tool_result.rs:54",
        "codex.network_proxy.policy_decision" => "event network-proxy/src/network_policy.rs:284",
        "codex.api_request" => "event otel/src/events/session_telemetry.rs:803",
        _ => "event otel/src/events/session_telemetry.rs:1089",
    }
}
