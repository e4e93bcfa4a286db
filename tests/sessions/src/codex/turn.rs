//! One turn of Codex: a prompt and the steps that follow from it.

use crate::codex::records::{Place, Written};
use crate::codex::{AGENT, Codex, Mode};
use crate::draft::Shown;
use crate::story::{ConversationIx, PromptIx, PromptStory};
use crate::truth::Role;
use crate::wire::Attributes;

/// How the order to make a title begins and ends; the prompt follows.
const TITLE_ORDER: &str = "Generate a concise, single-line task title of at most 36 characters and under five words where possible. Start with an imperative verb. Do not answer the request.\n\nUser prompt:\n";

/// The spans of a turn.
#[derive(Debug, Clone, Copy)]
pub(super) struct Trace {
    pub(super) id: [u8; 16],
    /// The trace's number among those of the client.
    pub(super) number: u32,
    /// `run_turn`, under which the calls stand.
    pub(super) run: [u8; 8],
    /// `codex.turn_input`, above it.
    pub(super) input: [u8; 8],
    /// What stands above that: `turn/start`, or the dispatch of the call that led here.
    pub(super) above: [u8; 8],
}

/// A turn that is being simulated.
#[derive(Debug, Clone)]
pub(super) struct Turn {
    pub(super) conversation: ConversationIx,
    pub(super) prompt: PromptIx,
    /// The prompt of the person behind it.
    pub(super) intent: Option<PromptIx>,
    pub(super) id: String,
    /// `/root`, or a subagent's nickname.
    pub(super) agent_name: String,
    /// 0 for the conversation that a person leads.
    pub(super) depth: u8,
    pub(super) trace: Option<Trace>,
    /// The conversation and turn that led here, and the turn at the root.
    pub(super) parent: Option<(ConversationIx, String, String)>,
    pub(super) began_us: i64,
}

impl Turn {
    /// Where its log records stand.
    pub(super) fn place(&self) -> Place {
        self.trace.map(|trace| (trace.id, trace.run, trace.number))
    }
}

impl Codex<'_> {
    /// A trace with its own root, if spans are sent.
    pub(super) fn new_trace(&mut self) -> Option<Trace> {
        if !self.setup.traces {
            return None;
        }
        self.traces += 1;
        Some(Trace {
            id: self.chance.bytes(),
            number: self.traces,
            run: self.chance.bytes(),
            input: self.chance.bytes(),
            above: self.chance.bytes(),
        })
    }

    /// The start of a process's main conversation, in a trace of its own.
    pub(super) fn thread_start(&mut self, main: ConversationIx, at_us: i64) {
        let trace = self.new_trace();
        let place = trace.map(|trace| (trace.id, trace.run, trace.number));
        let sandbox = if self.chance.coin(0.9) { "workspace-write" } else { "danger-full-access" };
        let posture = [self.setup.approval_policy(), sandbox, "tickets"];
        self.conversation_starts(main, at_us, posture, place);
        if let Some(trace) = trace {
            self.thread_span(main, trace, at_us);
        }
    }

    /// A turn that a person asked for; gives its end.
    pub(super) fn main_turn(
        &mut self,
        main: ConversationIx,
        prompt: PromptIx,
        at_us: i64,
        title: bool,
    ) -> i64 {
        let turn = Turn {
            conversation: main,
            prompt,
            intent: Some(prompt),
            id: self.chance.uuid_at(at_us),
            agent_name: "/root".to_owned(),
            depth: 0,
            trace: self.new_trace(),
            parent: None,
            began_us: at_us,
        };
        self.user_prompt(prompt, turn.place(), &[]);
        if title {
            let begins_us = at_us + self.chance.millis(10, 60);
            self.title(main, prompt, begins_us);
        }
        self.run_turn(&turn)
    }

    /// The steps of a turn, its answer and its spans; gives its end.
    pub(super) fn run_turn(&mut self, turn: &Turn) -> i64 {
        let mut at = turn.began_us + self.chance.millis(5, 30);
        let steps =
            if turn.depth == 0 { self.chance.between(1, 4) } else { self.chance.between(1, 2) };
        let mut stopped = false;
        for _ in 0..steps {
            let took = self.chance.millis(200, 2_500);
            at += took;
            self.model_request(turn, at, took);
            at += self.chance.millis(2, 15);
            let step = self.step(turn, at);
            at = step.end_us;
            if step.stopped {
                stopped = true;
                break;
            }
        }
        if !stopped {
            let took = self.chance.millis(200, 2_500);
            at += took;
            self.model_request(turn, at, took);
            if self.setup.responses {
                self.agent_response(turn, at + 900);
            }
        }
        at += self.chance.millis(2, 9);
        self.turn_spans(turn, at, stopped);
        at
    }

    /// `codex.agent_response`.
    fn agent_response(&mut self, turn: &Turn, at_us: i64) {
        let text = "Done; see the summary above.";
        let mut shows = Vec::new();
        let mut own = Attributes::new()
            .text("agent.type", if turn.depth == 0 { "main" } else { "subagent" })
            .text("turn.id", turn.id.as_str())
            .text("item.id", format!("msg_{}", self.chance.hex(16)));
        if let Some((parent, parent_turn, root_turn)) = &turn.parent {
            own = own
                .text("parent.conversation.id", self.story.conversations[*parent].id.as_str())
                .text("parent.turn.id", parent_turn.as_str())
                .text("root.turn.id", root_turn.as_str());
            shows.push(Shown::Parent(turn.conversation, "agent_response"));
            shows.push(Shown::Role(turn.conversation));
        }
        let own =
            own.text("response", text).int("response_length", 28).flag("response_truncated", false);
        let (conversation, place) = (turn.conversation, turn.place());
        let name = "codex.agent_response";
        self.write(Written { name, at_us, conversation, place, own, shows });
    }

    /// The conversation that makes the title of another, in a trace of its own.
    fn title(&mut self, main: ConversationIx, of: PromptIx, at_us: i64) {
        let id = self.chance.uuid_at(at_us);
        let conversation = self.story.conversation(AGENT, id, Role::Title, Some(main));
        let trace = self.new_trace();
        let place = trace.map(|trace| (trace.id, trace.run, trace.number));
        self.conversation_starts(conversation, at_us, ["on-request", "read-only", ""], place);
        let text = format!("{TITLE_ORDER}{}", self.story.prompts[of].text);
        let asked_us = at_us + self.chance.millis(15, 40);
        let prompt = self.story.prompt(PromptStory {
            conversation,
            text,
            origin: "system",
            person: None,
            prompt_id: None,
            redacted: self.setup.redacted,
            at_us: asked_us,
        });
        let turn = Turn {
            conversation,
            prompt,
            intent: None,
            id: self.chance.uuid_at(asked_us),
            agent_name: "/root".to_owned(),
            depth: 0,
            trace: self.new_trace(),
            parent: None,
            began_us: asked_us,
        };
        let role = Shown::Role(conversation);
        let named = Shown::Parent(conversation, "title_text");
        self.user_prompt(prompt, turn.place(), &[role, named]);
        let took = self.chance.millis(20, 900);
        self.model_request(&turn, asked_us + took, took);
        self.turn_spans(&turn, asked_us + took + 2_000, false);
    }

    /// Whether a person sits at this turn.
    pub(super) fn attended(&self, turn: &Turn) -> bool {
        self.setup.mode == Mode::Interactive && turn.depth == 0
    }
}
