//! Which files are merged, and which are not.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use object_store::path::Path;
use seam_schema::ids::{LogId, Sequence};
use seam_schema::table::Table;

use crate::delta::{Covers, file_path};
use crate::options::UpkeepOptions;
use crate::snapshot::DataFile;
use crate::testing::{LOG, OTHER_LOG};
use crate::upkeep::plan::{Facts, Run, next_run};

const HOUR_MS: i64 = 3_600_000;
const NOW_MS: i64 = 1_000 * HOUR_MS;

/// A file of one tenant and day of a log, with frames `first` to `through`.
fn file(log_id: LogId, first: i64, through: i64, hours: i64) -> DataFile {
    let covers = Covers { log_id, first: Sequence(first), through: Sequence(through) };
    DataFile {
        path: Path::parse(file_path("red", 0, &covers, 0)).unwrap(),
        size_bytes: 1000,
        rows: Some(10),
        tenant: "red".to_owned(),
        day: 0,
        log_id: Some(log_id),
        written_at_ms: NOW_MS - hours * HOUR_MS,
        columns: Vec::new(),
    }
}

/// Some that follow on one another, a frame each.
fn small(count: i64, hours: i64) -> Vec<DataFile> {
    (1..=count).map(|frame| file(LOG, frame, frame, hours)).collect()
}

/// What a test says of the world.
struct World {
    table: Table,
    options: UpkeepOptions,
    passed: i64,
    settled: i64,
    unreadable: HashSet<Path>,
}

impl Default for World {
    fn default() -> Self {
        let (passed, settled) = (i64::MAX, i64::MAX);
        let options = UpkeepOptions::default();
        Self { table: Table::Events, options, passed, settled, unreadable: HashSet::new() }
    }
}

impl World {
    fn plan(&self, files: &[DataFile]) -> Option<Run> {
        let files: Vec<Arc<DataFile>> = files.iter().cloned().map(Arc::new).collect();
        let facts = Facts {
            table: self.table,
            options: &self.options,
            now_ms: NOW_MS,
            have_passed: &|_, through| through <= Sequence(self.passed),
            settled: &|_| Sequence(self.settled),
            unreadable: &self.unreadable,
        };
        next_run(&files, &facts)
    }

    /// The frames that the next merge covers.
    fn covers(&self, files: &[DataFile]) -> Option<(i64, i64)> {
        self.plan(files).map(|run| (run.covers.first.0, run.covers.through.0))
    }
}

/// Many small files are merged; a few are left for later, until their day is complete.
#[test]
fn many_are_merged_and_few_wait() {
    let world = World::default();
    assert_eq!(world.covers(&small(8, 2)), Some((1, 8)));
    assert_eq!(world.covers(&small(7, 2)), None);
    assert_eq!(world.covers(&small(7, 25)), Some((1, 7)));
    assert_eq!(world.covers(&small(1, 25)), None);
    assert_eq!(world.covers(&[]), None);
}

/// Young files wait, and so do those that a follower has not seen, until they are old.
#[test]
fn files_are_merged_when_they_are_old_enough() {
    let mut files = small(8, 2);
    files.extend((9..=20).map(|frame| file(LOG, frame, frame, 0)));
    let mut world = World::default();
    assert_eq!(world.covers(&files), Some((1, 8)));
    world.passed = 7;
    assert_eq!(world.covers(&files), None);
    assert_eq!(world.covers(&small(20, 25)), Some((1, 20)));
}

/// Only what lies beside each other is merged: one tenant, one day, one log, nothing between.
#[test]
fn only_neighbours_are_merged() {
    let world = World::default();
    let mut days = small(12, 2);
    for (place, file) in days.iter_mut().enumerate() {
        file.day = i32::try_from(place % 2).unwrap();
    }
    assert_eq!(world.covers(&days), None);
    let mut tenants = small(12, 2);
    tenants.iter_mut().step_by(2).for_each(|file| file.tenant = "blue".to_owned());
    assert_eq!(world.covers(&tenants), None);
    let mut logs = small(12, 2);
    logs.iter_mut().step_by(2).for_each(|of| *of = file(OTHER_LOG, 1, 1, 2));
    assert_eq!(world.covers(&logs), None);
    let mut foreign = small(12, 2);
    foreign[5].path = Path::from("tables/events/tenant=red/day=1970-01-01/part-5.parquet");
    assert_eq!(world.covers(&foreign), Some((1, 12)));
    assert_eq!(world.plan(&foreign).unwrap().files.len(), 11);
    let mut overlapping = small(16, 2);
    overlapping[8] = file(LOG, 8, 9, 2);
    assert_eq!(world.covers(&overlapping), Some((1, 8)));
    let unreadable = HashSet::from([small(16, 2)[8].path.clone()]);
    let world = World { unreadable, ..World::default() };
    assert_eq!(world.covers(&small(16, 2)), Some((1, 8)));
}

/// No file gets too large, none is merged again and again, and at most so many at once.
#[test]
fn merges_are_bounded() {
    let mut world = World::default();
    world.options.merged_rows_max = 50;
    assert_eq!(world.covers(&small(20, 2)), Some((1, 5)));
    world.options = UpkeepOptions { merged_bytes_max: 4_500, ..UpkeepOptions::default() };
    assert_eq!(world.covers(&small(20, 2)), Some((1, 4)));
    world.options = UpkeepOptions { merge_files_max: 3, ..UpkeepOptions::default() };
    assert_eq!(world.covers(&small(20, 2)), Some((1, 3)));
    // A large file takes in no small ones before they are much more.
    let mut files = small(61, 2);
    files[0].size_bytes = 20_000;
    assert_eq!(World::default().covers(&files), Some((1, 61)));
    files.truncate(60);
    assert_eq!(World::default().covers(&files), Some((2, 60)));
}

/// What is large is left as it is, and what lies on either side of it is merged; of a derived
/// table it is merged for its old revisions.
#[test]
fn large_files_are_left_alone() {
    let mut world = World::default();
    let mut files = small(20, 2);
    files[8].size_bytes = world.options.merge_below_bytes;
    assert_eq!(world.covers(&files), Some((10, 20)));
    files.truncate(12);
    assert_eq!(world.covers(&files), Some((1, 8)));
    let mut complete = small(5, 25);
    complete[2].size_bytes = world.options.merge_below_bytes;
    assert_eq!(world.covers(&complete), Some((1, 2)));
    world.table = Table::Actions;
    assert_eq!(world.covers(&complete), Some((1, 5)));
}

/// However slowly a day fills up, a row is written a few times only, and few files are left.
#[test]
fn a_day_is_not_written_over_and_over() {
    let world = World::default();
    let (mut files, mut written) = (Vec::new(), 0);
    for frame in 1..=2880 {
        files.push(file(LOG, frame, frame, 2));
        while let Some(run) = world.plan(&files) {
            let gone: HashSet<&Path> = run.files.iter().map(|file| &file.path).collect();
            files.retain(|file| !gone.contains(&file.path));
            let mut come = file(LOG, run.covers.first.0, run.covers.through.0, 2);
            come.size_bytes = run.files.iter().map(|file| file.size_bytes).sum();
            come.rows = run.files.iter().map(|file| file.rows).sum();
            written += come.rows.unwrap();
            files.push(come);
            files.sort_by(|one, other| one.path.cmp(&other.path));
        }
        assert!(files.len() < 25, "{}", files.len());
    }
    let sizes: u64 = files.iter().map(|file| file.size_bytes).sum();
    assert_eq!(sizes, 2_880_000);
    assert!(written < 2880 * 10 * 4, "{written}");
}

/// Of derived tables only what a restart does not take back is merged, and what is gone for good
/// is left out only when all of a day is there.
#[test]
fn derived_files_are_merged_behind_the_position() {
    let mut world = World { table: Table::Actions, ..World::default() };
    world.settled = 9;
    assert_eq!(world.covers(&small(20, 2)), Some((1, 9)));
    world.settled = 3;
    assert_eq!(world.covers(&small(20, 2)), None);
    // However old it is.
    assert_eq!(world.covers(&small(20, 25 * 30)), None);
    let mut reaching = small(9, 2);
    reaching[8] = file(LOG, 9, 10, 2);
    world.settled = 9;
    assert_eq!(world.covers(&reaching), Some((1, 8)));
    world.settled = i64::MAX;
    assert!(!world.plan(&small(20, 2)).unwrap().is_all);
    assert!(world.plan(&small(20, 25)).unwrap().is_all);
    let mut more = small(20, 25);
    more.push(file(OTHER_LOG, 1, 1, 25));
    assert!(!world.plan(&more).unwrap().is_all);
    world.options.merge_anyway_after = Duration::from_hours(1000);
    assert!(!world.plan(&small(20, 25)).unwrap().is_all);
    world = World { table: Table::Actions, passed: 9, ..World::default() };
    assert_eq!(world.covers(&small(20, 25)), Some((1, 9)));
}
