//! What one item of a `_bulk` answer means, as data.
//!
//! Statuses and types: the `_bulk` references of Elasticsearch and OpenSearch, checked against
//! Elasticsearch 8.19 and OpenSearch 2.19.

use std::ops::RangeInclusive;

/// What an item means for its record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    /// It is in the data stream.
    Delivered,
    /// It is in the failure store, under an id of the cluster's; sent again, it would be there twice.
    Quarantined,
    /// It was there.
    Duplicate,
    /// It will never be taken.
    Refused,
    /// Nothing will be taken until somebody changes something.
    Hold,
    /// Not now.
    Retry,
    /// Not now, and not soon: a disk must be cleared first.
    RetrySlowly,
}

/// One row; the first that fits counts.
#[derive(Debug)]
pub(crate) struct Row {
    status: RangeInclusive<u16>,
    /// The type of the error; any, where there is none.
    kind: Option<&'static str>,
    /// What is said of the failure store; anything, where there is none.
    failure_store: Option<&'static str>,
    pub(crate) class: Class,
}

const fn row(status: RangeInclusive<u16>, kind: Option<&'static str>, class: Class) -> Row {
    Row { status, kind, failure_store: None, class }
}

/// Every row.
pub(crate) const ITEMS: &[Row] = &[
    Row { status: 200..=299, kind: None, failure_store: Some("used"), class: Class::Quarantined },
    row(200..=299, None, Class::Delivered),
    row(409..=409, Some("version_conflict_engine_exception"), Class::Duplicate),
    row(409..=409, None, Class::Retry),
    // The document: a field of another type, a term or a number of fields over a limit.
    row(400..=400, None, Class::Refused),
    row(413..=413, None, Class::Refused),
    // A disk over its flood stage; other blocks are somebody's decision.
    row(429..=429, Some("cluster_block_exception"), Class::RetrySlowly),
    // A full queue, a circuit breaker.
    row(429..=429, None, Class::Retry),
    row(408..=408, None, Class::Retry),
    row(500..=599, None, Class::Retry),
    // No template, no permission, a block.
    row(0..=u16::MAX, None, Class::Hold),
];

/// What an item means.
pub(crate) fn of_item(status: u16, kind: Option<&str>, failure_store: Option<&str>) -> Class {
    let fits = |row: &&Row| {
        row.status.contains(&status)
            && row.kind.is_none_or(|wanted| kind == Some(wanted))
            && row.failure_store.is_none_or(|wanted| failure_store == Some(wanted))
    };
    ITEMS.iter().find(fits).map_or(Class::Hold, |row| row.class)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each row of the contract.
    #[test]
    fn every_item_has_its_class() {
        let rows: &[(u16, Option<&str>, Option<&str>, Class)] = &[
            (201, None, None, Class::Delivered),
            (200, None, None, Class::Delivered),
            (201, None, Some("not_enabled"), Class::Delivered),
            (201, None, Some("used"), Class::Quarantined),
            (409, Some("version_conflict_engine_exception"), None, Class::Duplicate),
            (409, Some("other"), None, Class::Retry),
            (400, Some("document_parsing_exception"), None, Class::Refused),
            (400, Some("mapper_parsing_exception"), None, Class::Refused),
            (400, Some("illegal_argument_exception"), None, Class::Refused),
            (400, Some("strict_dynamic_mapping_exception"), None, Class::Refused),
            (400, Some("document_parsing_exception"), Some("failed"), Class::Refused),
            (404, Some("index_not_found_exception"), None, Class::Hold),
            (403, Some("security_exception"), None, Class::Hold),
            (403, Some("cluster_block_exception"), None, Class::Hold),
            (401, None, None, Class::Hold),
            (429, Some("cluster_block_exception"), None, Class::RetrySlowly),
            (429, Some("es_rejected_execution_exception"), None, Class::Retry),
            (429, Some("circuit_breaking_exception"), None, Class::Retry),
            (503, Some("unavailable_shards_exception"), None, Class::Retry),
            (500, Some("exception"), None, Class::Retry),
            (504, None, None, Class::Retry),
            (302, None, None, Class::Hold),
        ];
        for (status, kind, store, class) in rows {
            assert_eq!(of_item(*status, *kind, *store), *class, "{status} {kind:?} {store:?}");
        }
    }

    /// Every status has a class, and only success delivers.
    #[test]
    fn only_success_delivers() {
        for status in 0..=1000 {
            let class = of_item(status, None, None);
            assert_eq!(class == Class::Delivered, (200..300).contains(&status), "{status}");
            assert_ne!(class, Class::Duplicate, "{status}");
        }
    }
}
