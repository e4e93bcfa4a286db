//! The destinations, asked and ordered about.
//!
//! | route | what |
//! |---|---|
//! | `GET /v1/sinks` | what each shows, as a JSON array |
//! | `POST /v1/sinks/pause` | `{"sink": "…"}`: nothing more is sent; durable |
//! | `POST /v1/sinks/resume` | the same, undone |
//! | `POST /v1/sinks/check` | to the destination and back: an array of steps |
//! | `POST /v1/sinks/setup` | `{"sink": "…", "dry": true}`: what the destination needs is made; an array of steps |
//! | `POST /v1/sinks/replay` | `{"sink": "…", "since_us": 0, "session": "…"}`, or `"dead_letters": true` with or without `"record_id"` |
//!
//! A step is `{"sink", "step", "result", "what"}`, the result `good`, `skipped` or `bad`. Orders
//! concern the data of every tenant, so a token of one tenant is refused; each leaves an act.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Extension, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use seam_exporters::{Checked, Step};
use seam_queries::http::{Audit as _, Caller};
use seam_schema::table::audit::Act;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::guard::refuse;
use super::operations::Operations;
use crate::sinks::{ReplayAsk, ReplayError};

/// What is asked of a sink.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SinkAsk {
    pub(crate) sink: String,
    #[serde(default)]
    pub(crate) dry: bool,
}

/// One step of a check or a setup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SinkStep {
    pub(crate) sink: String,
    pub(crate) step: String,
    /// `good`, `skipped` or `bad`.
    pub(crate) result: String,
    pub(crate) what: String,
}

impl SinkStep {
    /// The steps of one sink.
    pub(crate) fn all(sink: &str, steps: Vec<Step>) -> Vec<Self> {
        let step = |step: Step| {
            let (result, what) = match step.result {
                Checked::Good(what) => ("good", what),
                Checked::Skipped(what) => ("skipped", what),
                Checked::Bad(what) => ("bad", what),
            };
            let (sink, step) = (sink.to_owned(), step.name.to_owned());
            Self { sink, step, result: result.to_owned(), what }
        };
        steps.into_iter().map(step).collect()
    }
}

type Asked = State<Arc<Operations>>;

pub(crate) async fn list(State(operations): Asked) -> Response {
    Json(operations.sinks().views()).into_response()
}

pub(crate) async fn pause(
    operations: Asked,
    caller: Extension<Caller>,
    ask: Json<SinkAsk>,
) -> Response {
    order(operations, caller, ask, true, "sinks pause").await
}

pub(crate) async fn resume(
    operations: Asked,
    caller: Extension<Caller>,
    ask: Json<SinkAsk>,
) -> Response {
    order(operations, caller, ask, false, "sinks resume").await
}

async fn order(
    State(operations): Asked,
    Extension(caller): Extension<Caller>,
    Json(ask): Json<SinkAsk>,
    paused: bool,
    act: &str,
) -> Response {
    if let Some(refusal) = one_tenant(&caller) {
        return refusal;
    }
    let kept = operations.sinks().pause(&ask.sink, paused).await;
    let done = kept == Some(true);
    if let Some(refusal) = unaudited(&operations, &caller, act, &ask.sink, json!({}), done).await {
        return refusal;
    }
    match kept {
        Some(true) => Json(json!({ "sink": ask.sink })).into_response(),
        Some(false) => {
            let what = format!(
                "the order is given to `{}`, and not on stable storage yet: say it again; `seam sinks list` shows what is wrong",
                ask.sink
            );
            refuse(StatusCode::SERVICE_UNAVAILABLE, "not_kept", &what)
        }
        None => no_sink(&ask.sink),
    }
}

pub(crate) async fn check(
    State(operations): Asked,
    Extension(caller): Extension<Caller>,
    Json(ask): Json<SinkAsk>,
) -> Response {
    if let Some(refusal) = one_tenant(&caller) {
        return refusal;
    }
    let steps = operations.sinks().check(&ask.sink).await;
    stepped(&operations, &caller, "sinks check", &ask.sink, json!({}), steps).await
}

pub(crate) async fn set_up(
    State(operations): Asked,
    Extension(caller): Extension<Caller>,
    Json(ask): Json<SinkAsk>,
) -> Response {
    if let Some(refusal) = one_tenant(&caller) {
        return refusal;
    }
    let steps = operations.sinks().set_up(&ask.sink, ask.dry).await;
    let detail = json!({ "dry": ask.dry });
    stepped(&operations, &caller, "sinks setup", &ask.sink, detail, steps).await
}

pub(crate) async fn replay(
    State(operations): Asked,
    Extension(caller): Extension<Caller>,
    Json(ask): Json<ReplayAsk>,
) -> Response {
    if let Some(refusal) = one_tenant(&caller) {
        return refusal;
    }
    let result = operations.sinks().replay(&ask).await;
    let (detail, done) = (json!(ask), result.is_ok());
    let act = "sinks replay";
    if let Some(refusal) = unaudited(&operations, &caller, act, &ask.sink, detail, done).await {
        return refusal;
    }
    match result {
        Ok(report) => Json(report).into_response(),
        Err(ReplayError::NoSink(name)) => no_sink(&name),
        Err(error @ ReplayError::Everything) => {
            refuse(StatusCode::BAD_REQUEST, "no_condition", &error.to_string())
        }
        Err(error @ ReplayError::UnderWay(_)) => {
            refuse(StatusCode::CONFLICT, "under_way", &error.to_string())
        }
        Err(error) => refuse(StatusCode::SERVICE_UNAVAILABLE, "replay_failed", &error.to_string()),
    }
}

/// Leaves an act of what was done step by step, and answers with the steps.
async fn stepped(
    operations: &Operations,
    caller: &Caller,
    act: &str,
    sink: &str,
    detail: Value,
    steps: Option<Vec<Step>>,
) -> Response {
    let found = steps.is_some();
    if let Some(refusal) = unaudited(operations, caller, act, sink, detail, found).await {
        return refusal;
    }
    match steps {
        Some(steps) => Json(SinkStep::all(sink, steps)).into_response(),
        None => no_sink(sink),
    }
}

fn no_sink(name: &str) -> Response {
    let what = format!("there is no sink `{name}`; `seam sinks list` shows all");
    refuse(StatusCode::NOT_FOUND, "no_sink", &what)
}

fn one_tenant(caller: &Caller) -> Option<Response> {
    caller.tenant.as_ref().map(|_| {
        let what = "this token is one tenant's, and a sink sends the data of all";
        refuse(StatusCode::FORBIDDEN, "forbidden", what)
    })
}

/// Leaves an act; the refusal if that fails.
async fn unaudited(
    operations: &Operations,
    caller: &Caller,
    act: &str,
    sink: &str,
    detail: Value,
    done: bool,
) -> Option<Response> {
    let outcome = if done { "done" } else { "failed" }.to_owned();
    let (act, subject) = (act.to_owned(), sink.to_owned());
    let act = Act { act, subject, detail, rows: None, outcome };
    let failed = operations.audit().record(caller, act).await.err()?;
    Some(refuse(StatusCode::SERVICE_UNAVAILABLE, "unaudited", &failed.to_string()))
}
