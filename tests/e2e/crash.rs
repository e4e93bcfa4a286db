//! Kill -9 under load: nothing acknowledged is missing, nothing is doubled.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use opentelemetry_proto::tonic::logs::v1::LogRecord;
use seam_tests::server::{Folder, Options, Server, wait_until};
use seam_tests::skip::quick;

use seam_tests::raw::{Client, one_record};

/// What was acknowledged, and what has to be sent again: it lives outside the server.
#[derive(Debug, Default)]
struct Oracle {
    acknowledged: BTreeSet<String>,
    unanswered: BTreeSet<String>,
    next: u64,
}

impl Oracle {
    /// What to send next: first what nobody acknowledged.
    fn take(&mut self, sender: usize) -> String {
        if let Some(id) = self.unanswered.pop_first() {
            return id;
        }
        self.next += 1;
        format!("{sender}-{}", self.next)
    }
}

/// Sends one record after the other until told to stop; every answer goes to the oracle.
fn send(
    server: &Server,
    sender: usize,
    oracle: &Mutex<Oracle>,
    stop: &AtomicBool,
) -> anyhow::Result<()> {
    let client = Client::of(server)?;
    while !stop.load(Ordering::Relaxed) {
        let id = oracle.lock().expect("no sender panicked").take(sender);
        let record =
            LogRecord { time_unix_nano: 1_700_000_000_000_000_000, ..LogRecord::default() };
        let acknowledged =
            client.post_logs(one_record(&id, record)).is_ok_and(|answer| answer.status == 200);
        let mut oracle = oracle.lock().expect("no sender panicked");
        if acknowledged {
            oracle.acknowledged.insert(id);
        } else {
            oracle.unanswered.insert(id);
        }
    }
    Ok(())
}

/// A number below `bound` from the seed of this round; the seed is printed.
fn jitter(seed: u64, round: u64, bound: u64) -> u64 {
    let mixed =
        (seed ^ round.wrapping_mul(0x9e37_79b9_7f4a_7c15)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    (mixed >> 20) % bound
}

/// Guarantees: over 25 kills at random moments no acknowledged record is missing from `events`
/// and none is there twice, and the server is ready again within 5 seconds each time.
#[test]
fn killed_25_times_nothing_acknowledged_is_lost_or_doubled() -> anyhow::Result<()> {
    let kills = if quick() { 4 } else { 25 };
    let seed = getrandom::u64()?;
    eprintln!("seed {seed}");
    let oracle = Arc::new(Mutex::new(Oracle::default()));
    // Small tables and segments, so that kills hit commits and rotations too.
    let options = Options {
        config: "[tables]\nseal_after_ms = 150\n[wal]\nsegment_bytes = 1048576\n".to_owned(),
        ..Options::default()
    };
    let mut folder = Folder::fresh()?;
    for round in 0..kills {
        let server = Server::start_with(folder, &options)?;
        assert!(
            server.ready_after < Duration::from_secs(5),
            "ready after {:?}",
            server.ready_after
        );
        let stop = AtomicBool::new(false);
        let lifetime = Duration::from_millis(100 + jitter(seed, round, 900));
        let started = Instant::now();
        let already = oracle.lock().expect("no sender panicked").acknowledged.len();
        std::thread::scope(|scope| -> anyhow::Result<()> {
            let senders: Vec<_> = (0..8)
                .map(|sender| {
                    scope.spawn({
                        let (server, oracle, stop) = (&server, &oracle, &stop);
                        move || send(server, sender, oracle, stop)
                    })
                })
                .collect();
            wait_until("something is acknowledged", Duration::from_secs(20), || {
                let acknowledged = oracle.lock().expect("no sender panicked").acknowledged.len();
                Ok(acknowledged > already && started.elapsed() > lifetime)
            })?;
            let killed = std::process::Command::new("kill")
                .args(["-9", &server.pid().to_string()])
                .status()?;
            anyhow::ensure!(killed.success());
            stop.store(true, Ordering::Relaxed);
            for sender in senders {
                sender.join().expect("no sender panicked")?;
            }
            Ok(())
        })?;
        folder = server.kill()?;
    }
    let server = Server::start_with(folder, &options)?;
    resend_all(&server, &oracle)?;
    judge(&server, &oracle.lock().expect("no sender panicked"))
}

/// Sends what was never acknowledged until it is, as a good client does.
fn resend_all(server: &Server, oracle: &Mutex<Oracle>) -> anyhow::Result<()> {
    let client = Client::of(server)?;
    let mut oracle = oracle.lock().expect("no sender panicked");
    while let Some(id) = oracle.unanswered.pop_first() {
        let record =
            LogRecord { time_unix_nano: 1_700_000_000_000_000_000, ..LogRecord::default() };
        anyhow::ensure!(client.post_logs(one_record(&id, record))?.status == 200);
        oracle.acknowledged.insert(id);
    }
    Ok(())
}

/// Compares the table with what the oracle was promised.
fn judge(server: &Server, oracle: &Oracle) -> anyhow::Result<()> {
    for pass in ["before a commit", "after a commit"] {
        let rows = server.seam_ok(&[
            "sql",
            "select attributes['test.id'] as id, count(*) as n from events group by 1",
            "--output",
            "ndjson",
        ])?;
        let mut stored = BTreeSet::new();
        let mut doubled = Vec::new();
        for line in rows.lines() {
            let row: serde_json::Value = serde_json::from_str(line)?;
            let id = row["id"].as_str().unwrap_or_default().to_owned();
            if row["n"] != 1 {
                doubled.push(id.clone());
            }
            stored.insert(id);
        }
        let missing: Vec<_> = oracle.acknowledged.difference(&stored).collect();
        let foreign: Vec<_> = stored.difference(&oracle.acknowledged).collect();
        assert!(missing.is_empty(), "{pass}: acknowledged and missing: {missing:?}");
        assert!(doubled.is_empty(), "{pass}: doubled: {doubled:?}");
        assert!(foreign.is_empty(), "{pass}: nobody sent: {foreign:?}");
        server.flush()?;
    }
    eprintln!("{} records were acknowledged", oracle.acknowledged.len());
    Ok(())
}
