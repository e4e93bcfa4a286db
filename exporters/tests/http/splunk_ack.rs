//! Splunk with indexer acknowledgement: delivered means stored.

use std::time::Duration;

use seam_exporters::splunk::{Acknowledgement, Splunk};
use seam_exporters::{Destination as _, Outcome};
use seam_tests::mocks::hec::{AckFault, Fault, Hec, Mode};
use seam_tests::mocks::peer::Peer;

use crate::drive::{drive, one, records};
use crate::splunk::options;

async fn acknowledging(within: Duration) -> (Hec, Peer, Splunk) {
    let hec = Hec::new(Mode::Splunkd, true);
    hec.state().has_acks = true;
    let peer = Peer::start(hec.handler()).await;
    let mut options = options(&peer);
    options.acknowledged_within = within;
    options.request_records = 100;
    let splunk = Splunk::new(options).unwrap();
    (hec, peer, splunk)
}

/// Guarantees: an event is delivered when it is stored, not when it is received; the server is asked
/// until then, on one channel.
#[tokio::test]
async fn delivered_means_stored() {
    let (hec, _peer, splunk) = acknowledging(Duration::from_mins(5)).await;
    hec.state().polls_until_stored = 3;
    let driven = drive(&splunk, records(1000), |_| ()).await;
    assert_eq!((driven.delivered.len(), driven.ambiguous), (1000, 0));
    assert!(hec.counts().values().all(|count| *count == 1) && hec.counts().len() == 1000);
    assert!(hec.state().polls >= 3);
    assert_eq!(hec.state().channels.len(), 1);
}

/// Guarantees: events do not wait for the longest pause between two questions where the indexers
/// keep up.
#[tokio::test]
async fn what_is_stored_is_heard_of_soon() {
    let (hec, peer, _) = acknowledging(Duration::from_hours(2)).await;
    let mut options = options(&peer);
    options.poll_every = Duration::from_hours(1);
    let splunk = Splunk::new(options).unwrap();
    let all = records(1);
    let sent = tokio::time::timeout(Duration::from_mins(1), splunk.send(&all)).await;
    assert_eq!(sent.unwrap(), [Outcome::Delivered]);
    assert_eq!(hec.state().polls, 1);
}

/// Guarantees: with acknowledgement, batches wait beside one another, and one question asks for at
/// most a thousand.
#[tokio::test]
async fn waiting_requests_stand_beside_one_another() {
    let (hec, peer, _) = acknowledging(Duration::from_mins(5)).await;
    let mut options = options(&peer);
    options.request_records = 1;
    options.in_flight = 64;
    let splunk = Splunk::new(options).unwrap();
    assert_eq!(one(&splunk).await, Outcome::Delivered);
    assert_eq!(splunk.limits().in_flight, 64 * 8);
    // One call, more requests than one question has room for.
    let outcomes = splunk.send(&records(2500)).await;
    assert!(outcomes.iter().all(Outcome::is_delivered));
    assert!(hec.state().poll_ids_max <= 1000);
}

/// Guarantees: a server that starts again before it stored is found out by its ids, and its events
/// are sent again, marked.
#[tokio::test]
async fn a_restart_loses_nothing() {
    let (hec, _peer, splunk) = acknowledging(Duration::from_mins(5)).await;
    hec.state().polls_until_stored = usize::MAX;
    let all = records(400);
    let (first, second) = tokio::join!(splunk.send(&all[..200]), async {
        while hec.state().polls < 2 {
            tokio::task::yield_now().await;
        }
        hec.restart();
        hec.state().polls_until_stored = 1;
        splunk.send(&all[200..]).await
    });
    assert!(first.iter().all(|outcome| matches!(outcome, Outcome::Ambiguous { .. })), "{first:?}");
    // The one that found the restart is in doubt too; the rest went on a fresh channel.
    assert!(second.iter().any(Outcome::is_delivered));
    let driven = drive(&splunk, all, |_| ()).await;
    assert_eq!(driven.delivered.len(), 400);
    assert_eq!(hec.counts().len(), 400);
    assert!(hec.state().channels.len() >= 2);
}

/// Guarantees: a load balancer's cookie is kept, and its change makes what waits ambiguous.
#[tokio::test]
async fn a_changed_cookie_is_another_server() {
    let (hec, _peer, splunk) = acknowledging(Duration::from_mins(5)).await;
    hec.state().cookie = Some("lb=one".to_owned());
    assert_eq!(one(&splunk).await, Outcome::Delivered);
    assert_eq!(one(&splunk).await, Outcome::Delivered);
    assert!(hec.state().cookies.contains("lb=one"));
    hec.state().cookie = Some("lb=two".to_owned());
    assert!(matches!(one(&splunk).await, Outcome::Ambiguous { .. }));
    assert_eq!(one(&splunk).await, Outcome::Delivered);
    assert!(hec.state().cookies.contains("lb=two"));
}

/// Guarantees: neither a refusal nor nonsense at the place of acknowledgements delivers anything,
/// and a lost answer, after which the server has forgotten, makes its events ambiguous.
#[tokio::test]
async fn only_a_word_of_the_server_delivers() {
    let (hec, _peer, splunk) = acknowledging(Duration::from_millis(400)).await;
    hec.state().ack_script.extend([
        AckFault::Status(400, r#"{"acks":{"0":true}}"#),
        AckFault::Status(404, "hush"),
        AckFault::Status(200, "hush"),
        AckFault::Status(503, r#"{"text":"hush","code":9}"#),
    ]);
    assert_eq!(one(&splunk).await, Outcome::Delivered);
    assert_eq!(hec.counts().len(), 1);
    hec.state().ack_script.push_back(AckFault::Cut);
    let outcome = one(&splunk).await;
    assert_eq!(outcome, Outcome::Ambiguous { reason: "not acknowledged in time".to_owned() });
    // It was stored: this is the window in which a copy can arise, under the same id.
    assert_eq!(one(&splunk).await, Outcome::Delivered);
    assert_eq!(hec.counts().into_values().collect::<Vec<_>>(), [3]);
}

/// Guarantees: a token without acknowledgement is used as it is, or holds where it is required; one
/// that wants a channel gets one.
#[tokio::test]
async fn acknowledgement_is_detected() {
    let (hec, peer, splunk) = acknowledging(Duration::from_mins(5)).await;
    hec.state().has_acks = false;
    assert_eq!(one(&splunk).await, Outcome::Delivered);
    hec.state().has_acks = true;
    assert_eq!(one(&splunk).await, Outcome::Delivered);
    assert!(hec.state().polls > 0);
    // The server wants no channel, then it wants one again.
    hec.state().has_acks = false;
    hec.script([Fault::Code(400, 14)]);
    assert_eq!(one(&splunk).await, Outcome::Delivered);
    hec.state().has_acks = true;
    assert_eq!(one(&splunk).await, Outcome::Delivered);

    let mut options = options(&peer);
    options.acknowledgement = Acknowledgement::Off;
    let off = Splunk::new(options.clone()).unwrap();
    assert!(matches!(one(&off).await, Outcome::Hold { .. }));
    options.acknowledgement = Acknowledgement::Required;
    let required = Splunk::new(options).unwrap();
    assert_eq!(one(&required).await, Outcome::Delivered);
    assert!(required.probe().await.is_ok());
    hec.state().has_acks = false;
    assert!(matches!(one(&required).await, Outcome::Hold { .. }));
    assert!(required.probe().await.is_err());
}

/// Guarantees: faults of every sort, on events and on acknowledgements, lose nothing.
#[tokio::test]
async fn faults_lose_nothing() {
    let (hec, _peer, splunk) = acknowledging(Duration::from_millis(200)).await;
    let faults = [Fault::CutAfter, Fault::CutBefore, Fault::Code(503, 9), Fault::Garbled];
    hec.script(faults.into_iter().cycle().take(12));
    let acks = [AckFault::Cut, AckFault::Status(503, "hush")];
    hec.state().ack_script.extend(acks.into_iter().cycle().take(6));
    let mut restarts = 0;
    let driven = drive(&splunk, records(2000), |_| {
        restarts += 1;
        if restarts % 3 == 0 {
            hec.restart();
        }
    })
    .await;
    assert_eq!(driven.delivered.len(), 2000);
    assert_eq!(hec.counts().len(), 2000);
    let copies: usize = hec.counts().values().map(|count| count - 1).sum();
    assert!(copies <= driven.ambiguous, "{copies} copies, {} ambiguous", driven.ambiguous);
}
