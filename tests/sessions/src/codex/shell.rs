//! Commands: who allows them, what they do, how they end.

use serde_json::json;

use crate::codex::network::{Contacts, Ran};
use crate::codex::step::{Stepped, Together};
use crate::codex::turn::Turn;
use crate::codex::{Codex, Mode};
use crate::story::{CallIx, CallStory, DecisionStory, Ending};
use crate::truth::Outcome;
use crate::words;

const ON_WHOSE_WORD: [&str; 2] = ["denied", "approved"];
/// A decision of the rules.
pub(super) const BY_POLICY: DecisionStory =
    DecisionStory { by: Some("policy"), allowed: true, only_with_posture: false };

impl Codex<'_> {
    /// A call that was asked for at `start_us`.
    pub(super) fn ask(&mut self, turn: &Turn, tool: &str, start_us: i64) -> CallIx {
        let id = self.chance.call_id("call_");
        let mut call = CallStory::asked(id, turn.conversation, turn.prompt, turn.intent, start_us);
        tool.clone_into(&mut call.tool);
        self.story.call(call)
    }

    /// Makes a command; gives when the agent goes on.
    pub(super) fn shell_call(
        &mut self,
        turn: &Turn,
        start_us: i64,
        together: &mut Together,
    ) -> i64 {
        let call = self.ask(turn, "exec_command", start_us);
        let contacts = self.choose_contacts(call, together);
        self.story.calls[call].executes = true;
        if self.is_blocked_by_hook(turn, call) {
            return self.story.calls[call].ended_us;
        }
        let free = together.cut_us.is_none();
        if free && self.setup.mode == Mode::Unattended {
            let knob = self.knobs.refused_by_policy;
            if self.chance.happens("refused_by_policy", knob) {
                return self.refuse_by_policy(turn, call);
            }
        }
        let allowed_us = if free { self.permission(turn, call) } else { None };
        let run_us = match allowed_us {
            Some(Permission::Given(at)) => at,
            Some(Permission::Refused(at)) => return at,
            None => {
                let at = start_us + self.chance.millis(2, 25);
                self.tool_decision(turn, call, at, "approved", "Config", BY_POLICY);
                at
            }
        };
        if contacts.hosts.is_empty() && free {
            if self.chance.happens("sandbox", self.knobs.sandbox) {
                return self.sandboxed(turn, call, run_us);
            }
        } else if free && self.chance.happens("background_call", self.knobs.background_call) {
            return self.run_in_background(turn, call, &contacts, run_us);
        }
        let ran = self.run(turn, call, &contacts, run_us, together.cut_us);
        self.end_command(turn, call, ran, together.cut_us)
    }

    /// Asks whoever is there, if the call needs it.
    fn permission(&mut self, turn: &Turn, call: CallIx) -> Option<Permission> {
        if turn.depth > 0 || self.setup.mode == Mode::Unattended {
            return None;
        }
        if !self.chance.happens("approval", self.knobs.approval) {
            return None;
        }
        self.escalate(call);
        let start_us = self.story.calls[call].started_us;
        let refused = self.chance.happens("declined", self.knobs.declined);
        if self.setup.mode == Mode::Reviewed {
            return Some(self.reviewed(turn, call, !refused));
        }
        let at = start_us + self.chance.millis(900, 40_000);
        let decision =
            DecisionStory { by: Some("user"), allowed: !refused, only_with_posture: false };
        let word = if !refused && self.chance.coin(0.2) {
            "approved_for_session"
        } else {
            ON_WHOSE_WORD[usize::from(!refused)]
        };
        self.tool_decision(turn, call, at, word, "User", decision);
        if !refused {
            return Some(Permission::Given(at));
        }
        let output = "exec_command failed: CreateProcess { message: \"Rejected(\\\"rejected by user\\\")\" }";
        self.refuse(turn, call, at + 90, Ending::Refused, "user_denied", output);
        Some(Permission::Refused(at + 90))
    }

    fn reviewed(&mut self, turn: &Turn, call: CallIx, allow: bool) -> Permission {
        let start_us = self.story.calls[call].started_us;
        let at = self.review(turn, call, start_us, allow);
        if allow {
            return Permission::Given(at);
        }
        let output = "exec_command failed: CreateProcess { message: \"Rejected(\\\"This action was rejected due to unacceptable risk.\\\\nReason: Uploads host data to an unknown host\\\\nThe agent must not attempt to achieve the same outcome via workaround.\\\")\" }";
        self.refuse(turn, call, at + 150, Ending::RefusedByReviewer, "reviewer_denied", output);
        Permission::Refused(at + 150)
    }

    /// Adds to the arguments that the command wants to leave the sandbox.
    fn escalate(&mut self, call: CallIx) {
        let arguments = &mut self.story.calls[call].arguments;
        if arguments.ends_with('}') {
            arguments.pop();
            arguments.push_str(
                ", \"sandbox_permissions\": \"require_escalated\", \"justification\": \"Go on?\"}",
            );
        }
    }

    /// Ends a call that was refused, with a result that says so.
    pub(super) fn refuse(
        &mut self,
        turn: &Turn,
        call: CallIx,
        at_us: i64,
        ending: Ending,
        reason: &'static str,
        output: &str,
    ) {
        let story = &mut self.story.calls[call];
        story.ended_us = at_us;
        story.happened = Outcome::Denied;
        story.ending = ending;
        story.denial_reason = Some(reason);
        output.clone_into(&mut story.output);
        self.tool_result(turn, call, &[]);
        let below = self.chance.bytes();
        self.call_spans(turn, call, below, None);
    }

    fn refuse_by_policy(&mut self, turn: &Turn, call: CallIx) -> i64 {
        self.escalate(call);
        let at = self.story.calls[call].started_us + self.chance.between(100, 2_000);
        let output = "approval policy is Never; reject command — you cannot ask for escalated permissions if the approval policy is Never";
        self.refuse(turn, call, at, Ending::RefusedByPolicy, "policy_denied", output);
        at
    }

    /// A hook that blocks leaves spans, and no log record.
    pub(super) fn is_blocked_by_hook(&mut self, turn: &Turn, call: CallIx) -> bool {
        if !self.setup.hooks || turn.depth > 0 {
            return false;
        }
        let blocks = self.chance.happens("hook_block", self.knobs.hook_block);
        if blocks {
            let took = self.chance.millis(25, 80);
            let story = &mut self.story.calls[call];
            story.ended_us = story.started_us + took;
            story.happened = Outcome::Denied;
            story.denial_reason = Some("hook_denied");
            story.blocked_silently = true;
            let below = self.chance.bytes();
            self.call_spans(turn, call, below, None);
        }
        blocks
    }

    /// Runs a command to its end, or until its host is refused.
    fn run(
        &mut self,
        turn: &Turn,
        call: CallIx,
        contacts: &Contacts,
        from_us: i64,
        cut_us: Option<i64>,
    ) -> Ran {
        if contacts.hosts.is_empty() {
            let end_us = from_us + self.chance.millis(30, 2_500);
            let code = if self.chance.coin(0.8) { 0 } else { self.chance.between(1, 128) };
            return Ran { end_us, ending: Ending::Exit(code), lines: String::from("done\n") };
        }
        let until_us = from_us + self.chance.millis(150, 8_000);
        self.use_network(turn, call, contacts, from_us, until_us, cut_us)
    }

    /// The end of a command that ran: its result, or nothing if it was stopped.
    fn end_command(&mut self, turn: &Turn, call: CallIx, ran: Ran, cut_us: Option<i64>) -> i64 {
        let below = self.chance.bytes();
        if let Some(cut) = cut_us.filter(|cut| *cut < ran.end_us) {
            let story = &mut self.story.calls[call];
            story.ended_us = cut;
            story.happened = Outcome::Cancelled;
            story.cancelled_by = Some("user");
            story.aborted = true;
            self.call_spans(turn, call, below, None);
            return cut;
        }
        let chunk = self.chance.hex(6);
        let story = &mut self.story.calls[call];
        story.ended_us = ran.end_us;
        story.ending = ran.ending;
        (story.happened, story.output) = match ran.ending {
            Ending::Exit(code) => {
                let happened = if code == 0 { Outcome::Succeeded } else { Outcome::Failed };
                (happened, header(&chunk, &format!("exited with code {code}"), &ran.lines))
            }
            Ending::Running => (Outcome::Unknown, {
                header(&chunk, &format!("running with session ID {}", call + 1000), &ran.lines)
            }),
            _ => (Outcome::Failed, ran.lines),
        };
        self.tool_result(turn, call, &[]);
        self.call_spans(turn, call, below, None);
        ran.end_us
    }

    /// The sandbox stops a command; interactively the person may let it out.
    fn sandboxed(&mut self, turn: &Turn, call: CallIx, run_us: i64) -> i64 {
        let failed_us = run_us + self.chance.millis(20, 400);
        let asked = self.attended(turn);
        let took_ms = (failed_us - run_us) / 1000;
        let (end_us, code) = if asked {
            let at = failed_us + self.chance.millis(900, 20_000);
            let decision =
                DecisionStory { by: Some("user"), allowed: true, only_with_posture: false };
            self.tool_decision(turn, call, at, "approved", "User", decision);
            (at + self.chance.millis(50, 900), 0)
        } else {
            (failed_us + self.chance.millis(1, 5), 1)
        };
        let outcome = if asked { "escalated" } else { "denied" };
        self.sandbox_outcome(turn, call, end_us - 300, outcome, took_ms);
        let lines =
            if asked { "ok\n" } else { "touch: cannot touch '/etc/x': Permission denied\n" };
        let ran = Ran { end_us, ending: Ending::Exit(code), lines: lines.to_owned() };
        self.end_command(turn, call, ran, None)
    }

    /// A command that gives a result and lives on.
    fn run_in_background(
        &mut self,
        turn: &Turn,
        call: CallIx,
        contacts: &Contacts,
        run_us: i64,
    ) -> i64 {
        let result_us = run_us + self.chance.millis(1_000, 4_000);
        let before = self.chance.index(contacts.hosts.len() + 1);
        let (early, late) = contacts.split(before);
        let ran = self.use_network(turn, call, &early, run_us, result_us, None);
        if ran.ending == Ending::NetworkBlocked {
            return self.end_command(turn, call, ran, None);
        }
        let ran = Ran { ending: Ending::Running, end_us: ran.end_us, lines: String::new() };
        let end_us = self.end_command(turn, call, ran, None);
        let from_us = end_us + self.chance.millis(60, 9_000);
        let until_us = from_us + self.chance.millis(2_000, 40_000);
        self.use_network_unseen(turn, call, &late, from_us, until_us);
        end_us
    }

    /// A person presses Esc when asked about a command: no log record at all.
    pub(super) fn escaped_question(&mut self, turn: &Turn, at_us: i64) -> Stepped {
        let call = self.ask(turn, "exec_command", at_us);
        let command = words::plain_command(&mut self.chance);
        let arguments = json!({ "cmd": command, "sandbox_permissions": "require_escalated" });
        let end_us = at_us + self.chance.millis(700, 15_000);
        let story = &mut self.story.calls[call];
        story.arguments = arguments.to_string();
        story.executes = true;
        story.ended_us = end_us;
        story.happened = Outcome::Cancelled;
        story.aborted = true;
        let below = self.chance.bytes();
        self.call_spans(turn, call, below, None);
        Stepped { end_us, stopped: true }
    }
}

/// How a question was answered, and when the agent went on.
pub(super) enum Permission {
    Given(i64),
    Refused(i64),
}

/// What Codex puts around the output of a command.
fn header(chunk: &str, state: &str, lines: &str) -> String {
    format!(
        "Chunk ID: {chunk}\nWall time: 0.0000 seconds\nProcess {state}\nOriginal token count: {}\nOutput:\n{lines}",
        lines.len() / 4
    )
}
