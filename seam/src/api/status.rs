//! `GET /v1/status`: the state of log, tables, memory and disk, as JSON.

use std::path::Path;
use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use seam_store::UpkeepCounts;
use seam_wal::Log as _;
use serde_json::{Value, json};

use super::operations::Operations;

/// The state of everything, now.
pub(crate) async fn status(State(operations): State<Arc<Operations>>) -> Response {
    let gauges = operations.gauges();
    let tables: Vec<Value> = gauges
        .tables
        .iter()
        .map(|(name, rows, version, files)| {
            json!({ "name": name, "tail_rows": rows, "version": version, "files": files })
        })
        .collect();
    let usage = operations.log().usage();
    axum::Json(json!({
        "version": env!("CARGO_PKG_VERSION"),
        "ready": gauges.ready,
        "log": {
            "log_id": operations.log().log_id().to_string(),
            "used_bytes": usage.retained_bytes,
            "budget_bytes": usage.budget_bytes,
            "segments": usage.segments,
            "free_segments": usage.free_segments,
            "lag_frames": gauges.pipeline_lag_frames,
        },
        "stitching": stitching(&operations),
        "memory": {
            "used_bytes": gauges.memory_used_bytes,
            "peak_bytes": gauges.memory_peak_bytes,
            "budget_bytes": gauges.memory_budget_bytes,
        },
        "quarantine_files": operations.quarantine_files(),
        "undecodable": operations.undecodable(),
        "disk": disk(operations.folder()),
        "tables": tables,
        "upkeep": upkeep(&gauges.upkeep),
        "sinks": operations.sinks().views(),
        "retention_days": operations.retention_days(),
    }))
    .into_response()
}

/// How far the derived tables are.
fn stitching(operations: &Operations) -> Value {
    let (stitching, counted) = (operations.stitching(), &operations.metrics().stitch);
    json!({
        "applied_sequence": stitching.derived_applied().0,
        "lag_frames": stitching.lag_frames(),
        "unsettled": stitching.is_unsettled(),
        "memory_bytes": stitching.memory_bytes(),
        "faults": counted.faults.get(),
        "conversations_left_out": counted.conversations_left_out.get(),
    })
}

/// What was done to the tables in the background since the start.
fn upkeep(counts: &UpkeepCounts) -> Value {
    json!({
        "merges": counts.merges,
        "merged_files": counts.merged_files,
        "merged_bytes": counts.merged_bytes,
        "written_bytes": counts.written_bytes,
        "expired_days": counts.expired_days,
        "vacuumed_files": counts.vacuumed_files,
        "vacuumed_bytes": counts.vacuumed_bytes,
        "failures": counts.failures,
    })
}

/// The room on the disk of a folder; null where the system does not say.
fn disk(folder: &Path) -> Value {
    match rustix::fs::statvfs(folder) {
        Ok(room) => json!({
            "total_bytes": room.f_blocks.saturating_mul(room.f_frsize),
            "available_bytes": room.f_bavail.saturating_mul(room.f_frsize),
        }),
        Err(error) => {
            tracing::warn!(%error, "cannot ask the system for the room on the disk");
            Value::Null
        }
    }
}
