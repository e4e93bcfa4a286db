//! What is remembered of a statement: who asked what, how many rows it gave, how it ended.

use std::error::Error;
use std::fmt::Debug;
use std::time::Duration;

use async_trait::async_trait;
use seam_schema::ids::{Principal, Tenant};
use seam_schema::table::audit::Act;
use serde_json::json;

use crate::error::QueryError;

/// Who asks, as the credential says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// Whose rows may be seen; `None` is everybody's.
    pub tenant: Option<Tenant>,
    /// Who it is.
    pub principal: Principal,
}

/// Keeps acts, durably: it answers when the act is kept.
#[async_trait]
pub trait Audit: Debug + Send + Sync {
    /// Keeps one act of a caller. An error means that it is not kept, and the statement is
    /// then not answered to its end.
    async fn record(&self, caller: &Caller, act: Act) -> Result<(), Box<dyn Error + Send + Sync>>;
}

/// How a statement ended, for its act.
#[derive(Debug)]
pub(crate) enum Ending<'a> {
    /// All rows were given, or as many as an answer may have.
    Done {
        /// Whether rows were left out.
        truncated: bool,
    },
    /// It met an error or was refused.
    Failed(&'a QueryError),
    /// Whoever asked went away before the end.
    Left,
}

/// How much of a statement's text is kept: all of one that was run.
const SQL_KEPT_BYTES: usize = 64 * 1024;

/// The act of one statement that came by `door`.
pub(crate) fn act(door: &str, sql: &str, rows: u64, took: Duration, ending: &Ending<'_>) -> Act {
    let outcome = match ending {
        Ending::Done { .. } => "done",
        Ending::Failed(error) if error.is_refusal() => "refused",
        Ending::Failed(_) | Ending::Left => "failed",
    };
    let sql = sql.get(..sql.floor_char_boundary(SQL_KEPT_BYTES)).unwrap_or_default();
    let mut detail = json!({ "sql": sql, "duration_ms": millis(took) });
    let note = match ending {
        Ending::Done { truncated: true } => Some(("truncated", json!(true))),
        Ending::Done { truncated: false } => None,
        Ending::Failed(error) => Some(("error", json!(error.code()))),
        Ending::Left => Some(("error", json!("client_left"))),
    };
    if let (Some((key, value)), Some(object)) = (note, detail.as_object_mut()) {
        object.insert(key.to_owned(), value);
    }
    Act {
        act: "query".to_owned(),
        subject: door.to_owned(),
        detail,
        rows: Some(i64::try_from(rows).unwrap_or(i64::MAX)),
        outcome: outcome.to_owned(),
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
