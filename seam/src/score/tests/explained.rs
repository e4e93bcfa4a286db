//! Why something is missed: proved to be nowhere, or our fault.

use super::*;

fn without_the_second_call() -> Derived {
    let mut derived = derived();
    derived.actions.pop();
    derived.links.clear();
    derived
}

/// A call that nothing shows is proved; one whose id, arguments or command stands anywhere is
/// our fault.
#[test]
fn missing_calls() {
    let missed = |signals: &str| {
        let signals = Signals::new(vec![signals.as_bytes().to_vec()]);
        let score = judged(truth(), &without_the_second_call(), &signals);
        let misses = misses(&score);
        misses.into_iter().find(|miss| miss.starts_with("call:")).unwrap()
    };
    assert_eq!(missed("s1 c1"), "call: an action is -, no signal shows it");
    for shows in
        ["c2", "{\"cmd\":\"curl http://a.example.net/\"}", "ran curl http://a.example.net/"]
    {
        assert_eq!(missed(shows), "call: an action is -, our fault");
    }
}

/// Calls of which the signals say the very same cannot be told apart.
#[test]
fn twins_are_no_fault() {
    let mut truth = truth();
    truth["conversations"][0]["calls"][1]["decided_by"] = json!("ai_reviewer");
    let mut derived = derived();
    for (action, event) in derived.actions.iter_mut().zip(["e1", "e2"]) {
        let evidence = json!([{ "event_id": event, "role": "decision" }]);
        action.evidence = serde_json::from_value(evidence).unwrap();
    }
    let say = |derived: &mut Derived, event: &str, said: &str| {
        derived.decisions.insert(event.to_owned(), said.to_owned());
    };
    say(&mut derived, "e1", "logs approval allow Config");
    say(&mut derived, "e2", "logs approval allow Config");
    let judge = |derived: &Derived| misses(&judged(truth.clone(), derived, &signals()));
    let open = "decided by: ai_reviewer is policy, no signal determines it".to_owned();
    assert!(judge(&derived).contains(&open), "{:?}", judge(&derived));
    say(&mut derived, "e2", "logs approval allow AutomatedReviewer");
    let fault = "decided by: ai_reviewer is policy, our fault".to_owned();
    assert!(judge(&derived).contains(&fault), "{:?}", judge(&derived));
}

/// What is not asked of a call that is not there does not count against it.
#[test]
fn a_missing_call_is_asked_nothing() {
    let score = judged(truth(), &without_the_second_call(), &signals());
    assert_eq!(tally(&score, Question::Call), (1, 2));
    assert_eq!(tally(&score, Question::Outcome), (1, 1));
}

/// A prompt that was kept back is proved, and so is the intent; another prompt in its place is
/// our fault.
#[test]
fn prompts_that_were_kept_back() {
    let mut derived = derived();
    derived.turns[0].prompt = Some("[REDACTED]".to_owned());
    for action in &mut derived.actions {
        action.intent = Some("[REDACTED]".to_owned());
    }
    let silent = Signals::new(vec![b"s1 c1 c2 a.example.net [REDACTED]".to_vec()]);
    let score = judged(truth(), &derived, &silent);
    assert_eq!(score.faults(), 0, "{:?}", misses(&score));
    assert_eq!(score.misses.len(), 3);
    assert_eq!(score.extra, 0, "the prompt without its text is the one that was asked for");

    let mut truth = truth();
    let other = json!({ "id": "s2", "role": "main", "prompts": ["Something else"], "calls": [] });
    truth["conversations"].as_array_mut().unwrap().push(other);
    derived.sessions.push(serde_json::from_value(session("s2", "main", None)).unwrap());
    derived.actions[0].intent = Some("Something else".to_owned());
    let score = judged(truth, &derived, &silent);
    let wrong = "intent: Fetch the package is Something else, our fault".to_owned();
    assert!(misses(&score).contains(&wrong));
}

/// A replaced secret is not held against a row.
#[test]
fn secrets_are_replaced() {
    let mut truth = truth();
    let prompt = "Use the token ghp_abcdefghijklmnop please";
    truth["conversations"][0]["prompts"] = json!([prompt]);
    truth["conversations"][0]["calls"][0]["intent"] = json!(prompt);
    truth["conversations"][0]["calls"][1]["intent"] = json!(prompt);
    let mut derived = derived();
    let row = "Use the token [redacted:github-token:01234567] please";
    derived.turns[0].prompt = Some(row.to_owned());
    for action in &mut derived.actions {
        action.intent = Some(row.to_owned());
    }
    let score = judged(truth, &derived, &Signals::new(vec![prompt.as_bytes().to_vec()]));
    assert_eq!(misses(&score), Vec::<String>::new());
}

/// A conversation that nothing shows is proved.
#[test]
fn missing_conversations() {
    let nothing = Derived::default();
    let score = judged(truth(), &nothing, &Signals::new(vec![b"nothing".to_vec()]));
    assert_eq!(score.faults(), 0, "{:?}", misses(&score));
    let score = judged(truth(), &nothing, &signals());
    assert_eq!(misses(&score)[0], "conversation: main is -, our fault");
}
