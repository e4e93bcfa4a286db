//! Who and what sent a record.
//!
//! `user.id` is an anonymous number of the installation, unless the session came through an
//! identity gateway (`identity.source` = `gateway-oidc`): then it is the subject that signed in,
//! and counts first. Otherwise the launcher's `enduser.id` counts, then the account of a Claude
//! login, and the installation's number only if there is nothing else. All of them stay among
//! the attributes; e-mail address, organisation and repository are read as for every agent
//! ([`crate::agents::identity`]).

use crate::agents::Record;
use crate::event::{EventColumns, Text};
use crate::normalise::attributes::SentAttributes;

/// How a session that came through an identity gateway says so.
const GATEWAY: &str = "gateway-oidc";

/// Fills the user's id, the agent's version, its front end, and which agent of the session spoke.
pub(super) fn fill<'a>(record: &Record<'_, 'a>, columns: &mut EventColumns<'a>) {
    let sent = record.sent;
    let text = |key: &str| sent.text(key).map(Text::Borrowed);
    if columns.user_id.is_none() {
        let subject = (sent.text("identity.source") == Some(GATEWAY)).then(|| text("user.id"));
        columns.user_id = subject
            .flatten()
            .or_else(|| text("enduser.id"))
            .or_else(|| record.resource.text("enduser.id").map(Text::Borrowed))
            .or_else(|| text("user.account_uuid"))
            .or_else(|| text("user.account_id"));
    }
    columns.agent_version = text("app.version").or_else(|| record.service_version.cloned());
    columns.client = text("app.entrypoint").or_else(|| record.service_name.cloned());
    if columns.agent_path.is_none() {
        columns.agent_path = subagent(sent).map(Text::Borrowed);
    }
}

/// The kind of subagent that asked the model, where a record names no more.
fn subagent<'a>(sent: &SentAttributes<'a>) -> Option<&'a str> {
    let asked = sent.text("query_source").filter(|source| source.starts_with("agent:"));
    asked.or_else(|| sent.text("query_source_safe").filter(|source| source.starts_with("agent.")))
}
