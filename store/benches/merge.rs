//! What merging costs beside writing: CPU seconds per million events, and memory.
//!
//! Events of about two kilobytes, of which some sixty conversations are live at a time, are
//! committed in files of a size; then all are merged, also such as are left alone for their size
//! otherwise, as fast as it goes. An argument says how many MiB a merge may hold. Needs Linux
//! (`/proc`).

#![allow(clippy::unwrap_used, reason = "a benchmark fails by panicking")]
#![allow(clippy::print_stdout, reason = "it prints its figures")]
#![allow(clippy::cast_precision_loss, reason = "figures for people")]

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use arrow::record_batch::RecordBatch;
use seam_schema::event::{Event, EventColumns, EventsBuilder};
use seam_schema::ids::{LogId, ReceivedAt, Sequence};
use seam_schema::table::Table;
use seam_schema::table::cell::{Day, TimeUs};
use seam_schema::vocabulary::{Agent, Kind};
use seam_store::{DataFolder, Group, Store, StoreOptions, UpkeepOptions};

const LOG: LogId = LogId::from_bytes([7; 16]);
/// Events of a run.
const EVENTS: i64 = 200_000;
/// Events of a frame.
const FRAME: i64 = 500;
/// What the words of an event are made of.
const WORDS: [&str; 12] = [
    "cargo",
    "error[E0308]",
    "src/main.rs",
    "expected",
    "the",
    "test",
    "failed",
    "with",
    "status",
    "=> ",
    "fn",
    "warning:",
];

fn main() {
    let memory_bytes = std::env::args().find_map(|said| said.parse::<usize>().ok());
    let memory_bytes = memory_bytes.map(|mib| mib << 20);
    let memory_bytes = memory_bytes.unwrap_or(UpkeepOptions::default().merge_memory_bytes);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    println!(
        "{:>12} {:>6} {:>8} {:>10} {:>10} {:>7} {:>9}",
        "rows a file", "files", "MiB", "write s/M", "merge s/M", "ratio", "more MiB"
    );
    for rows in [2_000, 20_000, 100_000] {
        let home = tempfile::tempdir_in(".").unwrap();
        runtime.block_on(run(home.path(), rows, memory_bytes));
    }
}

async fn run(home: &Path, rows: i64, merge_memory_bytes: usize) {
    let (_folder, disk) = DataFolder::open(home).unwrap();
    let upkeep = UpkeepOptions {
        every: Duration::from_hours(1000),
        merge_after: Duration::ZERO,
        merge_anyway_after: Duration::ZERO,
        merge_below_bytes: u64::MAX,
        merge_memory_bytes,
        read_bytes_per_s: u64::MAX,
        write_bytes_per_s: u64::MAX,
        ..UpkeepOptions::default()
    };
    let options = StoreOptions { upkeep, seal_bytes: usize::MAX, ..StoreOptions::default() };
    let store = Store::open(Arc::clone(&disk), LOG, Sequence(0), options).await.unwrap();
    let mut writing = 0.0;
    for frame in 1..=EVENTS / FRAME {
        let received_at = ReceivedAt(frame * 1_000_000);
        let rows_of = vec![(Table::Events, batch(frame, received_at))];
        let sequence = Sequence(frame);
        let group = Group { first: sequence, through: sequence, received_at, rows: rows_of };
        let appending = store.clone();
        tokio::task::spawn_blocking(move || appending.append(group)).await.unwrap().unwrap();
        if frame * FRAME % rows == 0 {
            let before = cpu_seconds();
            store.flush().await.unwrap();
            writing += cpu_seconds() - before;
        }
    }
    let files = store.snapshot().table(Table::Events).unwrap().files.clone();
    let bytes: u64 = files.iter().map(|file| file.size_bytes).sum();
    forget_peak();
    let resident = peak_mib();
    let (before, began) = (cpu_seconds(), Instant::now());
    store.keep_up().await;
    let merging = cpu_seconds() - before;
    let took = began.elapsed();
    let left = store.snapshot().table(Table::Events).unwrap().files.len();
    let per_million = 1e6 / EVENTS as f64;
    println!(
        "{rows:>12} {:>6} {:>8} {:>10.1} {:>10.1} {:>7.2} {:>9}   {left} left, {:.1} s",
        files.len(),
        bytes >> 20,
        writing * per_million,
        merging * per_million,
        merging / writing,
        peak_mib() - resident,
        took.as_secs_f64(),
    );
    assert_eq!(store.snapshot().table(Table::Events).unwrap().rows(), EVENTS.cast_unsigned());
    store.close().await.unwrap();
}

fn batch(frame: i64, received_at: ReceivedAt) -> RecordBatch {
    let mut builder = EventsBuilder::default();
    for index in 0..FRAME {
        let number = frame * FRAME + index;
        let session = format!("session-{}-{}", frame / 64, number % 61);
        let columns = EventColumns {
            log_id: LOG.to_string().into(),
            offset_sequence: frame,
            offset_index: index,
            tenant: "default".into(),
            principal: "local".into(),
            received_at: TimeUs(received_at.0),
            day: Day(0),
            time: TimeUs(received_at.0 + index),
            agent: Some(Agent::Codex),
            kind: Some(Kind::ToolResult),
            session_id: Some(session.into()),
            output: Some(text(number.cast_unsigned()).into()),
            ..EventColumns::default()
        };
        builder.append(&Event { columns, ..Event::default() });
    }
    builder.finish().unwrap()
}

/// About two kilobytes that shrink to a quarter.
fn text(seed: u64) -> String {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut text = String::with_capacity(2100);
    while text.len() < 2000 {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let word = usize::try_from(state % 12).unwrap();
        text.push_str(WORDS.get(word).unwrap());
        if state.is_multiple_of(5) {
            write!(text, " {:x}", state >> 40).unwrap();
        }
        text.push(' ');
    }
    text
}

/// CPU time of this process so far, all threads.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    let ticks = |field: usize| fields.get(field).unwrap().parse::<f64>().unwrap();
    (ticks(11) + ticks(12)) / 100.0
}

fn forget_peak() {
    let mut file = std::fs::OpenOptions::new().write(true).open("/proc/self/clear_refs").unwrap();
    file.write_all(b"5").unwrap();
}

fn peak_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() >> 10
}
