//! One step of Claude Code, and the calls in it.

use serde_json::json;

use crate::claude::Claude;
use crate::claude::turn::{Ended, Thread};
use crate::story::{CallIx, CallStory, DecisionStory, Ending};
use crate::truth::Outcome;
use crate::words;

/// Allowed by rules, which is nobody's decision that could be named.
pub(super) const ALLOWED: DecisionStory =
    DecisionStory { by: None, allowed: true, only_with_posture: false };

/// How a call came to run, or did not.
enum Permission {
    /// It runs from here, with this as the source of the decision.
    Given(i64, &'static str),
    /// It was refused.
    Refused(i64),
    /// A person refused it, which ends the turn.
    Stopped(i64),
}

impl Claude<'_> {
    /// Makes the calls of a step that begins at `at_us`.
    pub(super) fn step(&mut self, thread: &Thread, at_us: i64) -> Ended {
        if thread.depth < 3 {
            let (name, knob) = if thread.depth == 0 {
                ("subagent", self.knobs.subagent)
            } else {
                ("nested_subagent", self.knobs.nested_subagent)
            };
            if self.chance.happens(name, knob) {
                return Ended { at_us: self.delegate(thread, at_us), stopped: false };
            }
        }
        let attended = self.setup.interactive && thread.depth == 0;
        let stopped = attended && self.chance.happens("escaped_call", self.knobs.escaped_call);
        let cut_us = stopped.then(|| at_us + self.chance.millis(600, 6_000));
        let parallel = self.chance.happens("parallel_calls", self.knobs.parallel_calls);
        let count = if parallel { self.chance.between(2, 5) } else { 1 };
        let mut ended = Ended { at_us, stopped };
        let mut start_us = at_us;
        for _ in 0..count {
            start_us += self.chance.millis(2, 20);
            let call = self.call(thread, start_us, cut_us);
            ended.at_us = ended.at_us.max(call.at_us);
            ended.stopped |= call.stopped;
        }
        ended
    }

    /// A call that was asked for.
    pub(super) fn ask(&mut self, thread: &Thread, tool: &str, start_us: i64) -> CallIx {
        let id = self.chance.call_id("toolu_01");
        let intent = Some(thread.intent);
        let mut call = CallStory::asked(id, self.main, thread.prompt, intent, start_us);
        tool.clone_into(&mut call.tool);
        call.agent_id.clone_from(&thread.agent_id);
        call.thread = thread.number;
        self.story.call(call)
    }

    fn call(&mut self, thread: &Thread, start_us: i64, cut_us: Option<i64>) -> Ended {
        let tool = match self.chance.between(0, 9) {
            _ if cut_us.is_some() => "Bash",
            0..=4 => "Bash",
            5 | 6 => "mcp__tickets__get_ticket",
            7 | 8 => "Read",
            _ => "Write",
        };
        let call = self.ask(thread, tool, start_us);
        let number = self.chance.between(1, 9_999);
        let arguments = match tool {
            "Bash" => json!({ "command": words::plain_command(&mut self.chance) }),
            "Read" => json!({ "file_path": format!("/home/dev/app/src/{number}.rs") }),
            "Write" => json!({ "file_path": format!("/home/dev/app/{number}.md"), "content": "x" }),
            _ => json!({ "id": format!("T-{number}") }),
        };
        self.story.calls[call].arguments = arguments.to_string();
        let going_on = |at_us| Ended { at_us, stopped: false };
        if cut_us.is_none() && self.leaves_nothing(call) {
            return going_on(start_us + 3_000);
        }
        match self.permission(thread, call, cut_us) {
            Permission::Refused(at_us) => going_on(at_us),
            Permission::Stopped(at_us) => Ended { at_us, stopped: true },
            Permission::Given(run_us, source) => {
                going_on(self.run(thread, call, run_us, source, cut_us))
            }
        }
    }

    /// A path rule refuses a read without any record.
    fn leaves_nothing(&mut self, call: CallIx) -> bool {
        if self.story.calls[call].tool != "Read" {
            return false;
        }
        let refused = self.chance.happens("refused_by_policy", self.knobs.refused_by_policy);
        if refused {
            self.story.calls[call].happened = Outcome::Denied;
        }
        refused
    }

    fn permission(&mut self, thread: &Thread, call: CallIx, cut_us: Option<i64>) -> Permission {
        let mut at = self.story.calls[call].started_us;
        if self.setup.hooks && cut_us.is_none() {
            let took = self.chance.millis(4, 90);
            let blocks = self.chance.happens("hook_block", self.knobs.hook_block);
            self.hooks(thread, call, "PreToolUse", at, took, blocks);
            at += took + 1_500;
            if blocks {
                return self.refuse(thread, call, at, "hook", "hook");
            }
        }
        at += self.chance.millis(2, 9);
        if cut_us.is_some() {
            self.tool_decision(thread, call, at, "config", ALLOWED);
            return Permission::Given(at, "config");
        }
        let bash = self.story.calls[call].tool == "Bash";
        if bash && self.chance.happens("refused_by_policy", self.knobs.refused_by_policy) {
            return self.refuse(thread, call, at, "config", "policy");
        }
        let attended = self.setup.interactive && thread.depth == 0;
        if !attended || !self.chance.happens("approval", self.knobs.approval) {
            let rule = !self.setup.interactive && !bash && self.chance.coin(0.5);
            let source = if rule { "user_permanent" } else { "config" };
            self.tool_decision(thread, call, at, source, ALLOWED);
            return Permission::Given(at, source);
        }
        at += self.chance.millis(800, 30_000);
        if self.chance.happens("declined", self.knobs.declined) {
            self.refuse(thread, call, at, "user_reject", "user");
            return Permission::Stopped(at + 500);
        }
        let source = if self.chance.coin(0.3) { "user_permanent" } else { "user_temporary" };
        let decision = DecisionStory { by: Some("user"), ..ALLOWED };
        self.tool_decision(thread, call, at, source, decision);
        Permission::Given(at, source)
    }

    fn refuse(
        &mut self,
        thread: &Thread,
        call: CallIx,
        at_us: i64,
        source: &'static str,
        by: &'static str,
    ) -> Permission {
        let story = &mut self.story.calls[call];
        story.ended_us = at_us;
        story.happened = Outcome::Denied;
        // That a rule refused does not say which kind of rule.
        story.denial_reason = match by {
            "hook" => Some("hook_denied"),
            "user" => Some("user_denied"),
            _ => None,
        };
        let decision = DecisionStory { by: Some(by), allowed: false, only_with_posture: false };
        self.tool_decision(thread, call, at_us, source, decision);
        self.call_spans(thread, call, source);
        Permission::Refused(at_us + 500)
    }

    fn run(
        &mut self,
        thread: &Thread,
        call: CallIx,
        run_us: i64,
        source: &'static str,
        cut_us: Option<i64>,
    ) -> i64 {
        let mut end_us = run_us + self.chance.millis(12, 4_000);
        let fails = self.chance.coin(0.2);
        let story = &mut self.story.calls[call];
        story.run_us = run_us;
        story.ending = match story.tool.as_str() {
            _ if !fails => Ending::Answered,
            "Bash" => Ending::Failed,
            _ => Ending::ToolError,
        };
        story.happened = if fails { Outcome::Failed } else { Outcome::Succeeded };
        if let Some(cut) = cut_us.filter(|cut| *cut < end_us) {
            end_us = cut + 20_000;
            story.ending = Ending::Stopped;
            story.happened = Outcome::Cancelled;
            story.cancelled_by = Some("user");
        }
        self.end(thread, call, end_us, source);
        if self.setup.hooks && cut_us.is_none() {
            let took = self.chance.millis(2, 50);
            self.hooks(thread, call, "PostToolUse", end_us + 2_000, took, false);
            end_us += took + 3_000;
        }
        end_us
    }

    /// Writes the result of a call and its spans.
    pub(super) fn end(&mut self, thread: &Thread, call: CallIx, end_us: i64, source: &'static str) {
        self.story.calls[call].ended_us = end_us;
        self.tool_result(thread, call, source);
        self.call_spans(thread, call, source);
    }
}

impl CallStory {
    /// What the result says of a failure: its kind and its text.
    pub(super) fn error(&self) -> (&'static str, &'static str) {
        match self.ending {
            Ending::Failed | Ending::Stopped => ("ShellError", "Shell command failed"),
            _ => ("TelemetrySafeError", "File does not exist."),
        }
    }
}
