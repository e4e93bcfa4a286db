//! `seam backup`: a copy of the data folder, made while the server works, and what a server makes
//! of it somewhere else.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::Context as _;
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use seam_tests::raw::{Client, one_record};
use seam_tests::server::{Folder, Options, Server, binary, wait_until};
use seam_tests::{captures, skip::quick};
use serde_json::Value;

const SENDERS: usize = 4;
const COPIES: usize = 3;
/// All that is derived, without what says when it came about.
const ACTIONS: &str =
    "select action_id, session_id, tool, decision, outcome from actions order by 1";

/// What was sent, and what of it was acknowledged.
#[derive(Default)]
struct Oracle {
    sent: BTreeSet<String>,
    acknowledged: BTreeSet<String>,
}

/// Small tables, so that a copy meets commits on their way; small segments, so that the log lets
/// go of some.
fn options() -> Options {
    let config = "[tables]\nseal_after_ms = 100\n[wal]\nsegment_bytes = 1048576\n".to_owned();
    Options { config, ..Options::default() }
}

/// Sends one record after the other until told to stop.
fn send(
    server: &Server,
    sender: usize,
    oracle: &Mutex<Oracle>,
    stop: &AtomicBool,
) -> anyhow::Result<()> {
    let client = Client::of(server)?;
    for number in 0.. {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let id = format!("{sender}-{number}");
        oracle.lock().expect("no sender panicked").sent.insert(id.clone());
        // Something for the segments to hold.
        let body = "x".repeat(3_000);
        let record = LogRecord { event_name: body, ..LogRecord::default() };
        let answer = client.post_logs(one_record(&id, record))?;
        anyhow::ensure!(answer.status == 200, "{answer:?}");
        oracle.lock().expect("no sender panicked").acknowledged.insert(id);
    }
    Ok(())
}

/// How often each record of the senders is a row.
fn rows(server: &Server) -> anyhow::Result<BTreeMap<String, i64>> {
    let found = server.seam_ok(&[
        "sql",
        "select attributes['test.id'] as id, count(*) as n from events \
         where attributes['test.id'] is not null group by 1",
        "--output",
        "ndjson",
    ])?;
    let row = |line: &str| {
        let row: Value = serde_json::from_str(line)?;
        let id = row["id"].as_str().context("an id")?.to_owned();
        Ok((id, row["n"].as_i64().context("a count")?))
    };
    found.lines().map(row).collect()
}

/// A copy, and what had been acknowledged when it began.
type Copied = (Folder, BTreeSet<String>);

/// Copies the folder while everything goes on, several times; each copy with what had been
/// acknowledged when it began.
fn copies(server: &Server) -> anyhow::Result<(Vec<Copied>, Oracle)> {
    let oracle = Mutex::new(Oracle::default());
    let stop = AtomicBool::new(false);
    let acknowledged = || oracle.lock().expect("no sender panicked").acknowledged.clone();
    let mut made = Vec::new();
    std::thread::scope(|scope| -> anyhow::Result<()> {
        let senders: Vec<_> = (0..SENDERS)
            .map(|sender| {
                let (oracle, stop) = (&oracle, &stop);
                scope.spawn(move || send(server, sender, oracle, stop))
            })
            .collect();
        let copied = (0..if quick() { 1 } else { COPIES }).try_for_each(|_| {
            let before = acknowledged().len();
            wait_until("some more is acknowledged", Duration::from_mins(1), || {
                Ok(acknowledged().len() > before + 400)
            })?;
            let copy = Folder::fresh()?;
            let already = acknowledged();
            let to = copy.data();
            let told = server.seam_ok(&["backup", to.to_str().context("a path")?])?;
            anyhow::ensure!(told.contains("keys    none"), "{told}");
            made.push((copy, already));
            Ok(())
        });
        stop.store(true, Ordering::Relaxed);
        for sender in senders {
            sender.join().expect("no sender panicked")?;
        }
        copied
    })?;
    Ok((made, oracle.into_inner()?))
}

/// Guarantees: a backup of a server under load is one state: a server that starts on it has every
/// record that was acknowledged before the backup began, none twice, none that nobody sent; it
/// derives the same, and goes on.
#[test]
fn a_backup_under_load_holds_what_was_acknowledged() -> anyhow::Result<()> {
    let server = Server::start_with(Folder::fresh()?, &options())?;
    let capture = captures::folder().join("codex1");
    let captured = capture.to_str().context("a path")?;
    let (grpc, http) = (server.grpc_addr().to_string(), server.http_addr().to_string());
    server.seam_ok(&["send", captured, "--to", &grpc, "--to-http", &http])?;
    server.flush()?;
    let actions = server.sql_json(ACTIONS)?;
    anyhow::ensure!(actions.as_array().is_some_and(|rows| !rows.is_empty()), "no actions");
    let (copies, oracle) = copies(&server)?;
    for (copy, already) in copies {
        let restored = Server::start_with(copy, &options())?;
        assert!(
            Client::of(&restored)?.post_logs(one_record("new", LogRecord::default()))?.status
                == 200
        );
        for pass in ["as it came", "after a commit"] {
            let mut rows = rows(&restored)?;
            assert_eq!(rows.remove("new"), Some(1), "{pass}");
            let missing: Vec<_> = already.iter().filter(|id| !rows.contains_key(*id)).collect();
            assert!(missing.is_empty(), "{pass}: missing {missing:?}");
            let doubled: Vec<_> = rows.iter().filter(|(_, times)| **times != 1).collect();
            assert!(doubled.is_empty(), "{pass}: doubled {doubled:?}");
            let foreign: Vec<_> = rows.keys().filter(|id| !oracle.sent.contains(*id)).collect();
            assert!(foreign.is_empty(), "{pass}: nobody sent {foreign:?}");
            restored.flush()?;
        }
        restored.holds(ACTIONS, &actions)?;
    }
    // The server that was copied took no harm.
    let rows = rows(&server)?;
    assert!(oracle.acknowledged.iter().all(|id| rows.get(id) == Some(&1)));
    Ok(())
}

/// The names in a folder.
fn names(folder: &Path) -> anyhow::Result<BTreeSet<String>> {
    let mut names = BTreeSet::new();
    for entry in std::fs::read_dir(folder)? {
        names.insert(entry?.file_name().to_string_lossy().into_owned());
    }
    Ok(names)
}

/// Guarantees: a stopped server's folder is copied as well, closed to others; keys go along only
/// when asked, and never the token of the API; a copy goes into an empty folder or none.
#[test]
fn keys_go_along_only_when_asked() -> anyhow::Result<()> {
    let server = Server::start()?;
    let client = Client::of(&server)?;
    assert_eq!(client.post_logs(one_record("one", LogRecord::default()))?.status, 200);
    server.seam_ok(&["token", "create", "laptop-7"])?;
    let (status, folder) = server.terminate(Duration::from_mins(1))?;
    assert!(status.success(), "{status}");
    let backup = |args: &[&str]| -> anyhow::Result<(bool, String)> {
        let mut command = Command::new(binary()?);
        let output = command.current_dir(folder.path()).args(["backup", "--data", "data"]);
        let output = output.args(args).output()?;
        let said = [output.stdout, output.stderr].concat();
        Ok((output.status.success(), String::from_utf8(said)?))
    };
    let without = Folder::fresh()?;
    let with = Folder::fresh()?;
    let path = |folder: &Folder| folder.data().to_string_lossy().into_owned();
    let (done, said) = backup(&[&path(&without)])?;
    assert!(done, "{said}");
    assert!(names(&without.data().join("keys"))?.is_empty());
    assert_eq!(without.data().metadata()?.permissions().mode() & 0o777, 0o700);
    let (done, said) = backup(&[&path(&with), "--with-keys"])?;
    assert!(done && said.contains("content-key, tokens.json"), "{said}");
    let kept = ["content-key".to_owned(), "tokens.json".to_owned()];
    assert_eq!(names(&with.data().join("keys"))?, BTreeSet::from(kept));
    for refused in [&path(&with), "data/copy", "data"] {
        let (done, said) = backup(&[refused])?;
        assert!(!done && said.contains("cannot back up to"), "{said}");
    }
    assert!(!folder.data().join("copy").exists());
    let listed = |folder: Folder| -> anyhow::Result<(i64, Value)> {
        let server = Server::start_with(folder, &Options::default())?;
        let tokens = server.seam_ok(&["token", "list", "--output", "json"])?;
        Ok((server.number("select count(*) from events")?, serde_json::from_str(&tokens)?))
    };
    let (events, tokens) = listed(without)?;
    assert_eq!((events, tokens.as_array().map(Vec::len)), (1, Some(0)));
    let (events, tokens) = listed(with)?;
    assert_eq!((events, &tokens[0]["name"]), (1, &Value::from("laptop-7")));
    Ok(())
}
