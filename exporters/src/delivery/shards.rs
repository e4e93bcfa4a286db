//! Waiting records, by conversation: those of one shard leave one batch after the other, so the
//! order within a conversation is kept while several batches are under way.

use std::collections::VecDeque;
use std::hash::BuildHasher;
use std::time::Duration;

use foldhash::fast::FixedState;

/// So many shards: more than batches that may be under way.
const COUNT: usize = 128;

/// The queues of records that wait.
pub(super) struct Shards {
    shards: Vec<Shard>,
    /// For records without a conversation, which need no order.
    turn: usize,
}

#[derive(Default)]
struct Shard {
    /// Numbers and bytes, in order.
    queue: VecDeque<(u64, usize)>,
    bytes: usize,
    away: bool,
    not_before: Duration,
}

/// What may leave now.
pub(super) struct Taken {
    pub(super) numbers: Vec<u64>,
    pub(super) shards: Vec<usize>,
}

impl Shards {
    pub(super) fn new() -> Self {
        Self { shards: (0..COUNT).map(|_| Shard::default()).collect(), turn: 0 }
    }

    /// The shard of a conversation.
    pub(super) fn of(&mut self, tenant: &str, session: &str) -> usize {
        let count = self.shards.len().max(1);
        if session.is_empty() {
            self.turn = (self.turn + 1) % count;
            return self.turn;
        }
        let hash = FixedState::default().hash_one((tenant, session));
        usize::try_from(hash % count as u64).unwrap_or(0)
    }

    pub(super) fn push(&mut self, shard: usize, number: u64, bytes: usize) {
        if let Some(of) = self.shards.get_mut(shard) {
            of.queue.push_back((number, bytes));
            of.bytes += bytes;
        }
    }

    /// Gives records back that did not end, in front of those that waited meanwhile.
    pub(super) fn push_front(&mut self, shard: usize, number: u64, bytes: usize) {
        if let Some(of) = self.shards.get_mut(shard) {
            let at = of.queue.partition_point(|(other, _)| *other < number);
            of.queue.insert(at, (number, bytes));
            of.bytes += bytes;
        }
    }

    /// Takes a record out that came last.
    pub(super) fn remove(&mut self, shard: usize, number: u64) {
        let Some(of) = self.shards.get_mut(shard) else { return };
        if let Some((_, bytes)) = of.queue.pop_back_if(|(last, _)| *last == number) {
            of.bytes -= bytes;
        }
    }

    /// A batch has ended.
    pub(super) fn free(&mut self, shards: &[usize]) {
        for shard in shards {
            if let Some(of) = self.shards.get_mut(*shard) {
                of.away = false;
            }
        }
    }

    /// Nothing of a shard leaves before this time.
    pub(super) fn delay(&mut self, shard: usize, until: Duration) {
        if let Some(of) = self.shards.get_mut(shard) {
            of.not_before = of.not_before.max(until);
        }
    }

    /// How many records may leave now, and their bytes.
    pub(super) fn ready(&self, now: Duration) -> (usize, usize) {
        self.free_at(now)
            .fold((0, 0), |(records, bytes), (_, of)| (records + of.queue.len(), bytes + of.bytes))
    }

    /// The first record that may leave now.
    pub(super) fn first_ready(&self, now: Duration) -> Option<u64> {
        self.free_at(now).filter_map(|(_, of)| of.queue.front()).map(|(number, _)| *number).min()
    }

    /// When the next shard may give something that does not now.
    pub(super) fn next_time(&self, now: Duration) -> Option<Duration> {
        let waiting = self.shards.iter().filter(|of| !of.away && !of.queue.is_empty());
        waiting.map(|of| of.not_before).filter(|at| *at > now).min()
    }

    fn free_at(&self, now: Duration) -> impl Iterator<Item = (usize, &Shard)> {
        let shards = self.shards.iter().enumerate();
        shards.filter(move |(_, of)| !of.away && !of.queue.is_empty() && of.not_before <= now)
    }

    /// Takes up to so many records and bytes (one record at the least), what has waited longest
    /// first. While more waits than fits, the batch leaves shards for others of `in_flight`.
    pub(super) fn take(
        &mut self,
        now: Duration,
        records: usize,
        bytes: usize,
        in_flight: usize,
    ) -> Taken {
        let (all, all_bytes) = self.ready(now);
        let fronts = self.free_at(now);
        let fronts = fronts.filter_map(|(shard, of)| Some((of.queue.front()?.0, shard)));
        let mut free: Vec<(u64, usize)> = fronts.collect();
        free.sort_unstable();
        if all > records || all_bytes > bytes {
            free.truncate((COUNT / in_flight.max(1)).max(1));
        }
        let mut taken = Taken { numbers: Vec::new(), shards: Vec::new() };
        let mut taken_bytes = 0;
        for (_, shard) in free {
            let Some(of) = self.shards.get_mut(shard) else { continue };
            let before = taken.numbers.len();
            while let Some((number, len)) = of.queue.front().copied() {
                let fits = taken.numbers.len() < records && taken_bytes + len <= bytes;
                if !fits && !taken.numbers.is_empty() {
                    break;
                }
                of.queue.pop_front();
                of.bytes -= len;
                taken_bytes += len;
                taken.numbers.push(number);
            }
            if taken.numbers.len() > before {
                of.away = true;
                taken.shards.push(shard);
            }
        }
        taken.numbers.sort_unstable();
        taken
    }
}
