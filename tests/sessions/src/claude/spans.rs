//! The spans of Claude Code (beta tracing).

use opentelemetry_proto::tonic::trace::v1::{Span, Status};

use crate::claude::Claude;
use crate::claude::turn::{Thread, Trace};
use crate::draft::{Draft, Message, Scope, Shown};
use crate::story::{CallIx, Ending};
use crate::wire::Attributes;

const INTERNAL: i32 = 1;
const ERROR: i32 = 2;

/// A span to be written.
struct Spanned {
    name: &'static str,
    id: [u8; 8],
    above: Option<[u8; 8]>,
    from_us: i64,
    to_us: i64,
    own: Attributes,
    failed: bool,
}

impl Claude<'_> {
    fn write_span(&mut self, trace: Trace, thread: &Thread, spanned: Spanned, shows: Vec<Shown>) {
        let Spanned { name, id, above, from_us, to_us, own, failed } = spanned;
        let conversation =
            thread.agent_id.as_deref().unwrap_or(self.story.conversations[self.main].id.as_str());
        let kind = name.trim_start_matches("claude_code.");
        let attributes = self
            .common()
            .text("gen_ai.provider.name", "anthropic")
            .text("span.type", kind)
            .text("gen_ai.conversation.id", conversation)
            .join(own);
        // The spans below that of a call do not say whose it is.
        let below = matches!(kind, "tool.blocked_on_user" | "tool.execution");
        let agent = Some(thread).filter(|_| !below);
        let attributes = attributes
            .maybe("agent_id", agent.and_then(|thread| thread.agent_id.as_deref()))
            .maybe("parent_agent_id", agent.and_then(|thread| thread.above.as_deref()));
        let record = Span {
            trace_id: trace.id.to_vec(),
            span_id: id.to_vec(),
            parent_span_id: above.map(|id| id.to_vec()).unwrap_or_default(),
            name: name.to_owned(),
            kind: INTERNAL,
            start_time_unix_nano: (from_us / 1000 * 1_000_000).cast_unsigned(),
            end_time_unix_nano: (to_us.max(from_us) * 1000 + 321).cast_unsigned(),
            attributes: attributes.0,
            status: Some(Status { code: if failed { ERROR } else { 0 }, ..Status::default() }),
            flags: 257,
            ..Span::default()
        };
        self.drafts.push(Draft {
            at_us: to_us,
            scope: Scope::ClaudeTracing,
            name,
            conversation: Some(self.main),
            message: Message::Span(Box::new(record)),
            counted: false,
            shows,
        });
    }

    /// `claude_code.interaction`.
    pub(super) fn interaction_span(&mut self, thread: &Thread, end_us: i64) {
        let Some(trace) = thread.trace else { return };
        self.interactions += 1;
        let prompt = &self.story.prompts[thread.prompt];
        let text = if prompt.redacted { "<REDACTED>" } else { prompt.text.as_str() };
        let own = Attributes::new()
            .text("gen_ai.operation.name", "invoke_agent")
            .text("user_prompt", text)
            .int("user_prompt_length", prompt.text.chars().count() as i64)
            .int("interaction.sequence", self.interactions)
            .int("interaction.duration_ms", (end_us - thread.began_us) / 1000);
        let (id, from_us, to_us) = (trace.under, thread.began_us - 10_000, end_us);
        let name = "claude_code.interaction";
        let spanned = Spanned { name, id, above: None, from_us, to_us, own, failed: false };
        self.write_span(trace, thread, spanned, Vec::new());
    }

    /// `claude_code.llm_request`.
    pub(super) fn request_span(
        &mut self,
        thread: &Thread,
        at_us: i64,
        took_us: i64,
        input: i64,
        output: i64,
    ) {
        let Some(trace) = thread.trace else { return };
        let own = Attributes::new()
            .text("model", "claude-opus-5-5")
            .int("input_tokens", input)
            .int("output_tokens", output)
            .int("duration_ms", took_us / 1000)
            .text("gen_ai.request.model", "claude-opus-5-5")
            .text("llm_request.context", if thread.depth == 0 { "interaction" } else { "tool" })
            .int("attempt", 1)
            .flag("success", true);
        let (id, above) = (self.chance.bytes(), Some(trace.under));
        let (from_us, to_us) = (at_us - took_us - 6_000, at_us - 6_000);
        let name = "claude_code.llm_request";
        let spanned = Spanned { name, id, above, from_us, to_us, own, failed: false };
        self.write_span(trace, thread, spanned, Vec::new());
    }

    /// The spans of a call: its own, the wait for a permission, and its execution.
    pub(super) fn call_spans(&mut self, thread: &Thread, call: CallIx, source: &str) {
        let Some(trace) = thread.trace else { return };
        let outer = match self.story.calls[call].span {
            Some(span) => span,
            None => self.chance.bytes(),
        };
        let story = &self.story.calls[call];
        let (from_us, to_us) = (story.started_us, story.ended_us);
        let allowed = story.decisions.last().is_none_or(|last| last.allowed);
        let decided_us = if allowed { story.run_us } else { to_us };
        let ids = Attributes::new()
            .text("tool_use_id", story.id.as_str())
            .text("gen_ai.tool.call.id", story.id.as_str());
        let server = story.tool.strip_prefix("mcp__").and_then(|name| name.split_once("__"));
        let arguments: serde_json::Value =
            serde_json::from_str(&story.arguments).unwrap_or_default();
        let detail = |key: &str| arguments[key].as_str().filter(|_| self.setup.details);
        let own = Attributes::new()
            .text("tool_name", story.tool.as_str())
            .text("gen_ai.operation.name", "execute_tool")
            .text("gen_ai.tool.name", server.map_or(story.tool.as_str(), |(_, tool)| tool))
            .maybe("anthropic.mcp.server.name", server.map(|(server, _)| server))
            .maybe("full_command", detail("command"))
            .maybe("file_path", detail("file_path"))
            .maybe("subagent_type", detail("subagent_type"))
            .join(ids.clone())
            .int("duration_ms", (to_us - from_us) / 1000);
        let blocked = Attributes::new()
            .int("duration_ms", (decided_us - from_us) / 1000)
            .text("decision", if allowed { "accept" } else { "reject" })
            .text("source", source);
        let success = story.ending.is_success();
        let execution =
            ids.int("duration_ms", (to_us - decided_us) / 1000).flag("success", success);
        let ran = story.ending != Ending::Missing;
        let whole = Spanned {
            name: "claude_code.tool",
            id: outer,
            above: Some(trace.under),
            from_us,
            to_us,
            own,
            failed: false,
        };
        self.write_span(trace, thread, whole, vec![Shown::Call(call)]);
        let wait = Spanned {
            name: "claude_code.tool.blocked_on_user",
            id: self.chance.bytes(),
            above: Some(outer),
            from_us,
            to_us: decided_us,
            own: blocked,
            failed: false,
        };
        self.write_span(trace, thread, wait, vec![Shown::Waited(call)]);
        if ran {
            let executed = Spanned {
                name: "claude_code.tool.execution",
                id: self.chance.bytes(),
                above: Some(outer),
                from_us: decided_us,
                to_us,
                own: execution,
                failed: !success,
            };
            self.write_span(trace, thread, executed, vec![Shown::ResultEvent(call)]);
        }
    }
}
