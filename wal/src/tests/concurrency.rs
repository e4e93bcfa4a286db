//! Many writers at once.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::thread;
use std::time::Duration;

use seam_disk::{CountingDisk, Op, PowerCutDisk};

use super::oracle::{DIR, frame, small};
use crate::{Housekeeping, Log, Options, Receipt, SegmentLog, Sequence};

const THREADS: u64 = 64;
const FRAMES: u64 = 50;

/// 64 threads append while one reads and releases: receipts are unique and
/// without a hole, sequence and receive time agree in order, each thread's
/// frames keep their order, and what a receipt names is what was appended.
#[test]
fn sixty_four_writers() {
    let disk = CountingDisk::new(PowerCutDisk::new());
    let clock = AtomicI64::new(0);
    let options = Options {
        segment_bytes: 1 << 16,
        memory_bytes: 1 << 14,
        budget_bytes: 1 << 30,
        queue_bytes: 1 << 30,
        housekeeping: Housekeeping::Thread,
        // Goes back now and then.
        clock: Box::new(move || clock.fetch_add(3, Ordering::SeqCst) % 100),
        ..small()
    };
    let (log, _) = SegmentLog::open(Arc::new(disk.clone()), DIR, options).unwrap();
    let writers: Vec<_> = (0..THREADS)
        .map(|writer| {
            let log = log.clone();
            thread::spawn(move || -> Vec<(u64, Receipt)> {
                let numbers = writer * FRAMES..(writer + 1) * FRAMES;
                numbers.map(|n| (n, log.append(frame(n, n % 700)).wait().unwrap())).collect()
            })
        })
        .collect();
    let mut read = Vec::new();
    let mut reader = log.read(Sequence::new(1));
    while (read.len() as u64) < THREADS * FRAMES {
        if let Some(stored) = reader.next().unwrap() {
            read.push(stored);
        } else {
            let seen = reader.position().previous();
            log.release(seen);
            log.wait_beyond(seen, Duration::from_mins(10));
        }
    }
    let mut receipts = BTreeMap::new();
    for writer in writers {
        let answered = writer.join().unwrap();
        assert!(answered.is_sorted_by_key(|(_, receipt)| receipt.sequence()));
        for (number, receipt) in answered {
            assert!(receipts.insert(receipt.sequence().get(), (number, receipt)).is_none());
        }
    }
    assert!(receipts.keys().copied().eq(1..=THREADS * FRAMES));
    assert!(read.is_sorted_by(|a, b| a.received_at < b.received_at));
    for stored in read {
        let (number, receipt) = &receipts[&stored.sequence.get()];
        assert_eq!(receipt.received_at(), stored.received_at);
        assert_eq!(frame(*number, number % 700).payload, stored.payload);
    }
    let syncs = disk.trace().count(Op::SyncData) as u64;
    assert!(syncs < THREADS * FRAMES, "frames share syncs, but {syncs} were made");
}
