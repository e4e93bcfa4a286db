//! What stage 2 counts.

use seam_schema::table::Table;

use super::{Counter, Exposition};

/// Counters of the stitching.
#[derive(Debug, Default)]
pub struct StitchMetrics {
    /// Events that were given to the stitcher.
    pub events: Counter,
    /// Conversations and traces whose earlier events were read again.
    pub restored: Counter,
    /// Times that the stitcher failed and a new one took over.
    pub faults: Counter,
    /// Events that are left out of the derived tables.
    pub left_out: Counter,
    /// Conversations that are left out, because they alone make the stitcher fail.
    pub conversations_left_out: Counter,
    rows: [Counter; Table::DERIVED.len()],
}

impl StitchMetrics {
    /// Counts rows that were handed over.
    pub fn count_rows(&self, table: Table, rows: u64) {
        let place = Table::DERIVED.iter().position(|derived| *derived == table);
        if let Some(counter) = place.and_then(|place| self.rows.get(place)) {
            counter.add(rows);
        }
    }

    /// Rows handed over so far.
    pub fn rows(&self, table: Table) -> u64 {
        let place = Table::DERIVED.iter().position(|derived| *derived == table);
        place.and_then(|place| self.rows.get(place)).map_or(0, Counter::get)
    }

    pub(super) fn render(&self, out: &mut Exposition) {
        for (name, help, counter) in [
            ("seam_stitch_events_total", "Events given to the stitcher.", &self.events),
            (
                "seam_stitch_restored_total",
                "Conversations and traces whose earlier events were read again.",
                &self.restored,
            ),
            (
                "seam_stitch_faults_total",
                "Times that the stitcher failed and a new one took over.",
                &self.faults,
            ),
            (
                "seam_stitch_left_out_total",
                "Events left out of the derived tables, because they make the stitcher fail.",
                &self.left_out,
            ),
            (
                "seam_stitch_conversations_left_out_total",
                "Conversations left out, because they make the stitcher fail.",
                &self.conversations_left_out,
            ),
        ] {
            out.counter(name, help);
            out.sample(&[], counter.get());
        }
        out.counter("seam_stitch_rows_total", "Rows handed to the derived tables.");
        for (table, counter) in Table::DERIVED.iter().zip(&self.rows) {
            out.sample(&[("table", table.name())], counter.get());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every derived table has a counter of its own.
    #[test]
    fn rows_are_counted_by_table() {
        let metrics = StitchMetrics::default();
        for (table, rows) in Table::DERIVED.iter().zip(1..) {
            metrics.count_rows(*table, rows);
        }
        metrics.count_rows(Table::Events, 99);
        let counted: Vec<u64> = Table::DERIVED.iter().map(|table| metrics.rows(*table)).collect();
        assert_eq!(counted, [1, 2, 3, 4, 5]);
        let mut out = Exposition::default();
        metrics.render(&mut out);
        let line = "seam_stitch_rows_total{table=\"sessions\"} 3";
        assert!(out.finish().lines().any(|found| found == line));
    }
}
