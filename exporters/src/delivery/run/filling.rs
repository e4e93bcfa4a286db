//! Rows on their way into the window.

use super::super::entries::{Left, Rows, Telling};
use super::{Order, Pulled, Running, SourceError};

/// So many rows are encoded between two looks at what else there is to do.
const ROWS_AT_ONCE: usize = 256;

impl Running {
    /// Takes rows into the window.
    pub(super) fn fill(&mut self) {
        if !self.takes_rows() {
            return;
        }
        let Some(mut rows) = self.rows.take() else { return };
        self.fill_from(rows.left());
        if !rows.are_read() {
            self.rows = Some(rows);
        }
    }

    fn fill_from(&mut self, mut left: Left<'_>) {
        let now = self.now();
        for _ in 0..ROWS_AT_ONCE {
            if !self.takes_rows() {
                return;
            }
            let delivery = &self.delivery;
            let telling = Telling {
                filter: &delivery.filter,
                redact: &delivery.redact,
                encode: delivery.encode.as_ref(),
            };
            let Some(mut row) = left.next(&telling, &mut self.buffer) else { return };
            if let Some(record) = &mut row.record {
                let before = self.doubt.of(row.lane, record.offset, row.received_us);
                record.redelivery = before || row.again || delivery.replays;
            }
            let (is_unwritable, format) = (row.is_unwritable, delivery.encode.format());
            let document_bytes = row.record.as_ref().map_or(0, |record| record.document.len());
            let Some(number) = self.window.push(row, now) else { continue };
            let most = self.limits.document_bytes;
            if is_unwritable {
                self.bury_unsent(number, format!("not sent: it cannot be written as {format}"));
            } else if document_bytes > most {
                let what = format!("its document has {document_bytes} bytes");
                self.bury_unsent(
                    number,
                    format!("not sent: {what}, and {most} are the most for this sink"),
                );
            }
        }
    }

    /// Whether rows that are at hand go into the window now.
    pub(super) fn takes_rows(&self) -> bool {
        self.has_room() && self.order != Order::Stop
    }

    pub(super) fn pulled(&mut self, pulled: Result<Pulled, SourceError>) {
        let now = self.now();
        self.pulled_at = now;
        self.resting = false;
        match pulled {
            Ok(Pulled::Rows { lane, batch, again }) => {
                self.rows = Some(Rows::new(lane, batch, again));
            }
            Ok(Pulled::Reached { lane, end }) => {
                self.doubt.pass(lane);
                self.window.pass(lane, end);
            }
            Ok(Pulled::End) => self.source_ended = true,
            Err(error) => {
                self.trouble(&error.to_string());
                self.pull_failures += 1;
                self.pull_at = now + self.pause(self.pull_failures, None);
                return;
            }
        }
        self.pull_failures = 0;
    }
}
