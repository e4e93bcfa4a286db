//! What the delivered records say of each call.

use crate::judge::evidence::{CallEvidence, Evidence};
use crate::judge::lineage::Lineage;
use crate::story::{CallStory, ConversationIx, DecisionStory, Ending, Story};
use crate::truth::{Call, Intent, Outcome};

/// The calls of a conversation.
pub(super) fn judge(
    story: &Story,
    evidence: &Evidence,
    lineage: &Lineage,
    conversation: ConversationIx,
) -> Vec<Call> {
    let mut calls: Vec<Call> = story
        .calls
        .iter()
        .zip(&evidence.calls)
        .filter(|(call, _)| call.conversation == conversation)
        .map(|(call, shown)| one(story, evidence, lineage, call, shown))
        .collect();
    calls.sort_by_key(|call| call.started_us);
    calls
}

fn one(
    story: &Story,
    evidence: &Evidence,
    lineage: &Lineage,
    call: &CallStory,
    shown: &CallEvidence,
) -> Call {
    let outcome = outcome(evidence, call, shown);
    let decided_by = decided_by(evidence, call, shown);
    let denied = outcome == Outcome::Denied && decided_by.is_some();
    Call {
        call_id: call.id.clone(),
        tool: call.tool.clone(),
        arguments: call.arguments.clone(),
        visible: shown.visible(),
        outcome,
        happened: call.happened,
        failure_reason: failure_reason(call, shown),
        decided_by,
        denial_reason: call.denial_reason.filter(|_| denied),
        exit_code: match call.ending {
            Ending::Exit(code) if shown.result => Some(code),
            _ => None,
        },
        cancelled_by: call.cancelled_by.filter(|_| outcome == Outcome::Cancelled),
        agent_id: call.agent_id.clone(),
        intent: call.intent.map(|prompt| {
            let wish = &story.prompts[prompt];
            let before = story.prompts[..prompt].iter();
            Intent {
                text: wish.text.clone(),
                conversation: story.conversations[wish.conversation].id.clone(),
                prompt: before.filter(|other| other.conversation == wish.conversation).count(),
                redacted: wish.redacted,
                shown: evidence.prompts[prompt]
                    && lineage.leads(story, call.conversation, wish.conversation),
            }
        }),
        started_us: call.started_us,
        ended_us: call.ended_us,
    }
}

fn outcome(evidence: &Evidence, call: &CallStory, shown: &CallEvidence) -> Outcome {
    // A failure after which nothing follows looks like one that a person caused.
    let stopped = is_last_of_its_prompt(evidence, call);
    let refused = delivered(call, shown).any(|decision| !decision.allowed);
    let reviewer_refused = shown.assessment && call.happened == Outcome::Denied;
    if shown.result {
        match call.ending {
            Ending::Exit(0) | Ending::Answered => Outcome::Succeeded,
            Ending::Exit(_) | Ending::NetworkBlocked | Ending::ToolError | Ending::NoSuchTool => {
                Outcome::Failed
            }
            Ending::Failed if !stopped => Outcome::Failed,
            Ending::RefusedByPolicy | Ending::RefusedByReviewer => Outcome::Denied,
            // The words of a tool's answer prove nothing by themselves.
            Ending::Refused if call.executes || refused || reviewer_refused => Outcome::Denied,
            Ending::Stopped if stopped => Outcome::Cancelled,
            Ending::CalledOff => Outcome::Cancelled,
            Ending::Failed
            | Ending::Stopped
            | Ending::Refused
            | Ending::Running
            | Ending::Missing => Outcome::Unknown,
        }
    } else if refused || reviewer_refused {
        call.happened
    } else if shown.aborted {
        Outcome::Cancelled
    } else if call.blocked_silently && shown.hook && shown.seen && shown.dispatched {
        Outcome::Denied
    } else if shown.result_event {
        by_flag(call, stopped)
    } else {
        Outcome::Unknown
    }
}

/// What a span says of a result: whether it was a success, and not why not. To Codex a command that
/// fails is a success, and what failed may have been refused.
fn by_flag(call: &CallStory, stopped: bool) -> Outcome {
    match call.ending {
        Ending::Answered => Outcome::Succeeded,
        Ending::Stopped if stopped => Outcome::Cancelled,
        Ending::Failed if !stopped => Outcome::Failed,
        // Codex writes `server/tool`.
        Ending::ToolError if !call.tool.contains('/') => Outcome::Failed,
        _ => Outcome::Unknown,
    }
}

/// Whether the model was not asked again under the prompt after the call had ended.
fn is_last_of_its_prompt(evidence: &Evidence, call: &CallStory) -> bool {
    !evidence.model_requests.iter().any(|(prompt, thread, at_us)| {
        (*prompt, *thread) == (call.turn, call.thread) && *at_us > call.ended_us
    })
}

fn failure_reason(call: &CallStory, shown: &CallEvidence) -> Option<&'static str> {
    match call.ending {
        Ending::NetworkBlocked if shown.result => Some("network_blocked"),
        Ending::ToolError if shown.result => Some("tool_error"),
        Ending::NoSuchTool if shown.result => Some("no_such_tool"),
        _ => None,
    }
}

/// The decisions that arrived, in order.
fn delivered<'a>(
    call: &'a CallStory,
    shown: &'a CallEvidence,
) -> impl Iterator<Item = &'a DecisionStory> {
    let by_span = shown.waited && shown.seen;
    let arrived =
        move |(nth, _): &(usize, &DecisionStory)| by_span || shown.decisions.contains(nth);
    call.decisions.iter().enumerate().filter(arrived).map(|(_, decision)| decision)
}

fn decided_by(evidence: &Evidence, call: &CallStory, shown: &CallEvidence) -> Option<&'static str> {
    if let Some(last) = delivered(call, shown).last() {
        let told = !last.only_with_posture || shown.result || evidence.postures[call.conversation];
        return last.by.filter(|_| told);
    }
    match call.ending {
        _ if shown.assessment => Some("ai_reviewer"),
        Ending::RefusedByPolicy if shown.result => Some("policy"),
        Ending::RefusedByReviewer if shown.result => Some("ai_reviewer"),
        _ if call.blocked_silently && shown.hook && shown.seen && shown.dispatched => Some("hook"),
        _ if call.aborted && call.decisions.is_empty() && shown.aborted => Some("user"),
        _ => None,
    }
}
