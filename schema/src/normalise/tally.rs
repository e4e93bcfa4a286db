//! Counts of one frame, on their way into the ledger.

use crate::event::Text;
use crate::normalise::FrameInput;
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
}

#[derive(Debug)]
struct Line<'a> {
    agent: Agent,
    version: Option<Text<'a>>,
    signal: RecordSignal,
    name: Option<Text<'a>>,
    records: i64,
}

impl<'a, 'l> Tally<'a, 'l> {
    pub(crate) fn new(frame: &FrameInput<'a>, wanted: bool, ledger: &'l mut Ledger) -> Self {
        Self {
            tenant: frame.meta.tenant.as_str(),
            minute_us: frame.received_at.minute_us(),
            repeat: frame.meta.repeat,
            wanted,
            lines: Vec::new(),
            ledger,
        }
    }

    /// Counts one record.
    pub(crate) fn count(
        &mut self,
        agent: Agent,
        version: Option<&Text<'a>>,
        signal: RecordSignal,
        name: Option<&Text<'a>>,
    ) {
        if !self.wanted {
            return;
        }
        let same = |line: &&mut Line<'a>| {
            line.signal == signal
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
        self.lines.push(Line { agent, version, signal, name, records: 1 });
    }

    /// Puts the counts into the ledger.
    pub(crate) fn finish(mut self) {
        self.drain();
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
                ignored_rule: self.repeat.then_some(IgnoreRule::Repeat),
            };
            let (stored, ignored) = if self.repeat { (0, line.records) } else { (line.records, 0) };
            self.ledger
                .add(key, LedgerCounts { accepted: line.records, stored, ignored, undecoded: 0 });
        }
    }
}

fn cut(text: Option<&Text<'_>>) -> String {
    let text = text.map_or("", |text| text.as_ref());
    text.get(..text.floor_char_boundary(NAME_LIMIT_BYTES)).unwrap_or_default().to_owned()
}
