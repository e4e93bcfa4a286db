//! The figures of a backlog.

use anyhow::Context as _;
use serde::Serialize;

use crate::cli::Output;
use crate::figures::Summary;
use crate::forward::To;
use crate::report::table;
use crate::sink::Counted;

const MEBIBYTE: f64 = 1_048_576.0;
const MEGABYTE: f64 = 1e6;

/// Taking in, without a sink and with one whose destination is down.
#[derive(Serialize)]
pub(super) struct Intake {
    pub(super) alone: Summary,
    pub(super) behind: Summary,
    /// Resident memory of the server without a sink: at first, at the end, and at most.
    pub(super) alone_idle_bytes: u64,
    pub(super) alone_rest_bytes: u64,
    pub(super) alone_peak_bytes: u64,
}

/// Resident memory of the server with the sink.
#[derive(Serialize)]
#[expect(clippy::struct_field_names, reason = "the unit is in every name")]
pub(super) struct Memory {
    pub(super) idle_bytes: u64,
    pub(super) intake_peak_bytes: u64,
    /// When everything was in and nothing had gone out.
    pub(super) rest_bytes: u64,
    pub(super) drain_peak_bytes: u64,
}

/// What went out once the destination was up.
#[derive(Serialize)]
pub(super) struct Drained {
    pub(super) counted: Counted,
    /// From the destination's start to the first request.
    pub(super) noticed_after_s: f64,
    pub(super) seam_cpu_s: f64,
    pub(super) sink_cpu_s: f64,
}

/// Everything.
#[derive(Serialize)]
pub(super) struct Backlog {
    to: To,
    intake: Intake,
    memory: Memory,
    drained: Drained,
    bare: Counted,
    drained_events_per_s: f64,
    bare_events_per_s: f64,
    drained_to_bare: f64,
}

impl Backlog {
    pub(super) fn new(
        to: To,
        intake: Intake,
        memory: Memory,
        drained: Drained,
        bare: Counted,
    ) -> Self {
        let drained_events_per_s = rate(&drained.counted);
        let bare_events_per_s = rate(&bare);
        Self {
            to,
            intake,
            memory,
            drained,
            bare,
            drained_events_per_s,
            bare_events_per_s,
            drained_to_bare: drained_events_per_s / bare_events_per_s,
        }
    }
}

/// Events a second, from the first request to the last.
fn rate(counted: &Counted) -> f64 {
    counted.events as f64 / seconds(counted)
}

fn seconds(counted: &Counted) -> f64 {
    counted.last_us.saturating_sub(counted.first_us) as f64 / 1e6
}

pub(super) fn told(backlog: &Backlog, output: Output) -> anyhow::Result<String> {
    match output {
        Output::Table => Ok(shown(backlog)),
        Output::Json => serde_json::to_string_pretty(backlog).context("cannot print the figures"),
    }
}

fn shown(backlog: &Backlog) -> String {
    let Backlog { intake, memory, drained, bare, .. } = backlog;
    let ratio = |one: f64, other: f64| format!("×{:.3}", one / other);
    let (alone, behind) = (&intake.alone, &intake.behind);
    let cell = |text: &str| text.to_owned();
    let compared = |name: &str, alone: f64, behind: f64, digits: usize| {
        vec![
            cell(name),
            format!("{alone:.digits$}"),
            format!("{behind:.digits$}"),
            ratio(behind, alone),
        ]
    };
    let cpu = (alone.server_cpu_s_per_million, behind.server_cpu_s_per_million);
    let mebibytes = |name: &str, alone: u64, behind: u64| {
        compared(name, alone as f64 / MEBIBYTE, behind as f64 / MEBIBYTE, 0)
    };
    let intake = table(&[
        ["taking in", "no sink", "destination down", "ratio"].map(cell).to_vec(),
        compared("events/s", alone.events_per_s, behind.events_per_s, 0),
        compared("CPU s/M", cpu.0, cpu.1, 2),
        mebibytes("idle MiB, at first", intake.alone_idle_bytes, memory.idle_bytes),
        mebibytes("peak MiB", intake.alone_peak_bytes, memory.intake_peak_bytes),
        mebibytes("MiB at rest, everything in", intake.alone_rest_bytes, memory.rest_bytes),
        mebibytes("peak MiB, draining", intake.alone_rest_bytes, memory.drain_peak_bytes),
    ]);
    let megabytes = |bytes: u64| format!("{:.0}", bytes as f64 / MEGABYTE);
    let per_million = |cpu_s: f64| format!("{:.2}", cpu_s * 1e6 / drained.counted.events as f64);
    let line = |name: &str, value: String| vec![cell(name), value];
    let rest = table(&[
        line("destination", cell(backlog.to.name())),
        line("events", drained.counted.events.to_string()),
        line("MB of documents", megabytes(drained.counted.plain_bytes)),
        line("MB on the wire", megabytes(drained.counted.bytes)),
        line("first request after s", format!("{:.1}", drained.noticed_after_s)),
        line("drained in s", format!("{:.1}", seconds(&drained.counted))),
        line("drained, events/s", format!("{:.0}", backlog.drained_events_per_s)),
        line("draining, seam CPU s/M", per_million(drained.seam_cpu_s)),
        line("draining, destination CPU s/M", per_million(drained.sink_cpu_s)),
        line("bare client in s", format!("{:.1}", seconds(bare))),
        line("bare client, events/s", format!("{:.0}", backlog.bare_events_per_s)),
        line("drained / bare client", format!("×{:.2}", backlog.drained_to_bare)),
    ]);
    format!("{intake}\n\n{rest}")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;

    fn counted(seconds: u64) -> Counted {
        Counted {
            events: 1_000,
            first_us: 5_000_000,
            last_us: 5_000_000 + seconds * 1_000_000,
            ..Counted::default()
        }
    }

    /// Rates are from the first request to the last, and memory stands beside that of a server without a sink.
    #[test]
    fn what_was_drained_stands_beside_the_bare_client() {
        let intake = Intake {
            alone: Summary::of(&[]),
            behind: Summary::of(&[]),
            alone_idle_bytes: 100 << 20,
            alone_rest_bytes: 200 << 20,
            alone_peak_bytes: 350 << 20,
        };
        let memory = Memory {
            idle_bytes: 100 << 20,
            intake_peak_bytes: 350 << 20,
            rest_bytes: 200 << 20,
            drain_peak_bytes: 420 << 20,
        };
        let drained = Drained {
            counted: counted(10),
            noticed_after_s: 1.0,
            seam_cpu_s: 0.005,
            sink_cpu_s: 0.001,
        };
        let backlog = Backlog::new(To::Hec, intake, memory, drained, counted(8));
        let text = told(&backlog, Output::Table).unwrap();
        let value = |name: &str| {
            let line = text.lines().find(|line| line.starts_with(name)).unwrap();
            line.split_ascii_whitespace().last().unwrap().to_owned()
        };
        assert_eq!(value("MiB at rest"), "×1.000");
        assert_eq!(value("peak MiB, draining"), "×2.100");
        assert_eq!(value("drained, events/s"), "100");
        assert_eq!(value("draining, seam CPU s/M"), "5.00");
        assert_eq!(value("drained / bare client"), "×0.80");
    }
}
