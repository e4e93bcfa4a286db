//! Tests of `fold`.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

mod heap;

use std::collections::BTreeSet;
use std::sync::LazyLock;

use datafusion::error::DataFusionError;
use futures::StreamExt;
use proptest::collection::vec;
use proptest::prelude::*;
use seam_schema::vocabulary::Outcome;
use tokio::runtime::{Builder, Runtime};

use self::heap::{Heap, Rev, Written, texts};
use crate::Limits;
use crate::session::Sessions;

async fn sessions() -> Sessions {
    Sessions::new(&Limits::default()).await.unwrap()
}

/// What the cases of a property have in common.
static SHARED: LazyLock<(Runtime, Sessions)> = LazyLock::new(|| {
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_time().build().unwrap();
    let sessions = runtime.block_on(sessions());
    (runtime, sessions)
});

fn revs() -> impl Strategy<Value = Vec<Rev>> {
    let rev = (0_u32..7, 0_i64..8, 0_i64..2, 0_i64..3);
    let rev = rev.prop_map(|(id, revision, sequence, index)| Rev { id, revision, sequence, index });
    // Some lie apart from all others, most do not.
    (0_i64..4, vec(rev, 1..8)).prop_map(|(era, mut revs)| {
        for rev in &mut revs {
            rev.revision += era * 8;
        }
        revs
    })
}

fn written() -> impl Strategy<Value = Written> {
    let usually = prop::bool::weighted(0.8);
    (usually, usually).prop_map(|(by_us, bounds)| Written { by_us, bounds })
}

fn commands<'a>(revs: impl IntoIterator<Item = &'a Rev>) -> BTreeSet<String> {
    revs.into_iter().map(Rev::command).collect()
}

async fn agrees(heap: &Heap, sessions: &Sessions, tenant: Option<&str>) {
    let context = heap.context(sessions, tenant);
    let folded = heap.folded(tenant);
    let check = async |filter: &str, holds: &dyn Fn(&Rev) -> bool| {
        let sql = format!("select command from actions where {filter}");
        let found = texts(&context, &sql).await;
        let wanted = commands(folded.iter().filter(|rev| holds(rev)));
        assert_eq!(found.len(), wanted.len(), "{filter}: {found:?}");
        assert_eq!(found.into_iter().collect::<BTreeSet<_>>(), wanted, "{filter}");
    };
    check("true", &|_| true).await;
    check("outcome = 'failed'", &|rev| rev.outcome() == Outcome::Failed).await;
    check("session_id = 's1'", &|rev| rev.session() == "s1").await;
    check("session_id = 's1' or revision < 9", &|rev| rev.session() == "s1" || rev.revision < 9)
        .await;
    check("tenant = 'other' and not retracted", &|rev| rev.tenant() == "other").await;
    check("day = '2026-01-02' and revision > 12", &|rev| rev.id % 2 == 1 && rev.revision > 12)
        .await;
    let id = Rev::new(2, 0).action_id();
    check(&format!("action_id = '{id}'"), &|rev| rev.id == 2).await;
    // What joins and sorts learn while they run is a filter, too.
    let failed = "command in (select command from actions_revisions where outcome = 'failed')";
    check(failed, &|rev| rev.outcome() == Outcome::Failed).await;
    let last = "select command from actions order by command desc limit 2";
    let wanted: Vec<String> = commands(&folded).into_iter().rev().take(2).collect();
    assert_eq!(texts(&context, last).await, wanted);
    let first = "select session_id from actions order by session_id limit 2";
    let mut wanted: Vec<String> = folded.iter().map(Rev::session).collect();
    wanted.sort();
    wanted.truncate(2);
    assert_eq!(texts(&context, first).await, wanted);
    let count = folded.len().to_string();
    assert_eq!(texts(&context, "select count(*) from actions").await, [count]);
    let some = texts(&context, "select command from actions limit 2").await;
    assert_eq!(some.len(), folded.len().min(2));
    assert!(commands(&folded).is_superset(&some.into_iter().collect()));
    if tenant.is_none() {
        let all = texts(&context, "select count(*) from actions_revisions").await;
        assert_eq!(all, [heap.rows().to_string()]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    /// Whatever lies where, a statement finds of each id the newest revision if it is not
    /// retracted: files that overlap, that hold an id twice, of which nothing is known; repeats
    /// in the tail; filters on what changes and on what does not; without the id; of one tenant.
    #[test]
    fn a_fold_agrees_with_a_naive_one(
        files in vec((revs(), written()), 0..5),
        tail in vec(revs(), 0..4),
    ) {
        let (runtime, sessions) = &*SHARED;
        runtime.block_on(async {
            let mut heap = Heap::default();
            for (revs, written) in &files {
                heap.add_file(revs, *written).await;
            }
            for revs in &tail {
                heap.add_tail(revs);
            }
            agrees(&heap, sessions, None).await;
            agrees(&heap, sessions, Some("default")).await;
        });
    }
}

/// An act that failed at first and then succeeded has not failed, wherever the revisions lie.
#[tokio::test(flavor = "multi_thread")]
async fn old_revisions_are_not_found() {
    let sessions = sessions().await;
    let (old, new) = (Rev::new(1, 10), Rev::new(1, 11));
    assert_eq!((old.outcome(), new.outcome()), (Outcome::Failed, Outcome::Succeeded));
    for newest_in_file in [false, true] {
        let mut heap = Heap::default();
        if newest_in_file {
            heap.add_file(&[new], Written::BY_US).await;
            heap.add_tail(&[old]);
        } else {
            heap.add_file(&[old], Written::BY_US).await;
            heap.add_tail(&[new]);
        }
        let context = heap.context(&sessions, None);
        let failed = "select command from actions where outcome = 'failed'";
        assert_eq!(texts(&context, failed).await, [""; 0]);
        let succeeded = "select command from actions where outcome = 'succeeded' limit 5";
        assert_eq!(texts(&context, succeeded).await, [new.command()]);
    }
}

async fn plan(heap: &Heap, sessions: &Sessions, filter: &str) -> String {
    let context = heap.context(sessions, None);
    let sql = format!("select command from actions where {filter} limit 1");
    let plan = context.sql(&sql).await.unwrap().create_physical_plan().await.unwrap();
    datafusion::physical_plan::displayable(plan.as_ref()).indent(true).to_string()
}

/// What all revisions of an id share leaves files and rows out below the fold; what changes
/// with the revision, and limits, do not.
#[tokio::test(flavor = "multi_thread")]
async fn only_shared_columns_filter_below_the_fold() {
    let mut heap = Heap::default();
    for revision in 0..3 {
        heap.add_file(&[Rev::new(1, revision), Rev::new(2, revision)], Written::BY_US).await;
    }
    let sessions = sessions().await;
    for (filter, files, below) in [
        ("true", 6, ""),
        ("session_id = 's1'", 3, "predicate=session_id@"),
        ("day = '2026-01-01'", 3, "predicate=day@"),
        ("action_id > 'x' and session_id <> 'x'", 6, "predicate=action_id@"),
        ("outcome = 'failed'", 6, ""),
        ("session_id = 's1' or outcome = 'failed'", 6, ""),
        ("revision = 0", 6, ""),
    ] {
        let plan = plan(&heap, &sessions, filter).await;
        assert!(plan.contains(&format!("files={files}, ")), "{filter}: {plan}");
        let scan = plan.lines().find(|line| line.contains(".parquet")).unwrap();
        assert!(!scan.contains("limit="), "{plan}");
        assert_eq!(scan.contains("predicate="), !below.is_empty(), "{filter}: {plan}");
        assert!(scan.contains(below), "{filter}: {plan}");
    }
}

/// Files that lie apart are read once, those that overlap are compared first.
#[tokio::test(flavor = "multi_thread")]
async fn overlapping_files_are_compared() {
    let mut heap = Heap::default();
    heap.add_file(&[Rev::new(1, 0), Rev::new(5, 3)], Written::BY_US).await;
    heap.add_file(&[Rev::new(1, 4), Rev::new(5, 7)], Written::BY_US).await;
    let sessions = sessions().await;
    assert!(plan(&heap, &sessions, "true").await.contains("files=2, of them mixed=0"));
    heap.add_file(&[Rev::new(1, 6), Rev::new(5, 8)], Written::BY_US).await;
    assert!(plan(&heap, &sessions, "true").await.contains("files=3, of them mixed=2"));
    agrees(&heap, &sessions, None).await;
}

/// All columns come back as they were put in, from files as from the tail.
#[tokio::test(flavor = "multi_thread")]
async fn all_columns_come_back() {
    let revs = [Rev::new(2, 1), Rev::new(4, 2), Rev::new(8, 5)];
    let mut filed = Heap::default();
    filed.add_file(&revs, Written::BY_US).await;
    let mut fresh = Heap::default();
    fresh.add_tail(&revs);
    let sessions = sessions().await;
    for heap in [filed, fresh] {
        let context = heap.context(&sessions, None);
        let sql = "select * from actions order by revision";
        let batches = context.sql(sql).await.unwrap().collect().await.unwrap();
        let found = arrow::compute::concat_batches(&heap::batch(&revs).schema(), &batches);
        assert_eq!(found.unwrap(), heap::batch(&revs));
    }
}

/// The ids of a large day count against the memory of statements, and are given back.
#[tokio::test(flavor = "multi_thread")]
async fn memory_is_counted() {
    let mut heap = Heap::default();
    for revision in 0..3 {
        let revs: Vec<Rev> = (0..60_000).map(|id| Rev::new(id * 6 + 2, revision)).collect();
        heap.add_file(&revs, Written::BY_US).await;
    }
    let sql = "select command from actions";
    let small = Limits { memory_bytes: 1 << 20, ..Limits::default() };
    let context = heap.context(&Sessions::new(&small).await.unwrap(), None);
    let error = context.sql(sql).await.unwrap().collect().await.unwrap_err();
    assert!(matches!(error.find_root(), DataFusionError::ResourcesExhausted(_)), "{error}");

    let context = heap.context(&sessions().await, None);
    let mut rows = context.sql(sql).await.unwrap().execute_stream().await.unwrap();
    assert!(rows.next().await.unwrap().unwrap().num_rows() > 0);
    let pool = std::sync::Arc::clone(&context.runtime_env().memory_pool);
    assert!(pool.reserved() > 0);
    drop(rows);
    while pool.reserved() > 0 {
        tokio::task::yield_now().await;
    }
    let count = texts(&context, "select count(*) from actions").await;
    assert_eq!(count, ["60000"]);
}
