//! Subagents: conversations of their own, in the process and the trace of the turn that led there.

use serde_json::json;

use crate::codex::turn::{Trace, Turn};
use crate::codex::{AGENT, Codex};
use crate::draft::Shown;
use crate::story::{CallIx, ConversationIx, Ending, PromptStory};
use crate::truth::{Outcome, Role};
use crate::words;

const NICKNAMES: &[&str] = &["Aquinas", "Ampere", "Fermat", "Noether", "Curie", "Turing"];

/// A subagent that was sent off.
struct SentOff {
    conversation: ConversationIx,
    /// When the parent knew of it.
    known_us: i64,
    /// When it was done.
    done_us: i64,
}

impl Codex<'_> {
    /// Sends off one or two subagents, and often waits for them; gives when the agent goes on.
    pub(super) fn delegate(&mut self, turn: &Turn, at_us: i64) -> i64 {
        let count = if self.chance.coin(0.4) { 2 } else { 1 };
        let mut start_us = at_us;
        let mut sent: Vec<SentOff> = Vec::new();
        for _ in 0..count {
            start_us += self.chance.millis(1, 4);
            sent.push(self.send_off(turn, start_us));
        }
        let known_us = sent.iter().map(|one| one.known_us).max().unwrap_or(at_us);
        if !self.chance.coin(0.6) {
            return known_us;
        }
        let took = self.chance.millis(200, 1_500);
        self.model_request(turn, known_us + took, took);
        let start_us = known_us + took + self.chance.millis(2, 9);
        self.wait_for(turn, &sent, start_us)
    }

    fn send_off(&mut self, turn: &Turn, start_us: i64) -> SentOff {
        let task = words::task(&mut self.chance);
        let call = self.ask(turn, "multi_agent_v1/spawn_agent", start_us);
        self.story.calls[call].arguments = json!({ "message": task }).to_string();
        let child_us = start_us + self.chance.millis(3, 15);
        let id = self.chance.uuid_at(child_us);
        let output = json!({ "agent_id": id, "nickname": self.chance.pick(NICKNAMES) });
        let nickname = output["nickname"].as_str().unwrap_or_default().to_owned();
        let child = self.story.conversation(AGENT, id, Role::Subagent, Some(turn.conversation));
        let dispatch: [u8; 8] = self.chance.bytes();
        let place = turn.place();
        let posture = [self.setup.approval_policy(), "workspace-write", "tickets"];
        self.conversation_starts(child, child_us, posture, place);
        let known_us = child_us + self.chance.millis(8, 110);
        let proof = [Shown::Parent(child, "spawn_result"), Shown::Role(child)];
        self.end_agent_call(
            turn,
            call,
            known_us,
            &output.to_string(),
            &proof,
            dispatch,
            Some(child),
        );
        let began_us = child_us + self.chance.millis(20, 90);
        let task_turn = self.task_turn(turn, child, task, nickname, began_us, dispatch);
        self.user_prompt(task_turn.prompt, task_turn.place(), &[]);
        let done_us = self.run_turn(&task_turn);
        SentOff { conversation: child, known_us, done_us }
    }

    fn task_turn(
        &mut self,
        turn: &Turn,
        child: ConversationIx,
        task: String,
        nickname: String,
        began_us: i64,
        dispatch: [u8; 8],
    ) -> Turn {
        let prompt = self.story.prompt(PromptStory {
            conversation: child,
            text: task,
            origin: "subagent_task",
            person: None,
            prompt_id: None,
            redacted: self.setup.redacted,
            at_us: began_us,
        });
        let trace = turn.trace.map(|trace| Trace {
            run: self.chance.bytes(),
            input: self.chance.bytes(),
            above: dispatch,
            ..trace
        });
        let root = turn.parent.as_ref().map_or(&turn.id, |(_, _, root)| root);
        Turn {
            conversation: child,
            prompt,
            intent: turn.intent,
            id: self.chance.uuid_at(began_us),
            agent_name: nickname,
            depth: turn.depth + 1,
            trace,
            parent: Some((turn.conversation, turn.id.clone(), root.clone())),
            began_us,
        }
    }

    fn wait_for(&mut self, turn: &Turn, sent: &[SentOff], start_us: i64) -> i64 {
        let call = self.ask(turn, "multi_agent_v1/wait_agent", start_us);
        let ids: Vec<&str> =
            sent.iter().map(|one| self.story.conversations[one.conversation].id.as_str()).collect();
        let arguments = json!({ "targets": ids, "timeout_ms": 300_000 }).to_string();
        let status: serde_json::Map<String, serde_json::Value> =
            ids.iter().map(|id| ((*id).to_owned(), json!({ "completed": "Done." }))).collect();
        let output = json!({ "status": status, "timed_out": false }).to_string();
        self.story.calls[call].arguments = arguments;
        let done_us = sent.iter().map(|one| one.done_us).max().unwrap_or(start_us);
        let end_us = done_us.max(start_us) + self.chance.millis(2, 40);
        let mut proof = Vec::new();
        for one in sent {
            proof.push(Shown::Parent(one.conversation, "wait_arguments"));
            proof.push(Shown::Role(one.conversation));
        }
        let below = self.chance.bytes();
        self.end_agent_call(turn, call, end_us, &output, &proof, below, None);
        end_us
    }

    #[expect(clippy::too_many_arguments, reason = "each is one thing that the records say")]
    fn end_agent_call(
        &mut self,
        turn: &Turn,
        call: CallIx,
        end_us: i64,
        output: &str,
        proof: &[Shown],
        below: [u8; 8],
        child: Option<ConversationIx>,
    ) {
        let story = &mut self.story.calls[call];
        story.ended_us = end_us;
        story.ending = Ending::Answered;
        story.happened = Outcome::Succeeded;
        output.clone_into(&mut story.output);
        self.tool_result(turn, call, proof);
        self.call_spans(turn, call, below, child);
    }
}
