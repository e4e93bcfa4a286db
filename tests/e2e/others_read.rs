//! The tables as other people's programs read them: `DuckDB`, Polars and Spark, each with its own
//! reader of Delta tables (`tests/readers`).

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::Context as _;
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use seam_tests::raw::{Client, one_record};
use seam_tests::server::{Folder, Server, binary};
use seam_tests::skip::{quick, skip};
use serde_json::{Value, json};

use crate::captures::send_all;

const READERS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/readers");
/// Tables without revisions, under their own names in SQL.
const RAW: [&str; 4] = ["events", "metrics", "ledger", "audit"];
/// Tables whose every row is in SQL as `<name>_revisions`.
const DERIVED: [&str; 5] = ["actions", "turns", "sessions", "links", "gaps"];
/// Past the hundredth commit a table has a checkpoint, which a reader takes in place of commits.
const COMMITS: usize = 102;

/// A folder that a server has left, with everything in its tables.
fn filled() -> anyhow::Result<Folder> {
    let server = Server::start()?;
    send_all(&server, &[])?;
    let client = Client::of(&server)?;
    for id in 0..COMMITS {
        let answer = client.post_logs(one_record(&id.to_string(), LogRecord::default()))?;
        anyhow::ensure!(answer.status == 200, "{answer:?}");
        server.flush()?;
    }
    let (status, folder) = server.terminate(Duration::from_mins(1))?;
    anyhow::ensure!(status.success(), "{status}");
    Ok(folder)
}

/// The rows of a statement over a folder that nobody serves.
fn ask(folder: &Folder, statement: &str) -> anyhow::Result<Value> {
    let mut command = Command::new(binary()?);
    command.args(["sql", statement, "--output", "json", "--data"]).arg(folder.data());
    let output = command.output()?;
    anyhow::ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// What is asked: of every table all rows and those of a day, of some those of a conversation too.
fn questions(folder: &Folder) -> anyhow::Result<Vec<Value>> {
    let statement = "select cast(day as varchar) as day, session_id from sessions \
                     order by day, session_id limit 3";
    let some = ask(folder, statement)?;
    let day = some[0]["day"].as_str().context("a day")?;
    let mut asked = Vec::new();
    for table in RAW.iter().chain(&DERIVED) {
        asked.push(json!({ "table": table }));
        asked.push(json!({ "table": table, "where": { "day": day } }));
        asked.push(json!({ "table": table, "where": { "tenant": "nobody" } }));
    }
    for session in some.as_array().context("rows")? {
        for table in ["events", "actions", "turns", "sessions", "links"] {
            let only = json!({ "day": day, "session_id": session["session_id"] });
            asked.push(json!({ "table": table, "where": only }));
        }
    }
    Ok(asked)
}

/// How many rows each question has, as `seam sql` says.
fn answers(folder: &Folder, questions: &[Value]) -> anyhow::Result<Vec<i64>> {
    let mut parts = Vec::new();
    for (number, question) in questions.iter().enumerate() {
        let table = question["table"].as_str().context("a table")?;
        let revisions = if DERIVED.contains(&table) { "_revisions" } else { "" };
        let mut fits = "true".to_owned();
        for (column, value) in question["where"].as_object().into_iter().flatten() {
            let value = value.as_str().context("a text")?;
            write!(fits, " and cast({column} as varchar) = '{value}'")?;
        }
        parts.push(format!(
            "select {number} as q, count(*) as n from {table}{revisions} where {fits}"
        ));
    }
    let rows = ask(folder, &format!("{} order by q", parts.join(" union all ")))?;
    let rows = rows.as_array().context("rows")?;
    rows.iter().map(|row| row["n"].as_i64().context("a count")).collect()
}

/// The folder with the programs; `None` (said aloud) where they cannot be had.
fn installed() -> anyhow::Result<Option<PathBuf>> {
    let test = "other_programs_find_the_same_rows";
    if quick() {
        skip(test, "the short run installs nothing");
        return Ok(None);
    }
    let output = Command::new(Path::new(READERS).join("install")).output()?;
    if !output.status.success() {
        skip(test, &format!("not installed: {}", String::from_utf8_lossy(&output.stderr)));
        return Ok(None);
    }
    Ok(Some(PathBuf::from(String::from_utf8(output.stdout)?.trim())))
}

/// How many rows each question has, as another program says.
fn told_by(
    program: &str,
    installed: &Path,
    folder: &Folder,
    asked: &Path,
) -> anyhow::Result<Vec<i64>> {
    let output = Command::new(installed.join("venv/bin/python"))
        .arg(Path::new(READERS).join("read.py"))
        .arg(program)
        .arg(folder.data().join("tables"))
        .env("SPARK_IVY", installed.join("ivy"))
        .stdin(Stdio::from(fs::File::open(asked)?))
        .output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    anyhow::ensure!(output.status.success(), "{program}: {said}");
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// Guarantees: `DuckDB`, Polars and Spark find in every table as many rows as `seam sql`, all and
/// filtered, and can read every column.
#[test]
fn other_programs_find_the_same_rows() -> anyhow::Result<()> {
    let Some(installed) = installed()? else { return Ok(()) };
    let folder = filled()?;
    let checkpoint = folder.data().join("tables/events/_delta_log/_last_checkpoint");
    assert!(checkpoint.exists(), "no checkpoint is read");
    let questions = questions(&folder)?;
    let expected = answers(&folder, &questions)?;
    assert!(expected.iter().filter(|rows| **rows > 0).count() > 20, "{expected:?}");
    let asked = folder.path().join("questions.json");
    #[expect(clippy::disallowed_methods, reason = "the test's own input")]
    fs::write(&asked, serde_json::to_vec(&questions)?)?;
    for program in ["duckdb", "polars", "spark"] {
        let told = told_by(program, &installed, &folder, &asked)?;
        assert_eq!(told.len(), expected.len());
        for ((question, told), expected) in questions.iter().zip(&told).zip(&expected) {
            assert_eq!(told, expected, "{program} counts otherwise: {question}");
        }
    }
    Ok(())
}

/// Guarantees: whoever can read Delta tables at all (reader version 1) can read ours.
#[test]
fn tables_ask_for_no_reader_feature() -> anyhow::Result<()> {
    let server = Server::start()?;
    send_all(&server, &[])?;
    server.flush()?;
    let folder = server.kill()?;
    for table in RAW.iter().chain(&DERIVED) {
        let mut protocols = 0;
        for entry in fs::read_dir(folder.data().join("tables").join(table).join("_delta_log"))? {
            let path = entry?.path();
            if path.extension().is_none_or(|extension| extension != "json") {
                continue;
            }
            for line in fs::read_to_string(&path)?.lines() {
                let action: Value = serde_json::from_str(line)?;
                assert!(action["add"]["deletionVector"].is_null(), "{table}: {action}");
                let protocol = &action["protocol"];
                if protocol.is_null() {
                    continue;
                }
                protocols += 1;
                assert_eq!(protocol["minReaderVersion"], 1, "{table}: {protocol}");
                assert!(protocol["readerFeatures"].is_null(), "{table}: {protocol}");
            }
        }
        assert!(protocols > 0, "{table} names no protocol");
    }
    Ok(())
}
