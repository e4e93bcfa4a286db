//! What was taken from the tables and has not ended well, in order; the cursor follows its front.

use std::collections::VecDeque;
use std::time::Duration;

use seam_schema::ids::Offset;

use super::batch::{Batch, Next};
use super::cursor::Cursor;
use super::entries::Row;
use super::options::DeliveryOptions;
use super::ports::Lane;
use super::shards::Shards;
use crate::destination::Limits;
use crate::record::Record;

/// The window.
pub(super) struct Window {
    entries: VecDeque<Entry>,
    /// The number of the first entry.
    first: u64,
    /// Bytes of documents that are held.
    bytes: usize,
    /// Records that have not ended.
    open: usize,
    shards: Shards,
}

struct Entry {
    lane: Lane,
    end: Offset,
    received_us: i64,
    /// When it came into the window.
    since: Duration,
    /// What is sent; nothing when it has ended, or is not to be sent.
    record: Option<Record>,
    attempts: u32,
    shard: usize,
}

impl Window {
    pub(super) fn new() -> Self {
        Self { entries: VecDeque::new(), first: 0, bytes: 0, open: 0, shards: Shards::new() }
    }

    /// Whether more may come in.
    pub(super) fn has_room(&self, options: &DeliveryOptions) -> bool {
        self.entries.len() < options.window_records && self.bytes < options.window_bytes
    }

    /// The number of the first entry that is still there.
    pub(super) fn first(&self) -> u64 {
        self.first
    }

    /// How many entries came in since the entry with a number.
    pub(super) fn since(&self, number: u64) -> usize {
        usize::try_from(self.first - number).unwrap_or(usize::MAX) + self.entries.len()
    }

    /// Bytes of documents that are held.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Records that have not ended.
    pub(super) fn open(&self) -> usize {
        self.open
    }

    /// Whether a record behind the cursor may have been taken: one that ended well, behind one that
    /// has not, or one of which nobody knows.
    pub(super) fn has_doubt(&self) -> bool {
        self.entries.iter().any(|entry| match &entry.record {
            Some(record) => record.redelivery,
            None => entry.attempts > 0,
        })
    }

    /// A record that has not ended.
    pub(super) fn record(&mut self, number: u64) -> Option<&Record> {
        self.entry(number)?.record.as_ref()
    }

    /// When the frame of the first record that has not ended was received.
    pub(super) fn oldest_us(&self) -> Option<i64> {
        self.entries.iter().find(|entry| entry.record.is_some()).map(|entry| entry.received_us)
    }

    /// Takes a row in, and its number if something of it is sent.
    pub(super) fn push(&mut self, row: Row, now: Duration) -> Option<u64> {
        let Row { lane, end, received_us, record, .. } = row;
        let Some(record) = record else {
            self.pass(lane, end);
            return None;
        };
        let number = self.first + self.entries.len() as u64;
        let shard = self.shards.of(&record.tenant, &record.session_id);
        let len = record.document.len();
        self.bytes += len;
        self.open += 1;
        self.shards.push(shard, number, len);
        let (record, attempts) = (Some(record), 0);
        self.entries.push_back(Entry {
            lane,
            end,
            received_us,
            since: now,
            record,
            attempts,
            shard,
        });
        Some(number)
    }

    /// Notes that a lane is done up to here, once everything before has ended.
    pub(super) fn pass(&mut self, lane: Lane, end: Offset) {
        let last = self.entries.back_mut();
        if let Some(last) = last.filter(|last| last.record.is_none() && last.lane == lane)
            && last.end.log_id == end.log_id
        {
            last.end = last.end.max(end);
            return;
        }
        self.entries.push_back(Entry {
            lane,
            end,
            received_us: 0,
            since: Duration::ZERO,
            record: None,
            attempts: 0,
            shard: 0,
        });
    }

    /// The next batch.
    pub(super) fn next_batch(
        &mut self,
        limits: &Limits,
        options: &DeliveryOptions,
        now: Duration,
        no_linger: bool,
    ) -> Next {
        let (records, bytes) = self.shards.ready(now);
        let Some(first) = self.shards.first_ready(now) else {
            return self.shards.next_time(now).map_or(Next::Nothing, Next::At);
        };
        let since = self.entry(first).map_or(now, |entry| entry.since);
        let due = since + options.linger;
        let is_full = records >= limits.records || bytes >= limits.bytes;
        if !is_full && !no_linger && due > now {
            return Next::At(self.shards.next_time(now).map_or(due, |at| at.min(due)));
        }
        let taken =
            self.shards.take(now, limits.records.max(1), limits.bytes.max(1), limits.in_flight);
        let records = taken.numbers.iter().filter_map(|number| {
            let entry = self.entry(*number)?;
            entry.attempts += 1;
            entry.record.clone()
        });
        let records = records.collect();
        Next::Batch(Batch { records, numbers: taken.numbers, shards: taken.shards, left_at: now })
    }

    fn entry(&mut self, number: u64) -> Option<&mut Entry> {
        let at = number.checked_sub(self.first)?;
        self.entries.get_mut(usize::try_from(at).ok()?)
    }

    /// How often a record was sent.
    pub(super) fn attempts(&mut self, number: u64) -> u32 {
        self.entry(number).map_or(0, |entry| entry.attempts)
    }

    /// A record that has not ended waits again; it may have been taken if `redelivery` says so.
    pub(super) fn give_back(&mut self, number: u64, redelivery: bool, until: Duration) {
        let Some(entry) = self.entry(number) else { return };
        let Some(record) = entry.record.as_mut() else { return };
        record.redelivery |= redelivery;
        let (shard, len) = (entry.shard, record.document.len());
        self.shards.push_front(shard, number, len);
        self.shards.delay(shard, until);
    }

    /// Takes a record that has just come in out of its queue: it is not sent.
    pub(super) fn withdraw(&mut self, number: u64) {
        let Some(shard) = self.entry(number).map(|entry| entry.shard) else { return };
        self.shards.remove(shard, number);
    }

    /// The shards of a batch may give again.
    pub(super) fn free(&mut self, shards: &[usize]) {
        self.shards.free(shards);
    }

    /// A record has ended well.
    pub(super) fn end(&mut self, number: u64) {
        let Some(record) = self.entry(number).and_then(|entry| entry.record.take()) else { return };
        self.bytes -= record.document.len();
        self.open -= 1;
    }

    /// Moves the cursor over what has ended at the front; whether it moved.
    pub(super) fn advance(&mut self, cursor: &mut Cursor) -> bool {
        let mut moved = false;
        while let Some(entry) = self.entries.pop_front_if(|entry| entry.record.is_none()) {
            self.first += 1;
            if !cursor.is_past(entry.lane, entry.end) {
                cursor.advance(entry.lane, entry.end);
                moved = true;
            }
        }
        moved
    }
}
