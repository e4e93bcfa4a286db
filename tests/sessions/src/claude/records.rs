//! The log records of Claude Code.

use opentelemetry_proto::tonic::common::v1::AnyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::logs::v1::LogRecord;

use crate::claude::Claude;
use crate::claude::turn::Thread;
use crate::draft::{Draft, Message, Scope, Shown};
use crate::story::{CallIx, DecisionStory, PromptIx};
use crate::wire::{Attributes, timestamp};

const MODEL: &str = "claude-opus-5-5";

/// An event to be written.
pub(super) struct Written<'t> {
    pub(super) name: &'static str,
    pub(super) at_us: i64,
    /// Whose it is; startup has none.
    pub(super) thread: Option<&'t Thread>,
    pub(super) own: Attributes,
    pub(super) shows: Vec<Shown>,
}

impl Claude<'_> {
    /// The attributes that stand before those of the event, on records and on spans.
    pub(super) fn common(&self) -> Attributes {
        let entry = if self.setup.interactive { "cli" } else { "sdk-cli" };
        Attributes::new()
            .text("user.id", self.setup.user_id.as_str())
            .text("session.id", self.story.conversations[self.main].id.as_str())
            .text("app.version", super::VERSION)
            .text("app.entrypoint", entry)
            .text("anthropic.provider", "firstParty")
            .flag("anthropic.custom_base_url", false)
            .text("terminal.type", "xterm-256color")
    }

    /// Writes an event.
    pub(super) fn write(&mut self, written: Written<'_>) {
        let Written { name, at_us, thread, own, shows } = written;
        let prompt_id =
            thread.and_then(|thread| self.story.prompts[thread.prompt].prompt_id.as_deref());
        let attributes = self
            .common()
            .text("event.name", name)
            .text("event.timestamp", timestamp(at_us))
            .maybe("prompt.id", prompt_id)
            .join(own)
            .maybe("agent_id", thread.and_then(|thread| thread.agent_id.as_deref()))
            .maybe("parent_agent_id", thread.and_then(|thread| thread.above.as_deref()));
        let trace = thread.and_then(|thread| thread.trace);
        let nanos = (at_us / 1000 * 1_000_000).cast_unsigned();
        let record = LogRecord {
            time_unix_nano: nanos,
            observed_time_unix_nano: nanos,
            body: Some(AnyValue { value: Some(Value::StringValue(format!("claude_code.{name}"))) }),
            attributes: attributes.0,
            flags: u32::from(trace.is_some()),
            trace_id: trace.map(|trace| trace.id.to_vec()).unwrap_or_default(),
            span_id: trace.map(|trace| trace.under.to_vec()).unwrap_or_default(),
            ..LogRecord::default()
        };
        self.drafts.push(Draft {
            at_us,
            scope: Scope::ClaudeEvents,
            name,
            conversation: Some(self.main),
            message: Message::Log(Box::new(record)),
            counted: true,
            shows,
        });
    }

    fn plain(&mut self, name: &'static str, at_us: i64, thread: Option<&Thread>, own: Attributes) {
        self.write(Written { name, at_us, thread, own, shows: Vec::new() });
    }

    /// What a process says when it begins.
    pub(super) fn startup(&mut self, at_us: i64) {
        let settings = Attributes::new()
            .text("managed_settings.trigger", "startup")
            .nothing("managed_settings.sources")
            .text("managed_settings.source_behavior", "first-wins")
            .text("managed_settings.helper.state", "none")
            .text("managed_settings.helper.applied", "none");
        self.plain("managed_settings_resolved", at_us, None, settings);
        if self.setup.hooks {
            let hook = Attributes::new()
                .text("hook_event", "PreToolUse")
                .text("hook_type", "command")
                .text("hook_source", "userSettings")
                .text("safe_mode", "false");
            self.plain("hook_registered", at_us + 40_000, None, hook);
        }
        self.server("connected", at_us + 700_000);
    }

    /// What it says when it ends.
    pub(super) fn shutdown(&mut self, at_us: i64) {
        self.server("disconnected", at_us);
    }

    fn server(&mut self, status: &str, at_us: i64) {
        let own = Attributes::new()
            .text("status", status)
            .text("transport_type", "stdio")
            .text("server_scope", "project")
            .text("duration_ms", "1257")
            .flag("is_plugin", false)
            .text("server_name", "tickets");
        self.plain("mcp_server_connection", at_us, None, own);
    }

    /// `user_prompt`.
    pub(super) fn user_prompt(&mut self, thread: &Thread, prompt: PromptIx) {
        let uuid = self.chance.uuid();
        let story = &self.story.prompts[prompt];
        let text = if story.redacted { "<REDACTED>" } else { story.text.as_str() };
        let own = Attributes::new()
            .text("prompt_length", story.text.chars().count().to_string())
            .text("prompt", text)
            .text("prompt_text", text)
            .text("message.uuid", uuid);
        let (at_us, shows) = (story.at_us, vec![Shown::Prompt(prompt)]);
        self.write(Written { name: "user_prompt", at_us, thread: Some(thread), own, shows });
    }

    fn query_source(&self, thread: &Thread) -> &'static str {
        match (&thread.agent_id, self.setup.interactive) {
            (Some(_), _) => "agent:builtin:general-purpose",
            (None, true) => "repl_main_thread",
            (None, false) => "sdk",
        }
    }

    /// `api_request`.
    pub(super) fn api_request(&mut self, thread: &Thread, at_us: i64, took_us: i64) {
        let (input, output) = (self.chance.between(200, 9_000), self.chance.between(20, 900));
        let own = Attributes::new()
            .text("model", MODEL)
            .int("input_tokens", input)
            .int("output_tokens", output)
            .int("cache_read_tokens", input / 2)
            .int("cache_creation_tokens", 5)
            .int("cache_creation_5m_tokens", 0)
            .int("cache_creation_1h_tokens", 0)
            .double("cost_usd", input as f64 * 5e-6)
            .int("cost_usd_micros", input * 5)
            .int("duration_ms", took_us / 1000)
            .int("ttft_ms", took_us / 3000)
            .text("request_id", format!("req_{}", self.chance.hex(20)))
            .text("speed", "normal")
            .text("query_source", self.query_source(thread))
            .text("effort", "medium")
            .maybe("agent.name", thread.agent_id.as_ref().map(|_| "general-purpose"));
        let shows = vec![Shown::ModelRequest(thread.prompt, thread.number, at_us)];
        self.write(Written { name: "api_request", at_us, thread: Some(thread), own, shows });
        self.request_span(thread, at_us, took_us, input, output);
    }

    /// `assistant_response`.
    pub(super) fn assistant_response(&mut self, thread: &Thread, at_us: i64) {
        let response = if self.setup.redacted { "<REDACTED>" } else { "Done." };
        let own = Attributes::new()
            .int("response_length", 5)
            .text("response", response)
            .text("message.uuid", self.chance.uuid())
            .text("model", MODEL)
            .text("query_source", self.query_source(thread));
        self.plain("assistant_response", at_us, Some(thread), own);
    }

    /// The two records of the hooks before or after a call.
    pub(super) fn hooks(
        &mut self,
        thread: &Thread,
        call: CallIx,
        event: &str,
        from_us: i64,
        took_us: i64,
        blocks: bool,
    ) {
        let own = Attributes::new()
            .text("hook_event", event)
            .text("hook_name", format!("{event}:{}", self.story.calls[call].tool))
            .text("num_hooks", "1");
        let rest = Attributes::new()
            .text("managed_only", "false")
            .text("hook_source", "merged")
            .text("safe_mode", "false");
        let start = own.clone().join(rest.clone());
        self.plain("hook_execution_start", from_us, Some(thread), start);
        let done = own
            .text("num_success", if blocks { "0" } else { "1" })
            .text("num_blocking", if blocks { "1" } else { "0" })
            .text("num_non_blocking_error", "0")
            .text("num_cancelled", "0")
            .text("total_duration_ms", (took_us / 1000).to_string())
            .text("stdout_chars", "0")
            .text("additional_context_chars", "0")
            .text("system_message_chars", "0")
            .text("initial_user_message_chars", "0")
            .text("num_outputs_persisted", "0")
            .join(rest);
        self.plain("hook_execution_complete", from_us + took_us, Some(thread), done);
    }

    /// `tool_decision`.
    pub(super) fn tool_decision(
        &mut self,
        thread: &Thread,
        call: CallIx,
        at_us: i64,
        source: &str,
        decision: DecisionStory,
    ) {
        self.story.calls[call].decisions.push(decision);
        let word = if decision.allowed { "accept" } else { "reject" };
        let own = Attributes::new()
            .text("decision", word)
            .text("source", source)
            .join(self.called(call))
            .text("tool_source", if self.is_mcp(call) { "mcp" } else { "builtin" })
            .text("permission_mode", "default");
        let shows = vec![Shown::Decision(call, self.story.calls[call].decisions.len() - 1)];
        self.write(Written { name: "tool_decision", at_us, thread: Some(thread), own, shows });
    }

    /// `tool_result`, from what the story says of the call.
    pub(super) fn tool_result(&mut self, thread: &Thread, call: CallIx, source: &str) {
        let story = &self.story.calls[call];
        let took = story.ended_us / 1000 - story.run_us / 1000;
        let success = story.ending.is_success();
        let error = (!success).then(|| story.error());
        let details = self.setup.details;
        let own = self
            .called(call)
            .text("success", success.to_string())
            .text("duration_ms", took.to_string())
            .maybe("error_type", error.map(|(kind, _)| kind))
            .maybe("error", error.filter(|_| details).map(|(_, text)| text))
            .maybe("tool_input", details.then_some(story.arguments.as_str()))
            .text("tool_input_size_bytes", story.arguments.len().to_string())
            .maybe("tool_result_size_bytes", success.then_some("237"))
            .maybe("mcp_server_scope", self.is_mcp(call).then_some("project"))
            .maybe("decision_source", self.setup.interactive.then_some(source))
            .maybe("decision_type", self.setup.interactive.then_some("accept"));
        let (at_us, shows) = (story.ended_us, vec![Shown::Result(call)]);
        self.write(Written { name: "tool_result", at_us, thread: Some(thread), own, shows });
    }

    fn is_mcp(&self, call: CallIx) -> bool {
        self.story.calls[call].tool.starts_with("mcp__")
    }

    /// What names a call, and the particulars where they are sent.
    fn called(&self, call: CallIx) -> Attributes {
        let story = &self.story.calls[call];
        let server = story.tool.strip_prefix("mcp__").and_then(|name| name.split_once("__"));
        let arguments: serde_json::Value =
            serde_json::from_str(&story.arguments).unwrap_or_default();
        let parameters = match (story.tool.as_str(), server) {
            (_, Some((server, tool))) => {
                Some(serde_json::json!({ "mcp_server_name": server, "mcp_tool_name": tool }))
            }
            ("Bash", _) => Some(serde_json::json!({ "full_command": arguments["command"] })),
            ("Agent", _) => Some(serde_json::json!({ "subagent_type": "general-purpose" })),
            _ => None,
        };
        let parameters = parameters.filter(|_| self.setup.details).map(|value| value.to_string());
        Attributes::new()
            .text("tool_name", if server.is_some() { "mcp_tool" } else { story.tool.as_str() })
            .text("tool_use_id", story.id.as_str())
            .maybe("tool_parameters", parameters)
    }

    /// `subagent_completed`.
    pub(super) fn subagent_completed(&mut self, thread: &Thread, at_us: i64, background: bool) {
        let own = Attributes::new()
            .text("agent_type", "general-purpose")
            .text("agent.source", "built-in")
            .flag("is_built_in", true)
            .flag("is_async", background)
            .int("total_tokens", 355)
            .int("total_tool_uses", 2)
            .int("duration_ms", (at_us - thread.began_us) / 1000)
            .text("model", MODEL)
            .text("final_model", MODEL)
            .flag("model_swapped", false);
        self.plain("subagent_completed", at_us, Some(thread), own);
    }
}
