//! One step of a turn: the calls that the model asked for together.

use crate::codex::Codex;
use crate::codex::turn::Turn;

/// How a step ended.
#[derive(Debug)]
pub(super) struct Stepped {
    pub(super) end_us: i64,
    /// A person stopped the turn in it.
    pub(super) stopped: bool,
}

/// What the calls of a step share.
#[derive(Debug, Default)]
pub(super) struct Together {
    /// Hosts that a call of the step contacts.
    pub(super) hosts: Vec<String>,
    /// When a person presses Esc.
    pub(super) cut_us: Option<i64>,
}

impl Codex<'_> {
    /// Makes the calls of a step that begins at `at_us`.
    pub(super) fn step(&mut self, turn: &Turn, at_us: i64) -> Stepped {
        let going_on = |end_us| Stepped { end_us, stopped: false };
        if turn.depth < 3 && turn.conversation_may_delegate() {
            let (knob, name) = if turn.depth == 0 {
                (self.knobs.subagent, "subagent")
            } else {
                (self.knobs.nested_subagent, "nested_subagent")
            };
            if self.chance.happens(name, knob) {
                return going_on(self.delegate(turn, at_us));
            }
        }
        if self.attended(turn) {
            if self.chance.happens("escaped_question", self.knobs.escaped_question) {
                return self.escaped_question(turn, at_us);
            }
            if self.chance.happens("escaped_call", self.knobs.escaped_call) {
                let cut_us = Some(at_us + self.chance.millis(300, 4_000));
                let together = Together { cut_us, ..Together::default() };
                return self.calls(turn, at_us, together);
            }
        }
        self.calls(turn, at_us, Together::default())
    }

    /// One call, or several at the same time.
    fn calls(&mut self, turn: &Turn, at_us: i64, mut together: Together) -> Stepped {
        let parallel = self.chance.happens("parallel_calls", self.knobs.parallel_calls);
        let count = if parallel { self.chance.between(2, 5) } else { 1 };
        let mut end_us = at_us;
        let mut start_us = at_us;
        for _ in 0..count {
            start_us += self.chance.millis(1, 8);
            let ended = if together.cut_us.is_none() && self.chance.coin(0.15) {
                self.tool_call(turn, start_us)
            } else {
                self.shell_call(turn, start_us, &mut together)
            };
            end_us = end_us.max(ended);
        }
        let stopped = together.cut_us.is_some();
        Stepped { end_us: together.cut_us.unwrap_or(end_us), stopped }
    }
}

impl Turn {
    /// Whether this conversation hands tasks out: reviewers and title makers do not.
    fn conversation_may_delegate(&self) -> bool {
        self.intent.is_some()
    }
}
