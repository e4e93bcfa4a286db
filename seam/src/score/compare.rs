//! Conversations and calls, answer by answer.

use std::collections::{BTreeMap, BTreeSet};

use super::calls::{Calls, Matched};
use super::families::Families;
use super::read::Derived;
use super::signals::Signals;
use super::tally::{Question, Score, Why};
use super::truth::{Conversation, Truth};
use super::wording::{begins, says};
use crate::conversations::rows::{ActionRow, SessionRow, TurnRow};
use crate::conversations::sent_id;

/// What stands where there is nothing.
const NONE: &str = "-";

/// Judges conversations, their roles, whom they serve, and their prompts.
pub(super) fn conversations(
    truth: &Truth,
    derived: &Derived,
    families: &Families,
    signals: &Signals,
    score: &mut Score,
) {
    let rows: BTreeMap<&str, &SessionRow> =
        derived.sessions.iter().map(|row| (row.session_id.as_str(), row)).collect();
    let mut turns: BTreeMap<&str, Vec<&TurnRow>> = BTreeMap::new();
    for turn in &derived.turns {
        turns.entry(&turn.session_id).or_default().push(turn);
    }
    for (it, family) in truth.conversations.iter().zip(&families.of) {
        if it.visible == Some(false) {
            continue;
        }
        let is_found = !family.own.is_empty();
        score.count(Question::Conversation, is_found);
        if is_found {
            let own = family.own.iter().filter_map(|id| rows.get(id.as_str()).copied());
            lineage(it, &own.collect::<Vec<_>>(), score);
        } else {
            let why = Why::of(is_shown(it, truth, signals));
            score.miss("conversation", label(it), &it.role, NONE, why);
        }
        let own = family.own.iter().filter_map(|id| turns.get(id.as_str())).flatten().copied();
        prompts(it, &own.collect::<Vec<_>>(), signals, score);
    }
    for session in &families.extra {
        score.extra += 1;
        let role = rows.get(session.as_str()).and_then(|row| row.role.as_deref());
        let got = role.unwrap_or("unknown");
        score.miss("conversation", session.clone(), "no such conversation", got, Why::OurFault);
    }
}

/// Whether a signal shows a conversation. Of one without id, calls and prompts nothing can be
/// looked for, so nothing is proved.
fn is_shown(it: &Conversation, truth: &Truth, signals: &Signals) -> bool {
    let can_be_looked_for = it.id.is_some() || !it.calls().is_empty() || !it.prompts.is_empty();
    !can_be_looked_for
        || it.id.as_deref().is_some_and(|id| signals.show(id))
        || it.prompts.iter().any(|prompt| signals.show(prompt))
        || it.calls().iter().any(|call| signals.show_call(call, truth))
}

fn lineage(it: &Conversation, rows: &[&SessionRow], score: &mut Score) {
    if it.role_shown != Some(false) {
        let wrong = rows.iter().find(|row| row.role.as_deref() != Some(&it.role));
        score.count(Question::Role, wrong.is_none());
        if let Some(row) = wrong {
            let got = row.role.as_deref().unwrap_or(NONE);
            score.miss("role", label(it), &it.role, got, Why::OurFault);
        }
    }
    // Of a main conversation it is known that it serves none.
    let is_asked = match it.parent() {
        None => it.role == "main",
        Some(_) => it.parent_shown_by.as_ref().is_none_or(|by| !by.is_empty()),
    };
    if !is_asked {
        return;
    }
    let wrong =
        rows.iter().find(|row| row.parent_session_id.as_deref().map(sent_id) != it.parent());
    score.count(Question::Parent, wrong.is_none());
    if let Some(row) = wrong {
        let got = row.parent_session_id.as_deref().unwrap_or(NONE);
        score.miss("parent", label(it), it.parent().unwrap_or(NONE), got, Why::OurFault);
    }
}

fn prompts(it: &Conversation, turns: &[&TurnRow], signals: &Signals, score: &mut Score) {
    let mut taken = BTreeSet::new();
    for prompt in it.known_prompts() {
        let is_it = |(at, turn): &(usize, &&TurnRow)| {
            let text = turn.prompt.as_deref();
            !taken.contains(at) && text.is_some_and(|text| is_text(text, prompt, signals))
        };
        let found = turns.iter().enumerate().find(is_it).map(|(at, _)| at);
        score.count(Question::Prompt, found.is_some());
        if let Some(at) = found {
            taken.insert(at);
        } else {
            score.miss("prompt", label(it), prompt, NONE, Why::of(signals.show(prompt)));
        }
    }
    // A prompt without its text may be one of those that were not found.
    let of_people = turns.iter().filter(|turn| turn.prompt_origin.as_deref() == Some("human"));
    let surplus = of_people.count().saturating_sub(it.prompts.len());
    if it.prompts.is_empty() || surplus == 0 {
        return;
    }
    let others = turns
        .iter()
        .enumerate()
        .filter(|(at, turn)| turn.prompt_origin.as_deref() == Some("human") && !taken.contains(at));
    for (_, turn) in others.take(surplus) {
        score.extra += 1;
        let got = turn.prompt.as_deref().unwrap_or(NONE);
        score.miss("prompt", label(it), "no such prompt of a person", got, Why::OurFault);
    }
}

/// Whether a text is the one that was meant, or all of it that was sent.
fn is_text(row: &str, truth: &str, signals: &Signals) -> bool {
    says(row, truth) || (begins(row, truth) && !signals.show(truth))
}

/// Judges what is said of each call, and what is said of calls that were not made.
pub(super) fn calls(
    truth: &Truth,
    derived: &Derived,
    calls: &Calls<'_>,
    signals: &Signals,
    score: &mut Score,
) {
    let twins = Twins::of(derived, calls);
    for matched in &calls.all {
        if matched.call.visible == Some(false) {
            continue;
        }
        let of = name(truth, matched);
        let conversation = truth.conversations.get(matched.conversation);
        let action = matched.action.and_then(|at| derived.actions.get(at));
        score.count(Question::Call, action.is_some() && !matched.is_elsewhere);
        let Some(action) = action else {
            let why = Why::of(signals.show_call(matched.call, truth));
            score.miss("call", of, "an action", NONE, why);
            continue;
        };
        if matched.is_elsewhere {
            let got = format!("an action in {}", action.session_id);
            score.miss("call", of.clone(), "an action in its conversation", &got, Why::OurFault);
        }
        let is_role_known = conversation.is_some_and(|it| it.role_shown != Some(false));
        let said = derived.decisions_of(action);
        let twin = |what: &'static str, got: &str| twins.are_told_apart(&said, what, got);
        ends(matched, action, &of, is_role_known, &twin, score);
        intent(truth, matched, action, &of, signals, score);
    }
    for action in calls.extra.iter().filter_map(|at| derived.actions.get(*at)) {
        score.extra += 1;
        let id = action.call_id.as_deref().unwrap_or(&action.action_id);
        let of = format!("{} {id}", action.session_id);
        let got = action.tool.as_deref().unwrap_or("an action");
        score.miss("call", of, "no such call", got, Why::OurFault);
    }
}

/// Calls of which the signals say the very same, although the truth says something else of each:
/// then no signal tells them apart, and what is right for the one is wrong for the other.
struct Twins<'d>(BTreeSet<(BTreeSet<&'d str>, &'static str, &'d str)>);

impl<'d> Twins<'d> {
    fn of(derived: &'d Derived, calls: &Calls<'d>) -> Self {
        let mut all = BTreeSet::new();
        for matched in &calls.all {
            let Some(action) = matched.action.and_then(|at| derived.actions.get(at)) else {
                continue;
            };
            let said = derived.decisions_of(action);
            let call = matched.call;
            for (what, truth) in
                [("decided by", &call.decided_by), ("denial reason", &call.denial_reason)]
            {
                if let Some(truth) = truth.as_deref().filter(|_| !said.is_empty()) {
                    all.insert((said.clone(), what, truth));
                }
            }
        }
        Self(all)
    }

    /// Why an answer is wrong: another call of which the same is said has it by right, or we erred.
    fn are_told_apart(&self, said: &BTreeSet<&str>, what: &'static str, got: &str) -> Why {
        let twin =
            self.0.iter().any(|(other, of, truth)| other == said && *of == what && *truth == got);
        if twin { Why::NoSignalDeterminesIt } else { Why::OurFault }
    }
}

/// Who made it, how it ended, who decided. All of it is asked only where a signal shows it.
fn ends(
    matched: &Matched<'_>,
    action: &ActionRow,
    of: &str,
    is_role_known: bool,
    told_apart: &dyn Fn(&'static str, &str) -> Why,
    score: &mut Score,
) {
    let call = matched.call;
    let mut ask = |question, what, expected: Option<&str>, got: Option<&str>| {
        let Some(expected) = expected else { return };
        score.count(question, got == Some(expected));
        if got != Some(expected) {
            let why = told_apart(what, got.unwrap_or(NONE));
            score.miss(what, of.to_owned(), expected, got.unwrap_or(NONE), why);
        }
    };
    let role = if call.by_subagent { "subagent" } else { matched.role };
    let role = Some(role).filter(|_| is_role_known || call.by_subagent);
    ask(Question::CallRole, "call role", role, action.role.as_deref());
    let outcome = action.outcome.as_deref().unwrap_or("unknown");
    // Who knows more than could be expected, and rightly, is not wrong.
    let is_known =
        call.outcome.as_deref() == Some("unknown") && call.happened.as_deref() == Some(outcome);
    let expected = if is_known { Some(outcome) } else { call.outcome.as_deref() };
    ask(Question::Outcome, "outcome", expected, Some(outcome));
    let deciders = [
        ("decided by", &call.decided_by, &action.decided_by),
        ("cancelled by", &call.cancelled_by, &action.cancelled_by),
    ];
    for (what, expected, got) in deciders {
        ask(Question::Decider, what, expected.as_deref(), got.as_deref());
    }
    let code = call.exit_code.map(|code| code.to_string());
    let got = action.exit_code.map(|code| code.to_string());
    ask(Question::ExitCode, "exit code", code.as_deref(), got.as_deref());
    let reasons = [
        ("denial reason", &call.denial_reason, &action.denial_reason),
        ("failure reason", &call.failure_reason, &action.failure_reason),
    ];
    for (what, expected, got) in reasons {
        ask(Question::Reason, what, expected.as_deref(), got.as_deref());
    }
}

fn intent(
    truth: &Truth,
    matched: &Matched<'_>,
    action: &ActionRow,
    of: &str,
    signals: &Signals,
    score: &mut Score,
) {
    let Some(expected) = matched.call.known_intent() else { return };
    let got = action.intent.as_deref();
    let is_right = got.is_some_and(|got| is_text(got, expected, signals));
    score.count(Question::Intent, is_right);
    if is_right {
        return;
    }
    // Another's prompt is wrong even where the right one cannot be known.
    let mut prompts = truth.conversations.iter().flat_map(|it| &it.prompts);
    let is_anothers = got.is_some_and(|got| prompts.any(|prompt| says(got, prompt)));
    let why = Why::of(is_anothers || signals.show(expected));
    score.miss("intent", of.to_owned(), expected, got.unwrap_or(NONE), why);
}

/// What a call is called in a list.
pub(super) fn name(truth: &Truth, matched: &Matched<'_>) -> String {
    let conversation = truth.conversations.get(matched.conversation).map(label);
    let conversation = conversation.unwrap_or_default();
    format!("{conversation} {} {}", matched.call.id, matched.call.tool)
}

/// What a conversation is called in a list.
pub(super) fn label(it: &Conversation) -> String {
    it.id.clone().unwrap_or_else(|| it.role.clone())
}
