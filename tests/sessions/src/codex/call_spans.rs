//! The spans of a call of Codex: the tool's own, its dispatch, and what stands below that.

use opentelemetry_proto::tonic::trace::v1::span::Event;

use crate::codex::Codex;
use crate::codex::records::called;
use crate::codex::spans::Spanned;
use crate::codex::turn::{Trace, Turn};
use crate::draft::Shown;
use crate::story::{CallIx, ConversationIx, Ending};
use crate::truth::Outcome;
use crate::wire::Attributes;

/// Where the spans of a call stand.
#[derive(Clone, Copy)]
struct Place {
    trace: Trace,
    call: CallIx,
    /// The span of the dispatch.
    dispatch: [u8; 8],
    from_us: i64,
    to_us: i64,
}

impl Place {
    /// A span below the dispatch, so many microseconds after its beginning.
    fn below(
        &self,
        name: &str,
        id: [u8; 8],
        after_us: i64,
        to_us: i64,
        own: Attributes,
    ) -> Spanned {
        Spanned {
            name: name.to_owned(),
            trace: self.trace.id,
            id,
            above: Some(self.dispatch),
            from_us: self.from_us + after_us,
            to_us,
            own,
        }
    }
}

impl Codex<'_> {
    /// Writes the spans of a call. `dispatch` is the id of the second; `child` the conversation the
    /// call led to.
    pub(super) fn call_spans(
        &mut self,
        turn: &Turn,
        call: CallIx,
        dispatch: [u8; 8],
        child: Option<ConversationIx>,
    ) {
        let Some(trace) = turn.trace else { return };
        let story = &self.story.calls[call];
        let (from_us, to_us) = (story.started_us, story.ended_us + 400);
        let aborted = story.aborted;
        let place = Place { trace, call, dispatch, from_us, to_us };
        let outer: [u8; 8] = self.chance.bytes();
        let tool = self.story.calls[call].tool.replace('/', "");
        let own = self
            .ids(turn, call)
            .text("tool_name", tool.as_str())
            .text("turn.id", turn.id.as_str())
            .text("tool_source", "direct")
            .text("codex.tool.phase", "dispatch")
            .flag("aborted", aborted);
        let (id, above) = (outer, Some(trace.run));
        let whole = Spanned { name: tool, trace: trace.id, id, above, from_us, to_us, own };
        let mut shows = vec![if aborted { Shown::Aborted(call) } else { Shown::Call(call) }];
        shows.extend(child.map(|child| Shown::Chain(child, 2)));
        self.write_call_span(turn, trace, whole, shows, Vec::new());
        self.dispatch_span(turn, place, outer, child);
        self.hook_span(turn, place);
        self.command_span(turn, place);
    }

    fn write_call_span(
        &mut self,
        turn: &Turn,
        trace: Trace,
        spanned: Spanned,
        mut shows: Vec<Shown>,
        events: Vec<Event>,
    ) {
        shows.push(Shown::InTrace(turn.conversation, trace.number));
        self.write_span(spanned, Some(turn.conversation), shows, events);
    }

    fn ids(&self, turn: &Turn, call: CallIx) -> Attributes {
        Attributes::new()
            .text("conversation.id", self.story.conversations[turn.conversation].id.as_str())
            .text("turn_id", turn.id.as_str())
            .text("call_id", self.story.calls[call].id.as_str())
    }

    /// `dispatch_tool_call_with_state`, with an event for the result.
    fn dispatch_span(
        &mut self,
        turn: &Turn,
        place: Place,
        outer: [u8; 8],
        child: Option<ConversationIx>,
    ) {
        let call = place.call;
        let mut shows = vec![Shown::Dispatched(call)];
        shows.extend(child.map(|child| Shown::Chain(child, 1)));
        let mut events = Vec::new();
        if self.story.calls[call].ending != Ending::Missing {
            shows.push(Shown::ResultEvent(call));
            events.push(self.result_event(turn, call));
        }
        let spanned = Spanned {
            name: "dispatch_tool_call_with_state".to_owned(),
            trace: place.trace.id,
            id: place.dispatch,
            above: Some(outer),
            from_us: place.from_us + 100,
            to_us: place.to_us - 40,
            own: Attributes::new(),
        };
        self.write_call_span(turn, place.trace, spanned, shows, events);
    }

    /// `codex.hooks.command`: it says the same whether the hook let the call pass or not.
    fn hook_span(&mut self, turn: &Turn, place: Place) {
        let agents = self.story.calls[place.call].tool.starts_with("multi_agent");
        if !self.setup.hooks || turn.depth > 0 || agents {
            return;
        }
        let own = Attributes::new()
            .text("hook.event_name", "PreToolUse")
            .text("hook.handler_type", "command")
            .text("hook.source", "user")
            .text("hook.command_outcome", "completed");
        let to_us = (place.from_us + 20_000).min(place.to_us);
        let looked = place.below("codex.hooks.command", self.chance.bytes(), 300, to_us, own);
        self.write_call_span(turn, place.trace, looked, vec![Shown::Hook(place.call)], Vec::new());
    }

    /// `unified_exec.exec_command`, of a command that was not refused.
    fn command_span(&mut self, turn: &Turn, place: Place) {
        let story = &self.story.calls[place.call];
        if !story.executes || story.happened == Outcome::Denied {
            return;
        }
        let outcome = match story.ending {
            Ending::Missing | Ending::Running => None,
            Ending::NetworkBlocked => Some("failed"),
            _ => Some("exited"),
        };
        let own = self.ids(turn, place.call).text("mode", "resumable").maybe("outcome", outcome);
        let to_us = place.to_us - 60;
        let name = "unified_exec.exec_command";
        let command = place.below(name, self.chance.bytes(), 500, to_us, own);
        let shows = vec![Shown::Call(place.call)];
        self.write_call_span(turn, place.trace, command, shows, Vec::new());
    }

    /// The event that says that a result exists; without its text.
    fn result_event(&self, turn: &Turn, call: CallIx) -> Event {
        let story = &self.story.calls[call];
        let attributes = Attributes::new()
            .text("event.name", "codex.tool_result")
            .join(called(&story.tool, &story.id))
            .text("duration_ms", ((story.ended_us - story.started_us) / 1000).to_string())
            .text("success", story.ending.is_success().to_string())
            .flag("output_truncated", false)
            .int("arguments_length", story.arguments.len() as i64)
            .int("output_length", story.output.len() as i64)
            .join(self.common(turn.conversation, story.ended_us));
        Event {
            time_unix_nano: (story.ended_us * 1000 + 500).cast_unsigned(),
            name: "event otel/src/tool_result.rs:54".to_owned(),
            attributes: attributes.0,
            ..Event::default()
        }
    }
}
