//! Opens what is there: finds the end of the log, tells torn from damaged,
//! keeps the evidence.
//!
//! The rule behind it: a batch is written only after all before it is
//! durable. So whatever is whole proves that everything before its batch was
//! acknowledged; bytes that cannot be read are *damage* if something whole of
//! a later batch stands behind them, and a *torn tail*, never acknowledged,
//! otherwise.
//!
//! Steps: look at the files (`inventory`), walk the batches of each segment
//! (`scan`), and judge what lies between (`verdict`). Then keep copies of what
//! cannot be read, and either refuse, or write losses in its place and start
//! over (`repair`).

mod inventory;
mod repair;
mod scan;
mod verdict;

use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;

use seam_disk::{Access, Disk};

use self::inventory::{Inventory, take_inventory};
use self::verdict::{Verdict, Walked, walk};
use crate::format::index;
use crate::options::Options;
use crate::position::LogId;
use crate::report::{OpenError, RecoveryReport};
use crate::segment::{Segment, SegmentParts};
use crate::stock::FreeFile;
use crate::writer::Position;

/// A log as recovery left it, ready to go on.
pub(crate) struct Recovered {
    pub(crate) log_id: LogId,
    pub(crate) fence: u64,
    pub(crate) segments: VecDeque<Arc<Segment>>,
    pub(crate) end: u64,
    pub(crate) position: Position,
    pub(crate) free: Vec<FreeFile>,
    pub(crate) last_free_number: u64,
    pub(crate) report: RecoveryReport,
}

/// Recovers the log in `dir`, whose lock the caller holds.
pub(crate) fn recover(
    disk: &Arc<dyn Disk>,
    dir: &Path,
    options: &Options,
) -> Result<Recovered, OpenError> {
    let inventory = take_inventory(&**disk, dir)?;
    let log_id = match inventory.log_id {
        Some(log_id) => log_id,
        None => LogId::from_bytes(random_bytes()?),
    };
    let mut verdict = walk(&**disk, &inventory)?;
    let mut report = std::mem::take(&mut verdict.report);
    if !verdict.repairs.is_empty() {
        repair::keep_evidence(&**disk, dir, options, &inventory, &verdict, &mut report)?;
        if !report.damaged.is_empty() && !options.accept_damage {
            let report = Box::new(report);
            return Err(OpenError::Damaged { report });
        }
        repair::apply(&**disk, dir, log_id, &verdict)?;
        let mut repaired = recover(disk, dir, options)?;
        repaired.report.damaged = report.damaged;
        repaired.report.quarantined.splice(0..0, report.quarantined);
        return Ok(repaired);
    }
    finish(&**disk, dir, options, (log_id, inventory), verdict, report)
}

/// Makes durable what was found, wipes a torn tail, and opens the segments.
fn finish(
    disk: &dyn Disk,
    dir: &Path,
    options: &Options,
    (log_id, inventory): (LogId, Inventory),
    verdict: Verdict,
    mut report: RecoveryReport,
) -> Result<Recovered, OpenError> {
    repair::settle_tail(disk, options, verdict.last_batch.as_ref(), &mut report)?;
    // Names may stem from a process that was killed before it synced them.
    disk.sync_dir(dir)?;
    let mut segments = VecDeque::new();
    let next_ordinal = verdict.segments.last().map_or(1, |last| last.ordinal + 1);
    for walked in verdict.segments {
        segments.push_back(Arc::new(open_segment(disk, walked)?));
    }
    let active = segments.back().map(|last: &Arc<Segment>| {
        let end = last.durable_end();
        (Arc::clone(last), end)
    });
    Ok(Recovered {
        log_id,
        fence: verdict.fence + 1,
        segments,
        end: verdict.next.saturating_sub(1),
        position: Position {
            next: verdict.next,
            received_at: verdict.received_at,
            next_ordinal,
            active,
        },
        free: inventory.free,
        last_free_number: inventory.last_free_number,
        report,
    })
}

fn open_segment(disk: &dyn Disk, walked: Walked) -> Result<Segment, OpenError> {
    let file = disk.open(&walked.path, Access::ReadWrite)?;
    Ok(Segment::from(SegmentParts {
        ordinal: walked.ordinal,
        path: walked.path,
        file,
        seeds: walked.header.seeds(),
        first_sequence: walked.header.first_sequence,
        file_bytes: walked.file_bytes,
        durable_end: walked.end,
        index: walked.index,
    }))
}

fn random_bytes() -> Result<[u8; 16], OpenError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(OpenError::Random)?;
    Ok(bytes)
}

/// A whole file.
fn read_file(disk: &dyn Disk, path: &Path, file_bytes: u64) -> Result<Vec<u8>, OpenError> {
    let mut bytes = vec![0; index(file_bytes)];
    let file = disk.open(path, Access::Read)?;
    file.read_exact_at(&mut bytes, 0)?;
    Ok(bytes)
}
