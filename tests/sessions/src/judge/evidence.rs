//! Everything that the delivered records of a client show, taken together.

use std::collections::{BTreeMap, BTreeSet};

use crate::draft::Shown;
use crate::scenario::Client;
use crate::story::{CallIx, ConversationIx, PromptIx};

/// What is shown of a call.
#[derive(Debug, Clone, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a kind of record that arrived or not")]
pub(super) struct CallEvidence {
    /// Which of its decisions arrived.
    pub(super) decisions: BTreeSet<usize>,
    pub(super) assessment: bool,
    pub(super) result: bool,
    /// A span or another record with its id.
    pub(super) seen: bool,
    pub(super) aborted: bool,
    pub(super) dispatched: bool,
    pub(super) hook: bool,
    pub(super) result_event: bool,
    pub(super) waited: bool,
}

impl CallEvidence {
    /// Whether anything shows the call.
    pub(super) fn visible(&self) -> bool {
        !self.decisions.is_empty()
            || self.assessment
            || self.result
            || self.seen
            || self.aborted
            || self.result_event
    }

    /// Whether its span arrived.
    pub(super) fn spanned(&self) -> bool {
        self.seen || self.aborted
    }
}

/// What is shown of a client.
#[derive(Debug)]
pub(super) struct Evidence {
    pub(super) conversations: Vec<bool>,
    pub(super) postures: Vec<bool>,
    pub(super) prompts: Vec<bool>,
    pub(super) calls: Vec<CallEvidence>,
    pub(super) attempts: Vec<bool>,
    pub(super) questions: Vec<bool>,
    pub(super) roles: Vec<bool>,
    pub(super) parents: Vec<BTreeSet<&'static str>>,
    pub(super) chains: Vec<[bool; 3]>,
    /// The conversations that arrived in a trace.
    pub(super) traces: BTreeMap<u32, BTreeSet<ConversationIx>>,
    /// The conversations that have a part in a trace, arrived or not.
    pub(super) all_traces: BTreeMap<u32, BTreeSet<ConversationIx>>,
    /// Under which prompt which thread asked the model, and when.
    pub(super) model_requests: Vec<(PromptIx, u32, i64)>,
    /// Whether anything at all of the client was lost.
    pub(super) anything_lost: bool,
}

impl Evidence {
    /// Goes through the records that arrived.
    pub(super) fn collect(client: &Client, arrived: &[Vec<bool>]) -> Self {
        let story = &client.story;
        let count = story.conversations.len();
        let mut evidence = Self {
            conversations: vec![false; count],
            postures: vec![false; count],
            prompts: vec![false; story.prompts.len()],
            calls: vec![CallEvidence::default(); story.calls.len()],
            attempts: vec![false; story.attempts.len()],
            questions: vec![false; story.questions.len()],
            roles: vec![false; count],
            parents: vec![BTreeSet::new(); count],
            chains: vec![[false; 3]; count],
            traces: BTreeMap::new(),
            all_traces: BTreeMap::new(),
            model_requests: Vec::new(),
            anything_lost: false,
        };
        for (process, arrived) in client.processes.iter().zip(arrived) {
            for (record, arrived) in process.records.iter().zip(arrived) {
                for shown in &record.shows {
                    if let Shown::InTrace(conversation, trace) = shown {
                        evidence.all_traces.entry(*trace).or_default().insert(*conversation);
                    }
                }
                evidence.anything_lost |= !arrived;
                if *arrived {
                    evidence.take(record.conversation, &record.shows);
                }
            }
        }
        evidence
    }

    fn take(&mut self, conversation: Option<ConversationIx>, shows: &[Shown]) {
        if let Some(conversation) = conversation {
            self.conversations[conversation] = true;
        }
        for shown in shows {
            match *shown {
                Shown::Prompt(prompt) => self.prompts[prompt] = true,
                Shown::Posture(conversation) => self.postures[conversation] = true,
                Shown::Attempt(attempt) => self.attempts[attempt] = true,
                Shown::Question(question) => self.questions[question] = true,
                Shown::Role(conversation) => self.roles[conversation] = true,
                Shown::Parent(conversation, how) => {
                    self.parents[conversation].insert(how);
                }
                Shown::Chain(conversation, part) => {
                    self.chains[conversation][usize::from(part)] = true;
                }
                Shown::InTrace(conversation, trace) => {
                    self.traces.entry(trace).or_default().insert(conversation);
                }
                Shown::ModelRequest(prompt, thread, at_us) => {
                    self.model_requests.push((prompt, thread, at_us));
                }
                Shown::Decision(call, _)
                | Shown::Assessment(call)
                | Shown::Result(call)
                | Shown::Call(call)
                | Shown::Aborted(call)
                | Shown::Dispatched(call)
                | Shown::Hook(call)
                | Shown::Waited(call)
                | Shown::ResultEvent(call) => self.take_call(call, *shown),
            }
        }
    }

    fn take_call(&mut self, call: CallIx, shown: Shown) {
        let call = &mut self.calls[call];
        match shown {
            Shown::Decision(_, nth) => {
                call.decisions.insert(nth);
            }
            Shown::Assessment(_) => call.assessment = true,
            Shown::Result(_) => call.result = true,
            Shown::Aborted(_) => call.aborted = true,
            Shown::Dispatched(_) => call.dispatched = true,
            Shown::Hook(_) => call.hook = true,
            Shown::Waited(_) => call.waited = true,
            Shown::ResultEvent(_) => call.result_event = true,
            _ => call.seen = true,
        }
    }
}
