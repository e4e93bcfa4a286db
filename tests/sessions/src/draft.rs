//! Records between being written by an agent and being cut into requests.

use std::collections::HashMap;

use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message as _;

use crate::Signal;
use crate::story::{AttemptIx, CallIx, ConversationIx, PromptIx, QuestionIx};
use crate::wire::{Attributes, key_value};

/// What a record shows to whoever receives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shown {
    /// A prompt.
    Prompt(PromptIx),
    /// The posture of a conversation: who can be asked.
    Posture(ConversationIx),
    /// The nth decision on a call.
    Decision(CallIx, usize),
    /// The reviewer's verdict on a call.
    Assessment(CallIx),
    /// The result of a call.
    Result(CallIx),
    /// That a call was made, nothing more.
    Call(CallIx),
    /// That a call was made and aborted.
    Aborted(CallIx),
    /// The dispatch of a call.
    Dispatched(CallIx),
    /// That a hook looked at a call.
    Hook(CallIx),
    /// That a call had a result, without its text.
    ResultEvent(CallIx),
    /// A network attempt.
    Attempt(AttemptIx),
    /// The answer to a question about a host.
    Question(QuestionIx),
    /// What a conversation is for.
    Role(ConversationIx),
    /// Whom a conversation serves, all by itself.
    Parent(ConversationIx, &'static str),
    /// One of the three spans between a subagent's turn and its parent's call.
    Chain(ConversationIx, u8),
    /// That a conversation has a part in a trace.
    InTrace(ConversationIx, u32),
    /// That a thread asked the model again under a prompt.
    ModelRequest(PromptIx, u32, i64),
    /// How the wait for a permission ended; the span has no id of the call, its parent has.
    Waited(CallIx),
}

/// The scope of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    /// Codex' events.
    CodexLog,
    /// Codex' network proxy.
    CodexProxy,
    /// Codex' noise at the end of a process.
    CodexMetrics,
    /// Spans of Codex: the scope is named after the service.
    Service,
    /// Claude Code's events.
    ClaudeEvents,
    /// Claude Code's spans.
    ClaudeTracing,
}

/// A log record or a span.
#[derive(Debug)]
pub(crate) enum Message {
    Log(Box<LogRecord>),
    Span(Box<Span>),
}

/// A record that was written.
#[derive(Debug)]
pub(crate) struct Draft {
    /// When, by the clock of the client.
    pub(crate) at_us: i64,
    pub(crate) scope: Scope,
    pub(crate) name: &'static str,
    pub(crate) conversation: Option<ConversationIx>,
    pub(crate) message: Message,
    /// Whether the process counts it.
    pub(crate) counted: bool,
    pub(crate) shows: Vec<Shown>,
}

/// A record as it is sent.
#[derive(Debug)]
pub(crate) struct Sealed {
    pub(crate) at_us: i64,
    pub(crate) signal: Signal,
    pub(crate) scope: Scope,
    pub(crate) name: &'static str,
    pub(crate) conversation: Option<ConversationIx>,
    pub(crate) bytes: Vec<u8>,
    pub(crate) sequence: Option<i64>,
    pub(crate) shows: Vec<Shown>,
}

/// The records of one process of an agent, and how it sends them.
#[derive(Debug)]
pub(crate) struct Process {
    pub(crate) logs_resource: Attributes,
    pub(crate) spans_resource: Attributes,
    /// The service's name, and the version of the agent.
    pub(crate) service: &'static str,
    pub(crate) version: &'static str,
    /// How long records wait to be sent together.
    pub(crate) flush_us: i64,
    /// The attribute with the process's counter.
    pub(crate) counter: Counter,
    pub(crate) records: Vec<Sealed>,
}

/// How a process counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Counter {
    /// `tool_result_seq`, from 1, of results only.
    Results,
    /// `event.sequence`, from 0, of every log record.
    Events,
}

impl Counter {
    /// Its first number.
    pub(crate) fn first(self) -> i64 {
        match self {
            Self::Results => 1,
            Self::Events => 0,
        }
    }

    fn attribute(self) -> &'static str {
        match self {
            Self::Results => "tool_result_seq",
            Self::Events => "event.sequence",
        }
    }
}

/// Puts the records of a process in order, counts them and encodes them.
pub(crate) fn seal(mut drafts: Vec<Draft>, counter: Counter) -> Vec<Sealed> {
    drafts.sort_by_key(|draft| draft.at_us);
    let mut next = counter.first();
    let mut numbers: HashMap<CallIx, i64> = HashMap::new();
    let mut sealed = Vec::with_capacity(drafts.len());
    for mut draft in drafts {
        let result = draft.shows.iter().find_map(|shown| match shown {
            Shown::Result(call) | Shown::ResultEvent(call) => Some(*call),
            _ => None,
        });
        let mut sequence = None;
        match &mut draft.message {
            Message::Log(log) if draft.counted => {
                let attribute = key_value(counter.attribute(), Value::IntValue(next));
                let place = log.attributes.len().min(1);
                log.attributes.insert(place, attribute);
                numbers.extend(result.map(|call| (call, next)));
                sequence = Some(next);
                next += 1;
            }
            Message::Span(span) => {
                let number = result.and_then(|call| numbers.get(&call));
                if let (Some(number), Some(event)) = (number, span.events.first_mut()) {
                    let number = Value::StringValue(number.to_string());
                    event.attributes.push(key_value(counter.attribute(), number));
                }
            }
            Message::Log(_) => {}
        }
        let (signal, bytes) = match &draft.message {
            Message::Log(log) => (Signal::Logs, log.encode_to_vec()),
            Message::Span(span) => (Signal::Traces, span.encode_to_vec()),
        };
        sealed.push(Sealed {
            at_us: draft.at_us,
            signal,
            scope: draft.scope,
            name: draft.name,
            conversation: draft.conversation,
            bytes,
            sequence,
            shows: draft.shows,
        });
    }
    sealed
}
