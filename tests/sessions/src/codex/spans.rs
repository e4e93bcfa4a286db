//! The spans of Codex that mean something; here those of threads and turns.

use opentelemetry_proto::tonic::trace::v1::span::Event;
use opentelemetry_proto::tonic::trace::v1::{Span, Status};

use crate::codex::Codex;
use crate::codex::turn::{Trace, Turn};
use crate::draft::{Draft, Message, Scope, Shown};
use crate::story::ConversationIx;
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
        self.drafts.push(Draft {
            at_us,
            scope,
            name,
            conversation,
            message,
            counted: false,
            shows,
        });
    }

    /// `thread/start`.
    pub(super) fn thread_span(&mut self, main: ConversationIx, trace: Trace, at_us: i64) {
        let own =
            Attributes::new().text("rpc.system", "jsonrpc").text("rpc.method", "thread/start");
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
        let span = |name: &str, id, above, from_us, to_us, own| Spanned {
            name: name.to_owned(),
            trace: trace.id,
            id,
            above,
            from_us,
            to_us,
            own,
        };
        let mut spans = Vec::new();
        if turn.parent.is_none() && turn.depth == 0 {
            let rpc =
                Attributes::new().text("rpc.system", "jsonrpc").text("rpc.method", "turn/start");
            let root = rpc.join(turn_id.clone());
            spans.push(span("turn/start", trace.above, None, began - 9_000, began + 9_000, root));
        }
        let above = Some(trace.above);
        let (from_us, to_us) = (began - 6_000, began + 4_000);
        spans.push(span("codex.turn_input", trace.input, above, from_us, to_us, both.clone()));
        let mut tokens = turn_id.text("model", "gpt-5.4");
        if !stopped {
            tokens = tokens
                .int("codex.turn.token_usage.input_tokens", 3606)
                .int("codex.turn.token_usage.output_tokens", 165);
        }
        let input = Some(trace.input);
        spans.push(span("session_task.turn", task, input, began + 3_000, end_us + 900, tokens));
        spans.push(span("run_turn", trace.run, Some(task), began + 3_500, end_us, both));
        for spanned in spans {
            let mut shows = vec![in_trace];
            if spanned.name == "codex.turn_input" {
                shows.push(Shown::Chain(conversation, 0));
            }
            self.write_span(spanned, Some(conversation), shows, Vec::new());
        }
    }
}
