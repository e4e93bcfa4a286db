//! An object store that goes away: nothing is lost or doubled.

use std::time::Duration;

use seam_tests::object_store::ObjectStore;
use seam_tests::oracle::{Oracle, STORED, large};
use seam_tests::proxy::{Fate, Proxy};
use seam_tests::raw::Client;
use seam_tests::server::{Folder, Server, wait_until};
use serde_json::json;

use crate::object_store::{options, sql};

/// Guarantees: while the object store is away clients are acknowledged until the log is full and
/// then refused with a hint; when it is back, all is caught up, and nothing is lost or doubled. A
/// server that is asked to end meanwhile does so in its time, and what it could not commit is in
/// the log.
#[test]
fn the_log_holds_while_the_store_is_away() -> anyhow::Result<()> {
    let test = "the_log_holds_while_the_store_is_away";
    let Some(store) = ObjectStore::start(test)? else { return Ok(()) };
    let proxy = Proxy::start(store.address(), |_| Fate::Passed)?;
    let config = "[tables]\nseal_after_ms = 100\nseal_bytes = 1048576\n\
                  [wal]\nbudget_bytes = 67108864\nsegment_bytes = 4194304\n\
                  [object_store]\ntimeout_ms = 1000\nretry_ms = 1000\n";
    let config = format!("shutdown_ms = 1000\n[limits]\nbody_bytes = 16777216\n{config}");
    let options = options(proxy.address(), "away", &config);
    let server = Server::start_with(Folder::fresh()?, &options)?;
    let (client, oracle) = (Client::of(&server)?, Oracle::default());
    proxy.set_away(true);
    let mut number = 0;
    let refused = loop {
        let id = format!("away-{number}");
        let answer = client.post_logs(large(&id)?)?;
        if answer.status != 200 {
            break answer;
        }
        oracle.note(id);
        number += 1;
        assert!(number < 1_000, "the log takes everything");
    };
    assert!(number > 20, "the log holds only {number} records");
    assert_eq!(refused.status, 503);
    assert!(refused.header("retry-after").is_some());
    assert!(server.number("select count(*) from events")? > 0);
    proxy.set_away(false);
    let rest = format!("away-{number}");
    wait_until("the log takes again", Duration::from_mins(1), || {
        Ok(client.post_logs(large(&rest)?)?.status == 200)
    })?;
    oracle.note(rest);
    server.holds("select count(*) as n from events", &json!([{"n": oracle.count()}]))?;
    server.flush()?;
    oracle.judge(&server.seam_ok(&["sql", STORED, "--output", "ndjson"])?)?;
    oracle.judge(&sql(&store, "away", STORED)?)?;
    eprintln!("{number} records of 1 MiB were taken meanwhile");
    proxy.set_away(true);
    for last in ["last-1", "last-2", "last-3"] {
        assert_eq!(client.post_logs(large(last)?)?.status, 200);
        oracle.note(last.to_owned());
    }
    let (status, folder) = server.terminate(Duration::from_secs(20))?;
    assert_eq!(status.code(), Some(0));
    proxy.set_away(false);
    let server = Server::start_with(folder, &options)?;
    server.flush()?;
    oracle.judge(&sql(&store, "away", STORED)?)?;
    Ok(())
}
