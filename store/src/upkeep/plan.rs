//! Which files are merged next.
//!
//! Small files that follow on one another in one log, tenant and day become one. A merge is worth its
//! work when it makes many small files one, or fills a file, and its largest file is a small part
//! of all: so a row is written a few times at most, however slowly a day fills up. When all of a
//! day has been written for long, what is left of it is merged too.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use object_store::path::Path;
use seam_schema::ids::{LogId, Sequence};
use seam_schema::table::Table;

use crate::delta::Covers;
use crate::options::UpkeepOptions;
use crate::snapshot::DataFile;

/// What has to be known beside the files.
pub(super) struct Facts<'a> {
    pub(super) table: Table,
    pub(super) options: &'a UpkeepOptions,
    /// Milliseconds since 1970.
    pub(super) now_ms: i64,
    /// Whether every follower has seen a log up to a frame.
    pub(super) have_passed: &'a dyn Fn(LogId, Sequence) -> bool,
    /// The frame of a log up to which a restart takes nothing back.
    pub(super) settled: &'a dyn Fn(LogId) -> Sequence,
    /// Files that are left alone.
    pub(super) unreadable: &'a HashSet<Path>,
}

/// Files that become one.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Run {
    /// In the order of what they cover.
    pub(super) files: Vec<Arc<DataFile>>,
    /// All that they cover.
    pub(super) covers: Covers,
    /// These are all files of their tenant and day, and all are old: no row of that day stands
    /// anywhere else.
    pub(super) is_all: bool,
}

/// A file, and what decides.
struct Candidate<'a> {
    file: &'a Arc<DataFile>,
    covers: Covers,
    rows: u64,
    may_merge: bool,
    is_old: bool,
    is_large: bool,
}

/// The merge that does away with the most files.
pub(super) fn next_run(files: &[Arc<DataFile>], facts: &Facts<'_>) -> Option<Run> {
    let mut days: BTreeMap<(&str, i32), BTreeMap<LogId, Vec<Candidate<'_>>>> = BTreeMap::new();
    let mut files_of: BTreeMap<(&str, i32), usize> = BTreeMap::new();
    for file in files {
        let day = (file.tenant.as_str(), file.day);
        *files_of.entry(day).or_insert(0) += 1;
        if let Some(candidate) = candidate(file, facts) {
            let logs = days.entry(day).or_default();
            logs.entry(candidate.covers.log_id).or_default().push(candidate);
        }
    }
    let mut best: Option<Run> = None;
    for (day, logs) in days {
        for mut candidates in logs.into_values() {
            candidates.sort_by(|one, other| {
                (one.covers, &one.file.path).cmp(&(other.covers, &other.file.path))
            });
            let is_complete =
                candidates.iter().all(|of| of.is_old && (of.may_merge || of.is_large));
            let Some(found) = best_of(&candidates, is_complete, facts) else { continue };
            let all = files_of.get(&day).copied().unwrap_or(0);
            let run = run(found, is_complete && found.len() == all);
            if best.as_ref().is_none_or(|best| run.files.len() > best.files.len()) {
                best = Some(run);
            }
        }
    }
    best
}

fn candidate<'a>(file: &'a Arc<DataFile>, facts: &Facts<'_>) -> Option<Candidate<'a>> {
    let covers = Covers::of(file.path.as_ref())?;
    let options = facts.options;
    let age_ms = u128::try_from(facts.now_ms - file.written_at_ms).unwrap_or(0);
    let last = file.sequences().map_or(covers.through, |(_, last)| last);
    let passed = (facts.have_passed)(covers.log_id, last);
    let is_old = age_ms >= options.merge_anyway_after.as_millis();
    let may_merge = if facts.table.is_derived() {
        // Old revisions go, so whoever follows must have seen them; and a restart takes back
        // files as a whole.
        passed && covers.through <= (facts.settled)(covers.log_id)
    } else {
        passed || is_old
    };
    let is_large = file.size_bytes >= options.merge_below_bytes && !facts.table.is_derived();
    Some(Candidate {
        file,
        covers,
        rows: file.rows?,
        may_merge: may_merge
            && !is_large
            && age_ms >= options.merge_after.as_millis()
            && !facts.unreadable.contains(&file.path),
        is_old,
        is_large,
    })
}

/// The longest part of a log's day that is worth a merge.
fn best_of<'a, 'b>(
    candidates: &'b [Candidate<'a>],
    is_complete: bool,
    facts: &Facts<'_>,
) -> Option<&'b [Candidate<'a>]> {
    let starts = (0..candidates.len()).filter_map(|start| candidates.get(start..));
    let mut best: Option<&[Candidate<'_>]> = None;
    for from in starts {
        let (length, is_full) = fitting(from, facts);
        let Some(part) = from.get(..length) else { continue };
        let is_better = best.is_none_or(|best| part.len() > best.len());
        if is_better && is_worth(part, is_full, is_complete, facts.options) {
            best = Some(part);
        }
    }
    best
}

/// How many of the first files fit into one, and whether another would be too much.
fn fitting(from: &[Candidate<'_>], facts: &Facts<'_>) -> (usize, bool) {
    let options = facts.options;
    let (mut rows, mut bytes, mut length) = (0, 0, 0_usize);
    for next in from {
        let last = length.checked_sub(1).and_then(|last| from.get(last));
        let follows = facts.table.is_derived()
            || last.is_none_or(|last| last.covers.through < next.covers.first);
        if !next.may_merge || !follows {
            return (length, false);
        }
        rows += next.rows;
        bytes += next.file.size_bytes;
        if rows > options.merged_rows_max
            || bytes > options.merged_bytes_max
            || length == options.merge_files_max
        {
            return (length, true);
        }
        length += 1;
    }
    (length, false)
}

fn is_worth(
    part: &[Candidate<'_>],
    is_full: bool,
    is_complete: bool,
    options: &UpkeepOptions,
) -> bool {
    if part.len() < 2 || is_complete {
        return part.len() >= 2;
    }
    let sizes = part.iter().map(|of| of.file.size_bytes);
    let (all, largest) = (sizes.clone().sum::<u64>(), sizes.max().unwrap_or(0));
    // A row is written again into a file that is so many times as large, at the least. A full
    // file is not written again, so it may be filled up by less.
    let times = if is_full { 2 } else { (options.merge_files_min / 2).max(2) as u64 };
    largest.saturating_mul(times) <= all && (is_full || part.len() >= options.merge_files_min)
}

fn run(part: &[Candidate<'_>], is_all: bool) -> Run {
    let mut covers = Covers {
        log_id: LogId::from_bytes([0; 16]),
        first: Sequence(i64::MAX),
        through: Sequence(i64::MIN),
    };
    for of in part {
        covers = Covers {
            log_id: of.covers.log_id,
            first: covers.first.min(of.covers.first),
            through: covers.through.max(of.covers.through),
        };
    }
    let files = part.iter().map(|of| Arc::clone(of.file)).collect();
    Run { files, covers, is_all }
}
