//! Counts of one frame, on their way into the ledger.

use crate::event::{EventColumns, Text};
use crate::normalise::FrameInput;
use crate::normalise::skew::Skews;
use crate::table::ledger::{Ledger, LedgerCounts, LedgerKey};
use crate::vocabulary::{Agent, IgnoreRule, RecordSignal};

/// So many different lines of a frame are counted before they go into the ledger.
const LINES_LIMIT: usize = 32;
/// A longer name or version is cut to this in the ledger, so that names cannot flood it.
const NAME_LIMIT_BYTES: usize = 256;

/// Counts the records of one frame without a copy of their names per record.
#[derive(Debug)]
pub(crate) struct Tally<'a, 'l> {
    tenant: &'a str,
    minute_us: i64,
    repeat: bool,
    wanted: bool,
    lines: Vec<Line<'a>>,
    ledger: &'l mut Ledger,
    principal: &'a str,
    skew_us: Option<i64>,
    skews: &'l mut Skews,
}

#[derive(Debug)]
struct Line<'a> {
    agent: Agent,
    version: Option<Text<'a>>,
    signal: RecordSignal,
    name: Option<Text<'a>>,
    ignored: Option<IgnoreRule>,
    records: i64,
}

impl<'a, 'l> Tally<'a, 'l> {
    pub(crate) fn new(
        frame: &FrameInput<'a>,
        wanted: bool,
        ledger: &'l mut Ledger,
        skews: &'l mut Skews,
    ) -> Self {
        Self {
            principal: frame.meta.principal.as_str(),
            skew_us: None,
            skews,
            tenant: frame.meta.tenant.as_str(),
            minute_us: frame.received_at.minute_us(),
            repeat: frame.meta.repeat,
            wanted,
            lines: Vec::new(),
            ledger,
        }
    }

    /// Counts one record, stored or ignored by a rule.
    pub(crate) fn count(
        &mut self,
        agent: Agent,
        version: Option<&Text<'a>>,
        signal: RecordSignal,
        name: Option<&Text<'a>>,
        ignored: Option<IgnoreRule>,
    ) {
        if !self.wanted {
            return;
        }
        let ignored = if self.repeat { Some(IgnoreRule::Repeat) } else { ignored };
        let same = |line: &&mut Line<'a>| {
            line.signal == signal
                && line.ignored == ignored
                && line.agent == agent
                && line.name.as_ref() == name
                && line.version.as_ref() == version
        };
        if let Some(line) = self.lines.iter_mut().rev().find(same) {
            line.records += 1;
            return;
        }
        if self.lines.len() >= LINES_LIMIT {
            self.drain();
        }
        let (version, name) = (version.cloned(), name.cloned());
        self.lines.push(Line { agent, version, signal, name, ignored, records: 1 });
    }

    /// Notes how long before its receipt a record was last touched by its sender.
    pub(crate) fn note_skew(&mut self, received_us: i64, columns: &EventColumns<'_>) {
        let sent = columns.observed_at.or(columns.end_time);
        if let Some(sent) = sent {
            let age = received_us.saturating_sub(sent.0);
            self.skew_us = Some(self.skew_us.map_or(age, |least| least.min(age)));
        }
    }

    /// Puts the counts into the ledger.
    pub(crate) fn finish(mut self) {
        self.drain();
        if let Some(age_us) = self.skew_us {
            self.skews.note(self.tenant, self.principal, age_us);
        }
    }

    fn drain(&mut self) {
        for line in self.lines.drain(..) {
            let key = LedgerKey {
                tenant: self.tenant.to_owned(),
                minute_us: self.minute_us,
                agent: line.agent,
                agent_version: cut(line.version.as_ref()),
                signal: line.signal,
                name: cut(line.name.as_ref()),
                ignored_rule: line.ignored,
            };
            let (stored, ignored) =
                if line.ignored.is_some() { (0, line.records) } else { (line.records, 0) };
            self.ledger
                .add(key, LedgerCounts { accepted: line.records, stored, ignored, undecoded: 0 });
        }
    }
}

fn cut(text: Option<&Text<'_>>) -> String {
    let text = text.map_or("", |text| text.as_ref());
    text.get(..text.floor_char_boundary(NAME_LIMIT_BYTES)).unwrap_or_default().to_owned()
}
