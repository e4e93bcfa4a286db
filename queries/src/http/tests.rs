//! Tests of `http`.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use std::error::Error;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response, StatusCode};
use http_body_util::BodyExt;
use seam_schema::ids::{Principal, Tenant};
use seam_schema::table::audit::Act;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::{
    Audit, Caller, DERIVED_LAG_HEADER, LAG_HEADER, ROW_CAP_HEADER, TRUNCATED_HEADER, router,
};
use crate::Limits;
use crate::testing::Fixture;

/// Keeps acts in memory, or refuses to.
#[derive(Debug, Default)]
struct Acts {
    kept: Mutex<Vec<(Caller, Act)>>,
    changed: tokio::sync::Notify,
    broken: bool,
}

#[async_trait]
impl Audit for Acts {
    async fn record(&self, caller: &Caller, act: Act) -> Result<(), Box<dyn Error + Send + Sync>> {
        if self.broken {
            return Err("no room".into());
        }
        self.kept.lock().unwrap().push((caller.clone(), act));
        self.changed.notify_one();
        Ok(())
    }
}

impl Acts {
    fn last(&self) -> (Caller, Act) {
        self.kept.lock().unwrap().last().cloned().unwrap()
    }
}

struct Http {
    router: Router,
    acts: Arc<Acts>,
    _fixture: Fixture,
}

impl Http {
    async fn new(limits: Limits) -> Self {
        Self::with(limits, Acts::default()).await
    }

    async fn with(limits: Limits, acts: Acts) -> Self {
        let fixture = Fixture::with_rows().await;
        let engine = Arc::new(fixture.engine(limits).await);
        let acts = Arc::new(acts);
        let audit: Arc<dyn Audit> = Arc::clone(&acts) as Arc<dyn Audit>;
        Self { router: router(engine, audit), acts, _fixture: fixture }
    }

    async fn send(&self, tenant: Option<&str>, mut request: Request<Body>) -> Response<Body> {
        let caller = Caller {
            tenant: tenant.map(|tenant| Tenant::new(tenant).unwrap()),
            principal: Principal::new("anna").unwrap(),
        };
        request.extensions_mut().insert(caller);
        self.router.clone().oneshot(request).await.unwrap()
    }

    async fn ask(&self, sql: &str) -> Response<Body> {
        self.send(None, post("/v1/sql", "application/sql", sql)).await
    }
}

fn post(uri: &str, content_type: &str, body: &str) -> Request<Body> {
    let request = Request::post(uri).header("content-type", content_type);
    request.body(Body::from(body.to_owned())).unwrap()
}

fn header<'a>(response: &'a Response<Body>, name: &str) -> Option<&'a str> {
    response.headers().get(name).map(|value| value.to_str().unwrap())
}

async fn text(response: Response<Body>) -> String {
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    String::from_utf8(bytes.to_vec()).unwrap()
}

async fn code(response: Response<Body>) -> (StatusCode, String) {
    let status = response.status();
    assert_eq!(header(&response, "content-type"), Some("application/json"));
    let body: Value = serde_json::from_str(&text(response).await).unwrap();
    assert!(body["error"]["message"].as_str().is_some_and(|message| !message.is_empty()));
    (status, body["error"]["code"].as_str().unwrap().to_owned())
}

/// A statement is answered in the format that is asked for, with what a client has to know in
/// the headers.
#[tokio::test(flavor = "multi_thread")]
async fn rows_come_as_asked() {
    let http = Http::new(Limits::default()).await;
    let sql = "select kind, count(*) as n from events group by kind order by kind";
    let response = http.ask(sql).await;
    assert_eq!(response.status(), 200);
    assert_eq!(header(&response, "content-type"), Some("application/json"));
    assert_eq!(header(&response, LAG_HEADER), Some("0"));
    assert_eq!(header(&response, DERIVED_LAG_HEADER), Some("0"));
    assert_eq!(header(&response, ROW_CAP_HEADER), Some("1000000"));
    assert_eq!(header(&response, TRUNCATED_HEADER), None);
    let rows: Value = serde_json::from_str(&text(response).await).unwrap();
    assert_eq!(rows[0], json!({ "kind": "error", "n": 1 }));
    let body = json!({ "sql": sql, "format": "csv" }).to_string();
    let response = http.send(None, post("/v1/sql", "application/json", &body)).await;
    assert!(text(response).await.starts_with("kind,n\r\nerror,1\r\n"));
    let response = http.send(None, post("/v1/sql?format=ndjson", "text/plain", sql)).await;
    assert_eq!(header(&response, "content-type"), Some("application/x-ndjson"));
    assert_eq!(text(response).await.lines().count(), 4);
}

/// Each fault has its status and its word, and all are recorded that were statements.
#[tokio::test(flavor = "multi_thread")]
async fn faults_have_their_status() {
    let http = Http::new(Limits::default()).await;
    let long = format!("select '{}'", "x".repeat(70_000));
    for (sql, status, word, outcome) in [
        ("selec", 400, "invalid_statement", "refused"),
        ("select nope from events", 400, "invalid_statement", "refused"),
        ("drop table events", 400, "read_only", "refused"),
        ("select 1; select 2", 400, "several_statements", "refused"),
        ("select 1/0", 400, "statement_failed", "failed"),
        ("select repeat('x', 1000000000)", 400, "over_limit", "failed"),
        (long.as_str(), 413, "statement_too_long", "refused"),
    ] {
        let (got, code) = code(http.ask(sql).await).await;
        assert_eq!((got.as_u16(), code.as_str()), (status, word), "{}", &sql[..sql.len().min(40)]);
        let (_, act) = http.acts.last();
        assert_eq!((act.outcome.as_str(), act.detail["error"].as_str()), (outcome, Some(word)));
    }
    let far_too_long = "x".repeat(1_000_000);
    let (status, word) = code(http.ask(&far_too_long).await).await;
    assert_eq!((status.as_u16(), word.as_str()), (413, "statement_too_long"));
    let request = post("/v1/sql?format=xml", "text/plain", "select 1");
    assert_eq!(code(http.send(None, request).await).await.0, StatusCode::BAD_REQUEST);
}

/// A statement that takes too long is stopped, and that is said and recorded.
#[tokio::test(flavor = "multi_thread")]
async fn late_is_said() {
    let limits = Limits { deadline: Duration::from_millis(300), ..Limits::default() };
    let http = Http::new(limits).await;
    let endless = format!("select count(*) from ({LONG}), events e, events f, events g, events h");
    let answer = code(http.ask(&endless).await).await;
    assert_eq!(answer, (StatusCode::GATEWAY_TIMEOUT, "deadline".to_owned()));
    assert_eq!(http.acts.last().1.outcome, "failed");
}

/// A server with too much to do says so, and when to come back.
#[tokio::test(flavor = "multi_thread")]
async fn busy_is_said() {
    let http = Http::new(Limits { concurrent: 0, turn: Duration::ZERO, ..Limits::default() }).await;
    let response = http.ask("select 1").await;
    assert_eq!(header(&response, "retry-after"), Some("1"));
    assert_eq!(code(response).await, (StatusCode::SERVICE_UNAVAILABLE, "busy".to_owned()));
}

/// Without a caller nothing is answered; a caller sees its tenant's rows.
#[tokio::test(flavor = "multi_thread")]
async fn the_caller_decides_what_is_seen() {
    let http = Http::new(Limits::default()).await;
    let request = || post("/v1/sql?format=csv", "text/plain", "select count(*) as n from events");
    let response = http.router.clone().oneshot(request()).await.unwrap();
    assert_eq!(code(response).await.0, StatusCode::UNAUTHORIZED);
    assert!(http.acts.kept.lock().unwrap().is_empty());
    assert_eq!(text(http.send(None, request()).await).await, "n\r\n10\r\n");
    assert_eq!(text(http.send(Some("other"), request()).await).await, "n\r\n5\r\n");
}

/// A statement is recorded with who asked, what, how many rows it gave and how it ended, before
/// its answer ends.
#[tokio::test(flavor = "multi_thread")]
async fn statements_are_recorded() {
    let http = Http::new(Limits { rows: 7, ..Limits::default() }).await;
    let response = http.ask("select event_id from events").await;
    let (caller, act) = http.acts.last();
    assert_eq!(caller.principal.as_str(), "anna");
    assert_eq!((act.act.as_str(), act.subject.as_str(), act.rows), ("query", "http", Some(7)));
    assert_eq!(act.outcome, "done");
    assert_eq!(act.detail["sql"], "select event_id from events");
    assert_eq!(act.detail["truncated"], true);
    assert_eq!(header(&response, TRUNCATED_HEADER), Some("true"));
    let rows: Value = serde_json::from_str(&text(response).await).unwrap();
    assert_eq!(rows.as_array().unwrap().len(), 7);
}

/// What cannot be recorded is not answered.
#[tokio::test(flavor = "multi_thread")]
async fn unrecorded_is_unanswered() {
    let http = Http::with(Limits::default(), Acts { broken: true, ..Acts::default() }).await;
    for sql in ["select 1", "selec"] {
        let answer = code(http.ask(sql).await).await;
        assert_eq!(answer, (StatusCode::INTERNAL_SERVER_ERROR, "internal".to_owned()));
    }
    let response = http.ask(LONG).await;
    assert_eq!(response.status(), 200);
    assert!(response.into_body().collect().await.is_err());
}

/// Ten thousand rows, each of forty letters: more than fits before the headers go out.
const LONG: &str =
    "select a.event_id, b.event_id as other from events a, events b, events c, events d";

/// A long answer streams to its end; one that is cut at the cap or by an error is broken off.
#[tokio::test(flavor = "multi_thread")]
async fn long_answers_are_whole_or_broken_off() {
    let http = Http::new(Limits::default()).await;
    let response = http.ask(LONG).await;
    let rows: Value = serde_json::from_str(&text(response).await).unwrap();
    assert_eq!(rows.as_array().unwrap().len(), 10_000);
    assert_eq!(http.acts.last().1.rows, Some(10_000));
    let http = Http::new(Limits { rows: 9_000, ..Limits::default() }).await;
    let response = http.ask(LONG).await;
    assert_eq!(
        (response.status().as_u16(), header(&response, ROW_CAP_HEADER)),
        (200, Some("9000"))
    );
    assert!(response.into_body().collect().await.is_err());
    assert_eq!(http.acts.last().1.detail["truncated"], true);
    let http = Http::new(Limits { threads: 1, ..Limits::default() }).await;
    let numbered = format!("select *, row_number() over () as n from ({LONG})");
    let response = http.ask(&format!("select *, 1 / (n - 9000) from ({numbered})")).await;
    assert_eq!(response.status(), 200);
    assert!(response.into_body().collect().await.is_err());
    assert_eq!(http.acts.last().1.detail["error"], "statement_failed");
}

/// A client that goes away in the middle stops its statement, which is recorded all the same.
#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_leaves_is_recorded() {
    let http = Http::new(Limits {
        concurrent: 1,
        turn: Duration::from_mins(2),
        deadline: Duration::from_mins(5),
        ..Limits::default()
    })
    .await;
    let response = http.ask(&format!("{LONG}, events e")).await;
    drop(response);
    http.acts.changed.notified().await;
    let (_, act) = http.acts.last();
    assert_eq!(
        (act.outcome.as_str(), act.detail["error"].as_str()),
        ("failed", Some("client_left"))
    );
    assert_eq!(http.ask("select 1").await.status(), 200);
}
