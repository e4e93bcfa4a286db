//! What a log can suffer between two starts.

use std::fs;
use std::process::Command;

use opentelemetry_proto::tonic::logs::v1::LogRecord;
use seam_tests::server::{Folder, Options, Server, binary};

use seam_tests::raw::{Client, one_record};

fn post(client: &Client, id: &str) -> anyhow::Result<()> {
    let answer = client.post_logs(one_record(id, LogRecord::default()))?;
    anyhow::ensure!(answer.status == 200, "{answer:?}");
    Ok(())
}

/// Guarantees: with the log deleted and the tables there, nothing of what is sent next is missing.
#[test]
fn log_deleted_while_the_tables_stay() -> anyhow::Result<()> {
    let server = Server::start()?;
    for id in 0..10 {
        post(&Client::of(&server)?, &format!("before-{id}"))?;
    }
    server.flush()?;
    let folder = server.kill()?;
    #[expect(clippy::disallowed_methods, reason = "the fault that is tested")]
    fs::remove_dir_all(folder.data().join("wal"))?;
    let server = Server::start_with(folder, &Options::default())?;
    for id in 0..10 {
        post(&Client::of(&server)?, &format!("after-{id}"))?;
    }
    assert_eq!(server.number("select count(*) from events")?, 20);
    server.flush()?;
    assert_eq!(server.number("select count(distinct attributes['test.id']) from events")?, 20);
    assert_eq!(server.number("select count(distinct log_id) from events")?, 2);
    Ok(())
}

/// A copy of a folder, file by file.
fn copy(from: &std::path::Path, to: &std::path::Path) -> anyhow::Result<()> {
    let copied = Command::new("cp").arg("-a").arg(from).arg(to).status()?;
    anyhow::ensure!(copied.success());
    Ok(())
}

/// Guarantees: tables that are ahead of their log (an older copy of it was put back) are refused,
/// and the message says why.
#[test]
fn tables_ahead_of_the_log_are_refused() -> anyhow::Result<()> {
    let folder = Folder::fresh()?;
    let server = Server::start_with(folder, &Options::default())?;
    post(&Client::of(&server)?, "first")?;
    let folder = server.kill()?;
    copy(&folder.data().join("wal"), &folder.path().join("old-wal"))?;
    let server = Server::start_with(folder, &Options::default())?;
    for id in 0..5 {
        post(&Client::of(&server)?, &format!("later-{id}"))?;
    }
    server.flush()?;
    let folder = server.kill()?;
    #[expect(clippy::disallowed_methods, reason = "the fault that is tested")]
    fs::remove_dir_all(folder.data().join("wal"))?;
    copy(&folder.path().join("old-wal"), &folder.data().join("wal"))?;
    let output = Command::new(binary()?)
        .args(["serve", "--data"])
        .arg(folder.data())
        .args(["--otlp-grpc", "127.0.0.1:0", "--otlp-http", "127.0.0.1:0", "--api", "127.0.0.1:0"])
        .output()?;
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr)?;
    assert!(said.contains("log ends at frame 1") && said.contains("older copy"), "{said}");
    Ok(())
}

/// Guarantees: a folder of a newer version is refused, untouched.
#[test]
fn newer_formats_are_refused() -> anyhow::Result<()> {
    let folder = Server::start()?.kill()?;
    #[expect(clippy::disallowed_methods, reason = "the fault that is tested")]
    fs::write(folder.data().join("format"), "999\n")?;
    let error = Server::start_with(folder, &Options::default()).expect_err("a newer format");
    assert!(format!("{error:#}").contains("newer"), "{error:#}");
    Ok(())
}
