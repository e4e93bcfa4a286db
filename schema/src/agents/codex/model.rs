//! Requests to the model, their streams, and the credentials they need.

use crate::event::{EventColumns, Text};
use crate::normalise::attributes::SentAttributes;
use crate::vocabulary::{Kind, Outcome};

/// The lowest HTTP status that is an error.
const FIRST_ERROR_STATUS: i64 = 400;

/// A request failed if it says so, by its status, its message or its flag.
pub(super) fn map_request<'a>(sent: &SentAttributes<'a>, columns: &mut EventColumns<'a>) {
    let status = sent.int("http.response.status_code");
    let success = sent.bool("success");
    let failed = status.is_some_and(|status| status >= FIRST_ERROR_STATUS)
        || columns.error.is_some()
        || success == Some(false);
    if failed {
        columns.kind = Some(Kind::Error);
        columns.outcome = Some(Outcome::Failed);
    } else if status.is_some() || success == Some(true) {
        columns.outcome = Some(Outcome::Succeeded);
    }
}

/// One event of a response's stream; an error in it is an error.
pub(super) fn map_stream_event(columns: &mut EventColumns<'_>) {
    if columns.error.is_some() {
        columns.kind = Some(Kind::Error);
        columns.outcome = Some(Outcome::Failed);
    }
}

/// An attempt to renew credentials.
pub(super) fn map_auth_recovery<'a>(sent: &SentAttributes<'a>, columns: &mut EventColumns<'a>) {
    let outcome = sent.text("auth.outcome").unwrap_or_default();
    if outcome == "recovery_succeeded" {
        columns.outcome = Some(Outcome::Succeeded);
    } else if outcome.starts_with("recovery_failed") {
        columns.kind = Some(Kind::Error);
        columns.outcome = Some(Outcome::Failed);
    }
    if columns.error.is_none() {
        columns.error = sent.text("auth.error_code").map(Text::Borrowed);
    }
}
