//! `POST /v1/sql`: a statement in, rows out.
//!
//! **Request.** The body is the SQL itself (`text/plain`, `application/sql`, or no content type),
//! or JSON `{"sql": "…", "format": "…"}` (`application/json`). The format is, in this order:
//! `?format=`, `format` in the body, the `Accept` header (its best type that we can write),
//! JSON. Names: `json`, `ndjson`, `csv`, `arrow`, `table`.
//!
//! **Answer.** 200, and the rows as they come. Headers: `seam-lag-frames`, how many frames of
//! the log the answer does not reach; `seam-derived-lag-frames`, the same for what is derived
//! from them, 0 where the statement names no derived table; `seam-row-cap`, how many rows an
//! answer has at most.
//!
//! **Whole or not.** A body that ends well is whole, unless the header `seam-truncated: true`
//! says that there were more rows than the cap. Where that, or an error, shows only after the
//! headers went out, the body is broken off: HTTP/1.1 without its last chunk, HTTP/2 with a
//! reset. A part of an answer is never taken for all of it.
//!
//! **Errors.** `{"error": {"code": "…", "message": "…"}}`: 400 for a statement that is wrong or
//! refused, 413 for one that is too long, 503 with `Retry-After` when too many are running, 504
//! for one that took too long, 415 and 406 for types that we don't read or write, 500 for us.
//!
//! **Who asks** stands in the request's extensions as a [`Caller`], put there by whoever checked
//! the credential; without one nothing is answered. Every statement is recorded ([`Audit`])
//! when it has ended, and the end of its answer waits for that.

mod answer;
mod ask;
mod refuse;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Instant;

use axum::body::Body;
use axum::extract::rejection::{BytesRejection, QueryRejection};
use axum::extract::{DefaultBodyLimit, Extension, Query, State};
use axum::http::{HeaderMap, Response};
use axum::routing::post;
use axum::{Router, body::Bytes};
use serde::Deserialize;

pub use crate::audit::{Audit, Caller};
use crate::engine::{Engine, Statement};
use answer::Pump;
use ask::Ask;
use refuse::Refusal;

/// Room around the text of a statement for JSON and its escapes.
const BODY_FACTOR: usize = 6;
/// What the audit calls this door.
const DOOR: &str = "http";

/// The header that says how far an answer is behind the log, in frames.
pub const LAG_HEADER: &str = "seam-lag-frames";
/// The header that says how far the derived tables of an answer are behind the log, in frames.
pub const DERIVED_LAG_HEADER: &str = "seam-derived-lag-frames";
/// The header that says how many rows an answer has at most.
pub const ROW_CAP_HEADER: &str = "seam-row-cap";
/// The header that says that rows are missing.
pub const TRUNCATED_HEADER: &str = "seam-truncated";

/// What the routes share.
#[derive(Debug, Clone)]
struct Door {
    engine: Arc<Engine>,
    audit: Arc<dyn Audit>,
}

/// The route `POST /v1/sql`. Its requests must carry a [`Caller`] as an extension.
pub fn router(engine: Arc<Engine>, audit: Arc<dyn Audit>) -> Router {
    let body_bytes = engine.limits().sql_bytes.saturating_mul(BODY_FACTOR);
    Router::new()
        .route("/v1/sql", post(sql))
        .layer(DefaultBodyLimit::max(body_bytes))
        .with_state(Door { engine, audit })
}

/// What stands after the `?`.
#[derive(Debug, Deserialize)]
struct Parameters {
    format: Option<String>,
}

async fn sql(
    State(door): State<Door>,
    caller: Option<Extension<Caller>>,
    parameters: Result<Query<Parameters>, QueryRejection>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response<Body> {
    let Some(Extension(caller)) = caller else {
        return Refusal::nobody().into_response();
    };
    let ask = parameters.map_err(|_| Refusal::parameters()).and_then(|Query(parameters)| {
        let body = body.map_err(|error| Refusal::body(&error))?;
        Ask::read(parameters.format.as_deref(), &headers, &body)
    });
    match ask {
        Ok(ask) => answer(door, caller, ask).await,
        Err(refusal) => refusal.into_response(),
    }
}

async fn answer(door: Door, caller: Caller, ask: Ask) -> Response<Body> {
    let began = Instant::now();
    let statement = Statement { sql: ask.sql.clone(), tenant: caller.tenant.clone() };
    let record = answer::Record { audit: door.audit, caller, sql: ask.sql, began };
    match door.engine.run(statement).await {
        Ok(answer) => {
            let cap = door.engine.limits().rows;
            Pump::start(answer, ask.format, record).await.into_response(ask.format, cap)
        }
        Err(error) => record.failed(0, error).await.into_response(),
    }
}
