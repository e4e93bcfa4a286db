//! Kill -9 while records are sent on: every one is in the files, once.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use seam_tests::oracle::Oracle;
use seam_tests::server::{Folder, Server, wait_until};
use seam_tests::skip::quick;

use crate::captures::send_all;
use crate::sinks::{event_ids, ids_of, lines, options};

/// Guarantees: over 25 kills at random moments every event is one whole line of the files of a
/// sink: none is missing, none is there twice.
#[test]
fn killed_25_times_every_event_is_in_the_files_once() -> anyhow::Result<()> {
    let kills = if quick() { 4 } else { 25 };
    let config = "[tables]\nseal_after_ms = 150\n[wal]\nsegment_bytes = 1048576\n\
        [[sinks]]\nname = \"plain\"\nkind = \"file\"\npath = \"out\"\nlinger_ms = 1\nactions = false\nrotate_bytes = 262144\n";
    let options = options(config);
    let oracle = Oracle::default();
    let mut folder = Folder::fresh()?;
    for round in 0..kills {
        let server = Server::start_with(folder, &options)?;
        if round == 0 {
            send_all(&server, &[])?;
        }
        let lifetime = Duration::from_millis(60 + getrandom::u64()? % 700);
        let (stop, began) = (AtomicBool::new(false), Instant::now());
        std::thread::scope(|scope| -> anyhow::Result<()> {
            let senders: Vec<_> = (0..4)
                .map(|sender| {
                    let (server, oracle, stop) = (&server, &oracle, &stop);
                    scope.spawn(move || oracle.send(server, &format!("{round}-{sender}"), stop))
                })
                .collect();
            wait_until("its time is up", Duration::from_secs(20), || {
                Ok(began.elapsed() > lifetime)
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
    server.flush()?;
    let events = ids_of(&server, "select event_id as id from events")?;
    let out = server.folder().join("out");
    wait_until("every event in the files", Duration::from_mins(1), || {
        Ok(event_ids(&lines(&out)?).len() >= events.len())
    })?;
    let found = event_ids(&lines(&out)?);
    let twice: Vec<_> = found.iter().filter(|(_, times)| **times > 1).collect();
    assert!(twice.is_empty(), "{} of {} are there twice: {twice:?}", twice.len(), found.len());
    assert_eq!(found.into_keys().collect::<BTreeSet<_>>(), events);
    assert!(events.len() > oracle.count(), "the captures are there too");
    eprintln!(
        "{} events over {kills} kills, {} of them acknowledged one by one",
        events.len(),
        oracle.count()
    );
    Ok(())
}
