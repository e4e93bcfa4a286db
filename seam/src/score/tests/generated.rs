//! Generated captures: their truth says what cannot be known, and knows attempts one by one.

use seam_schema::vocabulary::Confidence;

use super::*;

fn link(address: &str, owner: &str, determined: bool) -> Value {
    json!({ "conversation": "s1", "host": "a.example.net", "verdict": "deny", "owner": owner,
        "client_address": address, "determined": determined })
}

/// Two calls that tried the same host, and the edges of both attempts.
fn two_attempts(determined: bool, owners: [&str; 2], confidence: &str) -> Score {
    let mut truth = truth();
    // The links of this one do not say who sent them.
    truth["conversations"][0]["principal"] = json!("laptop-7");
    truth["network_links"] = json!([link("x:1", "c1", determined), link("x:2", "c2", determined)]);
    let mut derived = derived();
    derived.links.clear();
    for (event, owner) in ["n1", "n2"].into_iter().zip(owners) {
        let row = edge(event, Some(owner), confidence, &[]);
        derived.links.push(serde_json::from_value(row).unwrap());
    }
    for (event, address) in [("n1", "x:1"), ("n2", "x:2")] {
        attempt(&mut derived, event, "a.example.net", "deny");
        derived.attempts.get_mut(event).unwrap().client_address = Some(address.to_owned());
    }
    judged(truth, &derived, &signals())
}

/// Attempts of the same host are told apart: crossed edges are wrong.
#[test]
fn attempts_one_by_one() {
    let right = two_attempts(true, ["a1", "a2"], "strong");
    assert_eq!((right.network.found, right.faults()), (2, 0));
    let crossed = two_attempts(true, ["a2", "a1"], "strong");
    assert_eq!(crossed.network.of(Confidence::Strong).edges, Tally { asked: 2, right: 0 });
    assert_eq!(crossed.network.determined, Tally { asked: 2, right: 0 });
}

/// What is determined wants a sure edge; what is not may be weak or missing, but not surely wrong.
#[test]
fn what_is_determined() {
    let weak = two_attempts(true, ["a1", "a2"], "weak");
    assert_eq!(misses(&weak)[0], "network attempt: deny a.example.net is a weak edge, our fault");
    assert_eq!(weak.network.determined, Tally { asked: 2, right: 0 });
    let open = two_attempts(false, ["a2", "a1"], "weak");
    assert_eq!((open.faults(), open.misses.len()), (0, 4), "{:?}", misses(&open));
    assert_eq!(open.network.determined, Tally::default());
    assert_eq!(two_attempts(false, ["a2", "a1"], "strong").faults(), 2);
}

/// What the records that arrived cannot show is not asked.
#[test]
fn what_cannot_be_known_is_not_asked() {
    let mut truth = truth();
    let conversation = &mut truth["conversations"][0];
    conversation["role_shown"] = json!(false);
    conversation["prompt_details"] = json!([{ "visible": true, "redacted": true }]);
    conversation["calls"][0]["visible"] = json!(false);
    conversation["calls"][1]["intent_details"] = json!({ "shown": false, "redacted": false });
    let lost = json!({ "id": "s7", "role": "subagent", "parent": "s1", "visible": false,
        "prompts": ["p"], "calls": [] });
    truth["conversations"].as_array_mut().unwrap().push(lost);
    let mut derived = derived();
    derived.actions.remove(0);
    derived.turns.clear();
    derived.actions[0].intent = None;
    derived.sessions[0].role = Some("unknown".to_owned());
    let score = judged(truth, &derived, &signals());
    assert_eq!(misses(&score), Vec::<String>::new());
    assert_eq!(tally(&score, Question::Call), (1, 1));
}

/// An outcome that no record shows may be known all the same, but not wrongly.
#[test]
fn more_than_is_shown() {
    let mut truth = truth();
    truth["conversations"][0]["calls"][1]["outcome"] = json!("unknown");
    truth["conversations"][0]["calls"][1]["happened"] = json!("failed");
    let mut derived = derived();
    assert_eq!(misses(&judged(truth.clone(), &derived, &signals())), Vec::<String>::new());
    derived.actions[1].outcome = None;
    assert_eq!(misses(&judged(truth.clone(), &derived, &signals())), Vec::<String>::new());
    derived.actions[1].outcome = Some("cancelled".to_owned());
    let wrong = judged(truth, &derived, &signals());
    assert_eq!(misses(&wrong), ["outcome: unknown is cancelled, our fault"]);
}

/// Records of somebody else under the same id are a conversation of their own.
#[test]
fn foreign_principals() {
    let mut truth = truth();
    let foreign = json!({ "id": "s1", "role": "main", "principal": "eve", "foreign": true,
        "prompts": [], "calls": [{ "call_id": "c1", "tool": "exec_command", "arguments": "{}",
        "outcome": "failed", "exit_code": 7 }] });
    truth["conversations"].as_array_mut().unwrap().push(foreign);
    let mut derived = derived();
    let mut row = session("s1~0123abcd", "main", None);
    row["principal"] = json!("eve");
    derived.sessions.push(serde_json::from_value(row).unwrap());
    let mut action = derived.actions[0].clone();
    action.action_id = "a9".to_owned();
    action.session_id = "s1~0123abcd".to_owned();
    action.outcome = Some("failed".to_owned());
    action.exit_code = Some(7);
    derived.actions.push(action);
    let score = judged(truth, &derived, &signals());
    assert_eq!(misses(&score), Vec::<String>::new());
    assert_eq!(tally(&score, Question::Call), (3, 3));
}
