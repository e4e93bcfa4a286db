//! Health, metrics and flush.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::extract::{Extension, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use seam_collector::Stitching;
use seam_collector::ingest::Ingest;
use seam_collector::metrics::{Exposition, Gauges, Metrics};
use seam_collector::pipeline::Pipeline;
use seam_queries::http::{Audit as _, Caller};
use seam_schema::table::Table;
use seam_schema::table::audit::Act;
use seam_store::Store;
use seam_store::quarantine::Quarantine;
use seam_wal::SegmentLog;
use serde_json::json;

use super::guard::refuse;
use crate::server::{Assembly, LogAudit, log_end};
use crate::sinks::{self, Sinks};

/// What the operations need to know.
pub(crate) struct Operations {
    log: SegmentLog,
    store: Store,
    ingest: Arc<Ingest>,
    pipeline: Arc<Pipeline>,
    stitching: Arc<Stitching>,
    metrics: Arc<Metrics>,
    audit: Arc<LogAudit>,
    quarantine: Arc<Quarantine>,
    folder: PathBuf,
    sinks: Arc<Sinks>,
    retention_days: u64,
}

impl Operations {
    pub(crate) fn new(assembly: &Assembly) -> Self {
        Self {
            log: assembly.log.clone(),
            store: assembly.store.clone(),
            ingest: Arc::clone(&assembly.ingest),
            pipeline: Arc::clone(&assembly.pipeline),
            stitching: Arc::clone(&assembly.stitching),
            metrics: Arc::clone(&assembly.metrics),
            audit: Arc::clone(&assembly.audit),
            quarantine: Arc::clone(&assembly.quarantine),
            folder: assembly.root.clone(),
            sinks: Arc::clone(&assembly.sinks),
            retention_days: assembly.retention_days,
        }
    }

    pub(super) fn stitching(&self) -> &Stitching {
        &self.stitching
    }

    pub(super) fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    pub(super) fn audit(&self) -> &LogAudit {
        &self.audit
    }

    pub(super) fn log(&self) -> &SegmentLog {
        &self.log
    }

    /// How many days rows are kept; 0 for all.
    pub(super) fn retention_days(&self) -> u64 {
        self.retention_days
    }

    pub(super) fn sinks(&self) -> &Sinks {
        &self.sinks
    }

    /// The data folder.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(super) fn quarantine_files(&self) -> u64 {
        self.quarantine.files()
    }

    /// Bodies that could not be decoded and frames that could not be mapped, since the start.
    pub(super) fn undecodable(&self) -> u64 {
        self.metrics.undecodable.get() + self.metrics.frames_undecoded.get()
    }

    pub(super) fn gauges(&self) -> Gauges {
        let (usage, snapshot) = (self.log.usage(), self.store.snapshot());
        let tables = Table::ALL.iter().filter_map(|table| {
            let state = snapshot.table(*table)?;
            let rows: usize = state.tail.iter().map(|batch| batch.num_rows()).sum();
            Some((table.name(), rows as u64, state.version, state.files.len() as u64))
        });
        let budget = self.ingest.budget();
        Gauges {
            pipeline_lag_frames: self.pipeline.lag_frames(),
            stitch_lag_frames: self.stitching.lag_frames(),
            stitch_memory_bytes: self.stitching.memory_bytes(),
            log_used_bytes: usage.retained_bytes,
            log_budget_bytes: usage.budget_bytes,
            memory_used_bytes: budget.used_bytes() as u64,
            memory_peak_bytes: budget.peak_bytes() as u64,
            memory_budget_bytes: budget.limit_bytes() as u64,
            repeat_window: self.ingest.remembered() as u64,
            tables: tables.collect(),
            upkeep: self.store.upkeep_counts(),
            ready: self.pipeline.readiness().is_ready() && self.stitching.readiness().is_ready(),
        }
    }
}

/// The process answers.
pub(crate) async fn healthz() -> &'static str {
    "ok\n"
}

/// Work gets done.
pub(crate) async fn readyz(State(operations): State<Arc<Operations>>) -> Response {
    let stages = [
        ("the pipeline", operations.pipeline.readiness()),
        ("the stitching", operations.stitching.readiness()),
    ];
    match stages.iter().find(|(_, readiness)| !readiness.is_ready()) {
        None => "ready\n".into_response(),
        Some((stage, readiness)) => {
            let what = format!("not ready: {stage}: {readiness:?}\n");
            (StatusCode::SERVICE_UNAVAILABLE, what).into_response()
        }
    }
}

/// The counters, in Prometheus' text format.
pub(crate) async fn metrics(State(operations): State<Arc<Operations>>) -> Response {
    let mut out = Exposition::default();
    operations.metrics.render(&operations.gauges(), &mut out);
    sinks::render(&operations.sinks.views(), &mut out);
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], out.finish())
        .into_response()
}

/// Commits everything received before the call; the answer comes when it is durable.
pub(crate) async fn flush(
    State(operations): State<Arc<Operations>>,
    Extension(caller): Extension<Caller>,
) -> Response {
    let end = log_end(&operations.log);
    let result = flush_through(&operations, end).await;
    let outcome = if result.is_ok() { "done" } else { "failed" };
    let act = Act {
        act: "flush".to_owned(),
        subject: "tables".to_owned(),
        detail: json!({ "through_sequence": end.0 }),
        rows: None,
        outcome: outcome.to_owned(),
    };
    if let Err(error) = operations.audit.record(&caller, act).await {
        return refuse(StatusCode::SERVICE_UNAVAILABLE, "unaudited", &error.to_string());
    }
    match result {
        Ok(()) => axum::Json(json!({ "committed_sequence": end.0 })).into_response(),
        Err(why) => refuse(StatusCode::SERVICE_UNAVAILABLE, "flush_failed", &why),
    }
}

async fn flush_through(
    operations: &Operations,
    end: seam_schema::ids::Sequence,
) -> Result<(), String> {
    let wait = std::time::Duration::from_mins(1);
    let applied = operations.store.wait_applied(end, wait).await;
    if applied < end {
        return Err(format!("the pipeline is at frame {applied}, the log at {end}; try again"));
    }
    let derived = operations.store.wait_derived(end, wait).await;
    // What is there is committed in any case.
    operations.store.flush().await.map_err(|error| error.to_string())?;
    if derived < end {
        return Err(format!(
            "the stitching is at frame {derived}, the log at {end}; all else is committed, try again"
        ));
    }
    Ok(())
}
