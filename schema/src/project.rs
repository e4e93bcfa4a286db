//! What an event, or an action, looks like in the vocabulary of a SIEM.
//!
//! A [`Projector`] writes one JSON object per record, straight into a buffer: no tree, no copy of
//! a text. The same record gives the same bytes, whenever and wherever it is written.
//!
//! - [`Format::Seam`]: the columns of the tables under their own names.
//! - [`Format::Ocsf`]: Open Cybersecurity Schema Framework 1.9.
//! - [`Format::Ecs`]: Elastic Common Schema 9.4, with what it has no field for under `seam.*`.
//!
//! Splunk's Common Information Model is no format of its own: a Splunk app reads its fields out of
//! [`Format::Seam`].
//!
//! What people and programs said to one another (prompts, answers, arguments, outputs, bodies,
//! reasons, texts of errors) is written only with [`Content::Kept`]. What was done is always
//! written: the command, the file, the address. Who does not want these in the tables either says
//! so in the policy of [`crate::capture`].

mod attributes;
mod columns;
mod content;
mod ecs;
mod fields;
mod json;
mod meaning;
mod member;
mod ocsf;
mod own;
mod seam;
mod severity;
pub mod table;
mod time;
mod told;

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::derived::actions::ActionRow;
use crate::event::Event;
use json::Json;
use told::Told;

pub use content::withhold;
pub use fields::{Field, FieldType, ecs_fields};
pub use meaning::Meaning;
pub use severity::Severity;

/// In whose vocabulary records are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Format {
    /// The columns of Seam's own tables.
    #[default]
    Seam,
    /// Open Cybersecurity Schema Framework, 1.9.
    Ocsf,
    /// Elastic Common Schema, 9.4.
    Ecs,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 3] = [Self::Seam, Self::Ocsf, Self::Ecs];

    /// Its name in a configuration.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Seam => "seam",
            Self::Ocsf => "ocsf",
            Self::Ecs => "ecs",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text names no format.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("cannot read `{0}` as a format; use seam, ocsf or ecs")]
pub struct UnknownFormat(String);

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(text: &str) -> Result<Self, UnknownFormat> {
        let found = Self::ALL.into_iter().find(|format| format.as_str() == text);
        found.ok_or_else(|| UnknownFormat(text.to_owned()))
    }
}

/// Whether what people and programs said is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Content {
    /// It is left out; its length stands in its place, or its keyed hash where the tables have
    /// nothing else.
    #[default]
    Withheld,
    /// It is written.
    Kept,
}

/// Who collects. Completes records that name no machine.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Observer {
    /// The host name of the collector; may be empty.
    pub name: String,
    /// The version of the program.
    pub version: String,
    /// What tells this collector from others, the same after a restart.
    pub instance_id: String,
}

/// Writes records in one format.
#[derive(Debug, Clone)]
pub struct Projector {
    format: Format,
    content: Content,
    observer: Observer,
}

impl Projector {
    /// Writes in `format`, with or without content.
    pub fn new(format: Format, content: Content, observer: Observer) -> Self {
        Self { format, content, observer }
    }

    /// The format.
    pub fn format(&self) -> Format {
        self.format
    }

    /// Appends an event as one JSON object, without a line end.
    pub fn event(&self, event: &Event<'_>, out: &mut Vec<u8>) {
        let told = Told::of_event(self, event);
        let mut json = Json::new(out);
        match self.format {
            Format::Seam => seam::event(event, &told, &mut json),
            Format::Ocsf => ocsf::record(&told, &self.observer, &mut json),
            Format::Ecs => ecs::document(&told, &self.observer, &mut json),
        }
        json.end();
    }

    /// Appends a revision of an action as one JSON object, without a line end.
    pub fn action(&self, action: &ActionRow<'_>, out: &mut Vec<u8>) {
        let told = Told::of_action(self, action);
        let mut json = Json::new(out);
        match self.format {
            Format::Seam => seam::action(action, &told, &mut json),
            Format::Ocsf => ocsf::record(&told, &self.observer, &mut json),
            Format::Ecs => ecs::document(&told, &self.observer, &mut json),
        }
        json.end();
    }
}

/// When an action happened, in microseconds since 1970: the latest time that is known of it, else
/// when its revision was received.
pub fn action_time_us(action: &ActionRow<'_>) -> i64 {
    let times = [action.ended_at, action.started_at, action.decided_at, action.requested_at];
    times.into_iter().flatten().next().map_or(action.revision, |time| time.0)
}
