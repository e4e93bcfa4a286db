//! Subagents: threads inside the conversation, in the foreground or in the background.

use serde_json::json;

use crate::claude::Claude;
use crate::claude::calls::ALLOWED;
use crate::claude::turn::{Thread, Trace};
use crate::story::{CallIx, Ending, PromptIx};
use crate::truth::Outcome;
use crate::words;

/// A subagent in the background that will be reported.
#[derive(Debug)]
pub(super) struct Notice {
    done_us: i64,
    intent: PromptIx,
    call: CallIx,
    agent_id: String,
}

impl Claude<'_> {
    /// Hands a task to one or two subagents; gives when the agent goes on.
    pub(super) fn delegate(&mut self, thread: &Thread, at_us: i64) -> i64 {
        let count = if self.chance.coin(0.4) { 2 } else { 1 };
        let mut end_us = at_us;
        let mut start_us = at_us;
        for _ in 0..count {
            start_us += self.chance.millis(2, 12);
            end_us = end_us.max(self.send_off(thread, start_us));
        }
        end_us
    }

    fn send_off(&mut self, thread: &Thread, start_us: i64) -> i64 {
        let background = thread.depth == 0 && self.chance.coin(0.5);
        let call = self.ask(thread, "Agent", start_us);
        let task = words::task(&mut self.chance);
        let arguments = json!({
            "description": "survey",
            "prompt": task,
            "subagent_type": "general-purpose",
            "run_in_background": background,
        });
        self.story.calls[call].arguments = arguments.to_string();
        let decided_us = start_us + self.chance.millis(2, 9);
        self.tool_decision(thread, call, decided_us, "config", ALLOWED);
        let child = self.child(thread, call, decided_us + 8_000);
        let steps = self.chance.between(1, 2);
        let done_us = self.steps(&child, child.began_us, steps).at_us + 3_000;
        self.subagent_completed(&child, done_us, background);
        let end_us = if background { decided_us + 14_000 } else { done_us + 5_000 };
        let story = &mut self.story.calls[call];
        story.run_us = decided_us;
        story.ending = Ending::Answered;
        story.happened = Outcome::Succeeded;
        self.end(thread, call, end_us, "config");
        if let (true, Some(agent_id)) = (background, child.agent_id) {
            let intent = thread.intent;
            self.notices.push(Notice { done_us, intent, call, agent_id });
        }
        end_us
    }

    fn child(&mut self, thread: &Thread, call: CallIx, began_us: i64) -> Thread {
        self.subagents += 1;
        let span: [u8; 8] = self.chance.bytes();
        self.story.calls[call].span = Some(span);
        Thread {
            agent_id: Some(format!("a{}", self.chance.hex(16))),
            above: thread.agent_id.clone(),
            number: self.subagents,
            depth: thread.depth + 1,
            began_us,
            trace: thread.trace.map(|trace| Trace { under: span, ..trace }),
            ..thread.clone()
        }
    }

    /// Reports the subagents that are done before `next_us` (or, at the end, all of them), each in
    /// a turn of its own; gives when the next prompt can come.
    pub(super) fn report_before(&mut self, next_us: i64, last: bool) -> i64 {
        let mut at = next_us;
        let mut waiting = std::mem::take(&mut self.notices);
        waiting.sort_by_key(|notice| notice.done_us);
        for notice in waiting {
            if notice.done_us >= next_us && !last {
                self.notices.push(notice);
                continue;
            }
            let began_us = at.max(notice.done_us + 50_000);
            at = self.report(&notice, began_us) + self.chance.millis(900, 4_000);
        }
        at
    }

    fn report(&mut self, notice: &Notice, at_us: i64) -> i64 {
        let text = format!(
            "<task-notification>\n<task-id>{}</task-id>\n<tool-use-id>{}</tool-use-id>\n<status>completed</status>\n<summary>Agent \"survey\" finished</summary>\n<result>Done.</result>\n</task-notification>",
            notice.agent_id, self.story.calls[notice.call].id
        );
        let prompt = self.add_prompt(text, "system", None, at_us);
        let thread = self.main_thread(prompt, notice.intent, at_us);
        self.user_prompt(&thread, prompt);
        let steps = i64::from(self.chance.coin(0.3));
        let ended = self.steps(&thread, at_us + 10_000, steps);
        self.interaction_span(&thread, ended.at_us + 5_000);
        ended.at_us + 6_000
    }
}
