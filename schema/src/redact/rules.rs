//! The rules that come with Seam, one file for each sort of vendor or place.

mod assistants;
mod clouds;
mod commands;
mod files;
mod forges;
mod headers;
mod infrastructure;
mod keys;
mod messaging;
mod money;
mod names;
mod observability;
mod registries;
mod services;
mod urls;

use super::rule::Rule;

/// Every rule that comes with Seam, the fields' rules apart.
pub(crate) fn all() -> impl Iterator<Item = &'static Rule> {
    [
        assistants::RULES,
        clouds::RULES,
        commands::RULES,
        files::RULES,
        forges::RULES,
        headers::RULES,
        infrastructure::RULES,
        keys::RULES,
        messaging::RULES,
        money::RULES,
        names::RULES,
        observability::RULES,
        registries::RULES,
        services::RULES,
        urls::RULES,
    ]
    .into_iter()
    .flatten()
}
