//! Conversations and calls that carry no id, and those that serve others.

use super::*;

/// A conversation that has no id is known by its calls, one without those by whom it serves.
#[test]
fn without_ids() {
    let mut truth = truth();
    truth["conversations"][0]["id"] = Value::Null;
    let reviewer = json!({ "id": null, "role": "reviewer", "reviews": "s1" });
    truth["conversations"].as_array_mut().unwrap().push(reviewer);
    let mut derived = derived();
    let more = serde_json::from_value(session("r1", "reviewer", Some("s1"))).unwrap();
    derived.sessions.insert(0, more);
    // What a reviewer calls is not asked for.
    let mut action = derived.actions[0].clone();
    action.session_id = "r1".to_owned();
    action.call_id = Some("c9".to_owned());
    derived.actions.push(action);
    let score = judged(truth, &derived, &signals());
    assert_eq!(misses(&score), Vec::<String>::new());
    assert_eq!(tally(&score, Question::Conversation), (2, 2));
    assert_eq!(tally(&score, Question::Parent), (2, 2));
}

/// One conversation that nothing tells to be one is several rows.
#[test]
fn two_rows_of_one() {
    let mut truth = truth();
    truth["conversations"][0]["id"] = Value::Null;
    let mut derived = derived();
    derived.sessions.push(serde_json::from_value(session("s2", "main", None)).unwrap());
    derived.actions[1].session_id = "s2".to_owned();
    let score = judged(truth, &derived, &signals());
    assert_eq!(misses(&score), Vec::<String>::new());
}

/// Calls without an id are told apart by tool, arguments and order.
#[test]
fn calls_without_ids() {
    let mut truth = truth();
    let calls = &mut truth["conversations"][0]["calls"];
    let mut again = calls[0].clone();
    again["call_id"] = json!("c3");
    again["exit_code"] = json!(2);
    calls.as_array_mut().unwrap().push(again);
    let mut derived = derived();
    for action in &mut derived.actions {
        action.call_id = None;
    }
    let mut action = derived.actions[0].clone();
    action.action_id = "a3".to_owned();
    action.exit_code = Some(2);
    action.requested_at = "2026-11-20T10:00:09.000000Z".parse().ok();
    derived.actions.insert(0, action);
    derived.sort();
    let score = judged(truth, &derived, &signals());
    assert_eq!(misses(&score), Vec::<String>::new());
    assert_eq!(tally(&score, Question::Call), (3, 3));
    assert_eq!(tally(&score, Question::ExitCode), (2, 2));
}

/// Arguments are taken from the events of an action where it has no column for them.
#[test]
fn arguments_of_events() {
    let mut truth = truth();
    let call = &mut truth["conversations"][0]["calls"][0];
    call["tool"] = json!("mcp__tickets/get_ticket");
    call["arguments"] = json!("{\"id\": \"T-1\"}");
    let mut derived = derived();
    let action = &mut derived.actions[0];
    action.call_id = None;
    action.command = None;
    action.tool = Some("get_ticket".to_owned());
    action.mcp_server = Some("tickets".to_owned());
    action.evidence =
        serde_json::from_value(json!([{ "event_id": "e1", "role": "result" }])).unwrap();
    derived.arguments.insert("e1".to_owned(), "{\"id\":\"T-2\"}".to_owned());
    let other = judged(truth.clone(), &derived, &signals());
    assert_eq!(tally(&other, Question::Call), (1, 2));
    derived.arguments.insert("e1".to_owned(), "{\"id\":\"T-1\"}".to_owned());
    let same = judged(truth, &derived, &signals());
    assert_eq!(tally(&same, Question::Call), (2, 2));
}

/// A subagent's call may stand in its parent's conversation or in one that serves it; anybody
/// else's may not.
#[test]
fn calls_of_subagents() {
    let mut truth = truth();
    truth["conversations"][0]["calls"][0]["by_subagent"] = json!(true);
    let mut derived = derived();
    derived.actions[0].role = Some("subagent".to_owned());
    assert_eq!(misses(&judged(truth.clone(), &derived, &signals())), Vec::<String>::new());
    let more = serde_json::from_value(session("sub", "subagent", Some("s1"))).unwrap();
    derived.sessions.push(more);
    derived.actions[0].session_id = "sub".to_owned();
    assert_eq!(misses(&judged(truth, &derived, &signals())), Vec::<String>::new());
    let score = judged(super::truth(), &derived, &signals());
    assert!(misses(&score).contains(
        &"call: an action in its conversation is an action in sub, our fault".to_owned()
    ));
}
