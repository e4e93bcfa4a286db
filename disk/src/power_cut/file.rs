//! One file: what a reader sees now, and what is on stable storage.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::chance::Chance;

/// The unit in which a device writes.
const BLOCK_BYTES: usize = 512;

/// A file's bytes as a reader sees them, as they are on stable storage, and
/// the changes that lead from the one to the other.
#[derive(Debug, Clone, Default)]
pub(super) struct FileNode {
    live: Vec<u8>,
    durable: Vec<u8>,
    pending: Vec<Change>,
}

#[derive(Debug, Clone)]
struct Change {
    offset: usize,
    bytes: Vec<u8>,
    /// Length of the file after this change.
    len: usize,
    /// A sync failed after this change: no later sync brings it back.
    lost: bool,
}

impl Change {
    fn blocks(&self) -> Range<usize> {
        let end = self.offset + self.bytes.len();
        self.offset / BLOCK_BYTES..end.div_ceil(BLOCK_BYTES)
    }

    /// The same change, block by block, as a failed sync leaves it.
    fn lost_blocks(&self) -> impl Iterator<Item = Change> {
        self.blocks().map(|block| {
            let end = self.offset + self.bytes.len();
            let start = self.offset.max(block * BLOCK_BYTES);
            let end = end.min((block + 1) * BLOCK_BYTES);
            Change {
                offset: start,
                bytes: self.bytes[start - self.offset..end - self.offset].to_vec(),
                len: self.len,
                lost: true,
            }
        })
    }
}

impl FileNode {
    /// A file after a restart: all of it is on stable storage.
    pub(super) fn durable(bytes: Vec<u8>) -> Self {
        Self { live: bytes.clone(), durable: bytes, pending: Vec::new() }
    }

    pub(super) fn live(&self) -> &[u8] {
        &self.live
    }

    pub(super) fn flip_bit(&mut self, offset: usize, bit: u8) {
        for image in [&mut self.live, &mut self.durable] {
            if let Some(byte) = image.get_mut(offset) {
                *byte ^= 1 << (bit % 8);
            }
        }
    }

    pub(super) fn write(&mut self, offset: usize, bytes: &[u8]) {
        let len = self.live.len().max(offset + bytes.len());
        self.change(offset, bytes.to_vec(), len);
    }

    pub(super) fn set_len(&mut self, len: usize) {
        let cut_off = self.live.len().saturating_sub(len);
        self.change(len, vec![0; cut_off], len);
    }

    fn change(&mut self, offset: usize, bytes: Vec<u8>, len: usize) {
        let change = Change { offset, bytes, len, lost: false };
        apply(&mut self.live, &change);
        self.pending.push(change);
    }

    pub(super) fn sync(&mut self) {
        let mut written = BTreeSet::new();
        for change in self.pending.iter().filter(|change| !change.lost) {
            apply(&mut self.durable, change);
            written.extend(change.blocks());
        }
        // A block goes to the device as a whole, with what was lost in it.
        let len = self.live.len();
        self.durable.resize(len, 0);
        self.pending
            .retain(|change| change.lost && change.blocks().all(|block| !written.contains(&block)));
        for change in &mut self.pending {
            change.len = len;
        }
        for block in written {
            let start = (block * BLOCK_BYTES).min(len);
            let end = (start + BLOCK_BYTES).min(len);
            self.durable[start..end].copy_from_slice(&self.live[start..end]);
        }
    }

    /// What Linux does after a failed `fsync`: the pages count as clean.
    pub(super) fn fail_sync(&mut self) {
        let pending = std::mem::take(&mut self.pending);
        self.pending = pending.iter().flat_map(Change::lost_blocks).collect();
    }

    /// The bytes that a machine finds after the cut. Each block shows some
    /// prefix of the changes made to it, independently of all others.
    pub(super) fn after_cut(&self, chance: &mut Chance, stale: &[u8]) -> Vec<u8> {
        let luck = match chance.below(4) {
            0 => return self.durable.clone(),
            1 => Luck::All,
            2 => Luck::Before(chance.below(self.live.len() + 1)),
            _ => Luck::Any,
        };
        let mut lens: Vec<usize> = self.pending.iter().map(|change| change.len).collect();
        lens.insert(0, self.durable.len());
        let chosen = match luck {
            Luck::All => lens.len() - 1,
            _ => chance.below(lens.len()),
        };
        let mut image = self.durable.clone();
        self.grow(&mut image, lens[chosen], chance, stale);
        for (block, changes) in self.changes_by_block() {
            let survived = match luck {
                Luck::All => changes.len(),
                Luck::Before(end) if block * BLOCK_BYTES < end => changes.len(),
                Luck::Before(_) => 0,
                Luck::Any => chance.below(changes.len() + 1),
            };
            for &index in &changes[..survived] {
                self.copy_block(&mut image, block, index, BLOCK_BYTES);
            }
            if survived < changes.len() && chance.one_in(16) {
                let torn_at = chance.below(BLOCK_BYTES);
                self.copy_block(&mut image, block, changes[survived], torn_at);
            }
        }
        image
    }

    /// Growth that was not synced shows zeros or whatever the device held.
    fn grow(&self, image: &mut Vec<u8>, len: usize, chance: &mut Chance, stale: &[u8]) {
        let old_len = self.durable.len();
        image.resize(len, 0);
        if len <= old_len {
            return;
        }
        for block in image[old_len..].chunks_mut(BLOCK_BYTES) {
            match chance.below(3) {
                0 => block.fill_with(|| chance.next().to_le_bytes()[0]),
                1 if stale.len() > block.len() => {
                    let from = chance.below(stale.len() - block.len());
                    block.copy_from_slice(&stale[from..from + block.len()]);
                }
                _ => {}
            }
        }
    }

    fn changes_by_block(&self) -> BTreeMap<usize, Vec<usize>> {
        let mut blocks: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (index, change) in self.pending.iter().enumerate() {
            for block in change.blocks() {
                blocks.entry(block).or_default().push(index);
            }
        }
        blocks
    }

    /// Copies what one change wrote into the first `limit` bytes of a block.
    fn copy_block(&self, image: &mut [u8], block: usize, index: usize, limit: usize) {
        let change = &self.pending[index];
        let start = (block * BLOCK_BYTES).max(change.offset);
        let end =
            (block * BLOCK_BYTES + limit).min(change.offset + change.bytes.len()).min(image.len());
        if start < end {
            let from = start - change.offset;
            image[start..end].copy_from_slice(&change.bytes[from..from + (end - start)]);
        }
    }
}

/// How lucky one file is.
#[derive(Clone, Copy)]
enum Luck {
    All,
    Before(usize),
    Any,
}

fn apply(image: &mut Vec<u8>, change: &Change) {
    let end = change.offset + change.bytes.len();
    if image.len() < end {
        image.resize(end, 0);
    }
    image[change.offset..end].copy_from_slice(&change.bytes);
    image.resize(change.len, 0);
}
