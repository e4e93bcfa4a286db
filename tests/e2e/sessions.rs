//! `seam sessions` and `seam session` against a real server and against its folder.

use anyhow::Context as _;
use seam_tests::captures;
use seam_tests::server::Server;
use serde_json::Value;

/// The server with some captures in it.
fn server(names: &[&str]) -> anyhow::Result<Server> {
    let server = Server::start()?;
    let (grpc, http) = (server.grpc_addr().to_string(), server.http_addr().to_string());
    for name in names {
        let folder = captures::folder().join(name);
        let path = folder.to_str().context("a path")?;
        server.seam_ok(&["send", path, "--to", &grpc, "--to-http", &http])?;
    }
    Ok(server)
}

fn listed(server: &Server, more: &[&str]) -> anyhow::Result<Vec<Value>> {
    let text = server.seam_ok(&[&["sessions", "--output", "json"], more].concat())?;
    Ok(serde_json::from_str(&text)?)
}

fn ids(rows: &[Value]) -> Vec<&str> {
    rows.iter().filter_map(|row| row["session_id"].as_str()).collect()
}

const MAIN: &str = "01a1fba2-3a9e-74d3-a394-bba1cb2af3ee";
const REVIEWED: &str = "01a1f8da-93b8-7240-a600-8ac01ca40b6c";

/// Guarantees: conversations are listed the newest first, every filter leaves out what it should,
/// and a server and its folder answer alike.
#[test]
fn conversations_are_listed() -> anyhow::Result<()> {
    let server = server(&["codex22-two-subagents-net", "codex15-autoreview-full", "claude1"])?;
    let all = listed(&server, &[])?;
    assert_eq!(all.len(), 6, "{all:#?}");
    let starts: Vec<&str> = all.iter().filter_map(|row| row["started_at"].as_str()).collect();
    assert!(starts.is_sorted_by(|one, next| one >= next), "{starts:?}");
    let main = listed(&server, &["--role", "main", "--agent", "codex"])?;
    assert_eq!(ids(&main), [MAIN, REVIEWED]);
    let first = main.first().context("a row")?;
    assert_eq!(first["first_prompt"], "Check both mirrors");
    assert_eq!(listed(&server, &["--role", "reviewer"])?.len(), 1);
    assert_eq!(listed(&server, &["--agent", "claude-code"])?.len(), 1);
    assert_eq!(listed(&server, &["--host", "build-host-01' or true --"])?.len(), 0);
    assert_eq!(listed(&server, &["--user", "local"])?.len(), 6);
    assert_eq!(listed(&server, &["--since", "2026-11-20", "--limit", "2"])?.len(), 2);
    assert_eq!(listed(&server, &["--since", "2126-11-20"])?.len(), 0);
    assert_eq!(listed(&server, &["--outcome", "timed_out"])?.len(), 0);
    let denied = listed(&server, &["--denied"])?;
    assert!(ids(&denied).contains(&REVIEWED) && ids(&denied).contains(&MAIN), "{denied:#?}");
    server.flush()?;
    let data = server.data();
    let from_folder = listed(&server, &["--data", data.to_str().context("a path")?])?;
    assert_eq!(from_folder, all);
    let wrong = server.seam(&["sessions", "--since", "yesterday"])?;
    assert_eq!(wrong.status.code(), Some(2));
    Ok(())
}

/// Guarantees: a beginning of an id is enough if only one has it; else candidates are listed; what
/// is not there is told with a hint.
#[test]
fn the_beginning_of_an_id_is_enough() -> anyhow::Result<()> {
    let server = server(&["codex22-two-subagents-net"])?;
    let prefix = MAIN.get(..14).context("a prefix")?;
    assert_eq!(server.seam_ok(&["session", prefix])?, server.seam_ok(&["session", MAIN])?);
    let several = server.seam(&["session", "01a1fba2"])?;
    assert_eq!(several.status.code(), Some(2));
    let said = String::from_utf8(several.stderr)?;
    assert!(said.contains(MAIN) && said.contains("01a1fba2-4033"), "{said}");
    let none = server.seam(&["session", "nobody's"])?;
    assert_eq!(none.status.code(), Some(1));
    assert!(String::from_utf8(none.stderr)?.contains("seam sessions"));
    let wrong = server.seam(&["session", MAIN, "--output", "csv"])?;
    assert_eq!(wrong.status.code(), Some(2));
    Ok(())
}

/// Guarantees: one nested document holds every call of a conversation and of its subagents, and
/// `--raw` holds its events in order with their ids.
#[test]
fn a_conversation_for_programs() -> anyhow::Result<()> {
    let server = server(&["codex22-two-subagents-net"])?;
    let text = server.seam_ok(&["session", MAIN, "--output", "json"])?;
    let document: Value = serde_json::from_str(&text)?;
    assert_eq!(document["session"]["session_id"], MAIN);
    let children = document["children"].as_array().context("children")?;
    assert_eq!(children.len(), 2);
    let calls = |document: &Value| -> Vec<String> {
        let turns = document["turns"].as_array().cloned().unwrap_or_default();
        let actions = turns.iter().filter_map(|turn| turn["actions"].as_array()).flatten();
        actions.filter_map(|action| Some(action["call_id"].as_str()?.to_owned())).collect()
    };
    assert_eq!(calls(&document), ["call_m0_0", "call_m0_1", "call_m1_0"]);
    assert!(children.iter().all(|child| child["spawned_by"]["action_id"].is_string()));
    assert!(children.iter().any(|child| calls(child).contains(&"call_w1_1".to_owned())));

    let rows = server.seam_ok(&["session", MAIN, "--raw", "--output", "json"])?;
    let rows: Vec<Value> = serde_json::from_str(&rows)?;
    let of = format!("select count(*) from events where session_id = '{MAIN}'");
    assert_eq!(i64::try_from(rows.len())?, server.number(&of)?);
    assert!(rows.iter().all(|row| row["event_id"].is_string()));
    let times: Vec<&str> = rows.iter().filter_map(|row| row["time"].as_str()).collect();
    assert!(times.is_sorted());
    Ok(())
}

/// Guarantees: the timelines of these conversations read like this.
#[test]
fn timelines_match_their_golden_files() -> anyhow::Result<()> {
    let cases = [
        ("codex22-two-subagents-net", MAIN),
        ("codex15-autoreview-full", REVIEWED),
        ("claude7-tui", "10ad95df-9086-4fec-84df-c81055c265eb"),
        ("copilot2-allow-deny", "5f0c2c1e-3d7a-4e63-9a53-0d6f9f1f5a02"),
    ];
    for (capture, id) in cases {
        let server = server(&[capture])?;
        let page = server.seam_ok(&["session", id])?;
        insta::with_settings!({ snapshot_path => "../golden/sessions", prepend_module_to_snapshot => false }, {
            insta::assert_snapshot!(capture, page);
        });
    }
    Ok(())
}
