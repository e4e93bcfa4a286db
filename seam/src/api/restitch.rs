//! `POST /v1/restitch`: conversations derived again, and the rows in which the tables differed.
//!
//! **Request.** JSON, every field may be left out: `{"session": "…", "since_us": 0, "dry_run":
//! true}`; `session` is an id of `sessions`, `since_us` a receive time in microseconds since
//! 1970. `?format=` names how rows are written, as for SQL.
//!
//! **Answer.** One row per difference: `tenant`, `table`, `session_id`, `id`, `change` (`new`,
//! `changed`, `retracted`), `columns`. The header `seam-conversations` says how many
//! conversations were derived again. Unless it was a dry run the tables are right now.

use std::sync::Arc;

use arrow::array::{ArrayRef, ListBuilder, RecordBatch, StringArray, StringBuilder};
use arrow::error::ArrowError;
use axum::extract::{Extension, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use seam_collector::stitching::{RestitchError, RestitchReport, RestitchRequest};
use seam_queries::QueryError;
use seam_queries::format::Format;
use seam_queries::http::{Audit as _, Caller};
use seam_schema::table::audit::Act;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::guard::refuse;
use super::operations::Operations;

/// The header that says how many conversations were derived again.
pub(crate) const CONVERSATIONS_HEADER: &str = "seam-conversations";

/// What is asked for.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Ask {
    /// The conversation with this id.
    pub(crate) session: Option<String>,
    /// Those of which something was received since, in microseconds since 1970.
    pub(crate) since_us: Option<i64>,
    /// Nothing is written.
    pub(crate) dry_run: bool,
}

/// What stands after the `?`.
#[derive(Debug, Deserialize)]
pub(crate) struct Parameters {
    format: Option<String>,
}

pub(crate) async fn restitch(
    State(operations): State<Arc<Operations>>,
    Extension(caller): Extension<Caller>,
    Query(parameters): Query<Parameters>,
    body: axum::body::Bytes,
) -> Response {
    let Some(format) = parameters.format.as_deref().map_or(Some(Format::Json), Format::parse)
    else {
        return refuse(StatusCode::BAD_REQUEST, "format", "there is no such format");
    };
    let ask: Ask = match serde_json::from_slice(&body) {
        Ok(ask) => ask,
        Err(error) => return refuse(StatusCode::BAD_REQUEST, "body", &error.to_string()),
    };
    let request = RestitchRequest {
        tenant: caller.tenant.clone(),
        session: ask.session.clone(),
        since_us: ask.since_us,
        dry_run: ask.dry_run,
    };
    let result = operations.stitching().restitch(request).await;
    let rows = result.as_ref().ok().map(|report| report.differences.len());
    let act = Act {
        act: "restitch".to_owned(),
        subject: ask.session.clone().unwrap_or_else(|| "sessions".to_owned()),
        detail: json!({ "since_us": ask.since_us, "dry_run": ask.dry_run }),
        rows: rows.and_then(|rows| i64::try_from(rows).ok()),
        outcome: if result.is_ok() { "done" } else { "failed" }.to_owned(),
    };
    if let Err(error) = operations.audit().record(&caller, act).await {
        return refuse(StatusCode::SERVICE_UNAVAILABLE, "unaudited", &error.to_string());
    }
    match result {
        Ok(report) => answer(&report, format),
        Err(error @ RestitchError::NoSession) => {
            refuse(StatusCode::NOT_FOUND, "no_session", &error.to_string())
        }
        Err(error) => {
            refuse(StatusCode::SERVICE_UNAVAILABLE, "restitch_failed", &error.to_string())
        }
    }
}

fn answer(report: &RestitchReport, format: Format) -> Response {
    match encode(report, format) {
        Ok(body) => (
            [
                (header::CONTENT_TYPE.as_str(), format.content_type().to_owned()),
                (CONVERSATIONS_HEADER, report.conversations.to_string()),
            ],
            body,
        )
            .into_response(),
        Err(error) => refuse(StatusCode::INTERNAL_SERVER_ERROR, "encoding", &error.to_string()),
    }
}

fn encode(report: &RestitchReport, format: Format) -> Result<Vec<u8>, QueryError> {
    let batch = batch(report)?;
    let mut encoder = format.encoder(&batch.schema())?;
    let mut text = Vec::new();
    encoder.encode(&batch, &mut text)?;
    encoder.finish(&mut text)?;
    Ok(text)
}

fn batch(report: &RestitchReport) -> Result<RecordBatch, ArrowError> {
    let found = || report.differences.iter();
    let mut columns = ListBuilder::new(StringBuilder::new());
    for (_, difference) in found() {
        for column in &difference.columns {
            columns.values().append_value(column);
        }
        columns.append(true);
    }
    let texts = |texts: Vec<&str>| Arc::new(StringArray::from(texts)) as ArrayRef;
    RecordBatch::try_from_iter([
        ("tenant", texts(found().map(|(_, of)| of.tenant.as_str()).collect())),
        ("table", texts(found().map(|(table, _)| table.name()).collect())),
        ("session_id", texts(found().map(|(_, of)| of.session_id.as_str()).collect())),
        ("id", texts(found().map(|(_, of)| of.id.as_str()).collect())),
        ("change", texts(found().map(|(_, of)| of.change.as_str()).collect())),
        ("columns", Arc::new(columns.finish())),
    ])
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
    use seam_schema::table::Table;
    use seam_store::differ::{Change, Difference};

    use super::*;

    /// A difference is a row, and none are a table without rows.
    #[test]
    fn differences_are_rows() {
        let difference = Difference {
            tenant: "default".to_owned(),
            id: "ab".to_owned(),
            session_id: "s-1".to_owned(),
            change: Change::Changed,
            columns: vec!["outcome".to_owned(), "exit_code".to_owned()],
        };
        let mut report =
            RestitchReport { conversations: 1, differences: vec![(Table::Actions, difference)] };
        let text = String::from_utf8(encode(&report, Format::Ndjson).unwrap()).unwrap();
        let row: serde_json::Value = serde_json::from_str(text.trim()).unwrap();
        let wanted = json!({
            "tenant": "default", "table": "actions", "session_id": "s-1", "id": "ab",
            "change": "changed", "columns": ["outcome", "exit_code"],
        });
        assert_eq!(row, wanted);
        report.differences.clear();
        assert_eq!(encode(&report, Format::Json).unwrap().trim_ascii(), b"[]");
    }
}
