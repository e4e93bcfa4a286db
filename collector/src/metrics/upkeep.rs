//! What was done to the tables in the background.

use seam_store::UpkeepCounts;

use super::Exposition;

pub(super) fn render(counts: &UpkeepCounts, out: &mut Exposition) {
    for (name, help, count) in [
        ("seam_merges_total", "Merges of small files into one.", counts.merges),
        ("seam_merged_files_total", "Files that were merged.", counts.merged_files),
        ("seam_merged_read_bytes_total", "Bytes of these files.", counts.merged_bytes),
        (
            "seam_merged_written_bytes_total",
            "Bytes of the files that they became.",
            counts.written_bytes,
        ),
        (
            "seam_upkeep_failures_total",
            "Merges, clean-ups and drops of days that did not succeed; they are tried again.",
            counts.failures,
        ),
        (
            "seam_expired_days_total",
            "Days of a table and tenant dropped after `retention_days`.",
            counts.expired_days,
        ),
        ("seam_expired_files_total", "Files that these days had.", counts.expired_files),
        (
            "seam_delta_log_removed_files_total",
            "Old commits and checkpoints of the Delta logs removed.",
            counts.log_files,
        ),
        (
            "seam_vacuumed_files_total",
            "Data files removed that no kept version names.",
            counts.vacuumed_files,
        ),
        ("seam_vacuumed_bytes_total", "Their bytes.", counts.vacuumed_bytes),
    ] {
        out.counter(name, help);
        out.sample(&[], count);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each count has a line of its own.
    #[test]
    fn counts_have_their_lines() {
        let counts = UpkeepCounts { merges: 3, vacuumed_files: 40, ..UpkeepCounts::default() };
        let mut out = Exposition::default();
        render(&counts, &mut out);
        let text = out.finish();
        for line in
            ["seam_merges_total 3", "seam_vacuumed_files_total 40", "seam_expired_days_total 0"]
        {
            assert!(text.lines().any(|found| found == line), "{line} not in\n{text}");
        }
    }
}
