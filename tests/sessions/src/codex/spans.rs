//! The spans of Codex that mean something: of threads, turns, calls, reviews, and of the proxy.

use opentelemetry_proto::tonic::trace::v1::span::Event;
use opentelemetry_proto::tonic::trace::v1::{Span, Status};

use crate::codex::Codex;
use crate::codex::records::called;
use crate::codex::turn::{Trace, Turn};
use crate::draft::{Draft, Message, Scope, Shown};
use crate::story::{CallIx, ConversationIx, Ending};
use crate::wire::Attributes;

const INTERNAL: i32 = 1;
const SERVER: i32 = 2;

/// A span to be written.
pub(super) struct Spanned {
    pub(super) name: String,
    pub(super) trace: [u8; 16],
    pub(super) id: [u8; 8],
    pub(super) above: Option<[u8; 8]>,
    pub(super) from_us: i64,
    pub(super) to_us: i64,
    pub(super) own: Attributes,
}

impl Codex<'_> {
    /// Writes a span.
    pub(super) fn write_span(
        &mut self,
        spanned: Spanned,
        conversation: Option<ConversationIx>,
        shows: Vec<Shown>,
        events: Vec<Event>,
    ) {
        let Spanned { name, trace, id, above, from_us, to_us, own } = spanned;
        let server = matches!(name.as_str(), "turn/start" | "thread/start" | "http::serve");
        let record = Span {
            trace_id: trace.to_vec(),
            span_id: id.to_vec(),
            parent_span_id: above.map(|id| id.to_vec()).unwrap_or_default(),
            kind: if server { SERVER } else { INTERNAL },
            start_time_unix_nano: (from_us * 1000 + self.chance.between(0, 999)).cast_unsigned(),
            end_time_unix_nano: (to_us.max(from_us) * 1000 + 999).cast_unsigned(),
            attributes: own.join(Attributes::new().text("thread.name", "tokio-rt-worker")).0,
            name,
            events,
            status: Some(Status::default()),
            flags: 257,
            ..Span::default()
        };
        let (message, name) = (Message::Span(Box::new(record)), "span");
        let (at_us, scope) = (to_us, Scope::Service);
        self.drafts.push(Draft { at_us, scope, name, conversation, message, counted: false, shows });
    }

    /// `thread/start`.
    pub(super) fn thread_span(&mut self, main: ConversationIx, trace: Trace, at_us: i64) {
        let own = Attributes::new().text("rpc.system", "jsonrpc").text("rpc.method", "thread/start");
        let (from_us, to_us) = (at_us - 4_000, at_us + 20_000);
        let name = "thread/start".to_owned();
        let (id, above) = (trace.run, None);
        let spanned = Spanned { name, trace: trace.id, id, above, from_us, to_us, own };
        let shows = vec![Shown::InTrace(main, trace.number)];
        self.write_span(spanned, Some(main), shows, Vec::new());
    }

    /// The spans of a turn: its root, unless it is a subagent's or a reviewer's, and the three
    /// below it.
    pub(super) fn turn_spans(&mut self, turn: &Turn, end_us: i64, stopped: bool) {
        let Some(trace) = turn.trace else { return };
        let conversation = turn.conversation;
        let both = Attributes::new()
            .text("conversation.id", self.story.conversations[conversation].id.as_str())
            .text("turn.id", turn.id.as_str());
        let turn_id = Attributes::new().text("turn.id", turn.id.as_str());
        let began = turn.began_us;
        let in_trace = Shown::InTrace(conversation, trace.number);
        let task: [u8; 8] = self.chance.bytes();
        let mut spans: Vec<(&str, [u8; 8], Option<[u8; 8]>, i64, i64, Attributes)> = Vec::new();
        if turn.parent.is_none() && turn.depth == 0 {
            let rpc = Attributes::new().text("rpc.system", "jsonrpc").text("rpc.method", "turn/start");
            let root = rpc.join(turn_id.clone());
            spans.push(("turn/start", trace.above, None, began - 9_000, began + 9_000, root));
        }
        let above = Some(trace.above);
        let input = (began - 6_000, began + 4_000);
        spans.push(("codex.turn_input", trace.input, above, input.0, input.1, both.clone()));
        let mut tokens = turn_id.text("model", "gpt-5.4");
        if !stopped {
            tokens = tokens
                .int("codex.turn.token_usage.input_tokens", 3606)
                .int("codex.turn.token_usage.output_tokens", 165);
        }
        let input = Some(trace.input);
        spans.push(("session_task.turn", task, input, began + 3_000, end_us + 900, tokens));
        spans.push(("run_turn", trace.run, Some(task), began + 3_500, end_us, both));
        for (name, id, above, from_us, to_us, own) in spans {
            let mut shows = vec![in_trace];
            if name == "codex.turn_input" {
                shows.push(Shown::Chain(conversation, 0));
            }
            let name = name.to_owned();
            let spanned = Spanned { name, trace: trace.id, id, above, from_us, to_us, own };
            self.write_span(spanned, Some(conversation), shows, Vec::new());
        }
    }

    /// The spans of a call: the tool's own and its dispatch, with a hook's and the command's where
    /// there was one. `below` is the id of the dispatch; `child` the conversation it led to.
    pub(super) fn call_spans(
        &mut self,
        turn: &Turn,
        call: CallIx,
        below: [u8; 8],
        child: Option<ConversationIx>,
    ) {
        let Some(trace) = turn.trace else { return };
        let story = &self.story.calls[call];
        let (from_us, to_us) = (story.started_us, story.ended_us + 400);
        let (executes, blocked) = (story.executes, story.blocked_silently);
        let aborted = story.aborted;
        let ran = story.decisions.last().is_none_or(|last| last.allowed) && !blocked;
        let hook = self.setup.hooks && turn.depth == 0 && !story.tool.starts_with("multi_agent");
        let answered = story.ending != Ending::Missing;
        let tool = story.tool.replace('/', "");
        let ids = Attributes::new()
            .text("conversation.id", self.story.conversations[turn.conversation].id.as_str())
            .text("turn_id", turn.id.as_str())
            .text("call_id", story.id.as_str());
        let own = ids
            .clone()
            .text("tool_name", tool.as_str())
            .text("turn.id", turn.id.as_str())
            .text("tool_source", "direct")
            .flag("aborted", aborted);
        let in_trace = Shown::InTrace(turn.conversation, trace.number);
        let outer: [u8; 8] = self.chance.bytes();
        let mut shows =
            vec![in_trace, if aborted { Shown::Aborted(call) } else { Shown::Call(call) }];
        shows.extend(child.map(|child| Shown::Chain(child, 2)));
        let span = |name: &str, id, above, from_us, to_us, own| Spanned {
            name: name.to_owned(),
            trace: trace.id,
            id,
            above: Some(above),
            from_us,
            to_us,
            own,
        };
        let conversation = Some(turn.conversation);
        let whole = span(&tool, outer, trace.run, from_us, to_us, own);
        self.write_span(whole, conversation, shows, Vec::new());

        let dispatch =
            span("dispatch_tool_call_with_state", below, outer, from_us + 100, to_us - 40, Attributes::new());
        let mut shows = vec![in_trace, Shown::Dispatched(call)];
        shows.extend(child.map(|child| Shown::Chain(child, 1)));
        let mut events = Vec::new();
        if answered {
            shows.push(Shown::ResultEvent(call));
            events.push(self.result_event(turn, call));
        }
        self.write_span(dispatch, conversation, shows, events);
        if hook {
            let own = Attributes::new()
                .text("hook.event_name", "PreToolUse")
                .text("hook.handler_type", "command")
                .text("hook.source", "user")
                .text("hook.command_outcome", "completed");
            let id = self.chance.bytes();
            let looked =
                span("codex.hooks.command", id, below, from_us + 300, (from_us + 20_000).min(to_us), own);
            self.write_span(looked, conversation, vec![in_trace, Shown::Hook(call)], Vec::new());
        }
        if executes && ran {
            let outcome = if aborted { None } else { Some("exited") };
            let own = ids.text("mode", "resumable").maybe("outcome", outcome);
            let id = self.chance.bytes();
            let command = span("unified_exec.exec_command", id, below, from_us + 500, to_us - 60, own);
            let shows = vec![in_trace, Shown::Call(call)];
            self.write_span(command, conversation, shows, Vec::new());
        }
    }

    /// The event in a span that says that a result exists; without its text.
    fn result_event(&self, turn: &Turn, call: CallIx) -> Event {
        let story = &self.story.calls[call];
        let attributes = Attributes::new()
            .text("event.name", "codex.tool_result")
            .join(called(&story.tool, &story.id))
            .text("duration_ms", ((story.ended_us - story.started_us) / 1000).to_string())
            .text("success", story.ending.is_success().to_string())
            .int("arguments_length", i64::try_from(story.arguments.len()).unwrap_or(0))
            .int("output_length", i64::try_from(story.output.len()).unwrap_or(0))
            .join(self.common(turn.conversation, story.ended_us));
        Event {
            time_unix_nano: (story.ended_us * 1000 + 500).cast_unsigned(),
            name: "event otel/src/tool_result.rs:54".to_owned(),
            attributes: attributes.0,
            ..Event::default()
        }
    }
}
