//! From records to requests: cut by process and flush, and then lost, late, repeated, reordered.

use crate::chance::Chance;
use crate::draft::{Process, Scope, Sealed};
use crate::plan::{Knobs, Plan};
use crate::scenario::{Client, Request, Signal};
use crate::wire::{self, ScopeGroup};

const HOUR_US: i64 = 3_600_000_000;
/// How many records an exporter sends at most in one request.
const BATCH_MAX: usize = 512;

/// Where the requests of a client go through.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Route {
    /// How far its clock is ahead.
    pub(crate) skew_us: i64,
    /// Nothing arrives earlier, by the right clock.
    pub(crate) not_before_us: i64,
}

/// What became of the records of a client.
#[derive(Debug)]
pub(crate) struct Delivered {
    pub(crate) requests: Vec<Request>,
    /// For each process, which of its records arrived.
    pub(crate) arrived: Vec<Vec<bool>>,
}

/// A request before it is sent: places in the records of its process.
struct Batch {
    signal: Signal,
    places: Vec<usize>,
    /// By the right clock.
    sent_us: i64,
}

/// Sends everything that a client wrote.
pub(crate) fn deliver(plan: &Plan, client: &mut Client, route: Route) -> Delivered {
    let mut delivered = Delivered { requests: Vec::new(), arrived: Vec::new() };
    for process in &client.processes {
        let mut arrived = vec![false; process.records.len()];
        let batches = cut(process, route, &mut client.chance);
        for batch in disturb(batches, &plan.knobs, &mut client.chance) {
            for place in &batch.places {
                arrived[*place] = true;
            }
            delivered.requests.push(Request {
                signal: batch.signal,
                principal: client.principal.clone(),
                body: body(process, &batch),
                sent_at_us: batch.sent_us.max(route.not_before_us),
            });
        }
        delivered.arrived.push(arrived);
    }
    delivered
}

/// Cuts the records of a process as its two exporters do.
fn cut(process: &Process, route: Route, chance: &mut Chance) -> Vec<Batch> {
    let end_us = process.records.last().map_or(0, |last| last.at_us) + 90_000;
    let mut batches: Vec<Batch> = Vec::new();
    for signal in [Signal::Logs, Signal::Traces] {
        let mut open: Option<(i64, Vec<usize>)> = None;
        let mut close = |(due_us, places): (i64, Vec<usize>), chance: &mut Chance| {
            let sent_us = due_us.min(end_us) - route.skew_us + chance.millis(3, 80);
            batches.push(Batch { signal, places, sent_us });
        };
        for (place, record) in process.records.iter().enumerate() {
            if record.signal != signal {
                continue;
            }
            let full = |(due_us, places): &(i64, Vec<usize>)| {
                record.at_us > *due_us || places.len() >= BATCH_MAX
            };
            if open.as_ref().is_some_and(full)
                && let Some(batch) = open.take()
            {
                close(batch, chance);
            }
            let due_us = record.at_us + process.flush_us;
            open.get_or_insert_with(|| (due_us, Vec::new())).1.push(place);
        }
        if let Some(batch) = open {
            close(batch, chance);
        }
    }
    batches.sort_by_key(|batch| batch.sent_us);
    batches
}

/// What goes wrong on the way.
fn disturb(batches: Vec<Batch>, knobs: &Knobs, chance: &mut Chance) -> Vec<Batch> {
    let count = batches.len();
    let lost_tail = chance.happens("lost_tail", knobs.lost_tail);
    let late_from = if chance.happens("late_tail", knobs.late_tail) {
        count - chance.index(count.min(3) + 1).min(count)
    } else {
        count
    };
    let mut sent = Vec::with_capacity(count);
    for (number, mut batch) in batches.into_iter().enumerate() {
        if (lost_tail && number + 1 == count) || chance.happens("lost_batch", knobs.lost_batch) {
            continue;
        }
        if number >= late_from {
            batch.sent_us += HOUR_US;
        }
        if chance.happens("reordered_batch", knobs.reordered_batch) {
            batch.sent_us += chance.millis(500, 20_000);
        }
        if chance.happens("repeated_batch", knobs.repeated_batch) {
            sent.push(again(&batch, batch.places.clone(), chance));
        }
        if chance.happens("repeated_record", knobs.repeated_record) {
            let places = batch.places.iter().copied().filter(|_| chance.coin(0.3)).collect();
            sent.push(again(&batch, places, chance));
        }
        sent.push(batch);
    }
    sent.retain(|batch| !batch.places.is_empty());
    sent
}

fn again(batch: &Batch, places: Vec<usize>, chance: &mut Chance) -> Batch {
    let sent_us = batch.sent_us + chance.millis(100, 30_000);
    Batch { signal: batch.signal, places, sent_us }
}

/// The message: records grouped by scope, not by time.
fn body(process: &Process, batch: &Batch) -> Vec<u8> {
    let mut groups: Vec<(Scope, Vec<&[u8]>)> = Vec::new();
    for place in &batch.places {
        let record: &Sealed = &process.records[*place];
        match groups.iter_mut().find(|(scope, _)| *scope == record.scope) {
            Some((_, records)) => records.push(&record.bytes),
            None => groups.push((record.scope, vec![&record.bytes])),
        }
    }
    let groups: Vec<ScopeGroup<'_>> = groups
        .into_iter()
        .map(|(scope, records)| {
            let (name, version) = scope_of(scope, process);
            ScopeGroup { name, version, records }
        })
        .collect();
    let resource = match batch.signal {
        Signal::Logs => &process.logs_resource,
        Signal::Traces => &process.spans_resource,
    };
    wire::request(resource, &groups)
}

/// The name and version of a scope.
fn scope_of(scope: Scope, process: &Process) -> (&'static str, &'static str) {
    match scope {
        Scope::CodexLog => ("codex_otel.log_only", ""),
        Scope::CodexProxy => ("codex_otel.network_proxy", ""),
        Scope::CodexMetrics => ("codex_otel::metrics::client", ""),
        Scope::Service => (process.service, ""),
        Scope::ClaudeEvents => ("com.anthropic.claude_code.events", process.version),
        Scope::ClaudeTracing => ("com.anthropic.claude_code.tracing", "1.0.0"),
    }
}
