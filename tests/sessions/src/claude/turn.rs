//! Turns of Claude Code, of the main agent and of its subagents.

use crate::claude::Claude;
use crate::story::{PromptIx, PromptStory};

/// Whose turn it is: the main agent's, or a subagent's inside it.
#[derive(Debug, Clone)]
pub(super) struct Thread {
    pub(super) prompt: PromptIx,
    /// The prompt of the person behind it.
    pub(super) intent: PromptIx,
    pub(super) agent_id: Option<String>,
    /// The subagent above a subagent.
    pub(super) above: Option<String>,
    /// 0 for the main agent, else the subagent's number.
    pub(super) number: u32,
    pub(super) depth: u8,
    pub(super) began_us: i64,
    pub(super) trace: Option<Trace>,
}

/// Where the spans of a thread stand.
#[derive(Debug, Clone, Copy)]
pub(super) struct Trace {
    pub(super) id: [u8; 16],
    /// The span above them: `claude_code.interaction`, or the tool call of the subagent.
    pub(super) under: [u8; 8],
}

/// How a step or a turn ended.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ended {
    pub(super) at_us: i64,
    /// A person stopped it.
    pub(super) stopped: bool,
}

impl Claude<'_> {
    /// A turn that a person asked for; gives its end.
    pub(super) fn human_turn(&mut self, text: String, person: String, at_us: i64) -> i64 {
        let prompt = self.add_prompt(text, "human", Some(person), at_us);
        let thread = self.main_thread(prompt, prompt, at_us);
        self.user_prompt(&thread, prompt);
        self.run_turn(&thread)
    }

    pub(super) fn add_prompt(
        &mut self,
        text: String,
        origin: &'static str,
        person: Option<String>,
        at_us: i64,
    ) -> PromptIx {
        let prompt_id = Some(self.chance.uuid());
        self.story.prompt(PromptStory {
            conversation: self.main,
            text,
            origin,
            person,
            prompt_id,
            redacted: self.setup.redacted,
            at_us,
        })
    }

    pub(super) fn main_thread(
        &mut self,
        prompt: PromptIx,
        intent: PromptIx,
        began_us: i64,
    ) -> Thread {
        let trace = self
            .setup
            .traces
            .then(|| Trace { id: self.chance.bytes(), under: self.chance.bytes() });
        Thread { prompt, intent, agent_id: None, above: None, number: 0, depth: 0, began_us, trace }
    }

    /// The steps of the main agent's turn, its answer and its span; gives its end.
    pub(super) fn run_turn(&mut self, thread: &Thread) -> i64 {
        let steps = self.chance.between(1, 4);
        let ended = self.steps(thread, thread.began_us + 20_000, steps);
        self.interaction_span(thread, ended.at_us + 5_000);
        ended.at_us + 6_000
    }

    /// Some steps and an answer.
    pub(super) fn steps(&mut self, thread: &Thread, from_us: i64, steps: i64) -> Ended {
        let mut at = from_us;
        for _ in 0..steps {
            let took = self.chance.millis(150, 3_000);
            at += took;
            // The record of the request comes a little after the calls it led to have begun.
            self.api_request(thread, at + 6_000, took);
            let step = self.step(thread, at);
            at = step.at_us.max(at + 7_000);
            if step.stopped {
                return Ended { at_us: at, stopped: true };
            }
        }
        let took = self.chance.millis(150, 3_000);
        at += took;
        self.api_request(thread, at, took);
        self.assistant_response(thread, at + 1_000);
        Ended { at_us: at + 1_500, stopped: false }
    }
}
