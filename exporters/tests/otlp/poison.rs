//! Records that a server does not take, found among others.

use std::collections::BTreeSet;

use seam_exporters::otlp::{Options, Otlp, Protocol};
use seam_exporters::{Destination as _, Outcome, Record};
use seam_schema::event::Attribute;
use seam_schema::vocabulary::RecordSignal;

use crate::events::{logs, numbered, record_of};
use crate::server::{Poison, Server};

fn poisoned(count: usize, bad: &BTreeSet<usize>) -> Vec<Record> {
    let one = |number: usize| {
        let mut event = numbered(number, RecordSignal::Logs);
        if bad.contains(&number) {
            event.attributes.push(Attribute::text("poison", "yes"));
        }
        record_of(number, &event)
    };
    (0..count).map(one).collect()
}

async fn send(server: &Server, protocol: Protocol, records: &[Record]) -> Vec<Outcome> {
    Otlp::new(Options::new(&server.url(), protocol)).unwrap().send(records).await
}

fn refused(outcomes: &[Outcome]) -> BTreeSet<usize> {
    let refused = outcomes.iter().enumerate();
    let refused = refused.filter(|(_, outcome)| matches!(outcome, Outcome::Refused { .. }));
    refused.map(|(index, _)| index).collect()
}

/// Guarantees: exactly the bad records are refused, the others are delivered, whatever way the
/// server tells that something is bad; where it took nothing, nothing is doubled.
#[tokio::test]
async fn exactly_the_bad_ones_are_refused() {
    for protocol in [Protocol::Grpc, Protocol::Http] {
        for poison in [Poison::Counted, Poison::Invalid] {
            for bad in [vec![0], vec![99], vec![3, 50, 51], (40..60).collect()] {
                let bad: BTreeSet<usize> = bad.into_iter().collect();
                let server = Server::start().await;
                server.poison(poison);
                let records = poisoned(100, &bad);
                let outcomes = send(&server, protocol, &records).await;
                let what = format!("{protocol:?} {poison:?} {bad:?}");
                let unknown = outcomes
                    .iter()
                    .filter(|outcome| !outcome.is_delivered())
                    .filter(|outcome| !matches!(outcome, Outcome::Refused { .. }));
                // A long run of bad ones takes more requests than one batch may have.
                if unknown.count() == 0 {
                    assert_eq!(refused(&outcomes), bad, "{what}");
                    assert_eq!(server.taken().len(), 100 - bad.len(), "{what}");
                } else {
                    assert!(bad.len() > 3 && refused(&outcomes).is_subset(&bad), "{what}");
                }
                let most = server.taken().values().copied().max().unwrap();
                let bound = if poison == Poison::Counted { 8 } else { 1 };
                assert!(most <= bound, "{what}: {most}");
                assert!(!format!("{outcomes:?}").contains("secret"));
            }
        }
    }
}

/// What became of records by their ids, sent until each has ended, with a few good ones more each
/// time, as the delivery does; and how many rounds it took.
async fn drive(otlp: &Otlp, records: Vec<Record>) -> (BTreeSet<String>, usize) {
    let (mut left, mut refused) = (records, BTreeSet::new());
    for round in 1..200 {
        left.extend(logs(1_000 + 3 * round..1_003 + 3 * round));
        let outcomes = otlp.send(&left).await;
        assert!(!format!("{outcomes:?}").contains("secret"));
        let ended = left.iter().zip(&outcomes);
        refused.extend(
            ended
                .filter(|(_, outcome)| matches!(outcome, Outcome::Refused { .. }))
                .map(|(record, _)| record.id.to_string()),
        );
        let mut open = outcomes
            .iter()
            .map(|outcome| matches!(outcome, Outcome::Ambiguous { .. } | Outcome::Retry { .. }));
        left.retain(|_| open.next().unwrap());
        if left.is_empty() {
            return (refused, round);
        }
    }
    panic!("{} never end", left.len());
}

/// Guarantees: a record at which the server fails without saying why is refused once it has failed
/// again and again, alone, while others were taken; the others are delivered once.
#[tokio::test]
async fn records_at_which_a_server_fails_are_found() {
    for protocol in [Protocol::Grpc, Protocol::Http] {
        for bad in [vec![0], vec![99], vec![3, 50, 51], (40..60).collect()] {
            let bad: BTreeSet<usize> = bad.into_iter().collect();
            let server = Server::start().await;
            server.poison(Poison::Fails);
            let records = poisoned(100, &bad);
            let wanted: BTreeSet<String> =
                bad.iter().map(|number| records[*number].id.to_string()).collect();
            let otlp = Otlp::new(Options::new(&server.url(), protocol)).unwrap();
            let (refused, rounds) = drive(&otlp, records).await;
            assert_eq!(refused, wanted, "{protocol:?} {bad:?}");
            assert!(rounds >= 8, "{rounds}");
            assert!(server.taken().values().all(|count| *count == 1), "{protocol:?} {bad:?}");
            assert_eq!(server.taken().len(), 100 - bad.len() + 3 * rounds);
        }
    }
}

/// Guarantees: a server that fails now and then has no good record refused.
#[tokio::test]
async fn a_flaky_server_refuses_nothing() {
    for every in 3..10 {
        let server = Server::start().await;
        server.fail_every(every);
        let otlp = Otlp::new(Options::new(&server.url(), Protocol::Http)).unwrap();
        // One that is refused in part, too: its halves meet the failures.
        let (refused, _) = drive(&otlp, poisoned(200, &[7].into())).await;
        assert_eq!(refused, [logs(7..8)[0].id.to_string()].into(), "every {every}");
        assert_eq!(refused.len(), 1);
    }
}

/// All bad is told at once.
#[tokio::test]
async fn a_batch_that_is_bad_altogether() {
    let server = Server::start().await;
    let records = poisoned(20, &(0..20).collect());
    let outcomes = send(&server, Protocol::Grpc, &records).await;
    assert_eq!(refused(&outcomes).len(), 20);
    assert_eq!(server.requests(), 1);
}

/// A server that takes less gets less at a time; one record that is too large is refused.
#[tokio::test]
async fn too_large_is_taken_apart() {
    for protocol in [Protocol::Grpc, Protocol::Http] {
        let server = Server::start().await;
        server.at_most(1_500_000);
        let large = |number: usize, bytes: usize| {
            let mut event = numbered(number, RecordSignal::Logs);
            event.columns.body = Some("x".repeat(bytes).into());
            record_of(number, &event)
        };
        let mut records: Vec<Record> = (0..10).map(|number| large(number, 400_000)).collect();
        records[4] = large(4, 2_000_000);
        let outcomes = send(&server, protocol, &records).await;
        assert_eq!(refused(&outcomes), BTreeSet::from([4]), "{outcomes:?}");
        assert_eq!(server.taken().len(), 9);
        assert!(server.taken().values().all(|count| *count == 1));
    }
}

/// A server that says no more than that it is ill gets everything later, and is not flooded.
#[tokio::test]
async fn an_ill_server_refuses_nothing() {
    let server = Server::start().await;
    server.fail_every(1);
    let otlp = Otlp::new(Options::new(&server.url(), Protocol::Http)).unwrap();
    for most in [1, 7, 13, 19, 25, 31] {
        let outcomes = otlp.send(&logs(0..300)).await;
        assert_eq!(refused(&outcomes).len(), 0);
        assert!(outcomes.iter().all(|outcome| !outcome.is_delivered()));
        assert!(server.requests() <= most, "{} requests", server.requests());
    }
    server.fail_every(0);
    let (refused, rounds) = drive(&otlp, logs(0..300)).await;
    assert_eq!((refused.len(), rounds), (0, 1));
}
