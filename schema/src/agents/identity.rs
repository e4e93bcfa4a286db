//! Who and where, as the launcher claims it.
//!
//! `OTEL_RESOURCE_ATTRIBUTES` reaches the resource of every agent, so it is where an
//! administrator says whose session this is. It is a claim: `principal` is what the credential
//! proves. A mapper's own reading comes first; this fills what it left empty, from the record,
//! then from its resource.
//!
//! Source: the OpenTelemetry attribute registries `enduser`, `user` and `vcs`.

use crate::agents::Record;
use crate::event::{EventColumns, Text};

/// The keys of the user's id, best first.
const USER_ID: &[&str] = &["enduser.id", "user.id"];
/// The keys of the user's e-mail address.
const USER_EMAIL: &[&str] = &["enduser.email", "user.email"];
/// The keys of the user's organisation.
const ORGANISATION: &[&str] = &["organization.id", "team.id"];
/// The keys of the repository.
const REPOSITORY: &[&str] = &["vcs.repository.url.full", "vcs.repository.name"];
/// The keys of the working folder.
const FOLDER: &[&str] = &["process.working_directory", "cwd"];

/// Fills what the mapper left empty.
pub(super) fn fill<'a>(record: &Record<'_, 'a>, columns: &mut EventColumns<'a>) {
    for (column, keys) in [
        (&mut columns.user_id, USER_ID),
        (&mut columns.user_email, USER_EMAIL),
        (&mut columns.org_id, ORGANISATION),
        (&mut columns.repository, REPOSITORY),
        (&mut columns.cwd, FOLDER),
    ] {
        if column.is_none() {
            *column = claimed(record, keys).map(Text::Borrowed);
        }
    }
}

fn claimed<'a>(record: &Record<'_, 'a>, keys: &[&str]) -> Option<&'a str> {
    let find = |key: &&str| record.sent.text(key).or_else(|| record.resource.text(key));
    keys.iter().find_map(find)
}
