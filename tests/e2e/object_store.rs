//! Tables in an object store: a real S3-compatible server, and what it does to a real Seam.

use std::path::PathBuf;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use seam_tests::object_store::{ObjectStore, SECRET};
use seam_tests::oracle::large;
use seam_tests::raw::Client;
use seam_tests::server::{Folder, Options, Server, binary};
use serde_json::json;

/// A server whose tables lie below a prefix.
pub(crate) fn options(store: std::net::SocketAddr, prefix: &str, config: &str) -> Options {
    Options {
        variables: ObjectStore::variables(store),
        config: config.to_owned(),
        tables: Some(format!("s3://seam/{prefix}")),
        ..Options::default()
    }
}

/// Runs `seam` beside any server, with the credentials of a store.
pub(crate) fn seam(store: std::net::SocketAddr, args: &[&str]) -> anyhow::Result<Output> {
    let variables = ObjectStore::variables(store);
    Ok(Command::new(binary()?).envs(variables).args(args).output()?)
}

/// The answer of `seam sql --data s3://…`, as NDJSON.
pub(crate) fn sql(store: &ObjectStore, prefix: &str, statement: &str) -> anyhow::Result<String> {
    let url = format!("s3://seam/{prefix}");
    let output = seam(store.address(), &["sql", "--data", &url, statement, "--output", "ndjson"])?;
    let said = String::from_utf8_lossy(&output.stderr);
    anyhow::ensure!(output.status.success(), "seam sql ended with {}: {said}", output.status);
    Ok(String::from_utf8(output.stdout)?)
}

/// Guarantees: a server whose tables lie in an object store takes records, answers SQL, stitches,
/// goes on after a restart, is read from beside it, and keeps its secrets. It says that it applies
/// no retention, and a backup of its folder is refused.
#[test]
fn tables_in_an_object_store() -> anyhow::Result<()> {
    let Some(store) = ObjectStore::start("tables_in_an_object_store")? else { return Ok(()) };
    let options = options(store.address(), "walk/here", "retention_days = 30\n");
    let server = Server::start_with(Folder::fresh()?, &options)?;
    let captures = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/captures");
    let capture = captures.join("codex1").display().to_string();
    let to = server.grpc_addr().to_string();
    server.seam_ok(&["send", &capture, "--to", &to])?;
    let events = server.number("select count(*) from events")?;
    let actions = server.number("select count(*) from actions")?;
    assert!(events > 0 && actions > 0, "{events} events, {actions} actions");
    server.flush()?;
    let (status, folder) = server.terminate(Duration::from_secs(30))?;
    assert_eq!(status.code(), Some(0));
    let counts = "select (select count(*) from events) as e, (select count(*) from actions) as a";
    let counted = json!({"e": events, "a": actions});
    let beside: serde_json::Value = serde_json::from_str(&sql(&store, "walk/here", counts)?)?;
    assert_eq!(beside, counted);
    assert!(!folder.data().join("tables/events").exists());
    let server = Server::start_with(folder, &options)?;
    server.holds(counts, &json!([counted]))?;
    server.seam_ok(&[
        "send",
        &capture,
        "--to",
        &server.grpc_addr().to_string(),
        "--repeat",
        "1",
    ])?;
    server.flush()?;
    assert!(server.number("select count(*) from sessions")? > 0);
    // One file of several parts, and every row of it.
    let client = Client::of(&server)?;
    for number in 0..24 {
        assert_eq!(client.post_logs(large(&number.to_string())?)?.status, 200);
    }
    server.flush()?;
    assert!(store.largest_file("walk/here", "events")? > 8 << 20);
    let whole = "select count(*) as n from events where length(body) = 1048576";
    server.holds(whole, &json!([{"n": 24}]))?;
    assert_eq!(sql(&store, "walk/here", whole)?.trim(), r#"{"n":24}"#);
    assert!(!server.log().contains(SECRET));
    assert!(server.log().contains("retention_days is not applied"), "{}", server.log());
    // The folder keeps its tables: nobody starts it with others by mistake.
    let folder = server.kill()?;
    let [state, copy] = [folder.data(), folder.path().join("copy")];
    let (data, to) = (state.display().to_string(), copy.display().to_string());
    let backup = seam(store.address(), &["backup", "--data", &data, &to])?;
    let said = String::from_utf8(backup.stderr)?;
    assert_eq!(backup.status.code(), Some(1), "{said}");
    assert!(said.contains("object store, at s3://seam/walk/here"), "{said}");
    let backup = seam(store.address(), &["backup", "--data", "s3://seam/walk/here", &to])?;
    assert_eq!(backup.status.code(), Some(2));
    assert!(!copy.exists());
    let refused = Server::start_with(folder, &Options::default()).err();
    let refused = format!("{:#}", refused.expect("its tables lie elsewhere"));
    assert!(refused.contains("s3://seam/walk/here"), "{refused}");
    Ok(())
}

/// Guarantees: a server whose object store is away at the start ends within seconds, with code 1,
/// and says what it tried and not with which credentials.
#[test]
fn without_its_object_store_a_server_does_not_start() -> anyhow::Result<()> {
    let folder = Folder::fresh()?;
    let state = folder.data().display().to_string();
    // Nobody listens on the discard port.
    let nowhere = std::net::SocketAddr::from(([127, 0, 0, 1], 9));
    let started = Instant::now();
    let ended = seam(nowhere, &["serve", "--data", "s3://seam/x", "--state", &state])?;
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
    assert_eq!(ended.status.code(), Some(1));
    let said = String::from_utf8(ended.stderr)?;
    assert!(said.contains("s3://seam/x") && said.contains("127.0.0.1:9"), "{said}");
    assert!(!said.contains(SECRET), "{said}");
    assert!(ended.stdout.is_empty());
    let wrong = seam(nowhere, &["sql", "--data", &format!("s3://k:{SECRET}@seam/x"), "select 1"])?;
    assert_eq!(wrong.status.code(), Some(2));
    assert!(!String::from_utf8(wrong.stderr)?.contains(SECRET));
    Ok(())
}
