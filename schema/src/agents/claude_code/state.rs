//! What happened to the session itself: servers, logins, compaction.

use crate::event::{EventColumns, Text};
use crate::normalise::attributes::SentAttributes;
use crate::vocabulary::Outcome;

/// Reads what became of an MCP server. Without details there is only an error code.
pub(super) fn map_server<'a>(sent: &SentAttributes<'a>, columns: &mut EventColumns<'a>) {
    columns.outcome = match sent.text("status").unwrap_or_default() {
        "connected" => Some(Outcome::Succeeded),
        "failed" => Some(Outcome::Failed),
        _ => None,
    };
    if columns.error.is_none() {
        columns.error = sent.text("error_code").map(Text::Borrowed);
    }
}

/// Reads whether it went well.
pub(super) fn map_success<'a>(sent: &SentAttributes<'a>, columns: &mut EventColumns<'a>) {
    columns.outcome = sent
        .bool("success")
        .map(|success| if success { Outcome::Succeeded } else { Outcome::Failed });
}
