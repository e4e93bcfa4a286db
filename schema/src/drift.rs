//! What an agent sends that nobody has listed, and what it has stopped sending.
//!
//! Agents change every few weeks. Whatever they send is stored whole; drift is what tells a
//! person that a mapping has to be looked at. It is found by comparing rows with the catalogue of
//! each agent ([`crate::agents`]), so rows of any version can be looked at, at any time.

use std::collections::{BTreeMap, BTreeSet};

use crate::agents::catalogue::{self, Known};
use crate::event::Event;
use crate::otlp::ValueType;
use crate::record::keys_of;
use crate::vocabulary::{Agent, Kind, RecordSignal};

/// Which records belong together.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Origin {
    /// The agent.
    pub agent: Agent,
    /// Its version; empty if it does not say.
    pub version: String,
    /// Log record, span or span event.
    pub signal: RecordSignal,
    /// The name of the record.
    pub name: String,
}

/// What is different from the catalogue.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// No record of this name is listed.
    NewName,
    /// An attribute is not listed under this name.
    NewAttribute {
        /// Its key.
        key: String,
        /// The letters of its types.
        types: String,
    },
    /// An attribute has another type.
    Retyped {
        /// Its key.
        key: String,
        /// The letters that are listed.
        listed: &'static str,
        /// Those that were found.
        found: String,
    },
    /// An attribute that every record had is missing.
    Missing {
        /// Its key.
        key: &'static str,
        /// From how many of the records.
        from: u64,
    },
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Drift {
    /// Whose records.
    pub origin: Origin,
    /// What is different.
    pub change: Change,
    /// How many records were looked at; of a new name, how many there are.
    pub records: u64,
}

/// What was seen of the records of one origin.
#[derive(Debug, Default)]
struct Seen {
    /// Rows that were looked at.
    rows: u64,
    /// Records that were only counted.
    counted: u64,
    /// Whether a row has the name of its tool, as spans of some agents do.
    names_its_tool: bool,
    /// Per attribute how many rows had it, and its types.
    attributes: BTreeMap<String, (u64, String)>,
    /// Attributes that the resource has as well: some agents repeat on every record what a
    /// launcher put there, so one that is not listed is nothing new.
    repeated: BTreeSet<String>,
}

/// What was seen of many records.
#[derive(Debug, Default)]
pub struct Observations(BTreeMap<Origin, Seen>);

impl Observations {
    /// Looks at a row.
    pub fn add(&mut self, event: &Event<'_>) {
        let columns = &event.columns;
        let (Some(agent), Some(signal)) = (columns.agent, columns.signal) else { return };
        if columns.kind == Some(Kind::Undecoded) {
            return;
        }
        let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
        let version = text(columns.agent_version.as_deref());
        let origin = Origin { agent, version, signal, name: text(columns.name.as_deref()) };
        let seen = self.0.entry(origin).or_default();
        seen.rows += 1;
        seen.names_its_tool |= columns.tool.is_some() && columns.tool == columns.name;
        for (key, kind) in keys_of(event) {
            if event.resource.iter().any(|claimed| claimed.key == key) {
                seen.repeated.insert(key.clone());
            }
            let (count, types) = seen.attributes.entry(key).or_default();
            *count += 1;
            let letter = letter(kind);
            if !types.contains(letter) {
                types.push(letter);
            }
        }
    }

    /// Counts records that no row shows.
    pub fn add_name(&mut self, origin: Origin, records: u64) {
        self.0.entry(origin).or_default().counted += records;
    }
}

/// Compares with the catalogues; agents without one do not drift.
pub fn drift(observations: &Observations) -> Vec<Drift> {
    let mut found = Vec::new();
    for (origin, seen) in &observations.0 {
        let listed = catalogue::of(origin.agent);
        if listed.is_empty() {
            continue;
        }
        let mut note =
            |change, records| found.push(Drift { origin: origin.clone(), change, records });
        match find(listed, origin, seen) {
            None if catalogue::names_are_open(origin.agent) => {}
            None => note(Change::NewName, seen.rows.max(seen.counted)),
            Some(known) if !known.always.is_empty() || !known.sometimes.is_empty() => {
                for change in changes(known, seen) {
                    note(change, seen.rows);
                }
            }
            Some(_) => {}
        }
    }
    found
}

/// The entry that fits best.
fn find(listed: &'static [Known], origin: &Origin, seen: &Seen) -> Option<&'static Known> {
    let name = catalogue::listed_name(origin.agent, &origin.name);
    let fits = |known: &'static Known| Some((known.fits(name, seen.names_its_tool)?, known));
    let same = listed.iter().filter(|known| known.signal == origin.signal);
    same.filter_map(fits).max_by_key(|(fit, _)| *fit).map(|(_, known)| known)
}

fn changes(known: &Known, seen: &Seen) -> Vec<Change> {
    let mut changes = Vec::new();
    for (key, (_, types)) in &seen.attributes {
        let listed = known.always.iter().chain(known.sometimes).find(|(listed, _)| listed == key);
        match listed {
            None if seen.repeated.contains(key) => {}
            None => {
                changes.push(Change::NewAttribute { key: key.clone(), types: types.clone() });
            }
            Some((_, listed)) if types.chars().any(|letter| !listed.contains(letter)) => {
                changes.push(Change::Retyped { key: key.clone(), listed, found: types.clone() });
            }
            Some(_) => {}
        }
    }
    for &(key, _) in known.always {
        let had = seen.attributes.get(key).map_or(0, |(count, _)| *count);
        if had < seen.rows {
            changes.push(Change::Missing { key, from: seen.rows - had });
        }
    }
    changes
}

/// The letter of a type in the catalogues.
const fn letter(kind: ValueType) -> char {
    match kind {
        ValueType::String => 's',
        ValueType::Int => 'i',
        ValueType::Bool => 'b',
        ValueType::Double => 'd',
        ValueType::Empty => 'n',
        ValueType::Array | ValueType::KvList | ValueType::Bytes | ValueType::Otlp => 'a',
    }
}

#[cfg(test)]
mod tests;
