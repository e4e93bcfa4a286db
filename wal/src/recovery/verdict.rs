//! Judges what the scans of all segments found.

use std::io;
use std::path::PathBuf;

use seam_disk::Disk;

use super::inventory::{Inventory, Listed};
use super::read_file;
use super::scan::{Hole, Scan, scan};
use crate::format::{FOOTER_BYTES, SegmentHeader, guess_first, guess_last, index};
use crate::position::Sequence;
use crate::report::{DamagedRange, OpenError, RecoveryReport};
use crate::segment::Index;

/// A segment that can be read.
pub(super) struct Walked {
    pub(super) ordinal: u64,
    pub(super) path: PathBuf,
    pub(super) file_bytes: u64,
    pub(super) header: SegmentHeader,
    pub(super) end: u64,
    pub(super) index: Index,
}

/// A loss to be written in the place of what cannot be read.
pub(super) struct Repair {
    pub(super) place: Place,
    pub(super) hole: Hole,
}

/// Where a loss goes.
pub(super) enum Place {
    /// Into the hole itself.
    Segment { path: PathBuf, header: SegmentHeader },
    /// Into a segment of its own, with this ordinal.
    Own { ordinal: u64 },
}

/// The last segment's last batch and what stands behind it.
pub(super) struct LastBatch {
    pub(super) ordinal: u64,
    pub(super) path: PathBuf,
    pub(super) bytes: Vec<u8>,
    pub(super) start: u64,
    pub(super) torn: Vec<u8>,
}

/// A segment without a header: its frames cannot be checked.
struct Unreadable {
    ordinal: u64,
    path: PathBuf,
    file_bytes: u64,
}

#[derive(Default)]
pub(super) struct Verdict {
    pub(super) segments: Vec<Walked>,
    pub(super) next: u64,
    pub(super) received_at: i64,
    pub(super) fence: u64,
    pub(super) repairs: Vec<Repair>,
    pub(super) last_batch: Option<LastBatch>,
    pub(super) report: RecoveryReport,
    /// Segments without a header since the last one with a header.
    unreadable: Vec<Unreadable>,
    /// The highest sequence that those seem to hold.
    seen: u64,
}

/// Walks all segments and judges what lies between their batches.
pub(super) fn walk(disk: &dyn Disk, inventory: &Inventory) -> Result<Verdict, OpenError> {
    let mut verdict = Verdict { received_at: i64::MIN, ..Verdict::default() };
    let mut last = None;
    for listed in &inventory.segments {
        let file = read_file(disk, &listed.path, listed.file_bytes)?;
        match &listed.header {
            Some(header) => {
                let scan = verdict.add(listed, header, &file)?;
                last = Some((listed, header, scan, file));
            }
            None => verdict.add_unreadable(listed, &file),
        }
    }
    match last {
        Some((listed, header, scan, file)) if verdict.unreadable.is_empty() => {
            verdict.judge_tail(listed, header, &scan, &file);
        }
        _ => {
            let next = verdict.next.max(verdict.seen + 1);
            verdict.settle_unreadable(next);
        }
    }
    verdict.next = verdict.next.max(1);
    Ok(verdict)
}

impl Verdict {
    /// Takes in a segment with a header.
    fn add(
        &mut self,
        listed: &Listed,
        header: &SegmentHeader,
        file: &[u8],
    ) -> Result<Scan, OpenError> {
        let first = header.first_sequence;
        if self.next == 0 {
            self.next = first;
        }
        if first < self.next {
            let message = format!(
                "{} starts at frame {first}, but the segments before it reach frame {}",
                listed.path.display(),
                self.next - 1
            );
            return Err(io::Error::new(io::ErrorKind::InvalidData, message).into());
        }
        if !self.unreadable.is_empty() {
            self.settle_unreadable(first);
        } else if first > self.next {
            self.note_gap(listed, first)?;
        }
        let mut scan = scan(file, header);
        for hole in &scan.holes {
            self.note_hole(listed, header, *hole);
        }
        let losses = scan.losses.drain(..);
        self.report
            .accepted_losses
            .extend(losses.map(|(from, to)| (Sequence::new(from), Sequence::new(to))));
        self.report.recovered_frames += scan.frames;
        self.report.recovered_bytes += scan.bytes;
        self.next = scan.next;
        self.received_at = scan.received_at;
        self.fence = scan.fence;
        self.segments.push(Walked {
            ordinal: listed.ordinal,
            path: listed.path.clone(),
            file_bytes: listed.file_bytes,
            header: header.clone(),
            end: scan.end,
            index: std::mem::take(&mut scan.index),
        });
        Ok(scan)
    }

    fn add_unreadable(&mut self, listed: &Listed, file: &[u8]) {
        if self.next == 0 {
            // Nothing older is there to say where it starts.
            self.next = guess_first(file).unwrap_or(0);
        }
        self.seen = self.seen.max(guess_last(file, self.next).unwrap_or(0));
        self.unreadable.push(Unreadable {
            ordinal: listed.ordinal,
            path: listed.path.clone(),
            file_bytes: listed.file_bytes,
        });
    }

    /// Frames are missing between the segment before and this one.
    fn note_gap(&mut self, listed: &Listed, next: u64) -> Result<(), OpenError> {
        let Some(before) = self.segments.last() else {
            return Ok(());
        };
        let hole = Hole {
            start: before.end,
            end: before.file_bytes,
            first: self.next,
            next,
            received_at: self.received_at,
            fence: self.fence,
        };
        let own = before.ordinal + 1;
        let place = if hole.end.saturating_sub(hole.start) >= FOOTER_BYTES {
            Place::Segment { path: before.path.clone(), header: before.header.clone() }
        } else if own < listed.ordinal {
            Place::Own { ordinal: own }
        } else {
            let message = format!("no room for a loss before {}", listed.path.display());
            return Err(io::Error::new(io::ErrorKind::InvalidData, message).into());
        };
        let segment = before.path.clone();
        self.note_damage(segment, &hole);
        self.repairs.push(Repair { place, hole });
        Ok(())
    }

    /// Bytes inside a segment cannot be read. If no frame is missing, a seal
    /// was hit: that harms nobody, but readers must get past it.
    fn note_hole(&mut self, listed: &Listed, header: &SegmentHeader, hole: Hole) {
        self.note_damage(listed.path.clone(), &hole);
        let place = Place::Segment { path: listed.path.clone(), header: header.clone() };
        self.repairs.push(Repair { place, hole });
    }

    /// Segments without a header end before the frame `next`: the first of
    /// them gets the loss, the others are emptied.
    fn settle_unreadable(&mut self, next: u64) {
        if self.next == 0 {
            self.next = next;
        }
        for unreadable in std::mem::take(&mut self.unreadable) {
            let hole = Hole {
                start: 0,
                end: unreadable.file_bytes,
                first: self.next,
                next,
                received_at: self.received_at,
                fence: self.fence,
            };
            self.note_damage(unreadable.path, &hole);
            let ordinal = unreadable.ordinal;
            let place = Place::Own { ordinal };
            self.repairs.push(Repair { place, hole });
            self.next = next;
        }
    }

    /// What stands behind the last whole batch of all.
    fn judge_tail(&mut self, listed: &Listed, header: &SegmentHeader, scan: &Scan, file: &[u8]) {
        let tail = scan.tail;
        if let Some((at, next)) = tail.witness {
            let hole = Hole {
                start: scan.end,
                end: at,
                first: scan.next,
                next,
                received_at: scan.received_at,
                fence: scan.fence,
            };
            self.note_hole(listed, header, hole);
            return;
        }
        let bytes = |from: u64, to: u64| {
            let bytes = file.get(index(from)..index(to));
            bytes.unwrap_or_default().to_vec()
        };
        let start = scan.last.map_or(scan.end, |batch| batch.start);
        self.last_batch = Some(LastBatch {
            ordinal: listed.ordinal,
            path: listed.path.clone(),
            bytes: bytes(start, scan.end),
            start,
            torn: bytes(scan.end, tail.end),
        });
    }

    fn note_damage(&mut self, segment: PathBuf, hole: &Hole) {
        if hole.next > hole.first {
            self.report.damaged.push(DamagedRange {
                segment,
                offsets: hole.start..hole.end,
                lost_from: Sequence::new(hole.first),
                lost_to: Sequence::new(hole.next - 1),
            });
        }
    }
}
