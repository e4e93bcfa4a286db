//! Splunk: what becomes of events, by what the server does. Acknowledgement has a page of its own.

use std::time::Duration;

use seam_exporters::http::{self, Secret};
use seam_exporters::splunk::{Options, Splunk};
use seam_exporters::{Destination as _, Outcome};
use seam_tests::mocks::hec::{Fault, Hec, Mode, TOKEN};
use seam_tests::mocks::peer::Peer;

use crate::drive::{drive, one, record, records};

pub(crate) fn options(peer: &Peer) -> Options {
    let mut options = Options::new(http::Options::new(&peer.url()), Secret::value(TOKEN));
    options.http.request_timeout = Duration::from_secs(20);
    options.poll_every = Duration::from_millis(5);
    options
}

/// A server in one mode, and a destination for it.
pub(crate) async fn pair(mode: Mode, says_where: bool) -> (Hec, Peer, Splunk) {
    let hec = Hec::new(mode, says_where);
    let peer = Peer::start(hec.handler()).await;
    let splunk = Splunk::new(options(&peer)).unwrap();
    (hec, peer, splunk)
}

/// Guarantees: events arrive once, in as many requests as their number calls for.
#[tokio::test]
async fn events_arrive_once() {
    let (hec, _peer, splunk) = pair(Mode::Splunkd, true).await;
    let driven = drive(&splunk, records(2500), |_| ()).await;
    assert_eq!(driven.delivered.len(), 2500);
    assert!(hec.counts().values().all(|count| *count == 1));
    assert_eq!((hec.counts().len(), hec.state().requests), (2500, 3));
    let (index, event) = hec.state().stored[7].clone();
    assert_eq!(index, "main");
    assert_eq!(event["event"]["number"], 7);
    assert_eq!(event["fields"]["session_id"], "s-0");
    assert_eq!(event["host"], "laptop");
}

/// Guarantees: each row of the table of codes has the outcome that the contract names.
#[tokio::test]
async fn every_code_has_its_outcome() {
    let (hec, _peer, splunk) = pair(Mode::Splunkd, true).await;
    let rows: &[(u16, u64, &str)] = &[
        (200, 0, "delivered"),
        (403, 1, "hold"),
        (401, 2, "hold"),
        (401, 3, "hold"),
        (403, 4, "hold"),
        (400, 5, "refused"),
        (400, 6, "refused"),
        (400, 7, "hold"),
        (500, 8, "retry"),
        (503, 9, "retry"),
        (400, 10, "hold"),
        (400, 11, "hold"),
        (400, 12, "refused"),
        (400, 13, "refused"),
        (400, 15, "refused"),
        (400, 16, "hold"),
        (200, 17, "ambiguous"),
        (503, 18, "retry"),
        (503, 19, "retry"),
        (503, 20, "retry"),
        (400, 21, "hold"),
        (400, 22, "hold"),
        (503, 23, "retry"),
        (200, 24, "delivered"),
        (200, 25, "delivered"),
        (429, 26, "retry"),
        (429, 27, "retry"),
    ];
    for (status, code, expected) in rows {
        hec.script([Fault::Code(*status, *code)]);
        assert_eq!(name(&one(&splunk).await), *expected, "code {code}");
    }
    // Without acknowledgement, the event is sent once more without a channel.
    hec.script([Fault::Code(400, 14)]);
    assert_eq!(one(&splunk).await, Outcome::Delivered);
    assert!(hec.state().script.is_empty());
}

fn name(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Delivered => "delivered",
        Outcome::Duplicate => "duplicate",
        Outcome::Retry { .. } => "retry",
        Outcome::Refused { .. } => "refused",
        Outcome::Hold { .. } => "hold",
        Outcome::Ambiguous { .. } => "ambiguous",
    }
}

/// Guarantees: answers without a code lose nothing, and redirects are not followed.
#[tokio::test]
async fn every_status_without_a_code_keeps_the_event() {
    let (hec, _peer, splunk) = pair(Mode::Splunkd, true).await;
    for (status, expected) in [
        (301, "hold"),
        (302, "hold"),
        (307, "hold"),
        (400, "hold"),
        (401, "hold"),
        (403, "hold"),
        (404, "hold"),
        (405, "hold"),
        (415, "hold"),
        (408, "retry"),
        (425, "retry"),
        (429, "retry"),
        (500, "retry"),
        (502, "retry"),
        (503, "retry"),
        (504, "retry"),
        (200, "ambiguous"),
        (204, "ambiguous"),
    ] {
        let body = if status == 204 { "" } else { "hush" };
        hec.script([Fault::Status(status, body)]);
        assert_eq!(name(&one(&splunk).await), expected, "{status}");
    }
    // A single event that is too large alone will never be taken.
    hec.script([Fault::Status(413, "hush")]);
    assert_eq!(name(&one(&splunk).await), "refused");
    assert!(hec.counts().is_empty());
}

/// Guarantees: the server's wish to be left alone reaches the caller, in both forms, or not at all.
#[tokio::test]
async fn retry_after_reaches_the_caller() {
    let (hec, _peer, splunk) = pair(Mode::Splunkd, true).await;
    let after = |outcome| match outcome {
        Outcome::Retry { after, .. } => after,
        other => panic!("{other:?}"),
    };
    hec.script([Fault::Wait(429, 26, "7"), Fault::Wait(503, 9, "Fri, 31 Dec 2100 23:59:59 GMT")]);
    assert_eq!(after(one(&splunk).await), Some(Duration::from_secs(7)));
    assert_eq!(after(one(&splunk).await), Some(Duration::from_hours(1)));
    hec.script([Fault::Code(429, 27)]);
    assert_eq!(after(one(&splunk).await), None);
}

/// Guarantees: of a batch with bad events each good one arrives and each bad one, no other, is
/// refused, whatever the server keeps of a refused request and whether it says which event is bad.
#[tokio::test]
async fn bad_events_are_singled_out() {
    for mode in [Mode::Splunkd, Mode::Vector, Mode::Atomic] {
        for says_where in [true, false] {
            let (hec, _peer, splunk) = pair(mode, says_where).await;
            let bad = |number: usize| number.is_multiple_of(97) || (500..520).contains(&number);
            let document = |number| format!(r#"{{"number":{number},"bad":{}}}"#, bad(number));
            let all = (0..1000).map(|number| record(number, &document(number))).collect();
            // Whether the token acknowledges is seen at the first good answer.
            assert_eq!(one(&splunk).await, Outcome::Delivered);
            hec.state().stored.clear();
            let driven = drive(&splunk, all, |_| ()).await;
            let expected: Vec<String> = (0..1000)
                .filter(|number| bad(*number))
                .map(|number| record(number, "").id.to_string())
                .collect();
            let mut refused: Vec<String> = driven.refused.keys().cloned().collect();
            refused.sort_by_key(|id| expected.iter().position(|other| other == id));
            assert_eq!(refused, expected, "{mode:?} {says_where}");
            assert_eq!(hec.counts().len(), 1000 - expected.len(), "{mode:?} {says_where}");
            for (_, event) in &hec.state().stored {
                assert_ne!(event["event"]["bad"], true);
            }
            // Who keeps the front and says so gets nothing twice; copies are marked as such.
            let stored = hec.state().stored.clone();
            let mut seen = std::collections::BTreeSet::new();
            for (_, event) in stored {
                let id = event["fields"]["event_id"].as_str().unwrap().to_owned();
                let again = event["fields"]["redelivery"] == "true";
                assert!(seen.insert(id.clone()) || again, "an unmarked copy of {id}");
                assert!(!(mode == Mode::Splunkd && says_where && again), "a copy of {id}");
            }
        }
    }
}

/// Guarantees: what Splunk kept of a batch at which it became busy is not sent again, but for the
/// event before the one that it names; that one, and the front where nobody says that it is kept,
/// may be there and say so when they come again.
#[tokio::test]
async fn a_busy_server_keeps_the_front() {
    for (mode, front) in [(Mode::Splunkd, "delivered"), (Mode::Atomic, "ambiguous")] {
        let (hec, _peer, splunk) = pair(mode, true).await;
        assert_eq!(one(&splunk).await, Outcome::Delivered);
        hec.script([Fault::Status(503, r#"{"text":"hush","code":9,"invalid-event-number":4}"#)]);
        let outcomes = splunk.send(&records(6)).await;
        let names: Vec<&str> = outcomes.iter().map(name).collect();
        assert_eq!(names, [front, front, front, "ambiguous", "retry", "retry"], "{mode:?}");
        // Numbers beyond the batch: all of it may be there.
        hec.script([Fault::Status(503, r#"{"text":"hush","code":9,"invalid-event-number":40}"#)]);
        let outcomes = splunk.send(&records(2)).await;
        assert_eq!(name(&outcomes[1]), "ambiguous", "{mode:?}");
    }
}

/// Guarantees: what an earlier request of a batch may have brought in stays in doubt when the next
/// one meets a refusal of everything; a hold is raised once its events say so.
#[tokio::test]
async fn doubt_outlives_a_refusal() {
    for (refusal, first, then) in [((503, 9), "retry", "retry"), ((403, 4), "hold", "hold")] {
        let (hec, _peer, splunk) = pair(Mode::Atomic, true).await;
        let bad = Fault::Status(400, r#"{"text":"hush","code":6,"invalid-event-number":3}"#);
        hec.script([bad.clone(), Fault::Code(refusal.0, refusal.1)]);
        let mut all = records(6);
        let names = |outcomes: &[Outcome]| outcomes.iter().map(name).collect::<Vec<_>>();
        let outcomes = splunk.send(&all).await;
        let doubt = "ambiguous";
        assert_eq!(names(&outcomes), [doubt, doubt, doubt, "refused", first, first]);
        for record in &mut all {
            record.redelivery = true;
        }
        hec.script([bad, Fault::Code(refusal.0, refusal.1)]);
        let outcomes = splunk.send(&all).await;
        assert_eq!(names(&outcomes), [then, then, then, "refused", then, then]);
    }
}

/// Guarantees: a request that is too large is halved until it fits, and later ones are cut to fit.
#[tokio::test]
async fn too_large_is_halved() {
    let (hec, _peer, splunk) = pair(Mode::Atomic, true).await;
    hec.state().bytes_max = 60_000;
    let driven = drive(&splunk, records(1000), |_| ()).await;
    assert_eq!(driven.delivered.len(), 1000);
    assert!(hec.counts().values().all(|count| *count == 1));
    assert!(splunk.limits().bytes < 60_000);
    let before = hec.state().requests;
    drive(&splunk, records(100), |_| ()).await;
    assert!(hec.state().requests - before <= 3);
}

/// Guarantees: kinds go to their index, an unknown index holds its events alone, and a fallback
/// takes them where there is one.
#[tokio::test]
async fn kinds_go_to_their_index() {
    let (hec, peer, _) = pair(Mode::Splunkd, true).await;
    let mut options = options(&peer);
    options.index = Some("main".to_owned());
    options.indexes.insert("prompt".to_owned(), "agents".to_owned());
    options.indexes.insert("decision".to_owned(), "missing".to_owned());
    let mut all = records(9);
    for (record, kind) in all.iter_mut().zip(["prompt", "decision", "tool_call"].iter().cycle()) {
        record.kind = kind;
    }
    let splunk = Splunk::new(options.clone()).unwrap();
    let outcomes = splunk.send(&all).await;
    for (record, outcome) in all.iter().zip(&outcomes) {
        let expected = if record.kind == "decision" { "hold" } else { "delivered" };
        assert_eq!(name(outcome), expected, "{}", record.kind);
    }
    let hold = outcomes.iter().find(|outcome| name(outcome) == "hold").unwrap();
    assert!(hold.reason().contains("missing"), "{hold:?}");
    options.fallback_index = Some("fallback".to_owned());
    let splunk = Splunk::new(options).unwrap();
    hec.state().stored.clear();
    assert!(splunk.send(&all).await.iter().all(Outcome::is_delivered));
    let mut indexes: Vec<String> =
        hec.state().stored.iter().map(|stored| stored.0.clone()).collect();
    indexes.sort();
    assert_eq!(
        indexes,
        ["agents", "agents", "agents", "fallback", "fallback", "fallback", "main", "main", "main"]
    );
}

/// Guarantees: a server that fills up has fewer requests under way, and more again when it is well.
#[tokio::test]
async fn a_filling_server_is_spared() {
    let (hec, _peer, splunk) = pair(Mode::Splunkd, true).await;
    let full = splunk.limits().in_flight;
    hec.script([Fault::TakenWith(24)]);
    assert_eq!(one(&splunk).await, Outcome::Delivered);
    assert_eq!(splunk.limits().in_flight, full / 2);
    hec.script([Fault::TakenWith(25), Fault::Code(429, 26)]);
    one(&splunk).await;
    one(&splunk).await;
    assert_eq!(splunk.limits().in_flight, 1);
    for _ in 0..100 {
        one(&splunk).await;
    }
    assert_eq!(splunk.limits().in_flight, full);
}

/// Guarantees: under refusals, cuts before and after, stalls, garbled answers and busy times, every
/// event arrives; copies come only from what was ambiguous, and are marked.
#[tokio::test]
async fn faults_lose_nothing() {
    let hec = Hec::new(Mode::Splunkd, true);
    let peer = Peer::start(hec.handler()).await;
    let mut options = options(&peer);
    options.http.request_timeout = Duration::from_millis(300);
    options.request_records = 50;
    let splunk = Splunk::new(options).unwrap();
    let faults = [
        Fault::CutAfter,
        Fault::CutBefore,
        Fault::Garbled,
        Fault::Code(503, 9),
        Fault::StallAfter,
        Fault::Code(500, 8),
        Fault::Wait(429, 26, "1"),
        Fault::Code(403, 1),
        Fault::TakenWith(24),
    ];
    hec.script(faults.into_iter().cycle().take(36));
    let document = |number: usize| format!(r#"{{"number":{number},"bad":{}}}"#, number % 100 == 99);
    let all = (0..5000).map(|number| record(number, &document(number))).collect();
    let driven = drive(&splunk, all, |_| ()).await;
    assert_eq!(driven.refused.len(), 50);
    let counts = hec.counts();
    assert_eq!(counts.len(), 4950);
    let copies: usize = counts.values().map(|count| count - 1).sum();
    assert!(copies <= driven.ambiguous, "{copies} copies, {} ambiguous", driven.ambiguous);
    let marked = hec
        .state()
        .stored
        .iter()
        .filter(|(_, event)| event["fields"]["redelivery"] == "true")
        .count();
    assert!(marked >= copies && copies > 0);
}

/// Guarantees: a server that is away and comes back gets everything.
#[tokio::test]
async fn a_restarted_server_gets_everything() {
    let (hec, peer, splunk) = pair(Mode::Splunkd, true).await;
    assert_eq!(one(&splunk).await, Outcome::Delivered);
    let address = peer.stop().await;
    let outcome = one(&splunk).await;
    assert_eq!(outcome, Outcome::Retry { after: None, reason: "connection refused".to_owned() });
    let _peer = Peer::start_at(address, hec.handler(), None).await;
    let driven = drive(&splunk, records(10), |_| ()).await;
    assert_eq!(driven.delivered.len(), 10);
}

/// Guarantees: a wrong token holds, and a right one in its file is used without a restart.
#[tokio::test]
async fn a_repaired_token_is_used() {
    let hec = Hec::new(Mode::Splunkd, true);
    let peer = Peer::start(hec.handler()).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    #[expect(clippy::disallowed_methods, reason = "the test's own input")]
    let write = |text: &str| std::fs::write(&file, text).unwrap();
    write("11111111-2222-wrong");
    let mut options = options(&peer);
    options.token = Secret::file(&file);
    let splunk = Splunk::new(options).unwrap();
    let driven = drive(&splunk, records(20), |driven| {
        assert!(driven.held > 0);
        write(TOKEN);
    })
    .await;
    assert_eq!((driven.held, driven.delivered.len()), (20, 20));
    assert!(splunk.probe().await.is_ok());
    crate::drive::assert_clean(&format!("{splunk:?}"));
}
