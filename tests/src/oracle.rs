//! What was acknowledged, remembered outside the server, and compared with what it stored.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::ensure;
use opentelemetry_proto::tonic::common::v1::{AnyValue, any_value};
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use serde_json::Value;

use crate::raw::{Client, one_record};
use crate::server::Server;

/// How long a sender waits before it sends the next record, or again what was refused: every commit
/// has to find some, and no more.
const PAUSE: Duration = Duration::from_millis(20);

/// How often each id is stored.
pub const STORED: &str = "select attributes['test.id'] as id, count(*) as n from events group by 1";

/// Every id that a server has acknowledged.
#[derive(Debug, Default)]
pub struct Oracle(Mutex<BTreeSet<String>>);

impl Oracle {
    fn acknowledged(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many ids there are.
    pub fn count(&self) -> usize {
        self.acknowledged().len()
    }

    /// Sends one record after the other, with pauses, until told to stop, each until it is acknowledged.
    ///
    /// # Errors
    /// If no client can be made.
    pub fn send(&self, server: &Server, name: &str, stop: &AtomicBool) -> anyhow::Result<()> {
        let client = Client::of(server)?;
        for number in 0_u64.. {
            let id = format!("{name}-{number}");
            while !post(&client, &id, LogRecord::default()) {
                if stop.load(Ordering::Relaxed) {
                    return Ok(());
                }
                std::thread::sleep(PAUSE);
            }
            self.note(id);
            std::thread::sleep(PAUSE);
            if stop.load(Ordering::Relaxed) {
                break;
            }
        }
        Ok(())
    }

    /// Remembers an id that was acknowledged.
    pub fn note(&self, id: String) {
        self.acknowledged().insert(id);
    }

    /// Compares with the rows of [`STORED`] as NDJSON.
    ///
    /// # Errors
    /// If an id is missing, there more than once, or there and acknowledged to nobody.
    pub fn judge(&self, rows: &str) -> anyhow::Result<()> {
        let acknowledged = self.acknowledged();
        let mut stored = BTreeSet::new();
        let mut doubled = Vec::new();
        for line in rows.lines() {
            let row: Value = serde_json::from_str(line)?;
            let id = row["id"].as_str().unwrap_or_default().to_owned();
            if row["n"] != 1 {
                doubled.push(id.clone());
            }
            stored.insert(id);
        }
        let missing: Vec<_> = acknowledged.difference(&stored).collect();
        let foreign: Vec<_> = stored.difference(&acknowledged).collect();
        ensure!(missing.is_empty(), "acknowledged and missing: {missing:?}");
        ensure!(doubled.is_empty(), "there more than once: {doubled:?}");
        ensure!(foreign.is_empty(), "acknowledged to nobody: {foreign:?}");
        Ok(())
    }
}

/// A request with one record whose body is a mebibyte that does not compress to much less than
/// half of it.
///
/// # Errors
/// If the system gives no random bytes.
pub fn large(id: &str) -> anyhow::Result<Vec<u8>> {
    let mut noise = vec![0; 1 << 19];
    getrandom::fill(&mut noise)?;
    let digit = |half: u8| char::from_digit(u32::from(half), 16).unwrap_or_default();
    let text: String = noise.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect();
    let body = AnyValue { value: Some(any_value::Value::StringValue(text)) };
    Ok(one_record(id, LogRecord { body: Some(body), ..LogRecord::default() }))
}

fn post(client: &Client, id: &str, record: LogRecord) -> bool {
    client.post_logs(one_record(id, record)).is_ok_and(|answer| answer.status == 200)
}
