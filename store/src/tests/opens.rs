//! Opening tables that have a past.

use std::collections::HashSet;

use seam_schema::ids::{Principal, ReceivedAt, Sequence, Tenant};
use seam_schema::table::Table;

use crate::testing::*;
use crate::{OpenError, RecentRequest, Snapshot};

/// A log that ends before what the tables hold of it was replaced or restored: it is refused,
/// and the error says so and what to do.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_behind_its_tables_is_refused() {
    let disk = new_disk();
    let store = open(&disk, 0).await.unwrap();
    apply(&store, LOG, 1..=9, 9).await.unwrap();
    store.close().await.unwrap();
    assert!(open(&disk, 9).await.is_ok());
    let error = open(&disk, 8).await.err().unwrap();
    assert!(matches!(error, OpenError::AheadOfLog { committed: Sequence(9), .. }), "{error}");
    let text = error.to_string();
    assert!(
        text.contains(&LOG.to_string()) && text.contains("restored from an older copy"),
        "{text}"
    );
}

/// The log is deleted while the tables stay: a new log begins at its first frame, and nothing
/// that is sent next is missing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_log_begins_beside_the_old_rows() {
    let disk = new_disk();
    let store = open(&disk, 0).await.unwrap();
    apply(&store, LOG, 1..=9, 9).await.unwrap();
    store.close().await.unwrap();
    let old = rows(&store.snapshot(), Table::Events).await;
    let store = open_with(&disk, OTHER_LOG, 0, options()).await.unwrap();
    assert_eq!(store.committed(Table::Events), Sequence(0));
    apply(&store, OTHER_LOG, 1..=9, 2).await.unwrap();
    store.close().await.unwrap();
    let all: HashSet<_> = rows(&store.snapshot(), Table::Events).await.into_iter().collect();
    assert_eq!(all.len(), old.len() * 2);
    assert!(old.iter().all(|row| all.contains(row)));
}

/// The requests of the last minutes are found in the files, each once, and older ones are not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn recent_requests_are_remembered() {
    let disk = new_disk();
    let store = open(&disk, 0).await.unwrap();
    for first in [1, 11] {
        apply(&store, LOG, first..=first + 9, 3).await.unwrap();
        store.flush().await.unwrap();
    }
    store.close().await.unwrap();
    let store = open(&disk, 20).await.unwrap();
    let since = EventRow::at(8, 0).received_at;
    let found = store.recent_requests(since).await.unwrap();
    let wanted: HashSet<_> = (8..=20)
        .map(|sequence| {
            let row = EventRow::at(sequence, 0);
            RecentRequest {
                tenant: Tenant::new(&row.tenant).unwrap(),
                principal: Principal::new("local").unwrap(),
                digest: row.digest(),
                received_at: ReceivedAt(row.received_at),
            }
        })
        .collect();
    assert_eq!(found.len(), wanted.len());
    assert_eq!(HashSet::from_iter(found), wanted);
}

/// Only a folder that Seam made is read from outside.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_foreign_folder_is_not_read() {
    let home = tempfile::tempdir().unwrap();
    let error = Snapshot::open_read_only(home.path()).await.err().unwrap();
    assert!(matches!(error, OpenError::NotADataFolder { .. }), "{error}");
}
