//! The holes that the delivered records have.

use std::collections::BTreeSet;

use crate::draft::Process;
use crate::judge::evidence::Evidence;
use crate::scenario::Client;
use crate::story::CallStory;
use crate::truth::ExpectedGap;

/// Adds the gaps of a client.
pub(super) fn judge(
    client: &Client,
    arrived: &[Vec<bool>],
    evidence: &Evidence,
    gaps: &mut Vec<ExpectedGap>,
) {
    let story = &client.story;
    let gap = |kind, conversations, detail| ExpectedGap {
        kind,
        conversations,
        principal: client.principal.clone(),
        from_sequence: None,
        to_sequence: None,
        detail,
    };
    let id = |conversation: usize| vec![story.conversations[conversation].id.clone()];
    for (process, arrived) in client.processes.iter().zip(arrived) {
        let of: BTreeSet<usize> =
            process.records.iter().filter_map(|record| record.conversation).collect();
        let of: Vec<String> = of.into_iter().flat_map(id).collect();
        for (from, to) in missing_numbers(process, arrived) {
            gaps.push(ExpectedGap {
                from_sequence: Some(from),
                to_sequence: Some(to),
                ..gap("missing_sequence", of.clone(), None)
            });
        }
    }
    let mut missed = BTreeSet::new();
    for (call, shown) in story.calls.iter().zip(&evidence.calls) {
        let place = id(call.conversation);
        let name = Some(call.id.clone());
        let open = !shown.result && !shown.aborted && !shown.result_event;
        let allowed = call.decisions.last().is_some_and(|last| last.allowed);
        if !shown.decisions.is_empty() && allowed && open {
            gaps.push(gap("request_without_result", place.clone(), name.clone()));
        }
        if shown.result && shown.decisions.is_empty() && !call.decisions.is_empty() {
            gaps.push(gap("result_without_request", place.clone(), name.clone()));
        }
        if shown.visible() && is_missed(client, evidence, call) && missed.insert(call.turn) {
            gaps.push(gap("missing_prompt", place, name));
        }
    }
    for (prompt, arrived) in story.prompts.iter().zip(&evidence.prompts) {
        if *arrived && prompt.redacted {
            gaps.push(gap(
                "prompt_without_text",
                id(prompt.conversation),
                prompt.prompt_id.clone(),
            ));
        }
    }
    if client.foreign && evidence.conversations.contains(&true) {
        gaps.push(gap("foreign_principal", id(0), None));
    }
}

/// Whether it can be seen that the prompt of a call did not arrive: it has an id or a trace of its
/// own, or there was no earlier prompt that could be taken for it.
fn is_missed(client: &Client, evidence: &Evidence, call: &CallStory) -> bool {
    let prompts = &client.story.prompts;
    let mut earlier = prompts.iter().zip(&evidence.prompts).filter(|(prompt, arrived)| {
        **arrived && prompt.conversation == call.conversation && prompt.at_us <= call.started_us
    });
    let named = prompts[call.turn].prompt_id.is_some() || !evidence.all_traces.is_empty();
    !evidence.prompts[call.turn] && (named || earlier.next().is_none())
}

/// The numbers below the highest that arrived and did not arrive themselves, as ranges.
fn missing_numbers(process: &Process, arrived: &[bool]) -> Vec<(i64, i64)> {
    let numbers: BTreeSet<i64> = process
        .records
        .iter()
        .zip(arrived)
        .filter(|(_, arrived)| **arrived)
        .filter_map(|(record, _)| record.sequence)
        .collect();
    let mut missing = Vec::new();
    let mut next = process.counter.first();
    for number in numbers {
        if number > next {
            missing.push((next, number - 1));
        }
        next = number + 1;
    }
    missing
}
