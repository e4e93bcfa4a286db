//! Figures as text.

use std::fmt::Write as _;

use crate::bodies::Described;
use crate::figures::{Figures, Summary};
use crate::kept::Stored;
use crate::rest::Rest;
use crate::suite::{Case, Subject};

const MEBIBYTE: f64 = 1_048_576.0;
const NONE: &str = "-";

/// One run, a figure to a line.
pub(crate) fn one(bodies: &Described, figures: &Figures) -> String {
    let mut lines = vec![
        (
            "bytes per record, with its share of the envelope".to_owned(),
            format!("{:.0}", bodies.bytes_per_record),
        ),
        ("gzip shrinks a body".to_owned(), format!("{:.1} times", bodies.gzip_ratio)),
        ("acknowledged events".to_owned(), figures.events.to_string()),
        ("acknowledged events/s".to_owned(), format!("{:.0}", figures.events_per_s)),
        ("acknowledged requests/s".to_owned(), format!("{:.0}", figures.requests_per_s)),
        ("latency p50 ms".to_owned(), format!("{:.2}", figures.p50_ms)),
        ("latency p90 ms".to_owned(), format!("{:.2}", figures.p90_ms)),
        ("latency p99 ms".to_owned(), format!("{:.2}", figures.p99_ms)),
        ("latency max ms".to_owned(), format!("{:.2}", figures.max_ms)),
        ("retried".to_owned(), figures.retried.to_string()),
        ("given up".to_owned(), figures.given_up.to_string()),
        ("events refused by partial success".to_owned(), figures.rejected_events.to_string()),
    ];
    for (code, count) in &figures.refused {
        lines.push((format!("refused, {code}"), count.to_string()));
    }
    if let Some(server) = &figures.server {
        lines.push(("server CPU s until idle".to_owned(), format!("{:.2}", server.cpu_s)));
        lines.push((
            "server CPU s per million events".to_owned(),
            format!("{:.2}", server.cpu_s_per_million),
        ));
        lines.push(("server RSS MiB".to_owned(), mebibytes(server.resident_bytes)));
        lines.push(("server peak RSS MiB".to_owned(), mebibytes(server.peak_bytes)));
        if !server.became_idle {
            lines.push((
                "server was never idle".to_owned(),
                "its CPU seconds are too few".to_owned(),
            ));
        }
    }
    lines.push(("generator CPU s".to_owned(), format!("{:.2}", figures.generator_cpu_s)));
    let per_million = format!("{:.2}", figures.generator_cpu_s_per_million);
    lines.push(("generator CPU s per million events".to_owned(), per_million));
    let rows = lines.into_iter().map(|(name, value)| vec![name, value]).collect::<Vec<_>>();
    table(&rows)
}

/// The whole table, and below it whatever spoils a figure.
pub(crate) fn suite(cases: &[Case]) -> String {
    let head = [
        "bytes",
        "batch",
        "in flight",
        "subject",
        "events/s",
        "CPU s/M",
        "generator s/M",
        "peak MiB",
        "p50 ms",
        "p99 ms",
        "half req/s",
        "half p50 ms",
        "half p99 ms",
    ];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    let mut notes = String::new();
    for case in cases {
        let place =
            [case.record_bytes.to_string(), case.batch.to_string(), case.in_flight.to_string()];
        for subject in &case.subjects {
            rows.push(place.iter().cloned().chain(figures(subject)).collect());
            note(&mut notes, case, subject);
        }
        if let Some((seam, others)) = case.subjects.split_first() {
            for other in others {
                rows.push(place.iter().cloned().chain(ratios(seam, other)).collect());
            }
        }
    }
    notes.push_str(&kept_and_seen(cases));
    for case in cases {
        line(
            &mut notes,
            format_args!(
                "bodies at {} B × {}: {:.0} B per record with its share of the envelope, gzip {:.1}, {} templates",
                case.record_bytes,
                case.batch,
                case.bodies.bytes_per_record,
                case.bodies.gzip_ratio,
                case.bodies.templates,
            ),
        );
    }
    format!("{}\n\n{notes}", table(&rows))
}

/// What a server takes when nobody sends, and how soon it is there again.
pub(crate) fn rest(rest: &Rest) -> String {
    let idle = |bytes: u64, percent: f64| {
        vec![mebibytes(Some(bytes)), format!("{percent:.2}"), NONE.to_owned(), NONE.to_owned()]
    };
    let mut after = idle(rest.then_resident_bytes, rest.then_cpu_percent);
    after.truncate(2);
    after.extend([rest.ready_ms, rest.caught_up_ms].map(|ms| format!("{ms:.0}")));
    let head = ["seam", "idle MiB", "idle CPU %", "ready ms", "caught up ms"];
    let row = |name: String, cells: Vec<String>| std::iter::once(name).chain(cells).collect();
    table(&[
        head.map(str::to_owned).to_vec(),
        row("fresh".to_owned(), idle(rest.idle_resident_bytes, rest.idle_cpu_percent)),
        row(format!("after a log of {} MiB", rest.log_bytes >> 20), after),
    ])
}

/// What stays on disk, and how soon it is in an answer.
fn kept_and_seen(cases: &[Case]) -> String {
    let head = [
        "bytes",
        "batch",
        "subject",
        "B/event",
        "events p50 ms",
        "events p99 ms",
        "actions p50 ms",
        "actions p99 ms",
        "probes",
    ];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    for case in cases {
        let place = [case.record_bytes.to_string(), case.batch.to_string()];
        let bytes = |subject: &Subject| subject.stored.map(Stored::bytes_per_event);
        let named = case.subjects.iter().filter(|subject| subject.stored.is_some());
        for subject in named.clone() {
            let cells = [subject.name.to_owned(), shown(bytes(subject))];
            rows.push(place.iter().cloned().chain(cells).chain(freshness(subject)).collect());
        }
        let Some(seam) = case.subjects.first() else { continue };
        for other in named.skip(1) {
            let ratio = match (bytes(seam), bytes(other)) {
                (Some(seam), Some(other)) => ratio(seam, other),
                _ => NONE.to_owned(),
            };
            let cells = [format!("{} / {}", seam.name, other.name), ratio];
            rows.push(place.iter().cloned().chain(cells).collect());
        }
    }
    if rows.len() == 1 { String::new() } else { format!("{}\n\n", table(&rows)) }
}

fn freshness(subject: &Subject) -> Vec<String> {
    let Some(fresh) = &subject.fresh else { return vec![NONE.to_owned(); 5] };
    vec![
        format!("{:.2}", fresh.events_p50_ms),
        format!("{:.2}", fresh.events_p99_ms),
        format!("{:.2}", fresh.actions_p50_ms),
        format!("{:.2}", fresh.actions_p99_ms),
        fresh.probes.to_string(),
    ]
}

fn shown(figure: Option<f64>) -> String {
    figure.map_or_else(|| NONE.to_owned(), |figure| format!("{figure:.1}"))
}

fn figures(subject: &Subject) -> Vec<String> {
    let Subject { name, closed, half, .. } = subject;
    vec![
        (*name).to_owned(),
        format!("{:.0}", closed.events_per_s),
        format!("{:.2}", closed.server_cpu_s_per_million),
        format!("{:.2}", closed.generator_cpu_s_per_million),
        mebibytes(closed.peak_bytes.max(half.peak_bytes)),
        format!("{:.2}", closed.p50_ms),
        format!("{:.2}", closed.p99_ms),
        format!("{:.0}", half.requests_per_s),
        format!("{:.2}", half.p50_ms),
        format!("{:.2}", half.p99_ms),
    ]
}

fn ratios(seam: &Subject, other: &Subject) -> Vec<String> {
    let closed = |figure: fn(&Summary) -> f64| ratio(figure(&seam.closed), figure(&other.closed));
    let half = |figure: fn(&Summary) -> f64| ratio(figure(&seam.half), figure(&other.half));
    let memory = match (seam.closed.peak_bytes, other.closed.peak_bytes) {
        (Some(seam), Some(other)) => ratio(seam as f64, other as f64),
        _ => NONE.to_owned(),
    };
    vec![
        format!("{} / {}", seam.name, other.name),
        closed(|summary| summary.events_per_s),
        closed(|summary| summary.server_cpu_s_per_million),
        closed(|summary| summary.generator_cpu_s_per_million),
        memory,
        closed(|summary| summary.p50_ms),
        closed(|summary| summary.p99_ms),
        half(|summary| summary.requests_per_s),
        half(|summary| summary.p50_ms),
        half(|summary| summary.p99_ms),
    ]
}

fn note(notes: &mut String, case: &Case, subject: &Subject) {
    for (kind, summary) in [("closed", &subject.closed), ("half", &subject.half)] {
        let place = format!("{} at {} B × {}, {kind}", subject.name, case.record_bytes, case.batch);
        if summary.refusals > 0 || summary.lost > 0 {
            let Summary { refusals, lost, .. } = summary;
            line(notes, format_args!("{place}: {refusals} refusals, {lost} never acknowledged"));
        }
        if !summary.became_idle {
            line(notes, format_args!("{place}: never idle, its CPU seconds are too few"));
        }
    }
}

fn line(text: &mut String, what: std::fmt::Arguments<'_>) {
    // Writing into a string cannot fail; the trait's result is for other sinks.
    if writeln!(text, "{what}").is_err() {
        text.push('\n');
    }
}

fn ratio(seam: f64, other: f64) -> String {
    let ratio = seam / other;
    if ratio.is_finite() { format!("×{ratio:.2}") } else { NONE.to_owned() }
}

fn mebibytes(bytes: Option<u64>) -> String {
    bytes.map_or_else(|| NONE.to_owned(), |bytes| format!("{:.0}", bytes as f64 / MEBIBYTE))
}

/// Columns to the width of their longest cell, flush right, words flush left.
pub(crate) fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|c| c.chars().count()).max()
    };
    let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or_default()).collect();
    let is_words = |column: usize| {
        let last = rows.last().and_then(|row| row.get(column));
        last.is_some_and(|cell| cell.starts_with(|first: char| first.is_ascii_alphabetic()))
    };
    let lines = rows.iter().map(|row| {
        let cells = row.iter().zip(&widths).enumerate().map(|(column, (cell, width))| {
            if is_words(column) { format!("{cell:<width$}") } else { format!("{cell:>width$}") }
        });
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        reason = "tests fail by panicking"
    )]

    use super::*;

    fn summary(scale: f64) -> Summary {
        Summary {
            runs: 3,
            events_per_s: 1_000.0 * scale,
            requests_per_s: 10.0 * scale,
            server_cpu_s_per_million: 4.0 * scale,
            generator_cpu_s_per_million: 1.0,
            peak_bytes: None,
            p50_ms: 1.0,
            p99_ms: 2.0,
            refusals: 0,
            lost: 0,
            became_idle: true,
        }
    }

    fn cases() -> Vec<Case> {
        let subject = |name, scale, bytes: Option<u64>| Subject {
            name,
            closed: summary(scale),
            half: summary(scale),
            stored: bytes.map(|bytes| Stored { bytes, events: 10 }),
            fresh: None,
        };
        vec![Case {
            record_bytes: 300,
            batch: 16,
            in_flight: 64,
            bodies: Described {
                templates: 200,
                body_bytes: 5_000.0,
                bytes_per_record: 312.0,
                gzip_ratio: 3.4,
            },
            subjects: vec![subject("seam", 1.0, Some(400)), subject("file", 2.0, None)],
        }]
    }

    /// Each figure stands above its ratio to the reference's, in the same column.
    #[test]
    fn every_figure_has_its_ratio() {
        let text = suite(&cases());
        let rows: Vec<Vec<&str>> = text
            .lines()
            .map(|line| line.split("  ").map(str::trim).filter(|c| !c.is_empty()).collect())
            .collect();
        assert_eq!(rows[1][3..6], ["seam", "1000", "4.00"]);
        assert_eq!(rows[2][3..6], ["file", "2000", "8.00"]);
        assert_eq!(rows[3][3..6], ["seam / file", "×0.50", "×0.50"]);
        assert_eq!(rows[0].len(), rows[3].len());
    }

    /// Bytes on disk stand beside those of whoever keeps something, and of nobody else.
    #[test]
    fn bytes_are_compared_with_who_keeps_some() {
        let mut cases = cases();
        assert!(!kept_and_seen(&cases).contains("file"));
        cases[0].subjects[1].stored = Some(Stored { bytes: 1_600, events: 10 });
        let text = kept_and_seen(&cases);
        assert!(
            text.contains("40.0") && text.contains("160.0") && text.contains("×0.25"),
            "{text}"
        );
    }

    /// Refusals and a server that never came to rest are said: without it the figures would look better than they are.
    #[test]
    fn what_spoils_a_figure_is_said() {
        let mut cases = cases();
        assert!(!suite(&cases).contains("refusals"));
        cases[0].subjects[0].closed.refusals = 7;
        cases[0].subjects[1].half.became_idle = false;
        let text = suite(&cases);
        assert!(text.contains("seam at 300 B × 16, closed: 7 refusals"), "{text}");
        assert!(text.contains("file at 300 B × 16, half: never idle"), "{text}");
    }
}
