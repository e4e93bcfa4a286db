//! A field that stopped coming is a gap of the conversation.

use std::collections::BTreeSet;

use seam_schema::stitch::{Fact, StitchOptions};
use seam_schema::vocabulary::{Agent, GapKind, RecordSignal};
use seam_sessions::Plan;

use crate::story::{Run, story};

/// What the gaps of drift say of some facts.
fn told(facts: &[Fact]) -> BTreeSet<String> {
    let mut run = Run::new(StitchOptions::default());
    run.tell(&facts.iter().collect::<Vec<_>>());
    run.end();
    let gaps = run.ends.gaps().into_iter().filter(|gap| gap.kind == Some(GapKind::Drift));
    gaps.map(|gap| gap.detail.unwrap_or_default().into_owned()).collect()
}

/// A record without a field that all of its name and version lack is told of, once a
/// conversation; one whose fellows have it is not.
#[test]
fn a_field_that_stopped_coming_is_a_gap() {
    let scenario = Plan::new(3, 40).undisturbed().generate();
    let mut facts = story(&scenario.requests).facts;
    assert_eq!(told(&facts), BTreeSet::new(), "all fields came");
    let is_result = |fact: &Fact| {
        fact.signal == RecordSignal::Logs
            && fact.agent == Agent::Codex
            && fact.name == "codex.tool_result"
    };
    let one = facts.iter().find(|fact| is_result(fact)).unwrap().event_id;
    let of_one = |fact: &Fact| fact.event_id == one;
    let session = facts.iter().find(|fact| of_one(fact)).unwrap().session_id.clone();
    let fellows = facts.iter().filter(|fact| is_result(fact) && fact.session_id == session);
    assert!(fellows.count() > 1, "the conversation has another result");
    facts.iter_mut().filter(|fact| of_one(fact)).for_each(|fact| {
        fact.detail.as_mut().unwrap().duration_ms = None;
    });
    assert_eq!(told(&facts), BTreeSet::new(), "its fellows have it");
    for fact in facts.iter_mut().filter(|fact| is_result(fact)) {
        fact.detail.as_mut().unwrap().duration_ms = None;
    }
    let version = facts.iter().find(|fact| of_one(fact)).unwrap();
    let version = version.detail.as_ref().unwrap().origin.agent_version.clone().unwrap();
    let missing = format!("codex.tool_result of version {version} without duration_ms");
    let found = told(&facts);
    assert!(found.contains(&missing), "{found:?}");
    assert!(found.iter().all(|gap| gap.ends_with(" without duration_ms")), "{found:?}");
}
