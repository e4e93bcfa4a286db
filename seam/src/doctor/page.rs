//! The report for people.

use std::fmt::Write as _;

use indicatif::HumanBytes;
use serde_json::Value;

use super::{Level, Report};

/// The report as text, findings first.
pub(crate) fn page(report: &Report) -> String {
    let mut out = String::new();
    let mut put = |line: &str| {
        // Writing to a string cannot fail.
        writeln!(out, "{line}").ok();
    };
    put(&format!("seam doctor, the last {}", span(report.since_seconds)));
    put("");
    if report.findings.is_empty() {
        put("Nothing stands out.");
    }
    for finding in &report.findings {
        let mark = match finding.level {
            Level::Warning => "WARNING",
            Level::Note => "note   ",
        };
        put(&format!("{mark} {}: {}", finding.check, finding.what));
    }
    what_came_in(report, &mut put);
    what_was_ignored(report, &mut put);
    drift(report, &mut put);
    last_heard(report, &mut put);
    clocks(report, &mut put);
    if !report.state.is_null() {
        section(&mut put, "State", &["part", "state"], state(&report.state));
    }
    out
}

fn what_came_in(report: &Report, put: &mut impl FnMut(&str)) {
    section(
        put,
        "What came in",
        &[
            "agent",
            "version",
            "signal",
            "accepted",
            "stored",
            "ignored",
            "undecoded",
            "last minute",
        ],
        report
            .traffic
            .iter()
            .map(|row| {
                vec![
                    text(row.agent.as_ref()),
                    text(row.agent_version.as_ref()),
                    text(row.signal.as_ref()),
                    row.accepted.to_string(),
                    row.stored.to_string(),
                    row.ignored.to_string(),
                    row.undecoded.to_string(),
                    row.last_minute.clone(),
                ]
            })
            .collect(),
    );
}

fn what_was_ignored(report: &Report, put: &mut impl FnMut(&str)) {
    section(
        put,
        "Ignored by rule",
        &["agent", "rule", "records", "names", "reason"],
        report
            .ignored
            .iter()
            .map(|row| {
                vec![
                    text(row.agent.as_ref()),
                    row.rule.clone(),
                    row.records.to_string(),
                    row.names.to_string(),
                    row.reason.to_owned(),
                ]
            })
            .collect(),
    );
}

fn drift(report: &Report, put: &mut impl FnMut(&str)) {
    section(
        put,
        "Drift",
        &["agent", "version", "signal", "name", "what", "attribute", "detail"],
        report
            .drift
            .iter()
            .map(|row| {
                vec![
                    row.agent.clone(),
                    row.agent_version.clone(),
                    row.signal.clone(),
                    row.name.clone(),
                    row.what.to_owned(),
                    row.attribute.clone(),
                    row.detail.clone(),
                ]
            })
            .collect(),
    );
}

fn last_heard(report: &Report, put: &mut impl FnMut(&str)) {
    section(
        put,
        "Last heard",
        &["principal", "host", "agent", "logs", "spans", "metrics"],
        report
            .last_seen
            .iter()
            .map(|row| {
                vec![
                    row.principal.clone(),
                    text(row.host.as_ref()),
                    text(row.agent.as_ref()),
                    text(row.logs.as_ref()),
                    text(row.spans.as_ref()),
                    text(row.metrics.as_ref()),
                ]
            })
            .collect(),
    );
}

fn clocks(report: &Report, put: &mut impl FnMut(&str)) {
    section(
        put,
        "Clocks (from the time on a record to its receipt)",
        &["principal", "least", "median", "most", "records"],
        report
            .clocks
            .iter()
            .map(|row| {
                vec![
                    row.principal.clone(),
                    millis(row.least_ms),
                    millis(row.median_ms),
                    millis(row.most_ms),
                    row.records.to_string(),
                ]
            })
            .collect(),
    );
}

/// One line per part of the server's state.
fn state(state: &Value) -> Vec<Vec<String>> {
    let number = |path: &str| state.pointer(path).and_then(Value::as_u64).unwrap_or_default();
    let of = |used: &str, all: &str| {
        format!("{} of {}", HumanBytes(number(used)), HumanBytes(number(all)))
    };
    let mut lines = vec![
        ("ready", state.pointer("/ready").and_then(Value::as_bool).unwrap_or_default().to_string()),
        (
            "log",
            format!(
                "{}, {} segments, {} frames not visible yet",
                of("/log/used_bytes", "/log/budget_bytes"),
                number("/log/segments"),
                number("/log/lag_frames"),
            ),
        ),
        ("memory of requests", of("/memory/used_bytes", "/memory/budget_bytes")),
        ("disk left", of("/disk/available_bytes", "/disk/total_bytes")),
        ("quarantine", format!("{} bodies", number("/quarantine_files"))),
    ];
    let tables = state.pointer("/tables").and_then(Value::as_array);
    for table in tables.into_iter().flatten() {
        let number = |key: &str| table.get(key).and_then(Value::as_u64).unwrap_or_default();
        let rest = format!("version {}, {} rows in memory", number("version"), number("tail_rows"));
        lines.push((table.get("name").and_then(Value::as_str).unwrap_or("?"), rest));
    }
    let sinks = state.pointer("/sinks").and_then(Value::as_array);
    for sink in sinks.into_iter().flatten() {
        let number = |key: &str| sink.get(key).and_then(Value::as_u64).unwrap_or_default();
        let text = |key: &str| sink.get(key).and_then(Value::as_str).unwrap_or("?");
        let rest = format!(
            "sink, {}: {} delivered, {} refused, {} events and {} s behind",
            text("state"),
            number("delivered"),
            number("refused"),
            number("lag_events"),
            number("lag_seconds"),
        );
        lines.push((text("name"), rest));
    }
    lines.into_iter().map(|(part, text)| vec![part.to_owned(), text]).collect()
}

fn text(cell: Option<&String>) -> String {
    cell.cloned().unwrap_or_default()
}

fn millis(ms: f64) -> String {
    format!("{:.3} s", ms / 1000.0)
}

fn span(seconds: u64) -> String {
    match seconds {
        _ if seconds.is_multiple_of(86_400) => format!("{} d", seconds / 86_400),
        _ if seconds.is_multiple_of(3600) => format!("{} h", seconds / 3600),
        _ => format!("{seconds} s"),
    }
}

/// A heading and a table below it, columns aligned; nothing where there are no rows.
fn section(put: &mut impl FnMut(&str), heading: &str, head: &[&str], rows: Vec<Vec<String>>) {
    if rows.is_empty() {
        return;
    }
    let clean: Vec<Vec<String>> = rows
        .into_iter()
        .map(|row| row.into_iter().map(|cell| cell.escape_debug().to_string()).collect())
        .collect();
    let widths: Vec<usize> = head
        .iter()
        .enumerate()
        .map(|(column, title)| {
            let cells = clean.iter().filter_map(|row| row.get(column));
            cells.map(|cell| cell.chars().count()).chain([title.len()]).max().unwrap_or(0)
        })
        .collect();
    let line = |cells: &[String]| {
        let padded = cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    put("");
    put(heading);
    put(&line(&head.iter().map(|&title| title.to_owned()).collect::<Vec<_>>()));
    for row in &clean {
        put(&line(row));
    }
}
