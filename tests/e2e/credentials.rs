//! Tokens: shown once, good for one door, in force at once.

use anyhow::Context as _;
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use seam_tests::server::Server;

use seam_tests::raw::{Answer, Client, one_record};

fn create(server: &Server, args: &[&str]) -> anyhow::Result<String> {
    let said = server.seam_ok(&[&["token", "create"], args].concat())?;
    let token = said.split_whitespace().find(|word| word.starts_with("seam_"));
    Ok(token.context("no token was shown")?.to_owned())
}

fn post_as(client: &Client, token: &str, id: &str) -> anyhow::Result<Answer> {
    let bearer = format!("Bearer {token}");
    let headers = [("content-type", "application/x-protobuf"), ("authorization", bearer.as_str())];
    client.post("/v1/logs", &headers, one_record(id, LogRecord::default()))
}

/// Guarantees: a token made or revoked beside a running server counts at once; the principal and
/// the tenant of every row are the credential's.
#[test]
fn tokens_take_effect_at_once() -> anyhow::Result<()> {
    let server = Server::start()?;
    let client = Client::of(&server)?;
    assert_eq!(post_as(&client, "seam_otlp_nonsense", "0")?.status, 401);
    let token = create(&server, &["laptop-7", "--tenant", "acme"])?;
    assert_eq!(post_as(&client, &token, "1")?.status, 200);
    let rows = server.sql_json("select tenant, principal from events")?;
    assert_eq!(rows, serde_json::json!([{"tenant": "acme", "principal": "laptop-7"}]));
    server.seam_ok(&["token", "revoke", "laptop-7"])?;
    assert_eq!(post_as(&client, &token, "2")?.status, 401);
    assert_eq!(server.number("select count(*) from events")?, 1);
    Ok(())
}

/// Guarantees: a token opens its own door only, and an API token sees its tenant only.
#[test]
fn tokens_open_one_door() -> anyhow::Result<()> {
    let server = Server::start()?;
    let client = Client::of(&server)?;
    let otlp = create(&server, &["sender"])?;
    let api = create(&server, &["reader", "--for", "api", "--tenant", "other"])?;
    assert_eq!(post_as(&client, &api, "1")?.status, 403);
    assert_eq!(post_as(&client, &otlp, "2")?.status, 200);
    let ask = |token: &str| -> anyhow::Result<std::process::Output> {
        let file = server.folder().join("token");
        #[expect(clippy::disallowed_methods, reason = "the test's own input")]
        std::fs::write(&file, token)?;
        server.seam(&[
            "sql",
            "select count(*) as n from events",
            "--output",
            "ndjson",
            "--token-file",
            file.to_str().context("a path")?,
        ])
    };
    assert!(!ask(&otlp)?.status.success(), "an OTLP token must not read prompts");
    let seen = ask(&api)?;
    assert_eq!(
        String::from_utf8(seen.stdout)?,
        "{\"n\":0}\n",
        "another tenant's rows are not there"
    );
    Ok(())
}

/// Guarantees: no secret stands in a file, a listing or a log line.
#[test]
fn secrets_are_stored_hashed_and_shown_once() -> anyhow::Result<()> {
    let server = Server::start()?;
    let token = create(&server, &["laptop-7"])?;
    let client = Client::of(&server)?;
    assert_eq!(post_as(&client, &token, "1")?.status, 200);
    let listed = server.seam_ok(&["token", "list", "--output", "json"])?;
    assert!(listed.contains("laptop-7") && !listed.contains(&token));
    assert!(!server.log().contains(&token));
    for entry in std::fs::read_dir(server.data().join("keys"))? {
        let text = String::from_utf8_lossy(&std::fs::read(entry?.path())?).into_owned();
        assert!(!text.contains(&token));
    }
    let keys = std::fs::metadata(server.data().join("keys/local-token"))?;
    let mode = std::os::unix::fs::PermissionsExt::mode(&keys.permissions());
    assert_eq!(mode & 0o777, 0o600);
    Ok(())
}

/// Guarantees: the API answers nobody without a token, nobody's web page, and no other host name.
#[test]
fn the_api_wants_a_token_even_on_loopback() -> anyhow::Result<()> {
    let server = Server::start()?;
    let runtime = tokio::runtime::Runtime::new()?;
    let client = reqwest::Client::new();
    let url = |path: &str| format!("http://{}{path}", server.api_addr());
    let token = std::fs::read_to_string(server.data().join("keys/local-token"))?;
    let status = |request: reqwest::RequestBuilder| -> anyhow::Result<u16> {
        Ok(runtime.block_on(request.send())?.status().as_u16())
    };
    let ask =
        || client.post(url("/v1/sql")).header("content-type", "application/sql").body("select 1");
    assert_eq!(status(ask())?, 401);
    assert_eq!(status(ask().bearer_auth(token.trim()))?, 200);
    assert_eq!(
        status(ask().bearer_auth(token.trim()).header("origin", "https://example.org"))?,
        403
    );
    assert_eq!(status(ask().bearer_auth(token.trim()).header("host", "rebound.example.org"))?, 403);
    for open in ["/healthz", "/readyz", "/metrics"] {
        assert_eq!(status(client.get(url(open)))?, 200, "{open}");
    }
    Ok(())
}

/// Guarantees: every statement to a server is in `audit`, with who asked and how it ended.
#[test]
fn statements_are_audited() -> anyhow::Result<()> {
    let server = Server::start()?;
    server.sql_json("select 41 + 1 as answer")?;
    assert!(!server.seam(&["sql", "drop table events"])?.status.success());
    let rows = server.sql_json(
        "select act, principal, outcome, detail from audit where act = 'query' order by time",
    )?;
    let rows = rows.as_array().context("rows")?.clone();
    assert!(rows.len() >= 2, "{rows:?}");
    assert!(rows[0]["detail"].as_str().is_some_and(|detail| detail.contains("41 + 1")));
    assert_eq!(rows[0]["outcome"], "done");
    assert_ne!(rows[1]["outcome"], "done");
    Ok(())
}
