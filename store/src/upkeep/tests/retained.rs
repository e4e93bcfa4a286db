//! Days that are over.

use std::collections::BTreeSet;

use arrow::array::AsArray;
use arrow::datatypes::Int64Type;
use seam_schema::table::Table;

use super::{commit, data_files, files, scattered};
use crate::follow::Cursor;
use crate::options::StoreOptions;
use crate::testing::*;
use crate::{Step, Store};

fn keeping(days: u32) -> StoreOptions {
    let mut limits = impatient();
    limits.upkeep.retention_days = days;
    limits
}

fn days(store: &Store, table: Table) -> BTreeSet<i32> {
    store.snapshot().table(table).unwrap().files.iter().map(|file| file.day).collect()
}

/// Whole days go from every table, `audit` too, and their files after them; what is younger
/// stays as it was, also for who follows and after a restart.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn old_days_are_dropped() {
    let received = [Table::Events, Table::Metrics, Table::Audit, Table::Ledger];
    let (disk, store) = scattered(90, 3, keeping(2)).await;
    assert!(received.iter().all(|table| days(&store, *table) == BTreeSet::from([0, 1, 2, 3, 4])));
    let mut follower = store.follow(Table::Events, Cursor::start()).unwrap();
    store.keep_up().await;
    let assert_kept = async |store: &Store| {
        for table in received {
            assert_eq!(days(store, table), BTreeSet::from([2, 3, 4]), "{}", table.name());
            let files = data_files(&disk, table);
            assert!(files.iter().all(|path| !path.contains("day=1970-01-01")), "{files:?}");
        }
        // All of the tests' derived rows are of the first day.
        assert_eq!(files(&store.snapshot(), Table::Actions), 0);
        let kept = rows(&store.snapshot(), Table::Events).await;
        let wanted: Vec<String> = undisturbed(90).await.remove(0);
        let wanted: Vec<&String> = wanted
            .iter()
            .filter(|row| {
                !["01", "02"].iter().any(|day| row.contains(&format!("\"day\":\"1970-01-{day}\"")))
            })
            .collect();
        assert!(kept.iter().eq(wanted), "{} rows", kept.len());
    };
    assert_kept(&store).await;
    let counts = store.upkeep_counts();
    assert!(counts.expired_days >= 8 && counts.expired_files >= counts.expired_days, "{counts:?}");
    assert_eq!(counts.failures, 0);
    let mut first = None;
    while let Step::Rows(rows) = follower.step().await.unwrap() {
        let sequences = rows.batch.column_by_name("offset_sequence").unwrap();
        first = first.or(sequences.as_primitive::<Int64Type>().values().first().copied());
    }
    assert_eq!(first, Some(40));
    store.close().await.unwrap();
    let store = open_with(&disk, LOG, 90, keeping(2)).await.unwrap();
    store.keep_up().await;
    assert_kept(&store).await;
    commit(&store, 91..=100, 3).await.unwrap();
    store.keep_up().await;
    assert_eq!(days(&store, Table::Events), BTreeSet::from([3, 4, 5]));
}

/// Nothing goes where all is to be kept, or where it is young; and a wall clock far ahead makes
/// nothing old.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_else_is_dropped() {
    for kept in [0, 4, 183] {
        let (_disk, store) = scattered(90, 3, keeping(kept)).await;
        store.core().clock.pass(std::time::Duration::from_hours(24 * 10_000));
        store.keep_up().await;
        assert_eq!(all_rows(&store).await, undisturbed(90).await, "{kept}");
        assert_eq!(store.upkeep_counts().expired_files, 0);
    }
}
