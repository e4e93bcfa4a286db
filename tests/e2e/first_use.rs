//! The first minutes of a new user.

use std::process::Command;

use anyhow::Context as _;
use seam_tests::captures;
use seam_tests::server::{Folder, Server, binary};

/// Guarantees: what was sent a moment ago is in the answer, without a flush.
#[test]
fn sql_sees_what_was_just_acknowledged() -> anyhow::Result<()> {
    let server = Server::start()?;
    let grpc = server.grpc_addr().to_string();
    for (sent, name) in captures::names("codex1")?.iter().enumerate() {
        let folder = captures::folder().join(name);
        let http = server.http_addr().to_string();
        server.seam_ok(&[
            "send",
            folder.to_str().context("a path")?,
            "--to",
            &grpc,
            "--to-http",
            &http,
        ])?;
        let sessions = server.number(
            "select count(distinct session_id) from events where name = 'codex.conversation_starts'",
        )?;
        assert!(usize::try_from(sessions)? > sent, "{name} is not visible yet");
    }
    Ok(())
}

/// Guarantees: a store is readable without its server, and while its server runs.
#[test]
fn sql_reads_a_folder_with_and_without_a_server() -> anyhow::Result<()> {
    let server = Server::start()?;
    let folder = captures::folder().join("codex1");
    server.seam_ok(&[
        "send",
        folder.to_str().context("a path")?,
        "--to",
        &server.grpc_addr().to_string(),
        "--to-http",
        &server.http_addr().to_string(),
    ])?;
    server.flush()?;
    let rows = server.number("select count(*) from events")?;
    assert!(rows > 0);
    let ask = |data: &str| -> anyhow::Result<String> {
        let args =
            ["sql", "select count(*) as n from events", "--data", data, "--output", "ndjson"];
        let output = Command::new(binary()?).args(args).output()?;
        anyhow::ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Ok(String::from_utf8(output.stdout)?.trim().to_owned())
    };
    let data = server.data();
    let expected = format!("{{\"n\":{rows}}}");
    assert_eq!(ask(data.to_str().context("a path")?)?, expected);
    let stopped = server.kill()?;
    assert_eq!(ask(stopped.data().to_str().context("a path")?)?, expected);
    Ok(())
}

/// Guarantees: each way to print gives what its name says.
#[test]
fn sql_prints_tables_json_ndjson_and_csv() -> anyhow::Result<()> {
    let server = Server::start()?;
    let statement = "select 1 as a, 'x' as b";
    let print = |output: &str| server.seam_ok(&["sql", statement, "--output", output]);
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(&print("json")?)?,
        serde_json::json!([{"a": 1, "b": "x"}])
    );
    assert_eq!(print("ndjson")?, "{\"a\":1,\"b\":\"x\"}\n");
    assert_eq!(print("csv")?, "a,b\r\n1,x\r\n");
    assert!(print("table")?.contains(" a | b"));
    Ok(())
}

/// Guarantees: exit codes say what kind of failure it was.
#[test]
fn exit_codes_tell_failures_apart() -> anyhow::Result<()> {
    let folder = Folder::fresh()?;
    let code = |args: &[&str]| -> anyhow::Result<Option<i32>> {
        let output = Command::new(binary()?).current_dir(folder.path()).args(args).output()?;
        Ok(output.status.code())
    };
    assert_eq!(code(&["--version"])?, Some(0));
    assert_eq!(code(&["no-such-command"])?, Some(2));
    assert_eq!(code(&["send", "."])?, Some(2), "nothing to send");
    let capture = captures::folder().join("codex1");
    let capture = capture.to_str().context("a path")?;
    assert_eq!(code(&["send", capture, "--to", "127.0.0.1:1"])?, Some(3), "nobody listens there");
    let server = Server::start()?;
    assert_eq!(server.seam(&["sql", "select nonsense"])?.status.code(), Some(1));
    Ok(())
}

/// Guarantees: a second server in the same folder is refused and says why.
#[test]
fn one_folder_has_one_owner() -> anyhow::Result<()> {
    let server = Server::start()?;
    let second = Command::new(binary()?)
        .args(["serve", "--data"])
        .arg(server.data())
        .args(["--otlp-grpc", "127.0.0.1:0", "--otlp-http", "127.0.0.1:0", "--api", "127.0.0.1:0"])
        .output()?;
    assert_eq!(second.status.code(), Some(1));
    let said = String::from_utf8(second.stderr)?;
    assert!(said.contains("another"), "{said}");
    Ok(())
}

/// Guarantees: help shows examples, and every shell has completions.
#[test]
fn help_and_completions_are_there() -> anyhow::Result<()> {
    let help = Command::new(binary()?).args(["sql", "--help"]).output()?;
    assert!(String::from_utf8(help.stdout)?.contains("Examples:"));
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let output = Command::new(binary()?).args(["completions", shell]).output()?;
        assert!(output.status.success() && output.stdout.len() > 1000, "{shell}");
    }
    Ok(())
}
