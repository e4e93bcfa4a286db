//! Keeps evidence, writes losses, wipes torn tails.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use seam_disk::{Access, Disk, Mode, create_dir_durable, write_durable};

use super::inventory::Inventory;
use super::verdict::{LastBatch, Place, Repair, Verdict};
use super::{random_bytes, read_file};
use crate::format::{DATA_START, FOOTER_BYTES, SegmentHeader, encode_loss};
use crate::options::Options;
use crate::position::LogId;
use crate::report::{OpenError, RecoveryReport};
use crate::segment::segment_path;

/// Copies every segment that is about to be repaired into the quarantine.
pub(super) fn keep_evidence(
    disk: &dyn Disk,
    dir: &Path,
    options: &Options,
    inventory: &Inventory,
    verdict: &Verdict,
    report: &mut RecoveryReport,
) -> Result<(), OpenError> {
    let damaged: BTreeSet<PathBuf> = verdict
        .repairs
        .iter()
        .map(|repair| match &repair.place {
            Place::Segment { path, .. } => path.clone(),
            Place::Own { ordinal } => segment_path(dir, *ordinal),
        })
        .collect();
    for listed in &inventory.segments {
        if damaged.contains(&listed.path) {
            let bytes = read_file(disk, &listed.path, listed.file_bytes)?;
            let name = format!("damaged-{:016x}", listed.ordinal);
            let kept = quarantine(disk, options, &name, &bytes)?;
            let segment = listed.path.display();
            tracing::warn!(%segment, evidence = %kept.display(), "the log is damaged");
            report.quarantined.push(kept);
        }
    }
    Ok(())
}

/// Writes a loss in the place of everything that cannot be read.
pub(super) fn apply(
    disk: &dyn Disk,
    dir: &Path,
    log_id: LogId,
    verdict: &Verdict,
) -> Result<(), OpenError> {
    for Repair { place, hole } in &verdict.repairs {
        let frames = (hole.first, hole.next);
        let origin = (hole.received_at, hole.fence);
        match place {
            Place::Segment { path, header } => {
                let span = hole.end - hole.start;
                let loss = encode_loss(header.seeds(), hole.start, frames, origin, span);
                let file = disk.open(path, Access::ReadWrite)?;
                file.write_all_at(&loss, hole.start)?;
                file.sync_data()?;
            }
            Place::Own { ordinal } => {
                let header = SegmentHeader {
                    log_id,
                    ordinal: *ordinal,
                    first_sequence: hole.first,
                    received_floor: hole.received_at,
                    salt: random_bytes()?,
                    fence: hole.fence,
                };
                let mut bytes = Vec::new();
                header.encode(&mut bytes);
                let seeds = header.seeds();
                bytes.extend(encode_loss(seeds, DATA_START, frames, origin, FOOTER_BYTES));
                let path = segment_path(dir, *ordinal);
                write_durable(disk, &path, &bytes, Mode::Private)?;
            }
        }
    }
    Ok(())
}

/// Copies a torn tail aside and wipes it, so that no piece of it is ever
/// taken for a part of the log. Writes the last batch once more: after a sync
/// that failed it may be in the machine's memory alone.
pub(super) fn settle_tail(
    disk: &dyn Disk,
    options: &Options,
    last: Option<&LastBatch>,
    report: &mut RecoveryReport,
) -> Result<(), OpenError> {
    let Some(last) = last else {
        return Ok(());
    };
    let mut bytes = last.bytes.clone();
    if !last.torn.is_empty() {
        let name = format!("torn-{:016x}", last.ordinal);
        let kept = quarantine(disk, options, &name, &last.torn)?;
        report.torn_tail_bytes = last.torn.len() as u64;
        tracing::warn!(
            bytes = last.torn.len(),
            evidence = %kept.display(),
            "the last batch of the log was interrupted; it was never acknowledged"
        );
        report.quarantined.push(kept);
        bytes.resize(bytes.len() + last.torn.len(), 0);
    }
    let file = disk.open(&last.path, Access::ReadWrite)?;
    file.write_all_at(&bytes, last.start)?;
    file.sync_data()?;
    Ok(())
}

/// Keeps bytes as evidence. The name says what they are and has their
/// checksum: the same evidence is kept once, however often the start is
/// tried.
fn quarantine(
    disk: &dyn Disk,
    options: &Options,
    name: &str,
    bytes: &[u8],
) -> Result<PathBuf, OpenError> {
    create_dir_durable(disk, &options.quarantine)?;
    disk.make_private(&options.quarantine)?;
    let name = format!("{name}-{:08x}.wal", crc32c::crc32c(bytes));
    let path = options.quarantine.join(&name);
    let kept = disk.list(&options.quarantine)?;
    let there =
        |entry: &seam_disk::DirEntry| *name == *entry.name && entry.len == bytes.len() as u64;
    if !kept.iter().any(there) {
        write_durable(disk, &path, bytes, Mode::Private)?;
    }
    Ok(path)
}
