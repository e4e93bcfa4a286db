//! `seam doctor` against a real server: what came in, drift, silence, and how it ends.

use anyhow::Context as _;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use prost::Message as _;
use seam_tests::captures;
use seam_tests::server::Server;
use serde_json::Value;

use crate::captures::send_all;
use seam_tests::raw::Client;

fn doctor(server: &Server, more: &[&str]) -> anyhow::Result<(Value, Option<i32>)> {
    let mut args = vec!["doctor", "--output", "json"];
    args.extend(more);
    let output = server.seam(&args)?;
    let report = serde_json::from_slice(&output.stdout)
        .with_context(|| String::from_utf8_lossy(&output.stderr).into_owned())?;
    Ok((report, output.status.code()))
}

fn array<'v>(report: &'v Value, key: &str) -> anyhow::Result<&'v Vec<Value>> {
    report[key].as_array().with_context(|| format!("{key} is a list"))
}

/// The first log request of a capture, with this done to every record.
fn changed(
    capture: &str,
    change: impl Fn(&mut opentelemetry_proto::tonic::logs::v1::LogRecord),
) -> anyhow::Result<ExportLogsServiceRequest> {
    let mut paths: Vec<_> = std::fs::read_dir(captures::folder().join(capture))?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    paths.sort();
    let of_logs = |path: &&std::path::PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.contains("-logs-") && name.ends_with(".pb")
    };
    let path = paths.iter().find(of_logs).context("a request of logs")?;
    let mut request = ExportLogsServiceRequest::decode(std::fs::read(path)?.as_slice())?;
    for group in &mut request.resource_logs {
        for group in &mut group.scope_logs {
            group.log_records.iter_mut().for_each(&change);
        }
    }
    Ok(request)
}

/// Guarantees: what is known does not drift, and the ledger's sums are shown as they are.
#[test]
fn captures_are_known() -> anyhow::Result<()> {
    let server = Server::start()?;
    send_all(&server, &[])?;
    let (report, code) = doctor(&server, &[])?;
    assert_eq!(code, Some(0));
    let sum = |key: &str| -> anyhow::Result<i64> {
        Ok(array(&report, "traffic")?.iter().filter_map(|row| row[key].as_i64()).sum())
    };
    assert_eq!(sum("accepted")?, server.number("select sum(accepted) from ledger")?);
    assert_eq!(sum("accepted")?, sum("stored")? + sum("ignored")? + sum("undecoded")?);
    assert!(array(&report, "ignored")?.iter().all(|row| row["reason"].as_str() != Some("")));
    let newest = |row: &&Value| row["agent_version"] != "2.1.197";
    let drift: Vec<&Value> = array(&report, "drift")?.iter().filter(newest).collect();
    assert!(drift.is_empty(), "{drift:#?}");
    assert!(report["state"]["disk"]["available_bytes"].as_u64() > Some(0));
    let page = server.seam_ok(&["doctor"])?;
    assert!(page.contains("What came in") && page.contains("codex"), "{page}");
    Ok(())
}

/// Guarantees: an attribute renamed, one retyped and an event renamed are stored and named, and
/// `--strict` ends with 4.
#[test]
fn drift_is_named() -> anyhow::Result<()> {
    let server = Server::start()?;
    let request = changed("codex1", |record| {
        for attribute in &mut record.attributes {
            if attribute.key == "call_id" {
                attribute.key = "call_identifier".to_owned();
            }
            if attribute.key == "conversation.id"
                && let Some(value) = attribute.value.as_mut()
            {
                value.value = Some(Any::IntValue(7));
            }
            if let Some(Any::StringValue(name)) =
                attribute.value.as_mut().and_then(|value| value.value.as_mut())
                && name == "codex.user_prompt"
            {
                *name = "codex.user_wish".to_owned();
            }
        }
    })?;
    let answer = Client::of(&server)?.post_logs(request.encode_to_vec())?;
    assert_eq!(answer.status, 200);
    let (report, code) = doctor(&server, &["--strict"])?;
    assert_eq!(code, Some(4));
    let found = |what: &str, name: &str, attribute: &str| -> anyhow::Result<bool> {
        Ok(array(&report, "drift")?
            .iter()
            .any(|row| row["what"] == what && row["name"] == name && row["attribute"] == attribute))
    };
    assert!(found("new name", "codex.user_wish", "")?);
    assert!(found("new attribute", "codex.tool_result", "call_identifier")?);
    assert!(found("missing", "codex.tool_result", "call_id")?);
    assert!(found("retyped", "codex.tool_result", "conversation.id")?);
    let kept = "select count(*) from events where attributes['call_identifier'] is not null";
    assert!(server.number(kept)? > 0);
    Ok(())
}

/// Guarantees: an agent whose spans come and whose logs do not is told, and so is a clock that
/// runs ahead.
#[test]
fn silence_and_clocks_are_told() -> anyhow::Result<()> {
    let server = Server::start()?;
    let ahead = changed("claude1", |record| {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        let ahead = now.unwrap_or_default() + std::time::Duration::from_mins(10);
        record.observed_time_unix_nano = u64::try_from(ahead.as_nanos()).unwrap_or(u64::MAX);
    })?;
    assert_eq!(Client::of(&server)?.post_logs(ahead.encode_to_vec())?.status, 200);
    let folder = captures::folder().join("codex1");
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.to_string_lossy().contains("-traces-") {
            let grpc = server.grpc_addr().to_string();
            server.seam_ok(&["send", path.to_str().context("a path")?, "--to", &grpc])?;
        }
    }
    let (report, _) = doctor(&server, &[])?;
    let checks: Vec<&str> = array(&report, "findings")?
        .iter()
        .filter(|finding| finding["level"] == "warning")
        .filter_map(|finding| finding["check"].as_str())
        .collect();
    assert!(checks.contains(&"silent") && checks.contains(&"clock"), "{report:#}");
    Ok(())
}
