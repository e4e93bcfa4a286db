//! Secrets in everything a sender can say, searched for in everything but the log.
//!
//! The secrets are made up and put together here, so that none stands in this file as it would
//! be found.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{
    AnyValue, ArrayValue, InstrumentationScope, KeyValue, KeyValueList,
};
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_proto::tonic::metrics::v1::{
    Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics, Sum, metric, number_data_point,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status, span};
use prost::Message as _;
use seam_tests::server::{Folder, Options, Server, binary, wait_until};

use seam_tests::raw::{Client, request};

/// The made-up secrets, as a person or a program would write them.
fn secrets() -> Vec<String> {
    vec![
        format!("{}{}", "AKIA", "Q3EGX7ZPLNV4TW5K"),
        format!("{}{}", "ghp_", "x7Kq2mVb9TzR4nWc8LpY3sDf6GhJ1aEu5QoB"),
        format!("{}-{}", "sk-proj", "h7Tq2LmX9vRc4WnZ8bKpY3sDfT3BlbkFJ6GhJ1aEu5QoBt0NiVx2C"),
        format!("{}-{}", "xoxb", "731904582716-738201946205-kQ3vT8xZrN5mWb2YcLp7sDfG"),
        format!(
            "{}.{}.{}",
            "eyJhbGciOiJIUzI1NiJ9",
            "eyJzdWIiOiJhbm4iLCJleHAiOjE3OTUwMDB9",
            "q8Zk3vTxN5mWb2YcLp7sDfGhJ1aEu5QoRt0NiVxC4wE"
        ),
        format!("{}_{}", "sk_live", "51Hq2mVb9TzR4nWc8LpY3sDf6G"),
        format!("{}{}", "glpat-", "x7Kq2mVb9TzR4nWc8LpY"),
        format!("{}{}", "npm_", "x7Kq2mVb9TzR4nWc8LpY3sDf6GhJ1aEu5QoB"),
    ]
}

fn text(key: &str, value: &str) -> KeyValue {
    any(key, Any::StringValue(value.to_owned()))
}

fn any(key: &str, value: Any) -> KeyValue {
    let value = Some(AnyValue { value: Some(value) });
    KeyValue { key: key.to_owned(), value, ..KeyValue::default() }
}

/// A secret in every place of an attribute list.
fn attributes(secret: &str) -> Vec<KeyValue> {
    let said = |text: String| AnyValue { value: Some(Any::StringValue(text)) };
    let json = serde_json::json!({ "cmd": format!("curl -H 'Authorization: Bearer {secret}' https://h.example/x") });
    let nested = serde_json::json!({ "arguments": json.to_string() });
    let encoded = secret.bytes().fold(String::new(), |mut out, byte| {
        write!(out, "%{byte:02X}").expect("a string takes everything");
        out
    });
    vec![
        text("event.name", "codex.tool_result"),
        text("conversation.id", "01a1f8bb"),
        text("prompt", &format!("please use {secret} for it")),
        text("arguments", &json.to_string()),
        text("output", &format!("HOME=/home/dev\nAPI_TOKEN={secret}\nPATH=/bin\n")),
        text("nested", &nested.to_string()),
        text("url.full", &format!("https://h.example/x?api_key={secret}&page=2")),
        text("form", &format!("user=ann&token={encoded}&x=1")),
        text("unheard.of", &format!("password: {secret}")),
        any(
            "list",
            Any::ArrayValue(ArrayValue { values: vec![said(format!("--token={secret}"))] }),
        ),
        any("pairs", Any::KvlistValue(KeyValueList { values: vec![text("secret", secret)] })),
    ]
}

fn resource(secret: &str) -> Resource {
    let attributes = vec![
        text("service.name", "codex_exec"),
        text("process.command_args", &format!("agent --api-key {secret}")),
        text("note", &format!("token={secret}")),
    ];
    Resource { attributes, ..Resource::default() }
}

fn scope(secret: &str) -> InstrumentationScope {
    InstrumentationScope {
        name: "codex_otel.log_only".to_owned(),
        attributes: vec![text("note", &format!("token={secret}"))],
        ..InstrumentationScope::default()
    }
}

fn logs(secret: &str) -> Vec<u8> {
    let body = Some(AnyValue { value: Some(Any::StringValue(format!("token={secret}"))) });
    let record = LogRecord {
        body,
        severity_text: format!("token={secret}"),
        event_name: format!("token={secret}"),
        attributes: attributes(secret),
        ..LogRecord::default()
    };
    let mut request = request(vec![record]);
    for group in &mut request.resource_logs {
        group.resource = Some(resource(secret));
        for group in &mut group.scope_logs {
            group.scope = Some(scope(secret));
        }
    }
    request.encode_to_vec()
}

fn spans(secret: &str) -> Vec<u8> {
    let said = format!("token={secret}");
    let event = span::Event {
        name: said.clone(),
        attributes: attributes(secret),
        ..span::Event::default()
    };
    let link = span::Link { attributes: attributes(secret), ..span::Link::default() };
    let span = Span {
        name: said.clone(),
        trace_state: said.clone(),
        attributes: attributes(secret),
        events: vec![event],
        links: vec![link],
        status: Some(Status { message: said, code: 2 }),
        ..Span::default()
    };
    let groups =
        ScopeSpans { scope: Some(scope(secret)), spans: vec![span], ..ScopeSpans::default() };
    let group = ResourceSpans {
        resource: Some(resource(secret)),
        scope_spans: vec![groups],
        ..ResourceSpans::default()
    };
    ExportTraceServiceRequest { resource_spans: vec![group] }.encode_to_vec()
}

fn metrics(secret: &str) -> Vec<u8> {
    let said = format!("token={secret}");
    let point = NumberDataPoint {
        attributes: attributes(secret),
        value: Some(number_data_point::Value::AsInt(1)),
        ..NumberDataPoint::default()
    };
    let sum = Sum { data_points: vec![point], aggregation_temporality: 1, is_monotonic: true };
    let metric = Metric {
        name: said.clone(),
        description: said.clone(),
        unit: said,
        metadata: attributes(secret),
        data: Some(metric::Data::Sum(sum)),
    };
    let groups = ScopeMetrics {
        scope: Some(scope(secret)),
        metrics: vec![metric],
        ..ScopeMetrics::default()
    };
    let group = ResourceMetrics {
        resource: Some(resource(secret)),
        scope_metrics: vec![groups],
        ..ResourceMetrics::default()
    };
    ExportMetricsServiceRequest { resource_metrics: vec![group] }.encode_to_vec()
}

/// Every file below a folder.
fn files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files(&path)?);
        } else {
            found.push(path);
        }
    }
    Ok(found)
}

/// The middle of a secret: enough to know it by, however it was cut or encoded around.
fn core(secret: &str) -> &str {
    let tail = secret.len().saturating_sub(16);
    secret.get(tail..).unwrap_or(secret)
}

fn contains(hay: &[u8], needle: &str) -> bool {
    hay.windows(needle.len()).any(|part| part == needle.as_bytes())
}

fn everything_said(server: &Server) -> anyhow::Result<Vec<(String, String)>> {
    let mut said = Vec::new();
    let received = ["events", "metrics", "audit", "ledger", "metric_sums"];
    let derived = [
        "actions_revisions",
        "turns_revisions",
        "sessions_revisions",
        "links_revisions",
        "gaps_revisions",
    ];
    for table in received.into_iter().chain(derived) {
        let rows =
            server.seam_ok(&["sql", "--output", "json", &format!("select * from {table}")])?;
        said.push((format!("the table {table}"), rows));
    }
    let page = Client::of(server)?.page(&format!("http://{}/metrics", server.api_addr()))?;
    said.push(("/metrics".to_owned(), page));
    said.push(("the server's own log".to_owned(), server.log()));
    said.push(("the doctor".to_owned(), server.seam_ok(&["doctor"])?));
    Ok(said)
}

/// Guarantees: no secret of a known format is in any column, statistic, commit, log line, error,
/// metric or report, wherever a sender put it; and equal secrets have equal replacements.
#[test]
fn secrets_stay_in_the_log() -> anyhow::Result<()> {
    let server = Server::start()?;
    let client = Client::of(&server)?;
    let secrets = secrets();
    for secret in &secrets {
        for (path, body) in [
            ("/v1/logs", logs(secret)),
            ("/v1/traces", spans(secret)),
            ("/v1/metrics", metrics(secret)),
        ] {
            let answer = client.post(path, &[("content-type", "application/x-protobuf")], body)?;
            assert_eq!(answer.status, 200, "{path}");
        }
        // What is refused must not be quoted.
        let broken = format!("{{\"resourceLogs\": \"token={secret}\"");
        let answer = client.post(
            "/v1/logs",
            &[("content-type", "application/json")],
            broken.into_bytes(),
        )?;
        assert_eq!(answer.status, 400);
        assert!(!contains(format!("{answer:?}").as_bytes(), core(secret)), "an answer quotes it");
    }
    server
        .sql_json(&format!("select count(*) from events where prompt = 'token={}'", secrets[0]))?;
    for (place, said) in everything_said(&server)? {
        for secret in &secrets {
            assert!(!said.contains(core(secret)), "{place} holds {secret}");
        }
    }
    server.flush()?;
    for path in files(&server.data().join("tables"))? {
        let bytes = std::fs::read(&path)?;
        for secret in &secrets {
            assert!(!contains(&bytes, core(secret)), "{} holds {secret}", path.display());
        }
    }
    for (place, said) in everything_said(&server)? {
        for secret in &secrets {
            assert!(!said.contains(core(secret)), "{place} holds {secret} after a commit");
        }
    }
    one_replacement_each(&server, secrets.len())
}

/// Each secret has one replacement in all the columns that it stands in alone.
fn one_replacement_each(server: &Server, secrets: usize) -> anyhow::Result<()> {
    let found = server.number(
        "select count(distinct regexp_match(output, '\\[redacted:[^]]*\\]')[1]) from events \
         where output is not null",
    )?;
    assert_eq!(found, i64::try_from(secrets)?);
    let counted = "select count(*) from events where redactions is null";
    assert_eq!(server.number(counted)?, 0, "what was replaced is counted");
    Ok(())
}

/// Guarantees: redaction can be turned off aloud, rules can be left out, values allowed and own
/// rules added.
#[test]
fn redaction_obeys_the_operator() -> anyhow::Result<()> {
    let ticket = "TCK-90417-ZX";
    let output = |server: &Server, secret: &str| -> anyhow::Result<String> {
        let answer = Client::of(server)?.post_logs(logs(secret))?;
        assert_eq!(answer.status, 200);
        let row = server.sql_json("select output from events")?;
        Ok(row[0]["output"].as_str().context("an output")?.to_owned())
    };
    let start = |config: &str| {
        let options = Options { config: config.to_owned(), ..Options::default() };
        Server::start_with(Folder::fresh()?, &options)
    };
    let github = &secrets()[1];
    let off = start("[redaction]\nenabled = false\n")?;
    assert!(output(&off, github)?.contains(github.as_str()));
    let allowed = start("[redaction]\nallow = [\"ghp_x7Kq.*\"]\n")?;
    assert!(output(&allowed, github)?.contains(github.as_str()));
    let own = start(
        "[[redaction.rules]]\nid = \"ticket\"\nregex = 'TCK-[0-9]{5}-[A-Z]{2}'\nkeywords = [\"TCK-\"]\n",
    )?;
    assert!(output(&own, ticket)?.contains("[redacted:ticket:"));
    Ok(())
}

/// Guarantees: `seam redact` shows what would be replaced, by which rule and where, and never the
/// secret.
#[test]
fn redact_shows_what_it_would_replace() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("dump.txt");
    let secret = &secrets()[1];
    #[expect(clippy::disallowed_methods, reason = "a test writes its own input")]
    std::fs::write(&file, format!("first line\nexport GITHUB_TOKEN={secret}\n"))?;
    let output = Command::new(binary()?).arg("redact").arg(&file).current_dir(&folder).output()?;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said = String::from_utf8(output.stdout)?;
    assert!(said.contains("[redacted:") && said.contains('2'), "{said}");
    assert!(!said.contains(core(secret)), "{said}");
    Ok(())
}

/// Guarantees: the log and everything else that holds a request as it came is readable by its
/// owner alone, and after an orderly end no released request is left in it.
#[test]
fn the_log_is_private_and_wiped() -> anyhow::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let server = Server::start()?;
    let secret = &secrets()[0];
    assert_eq!(Client::of(&server)?.post_logs(logs(secret))?.status, 200);
    wait_until("the row", std::time::Duration::from_secs(20), || {
        Ok(server.number("select count(*) from events")? == 1)
    })?;
    for path in files(&server.data().join("wal"))? {
        let mode = std::fs::metadata(&path)?.permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{}", path.display());
    }
    let (status, folder) = server.terminate(std::time::Duration::from_mins(1))?;
    assert!(status.success());
    for path in files(&folder.data().join("wal"))? {
        let bytes = std::fs::read(&path)?;
        assert!(!contains(&bytes, core(secret)), "{} holds it", path.display());
    }
    Ok(())
}
