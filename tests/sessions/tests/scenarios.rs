//! The generator itself: the same plan gives the same bytes, every body decodes, the truth agrees
//! with itself and with what was sent, and the hard things happen as often as they should.

#![allow(clippy::cast_precision_loss, reason = "counts of a test are small")]
#![allow(clippy::expect_used, reason = "tests fail by panicking")]

use std::collections::{BTreeMap, BTreeSet};

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use prost::Message as _;
use seam_sessions::{Conversation, Knobs, Outcome, Plan, Request, Role, Scenario, Signal};

fn decode_logs(request: &Request) -> Vec<LogRecord> {
    let message = ExportLogsServiceRequest::decode(request.body.as_slice()).expect("decodes");
    let scopes = message.resource_logs.into_iter().flat_map(|resource| resource.scope_logs);
    scopes.flat_map(|scope| scope.log_records).collect()
}

fn text(record: &LogRecord, key: &str) -> Option<String> {
    let found = record.attributes.iter().find(|attribute| attribute.key == key)?;
    match found.value.as_ref()?.value.as_ref()? {
        Value::StringValue(text) => Some(text.clone()),
        Value::IntValue(number) => Some(number.to_string()),
        _ => None,
    }
}

fn logs(scenario: &Scenario) -> Vec<(String, LogRecord)> {
    let of_logs = scenario.requests.iter().filter(|request| request.signal == Signal::Logs);
    of_logs
        .flat_map(|request| {
            decode_logs(request).into_iter().map(|record| (request.principal.clone(), record))
        })
        .collect()
}

/// Guarantees: a plan is repeatable, and another seed gives something else.
#[test]
fn the_same_plan_gives_the_same_bytes() {
    let (one, two) = (Plan::new(7, 40).generate(), Plan::new(7, 40).generate());
    assert_eq!(one.requests, two.requests);
    assert_eq!(one.truth.to_capture("x"), two.truth.to_capture("x"));
    assert_ne!(one.requests, Plan::new(8, 40).generate().requests);
}

/// Guarantees: every body is a message of its signal with records in it, in order of arrival.
#[test]
fn every_body_decodes() {
    let scenario = Plan::new(3, 150).generate();
    let mut last = i64::MIN;
    for request in &scenario.requests {
        assert!(request.sent_at_us >= last, "out of order");
        last = request.sent_at_us;
        let count = match request.signal {
            Signal::Logs => decode_logs(request).len(),
            Signal::Traces => {
                let message = ExportTraceServiceRequest::decode(request.body.as_slice());
                let message = message.expect("decodes");
                let scopes = message.resource_spans.iter().flat_map(|one| &one.scope_spans);
                scopes.map(|scope| scope.spans.len()).sum()
            }
        };
        assert!(count > 0, "an empty request");
    }
}

/// Guarantees: what the truth calls visible is in the requests, and what it does not is not.
#[test]
fn visible_is_what_was_sent() {
    let scenario = Plan::new(11, 200).generate();
    let logs = logs(&scenario);
    let mut attempts = BTreeSet::new();
    for (principal, record) in &logs {
        if text(record, "event.name").as_deref() == Some("codex.network_proxy.policy_decision") {
            let key = |name| text(record, name).expect("an attribute of every decision");
            let id = (principal.clone(), key("conversation.id"), key("client.address"));
            attempts.insert((id, record.observed_time_unix_nano));
        }
    }
    let mut said = BTreeSet::new();
    for link in scenario.truth.network_links.iter().filter(|link| link.visible) {
        let id = (link.principal.clone(), link.conversation.clone(), link.client_address.clone());
        assert!(said.insert((id, link.observed_ns)), "two attempts with one address");
    }
    assert_eq!(attempts, said);

    let results: BTreeSet<String> = logs
        .iter()
        .filter_map(|(_, record)| text(record, "call_id").or_else(|| text(record, "tool_use_id")))
        .collect();
    let calls = scenario.truth.conversations.iter().flat_map(|one| &one.calls);
    for call in calls {
        if results.contains(&call.call_id) {
            assert!(call.visible, "{} was sent", call.call_id);
        }
        if !call.visible {
            assert_eq!(call.outcome, Outcome::Unknown, "{}", call.call_id);
            assert_eq!(call.decided_by, None, "{}", call.call_id);
        }
    }
}

/// Guarantees: ids lead where they should.
#[test]
fn the_truth_agrees_with_itself() {
    let scenario = Plan::new(5, 300).generate();
    let truth = &scenario.truth;
    let mut by_id: BTreeMap<(&str, &str), &Conversation> = BTreeMap::new();
    for conversation in &truth.conversations {
        let key = (conversation.principal.as_str(), conversation.id.as_str());
        assert!(by_id.insert(key, conversation).is_none(), "twice");
    }
    for conversation in &truth.conversations {
        assert_eq!(conversation.parent.is_none(), conversation.role == Role::Main);
        if let Some(parent) = &conversation.parent {
            assert!(by_id.contains_key(&(conversation.principal.as_str(), parent.as_str())));
        }
        for call in &conversation.calls {
            let intent = call.intent.as_ref().expect("a person led to every call");
            let key = (conversation.principal.as_str(), intent.conversation.as_str());
            let prompt = &by_id[&key].prompts[intent.prompt];
            assert_eq!((&prompt.text, prompt.origin), (&intent.text, "human"));
            assert!(call.ended_us >= call.started_us);
            if let Some(code) = call.exit_code {
                assert_eq!(code == 0, call.outcome == Outcome::Succeeded);
            }
        }
    }
    for link in &truth.network_links {
        let key = (link.principal.as_str(), link.conversation.as_str());
        let calls = &by_id[&key].calls;
        let owner = calls.iter().find(|call| call.call_id == link.owner).expect("the owner");
        assert_eq!(owner.visible, link.owner_visible);
        assert!(!(link.determined && link.misled));
        if link.determined {
            assert!(link.visible && link.owner_visible && !link.determined_by.is_empty());
            let own = link.determined_by.iter().any(|how| !how.starts_with("group:"));
            assert!(!own || link.candidates.contains(&link.owner) || anchored(link));
        }
    }
}

/// Guarantees: what is said to determine an owner does so by what was sent.
#[test]
fn determined_means_what_it_says() {
    let scenario = Plan::new(13, 400).generate();
    let truth = &scenario.truth;
    let results: BTreeMap<String, LogRecord> = logs(&scenario)
        .into_iter()
        .filter(|(_, record)| text(record, "event.name").as_deref() == Some("codex.tool_result"))
        .filter_map(|(_, record)| Some((text(&record, "call_id")?, record)))
        .collect();
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for link in truth.network_links.iter().filter(|link| link.determined) {
        let result = results.get(&link.owner);
        let holds = |key| text(result.expect("a result"), key).expect("text").contains(&link.host);
        for how in &link.determined_by {
            *seen.entry(how).or_default() += 1;
            match how.as_str() {
                "only_open" => assert_eq!(link.candidates, std::slice::from_ref(&link.owner)),
                "host_in_arguments" => assert!(holds("arguments")),
                "host_in_output" => assert!(holds("output")),
                "denied_then_failed" => assert_eq!(link.verdict, "deny"),
                "anchor" => assert_ne!(link.verdict, "ask"),
                group => assert!(group.starts_with("group:") && link.execution_id.is_some()),
            }
        }
    }
    println!("{seen:?}");
    for how in ["only_open", "host_in_arguments", "host_in_output", "denied_then_failed"] {
        assert!(seen.get(how).is_some_and(|count| *count >= 10), "{how} is missing: {seen:?}");
    }
    assert!(truth.network_links.iter().any(|link| link.candidates.len() > 1 && !link.determined));
    assert!(truth.network_links.iter().any(|link| link.after_result));
}

/// Guarantees: the truth reads as a capture's does, and line by line.
#[test]
fn the_truth_can_be_written() {
    let truth = Plan::new(17, 60).generate().truth;
    let capture = truth.to_capture("generated");
    let conversations = capture["conversations"].as_array().expect("conversations");
    assert_eq!(conversations.len(), truth.conversations.len());
    for conversation in conversations {
        assert!(
            conversation["prompts"]
                .as_array()
                .expect("prompts")
                .iter()
                .all(serde_json::Value::is_string)
        );
        for call in conversation["calls"].as_array().expect("calls") {
            assert!(call["call_id"].is_string() && call["network"].is_array());
            assert!(call["intent"].is_string() && call["outcome"].is_string());
        }
        let serves = ["parent", "reviews", "serves"].map(|key| conversation[key].is_string());
        let role = conversation["role"].as_str();
        assert_eq!(serves.contains(&true), role != Some("main"));
    }
    let lines = truth.to_lines();
    assert_eq!(
        lines.lines().count(),
        truth.conversations.len() + truth.network_links.len() + truth.gaps.len() + truth.lost.len()
    );
}

fn anchored(link: &seam_sessions::NetworkLink) -> bool {
    link.determined_by.iter().any(|how| how.contains("anchor"))
}

/// Guarantees: without disturbance nothing is lost, and the rules mislead almost never.
#[test]
fn undisturbed_plans_lose_nothing() {
    let scenario = Plan::new(9, 400).undisturbed().generate();
    let truth = &scenario.truth;
    assert!(truth.lost.is_empty());
    assert!(truth.conversations.iter().all(|one| one.visible && !one.foreign));
    let misled = truth.network_links.iter().filter(|link| link.misled).count();
    let determined = truth.network_links.iter().filter(|link| link.determined).count();
    println!("{determined} of {} determined, {misled} misled", truth.network_links.len());
    assert!(misled * 1000 <= determined, "{misled} misled of {determined}");
    assert!(determined * 2 > truth.network_links.len());
}

/// Guarantees: each hard thing happens as often as its knob says.
#[test]
fn knobs_occur_as_often_as_they_say() {
    let plan = Plan::new(1, 2_000);
    let scenario = plan.generate();
    for (knob, probability) in plan.knobs.list() {
        let one = scenario.truth.occurrences.get(knob).copied().unwrap_or_default();
        println!("{knob}: {} of {} ({probability})", one.happened, one.asked);
        assert!(one.asked >= 100, "{knob} was asked {} times only", one.asked);
        let (asked, happened) = (one.asked as f64, one.happened as f64);
        let spread = 5.0 * (asked * probability * (1.0 - probability)).sqrt() + 3.0;
        assert!((happened - asked * probability).abs() <= spread, "{knob}: {one:?}");
    }
}

/// Guarantees: a plan without knobs is plain.
#[test]
fn no_knobs_no_hard_things() {
    let plan = Plan { knobs: Knobs::none(), ..Plan::new(2, 100) };
    let scenario = plan.generate();
    assert!(scenario.truth.network_links.is_empty());
    assert!(scenario.truth.gaps.is_empty());
    assert!(scenario.truth.conversations.iter().all(|one| one.role_shown));
}

/// Guarantees: ten thousand live sessions can be generated.
#[test]
fn ten_thousand_sessions() {
    let plan = Plan { window_us: 10_000_000, ..Plan::new(4, 10_000) };
    let began = std::time::Instant::now();
    let scenario = plan.generate();
    let bytes: usize = scenario.requests.iter().map(|request| request.body.len()).sum();
    let calls: usize = scenario.truth.conversations.iter().map(|one| one.calls.len()).sum();
    println!(
        "{} conversations, {calls} calls, {} attempts, {} requests, {bytes} bytes in {:?}",
        scenario.truth.conversations.len(),
        scenario.truth.network_links.len(),
        scenario.requests.len(),
        began.elapsed(),
    );
    assert!(scenario.truth.conversations.len() > 10_000);
}
