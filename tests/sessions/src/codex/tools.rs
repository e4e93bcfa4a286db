//! Calls of MCP tools.

use serde_json::json;

use crate::codex::records::Written;
use crate::codex::shell::BY_POLICY;
use crate::codex::turn::Turn;
use crate::codex::{Codex, Mode};
use crate::draft::Shown;
use crate::story::{CallIx, DecisionStory, Ending};
use crate::truth::Outcome;
use crate::wire::Attributes;

/// How a call of a tool goes.
enum Way {
    /// Nobody needs to allow it.
    ReadOnly,
    /// There is no such tool.
    Unknown,
    /// It needs a permission, and nobody can be asked.
    Unattended,
    /// The person is asked.
    Asked,
    /// The reviewer is.
    Reviewed,
}

impl Codex<'_> {
    /// Makes a call of an MCP tool; gives when the agent goes on.
    pub(super) fn tool_call(&mut self, turn: &Turn, start_us: i64) -> i64 {
        let way = match self.chance.between(0, 9) {
            0..=3 => Way::ReadOnly,
            4 => Way::Unknown,
            _ if self.setup.mode == Mode::Unattended => Way::Unattended,
            _ if turn.depth > 0 => Way::ReadOnly,
            _ if self.setup.mode == Mode::Reviewed => Way::Reviewed,
            _ => Way::Asked,
        };
        let tool = match way {
            Way::ReadOnly | Way::Unknown => "mcp__tickets/get_ticket",
            _ => "mcp__tickets/close_ticket",
        };
        let call = self.ask(turn, tool, start_us);
        let arguments = json!({ "id": format!("T-{}", self.chance.between(1, 999)) });
        self.story.calls[call].arguments = arguments.to_string();
        if self.is_blocked_by_hook(turn, call) {
            return self.story.calls[call].ended_us;
        }
        match way {
            Way::ReadOnly => self.answer(turn, call, start_us),
            Way::Unknown => {
                let output = "unsupported call: mcp__ticketsget_ticket";
                self.end_tool(turn, call, start_us + 300, Ending::NoSuchTool, output)
            }
            Way::Unattended => self.nobody_to_ask(turn, call, start_us),
            Way::Asked => self.ask_person(turn, call, start_us),
            Way::Reviewed => self.ask_reviewer(turn, call, start_us),
        }
    }

    fn answer(&mut self, turn: &Turn, call: CallIx, from_us: i64) -> i64 {
        let end_us = from_us + self.chance.millis(15, 900);
        let (ending, said) = if self.chance.coin(0.8) {
            (Ending::Answered, "{\"result\":\"ticket: rotate the deploy key\"}")
        } else {
            (Ending::ToolError, "Error executing tool")
        };
        let output = format!("Wall time: 0.1000 seconds\nOutput:\n{said}");
        self.end_tool(turn, call, end_us, ending, &output)
    }

    fn end_tool(
        &mut self,
        turn: &Turn,
        call: CallIx,
        end_us: i64,
        ending: Ending,
        output: &str,
    ) -> i64 {
        let story = &mut self.story.calls[call];
        story.ended_us = end_us;
        story.ending = ending;
        story.happened = match ending {
            Ending::Answered => Outcome::Succeeded,
            Ending::CalledOff => Outcome::Cancelled,
            _ => Outcome::Failed,
        };
        output.clone_into(&mut story.output);
        self.tool_result(turn, call, &[]);
        let below = self.chance.bytes();
        self.call_spans(turn, call, below, None);
        end_us
    }

    /// The record names the person, although nobody was asked.
    fn nobody_to_ask(&mut self, turn: &Turn, call: CallIx, start_us: i64) -> i64 {
        let at = start_us + self.chance.millis(2, 12);
        let decision = DecisionStory { allowed: false, only_with_posture: true, ..BY_POLICY };
        self.tool_decision(turn, call, at, "denied", "User", decision);
        let output = "Wall time: 0.0083 seconds\nOutput:\nMCP tool call requires approval, but approval policy is never";
        self.refuse(turn, call, at + 900, Ending::RefusedByPolicy, "policy_denied", output);
        at + 900
    }

    fn ask_person(&mut self, turn: &Turn, call: CallIx, start_us: i64) -> i64 {
        let at = start_us + self.chance.millis(900, 30_000);
        let by_user =
            |allowed| DecisionStory { by: Some("user"), allowed, only_with_posture: false };
        if self.chance.happens("escaped_question", self.knobs.escaped_question) {
            self.tool_decision(turn, call, at, "abort", "User", by_user(false));
            let output = "Wall time: 1.0000 seconds\nOutput:\nuser cancelled MCP tool call";
            return self.end_tool(turn, call, at + 400, Ending::CalledOff, output);
        }
        if self.chance.happens("declined", self.knobs.declined) {
            self.tool_decision(turn, call, at, "denied", "User", by_user(false));
            let output = "Wall time: 1.0000 seconds\nOutput:\nuser rejected MCP tool call";
            self.refuse(turn, call, at + 400, Ending::Refused, "user_denied", output);
            return at + 400;
        }
        self.tool_decision(turn, call, at, "approved", "User", by_user(true));
        self.answer(turn, call, at)
    }

    fn ask_reviewer(&mut self, turn: &Turn, call: CallIx, start_us: i64) -> i64 {
        let allow = !self.chance.happens("declined", self.knobs.declined);
        let at = self.review(turn, call, start_us, allow);
        if allow {
            return self.answer(turn, call, at);
        }
        let output = "Wall time: 0.1000 seconds\nOutput:\nThis action was rejected due to unacceptable risk.";
        self.refuse(turn, call, at + 200, Ending::Refused, "reviewer_denied", output);
        at + 200
    }

    /// `codex.sandbox_outcome`.
    pub(super) fn sandbox_outcome(
        &mut self,
        turn: &Turn,
        call: CallIx,
        at_us: i64,
        outcome: &str,
        took_ms: i64,
    ) {
        let own = Attributes::new()
            .text("tool_name", "exec_command")
            .text("call_id", self.story.calls[call].id.as_str())
            .text("outcome", outcome)
            .int("initial_duration_ms", took_ms);
        let (conversation, place) = (turn.conversation, turn.place());
        let shows = vec![Shown::Call(call)];
        let name = "codex.sandbox_outcome";
        self.write(Written { name, at_us, conversation, place, own, shows });
    }
}
