//! The API: health, metrics, flush, restitch, sinks, SQL; who may ask, and from where.

mod guard;
mod operations;
mod restitch;
mod sinks;
mod status;

use std::sync::Arc;

use axum::Router;
use axum::extract::Extension;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use seam_collector::listener::Peer;

pub(crate) use guard::Guard;
pub(crate) use operations::Operations;
pub(crate) use restitch::{Ask as RestitchAsk, CONVERSATIONS_HEADER};
pub(crate) use sinks::{SinkAsk, SinkStep};

/// The routes of one connection.
///
/// Health needs no token; metrics none from this machine; everything else one for the API.
pub(crate) fn router(
    operations: &Arc<Operations>,
    guard: &Arc<Guard>,
    sql: Router,
    peer: Arc<Peer>,
) -> Router {
    let authenticated = Router::new()
        .route("/v1/flush", post(operations::flush))
        .route("/v1/restitch", post(restitch::restitch))
        .route("/v1/sinks", get(sinks::list))
        .route("/v1/sinks/pause", post(sinks::pause))
        .route("/v1/sinks/resume", post(sinks::resume))
        .route("/v1/sinks/check", post(sinks::check))
        .route("/v1/sinks/setup", post(sinks::set_up))
        .route("/v1/sinks/replay", post(sinks::replay))
        .route("/v1/status", get(status::status))
        .with_state(Arc::clone(operations))
        .merge(sql)
        .layer(from_fn_with_state(Arc::clone(guard), guard::credential));
    let metrics = Router::new()
        .route("/metrics", get(operations::metrics))
        .with_state(Arc::clone(operations))
        .layer(from_fn_with_state(Arc::clone(guard), guard::credential_unless_local));
    Router::new()
        .route("/healthz", get(operations::healthz))
        .route("/readyz", get(operations::readyz))
        .with_state(Arc::clone(operations))
        .merge(metrics)
        .merge(authenticated)
        .layer(from_fn_with_state(Arc::clone(guard), guard::own_pages_only))
        .layer(Extension(peer))
}
