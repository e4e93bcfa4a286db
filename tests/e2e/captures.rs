//! Every capture goes in; everything in it comes out.

use std::collections::BTreeMap;
use std::process::Command;

use anyhow::Context as _;
use seam_tests::captures;
use seam_tests::server::{Folder, Options, Server};
use seam_tests::skip::{quick, skip};

/// What a decoder that is not ours counts in the captures; `None` if it is not installed.
fn counted_by_python() -> anyhow::Result<Option<BTreeMap<String, i64>>> {
    #[expect(clippy::disallowed_methods, reason = "`./test` says where its Python is")]
    let python = std::env::var("TEST_SEAM_PYTHON");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/python/count_records.py");
    let Ok(python) = python else {
        skip("ledger_equals_another_decoders_count", "run ./test, which installs the decoder");
        return Ok(None);
    };
    if quick() {
        skip("ledger_equals_another_decoders_count", "the short run installs nothing");
        return Ok(None);
    }
    let output = Command::new(python).arg(script).arg(captures::folder()).output()?;
    anyhow::ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(Some(serde_json::from_slice(&output.stdout)?))
}

/// Sends every capture.
pub(crate) fn send_all(server: &Server, more: &[&str]) -> anyhow::Result<String> {
    let folder = captures::folder();
    let (grpc, http) = (server.grpc_addr().to_string(), server.http_addr().to_string());
    let mut args =
        vec!["send", folder.to_str().context("a path")?, "--to", &grpc, "--to-http", &http];
    args.extend(more);
    server.seam_ok(&args)
}

const LEDGER: &str = "select signal, sum(accepted) as accepted, sum(stored) as stored, sum(ignored) as ignored, \
                      sum(undecoded) as undecoded from ledger group by signal order by signal";

/// Guarantees: every record, span, span event and data point of every capture is a row, as many
/// as another decoder counts; the ledger's equation holds exactly, before and after a commit, and
/// nothing is stored again when it is sent again.
#[test]
fn every_capture_is_stored_exactly_once() -> anyhow::Result<()> {
    // What a rule calls noise has to be counted too.
    let options = Options { args: vec!["--keep-all".to_owned()], ..Options::default() };
    let server = Server::start_with(Folder::fresh()?, &options)?;
    send_all(&server, &[])?;
    let before = server.sql_json(LEDGER)?;
    let rows = server.number("select count(*) from events")?;
    let points = server.number("select count(*) from metrics")?;
    server.flush()?;
    assert_eq!(server.sql_json(LEDGER)?, before, "a commit changes no count");
    assert_eq!(server.number("select count(*) from events")?, rows);
    for line in before.as_array().context("rows")? {
        assert_eq!(line["accepted"], line["stored"], "{line}");
    }
    if let Some(counted) = counted_by_python()? {
        for signal in ["logs", "traces", "span_event", "metrics"] {
            let line =
                before.as_array().context("rows")?.iter().find(|line| line["signal"] == signal);
            assert_eq!(
                line.context("a line")?["stored"].as_i64(),
                counted.get(signal).copied(),
                "{signal}"
            );
        }
        let (spans, metrics) = (counted["traces"], counted["metrics"]);
        assert_eq!(rows, counted["logs"] + spans + counted["span_event"]);
        assert_eq!(points, metrics);
        names_agree(&server, &counted)?;
    }

    send_all(&server, &["--protocol", "http"])?;
    assert_eq!(server.number("select count(*) from events")?, rows, "a repeat stores nothing");
    assert_eq!(server.number("select count(*) from metrics")?, points);
    let equation = "select count(*) from ledger where accepted <> stored + ignored + undecoded";
    assert_eq!(server.number(equation)?, 0);
    let ignored = server.number("select sum(ignored) from ledger where ignored_rule = 'repeat'")?;
    assert_eq!(ignored, rows + points, "every repeat is counted");
    let distinct = server.number("select count(distinct event_id) from events")?;
    assert_eq!(distinct, rows, "ids tell records apart");
    Ok(())
}

/// Each span and metric name has as many rows as another decoder counts.
fn names_agree(server: &Server, counted: &BTreeMap<String, i64>) -> anyhow::Result<()> {
    for (signal, table) in [("traces", "events"), ("metrics", "metrics")] {
        let filter = if signal == "traces" { "where signal = 'traces'" } else { "" };
        let statement = format!("select name, count(*) as n from {table} {filter} group by name");
        let rows = server.sql_json(&statement)?;
        let mut names = BTreeMap::new();
        for row in rows.as_array().context("rows")? {
            let name = row["name"].as_str().unwrap_or_default();
            names.insert(format!("{signal}|{name}"), row["n"].as_i64().context("a count")?);
        }
        let expected: BTreeMap<String, i64> = counted
            .iter()
            .filter(|(key, _)| key.starts_with(&format!("{signal}|")))
            .map(|(key, count)| (key.clone(), *count))
            .collect();
        assert_eq!(names, expected);
    }
    Ok(())
}

/// Guarantees: a SQL question a person would ask of Codex shows its five kinds of events, and the
/// MCP calls stand in their view.
#[test]
fn codex_events_answer_the_first_question() -> anyhow::Result<()> {
    let server = Server::start()?;
    send_all(&server, &[])?;
    let statement = "select kind, count(*) as n from events where agent = 'codex' group by kind";
    let rows = server.sql_json(statement)?;
    let kinds: Vec<&str> =
        rows.as_array().context("rows")?.iter().filter_map(|row| row["kind"].as_str()).collect();
    for kind in ["prompt", "approval", "tool_result", "network", "session", "model_request"] {
        assert!(kinds.contains(&kind), "{kind} is missing from {kinds:?}");
    }
    let calls = server
        .sql_json("select distinct mcp_server, mcp_tool from mcp_calls where agent = 'codex'")?;
    assert!(!calls.as_array().context("rows")?.is_empty());
    assert!(calls.as_array().context("rows")?.iter().all(|row| row["mcp_server"].is_string()));
    for view in
        ["prompts", "approvals", "tool_results", "network_decisions", "model_requests", "errors"]
    {
        assert!(server.number(&format!("select count(*) from {view}"))? > 0, "{view} is empty");
    }
    Ok(())
}
