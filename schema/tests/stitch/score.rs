//! How right the stitcher is on sessions that were made up to be hard.

use std::collections::{BTreeMap, HashMap};

use seam_schema::derived::Id;
use seam_schema::derived::actions::ActionRow;
use seam_schema::stitch::StitchOptions;
use seam_schema::vocabulary::{
    Confidence, DecidedBy, GapKind, LinkRelation, Outcome, PromptOrigin, SessionRole,
};
use seam_sessions::{Conversation, Plan, Role, Scenario};

use crate::story::{Run, Story, story};
use crate::truth::Score;

/// Sessions that are scored; the issue asks for two thousand.
const SESSIONS: usize = 2_000;
/// What they are generated from.
const SEED: u64 = 1;

/// Guarantees (G16): links, intent, parents and roles are right as often as promised.
#[test]
fn generated_sessions_are_stitched_rightly() {
    let scenario = Plan::new(SEED, SESSIONS).generate();
    let story = story(&scenario.requests);
    let mut run = Run::new(StitchOptions::default());
    let facts: Vec<_> = story.facts.iter().collect();
    for group in facts.chunks(5_000) {
        run.tell(group);
    }
    run.end();
    let mut score = Score::default();
    conversations(&scenario, &story, &run, &mut score);
    calls(&scenario, &story, &run, &mut score);
    links(&scenario, &story, &run, &mut score);
    gaps(&scenario, &run, &mut score);
    println!("{} facts, {} bytes held", story.facts.len(), run.stitcher.memory_bytes());
    score.print();
    for what in ["network precision, certain and strong", "role", "parent", "intent"] {
        assert!(score.rate(what) >= 0.999, "{what}: {}", score.rate(what));
    }
    assert!(score.rate("network recall") >= 0.95, "{}", score.rate("network recall"));
    for what in ["call found", "conversation found", "decider", "exit code"] {
        assert!(score.rate(what) >= 0.999, "{what}: {}", score.rate(what));
    }
    // Claude Code says of a command that a person stopped only that it failed: after losses the
    // sign that tells the two apart can mislead.
    for (what, least) in [("outcome", 0.995), ("gap found", 0.9)] {
        assert!(score.rate(what) >= least, "{what}: {}", score.rate(what));
    }
}

fn row_id(scenario: &Scenario, conversation: &Conversation) -> String {
    let mut all = scenario.truth.conversations.iter();
    let shared =
        all.any(|other| other.id == conversation.id && other.principal != conversation.principal);
    if !conversation.foreign || !shared {
        return conversation.id.clone();
    }
    let hash = blake3::hash(conversation.principal.as_bytes()).to_hex();
    format!("{}~{}", conversation.id, &hash[..8])
}

fn role_word(role: Role) -> &'static str {
    match role {
        Role::Main => "main",
        Role::Subagent => "subagent",
        Role::Reviewer => "reviewer",
        Role::Title => "title",
    }
}

fn conversations(scenario: &Scenario, story: &Story, run: &Run<'_>, score: &mut Score) {
    let rows = run.ends.sessions();
    let rows: HashMap<String, _> =
        rows.iter().map(|row| (row.session_id.to_string(), row)).collect();
    for truth in scenario.truth.conversations.iter().filter(|truth| truth.visible) {
        let id = row_id(scenario, truth);
        let row = rows.get(&id);
        score.count("conversation found", row.is_some(), || {
            let of =
                story.facts.iter().filter(|fact| fact.session_id.as_deref() == Some(&truth.id));
            let of: BTreeMap<_, usize> = of.fold(BTreeMap::default(), |mut sum, fact| {
                *sum.entry((fact.principal.clone(), fact.agent)).or_default() += 1;
                sum
            });
            format!("{id} of {}: {of:?}", truth.principal)
        });
        let Some(row) = row else { continue };
        if truth.role_shown {
            let role = row.role.map(SessionRole::as_str);
            let right = role == Some(role_word(truth.role));
            score.count("role", right, || format!("{id}: {:?}, is {role:?}", truth.role));
        }
        if truth.parent.is_none() {
            let got = row.parent_session_id.as_deref();
            score.count("no parent", got.is_none(), || format!("{id}: is {got:?}"));
        } else if !truth.parent_shown_by.is_empty() {
            let got = row.parent_session_id.as_deref().map(plain);
            score.count("parent", got == truth.parent.as_deref(), || {
                format!("{id}: {:?} by {:?}, is {got:?}", truth.parent, truth.parent_shown_by)
            });
        }
    }
}

fn calls(scenario: &Scenario, story: &Story, run: &Run<'_>, score: &mut Score) {
    let actions = run.ends.actions();
    let mut by_call: HashMap<(&str, &str), Vec<&ActionRow<'_>>> = HashMap::new();
    for action in &actions {
        let call = action.call_id.as_deref().unwrap_or_default();
        by_call.entry((action.session_id.as_ref(), call)).or_default().push(action);
    }
    let mut expected = 0;
    for truth in &scenario.truth.conversations {
        let session = row_id(scenario, truth);
        for call in truth.calls.iter().filter(|call| call.visible) {
            expected += 1;
            let found = by_call.get(&(session.as_str(), call.call_id.as_str()));
            let name = || format!("{session} {} {}", call.call_id, call.tool);
            score.count("call found", found.is_some_and(|found| found.len() == 1), name);
            let Some(action) = found.and_then(|found| found.first()) else { continue };
            let want = serde_json::to_value(call.outcome).unwrap();
            let got = action.outcome.map(Outcome::as_str);
            // Where the records do not tell, to say what really happened is no miss.
            let happened = serde_json::to_value(call.happened).unwrap();
            let right = got == want.as_str() || (want == "unknown" && got == happened.as_str());
            score.count("outcome", right, || {
                let facts = story.facts_of(&call.call_id);
                format!("{}: {want} ({:?}), is {got:?}: {facts}", name(), call.happened)
            });
            if let Some(want) = call.decided_by {
                let got = action.decided_by.map(DecidedBy::as_str);
                score.count("decider", got == Some(want), || {
                    format!("{}: {want}, is {got:?} {:?}", name(), call.outcome)
                });
            }
            let got = action.exit_code;
            score.count("exit code", got == call.exit_code, || {
                format!("{}: {:?}, is {got:?}", name(), call.exit_code)
            });
            if let Some(intent) = call.intent.as_ref().filter(|intent| intent.shown) {
                let text = (!intent.redacted).then_some(intent.text.as_str());
                let right = action.intent.as_deref() == text
                    && action.prompt_origin == Some(PromptOrigin::Human)
                    && action.intent_session_id.as_deref().map(plain) == Some(&intent.conversation);
                score.count("intent", right, || {
                    format!(
                        "{}: {:?} in {}, is {:?} {:?} in {:?}",
                        name(),
                        text,
                        intent.conversation,
                        action.intent,
                        action.prompt_origin,
                        action.intent_session_id
                    )
                });
            }
            if let Some(agent) = &call.agent_id {
                let role = action.role.map(SessionRole::as_str);
                score.count("shared subagent", role == Some("subagent"), || {
                    format!("{} by {agent}: is {role:?}", name())
                });
            }
        }
    }
    score.count("no other actions", actions.len() == expected, || {
        format!("{} actions, {expected} calls", actions.len())
    });
}

fn plain(id: &str) -> &str {
    id.split_once('~').map_or(id, |(id, _)| id)
}

fn links(scenario: &Scenario, story: &Story, run: &Run<'_>, score: &mut Score) {
    let actions = run.ends.actions();
    let calls: HashMap<Id, (String, String)> = actions
        .iter()
        .map(|action| {
            let call = action.call_id.as_deref().unwrap_or_default();
            (action.action_id, (action.session_id.to_string(), call.to_owned()))
        })
        .collect();
    let mut found = BTreeMap::new();
    let rows = run.ends.links();
    for link in rows.iter().filter(|link| link.relation == Some(LinkRelation::Network)) {
        let Some(client) = link.event_id.and_then(|event| story.clients.get(&event)) else {
            continue;
        };
        found.insert((link.session_id.to_string(), client.clone()), link);
    }
    let foreign: HashMap<(&str, &str), String> = scenario
        .truth
        .conversations
        .iter()
        .map(|truth| ((truth.id.as_str(), truth.principal.as_str()), row_id(scenario, truth)))
        .collect();
    for truth in scenario.truth.network_links.iter().filter(|truth| truth.visible) {
        let session = foreign[&(truth.conversation.as_str(), truth.principal.as_str())].clone();
        let link = found.get(&(session.clone(), truth.client_address.clone()));
        let name = || {
            format!(
                "{session} {} {} of {} by {:?}: {:?}",
                truth.client_address,
                truth.host,
                truth.owner,
                truth.determined_by,
                link.map(|link| {
                    let call = link.action_id.and_then(|action| calls.get(&action));
                    (call.map(|(_, call)| call), link.confidence, &link.reasons, truth.misled)
                })
            )
        };
        score.count("network link made", link.is_some(), name);
        let Some(link) = link else { continue };
        let owner = link.action_id.and_then(|action| calls.get(&action)).map(|(_, call)| call);
        let right = owner == Some(&truth.owner);
        let sure = matches!(link.confidence, Some(Confidence::Certain | Confidence::Strong));
        if sure && !truth.misled {
            score.count("network precision, certain and strong", right, name);
        }
        if sure && truth.misled {
            score.count("network precision, misled by loss", right, || "-".to_owned());
        }
        if truth.determined {
            score.count("network recall", right && sure, name);
        } else if link.confidence == Some(Confidence::Ambiguous) && !truth.misled {
            let candidates = link.candidates.iter().flat_map(|texts| &texts.0);
            let mut candidates = candidates.filter_map(|id| Id::parse(id));
            let kept = candidates.any(|id| calls.get(&id).is_some_and(|(_, c)| *c == truth.owner));
            score.count("ambiguous keeps the owner", kept || !truth.owner_visible, name);
        }
    }
}

fn gaps(scenario: &Scenario, run: &Run<'_>, score: &mut Score) {
    let rows = run.ends.gaps();
    for truth in &scenario.truth.gaps {
        let found = rows.iter().any(|gap| {
            gap.kind.map(GapKind::as_str) == Some(truth.kind)
                && truth.conversations.iter().any(|id| plain(&gap.session_id) == id)
                && truth.from_sequence.is_none_or(|from| gap.from_sequence == Some(from))
        });
        score.count("gap found", found, || format!("{truth:?}"));
    }
    score.count("gaps counted", rows.len() == scenario.truth.gaps.len(), || {
        format!("{} rows, {} expected", rows.len(), scenario.truth.gaps.len())
    });
}
