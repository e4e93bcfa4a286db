//! Records that the destination will never take: durably among the dead letters first, then out
//! of the window.

use std::collections::BTreeMap;
use std::sync::Arc;

use seam_schema::table::dead_letters::{DEAD, DELIVERED, Letter};

use super::super::backoff::pause;
use super::{Did, Running, add};
use crate::record::Record;

/// No reason is longer: it is for people, and stands in a table.
const REASON_CHARS: usize = 500;
/// So many letters go into one frame of the log, at most.
const LETTERS_AT_ONCE: usize = 1000;

impl Running {
    /// A record that has just come in and is not sent at all, and why.
    pub(super) fn bury_unsent(&mut self, number: u64, reason: String) {
        self.window.withdraw(number);
        self.bury(vec![(number, reason)], Vec::new());
    }

    /// Writes letters for records that were refused, and for dead ones that arrived.
    pub(super) fn bury(&mut self, refused: Vec<(u64, String)>, revived: Vec<u64>) {
        add(&self.delivery.status.refused, refused.len() as u64);
        let mut letters: BTreeMap<Arc<str>, Vec<(u64, Letter)>> = BTreeMap::new();
        let dead = refused.into_iter().map(|(number, reason)| (number, DEAD, reason));
        let arrived = revived.into_iter().map(|number| (number, DELIVERED, String::new()));
        for (number, state, reason) in dead.chain(arrived) {
            let attempts = self.window.attempts(number);
            let Some(record) = self.window.record(number).cloned() else { continue };
            let letter = self.letter(&record, state, &reason, attempts);
            letters.entry(record.tenant).or_default().push((number, letter));
        }
        for (tenant, letters) in letters {
            for part in letters.chunks(LETTERS_AT_ONCE) {
                self.write(Arc::clone(&tenant), part);
            }
        }
    }

    /// One frame of letters; tried until it is on stable storage.
    fn write(&mut self, tenant: Arc<str>, part: &[(u64, Letter)]) {
        let (numbers, letters): (Vec<u64>, Vec<Letter>) = part.iter().cloned().unzip();
        let dead_letters = Arc::clone(&self.delivery.dead_letters);
        let (clock, status) = (Arc::clone(&self.delivery.clock), Arc::clone(&self.delivery.status));
        let options = self.delivery.options;
        let mut random = fastrand::Rng::with_seed(self.random.u64(..));
        self.burying += 1;
        self.work.push(Box::pin(async move {
            let mut failures = 0;
            while let Err(why) = dead_letters.bury(&tenant, letters.clone()).await {
                status.set_trouble(&format!("cannot write dead letters: {why}"));
                failures += 1;
                let until = clock.now() + pause(&options, failures, None, &mut random);
                clock.sleep_until(until).await;
            }
            Did::Buried(numbers)
        }));
    }

    fn letter(&self, record: &Record, state: &str, reason: &str, attempts: u32) -> Letter {
        let table = if record.kind == "action" { "actions" } else { "events" };
        Letter {
            sink: self.delivery.name.clone(),
            state: state.to_owned(),
            record_id: record.id.to_string(),
            record_table: table.to_owned(),
            record_log_id: record.offset.log_id.to_string(),
            record_sequence: record.offset.sequence.0,
            record_index: record.offset.index,
            session_id: record.session_id.to_string(),
            reason: reason.chars().take(REASON_CHARS).collect(),
            attempts: i64::from(attempts),
            format: self.delivery.encode.format().to_owned(),
            document_bytes: i64::try_from(record.document.len()).unwrap_or(i64::MAX),
            document_blake3: blake3::hash(&record.document).to_hex().to_string(),
        }
    }
}
